/** 4.3, 4.13, 4.14, 4.18: account, setting-up and daily log of prepayment, from the meter itself or from the gas mirror. */
import type {
  NonDisablement,
  PrepayDailyEntry,
  ReadPrepayConfigurationResult,
  ReadPrepayValuesResult,
  Source,
} from '../../../wan/messages/wan-types.generated.ts'
import type { AttributeValues } from '../../../zcl/clusters.ts'
import { NO_DEBTS } from '../../prepayment/debts.ts'
import type { AccountSnapshot } from '../../prepayment/ledger.ts'
import { NEVER_FRIENDLY } from '../../prepayment/non-disablement.ts'
import { decodeNonDisablement } from '../../prepayment/non-disablement-octets.ts'
import { CREDIT_STATUS, fromFrequency, fromPaymentControl, SNAPSHOT_CAUSE } from '../../prepayment/prepayment-words.ts'
import { decodeSnapshot } from '../../prepayment/snapshot-payload.ts'
import { isSayable, unixMsOf, utcOf } from '../../zigbee-time.ts'
import { type Asking, askOrNone, readFrom, whenReachable } from './asking.ts'
import { calendarWord, modeWord, periodWord } from './prepay-words.ts'
import type { Call } from './service.ts'

type Values = AttributeValues<'Prepayment', 'server'>

const BALANCE = ['CreditRemaining'] as const
const STANDING = [
  'PaymentControlConfiguration',
  'CreditRemaining',
  'EmergencyCreditRemaining',
  'CreditStatus',
  'AccumulatedDebt',
  'DebtAmount1',
  'DebtAmount2',
  'DebtAmount3',
] as const
const CONTROL = [
  'PaymentControlConfiguration',
  'CutOffValue',
  'OverallDebtCap',
  'EmergencyCreditLimitAllowance',
  'EmergencyCreditThreshold',
  'LowCreditWarningLevel',
  'MaxCreditLimit',
  'MaxCreditPerTopUp',
] as const
const DEBTS = [
  'DebtAmount1',
  'DebtRecoveryFrequency1',
  'DebtRecoveryAmount1',
  'DebtAmount2',
  'DebtRecoveryFrequency2',
  'DebtRecoveryAmount2',
  'DebtAmount3',
  'DebtRecoveryTopUpPercentage3',
] as const
/** Snapshots asked for in one request: more than a meter has. */
const MOST_SNAPSHOTS = 31

/** When and from where values are. */
interface Reading {
  readAtMs: number
  dataAgeS: number
  source: Source
}

export function readMeterBalance(call: Call<'readMeterBalance'>): void {
  readValues(call, BALANCE, ({ CreditRemaining }, reading) => {
    if (CreditRemaining === undefined) return call.fail('E21', 'the meter gives no balance')
    call.succeed({ balance: CreditRemaining, ...reading })
  })
}

export function readPrepayValues(call: Call<'readPrepayValues'>): void {
  readValues(call, STANDING, (values, reading) => {
    if (values.CreditRemaining === undefined) return call.fail('E21', 'the meter gives no balance')
    const result: ReadPrepayValuesResult = {
      mode: modeWord(modeIn(values)),
      balance: values.CreditRemaining,
      emergencyCreditRemaining: values.EmergencyCreditRemaining ?? 0,
      emergencyCreditAvailable: ((values.CreditStatus ?? 0) & CREDIT_STATUS.emergencyAvailable) !== 0,
      accumulatedDebt: values.AccumulatedDebt ?? 0,
      timeDebts: [values.DebtAmount1 ?? 0, values.DebtAmount2 ?? 0],
      paymentDebt: values.DebtAmount3 ?? 0,
      ...reading,
    }
    call.succeed(result)
  })
}

export function readPrepayConfiguration(call: Call<'readPrepayConfiguration'>): void {
  readValues(call, CONTROL, (control, { source }) =>
    readValues(call, DEBTS, debts =>
      readCalendar(call, nonDisablement =>
        call.succeed({
          ...configurationOf({ ...control, ...debts }, source),
          ...(nonDisablement && { nonDisablement }),
        }),
      ),
    ),
  )
}

/** From the meter, a sleeping one when it wakes; the GPF has what it saw at the first report of each day. */
export function readPrepayDailyLog(call: Call<'readPrepayDailyLog'>): void {
  const { parameters, fail } = call
  const { fromMs, toMs } = parameters
  if (toMs <= fromMs) return fail('S1RIG_PARAMETER', 'to_ms: later than from_ms expected')
  // A second after 2000 began: 0 would ask for all of them.
  if (!isSayable(toMs - 1_000)) {
    return fail('S1RIG_PARAMETER', `to_ms: an instant from 2000 to 2136 expected, found ${toMs}`)
  }
  if (call.target !== 'GPF') return whenReachable(call, () => readSnapshot(call, []))
  const entries = call.hub.mirror.prepayment.daily.list().filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  call.succeed({ entries: entries.map(entryFrom), source: 'MIRROR' })
}

