/** Prepayment from the SM WAN: what a request becomes on the HAN, in the meter, and in the answer. */
import { describe, expect, it } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import type { RequestKind } from '../../src/wan/messages/requests.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import { type Home, home, ID, settledHome } from './device-home.ts'

const POUND = 100_000
const PENNY = 1_000
const PREPAYMENT = 0x0705
/** A day for a gas meter that wakes each half hour. */
const LONG = hours(1)

const token = (device: string, amount: number, counter = 1) =>
  utrnOf({ amount, counter }, { key: TEST_UTRN_KEY, device }) ?? 'none'
const modeOf = (mode: 'CREDIT' | 'PREPAYMENT', disablementThreshold = 0) => ({
  ...{ mode, disablementThreshold },
  suspendDebtDisabled: true,
  suspendDebtEmergency: true,
})
const DEBTS = {
  timeDebts: [
    { amount: 20 * POUND, rate: 50 * PENNY, period: 'EACH_DAY' },
    { amount: 7 * POUND, rate: PENNY, period: 'EACH_HOUR' },
  ],
  ...{ paymentDebt: 30 * POUND, recoveryPerPayment: 2_500 },
} satisfies Request['updateDebt']

const NO_TIMES = { periods: [], specialDays: [] }

type Meter = 'esme' | 'gsme'
const METERS: readonly (readonly [Meter, string])[] = [
  ['esme', ID.ESME],
  ['gsme', ID.GSME],
]

function meterOf(home: Home, name: Meter) {
  const meter = home.installation.devices[name]
  if (!meter) throw new Error(`no ${name}`)
  return meter
}
/** In prepayment with so much on it. */
function prepaying(home: Home, device: string, balance: number): void {
  expect(home.ask('updatePaymentMode', device, modeOf('PREPAYMENT'), LONG)?.code).toBe('I0')
  expect(home.ask('updateMeterBalance', device, { adjustBy: balance }, LONG)?.code).toBe('I0')
}
/** ZCL frames of the cluster between hub and a device, by command id, in order. */
const framesTo = (home: Home, device: string) =>
  home
    .events('han.frame')
    .filter(frame => frame.clusterId === PREPAYMENT && frame.to === device && frame.from === ID.CHF)
    .flatMap(({ asdu }) => (Number.parseInt(asdu.slice(0, 2), 16) & 3 ? [Number.parseInt(asdu.slice(4, 6), 16)] : []))

