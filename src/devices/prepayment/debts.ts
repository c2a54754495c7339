/** What a consumer owes besides what is used now: two debts recovered by time, one recovered from payments. */
import { civilDate, weekdayOf } from '../../base/civil-date.ts'
import { isMoney, type MilliPence, MOST_MONEY, type Refusal } from './money.ts'

/** @source ZigBee Smart Energy, Prepayment: DebtRecoveryFrequency, of which no meter of ours has quarters */
export const DEBT_PERIODS = ['hour', 'day', 'week', 'month'] as const
export type DebtPeriod = (typeof DEBT_PERIODS)[number]

/** At the end of each period, by the meter's clock in UTC, so much is recovered; weeks end as Monday begins. */
export interface TimeDebt {
  amount: MilliPence
  rate: MilliPence
  period: DebtPeriod
}

/** Of each top-up so much goes to this debt. */
export interface PaymentDebt {
  amount: MilliPence
  /** Hundredths of a percent of the top-up, 0 to 10,000. @source DUIS, Update Debt: DebtRecoveryPerPayment */
  share: number
}

export interface Debts {
  time: readonly [TimeDebt, TimeDebt]
  payment: PaymentDebt
}

export const NO_DEBTS: Debts = {
  time: [
    { amount: 0, rate: 0, period: 'day' },
    { amount: 0, rate: 0, period: 'day' },
  ],
  payment: { amount: 0, share: 0 },
}

const WHOLE_SHARE = 10_000

/** What one top-up pays of a debt: its share of it, not more than is owed, nor than the cap leaves. Rounded down. */
export const shareOf = (debt: PaymentDebt, payment: MilliPence, leftOfCap: MilliPence): MilliPence =>
  Math.min(debt.amount, Math.floor((payment * debt.share) / WHOLE_SHARE), leftOfCap)

/** Whether a period ends with the hour that ends at an instant, Unix ms. */
export function endsAt(period: DebtPeriod, hourEndMs: number): boolean {
  if (period === 'hour') return true
  if (hourEndMs % 86_400_000 !== 0) return false
  switch (period) {
    case 'day':
      return true
    case 'week':
      return weekdayOf(hourEndMs) === 0
    case 'month':
      return civilDate(hourEndMs).day === 1
    default:
      return period satisfies never
  }
}

/** What is wrong with debts as a whole; undefined when nothing is. Fields are named as in the contract. */
export function refuseDebts({ time, payment }: Debts): Refusal | undefined {
  for (const [index, { amount, rate, period }] of time.entries()) {
    const register = `time_debts[${index}]`
    if (!isMoney(amount) || amount < 0) return { field: `${register}.amount`, expected: `0 to ${MOST_MONEY}` }
    if (!isMoney(rate) || rate < 0) return { field: `${register}.rate`, expected: `0 to ${MOST_MONEY}` }
    if (!DEBT_PERIODS.includes(period)) return { field: `${register}.period`, expected: DEBT_PERIODS.join(', ') }
  }
  if (!isMoney(payment.amount) || payment.amount < 0) {
    return { field: 'payment_debt', expected: `0 to ${MOST_MONEY}` }
  }
  const { share } = payment
  const isShare = Number.isInteger(share) && share >= 0 && share <= WHOLE_SHARE
  return isShare ? undefined : { field: 'recovery_per_payment', expected: `0 to ${WHOLE_SHARE}` }
}
