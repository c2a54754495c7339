/**
 * 1.5, 1.6, 2.1, 2.2, 2.3 and 4.14: the account of a meter. Money is in thousandths of a penny, as over the SM WAN.
 * @source DUIS schema; that electricity's cap is in pounds and its rates in pounds by a power of ten: assumed
 */
import type {
  DebtPeriod,
  TimeDebt,
  TopUpDevice,
  UpdateDebt,
  UpdateMeterBalance,
  UpdatePaymentMode,
  UpdatePrepayConfiguration,
} from '../../wan/messages/wan-types.generated.ts'
import { Fields, refuse, textOf, wholeOf } from '../fields.ts'
import { fromIn } from './dates.ts'
import { electricityCalendar, gasCalendar } from './non-disablement.ts'

const MOST_MONEY = 2_147_483_647
/** Thousandths of a penny. */
const POUND = 100_000

/** Which mode the meter is in is the meter's to know: both branches say the same. */
export function updateMeterBalance(fields: Fields): UpdateMeterBalance {
  const { element } = fields.oneOf(['PrepaymentMode', 'CreditMode'])
  return Fields.read(element, mode => {
    const change = mode.oneOf(['AdjustMeterBalance', 'ResetMeterBalance'])
    if (change.name === 'AdjustMeterBalance') return { adjustBy: wholeOf(change.element, -MOST_MONEY, MOST_MONEY) }
    Fields.read(change.element, () => {})
    return { reset: {} }
  })
}

export function updatePaymentMode(fields: Fields): UpdatePaymentMode {
  const from = fromIn(fields)
  const { name, element } = fields.oneOf(['Credit', 'Prepayment'])
  return Fields.read(element, mode => {
    if (name === 'Credit') {
      return {
        mode: 'CREDIT',
        suspendDebtDisabled: false,
        suspendDebtEmergency: false,
        disablementThreshold: 0,
        ...from,
      }
    }
    return {
      mode: 'PREPAYMENT',
      suspendDebtDisabled: mode.flag('SuspendDebtDisabled'),
      suspendDebtEmergency: mode.flag('SuspendDebtEmergency'),
      disablementThreshold: mode.whole('DisablementThreshold', -MOST_MONEY, MOST_MONEY),
      ...from,
    }
  })
}

export function updatePrepayConfiguration(fields: Fields): UpdatePrepayConfiguration {
  const from = fromIn(fields)
  const { name, element } = fields.oneOf(['UpdatePrepayConfigElectricity', 'UpdatePrepayConfigGas'])
  const isGas = name === 'UpdatePrepayConfigGas'
  return Fields.read(element, settings => {
    const money = (setting: string, unit = 1) => settings.whole(setting, 0, Math.floor(MOST_MONEY / unit)) * unit
    const schedule = isGas
      ? settings.insideOptional('GasNonDisablementCalendar', gasCalendar)
      : settings.insideOptional('ElectricityNonDisablementCalendar', electricityCalendar)
    return {
      debtRecoveryRateCap: money('DebtRecoveryRateCap', isGas ? 1 : POUND),
      emergencyCreditLimit: money('EmergencyCreditLimit'),
      emergencyCreditThreshold: money('EmergencyCreditThreshold'),
      lowCreditThreshold: money('LowCreditThreshold'),
      maximumBalance: money('MaxMeterBalance'),
      maximumCredit: money('MaxCreditThreshold'),
      ...(schedule && { nonDisablement: { periods: [], specialDays: [], schedule } }),
      ...from,
    }
  })
}

export function topUpDevice(fields: Fields): TopUpDevice {
  const element = fields.required('UTRN')
  const utrn = textOf(element)
  return /^\d{20}$/.test(utrn) ? { utrn } : refuse(element, '20 digits', utrn)
}

export function updateDebt(fields: Fields): UpdateDebt {
  const money = (name: string) => fields.whole(name, 0, MOST_MONEY)
  const amounts = [money('TimeDebtRegister1'), money('TimeDebtRegister2')] as const
  return {
    timeDebts: [timeDebt(fields, 1, amounts[0]), timeDebt(fields, 2, amounts[1])],
    paymentDebt: money('PaymentDebtRegister'),
    recoveryPerPayment: fields.whole('DebtRecoveryPerPayment', 0, 10_000),
  }
}

const PERIODS: Readonly<Record<string, DebtPeriod>> = {
  HOURLY: 'EACH_HOUR',
  DAILY: 'EACH_DAY',
  WEEKLY: 'EACH_WEEK',
  MONTHLY: 'EACH_MONTH',
}

function timeDebt(fields: Fields, number: 1 | 2, amount: number): TimeDebt {
  const { name, element } = fields.oneOf([`ElecDebtRecovery${number}`, `GasDebtRecovery${number}`])
  return Fields.read(element, recovery => {
    const isGas = name.startsWith('Gas')
    const scale = isGas ? 0 : recovery.whole('DebtRecoveryRatePriceScale', -5, 4)
    const unit = isGas ? 1 : POUND * 10 ** scale
    const rate = Math.round(recovery.whole('DebtRecoveryRate', 0, Math.floor(MOST_MONEY / unit)) * unit)
    const period = PERIODS[recovery.choice('DebtRecoveryRatePeriod', Object.keys(PERIODS))]
    return { amount, rate, period: period ?? 'EACH_DAY' }
  })
}
