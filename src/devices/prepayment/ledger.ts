/** What a meter writes down of its account: credits, debt payments, a line a day, a snapshot at each change of mode. */
import { type LogMemory, PagedLog } from '../paged-log.ts'
import type { Account, PaymentMode } from './account.ts'
import type { MilliPence } from './money.ts'

/** @source SMETS billing data log: ten prepayment credits, ten payment-based debt payments; assumed for SMETS1 */
export const CREDIT_ENTRIES = 10
export const DEBT_PAYMENT_ENTRIES = 10
/** @source MMC schema v5.4: 31 */
export const DAILY_ENTRIES = 31
/** @source MMC schema v5.4: billing data log, 12 */
export const MODE_ENTRIES = 12

export const CREDIT_SOURCES = ['hub', 'meter', 'display'] as const
/** Where a top-up came in. @source ZigBee Smart Energy, Prepayment: OriginatingDevice */
export type CreditSource = (typeof CREDIT_SOURCES)[number]

/** Times are Unix ms by the meter's clock. */
export interface CreditEntry {
  atMs: number
  amount: MilliPence
  source: CreditSource
  /** Empty for an adjustment. */
  utrn: string
}

export interface DebtPaymentEntry {
  atMs: number
  amount: MilliPence
  /** What was still owed then. */
  outstanding: MilliPence
}

/** An account at one instant. */
export interface AccountSnapshot {
  atMs: number
  mode: PaymentMode
  balance: MilliPence
  emergencyRemaining: MilliPence
  accumulatedDebt: MilliPence
  timeDebt1: MilliPence
  timeDebt2: MilliPence
  paymentDebt: MilliPence
}

export interface LedgerMemory {
  credits: LogMemory<CreditEntry>
  debtPayments: LogMemory<DebtPaymentEntry>
  daily: LogMemory<AccountSnapshot>
  modes: LogMemory<AccountSnapshot>
}

export class Ledger {
  readonly credits: PagedLog<CreditEntry>
  readonly debtPayments: PagedLog<DebtPaymentEntry>
  /** At each midnight. */
  readonly daily: PagedLog<AccountSnapshot>
  /** Before each change of mode. */
  readonly modes: PagedLog<AccountSnapshot>

  constructor(memory?: LedgerMemory) {
    this.credits = new PagedLog(CREDIT_ENTRIES, memory?.credits)
    this.debtPayments = new PagedLog(DEBT_PAYMENT_ENTRIES, memory?.debtPayments)
    this.daily = new PagedLog(DAILY_ENTRIES, memory?.daily)
    this.modes = new PagedLog(MODE_ENTRIES, memory?.modes)
  }

  memory(): LedgerMemory {
    const { credits, debtPayments, daily, modes } = this
    return {
      ...{ credits: credits.memory(), debtPayments: debtPayments.memory() },
      ...{ daily: daily.memory(), modes: modes.memory() },
    }
  }
}

export function snapshotOf({ now }: Account, atMs: number): AccountSnapshot {
  const { mode, balance, emergency, accumulatedDebt, time, payment } = now
  return {
    ...{ atMs, mode, balance, accumulatedDebt },
    emergencyRemaining: emergency?.remaining ?? 0,
    timeDebt1: time[0].amount,
    timeDebt2: time[1].amount,
    paymentDebt: payment.amount,
  }
}
