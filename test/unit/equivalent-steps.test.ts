/** A model that takes requests otherwise than usual: its profile says so, and is followed; what it says wrongly is refused where it stands. */
import { describe, expect, it } from 'vitest'
import { hours, seconds } from '../../src/base/time.ts'
import { USUAL_STEPS } from '../../src/devices/hub/requests/steps/usual-steps.ts'
import { equivalentSteps } from '../../src/profiles/step-facts.ts'
import type { Request, Tariff } from '../../src/wan/messages/wan-types.generated.ts'
import { Status } from '../../src/zcl/status.ts'
import { type Home, ID, settledHome } from './device-home.ts'
import { hubBench } from './device-hub-bench.ts'
import { places, problemsOf } from './profiles-bench.ts'
import { nightsAndWeekends } from './tariff-samples.ts'

const POUND = 100_000
const LONG = hours(1)
const CLUSTERS = new Map([
  [0x0700, 'Price'],
  [0x0705, 'Prepayment'],
  [0x0707, 'Calendar'],
])

/** A home whose meters of one type have these steps, YAML by service reference variant. */
const homeWith = (steps: string, device: 'ESME' | 'GSME' = 'ESME'): Home =>
  settledHome({
    edits: [
      [
        `device: ${device}\n`,
        `device: ${device}\nrequests:\n  equivalentSteps:\n    value:\n${steps.replace(/^(?=.)/gm, '      ')}\n    source: assumed\n`,
      ],
    ],
  })
/** What the hub sent to a device since the trace was cleared: commands as `cluster id`, and their octets. */
const sentTo = (home: Home, device: string) =>
  home.events('han.frame').flatMap(({ clusterId, to, from, asdu }) => {
    const cluster = CLUSTERS.get(clusterId)
    const isCommand = (Number.parseInt(asdu.slice(0, 2), 16) & 3) === 1
    const isRead = asdu.slice(4, 6) === '00' && !isCommand
    if (!cluster || to !== device || from !== ID.CHF || !(isCommand || isRead)) return []
    return [{ what: isRead ? `read ${cluster}` : `${cluster} ${asdu.slice(4, 6)}`, octets: asdu.slice(6) }]
  })
const whatsTo = (home: Home, device: string) => sentTo(home, device).map(({ what }) => what)
const esmeOf = (home: Home) => {
  const { esme } = home.installation.devices
  if (!esme) throw new Error('no electricity meter')
  return esme
}

const TOU: Tariff = {
  ...{ tariffId: 12, label: 'Day, night', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 40_000 },
  switching: {
    ...nightsAndWeekends(2),
    ...{ seasons: [], specialDays: [] },
  },
  rates: [30_000, 15_000].map(price => ({ prices: [price], thresholds: [] })),
}
const PIECE = 'providerId: 0, issuerEventId: $eventId'
const OF_CALENDAR = `${PIECE}, issuerCalendarId: $tariffId`
const OF_TARIFF = `${PIECE}, issuerTariffId: $tariffId, startTime: $fromMs`
const CALENDAR = `- { send: Calendar.PublishCalendar, with: { ${OF_CALENDAR}, startTime: $fromMs, calendarType: 0,
    calendarTimeReference: 0, calendarName: $label, numberOfSeasons: $numberOfSeasons,
    numberOfWeekProfiles: $numberOfWeeks, numberOfDayProfiles: $numberOfDays } }`
const DAYS = `- { send: Calendar.PublishDayProfile, each: $days, blames: tariff.switching.days, with: { ${OF_CALENDAR},
    dayId: $id, totalNumberOfScheduleEntries: $numberOfSwitches, commandIndex: 0, totalNumberOfCommands: 1,
    calendarType: 0, dayScheduleEntries: $switches } }`
const WEEKS = `- { send: Calendar.PublishWeekProfile, each: $weeks, with: { ${OF_CALENDAR}, weekId: $id,
    dayIdRefMonday: $monday, dayIdRefTuesday: $tuesday, dayIdRefWednesday: $wednesday, dayIdRefThursday: $thursday,
    dayIdRefFriday: $friday, dayIdRefSaturday: $saturday, dayIdRefSunday: $sunday } }`
const INFORMATION = `- { send: Price.PublishTariffInformation, with: { ${OF_TARIFF}, tariffTypeChargingScheme: $chargingScheme,
    tariffLabel: $label, numberOfPriceTiersInUse: $numberOfRegisters, numberOfBlockThresholdsInUse: 0,
    unitOfMeasure: 0, currency: 826, priceTrailingDigit: 0x50, standingCharge: $standingCharge,
    tierBlockMode: 0xff, blockThresholdMultiplier: 1, blockThresholdDivisor: 1000 } }`
