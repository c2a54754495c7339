/** 6.11 and 8.1.1, row by row of the catalogue: a device is told what time it is, and is commissioned. */
import { expect, test } from 'vitest'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { esmeOf, gsmeOf, happens, reads, writes } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'
import { covered } from '../helpers/service-coverage.ts'

const { home, order, complete } = serviceOrders({ commissioned: [] })

type Clock = ReturnType<typeof esmeOf>['clock']
const HOUR_MS = 3_600_000
/** Whole hours by which a clock is ahead of the truth. */
const ahead = (clock: Clock, at: RequestHome) => Math.round((clock.unixMs() - at.unixMs()) / HOUR_MS) + 0
const READ = reads('Time', 'Time')
const SET = [...writes('Time', 'Time'), ...READ]
const hubClock = (at: RequestHome) => at.home.hub.clock

const BY_DCO = 'the authentication of the DCO'
test('what the DCC does not know yet is not ordered about', async () => {
  const supply = () => esmeOf(home()).supply.state
  expect((await home().askAs(BY_DCO, 'disableSupply', 'ESME', {}))?.code).toBe('E5')
  expect([supply(), home().asked('ESME')]).toEqual(['ON', []])
  covered('7.2', 'ESME', 'E5')
})

/** The gas proxy has the hub's clock. */
const COMMISSIONED = [
  ['ESME', at => esmeOf(at).clock],
  ['GSME', at => gsmeOf(at).clock],
  ['GPF', hubClock],
] as const satisfies readonly (readonly [string, (at: RequestHome) => Clock])[]
for (const [of, clockOf] of COMMISSIONED) {
  order('has the time of the hub, and is there for the DCC', {
    ...{ kind: 'commissionDevice', of, at: of === 'GPF' ? 'GSME' : of, asks: {}, han: of === 'GPF' ? [] : SET },
    // So far off that the meter would not follow the hub by itself.
    given: at => happens(at, () => of !== 'GPF' && clockOf(at).set(at.unixMs() - HOUR_MS)),
    holds: at => ({ ahead: ahead(clockOf(at), at), commissioned: at.home.hub.commissioned.has(at.idOf(of)) }),
    proves: ({ deviceClockMs, commissioned }, held, before, at) => {
      expect(before).toEqual({ ahead: of === 'GPF' ? 0 : -1, commissioned: false })
      expect(held).toEqual({ ahead: 0, commissioned: true })
      expect(commissioned).toBe(true)
      expect(Math.abs(deviceClockMs - hubClock(at).unixMs())).toBeLessThan(10_000)
      expect(at.home.hub.alerts.eventLog.newest(1)).toMatchObject([{ code: '8F69' }])
    },
  } satisfies Order<'commissionDevice', { ahead: number; commissioned: boolean }>)
}

test('what is commissioned is, when the DCO has authenticated it', async () => {
  const supply = () => esmeOf(home()).supply.state
  expect((await home().askAs(BY_DCO, 'disableSupply', 'ESME', {}))?.disableSupply).toEqual({ state: 'SUPPLY_OFF' })
  expect(supply()).toBe('OFF')
  expect((await home().askAs(BY_DCO, 'enableSupply', 'ESME', {}))?.enableSupply).toEqual({ state: 'SUPPLY_ON' })
  expect(supply()).toBe('ON')
})

const CLOCKS = [
  ['ESME', at => esmeOf(at).clock, 0, 2],
  ['GSME', at => gsmeOf(at).clock, 0, 3],
  ['CHF', hubClock, 0, 4],
  ['GPF', hubClock, 4, -1],
] as const satisfies readonly (readonly [string, (at: RequestHome) => Clock, before: number, after: number])[]
for (const [of, clockOf, hoursBefore, hours] of CLOCKS) {
  order('shows the time it is given, however far off that is', {
    ...{
      kind: 'synchroniseClock',
      of,
      at: of === 'GPF' ? 'GSME' : of,
      asks: at => ({ setToMs: at.unixMs() + hours * HOUR_MS }),
    },
    refuses: [
      ['set_to_ms: an instant from 2000 to 2136', { setToMs: 0 }],
      ['set_to_ms: an instant from 2000 to 2136', { setToMs: Number.MAX_SAFE_INTEGER }],
    ],
    han: of === 'ESME' || of === 'GSME' ? [...READ, ...SET] : [],
    holds: at => ahead(clockOf(at), at),
    proves: ({ deviceClockBeforeMs, deviceClockAfterMs, adjusted }, held, before, at) => {
      expect([before, held, adjusted]).toEqual([hoursBefore, hours, true])
      // What was asked of a sleeper has gone on meanwhile.
      expect(Math.abs(deviceClockAfterMs - hours * HOUR_MS - at.unixMs())).toBeLessThan(10_000)
      expect(Math.round((deviceClockAfterMs - deviceClockBeforeMs) / HOUR_MS)).toBe(hours - hoursBefore)
    },
  } satisfies Order<'synchroniseClock', number>)
}

complete(isOneOf(ORDERS.clock))