describe.each(METERS)('prepayment of an %s', (name, device) => {
  it('a change of mode goes out as Change Payment Mode, and the answer says the mode it is in', () => {
    const home = settledHome()
    const answer = home.ask('updatePaymentMode', device, modeOf('PREPAYMENT', -5 * POUND), LONG)
    expect(answer?.updatePaymentMode).toEqual({ mode: 'PREPAYMENT' })
    expect(framesTo(home, device)).toEqual([0x06])
    const { prepayment } = meterOf(home, name)
    expect(prepayment.now).toMatchObject({ mode: 'prepayment', modeSettings: { disablementThreshold: -5 * POUND } })
    expect(prepayment.ledger.modes.list()).toMatchObject([{ mode: 'credit' }])
  })

  it('a change of mode with a date is held by the meter until then, a loss of power included', () => {
    const home = settledHome()
    const fromMs = home.kernel.unixMs() + 3 * 3_600_000
    const answer = home.ask('updatePaymentMode', device, { ...modeOf('PREPAYMENT', -POUND), fromMs }, LONG)
    expect(answer?.updatePaymentMode).toEqual({ mode: 'CREDIT' })
    const { prepayment, events } = meterOf(home, name)
    home.run((fromMs - home.kernel.unixMs()) * 1_000 - minutes(2))
    expect(prepayment.now.mode).toBe('credit')
    expect(prepayment.memory().pendingMode).toMatchObject({ mode: 'prepayment' })
    home.run(minutes(4))
    expect(prepayment.now.mode).toBe('prepayment')
    expect(events.log('EVENT').map(({ code }) => code)).toContain('8F66')
  })

  it('a change of mode that is cancelled never comes', () => {
    const home = settledHome()
    const fromMs = home.kernel.unixMs() + 3 * 3_600_000
    const later = { ...modeOf('PREPAYMENT', -POUND), fromMs }
    home.ask('updatePaymentMode', device, later, LONG)
    home.records.length = 0
    const cancel = () => home.ask('updatePaymentMode', device, { ...later, cancelHeld: true }, LONG)?.updatePaymentMode
    expect([cancel(), cancel()]).toEqual([
      { mode: 'CREDIT', wasHeld: true },
      { mode: 'CREDIT', wasHeld: false },
    ])
    expect(framesTo(home, device)).toEqual([0x06, 0x06])
    home.run((fromMs - home.kernel.unixMs()) * 1_000 + minutes(2))
    expect(meterOf(home, name).prepayment.now.mode).toBe('credit')
  })

  it('settings with a date are held by the meter until then, are read as such, and may be cancelled', () => {
    const home = settledHome()
    const fromMs = (Math.floor(home.kernel.unixMs() / 1_000) + 4 * 3_600) * 1_000
    const schedule = { switches: [{ atMin: 60, start: true, days: 1, specialDays: [] }], specialDays: [] }
    const settings = { lowCreditThreshold: 4 * POUND, nonDisablement: { ...NO_TIMES, schedule } }
    const hold = () => home.ask('updatePrepayConfiguration', device, { ...settings, fromMs }, LONG)
    const read = () => home.ask('readPrepayConfiguration', device, {}, LONG)?.readPrepayConfiguration
    const cancel = () =>
      home.ask('updatePrepayConfiguration', device, { fromMs, cancelHeld: true }, LONG)?.updatePrepayConfiguration
    expect(hold()?.updatePrepayConfiguration).toEqual({})
    expect(framesTo(home, device)).toEqual([])
    expect(read()).toMatchObject({ heldUntilMs: fromMs, lowCreditThreshold: 2 * POUND })
    expect([cancel(), cancel()]).toEqual([{ wasHeld: true }, { wasHeld: false }])
    expect(read()?.heldUntilMs).toBeUndefined()
    hold()
    const { events } = meterOf(home, name)
    home.run((fromMs - home.kernel.unixMs()) * 1_000 + minutes(2))
    expect(read()).toMatchObject({ ...settings, emergencyCreditLimit: 5 * POUND })
    expect(read()?.heldUntilMs).toBeUndefined()
    expect(events.log('EVENT')).toContainEqual(expect.objectContaining({ code: '8F66', text: 'prepayment settings' }))
  })

  it('settings that would not hold together are not held', () => {
    const home = settledHome()
    const later = { maximumBalance: 5 * POUND, fromMs: home.kernel.unixMs() + 3_600_000 }
    const answer = home.ask('updatePrepayConfiguration', device, later, LONG)
    expect(answer).toMatchObject({ code: 'S1RIG_PARAMETER', detail: 'settings: refused by the device' })
    expect(meterOf(home, name).prepayment.awaitedSettings).toBeUndefined()
    expect(home.ask('updatePrepayConfiguration', device, { ...later, fromMs: 1 }, LONG)?.detail).toContain(
      'from_ms: an',
    )
  })

  it('the balance is adjusted up and down, and reset, by Credit Adjustment', () => {
    const home = settledHome()
    prepaying(home, device, 10 * POUND)
    home.records.length = 0
    const { prepayment } = meterOf(home, name)
    const before = prepayment.now.totals.adjusted
    const down = home.ask('updateMeterBalance', device, { adjustBy: -3 * POUND }, LONG)
    expect(down?.updateMeterBalance?.balance).toBe(prepayment.now.balance)
    expect(prepayment.now.totals.adjusted).toBe(before - 3 * POUND)
    expect(home.ask('updateMeterBalance', device, { reset: {} }, LONG)?.updateMeterBalance).toEqual({ balance: 0 })
    expect(framesTo(home, device)).toEqual([0x05, 0x05])
  })

  it('an adjustment beyond the maximum balance is refused with its field, and nothing changes', () => {
    const home = settledHome()
    prepaying(home, device, 10 * POUND)
    const { prepayment, events } = meterOf(home, name)
    const before = prepayment.now.totals.adjusted
    const answer = home.ask('updateMeterBalance', device, { adjustBy: 300 * POUND }, LONG)
    expect(answer).toMatchObject({ code: 'S1RIG_PARAMETER', detail: 'adjust_by: refused by the device' })
    expect(prepayment.now.totals.adjusted).toBe(before)
    const codes = events.log('EVENT').map(({ code }) => code)
    expect(codes.slice(-2)).toEqual(['8F47', '8155'])
    expect(home.installation.hub.alerts.eventLog.newest(1)).toMatchObject([
      { code: '8155', text: `1.5 adjust_by: refused by the device ${device}` },
    ])
  })

  it('a token is taken once, and the answer says what it added', () => {
    const home = settledHome()
    prepaying(home, device, 1 * POUND)
    home.records.length = 0
    const utrn = token(device, 10 * POUND)
    const { prepayment } = meterOf(home, name)
    const answer = home.ask('topUpDevice', device, { utrn }, LONG)
    expect(answer?.topUpDevice).toEqual({ amount: 10 * POUND, balance: prepayment.now.balance })
    expect(home.ask('topUpDevice', device, { utrn }, LONG)).toMatchObject({
      ...{ code: 'S1RIG_REFUSED', detail: 'utrn: used already' },
    })
    expect(framesTo(home, device)).toEqual([0x04, 0x04])
    expect(prepayment.ledger.credits.list()).toMatchObject([{ amount: 10 * POUND, source: 'hub', utrn }])
    expect(prepayment.now.totals.credited).toBe(10 * POUND)
  })

  it.each([
    ['of another meter', (): string => token(ID.CAD, POUND), 'not a token for this meter', '8F64'],
    ['with a slip', () => '00000000000000000001', 'not a token for this meter', '8F63'],
    ['beyond what one may add', () => token(device, 101 * POUND), 'more than one top-up may add', '8F5B'],
    ['beyond the maximum balance', () => token(device, 95 * POUND, 9), 'the balance would exceed its maximum', '8F47'],
  ])('a token %s is refused, nothing changes and the meter writes it down', (_, make, why, code) => {
    const home = settledHome()
    prepaying(home, device, 200 * POUND)
    const { prepayment, events } = meterOf(home, name)
    const answer = home.ask('topUpDevice', device, { utrn: make() }, LONG)
    expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: `utrn: ${why}` })
    expect([prepayment.now.totals.credited, prepayment.ledger.credits.list()]).toEqual([0, []])
    expect([...events.log('EVENT'), ...events.log('SECURITY')].map(entry => entry.code)).toContain(code)
  })

  it('a token in credit mode is refused', () => {
    const answer = settledHome().ask('topUpDevice', device, { utrn: token(device, POUND) }, LONG)
    expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: 'utrn: the meter takes no top-ups now' })
  })

  it('debts are set by three Change Debts, and read back', () => {
    const home = settledHome()
    expect(home.ask('updateDebt', device, DEBTS, LONG)?.code).toBe('I0')
    expect(framesTo(home, device)).toEqual([0x02, 0x02, 0x02])
    expect(meterOf(home, name).prepayment.now).toMatchObject({
      time: [
        { amount: 20 * POUND, rate: 50 * PENNY, period: 'day' },
        { amount: 7 * POUND, rate: PENNY, period: 'hour' },
      ],
      payment: { amount: 30 * POUND, share: 2_500 },
    })
    expect(home.ask('readPrepayConfiguration', device, {}, LONG)?.readPrepayConfiguration).toMatchObject(DEBTS)
  })

  it('prepayment is set up in few orders, each of them for what changes, and read back', () => {
    const home = settledHome()
    const settings = {
      debtRecoveryRateCap: 15 * POUND,
      emergencyCreditLimit: 7 * POUND,
      emergencyCreditThreshold: 2 * POUND,
      lowCreditThreshold: 3 * POUND,
      maximumBalance: 400 * POUND,
      maximumCredit: 300 * POUND,
      nonDisablement: {
        periods: [{ days: 0b110_0000, fromMin: 0, toMin: 1_440 }],
        specialDays: [
          { month: 12, day: 25 },
          { year: 2024, month: 2, day: 29 },
        ],
        schedule: {
          switches: [
            { atMin: 1_200, start: true, days: 0b11111, specialDays: [1], from: { month: 11, day: 1 } },
            { atMin: 480, start: false, days: 0, specialDays: [1, 2], to: { year: 2030, month: 2, day: 28 } },
          ],
          specialDays: [
            { month: 1, day: 1 },
            { year: 2027, month: 3, day: 26 },
          ],
        },
      },
    } satisfies Request['updatePrepayConfiguration']
    expect(home.ask('updatePrepayConfiguration', device, settings, LONG)?.code).toBe('I0')
    expect(framesTo(home, device)).toEqual([0x0b, 0x03, 0x09, 0x0c])
    const read = home.ask('readPrepayConfiguration', device, {}, LONG)?.readPrepayConfiguration
    expect(read).toMatchObject({ ...settings, mode: 'CREDIT', source: 'DEVICE' })
    home.records.length = 0
    expect(home.ask('updatePrepayConfiguration', device, { lowCreditThreshold: 4 * POUND }, LONG)?.code).toBe('I0')
    expect(framesTo(home, device)).toEqual([0x09])
  })

  it('emergency credit is called for when it is on offer, and refused when it is not', () => {
    const home = settledHome()
    prepaying(home, device, 50 * PENNY)
    const answer = home.ask('activateEmergencyCredit', device, {}, LONG)
    expect(answer?.activateEmergencyCredit?.emergencyCreditRemaining).toBeGreaterThan(4 * POUND)
    expect(home.ask('activateEmergencyCredit', device, {}, LONG)).toMatchObject({
      ...{ code: 'S1RIG_REFUSED', detail: 'the device refused Prepayment.SelectAvailableEmergencyCredit: FAILURE' },
    })
    expect(
      meterOf(home, name)
        .events.log('EVENT')
        .map(({ code }) => code),
    ).toContain('81AB')
  })

  it('balance and values are read as they stand', () => {
    const home = settledHome()
    prepaying(home, device, 10 * POUND)
    home.ask('updateDebt', device, DEBTS, LONG)
    const { prepayment } = meterOf(home, name)
    const values = home.ask('readPrepayValues', device, {}, LONG)?.readPrepayValues
    expect(values).toMatchObject({
      ...{ mode: 'PREPAYMENT', source: 'DEVICE', dataAgeS: 0, balance: prepayment.now.balance },
      ...{ emergencyCreditRemaining: 0, emergencyCreditAvailable: false, accumulatedDebt: 0 },
      ...{ timeDebts: prepayment.now.time.map(({ amount }) => amount), paymentDebt: 30 * POUND },
    })
    const balance = home.ask('readMeterBalance', device, {}, LONG)?.readMeterBalance
    expect(balance).toMatchObject({ balance: prepayment.now.balance, source: 'DEVICE' })
  })

  it('the daily log is read line by line, oldest first', () => {
    const home = settledHome({ keep: () => false })
    prepaying(home, device, 100 * POUND)
    home.run(hours(24 * 4))
    const { prepayment } = meterOf(home, name)
    const lines = prepayment.ledger.daily.list()
    expect(lines).toHaveLength(4)
    const read = (fromMs: number, toMs: number) =>
      home.ask('readPrepayDailyLog', device, { fromMs, toMs }, LONG)?.readPrepayDailyLog
    const all = read(0, home.kernel.unixMs())
    expect(all?.entries.map(({ atMs, balance }) => [atMs, balance])).toEqual(lines.map(one => [one.atMs, one.balance]))
    const [, second, third] = lines.map(({ atMs }) => atMs)
    expect(read(second ?? 0, third ?? 0)?.entries.map(({ atMs }) => atMs)).toEqual([second])
    expect(read(1, 1_000_000_000_000)?.entries).toEqual([])
  })
})