const MATRIX = `- { send: Price.PublishPriceMatrix, with: { ${OF_TARIFF}, commandIndex: 0, numberOfCommands: 1,
    subPayloadControl: 1, payload: $prices } }`
const tariffSteps = (...steps: string[]) => `"1.1.1":\n${steps.map(step => step.replace(/^/gm, '  ')).join('\n')}`

describe('a model whose profile says otherwise', () => {
  it('is asked for emergency credit in its own way', () => {
    const home = homeWith(`"2.5":
  - { send: Prepayment.SelectAvailableEmergencyCredit, with: { commandIssueDateTime: 0, originatingDevice: 2 } }
  - { read: Prepayment, attributes: { CreditRemaining: _balance, EmergencyCreditRemaining: emergencyCreditRemaining } }`)
    home.ask('updatePaymentMode', ID.ESME, {
      ...{ mode: 'PREPAYMENT', disablementThreshold: 0, suspendDebtDisabled: true, suspendDebtEmergency: true },
    })
    home.ask('updateMeterBalance', ID.ESME, { adjustBy: 50_000 })
    home.records.length = 0
    const answer = home.ask('activateEmergencyCredit', ID.ESME, {})
    expect(answer?.activateEmergencyCredit).toEqual({ emergencyCreditRemaining: 5 * POUND })
    expect(sentTo(home, ID.ESME)).toEqual([
      { what: 'Prepayment 00', octets: '0000000002' },
      { what: 'read Prepayment', octets: '01000200' },
    ])
  })

  it('gets a tariff in other pieces, in its own order, and holds the same', () => {
    const usual = settledHome()
    usual.ask('updateTariff', ID.ESME, { tariff: TOU })
    expect(whatsTo(usual, ID.ESME)).toEqual([
      ...['Calendar 00', 'Calendar 01', 'Calendar 01', 'Calendar 02', 'Price 01', 'Price 04', 'Price 05'],
    ])
    const home = homeWith(tariffSteps(WEEKS, DAYS, CALENDAR, INFORMATION, MATRIX))
    expect(home.ask('updateTariff', ID.ESME, { tariff: TOU })?.code).toBe('I0')
    expect(whatsTo(home, ID.ESME)).toEqual([
      ...['Calendar 02', 'Calendar 01', 'Calendar 01', 'Calendar 00', 'Price 04', 'Price 05'],
    ])
    for (const one of [usual, home]) one.run(seconds(1))
    expect(esmeOf(home).measurement.tariff).toEqual(esmeOf(usual).measurement.tariff)
  })

  it('that says nothing of its tariff gets prices for the one its profile says it has', () => {
    const known = '- { give: { _tariffId: 12, _label: "Day, night", _registers: 2, _thresholds: 0 } }'
    const home = homeWith(tariffSteps(known, INFORMATION, MATRIX).replace('1.1.1', '1.2.1'))
    home.ask('updateTariff', ID.ESME, { tariff: TOU })
    home.records.length = 0
    const ask = (...prices: number[]) =>
      home.ask('updatePrice', ID.ESME, { standingCharge: 5, prices: prices.map(price => ({ prices: [price] })) })
    expect(ask(1, 2, 3)?.detail).toContain('2 registers of 1 blocks')
    expect(ask(1, 2)?.code).toBe('I0')
    expect(whatsTo(home, ID.ESME)).toEqual(['Price 04', 'Price 05'])
    home.run(seconds(1))
    expect(esmeOf(home).measurement.tariff).toMatchObject({ prices: [[1], [2]], switching: TOU.switching })
  })

  it('is told to forget what it holds by steps for that, not by those of the order', () => {
    const home = homeWith(`"1.6 cancel":
  - { read: Prepayment, attributes: { PaymentControlConfiguration: control } }
  - { give: { wasHeld: true } }`)
    const mode = {
      mode: 'CREDIT',
      disablementThreshold: 0,
      suspendDebtDisabled: true,
      suspendDebtEmergency: true,
    } as const
    home.ask('updatePaymentMode', ID.ESME, mode)
    expect(whatsTo(home, ID.ESME)).toEqual(['Prepayment 06', 'read Prepayment'])
    home.records.length = 0
    const answer = home.ask('updatePaymentMode', ID.ESME, { ...mode, cancelHeld: true })
    expect(answer?.updatePaymentMode).toEqual({ mode: 'CREDIT', wasHeld: true })
    expect(whatsTo(home, ID.ESME)).toEqual(['read Prepayment'])
  })

  it('gives of its account what it has, and the rest is as its profile says', () => {
    const home = homeWith(`"4.3":
  - { read: Prepayment, attributes: { CreditRemaining: balance, PaymentControlConfiguration: control } }
  - { give: { accumulatedDebt: 7, paymentDebt: 8 } }`)
    const values = home.ask('readPrepayValues', ID.ESME, {})?.readPrepayValues
    expect(values).toMatchObject({ mode: 'CREDIT', accumulatedDebt: 7, paymentDebt: 8, source: 'DEVICE' })
    expect(values?.balance).toBe(esmeOf(home).prepayment.balance)
    expect(sentTo(home, ID.ESME)).toEqual([{ what: 'read Prepayment', octets: '01000000' }])
  })

  it('without a cap of debts a week is set up for the rest, and says of the cap what its profile does', () => {
    const LIMITS = 'EmergencyCreditLimitAllowance: _emergencyCreditLimit, MaxCreditLimit: _maximumBalance'
    const home = homeWith(`"2.1":
  - { read: Prepayment, attributes: { ${LIMITS}, MaxCreditPerTopUp: _maximumCredit } }
  - { send: Prepayment.SetLowCreditWarningLevel, when: $changesLowCredit, with: { lowCreditWarningLevel: $lowCreditThreshold } }
"4.13":
  - { read: Prepayment, attributes: { LowCreditWarningLevel: lowCreditThreshold } }
  - { give: { debtRecoveryRateCap: 3 } }`)
    const change = { lowCreditThreshold: 3 * POUND, debtRecoveryRateCap: POUND }
    expect(home.ask('updatePrepayConfiguration', ID.ESME, change)?.code).toBe('I0')
    expect(whatsTo(home, ID.ESME)).toEqual(['read Prepayment', 'Prepayment 09'])
    const read = home.ask('readPrepayConfiguration', ID.ESME, {})?.readPrepayConfiguration
    expect(read).toMatchObject({ lowCreditThreshold: 3 * POUND, debtRecoveryRateCap: 3, maximumBalance: 0 })
    // What it may not have is still refused before anything is ordered.
    home.records.length = 0
    const refused = home.ask('updatePrepayConfiguration', ID.ESME, { maximumCredit: 300 * POUND })
    expect(refused).toMatchObject({ code: 'S1RIG_PARAMETER' })
    expect(whatsTo(home, ID.ESME)).toEqual(['read Prepayment'])
  })

  it('gives its debts one by one, each with the fields of its entry', () => {
    const home = homeWith(`"2.3":
  - send: Prepayment.ChangeDebt
    each: $debts
    with: { issuerEventId: $event, debtLabel: $label, debtAmount: $amount, debtRecoveryMethod: $method,
      debtAmountType: $amountType, debtRecoveryStartTime: 0, debtRecoveryCollectionTime: 60,
      debtRecoveryFrequency: $frequency, debtRecoveryAmount: $rate, debtRecoveryBalancePercentage: $share }`)
    const debts: Request['updateDebt'] = {
      timeDebts: [
        { amount: 5, rate: 1, period: 'EACH_DAY' },
        { amount: 6, rate: 2, period: 'EACH_WEEK' },
      ],
      ...{ paymentDebt: 7, recoveryPerPayment: 2_500 },
    }
    expect(home.ask('updateDebt', ID.ESME, debts)?.code).toBe('I0')
    const collectionTimes = sentTo(home, ID.ESME).map(({ octets }) => octets.slice(30, 34))
    expect(collectionTimes).toEqual(['3c00', '3c00', '3c00'])
    expect(esmeOf(home).prepayment.now.time.map(({ amount }) => amount)).toEqual([5, 6])
  })

  it('that is a gas meter is asked so when it wakes, and its mirror gives what the same steps find in its report', () => {
    const home = homeWith(
      `"4.3":
  - { read: Prepayment, attributes: { CreditRemaining: balance, DebtAmount1: paymentDebt } }
  - { give: { accumulatedDebt: 9 } }`,
      'GSME',
    )
    const timeDebts = [5, 6].map(amount => ({ amount: amount * POUND, rate: 1, period: 'EACH_MONTH' as const }))
    home.ask('updateDebt', ID.GSME, { timeDebts, paymentDebt: 0, recoveryPerPayment: 0 }, LONG)
    home.run(LONG)
    for (const [device, source] of [
      [ID.GSME, 'DEVICE'],
      [ID.GPF, 'MIRROR'],
    ] as const) {
      const values = home.ask('readPrepayValues', device, {}, LONG)?.readPrepayValues
      expect(values).toMatchObject({ source, accumulatedDebt: 9, paymentDebt: 5 * POUND, timeDebts: [0, 0] })
    }
  })
})

