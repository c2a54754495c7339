/** What energy costs, from the meters by the hub to the displays. */
import { describe, expect, it } from 'vitest'
import { hours, minutes, seconds, toZigbeeUtc } from '../../src/base/time.ts'
import { type PublishPrice, toPublishPrice } from '../../src/devices/notices.ts'
import type { Tariff } from '../../src/devices/tariff/tariff.ts'
import type { ZclEndpoint } from '../../src/zcl/node.ts'
import { Status } from '../../src/zcl/status.ts'
import { type Home, type HomeOptions, ID, restarted, settledHome } from './device-home.ts'

/** Civil time at which the rigs start: 06:00. */
const STARTS = Date.parse('2021-10-13T06:00:00Z')
const FLAT: Tariff = {
  ...{ id: 21, label: 'Flat', blockPeriod: 'day', standingCharge: 0, thresholds: [[]], prices: [[30_000]] },
  switching: { days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] },
}
/** Dear from 07:00 on. */
const MORNING: Tariff = {
  ...{ ...FLAT, id: 22, label: 'Two rates', thresholds: [[], []], prices: [[10_000], [40_000]] },
  switching: {
    ...FLAT.switching,
    days: [
      {
        id: 1,
        switches: [
          { startMin: 0, register: 1 },
          { startMin: 420, register: 2 },
        ],
      },
    ],
  },
}
/** 39.5 MJ/m3 x 1.02264 / 3.6, to the mWh. */
const GAS_WH_PER_DM3 = 11.221

const meters = ({ installation: { devices } }: Home) => {
  const { esme, gsme } = devices
  if (!esme || !gsme) throw new Error('no meter')
  return { esme, gsme }
}
const shown = ({ installation: { devices } }: Home, fuel: 'electricity' | 'gas' = 'electricity') =>
  (['ppmid', 'ihd', 'cad'] as const).map(key => devices[key]?.shown.price?.[fuel]?.price)
const open = (options: HomeOptions = {}) => settledHome({ rig: 'cb-seven-devices', keep: () => false, ...options })
const hold = (home: Home, tariff: Tariff, fromMs = 0) =>
  expect(meters(home).esme.measurement.hold(tariff, fromMs)).toBeUndefined()
const until = (home: Home, unixMs: number) => home.run((unixMs - home.kernel.unixMs()) * 1_000)

describe.each([true, false])('the price of electricity (in memory: %s)', inMemory => {
  it('stands on every display soon after they joined, and the gas meter’s too', () => {
    const home = open({ inMemory })
    home.run(minutes(31))
    expect(shown(home)).toEqual([28_620, 28_620, 28_620])
    const { price } = meters(home).gsme.measurement
    expect(shown(home, 'gas')).toEqual(Array(3).fill(Math.round(price * GAS_WH_PER_DM3)))
    expect(home.installation.devices.gsme?.shown.price?.gas?.price).toBe(Math.round(price * GAS_WH_PER_DM3))
    expect(home.installation.devices.ppmid?.shown.price?.electricity).toMatchObject({ digits: 5, currency: 826 })
  })

  it('changes with the register, at the minute', () => {
    const home = open({ inMemory })
    hold(home, MORNING)
    home.run(minutes(2))
    expect(shown(home)).toEqual([10_000, 10_000, 10_000])
    until(home, STARTS + 3_600_000 - 1_000)
    expect(shown(home)).toEqual([10_000, 10_000, 10_000])
    home.run(seconds(4))
    expect(shown(home)).toEqual([40_000, 40_000, 40_000])
  })
})

