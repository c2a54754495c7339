/** What stands on a meter's account, as attributes of the Prepayment cluster. */
import type { AttributeName, AttributeValues } from '../../zcl/clusters.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import type { SupplyState } from '../supply/supply-switch.ts'
import { utcOf } from '../zigbee-time.ts'
import { CURRENCY_SCALING, POUND } from './money.ts'
import type { Prepayment } from './prepayment.ts'
import {
  ALARM_STATUS,
  CREDIT_STATUS,
  clamped,
  RECOVERY,
  toFrequency,
  toOrigin,
  toPaymentControl,
} from './prepayment-words.ts'

type Attributes = NonNullable<SideOptions<'Prepayment', 'server', 'toServer'>['attributes']>

/** @source ZigBee Smart Energy, Prepayment: attribute sets; amounts in 10^-5 pounds */
export function prepaymentAttributes(prepayment: Prepayment, supply: { readonly state: SupplyState }): Attributes {
  const settings = () => prepayment.now.settings
  return {
    PaymentControlConfiguration: () => toPaymentControl(prepayment.now.mode, prepayment.now.modeSettings),
    CreditRemaining: () => clamped(prepayment.balance),
    EmergencyCreditRemaining: () => prepayment.now.emergency?.remaining ?? 0,
    CreditStatus: () => creditStatus(prepayment),
    CreditRemainingTimestamp: () => utcOf(prepayment.lookedAtMs),
    AccumulatedDebt: () => clamped(prepayment.now.accumulatedDebt),
    OverallDebtCap: () => settings().debtCap,
    EmergencyCreditLimitAllowance: () => settings().emergencyLimit,
    EmergencyCreditThreshold: () => settings().emergencyThreshold,
    TotalCreditAdded: () => prepayment.now.totals.credited,
    MaxCreditLimit: () => settings().maximumBalance,
    MaxCreditPerTopUp: () => settings().maximumCredit,
    LowCreditWarningLevel: () => settings().lowCreditThreshold,
    CutOffValue: () => prepayment.now.modeSettings.disablementThreshold,
    PrepaymentAlarmStatus: () => alarmStatus(prepayment, supply.state),
    CurrencyScalingFactor: CURRENCY_SCALING,
    Currency: POUND,
    ...debtAttributes(prepayment),
    ...topUpAttributes(prepayment),
  }
}

function debtAttributes(prepayment: Prepayment): Attributes {
  const [first, second] = [() => prepayment.now.time[0], () => prepayment.now.time[1]]
  const payment = () => prepayment.now.payment
  return {
    DebtAmount1: () => first().amount,
    DebtRecoveryMethod1: RECOVERY.byTime,
    DebtRecoveryFrequency1: () => toFrequency(first().period),
    DebtRecoveryAmount1: () => first().rate,
    DebtAmount2: () => second().amount,
    DebtRecoveryMethod2: RECOVERY.byTime,
    DebtRecoveryFrequency2: () => toFrequency(second().period),
    DebtRecoveryAmount2: () => second().rate,
    DebtAmount3: () => payment().amount,
    DebtRecoveryMethod3: RECOVERY.byPayment,
    DebtRecoveryTopUpPercentage3: () => payment().share,
  }
}

/** The newest first; the cluster has room for five. */
function topUpAttributes(prepayment: Prepayment): Attributes {
  const entry = (number: number) => prepayment.ledger.credits.list().at(-number)
  const at = (number: number) => {
    const found = entry(number)
    return found && utcOf(found.atMs)
  }
  const origin = (number: number) => {
    const found = entry(number)
    return found && toOrigin(found.source)
  }
  const code = (number: number) => {
    const found = entry(number)
    return found && new TextEncoder().encode(found.utrn)
  }
  return {
    TopUpDateTimeNumber1: () => at(1),
    TopUpAmountNumber1: () => entry(1)?.amount,
    TopUpOriginatingDeviceNumber1: () => origin(1),
    TopUpCodeNumber1: () => code(1),
    TopUpDateTimeNumber2: () => at(2),
    TopUpAmountNumber2: () => entry(2)?.amount,
    TopUpOriginatingDeviceNumber2: () => origin(2),
    TopUpCodeNumber2: () => code(2),
    TopUpDateTimeNumber3: () => at(3),
    TopUpAmountNumber3: () => entry(3)?.amount,
    TopUpOriginatingDeviceNumber3: () => origin(3),
    TopUpCodeNumber3: () => code(3),
    TopUpDateTimeNumber4: () => at(4),
    TopUpAmountNumber4: () => entry(4)?.amount,
    TopUpOriginatingDeviceNumber4: () => origin(4),
    TopUpCodeNumber4: () => code(4),
    TopUpDateTimeNumber5: () => at(5),
    TopUpAmountNumber5: () => entry(5)?.amount,
    TopUpOriginatingDeviceNumber5: () => origin(5),
    TopUpCodeNumber5: () => code(5),
  }
}

function creditStatus(prepayment: Prepayment): number {
  const { mode, balance, emergency, settings, modeSettings, cut } = prepayment.now
  if (mode === 'credit') return CREDIT_STATUS.ok
  const isLow = balance < settings.lowCreditThreshold
  const isInUse = emergency !== undefined && balance <= modeSettings.disablementThreshold && emergency.remaining > 0
  return (
    (isLow ? CREDIT_STATUS.low : CREDIT_STATUS.ok) |
    (settings.emergencyLimit > 0 ? CREDIT_STATUS.emergencyEnabled : 0) |
    (prepayment.isEmergencyOffered ? CREDIT_STATUS.emergencyAvailable : 0) |
    (emergency ? CREDIT_STATUS.emergencySelected : 0) |
    (isInUse ? CREDIT_STATUS.emergencyInUse : 0) |
    (cut ? CREDIT_STATUS.exhausted : 0)
  )
}

function alarmStatus(prepayment: Prepayment, supply: SupplyState): number {
  const { told, cut } = prepayment.now
  return (
    (told.low ? ALARM_STATUS.low : 0) |
    (told.spared ? ALARM_STATUS.friendly : 0) |
    (prepayment.isEmergencyOffered ? ALARM_STATUS.emergencyAvailable : 0) |
    (cut && supply === 'OFF' ? ALARM_STATUS.cut : 0)
  )
}

/** Values of some of them, as they stand. */
export function prepaymentValues<A extends AttributeName<'Prepayment'>>(
  prepayment: Prepayment,
  supply: { readonly state: SupplyState },
  names: readonly A[],
): AttributeValues<'Prepayment', 'server'> {
  const all: Readonly<Record<string, unknown>> = prepaymentAttributes(prepayment, supply)
  const values = names.map(name => {
    const source = all[name]
    return [name, typeof source === 'function' ? source() : source] as const
  })
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}