describe('a step that is refused', () => {
  it('in the middle of a tariff leaves the meter what it had, and the answer names the step', () => {
    const unknown =
      '- { send: Price.PublishConversionFactor, with: { issuerEventId: $eventId, startTime: 0, conversionFactor: 1, conversionFactorTrailingDigit: 0 } }'
    const home = homeWith(tariffSteps(CALENDAR, DAYS, unknown, WEEKS, INFORMATION, MATRIX))
    const { measurement } = esmeOf(home)
    const before = measurement.tariff
    expect(home.ask('updateTariff', ID.ESME, { tariff: TOU })).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'the device refused Price.PublishConversionFactor: UNSUP_CLUSTER_COMMAND',
    })
    expect(whatsTo(home, ID.ESME).slice(-2)).toEqual(['Calendar 01', 'Price 02'])
    home.run(LONG)
    expect([measurement.tariff, measurement.pending]).toEqual([before, undefined])
  })

  it('for a value is a wrong parameter where its profile says which field it is for', () => {
    const period = `- { send: Price.PublishBlockPeriod, blames: tariff.block_period, each: $weeks, with: { ${PIECE},
    blockPeriodStartTime: 0, blockPeriodDuration: 5, blockPeriodControl: 0, blockPeriodDurationType: 3, tariffType: 0 } }`
    const home = homeWith(tariffSteps(CALENDAR, DAYS, period, INFORMATION, MATRIX))
    const before = esmeOf(home).measurement.tariff
    expect(home.ask('updateTariff', ID.ESME, { tariff: TOU })).toMatchObject({
      ...{ code: 'S1RIG_PARAMETER', detail: 'tariff.block_period[0]: refused by the device' },
    })
    expect(esmeOf(home).measurement.tariff).toEqual(before)
  })

  it.each([
    ['names what nobody gives', '$nothing', 'originatingDevice is not known, $nothing stands for nothing'],
    [
      'gives a field what it has no room for',
      '300',
      'SelectAvailableEmergencyCredit.originatingDevice: 300 is not enum8',
    ],
  ])('that %s fails the request, and nothing goes out', (_, operand, why) => {
    const home = homeWith(`"2.5":
  - { send: Prepayment.SelectAvailableEmergencyCredit, with: { commandIssueDateTime: $now, originatingDevice: ${operand} } }`)
    const answer = home.ask('activateEmergencyCredit', ID.ESME, {})
    expect(answer?.code).toBe('S1RIG_REFUSED')
    expect(answer?.detail).toContain(why)
    expect(sentTo(home, ID.ESME)).toEqual([])
  })

  it('that finds less than the answer must say is E21', () => {
    const home = homeWith('"4.18":\n  - { give: { other: 1 } }')
    expect(home.ask('readMeterBalance', ID.ESME, {})).toMatchObject({
      ...{ code: 'E21', detail: 'the device says nothing of balance' },
    })
  })
})

