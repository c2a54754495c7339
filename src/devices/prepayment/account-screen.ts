/** What a screen shows of an account, as meter or mirror gave it. */
import type { ZclEndpoint } from '../../zcl/node.ts'
import type { Peer } from '../../zcl/transactions.ts'
import { unixMsOf } from '../zigbee-time.ts'
import type { PaymentMode } from './account.ts'
import { MIRRORED_PREPAYMENT } from './account-attributes.ts'
import type { MilliPence } from './money.ts'
import { CREDIT_STATUS, fromPaymentControl } from './prepayment-words.ts'

/** One fuel's account. */
export interface ShownAccount {
  mode: PaymentMode
  balance: MilliPence
  /** Emergency credit that was called for and is left. */
  emergencyRemaining: MilliPence
  isEmergencyOffered: boolean
  isLow: boolean
  /** The supply is cut for want of credit. */
  isCut: boolean
  /** Of all kinds, what is held back included. */
  debt: MilliPence
  /** When the meter looked at it, Unix ms by its clock. */
  asOfMs?: number
}

/** Asks meter or mirror; undefined: no answer, or none that could be shown. */
export function readAccount(
  endpoint: ZclEndpoint,
  meter: Peer,
  use: (account: ShownAccount | undefined) => void,
): void {
  endpoint.read(meter, 'Prepayment', MIRRORED_PREPAYMENT, outcome => {
    if (!outcome.ok || outcome.values.CreditRemaining === undefined) return use(undefined)
    const { values } = outcome
    const status = values.CreditStatus ?? 0
    const asOfMs = values.CreditRemainingTimestamp === undefined ? undefined : unixMsOf(values.CreditRemainingTimestamp)
    const debts = [values.AccumulatedDebt, values.DebtAmount1, values.DebtAmount2, values.DebtAmount3]
    use({
      mode: fromPaymentControl(values.PaymentControlConfiguration ?? 0, 0).mode,
      balance: outcome.values.CreditRemaining ?? 0,
      emergencyRemaining: values.EmergencyCreditRemaining ?? 0,
      isEmergencyOffered: (status & CREDIT_STATUS.emergencyAvailable) !== 0,
      isLow: (status & CREDIT_STATUS.low) !== 0,
      isCut: (status & CREDIT_STATUS.exhausted) !== 0,
      debt: debts.reduce<number>((sum, debt) => sum + (debt ?? 0), 0),
      ...(asOfMs !== undefined && { asOfMs }),
    })
  })
}

/** Pounds and pence as a screen writes them, the rest of a penny left out: `-1.07`. */
export function poundsText(amount: MilliPence): string {
  const pence = Math.trunc(Math.abs(amount) / 1_000)
  const sign = amount < 0 && pence > 0 ? '-' : ''
  return `${sign}${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, '0')}`
}