/** From the meter as it stands; for the GPF from what the gas meter last reported. */
function readValues<A extends keyof Values>(
  call: Asking,
  names: readonly A[],
  use: (values: Pick<Values, A>, reading: Reading) => void,
): void {
  const { hub, target, fail } = call
  const nowMs = () => hub.clock.unixMs()
  if (target !== 'GPF') {
    return whenReachable(call, () =>
      readFrom(call, 'Prepayment', names, values =>
        use(values as Pick<Values, A>, { readAtMs: nowMs(), dataAgeS: 0, source: 'DEVICE' }),
      ),
    )
  }
  const { values, reportedAtMs } = hub.mirror.prepayment
  if (reportedAtMs === undefined) return fail('E21', 'the gas meter has not reported yet')
  const readAtMs = nowMs()
  const dataAgeS = Math.max(0, Math.floor((readAtMs - reportedAtMs) / 1_000))
  use(values as Pick<Values, A>, { readAtMs, dataAgeS, source: 'MIRROR' })
}

/** Only the meter has it: the mirror does not, and says nothing of it. */
function readCalendar(call: Asking, use: (calendar: NonDisablement | undefined) => void): void {
  if (call.target === 'GPF') return use(undefined)
  readFrom(call, 'AccountSettings', ['NonDisablement'], ({ NonDisablement: octets }) =>
    use(octets ? calendarWord(decodeNonDisablement(octets) ?? NEVER_FRIENDLY) : undefined),
  )
}

const modeIn = (values: Pick<Values, 'PaymentControlConfiguration'>) =>
  fromPaymentControl(values.PaymentControlConfiguration ?? 0, 0).mode

function configurationOf(
  values: Pick<Values, (typeof CONTROL)[number] | (typeof DEBTS)[number]>,
  source: Source,
): Omit<ReadPrepayConfigurationResult, 'nonDisablement'> {
  const { mode, settings } = fromPaymentControl(values.PaymentControlConfiguration ?? 0, values.CutOffValue ?? 0)
  const period = (frequency: number | undefined) => periodWord(fromFrequency(frequency ?? 1) ?? NO_DEBTS.time[0].period)
  return {
    mode: modeWord(mode),
    suspendDebtDisabled: settings.suspendDebtDisabled,
    suspendDebtEmergency: settings.suspendDebtEmergency,
    disablementThreshold: settings.disablementThreshold,
    debtRecoveryRateCap: values.OverallDebtCap ?? 0,
    emergencyCreditLimit: values.EmergencyCreditLimitAllowance ?? 0,
    emergencyCreditThreshold: values.EmergencyCreditThreshold ?? 0,
    lowCreditThreshold: values.LowCreditWarningLevel ?? 0,
    maximumBalance: values.MaxCreditLimit ?? 0,
    maximumCredit: values.MaxCreditPerTopUp ?? 0,
    timeDebts: [
      {
        amount: values.DebtAmount1 ?? 0,
        rate: values.DebtRecoveryAmount1 ?? 0,
        period: period(values.DebtRecoveryFrequency1),
      },
      {
        amount: values.DebtAmount2 ?? 0,
        rate: values.DebtRecoveryAmount2 ?? 0,
        period: period(values.DebtRecoveryFrequency2),
      },
    ],
    paymentDebt: values.DebtAmount3 ?? 0,
    recoveryPerPayment: values.DebtRecoveryTopUpPercentage3 ?? 0,
    source,
  }
}

/** One snapshot after the other until there are no more. */
function readSnapshot(call: Call<'readPrepayDailyLog'>, found: PrepayDailyEntry[]): void {
  const { parameters, succeed } = call
  const question = {
    earliestStartTime: utcOf(parameters.fromMs),
    latestEndTime: utcOf(parameters.toMs - 1),
    snapshotOffset: found.length,
    snapshotCause: SNAPSHOT_CAUSE.daily,
  }
  const done = () => succeed({ entries: found, source: 'DEVICE' })
  askOrNone(call, 'Prepayment', 'GetPrepaySnapshot', question, answer => {
    if (!answer) return done()
    const { snapshotTime, totalSnapshotsFound, snapshotPayload } = answer.payload
    const entry = entryOf(unixMsOf(snapshotTime), snapshotPayload)
    if (!entry) return call.fail('E21', 'the meter gives a snapshot that cannot be read')
    found.push(entry)
    if (found.length >= Math.min(totalSnapshotsFound, MOST_SNAPSHOTS)) done()
    else readSnapshot(call, found)
  })
}

/** Undefined for octets that are no snapshot. */
function entryOf(atMs: number | undefined, payload: Uint8Array): PrepayDailyEntry | undefined {
  const snapshot = decodeSnapshot(payload)
  return atMs === undefined || !snapshot ? undefined : entryFrom({ atMs, ...snapshot })
}

const entryFrom = (snapshot: Omit<AccountSnapshot, 'mode'>): PrepayDailyEntry => ({
  atMs: snapshot.atMs,
  balance: snapshot.balance,
  emergencyCreditRemaining: snapshot.emergencyRemaining,
  accumulatedDebt: snapshot.accumulatedDebt,
  timeDebts: [snapshot.timeDebt1, snapshot.timeDebt2],
  paymentDebt: snapshot.paymentDebt,
})