describe('a profile that names what there is not', () => {
  const wrong: readonly (readonly [string, string, string, { message?: string; hint?: string }])[] = [
    [
      'a command',
      '"2.5":\n  - { send: Prepayment.SelectEmergencyCredit, with: {} }',
      '/2.5/0/send schema.value',
      { message: 'expected a command of a cluster there is, found "Prepayment.SelectEmergencyCredit"' },
    ],
    [
      'a field',
      '"2.5":\n  - { send: Prepayment.SelectAvailableEmergencyCredit, with: { commandIssueDateTime: $now, originatingDevise: 0 } }',
      '/2.5/0/with/originatingDevise schema.unknown-key',
      { hint: 'did you mean "originatingDevice"?' },
    ],
    [
      'too few fields',
      '"2.5":\n  - { send: Prepayment.SelectAvailableEmergencyCredit, with: { originatingDevice: 0 } }',
      '/2.5/0/with schema.value',
      { message: 'expected values for commandIssueDateTime, found a mapping' },
    ],
    [
      'an attribute',
      '"4.3":\n  - { read: Prepayment, attributes: { CreditRemainig: balance } }',
      '/4.3/0/attributes/CreditRemainig schema.unknown-key',
      { hint: 'did you mean "CreditRemaining"?' },
    ],
    [
      'a cluster',
      '"4.3":\n  - { read: Prepaiment, attributes: { CreditRemaining: balance } }',
      '/4.3/0/read schema.value',
      { hint: 'did you mean "Prepayment"?' },
    ],
    [
      'a field of an answer',
      '"4.4.5":\n  - { send: Prepayment.GetTopUpLog, with: { latestEndTime: 0, numberOfRecords: 1 }, answer: { topUpPayload.topUpTim: payments.atMs } }',
      '/4.4.5/0/answer/topUpPayload.topUpTim schema.unknown-key',
      { hint: 'did you mean "topUpPayload.topUpTime"?' },
    ],
    [
      'no parameter to repeat for',
      `${tariffSteps(DAYS).replace('each: $days', 'each: days')}`,
      '/1.1.1/0/each schema.value',
      { message: 'expected a parameter such as $thresholdW, found "days"' },
    ],
  ]
  it.each(wrong)('(%s) is refused with place and expectation', (_, steps, place, expected) => {
    const problems = problemsOf(() => homeWith(steps))
    expect(places(problems)[0]).toMatch(
      new RegExp(`^\\d+:\\d+ /requests/equivalentSteps/value${place.replace(/[$.]/g, '\\$&')}$`),
    )
    expect(problems[0]).toMatchObject(expected)
  })
})