describe('requests that cannot be right', () => {
  const wrong: readonly (readonly [RequestKind, NonNullable<Request[RequestKind]>, string])[] = [
    ['updateMeterBalance', {}, 'adjust_by or reset expected'],
    ['updatePaymentMode', { ...modeOf('CREDIT'), mode: 'PAYMENT_MODE_UNSPECIFIED' }, 'mode: CREDIT or PREPAYMENT'],
    ['updatePaymentMode', { ...modeOf('CREDIT'), fromMs: 1 }, 'from_ms: an instant from 2000 to 2136'],
    ['updatePrepayConfiguration', {}, 'at least one setting'],
    ['updatePrepayConfiguration', { emergencyCreditLimit: 2 ** 31 }, 'emergency_credit_limit: 0 to 2147483647'],
    ['updatePrepayConfiguration', { maximumBalance: 5, maximumCredit: 6 }, 'maximum_credit: at most maximum_balance'],
    [
      'updatePrepayConfiguration',
      { nonDisablement: { periods: [{ days: 0, fromMin: 0, toMin: 1 }], specialDays: [] } },
      'non_disablement.periods[0].days: bits 0 (Monday)',
    ],
    [
      'updatePrepayConfiguration',
      { nonDisablement: { periods: [{ days: 1, fromMin: 60, toMin: 60 }], specialDays: [] } },
      'non_disablement.periods[0].to_min: after from_min',
    ],
    [
      'updatePrepayConfiguration',
      { nonDisablement: { periods: [], specialDays: [{ year: 2023, month: 2, day: 29 }] } },
      'non_disablement.special_days[0].day: a day of that month',
    ],
    ...(
      [
        [{ atMin: 1_440 }, 'switches[0].at_min: 0 to 1439'],
        [{ days: 0 }, 'switches[0].days: a day of some kind'],
        [{ specialDays: [2] as number[] }, 'switches[0].special_days: numbers of special days, 1 to 1'],
        [{ from: { year: 2026, month: 1, day: 1 }, to: { month: 2, day: 1 } }, 'switches[0].to.year: both days'],
        [
          { from: { year: 2026, month: 1, day: 1 }, to: { year: 2025, month: 2, day: 1 } },
          'switches[0].to: not before from',
        ],
        [{ to: { month: 2, day: 30 } }, 'switches[0].to.day: a day of that month'],
      ] as const
    ).map(([change, why]): (typeof wrong)[number] => {
      const one = { atMin: 60, start: true, days: 1, specialDays: [] as number[], ...change }
      const schedule = { switches: [one], specialDays: [{ month: 1, day: 1 }] }
      return ['updatePrepayConfiguration', { nonDisablement: { ...NO_TIMES, schedule } }, why]
    }),
    ['topUpDevice', { utrn: '1234' }, 'utrn: 20 digits expected'],
    ['updateDebt', { ...DEBTS, timeDebts: [] }, 'time_debts: 2 expected, found 0'],
    ['updateDebt', { ...DEBTS, paymentDebt: 2 ** 31 }, 'payment_debt: 0 to 2147483647'],
    ['updateDebt', { ...DEBTS, recoveryPerPayment: 10_001 }, 'recovery_per_payment: 0 to 10000'],
    [
      'updateDebt',
      { ...DEBTS, timeDebts: DEBTS.timeDebts.map(debt => ({ ...debt, period: 'DEBT_PERIOD_UNSPECIFIED' as const })) },
      'time_debts[0].period: EACH_HOUR',
    ],
    ['readPrepayDailyLog', { fromMs: 5, toMs: 5 }, 'to_ms: later than from_ms'],
    ['readPrepayDailyLog', { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }, 'to_ms: an instant from 2000'],
  ]
  it.each(wrong)(
    '%s %j is refused with its field; the meter hears nothing of it, the hub writes it down',
    (kind, parameters, detail) => {
      const home = settledHome()
      for (const [name, device] of METERS) {
        const before = meterOf(home, name).prepayment.memory().account
        home.records.length = 0
        const answer = home.ask(kind, device, parameters as never, seconds(10))
        expect(answer?.code).toBe('S1RIG_PARAMETER')
        expect(answer?.detail).toContain(detail)
        expect(framesTo(home, device)).toEqual([])
        const after = meterOf(home, name).prepayment.memory().account
        expect({ ...after, balance: 0, totals: 0 }).toEqual({ ...before, balance: 0, totals: 0 })
        expect(after.totals.adjusted).toBe(before.totals.adjusted)
        expect(home.installation.hub.alerts.eventLog.newest(1)[0]?.code).toBe('8155')
      }
    },
  )

  it('a setting that does not go with those of the meter is refused before anything is ordered', () => {
    const home = settledHome()
    home.ask('updatePrepayConfiguration', ID.ESME, { maximumBalance: 50 * POUND, maximumCredit: 50 * POUND })
    home.records.length = 0
    const answer = home.ask('updatePrepayConfiguration', ID.ESME, { lowCreditThreshold: 1, maximumCredit: 51 * POUND })
    expect(answer).toMatchObject({
      code: 'S1RIG_PARAMETER',
      detail: 'maximum_credit: at most maximum_balance expected',
    })
    expect(framesTo(home, ID.ESME).filter(command => command !== 0x00)).toEqual([])
  })
})

