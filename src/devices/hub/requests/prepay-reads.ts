/** 4.3, 4.13, 4.14, 4.18: account, setting-up and daily log of prepayment, from the meter itself or from the gas mirror. */
import type { PrepayDailyEntry, Source } from '../../../wan/messages/wan-types.generated.ts'
import type { ClusterName } from '../../../zcl/clusters.ts'
import { NO_DEBTS } from '../../prepayment/debts.ts'
import type { AccountSnapshot } from '../../prepayment/ledger.ts'
import { NEVER_FRIENDLY } from '../../prepayment/non-disablement.ts'
import { decodeNonDisablement } from '../../prepayment/non-disablement-octets.ts'
import { CREDIT_STATUS, fromFrequency, fromPaymentControl } from '../../prepayment/prepayment-words.ts'
import { decodeSnapshot } from '../../prepayment/snapshot-payload.ts'
import { isSayable } from '../../zigbee-time.ts'
import { calendarWord, modeWord, periodWord } from './prepay-words.ts'
import { gasMeterOf } from './readings/mirrored.ts'
import type { Call } from './service.ts'
import { carryOutSteps, type Fields } from './steps/carry-out.ts'
import { entriesIn, numberIn, withNumbers } from './steps/found.ts'
import { stepsFor } from './steps/steps-for.ts'

type AccountCall = Call<'readMeterBalance'> | Call<'readPrepayValues'> | Call<'readPrepayConfiguration'>

/** When and from where values are. */
interface Reading {
  readAtMs: number
  dataAgeS: number
  source: Source
}

export function readMeterBalance(call: Call<'readMeterBalance'>): void {
  readAccount(call, (found, reading) =>
    withNumbers(call, found, ['balance'], ({ balance }) => call.succeed({ balance, ...reading })),
  )
}

export function readPrepayValues(call: Call<'readPrepayValues'>): void {
  readAccount(call, (found, reading) =>
    withNumbers(call, found, ['balance'], ({ balance }) => {
      const of = (name: string) => numberIn(found, name)
      call.succeed({
        mode: modeWord(fromPaymentControl(of('control'), 0).mode),
        balance,
        emergencyCreditRemaining: of('emergencyCreditRemaining'),
        emergencyCreditAvailable: (of('creditStatus') & CREDIT_STATUS.emergencyAvailable) !== 0,
        accumulatedDebt: of('accumulatedDebt'),
        timeDebts: [of('timeDebt1'), of('timeDebt2')],
        paymentDebt: of('paymentDebt'),
        ...reading,
      })
    }),
  )
}

export function readPrepayConfiguration(call: Call<'readPrepayConfiguration'>): void {
  readAccount(call, (found, { source }) => {
    const of = (name: string) => numberIn(found, name)
    const { mode, settings } = fromPaymentControl(of('control'), of('disablementThreshold'))
    const period = (name: string) => {
      const known = typeof found[name] === 'number' ? fromFrequency(found[name]) : undefined
      return periodWord(known ?? NO_DEBTS.time[0].period)
    }
    const { nonDisablement: octets, heldUntilMs } = found
    call.succeed({
      mode: modeWord(mode),
      ...settings,
      debtRecoveryRateCap: of('debtRecoveryRateCap'),
      emergencyCreditLimit: of('emergencyCreditLimit'),
      emergencyCreditThreshold: of('emergencyCreditThreshold'),
      lowCreditThreshold: of('lowCreditThreshold'),
      maximumBalance: of('maximumBalance'),
      maximumCredit: of('maximumCredit'),
      timeDebts: [
        { amount: of('timeDebt1'), rate: of('rate1'), period: period('period1') },
        { amount: of('timeDebt2'), rate: of('rate2'), period: period('period2') },
      ],
      paymentDebt: of('paymentDebt'),
      recoveryPerPayment: of('recoveryPerPayment'),
      source,
      // Only the meter has it: the mirror says nothing of it.
      ...(octets instanceof Uint8Array && {
        nonDisablement: calendarWord(decodeNonDisablement(octets) ?? NEVER_FRIENDLY),
      }),
      ...(typeof heldUntilMs === 'number' && { heldUntilMs }),
    })
  })
}

/** From the meter, a sleeping one when it wakes; the GPF has what it saw at the first report of each day. */
export function readPrepayDailyLog(call: Call<'readPrepayDailyLog'>): void {
  const { parameters, succeed, fail } = call
  const { fromMs, toMs } = parameters
  if (toMs <= fromMs) return fail('S1RIG_PARAMETER', 'to_ms: later than from_ms expected')
  // A second after 2000 began: 0 would ask for all of them.
  if (!isSayable(toMs - 1_000)) {
    return fail('S1RIG_PARAMETER', `to_ms: an instant from 2000 to 2136 expected, found ${toMs}`)
  }
  if (call.target === 'GPF') {
    const entries = call.hub.mirror.prepayment.daily.list().filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    return succeed({ entries: entries.map(entryFrom), source: 'MIRROR' })
  }
  carryOutSteps({ ...call, parameters: { fromMs, lastMs: toMs - 1 } }, stepsFor(call), found => {
    const entries = entriesIn(found, 'entries').map(entryOf)
    const sound = entries.filter(entry => entry !== undefined)
    if (sound.length < entries.length) return fail('E21', 'the meter gives a snapshot that cannot be read')
    succeed({ entries: sound, source: 'DEVICE' })
  })
}

/** From the meter as it stands; for the GPF what the same steps find in what the gas meter last reported. */
function readAccount(call: AccountCall, use: (found: Fields, reading: Reading) => void): void {
  const { hub, target, fail } = call
  if (target !== 'GPF') {
    return carryOutSteps(call, stepsFor(call), found =>
      use(found, { readAtMs: hub.clock.unixMs(), dataAgeS: 0, source: 'DEVICE' }),
    )
  }
  const { values, reportedAtMs } = hub.mirror.prepayment
  if (reportedAtMs === undefined) return fail('E21', 'the gas meter has not reported yet')
  const atHand = (cluster: ClusterName, name: string) =>
    cluster === 'Prepayment' ? (values as Fields)[name] : undefined
  const readAtMs = hub.clock.unixMs()
  const dataAgeS = Math.max(0, Math.floor((readAtMs - reportedAtMs) / 1_000))
  carryOutSteps({ ...call, atHand }, stepsFor(gasMeterOf(call) ?? call), found =>
    use(found, { readAtMs, dataAgeS, source: 'MIRROR' }),
  )
}

/** Undefined for octets that are no snapshot. */
function entryOf({ atMs, snapshot: octets }: Fields): PrepayDailyEntry | undefined {
  const snapshot = octets instanceof Uint8Array ? decodeSnapshot(octets) : undefined
  return typeof atMs === 'number' && snapshot ? entryFrom({ atMs, ...snapshot }) : undefined
}

const entryFrom = (snapshot: Omit<AccountSnapshot, 'mode'>): PrepayDailyEntry => ({
  atMs: snapshot.atMs,
  balance: snapshot.balance,
  emergencyCreditRemaining: snapshot.emergencyRemaining,
  accumulatedDebt: snapshot.accumulatedDebt,
  timeDebts: [snapshot.timeDebt1, snapshot.timeDebt2],
  paymentDebt: snapshot.paymentDebt,
})
