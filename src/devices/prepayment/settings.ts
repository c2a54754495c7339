/** How a meter is set up for prepayment, and what is wrong with settings that are refused. */
import { isMoney, type MilliPence, MOST_MONEY, type Refusal } from './money.ts'
import { NEVER_FRIENDLY, type NonDisablement, refuseNonDisablement } from './non-disablement.ts'

/** What 2.1 sets. @source DUIS, Update Prepay Configuration: the names; what each does: assumed after SMETS */
export interface PrepaymentSettings {
  /** Credit that may be used when there is none left; 0: there is no emergency credit. */
  emergencyLimit: MilliPence
  /** Below this balance emergency credit is on offer. */
  emergencyThreshold: MilliPence
  /** Below this balance the consumer is warned. */
  lowCreditThreshold: MilliPence
  /** Most that may stand on the meter after a top-up. */
  maximumBalance: MilliPence
  /** Most that one top-up may add. */
  maximumCredit: MilliPence
  /** Most that payments recover of the debt in one week, Monday to Sunday. */
  debtCap: MilliPence
  nonDisablement: NonDisablement
}

/** What comes with prepayment mode. @source DUIS, Update Payment Mode */
export interface ModeSettings {
  /** Below this balance the supply is cut. */
  disablementThreshold: MilliPence
  /** No debt is recovered while the supply is cut. */
  suspendDebtDisabled: boolean
  /** No debt is recovered while emergency credit is used. */
  suspendDebtEmergency: boolean
}

/** Settings of a meter that nobody has set up. Assumed. */
export const FACTORY_SETTINGS: PrepaymentSettings = {
  emergencyLimit: 500_000,
  emergencyThreshold: 100_000,
  lowCreditThreshold: 200_000,
  maximumBalance: 25_000_000,
  maximumCredit: 10_000_000,
  debtCap: MOST_MONEY,
  nonDisablement: NEVER_FRIENDLY,
}

export const FACTORY_MODE: ModeSettings = {
  disablementThreshold: 0,
  suspendDebtDisabled: true,
  suspendDebtEmergency: true,
}

/** What is wrong with settings as a whole; undefined when nothing is. Fields are named as in the contract. */
export function refuseSettings(settings: PrepaymentSettings): Refusal | undefined {
  const amounts = [
    ['emergency_credit_limit', settings.emergencyLimit],
    ['emergency_credit_threshold', settings.emergencyThreshold],
    ['low_credit_threshold', settings.lowCreditThreshold],
    ['maximum_balance', settings.maximumBalance],
    ['maximum_credit', settings.maximumCredit],
    ['debt_recovery_rate_cap', settings.debtCap],
  ] as const
  for (const [field, value] of amounts) {
    if (!isMoney(value) || value < 0) return { field, expected: `0 to ${MOST_MONEY}` }
  }
  if (settings.maximumCredit > settings.maximumBalance)
    return { field: 'maximum_credit', expected: 'at most maximum_balance' }
  if (settings.lowCreditThreshold > settings.maximumBalance) {
    return { field: 'low_credit_threshold', expected: 'at most maximum_balance' }
  }
  if (settings.emergencyThreshold > settings.maximumBalance) {
    return { field: 'emergency_credit_threshold', expected: 'at most maximum_balance' }
  }
  return refuseNonDisablement(settings.nonDisablement)
}

/** What is wrong with what comes with the mode. */
export function refuseMode({ disablementThreshold }: ModeSettings): Refusal | undefined {
  const isSound = isMoney(disablementThreshold)
  return isSound ? undefined : { field: 'disablement_threshold', expected: `-${MOST_MONEY} to ${MOST_MONEY}` }
}
