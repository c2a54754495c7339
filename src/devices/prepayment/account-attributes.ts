/**
 * Attributes of a meter's account, each with the name that equivalent steps find it as. They stand here once: what a request reads, what
 * a gas meter reports and what a display shows are put together of them.
 * @source ZigBee Smart Energy, Prepayment: attribute sets
 */
import type { AttributeName } from '../../zcl/clusters.ts'

type Attribute = AttributeName<'Prepayment'>
type Named = Readonly<Partial<Record<Attribute, string>>>

export const CONTROL: Named = { PaymentControlConfiguration: 'control' }
export const BALANCE: Named = { CreditRemaining: 'balance' }
export const EMERGENCY: Named = { EmergencyCreditRemaining: 'emergencyCreditRemaining' }
export const CREDIT_STATE: Named = { CreditStatus: 'creditStatus' }
export const HELD_BACK: Named = { AccumulatedDebt: 'accumulatedDebt' }
/** What 1.6 sets besides the mode. */
export const CUT_OFF: Named = { CutOffValue: 'disablementThreshold' }
/** What 2.1 sets. */
export const LIMITS: Named = {
  OverallDebtCap: 'debtRecoveryRateCap',
  EmergencyCreditLimitAllowance: 'emergencyCreditLimit',
  EmergencyCreditThreshold: 'emergencyCreditThreshold',
  LowCreditWarningLevel: 'lowCreditThreshold',
  MaxCreditLimit: 'maximumBalance',
  MaxCreditPerTopUp: 'maximumCredit',
}
/** What 2.3 sets: what is owed, and how it is recovered. */
export const DEBTS: Named = {
  DebtAmount1: 'timeDebt1',
  DebtRecoveryFrequency1: 'period1',
  DebtRecoveryAmount1: 'rate1',
  DebtAmount2: 'timeDebt2',
  DebtRecoveryFrequency2: 'period2',
  DebtRecoveryAmount2: 'rate2',
  DebtAmount3: 'paymentDebt',
  DebtRecoveryTopUpPercentage3: 'recoveryPerPayment',
}
const isAmount = (name: string): boolean => name.startsWith('DebtAmount')
/** What is owed alone. */
export const OWED: Named = Object.fromEntries(Object.entries(DEBTS).filter(([name]) => isAmount(name)))

const namesOf = (...of: Named[]): Attribute[] => of.flatMap(one => Object.keys(one) as Attribute[])

/** What a gas meter reports of its account at each wake-up. */
export const MIRRORED_PREPAYMENT: readonly Attribute[] = [
  ...namesOf(CONTROL, BALANCE, EMERGENCY, CREDIT_STATE),
  'CreditRemainingTimestamp',
  ...namesOf(HELD_BACK, OWED),
]

/** What it reports when it has changed. */
export const MIRRORED_SETTINGS: readonly Attribute[] = [
  ...namesOf(CUT_OFF, LIMITS),
  ...namesOf(DEBTS).filter(name => !isAmount(name)),
  ...(['CurrencyScalingFactor', 'Currency'] as const),
]
