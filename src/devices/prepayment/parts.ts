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
export interface SupplySwitch {
  readonly state: 'ON' | 'ARMED' | 'OFF'
  /** Cuts it. */
  disable(reason: string): void
  /** Lets the consumer switch it on again. */
  arm(reason: string): void
}

/** Where a meter says what has happened: its event log, and an alert where it raises one. */
export interface EventSink {
  /** `code`: GBCS, 4 upper-case hex digits. */
  raise(code: string, text: string): void
}