describe('the price of electricity', () => {
  it('changes with the block', () => {
    const home = open()
    const { esme } = meters(home)
    hold(home, { ...FLAT, thresholds: [[200]], prices: [[30_000, 9_000]] })
    home.run(minutes(2))
    expect(shown(home)).toEqual([30_000, 30_000, 30_000])
    home.kernel.runUntil(home.kernel.nowUs() + hours(12), () => esme.measurement.block === 2)
    expect(shown(home)).toEqual([30_000, 30_000, 30_000])
    home.run(minutes(1.1))
    expect(shown(home)).toEqual([9_000, 9_000, 9_000])
    // A new day, a new block period.
    until(home, STARTS + 18 * 3_600_000 - 1_000)
    expect(shown(home)).toEqual([9_000, 9_000, 9_000])
    home.run(seconds(4))
    expect(shown(home)).toEqual([30_000, 30_000, 30_000])
  })

  it('set by 1.2.1 is shown within a minute, one for later when its time comes', () => {
    const home = open()
    const prices = (price: number) => ({ prices: [{ prices: [price] }], standingCharge: 0 })
    expect(home.ask('updatePrice', ID.ESME, prices(17_000))?.code).toBe('I0')
    home.run(minutes(1.1))
    expect(shown(home)).toEqual([17_000, 17_000, 17_000])
    const fromMs = STARTS + 2 * 3_600_000
    expect(home.ask('updatePrice', ID.ESME, { ...prices(18_000), fromMs })?.code).toBe('I0')
    until(home, fromMs - 1_000)
    expect(shown(home)).toEqual([17_000, 17_000, 17_000])
    home.run(seconds(4))
    expect(shown(home)).toEqual([18_000, 18_000, 18_000])
  })

  it('that changed while the hub had no power is shown a minute after the hub is back', () => {
    const home = open({ inMemory: false })
    hold(home, MORNING)
    home.run(minutes(2))
    until(home, STARTS + 3_600_000 - 60_000)
    const fault = home.installation.han.inject({ kind: 'node-off', node: ID.CHF })
    home.run(minutes(3))
    expect(shown(home)).toEqual([10_000, 10_000, 10_000])
    fault.lift()
    home.run(minutes(3))
    expect(shown(home)).toEqual([40_000, 40_000, 40_000])
  })

  it('is what a hub knows that lost power, and what it says to a display that was switched on again', () => {
    const home = open()
    home.run(minutes(31))
    const again = restarted(home)
    expect(again.installation.devices.ppmid?.shown.price).toBeUndefined()
    again.run(seconds(30))
    expect(shown(again)).toEqual([28_620, 28_620, 28_620])
    expect(shown(again, 'gas')).toEqual(shown(home, 'gas'))
  })

  it('is told once, not again while it stays', () => {
    const home = open({ keep: event => event.kind === 'han.frame' })
    home.run(hours(5))
    const published = home
      .events('han.frame')
      .filter(({ clusterId, from }) => clusterId === 0x0700 && (from === ID.ESME || from === ID.GSME))
      .filter(({ asdu }) => asdu.slice(4, 6) === '00' && Number.parseInt(asdu.slice(0, 2), 16) & 8)
    expect(published).toEqual([])
  })

  it('is no more told of a meter that was taken off the list', () => {
    const home = open()
    home.run(minutes(31))
    home.installation.hub.whitelist.remove(ID.ESME)
    home.run(minutes(31))
    expect(shown(home)).toEqual([undefined, undefined, undefined])
    expect(shown(home, 'gas').every(price => price !== undefined)).toBe(true)
  })
})

describe('the price of gas', () => {
  it('is told when the meter wakes', () => {
    const home = open()
    const { gsme } = meters(home)
    home.run(minutes(31))
    gsme.measurement.hold(FLAT, 0)
    home.run(minutes(32))
    expect(shown(home, 'gas')).toEqual(Array(3).fill(Math.round(30_000 * GAS_WH_PER_DM3)))
    expect(shown(home)).toEqual([28_620, 28_620, 28_620])
  })
})

describe('a hub that is told a price', () => {
  const GOOD = { label: 'Day', price: 2_834, digits: 4, currency: 826 }
  const notice = (home: Home, over: Partial<PublishPrice> = {}): PublishPrice => {
    const nowUtc = toZigbeeUtc(home.kernel.unixMs())
    return {
      ...toPublishPrice('electricity', GOOD, { nowUtc, startUtc: nowUtc, minutes: 0xffff, eventId: 9 }),
      ...over,
    }
  }
  /** What the hub says to a price by one of its devices. */
  const told = (home: Home, who: 'esme' | 'gsme' | 'ppmid', over: Partial<PublishPrice> = {}) => {
    const { endpoint } = home.installation.devices[who] as unknown as { endpoint: ZclEndpoint }
    let answer: unknown
    if (who === 'ppmid') endpoint.serve('Price', {})
    endpoint.request({ device: ID.CHF, endpoint: 1 }, 'Price', 'PublishPrice', notice(home, over), outcome => {
      answer = outcome.ok ? 'taken' : 'status' in outcome ? outcome.status : outcome.reason
    })
    home.run(seconds(10))
    return answer
  }

  it('takes it of the meter of that fuel', () => {
    const home = open()
    expect(told(home, 'esme')).toBe('taken')
    expect(shown(home)).toEqual([2_834, 2_834, 2_834])
  })

  it.each([
    ['of a display', 'ppmid', {}, Status.NOT_AUTHORIZED],
    ['of the other fuel', 'esme', { unitOfMeasure: 1 }, Status.INVALID_VALUE],
    ['of no fuel', 'esme', { unitOfMeasure: 9 }, Status.INVALID_VALUE],
    ['that means none', 'esme', { price: 0xffff_ffff }, Status.INVALID_VALUE],
    ['in no currency', 'esme', { currency: 0xffff }, Status.INVALID_VALUE],
    ['under a label that is no text', 'esme', { rateLabel: new Uint8Array(12).fill(0xc3) }, Status.INVALID_VALUE],
    ['that does not hold yet', 'esme', { startTime: 0xffff_fffe }, Status.INVALID_VALUE],
  ] as const)('refuses one %s, and what it knew stands', (_, who, over, status) => {
    const home = open({ keep: event => event.kind === 'zcl.malformed' })
    home.run(minutes(31))
    expect(told(home, who, over)).toBe(status)
    expect(shown(home)).toEqual([28_620, 28_620, 28_620])
    expect(home.events('zcl.malformed')).toHaveLength(status === Status.INVALID_VALUE ? 1 : 0)
  })
})
