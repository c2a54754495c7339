/** Random lives of prepayment meters: whatever happens, the sums are right and nothing is cut when nothing may be. */
import { expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { DEBT_PERIODS } from '../../src/devices/prepayment/debts.ts'
import { isFriendly } from '../../src/devices/prepayment/non-disablement.ts'
import { FACTORY_MODE, type PrepaymentSettings } from '../../src/devices/prepayment/settings.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { RandomStream } from '../../src/ports/time.ts'
import { difference, PENNY, POUND, prepaymentBench, STARTS } from './prepayment-bench.ts'

const SEEDS = 30
const DAYS = 12

const settingsBy = (dice: RandomStream): PrepaymentSettings => {
  const fromMin = dice.int(1_200)
  return {
    emergencyLimit: dice.int(8) * POUND + dice.int(1_000),
    emergencyThreshold: dice.int(3) * POUND,
    lowCreditThreshold: dice.int(4) * POUND,
    maximumBalance: 60 * POUND,
    maximumCredit: 40 * POUND,
    debtCap: dice.int(20) * POUND,
    nonDisablement: {
      periods: [{ days: 1 + dice.int(127), fromMin, toMin: fromMin + 1 + dice.int(1_440 - fromMin) }],
      specialDays: [{ month: 10, day: 13 + dice.int(DAYS) }],
    },
  }
}

test.each(Array.from({ length: SEEDS }, (_, i) => i))('life %i: sums are exact, friendly hours are kept', seed => {
  const dice = new Kernel({ seed: `life ${seed}`, startUnixMs: 0 }).random.stream('life')
  const debt = () => ({
    amount: dice.int(20 * POUND),
    rate: dice.int(2 * POUND),
    period: DEBT_PERIODS[dice.int(DEBT_PERIODS.length)] ?? 'day',
  })
  const meter = prepaymentBench({
    startUnixMs: STARTS,
    opening: {
      balance: dice.int(10 * POUND) - 2 * POUND,
      settings: settingsBy(dice),
      modeSettings: {
        ...FACTORY_MODE,
        suspendDebtEmergency: dice.int(2) === 0,
        suspendDebtDisabled: dice.int(2) === 0,
      },
      time: [debt(), debt()],
      payment: { amount: dice.int(50 * POUND), share: dice.int(5_000) },
    },
    costPerHour: dice.int(POUND),
    standingPerDay: dice.int(POUND),
  })
  const { prepayment, supply, cost } = meter
  const opening = difference(prepayment.memory().account)
  const owed = () => {
    const { time, payment } = prepayment.now
    return time[0].amount + time[1].amount + payment.amount
  }
  let owedBefore = owed()
  let forgiven = 0
  const cutAt: number[] = []
  const disable = supply.disable.bind(supply)
  supply.disable = reason => {
    cutAt.push(meter.clock.unixMs())
    expect(isFriendly(prepayment.now.settings.nonDisablement, meter.clock.unixMs())).toBe(false)
    // Nothing is cut while there is credit of any kind.
    const { balance, emergency, modeSettings } = prepayment.now
    expect(balance).toBeLessThanOrEqual(modeSettings.disablementThreshold)
    expect(emergency?.remaining ?? 0).toBe(0)
    disable(reason)
    meter.setCost(0)
  }
  const acts: (() => void)[] = [
    () => void meter.topUp((1 + dice.int(4_500)) * PENNY),
    () => void meter.topUp((1 + dice.int(50)) * POUND),
    () => void prepayment.adjust(dice.int(6 * POUND) - 3 * POUND),
    () => prepayment.resetBalance(),
    () => void prepayment.activateEmergency(),
    () => void prepayment.configure(settingsBy(dice)),
    () => void prepayment.changeMode(dice.int(4) === 0 ? 'credit' : 'prepayment', prepayment.now.modeSettings),
    () => {
      const before = owed()
      prepayment.setDebts({ time: [debt(), debt()], payment: { amount: dice.int(50 * POUND), share: dice.int(5_000) } })
      forgiven += before - owed()
    },
    () => meter.setCost(supply.state === 'OFF' ? 0 : dice.int(POUND)),
    () => {
      supply.state = 'ON'
    },
  ]
  for (let step = 0; step < DAYS * 8; step++) {
    meter.run(minutes(1 + dice.int(350)))
    const { balance } = prepayment.now
    const credits = prepayment.now.totals.credited
    acts[dice.int(acts.length)]?.()
    const { now } = prepayment
    // A top-up reaches the balance when no emergency credit is owed and no charge is held back any more.
    if (now.totals.credited > credits && now.balance > balance) {
      expect([now.emergency?.remaining, now.accumulatedDebt]).toEqual([now.emergency?.limit, 0])
    }
    expect(difference(prepayment.memory().account)).toBe(opening)
    expect(now.balance).toBeLessThanOrEqual(60 * POUND)
    expect(now.emergency?.remaining ?? 0).toBeGreaterThanOrEqual(0)
    for (const amount of [now.accumulatedDebt, now.time[0].amount, now.time[1].amount, now.payment.amount]) {
      expect(amount).toBeGreaterThanOrEqual(0)
    }
  }
  meter.runMinutes(1)
  prepayment.adjust(0)
  const { totals } = prepayment.now
  expect(totals.recovered).toBe(owedBefore - forgiven - owed())
  expect(totals.standing).toBe(cost.standingCharges)
  expect(totals.consumed + totals.standing).toBe(cost.cost)
  owedBefore = owed()
  const { debtPayments, daily, modes } = prepayment.ledger
  const logs = [prepayment.ledger.credits, debtPayments, daily, modes] as const
  for (const [at, bound] of [10, 10, 31, 12].entries()) {
    const times = logs[at]?.list().map(({ atMs }) => atMs) ?? []
    expect(times.length).toBeLessThanOrEqual(bound)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  }
  expect(new Set(daily.list().map(({ atMs }) => atMs)).size).toBe(daily.list().length)
})
