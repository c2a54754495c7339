/** What of a gas meter's account its mirror in the hub has. */
import type { AttributeName } from '../../zcl/clusters.ts'

/** What a gas meter reports of its account at each wake-up. */
export const MIRRORED_PREPAYMENT = [
  'PaymentControlConfiguration',
  'CreditRemaining',
  'EmergencyCreditRemaining',
  'CreditStatus',
  'CreditRemainingTimestamp',
  'AccumulatedDebt',
  'DebtAmount1',
  'DebtAmount2',
  'DebtAmount3',
] as const satisfies readonly AttributeName<'Prepayment'>[]

/** What it reports when it has changed. */
export const MIRRORED_SETTINGS = [
  'CutOffValue',
  'OverallDebtCap',
  'EmergencyCreditLimitAllowance',
  'EmergencyCreditThreshold',
  'LowCreditWarningLevel',
  'MaxCreditLimit',
  'MaxCreditPerTopUp',
  'DebtRecoveryFrequency1',
  'DebtRecoveryAmount1',
  'DebtRecoveryFrequency2',
  'DebtRecoveryAmount2',
  'DebtRecoveryTopUpPercentage3',
  'CurrencyScalingFactor',
  'Currency',
] as const satisfies readonly AttributeName<'Prepayment'>[]
