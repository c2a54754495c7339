/** 2.1 and 2.3: how prepayment is set up, and what is owed. Whatever is wrong with them, nothing is ordered. */
import { type Debts, refuseDebts } from '../../prepayment/debts.ts'
import { MOST_MONEY, refusalText } from '../../prepayment/money.ts'
import { NEVER_FRIENDLY } from '../../prepayment/non-disablement.ts'
import { encodeNonDisablement } from '../../prepayment/non-disablement-octets.ts'
import { RECOVERY, toFrequency } from '../../prepayment/prepayment-words.ts'
import { FACTORY_SETTINGS, type PrepaymentSettings, refuseSettings } from '../../prepayment/settings.ts'
import { cancelSettings, holdSettings } from './held.ts'
import { debtPeriodOf } from './prepay-words.ts'
import type { Call } from './service.ts'
import { carryOutSteps, type Fields } from './steps/carry-out.ts'
import { stepsFor } from './steps/steps-for.ts'

/** DebtAmountType of a register that is set to what it owes. @source ZigBee Smart Energy, Prepayment: DebtAmountType */
const ABSOLUTE = [0x00, 0x02, 0x04] as const

type Settings = PrepaymentSettings

export function updatePrepayConfiguration(call: Call<'updatePrepayConfiguration'>): void {
  const { parameters, succeed, fail } = call
  if (parameters.cancelHeld) return cancelSettings(call)
  const changes = changesOf(parameters)
  if (Object.keys(changes).length === 0) return fail('S1RIG_PARAMETER', 'at least one setting expected')
  // Wide open where nothing is said: what is wrong by itself is wrong whatever the meter has.
  const open = { ...FACTORY_SETTINGS, maximumBalance: MOST_MONEY, maximumCredit: 0, ...changes }
  const wrong = refuseSettings(open)
  if (wrong) return fail('S1RIG_PARAMETER', refusalText(wrong))
  if (parameters.fromMs !== undefined) return holdSettings(call, changes)
  const prepare = (found: Fields): Fields | undefined => {
    const before = settingsIn(found)
    const after = { ...before, ...changes }
    const refusal = refuseSettings(after)
    return refusal ? void fail('S1RIG_PARAMETER', refusalText(refusal)) : ordersOf(before, after)
  }
  carryOutSteps({ ...call, prepare }, stepsFor(call), () => succeed({}))
}

export function updateDebt(call: Call<'updateDebt'>): void {
  const { succeed, fail } = call
  const debts = debtsOf(call)
  if (typeof debts === 'string') return fail('S1RIG_PARAMETER', debts)
  const refusal = refuseDebts(debts)
  if (refusal) return fail('S1RIG_PARAMETER', refusalText(refusal))
  const nothing = { label: '', frequency: 0, rate: 0, share: 0 }
  const registers = [
    ...debts.time.map(({ amount, rate, period }, register) => ({
      ...{ ...nothing, register, amount, rate, frequency: toFrequency(period) },
      ...{ method: RECOVERY.byTime, amountType: ABSOLUTE[register] },
    })),
    { ...nothing, register: 2, ...debts.payment, method: RECOVERY.byPayment, amountType: ABSOLUTE[2] },
  ]
  carryOutSteps({ ...call, parameters: { debts: registers } }, stepsFor(call), () => succeed({}))
}

function changesOf(parameters: Call<'updatePrepayConfiguration'>['parameters']): Partial<Settings> {
  const { debtRecoveryRateCap, emergencyCreditLimit, emergencyCreditThreshold, lowCreditThreshold } = parameters
  const { maximumBalance, maximumCredit, nonDisablement } = parameters
  return {
    ...(debtRecoveryRateCap !== undefined && { debtCap: debtRecoveryRateCap }),
    ...(emergencyCreditLimit !== undefined && { emergencyLimit: emergencyCreditLimit }),
    ...(emergencyCreditThreshold !== undefined && { emergencyThreshold: emergencyCreditThreshold }),
    ...(lowCreditThreshold !== undefined && { lowCreditThreshold }),
    ...(maximumBalance !== undefined && { maximumBalance }),
    ...(maximumCredit !== undefined && { maximumCredit }),
    ...(nonDisablement && { nonDisablement }),
  }
}

/** What the meter has; what it does not say sets no bounds. */
function settingsIn(found: Fields): Settings {
  const of = (name: string, unsaid: number) => (typeof found[name] === 'number' ? found[name] : unsaid)
  return {
    debtCap: of('_debtRecoveryRateCap', MOST_MONEY),
    emergencyLimit: of('_emergencyCreditLimit', 0),
    emergencyThreshold: of('_emergencyCreditThreshold', 0),
    lowCreditThreshold: of('_lowCreditThreshold', 0),
    maximumBalance: of('_maximumBalance', MOST_MONEY),
    maximumCredit: of('_maximumCredit', 0),
    nonDisablement: NEVER_FRIENDLY,
  }
}

/** All settings as they shall be, and which of them are others than before. */
function ordersOf(before: Settings, after: Settings): Fields {
  const differs = (...names: (keyof Settings)[]) => names.some(name => before[name] !== after[name])
  const maximum = differs('maximumBalance', 'maximumCredit')
  return {
    debtRecoveryRateCap: after.debtCap,
    emergencyCreditLimit: after.emergencyLimit,
    emergencyCreditThreshold: after.emergencyThreshold,
    lowCreditThreshold: after.lowCreditThreshold,
    maximumBalance: after.maximumBalance,
    maximumCredit: after.maximumCredit,
    raisesMaximum: maximum && after.maximumBalance >= before.maximumBalance,
    lowersMaximum: maximum && after.maximumBalance < before.maximumBalance,
    changesEmergency: differs('emergencyLimit', 'emergencyThreshold'),
    changesLowCredit: differs('lowCreditThreshold'),
    changesDebtCap: differs('debtCap'),
    ...(differs('nonDisablement') && { nonDisablement: encodeNonDisablement(after.nonDisablement) }),
  }
}

/** What is to be owed; a text says which field is wrong. */
function debtsOf({ parameters }: Call<'updateDebt'>): Debts | string {
  const { timeDebts, paymentDebt, recoveryPerPayment } = parameters
  const registers = timeDebts.map(({ amount, rate, period }) => ({ amount, rate, period: debtPeriodOf(period) }))
  const unknown = registers.findIndex(({ period }) => !period)
  if (unknown >= 0) return `time_debts[${unknown}].period: EACH_HOUR, EACH_DAY, EACH_WEEK or EACH_MONTH expected`
  const [first, second, ...more] = registers.flatMap(({ period, ...debt }) => (period ? [{ ...debt, period }] : []))
  if (!first || !second || more.length > 0) return `time_debts: 2 expected, found ${registers.length}`
  return { time: [first, second], payment: { amount: paymentDebt, share: recoveryPerPayment } }
}
