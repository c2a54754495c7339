/** Accounts, row by row of the catalogue: a home that pays before it uses, with debts and top-ups, over two midnights. */
import { afterAll, beforeAll, expect } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import { type MeterType, meterOf } from '../helpers/home-meters.ts'
import { isOneOf, READINGS } from '../helpers/reading-sets.ts'
import { exchanges, mirrored, reads } from '../helpers/reading-words.ts'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

const DAY = 86_400_000
const FIRST = Date.UTC(2021, 9, 14)
const MIDNIGHTS = { fromMs: FIRST - DAY, toMs: FIRST + 2 * DAY }
const PENNY = 1_000

let home: RequestHome
/** What the gas meter held at each report, and when by the hub's clock. */
const reports: ({ atMs: number } & Standing)[] = []
/** When it last told what is new in its logs. */
let told: () => { atMs: number }
/** The gas meter as it last answered. */
let answered: () => { seen: { standing: Standing; setup: Setup } }
beforeAll(async () => {
  const edit = (rig: object) => ({ ...rig, startsAt: '2021-10-13T21:00:00Z' })
  home = await requestHome({ rig: 'rigs/cb-prepayment.yaml', edit })
  home.whenever('GSME', '< ReportAttributes Prepayment', () => {
    reports.push({ atMs: home.home.hub.clock.unixMs(), ...standing('GSME') })
  })
  told = home.whenever('GSME', '< ReportAttributes Metering', () => {})
  answered = home.whenever('GSME', '< ReadAttributesResponse Prepayment', () => ({
    ...{ standing: standing('GSME'), setup: setup('GSME') },
  }))
  for (const counter of [0, 1]) {
    for (const of of ['ESME', 'GSME'] as const) await topUp(of, counter)
    await home.pass(minutes(10))
  }
  await home.until(() => home.unixMs() > FIRST + DAY + 20 * 60_000, hours(30))
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

/** Pence. Those of gas pay back charges held back, and some of the emergency credit; but for the last. */
const TOP_UPS = { ESME: [800, 250], GSME: [50, 30, 900] }
async function topUp(of: MeterType, counter: number): Promise<void> {
  const token = { amount: (TOP_UPS[of][counter] ?? 0) * PENNY, counter: counter + 1 }
  const utrn = utrnOf(token, { key: TEST_UTRN_KEY, device: home.idOf(of) }) ?? ''
  expect(await home.ask('topUpDevice', of, { utrn })).toMatchObject({ code: 'I0' })
}
const prepayment = (of: MeterType) => meterOf(home, of).prepayment
type Standing = ReturnType<typeof standing>
/** What stands on the account, in the words of the contract. */
function standing(of: MeterType) {
  const { now, isEmergencyOffered } = prepayment(of)
  return {
    mode: now.mode === 'credit' ? 'CREDIT' : 'PREPAYMENT',
    balance: now.balance,
    emergencyCreditRemaining: now.emergency?.remaining ?? 0,
    emergencyCreditAvailable: isEmergencyOffered,
    accumulatedDebt: now.accumulatedDebt,
    timeDebts: now.time.map(({ amount }) => amount),
    paymentDebt: now.payment.amount,
  }
}
const PERIODS = { hour: 'EACH_HOUR', day: 'EACH_DAY', week: 'EACH_WEEK', month: 'EACH_MONTH' } as const
type Setup = ReturnType<typeof setup>
/** How it is set up. */
function setup(of: MeterType) {
  const { mode, modeSettings, settings, time, payment } = prepayment(of).now
  return {
    mode: mode === 'credit' ? 'CREDIT' : 'PREPAYMENT',
    ...modeSettings,
    debtRecoveryRateCap: settings.debtCap,
    emergencyCreditLimit: settings.emergencyLimit,
    emergencyCreditThreshold: settings.emergencyThreshold,
    lowCreditThreshold: settings.lowCreditThreshold,
    maximumBalance: settings.maximumBalance,
    maximumCredit: settings.maximumCredit,
    timeDebts: time.map(({ amount, rate, period }) => ({ amount, rate, period: PERIODS[period] })),
    paymentDebt: payment.amount,
    recoveryPerPayment: payment.share,
    nonDisablement: settings.nonDisablement,
  }
}
/** What a meter says that is read now. */
const now = () => ({ readAtMs: home.home.hub.clock.unixMs(), dataAgeS: 0, source: 'DEVICE' })
/** What the gas proxy says: the last report, and how long ago it was. */
function asReported() {
  const last = reports.at(-1)
  if (!last) throw new Error('the gas meter has not reported')
  const { atMs, ...account } = last
  return { account, age: mirrored(home, atMs) }
}

const STANDING = reads(
  'Prepayment',
  ...['PaymentControlConfiguration', 'CreditRemaining', 'EmergencyCreditRemaining', 'CreditStatus'],
  ...['AccumulatedDebt', 'DebtAmount1', 'DebtAmount2', 'DebtAmount3'],
)
row('what stands on the account', {
  ...{ kind: 'readPrepayValues', of: 'ESME', asks: {}, han: STANDING, holds: () => standing('ESME') },
  proves: (result, held) => {
    expect(held).toMatchObject({ mode: 'PREPAYMENT', timeDebts: [expect.any(Number), expect.any(Number)] })
    for (const owed of [...held.timeDebts, held.paymentDebt]) expect(owed).toBeGreaterThan(0)
    expect(result).toEqual({ ...held, ...now() })
  },
})
row('what stands on the account as it wakes', {
  ...{ kind: 'readPrepayValues', of: 'GSME', asks: {}, han: STANDING, holds: () => standing('GSME') },
  proves: result => {
    const { standing } = answered().seen
    expect(standing.emergencyCreditRemaining).toBeGreaterThan(0)
    expect(standing.accumulatedDebt).toBeGreaterThan(0)
    expect(result).toEqual({ ...standing, ...now() })
  },
})
row('what the gas meter reported of its account', {
  ...{ kind: 'readPrepayValues', of: 'GPF', at: 'GSME', asks: {}, han: [], holds: asReported },
  proves: (result, { account, age }) => expect(result).toEqual({ ...account, ...age }),
})

const BALANCE = reads('Prepayment', 'CreditRemaining')
row('the balance', {
  ...{ kind: 'readMeterBalance', of: 'ESME', asks: {}, han: BALANCE, holds: () => standing('ESME').balance },
  proves: (result, balance) => expect(result).toEqual({ balance, ...now() }),
})
row('the balance as it wakes', {
  ...{ kind: 'readMeterBalance', of: 'GSME', asks: {}, han: BALANCE, holds: () => standing('GSME') },
  given: () => topUp('GSME', 2),
  proves: result => {
    const { balance } = answered().seen.standing
    expect(balance).toBeGreaterThan(0)
    expect(result).toEqual({ balance, ...now() })
  },
})
row('the balance that the gas meter reported', {
  ...{ kind: 'readMeterBalance', of: 'GPF', at: 'GSME', asks: {}, han: [], holds: asReported },
  proves: (result, { account: { balance }, age }) => expect(result).toEqual({ balance, ...age }),
})

const SETUP = [
  ...reads(
    'Prepayment',
    ...['PaymentControlConfiguration', 'CutOffValue', 'OverallDebtCap', 'EmergencyCreditLimitAllowance'],
    ...['EmergencyCreditThreshold', 'LowCreditWarningLevel', 'MaxCreditLimit', 'MaxCreditPerTopUp'],
  ),
  ...reads(
    'Prepayment',
    ...['DebtAmount1', 'DebtRecoveryFrequency1', 'DebtRecoveryAmount1'],
    ...['DebtAmount2', 'DebtRecoveryFrequency2', 'DebtRecoveryAmount2'],
    ...['DebtAmount3', 'DebtRecoveryTopUpPercentage3'],
  ),
  ...reads('AccountSettings', 'NonDisablement', 'SettingsHeldUntil'),
]
const NEXT_DAY = FIRST + 2 * DAY
row('how prepayment is set up, when nothing is cut, and until when it holds another setting-up', {
  ...{ kind: 'readPrepayConfiguration', of: 'ESME', asks: {}, han: SETUP, holds: () => setup('ESME') },
  given: at => at.ask('updatePrepayConfiguration', 'ESME', { lowCreditThreshold: 123_456, fromMs: NEXT_DAY }),
  proves: (result, held) => {
    expect(held.nonDisablement.periods).toHaveLength(2)
    expect([held.lowCreditThreshold, prepayment('ESME').awaitedSettings?.atMs]).toEqual([200_000, NEXT_DAY])
    expect(result).toEqual({ ...held, heldUntilMs: NEXT_DAY, source: 'DEVICE' })
  },
})
row('how prepayment is set up, when it wakes', {
  ...{ kind: 'readPrepayConfiguration', of: 'GSME', asks: {}, han: SETUP, holds: () => setup('GSME') },
  proves: result => {
    const { setup } = answered().seen
    expect([setup.recoveryPerPayment, setup.paymentDebt > 0]).toEqual([1_000, true])
    expect(result).toEqual({ ...setup, source: 'DEVICE' })
  },
})
row('how the gas meter reported that it is set up; of times when nothing is cut the proxy knows nothing', {
  ...{ kind: 'readPrepayConfiguration', of: 'GPF', at: 'GSME', asks: {}, han: [], holds: () => setup('GSME') },
  proves: (result, { nonDisablement: _, ...held }) => {
    const { account } = asReported()
    expect(held.paymentDebt).toBe(account.paymentDebt)
    expect(result).toEqual({ ...held, source: 'MIRROR' })
  },
})

const dayEntry = ({ balance, emergencyCreditRemaining, accumulatedDebt, timeDebts, paymentDebt }: Standing) => ({
  ...{ balance, emergencyCreditRemaining, accumulatedDebt, timeDebts, paymentDebt },
})
const daily = (of: MeterType) => () =>
  prepayment(of)
    .ledger.daily.list()
    .map(({ atMs, balance, emergencyRemaining, accumulatedDebt, timeDebt1, timeDebt2, paymentDebt }) => ({
      ...{ atMs, balance, emergencyCreditRemaining: emergencyRemaining, accumulatedDebt },
      ...{ timeDebts: [timeDebt1, timeDebt2], paymentDebt },
    }))
for (const of of ['ESME', 'GSME'] as const) {
  row('the account at each midnight', {
    ...{ kind: 'readPrepayDailyLog', of, asks: MIDNIGHTS, holds: daily(of) },
    han: exchanges('Prepayment', 'GetPrepaySnapshot', 'PublishPrepaySnapshot', 2),
    proves: (result, entries) => {
      expect(entries.map(({ atMs }) => atMs)).toEqual([FIRST, FIRST + DAY])
      expect(entries[1]).not.toEqual({ ...entries[0], atMs: FIRST + DAY })
      expect(result).toEqual({ entries, source: 'DEVICE' })
    },
  })
}
row('the account at the first report after each midnight', {
  ...{ kind: 'readPrepayDailyLog', of: 'GPF', at: 'GSME', asks: MIDNIGHTS, han: [] },
  holds: () =>
    [FIRST, FIRST + DAY].flatMap(midnight => {
      const after = reports.find(({ atMs }) => atMs >= midnight)
      return after ? [{ atMs: midnight, ...dayEntry(after) }] : []
    }),
  proves: (result, entries) => {
    expect(entries).toHaveLength(2)
    expect(result).toEqual({ entries, source: 'MIRROR' })
  },
})

/** Newest first, by whole seconds, which is what the HAN tells. */
const payments = (entries: readonly { atMs: number; amount: number }[]) =>
  entries.toReversed().map(({ atMs, amount }) => ({ atMs: Math.floor(atMs / 1_000) * 1_000, amount }))
for (const [of, at] of [
  ['ESME', 'ESME'],
  ['GSME', 'GSME'],
  ['GPF', 'GSME'],
] as const) {
  const common = { kind: 'readBillingDataLog', of, at, asks: {} } as const
  const said = (asks: string, answer: string) => (of === 'GPF' ? [] : exchanges('Prepayment', asks, answer))
  const rest = () => {
    const { source, dataAgeS } = of === 'GPF' ? mirrored(home, told().atMs) : now()
    return { entries: [], unit: at === 'ESME' ? 'WH' : 'DM3', source, dataAgeS }
  }
  row('what top-ups have paid of the debt', {
    ...{ ...common, variant: '4.4.4', holds: () => payments(prepayment(at).ledger.debtPayments.list()) },
    han: said('GetDebtRepaymentLog', 'PublishDebtLog'),
    proves: (result, held) => {
      const share = at === 'ESME' ? 0.25 : 0.1
      expect(held.map(({ amount }) => amount)).toEqual(TOP_UPS[at].map(pence => pence * PENNY * share).reverse())
      expect(result).toEqual({ ...rest(), payments: held })
    },
  })
  row('top-ups', {
    ...{ ...common, variant: '4.4.5', holds: () => payments(prepayment(at).ledger.credits.list()) },
    han: said('GetTopUpLog', 'PublishTopUpLog'),
    proves: (result, held) => {
      expect(held.map(({ amount }) => amount)).toEqual(TOP_UPS[at].map(pence => pence * PENNY).reverse())
      expect(result).toEqual({ ...rest(), payments: held })
    },
  })
}

for (const of of ['ESME', 'GSME'] as const) {
  row('that it is in prepayment mode', {
    ...{ kind: 'readPaymentMode', of, asks: {}, holds: () => prepayment(of).now.mode },
    han: reads('Prepayment', 'PaymentControlConfiguration'),
    proves: (result, mode) => expect(result).toEqual({ prepayment: mode === 'prepayment' }),
  })
}

complete(isOneOf(READINGS.prepayment))