describe('steps that are usual', () => {
  // A variant may have a kind of its own for a type of device or a role.
  it.each(Object.entries(USUAL_STEPS))('of %s are what a profile may have', (key, steps) => {
    const variant = key.replace(/ [A-Z_]+$/, '')
    expect(equivalentSteps.safeParse({ [variant]: steps }).error?.issues).toBeUndefined()
  })
})

describe('a meter that never comes to an end', () => {
  const total = 0xff
  const day = { id: 1, switches: [{ startMin: 0, register: 1 }] }

  it.each([
    ['always has another snapshot', 'readPrepayDailyLog'],
    ['always has the same day', 'readTariff'],
  ] as const)('(%s) is asked so many times, and no more', (_, kind) => {
    const bench = hubBench()
    const { endpoint } = bench.device(ID.ESME, 'router')
    let asked = 0
    endpoint.serve('Prepayment', {
      commands: {
        GetPrepaySnapshot: ({ snapshotOffset }, _from, reply) => {
          asked++
          reply('PublishPrepaySnapshot', {
            ...{ snapshotId: snapshotOffset, snapshotTime: 700_000_000, totalSnapshotsFound: total },
            ...{ commandIndex: 0, totalNumberOfCommands: 1, snapshotCause: 1, snapshotPayloadType: 2 },
            snapshotPayload: new Uint8Array(24),
          })
        },
      },
    })
    endpoint.serve('Price', {
      commands: {
        GetTariffInformation: (_question, _from, reply) =>
          reply('PublishTariffInformation', {
            ...{ providerId: 0, issuerEventId: 1, issuerTariffId: 7, startTime: 0, tariffTypeChargingScheme: 0 },
            ...{ tariffLabel: null, numberOfPriceTiersInUse: 1, numberOfBlockThresholdsInUse: 0, unitOfMeasure: 0 },
            ...{ currency: 826, priceTrailingDigit: 0x50, standingCharge: 0, tierBlockMode: 0xff },
            ...{ blockThresholdMultiplier: 1, blockThresholdDivisor: 1 },
          }),
        GetPriceMatrix: () => Status.NOT_FOUND,
        GetBlockThresholds: () => Status.NOT_FOUND,
      },
    })
    endpoint.serve('Calendar', {
      commands: {
        GetDayProfiles: (_question, _from, reply) => {
          asked++
          reply('PublishDayProfile', {
            ...{ providerId: 0, issuerEventId: 1, issuerCalendarId: 7, dayId: day.id, totalNumberOfScheduleEntries: 1 },
            ...{ commandIndex: 0, totalNumberOfCommands: 1, calendarType: 0 },
            dayScheduleEntries: [{ startTime: 0, activePriceTierOrFriendlyCreditEnable: 1 }],
          })
        },
        GetWeekProfiles: () => Status.NOT_FOUND,
        GetSeasons: () => Status.NOT_FOUND,
        GetSpecialDays: () => Status.NOT_FOUND,
      },
    })
    const span = { fromMs: 0, toMs: Date.UTC(2022, 1, 1) }
    const answer = kind === 'readTariff' ? bench.ask(kind, ID.ESME, {}) : bench.ask(kind, ID.ESME, span)
    expect([answer?.code, asked]).toEqual(['I0', 128])
    expect(answer?.readTariff?.tariff?.switching?.days ?? [day]).toContainEqual(day)
    if (kind === 'readTariff') expect(answer?.readTariff?.tariff?.label).toBe('')
  })
})