describe('the gas mirror', () => {
  it('has what the gas meter last reported, and says how old that is', () => {
    const home = settledHome()
    prepaying(home, ID.GSME, 10 * POUND)
    home.ask('updateDebt', ID.GSME, DEBTS, LONG)
    home.run(hours(1))
    const values = home.ask('readPrepayValues', ID.GPF, {}, seconds(5))?.readPrepayValues
    expect(values).toMatchObject({ mode: 'PREPAYMENT', source: 'MIRROR', paymentDebt: 30 * POUND })
    expect(values?.dataAgeS).toBeGreaterThan(0)
    expect(values?.dataAgeS).toBeLessThan(1_900)
    const { mirror } = home.installation.hub
    const balance = home.ask('readMeterBalance', ID.GPF, {}, seconds(5))?.readMeterBalance
    expect(balance?.balance).toBe(mirror.prepayment.values.CreditRemaining)
    const setup = home.ask('readPrepayConfiguration', ID.GPF, {}, seconds(5))?.readPrepayConfiguration
    expect(setup).toMatchObject({ source: 'MIRROR', emergencyCreditLimit: 5 * POUND, recoveryPerPayment: 2_500 })
    expect(setup?.timeDebts.map(({ rate, period }) => [rate, period])).toEqual(
      DEBTS.timeDebts.map(({ rate, period }) => [rate, period]),
    )
    expect(setup?.nonDisablement).toBeUndefined()
  })

  it('keeps a line a day of the reports, over a restart of the hub', () => {
    const home = settledHome({ keep: () => false })
    prepaying(home, ID.GSME, 100 * POUND)
    home.run(hours(24 * 3))
    const entries = home.ask('readPrepayDailyLog', ID.GPF, { fromMs: 0, toMs: home.kernel.unixMs() })
      ?.readPrepayDailyLog?.entries
    expect(entries).toHaveLength(3)
    expect(entries?.map(({ atMs }) => atMs % 86_400_000)).toEqual([0, 0, 0])
    const kept = JSON.parse(JSON.stringify(home.installation.hub.mirror.memory()))
    expect(kept.prepayment.daily.pages.flat()).toHaveLength(3)
  })

  it('of a gas meter that has never reported is E21', () => {
    const early = home()
    early.installation.han.silence(ID.GSME)
    early.run(hours(1))
    expect(early.ask('readMeterBalance', ID.GPF, {}, seconds(5))).toMatchObject({
      ...{ code: 'E21', detail: 'the gas meter has not reported yet' },
    })
  })
})

describe('a meter that does not answer', () => {
  it.each(['readMeterBalance', 'activateEmergencyCredit', 'readPrepayConfiguration'] as const)('%s is E21', kind => {
    const home = settledHome()
    home.installation.han.silence(ID.ESME)
    expect(home.ask(kind, ID.ESME, {})?.code).toBe('E21')
    home.installation.han.silence(ID.GSME)
    expect(home.ask(kind, ID.GSME, {}, hours(2))).toMatchObject({
      code: 'E21',
      detail: 'it did not wake within 5400 s',
    })
  })
})
