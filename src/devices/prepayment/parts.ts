/** What prepayment needs of the meter around it. */
import type { MilliPence } from './money.ts'

/** What the consumer's use costs. */
export interface Cost {
  /** Since the meter was made, standing charges included; only grows. */
  readonly cost: MilliPence
  /** Of which standing charges. */
  readonly standingCharges: MilliPence
}

/** What cuts the supply and gives it back. */
export interface SupplyForCredit {
  /** Cuts it. */
  disable(reason: 'credit'): unknown
  /** Lets the consumer switch it on again. */
  arm(reason: 'credit'): unknown
}

/** GBCS codes of what prepayment tells of. */
export type PrepaymentCode =
  | '810D'
  | '810E'
  | '8119'
  | '8168'
  | '81A7'
  | '81A8'
  | '81A9'
  | '81AA'
  | '81AB'
  | '81C4'
  | '81C5'
  | '8F0F'
  | '8F47'
  | '8F51'
  | '8F5B'
  | '8F63'
  | '8F64'
  | '8F83'
  | '8154'
  | '8155'
  | '8F66'
  | '8F67'

/** Where a meter says what has happened: its event log, and an alert where it raises one. */
export interface EventSink {
  raise(code: PrepaymentCode, detail?: string): void
}
