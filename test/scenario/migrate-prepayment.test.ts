/** A home that pays before it uses migrates, a gas meter is upgraded on the way, and nothing the consumer has is lost. */
import { expect, test } from 'vitest'
import { hours } from '../../src/base/time.ts'
import type { Meter } from '../../src/devices/meter.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import type { Rig } from '../../src/rig/rig.ts'
import { migrateRig, notPassed, verdictsOn } from '../helpers/migration.ts'
import { difference } from '../unit/prepayment-bench.ts'

const POUND = 100_000
const SLOW = 120_000

/** All that a consumer has at a meter. */
function belongings(meter: Pick<Meter<never>, 'prepayment' | 'measurement' | 'events' | 'supply' | 'clock'>) {
  const { prepayment, measurement, events, supply } = meter
  return structuredClone({
    ...prepayment.memory(),
    counted: measurement.totals(),
    cost: measurement.cost,
    tariff: measurement.tariff,
    registers: measurement.registers(),
    days: measurement.dailyConsumption(),
    billing: measurement.billingEntries(),
    events: [...events.log('EVENT'), ...events.log('SECURITY')],
    supply: supply.state,
  })
}
type Belongings = ReturnType<typeof belongings>

/** Entries of a log, oldest first. */
const entries = <T>({ pages }: { pages: readonly (readonly T[])[] }): T[] => pages.flat()
const owed = ({ account: { time, payment } }: Belongings) => time[0].amount + time[1].amount + payment.amount

function expectNothingLost(before: Belongings, after: Belongings): void {
  // What was added, and what was taken, makes up for what changed, to the thousandth of a penny.
  expect(difference(after.account)).toBe(difference(before.account))
  const [then, now] = [before.account.totals, after.account.totals]
  expect([now.credited, now.adjusted]).toEqual([then.credited, then.adjusted])
  expect(owed(before) - owed(after)).toBe(now.recovered - then.recovered)
  expect(after.charged.cost - before.charged.cost).toBe(now.consumed + now.standing - then.consumed - then.standing)
  expect(after.charged.cost).toBeGreaterThan(before.charged.cost)
  const { mode, modeSettings, settings } = after.account
  expect({ mode, modeSettings, settings }).toEqual({
    ...{ mode: before.account.mode, modeSettings: before.account.modeSettings, settings: before.account.settings },
  })
  expect(after.account.time.map(({ rate, period }) => [rate, period])).toEqual(
    before.account.time.map(({ rate, period }) => [rate, period]),
  )
  expect(after.tokens).toEqual(before.tokens)
  expect(entries(after.ledger.credits)).toEqual(entries(before.ledger.credits))
  expect(entries(after.ledger.debtPayments)).toEqual(entries(before.ledger.debtPayments))
  expect(entries(after.ledger.daily)).toEqual(expect.arrayContaining(entries(before.ledger.daily)))
  expect(after.tariff).toEqual(before.tariff)
  expect(after.supply).toEqual(before.supply)
  expect(after.events).toEqual(expect.arrayContaining(before.events))
  expect(after.days).toEqual(expect.arrayContaining(before.days))
  expect(after.billing).toEqual(expect.arrayContaining(before.billing))
  for (const [at, units] of before.counted.entries()) expect(after.counted[at]).toBeGreaterThanOrEqual(units)
}

test('balance, debts, emergency credit, tariff, registers and logs are what they were, but for the time lived', {
  timeout: SLOW,
}, async () => {
  const before: Partial<Record<'esme' | 'gsme', Belongings>> = {}
  const tops: boolean[] = []
  let up: Rig | undefined
  const run = await migrateRig({
    rig: 'rigs/cb-prepayment.yaml',
    listener: {
      rigUp: rig => {
        up = rig
        const { kernel, devices } = rig.installation('home-1')
        const utrn = utrnOf({ amount: 10 * POUND, counter: 1 }, { key: TEST_UTRN_KEY, device: '00db1234567890a3' })
        kernel.after(hours(1), 'consumer', () => {
          tops.push(devices.ppmid?.terminal?.enter('electricity', utrn ?? '') ?? false)
        })
      },
      stepStarted: () => {
        const { esme, gsme } = up?.installation('home-1').devices ?? {}
        if (esme) before.esme ??= belongings(esme)
        if (gsme) before.gsme ??= belongings(gsme)
      },
    },
  })
  expect(notPassed(run.verdicts)).toEqual(['CB-REC-RETURN SKIPPED', 'CB-REC-SERVICE SKIPPED'])
  const gas = verdictsOn(run.verdicts, 'CB-PRE-UPGRADE').find(({ deviceType }) => deviceType === 'GSME')
  expect(gas?.observed).toMatch(/^3\.0\.1, was 2\.9\.0/)
  expect(tops).toEqual([true])

  const { esme, gsme, ppmid } = run.rig.installation('home-1').devices
  if (!esme || !gsme || !before.esme || !before.gsme) throw new Error('a meter is not there')
  expect(before.esme.account.totals.credited).toBe(10 * POUND)
  expect(entries(before.esme.ledger.debtPayments)).toMatchObject([{ amount: 2.5 * POUND }])
  expect(before.gsme.account.emergency?.remaining).toBeLessThan(500_000 - 123_456 + 1)
  expectNothingLost(before.esme, belongings(esme))
  expectNothingLost(before.gsme, belongings(gsme))
  // And the consumer sees it.
  expect(ppmid?.shown.account?.electricity).toMatchObject({ mode: 'prepayment', isCut: false })
  expect(ppmid?.shown.account?.gas?.emergencyRemaining).toBeGreaterThan(0)
})
