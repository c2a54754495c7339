/** 2.1 and 2.3: how prepayment is set up, and what is owed. Whatever is wrong with them, nothing is sent. */
import type { CommandPayload } from '../../../zcl/clusters.ts'
import { type Debts, refuseDebts } from '../../prepayment/debts.ts'
import { MOST_MONEY, refusalText } from '../../prepayment/money.ts'
import { NEVER_FRIENDLY } from '../../prepayment/non-disablement.ts'
import { encodeNonDisablement } from '../../prepayment/non-disablement-octets.ts'
import { RECOVERY, toFrequency } from '../../prepayment/prepayment-words.ts'
import { FACTORY_SETTINGS, type PrepaymentSettings, refuseSettings } from '../../prepayment/settings.ts'
import { type Asking, orderTo, readFrom, whenReachable, writeTo } from './asking.ts'
import { debtPeriodOf } from './prepay-words.ts'
import type { Call } from './service.ts'

/** DebtAmountType of a register that is set to what it owes. @source ZigBee Smart Energy, Prepayment: DebtAmountType */
const ABSOLUTE = [0x00, 0x02, 0x04] as const

const SETTINGS = [
  'OverallDebtCap',
  'EmergencyCreditLimitAllowance',
  'EmergencyCreditThreshold',
  'LowCreditWarningLevel',
  'MaxCreditLimit',
  'MaxCreditPerTopUp',
] as const

export function updatePrepayConfiguration(call: Call<'updatePrepayConfiguration'>): void {
  const { parameters, succeed, fail } = call
  const changes = changesOf(parameters)
  if (Object.keys(changes).length === 0) return fail('S1RIG_PARAMETER', 'at least one setting expected')
  // Wide open where nothing is said: what is wrong by itself is wrong whatever the meter has.
  const open = { ...FACTORY_SETTINGS, maximumBalance: MOST_MONEY, maximumCredit: 0, ...changes }
  const wrong = refuseSettings(open)
  if (wrong) return fail('S1RIG_PARAMETER', refusalText(wrong))
  whenReachable(call, () =>
    readSettings(call, before => {
      const after = { ...before, ...changes }
      const refusal = refuseSettings(after)
      if (refusal) return fail('S1RIG_PARAMETER', refusalText(refusal))
      inOrder(ordersFor(call, before, after), () => succeed({}))
    }),
  )
}

export function updateDebt(call: Call<'updateDebt'>): void {
  const { hub, parameters, succeed, fail } = call
  const debts = debtsOf(call)
  if (typeof debts === 'string') return fail('S1RIG_PARAMETER', debts)
  const refusal = refuseDebts(debts)
  if (refusal) return fail('S1RIG_PARAMETER', refusalText(refusal))
  const nothing = {
    debtLabel: new Uint8Array(),
    debtRecoveryStartTime: 0,
    debtRecoveryCollectionTime: 0,
    debtRecoveryFrequency: 0,
    debtRecoveryAmount: 0,
    debtRecoveryBalancePercentage: 0,
  }
  const changes: Omit<CommandPayload<'Prepayment', 'ChangeDebt'>, 'issuerEventId'>[] = debts.time.map(
    ({ amount, rate, period }, index) => ({
      ...nothing,
      debtAmount: amount,
      debtAmountType: ABSOLUTE[index] ?? 0,
      debtRecoveryMethod: RECOVERY.byTime,
      debtRecoveryFrequency: toFrequency(period),
      debtRecoveryAmount: rate,
    }),
  )
  changes.push({
    ...nothing,
    debtAmount: debts.payment.amount,
    debtAmountType: ABSOLUTE[2],
    debtRecoveryMethod: RECOVERY.byPayment,
    debtRecoveryBalancePercentage: parameters.recoveryPerPayment,
  })
  const steps = changes.map(
    change => (done: () => void) =>
      orderTo(call, 'Prepayment', 'ChangeDebt', { issuerEventId: hub.notices.nextEventId(), ...change }, 'debt', done),
  )
  whenReachable(call, () => inOrder(steps, () => succeed({})))
}

/** One step after the other; the first that fails ends the request. */
function inOrder([step, ...rest]: readonly ((done: () => void) => void)[], done: () => void): void {
  if (step) step(() => inOrder(rest, done))
  else done()
}

type Settings = PrepaymentSettings

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

function readSettings(asking: Asking, use: (settings: PrepaymentSettings) => void): void {
  readFrom(asking, 'Prepayment', SETTINGS, values =>
    use({
      debtCap: values.OverallDebtCap ?? MOST_MONEY,
      emergencyLimit: values.EmergencyCreditLimitAllowance ?? 0,
      emergencyThreshold: values.EmergencyCreditThreshold ?? 0,
      lowCreditThreshold: values.LowCreditWarningLevel ?? 0,
      maximumBalance: values.MaxCreditLimit ?? MOST_MONEY,
      maximumCredit: values.MaxCreditPerTopUp ?? 0,
      nonDisablement: NEVER_FRIENDLY,
    }),
  )
}

/** The orders that bring a meter from one setting to another: each leaves it with settings that hold together. */
function ordersFor(asking: Asking, before: Settings, after: Settings): ((done: () => void) => void)[] {
  const { hub } = asking
  const differs = (...names: (keyof Settings)[]) => names.some(name => before[name] !== after[name])
  const order =
    <N extends 'EmergencyCreditSetup' | 'SetLowCreditWarningLevel' | 'SetMaximumCreditLimit' | 'SetOverallDebtCap'>(
      command: N,
      payload: Parameters<typeof orderTo<'Prepayment', N>>[3],
      what: string,
    ) =>
    (done: () => void) =>
      orderTo(asking, 'Prepayment', command, payload, what, () => done())
  const dated = () => ({ providerId: 0, issuerEventId: hub.notices.nextEventId(), implementationDateTime: 0 })
  const limits = differs('maximumBalance', 'maximumCredit')
    ? [
        order(
          'SetMaximumCreditLimit',
          { ...dated(), maximumCreditLevel: after.maximumBalance, maximumCreditPerTopUp: after.maximumCredit },
          'maximum_balance',
        ),
      ]
    : []
  const levels = [
    ...(differs('emergencyLimit', 'emergencyThreshold')
      ? [
          order(
            'EmergencyCreditSetup',
            {
              ...{ issuerEventId: hub.notices.nextEventId(), startTime: 0 },
              emergencyCreditLimit: after.emergencyLimit,
              emergencyCreditThreshold: after.emergencyThreshold,
            },
            'emergency_credit_limit',
          ),
        ]
      : []),
    ...(differs('lowCreditThreshold')
      ? [order('SetLowCreditWarningLevel', { lowCreditWarningLevel: after.lowCreditThreshold }, 'low_credit_threshold')]
      : []),
    ...(differs('debtCap')
      ? [order('SetOverallDebtCap', { ...dated(), overallDebtCap: after.debtCap }, 'debt_recovery_rate_cap')]
      : []),
    ...(differs('nonDisablement')
      ? [
          (done: () => void) =>
            writeTo(
              asking,
              'AccountSettings',
              () => ({ NonDisablement: encodeNonDisablement(after.nonDisablement) }),
              done,
            ),
        ]
      : []),
  ]
  // A higher maximum goes before the levels below it, a lower one after them.
  return after.maximumBalance >= before.maximumBalance ? [...limits, ...levels] : [...levels, ...limits]
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
