import { describe, expect, it, vi } from 'vitest'
import { Diary } from '../../src/duis/diary.ts'
import { Door } from '../../src/duis/door.ts'
import type { Asked } from '../../src/duis/head-end.ts'
import { MessageBox } from '../../src/duis/message-box.ts'
import { DuisProblem } from '../../src/duis/problem.ts'
import { readXml } from '../../src/duis/xml-reader.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import type { DeviceType, UserRole } from '../../src/wan/service-catalogue.ts'
import { adapted, below, readAnswer, requestXml, templates, USER } from '../helpers/duis-door.ts'

const HUB = '00db1234567890a1'
const ESME = '00db1234567890a3'
const inventory = new Map(
  (
    [
      [HUB, 'CHF'],
      [ESME, 'ESME'],
    ] as const
  ).map(([deviceId, deviceType]: readonly [string, DeviceType]) => [deviceId, { deviceId, deviceType, hub: HUB }]),
)
const ok = (over: object): Asked => ({
  is: 'answered',
  response: { serviceReferenceVariant: '', code: 'I0', detail: '', ...over },
})
const REGISTERS = { activeImport: 1, tariffRegisters: [], unit: 'WH', readAtMs: 0, dataAgeS: 0, source: 'DEVICE' }
const NOW = Date.parse('2026-11-22T12:00:00Z')

interface Bench {
  answers?: (request: Request) => Asked | Promise<Asked>
  users?: ReadonlyMap<string, readonly UserRole[]>
  isBusy?: boolean
}

function bench({ answers = () => ok({ readImportRegisters: REGISTERS }), users, isBusy = false }: Bench = {}) {
  const asked: { hub: string; device: string; request: Request }[] = []
  const box = new MessageBox()
  const door = new Door({
    ...{ box, inventory, users, withinMs: 1_000, now: () => NOW },
    headEnd: {
      isBusy,
      ask: async (hub, device, request) => {
        asked.push({ hub, device, request })
        return answers(request)
      },
    },
  })
  const send = async (xml: string, waitMs = 1_000, digest = xml) => {
    const told = await door.take(readXml(Buffer.from(xml)), digest, waitMs)
    return told.is === 'busy'
      ? { code: 'busy', debug: [], result: undefined, root: undefined }
      : readAnswer(told.document)
  }
  return { asked, box, door, send }
}
const registers = (options: Parameters<typeof requestXml>[3] = {}, target = ESME) =>
  requestXml('4.1.1', target, '<ReadInstantaneousImportRegisters/>', options)

describe('a request', () => {
  it('is sent to the hub of its device, and answered with what the device says', async () => {
    const { send, asked } = bench()
    const { code, result, root } = await send(registers({ counter: 77 }))
    expect(asked).toEqual([{ hub: HUB, device: ESME, request: requestOf('readImportRegisters', {}) }])
    expect(code).toBe('I0')
    expect(result).toMatchObject({ name: 'ReadInstantaneousImportRegistersRsp' })
    expect(below(result, 'ActiveImport')?.text).toBe('1')
    expect(below(result, 'ReadAt')?.text).toBe('1970-01-01T00:00:00.000Z')
    expect(below(root, 'ResponseID')?.text).toBe('00-DB-12-34-56-78-90-A3:90-B3-D5-1F-30-01-00-00:77')
    const header = below(below(root, 'SMETS1Response'), 'Header')
    expect(header?.children.map(({ name, text }) => `${name} ${text}`)).toEqual([
      'BusinessOriginatorID 00-DB-12-34-56-78-90-A3',
      'BusinessTargetID 90-B3-D5-1F-30-01-00-00',
      'OriginatorCounter 77',
      'ServiceReference 4.1',
      'Timestamp 2026-11-22T12:00:00.000Z',
    ])
  })

  it('that nobody waits for is acknowledged, and its answer is in the box', async () => {
    const { send, box } = bench()
    expect(await send(registers(), 0)).toMatchObject({ code: 'I99', result: undefined })
    await vi.waitFor(() => expect(box.after(0)).toBeDefined())
    expect(readAnswer(box.after(0)?.document ?? '').code).toBe('I0')
  })

  it('whose answer takes longer than the user waits is acknowledged, and answered later', async () => {
    const slow = Promise.withResolvers<Asked>()
    const { send, box } = bench({ answers: () => slow.promise })
    expect((await send(registers(), 1)).code).toBe('I99')
    expect(box.after(0)).toBeUndefined()
    slow.resolve(ok({ readImportRegisters: REGISTERS }))
    await vi.waitFor(() => expect(readAnswer(box.after(0)?.document ?? '').code).toBe('I0'))
  })

  it('that comes again is acknowledged and not sent again; another one under its RequestID is refused', async () => {
    const { send, asked } = bench()
    const xml = registers()
    expect((await send(xml)).code).toBe('I0')
    expect((await send(xml)).code).toBe('I99')
    expect(asked).toHaveLength(1)
    await expect(send(registers({ schemaVersion: '4.1' }))).rejects.toThrow('a RequestID of its own expected')
  })

  it('is not taken while too many are under way', async () => {
    expect((await bench({ isBusy: true }).send(registers())).code).toBe('busy')
  })

  it.each(['1.0', '2.1', '3.0.4', '4.2', '5.3'])('of schema version %s is taken', async schemaVersion => {
    expect((await bench().send(registers({ schemaVersion }))).code).toBe('I0')
  })
  it.each(['', '0.9', '6.0', '5.3; DROP'])('of schema version "%s" is not', async schemaVersion => {
    await expect(bench().send(registers({ schemaVersion }))).rejects.toThrow('schemaVersion 1.0 to 5.x expected')
  })
})

describe('a refusal', () => {
  const codeOf = async (xml: string, setup: Bench = {}) => {
    const { send, asked } = bench(setup)
    const { code, debug } = await send(xml)
    return { code, debug: debug.join(), asked: asked.length }
  }

  it('E1 for who is no user, E2 for a role that may not', async () => {
    const users = new Map<string, UserRole[]>([[USER, ['ED']]])
    expect(await codeOf(registers({ user: '90b3d51f30020000' }), { users })).toMatchObject({ code: 'E1', asked: 0 })
    const prepay = requestXml('4.8.3', ESME, '<ReadExportProfileData/>')
    expect(await codeOf(prepay, { users: new Map([[USER, ['GS'] as const]]) })).toMatchObject({ code: 'E2', asked: 0 })
    expect(await codeOf(registers(), { users })).toMatchObject({ code: 'I0', asked: 1 })
  })
  it("E11 for what no SMETS1 device takes, what nobody knows, and what is the DCC's", async () => {
    expect(await codeOf(requestXml('7.7', ESME, '<ReadALCSData/>'))).toEqual({
      ...{ code: 'E11', asked: 0 },
      debug: '1 11 E11: 7.7 Read Auxiliary Load Switch Data is not for SMETS1 devices',
    })
    expect(await codeOf(requestXml('99.1', ESME, '<A/>'))).toMatchObject({
      code: 'E11',
      debug: '1 11 E11: unknown request',
    })
    const schedule = requestXml('5.1', ESME, '<CreateSchedule/>', { commandVariant: 8 })
    expect(await codeOf(schedule)).toMatchObject({ code: 'E11', debug: expect.stringContaining("the DCC's own") })
  })
  it('E12 for a command variant that SMETS1 devices do not have', async () => {
    for (const commandVariant of [2, 3, 4, 5, 6, 7, 8]) {
      expect(await codeOf(registers({ commandVariant }))).toMatchObject({ code: 'E12', asked: 0 })
    }
    const inventory = requestXml('8.2', ESME, `<ReadInventory><DeviceID>${ESME}</DeviceID></ReadInventory>`)
    expect(await codeOf(inventory)).toMatchObject({ code: 'E12' })
  })
  it('E19 for a device that is not here', async () => {
    expect(await codeOf(registers({}, '00db123456789000'))).toMatchObject({ code: 'E19', asked: 0 })
  })
  it('E20 when the hub is not there, E21 when nothing comes', async () => {
    expect(await codeOf(registers(), { answers: () => ({ is: 'unreachable', detail: 'gone' }) })).toEqual({
      ...{ code: 'E20', asked: 1 },
      debug: '1 20 E20: gone',
    })
    expect(await codeOf(registers(), { answers: () => ({ is: 'silent', detail: '' }) })).toMatchObject({ code: 'E21' })
  })
  it.each(['E4', 'E5', 'E11', 'E21'])('%s of the hub is passed on', async code => {
    expect(await codeOf(registers(), { answers: () => ok({ code }) })).toMatchObject({ code })
  })
  it('of ours has no code in the DUIS: the device was reached, and what it says is in SMETS1Debug', async () => {
    const detail = `install_code: ${'x'.repeat(300)}`
    const { code, debug } = await codeOf(registers(), { answers: () => ok({ code: 'S1RIG_PARAMETER', detail }) })
    expect(code).toBe('I0')
    expect(debug).toMatch(/^1 1000 S1RIG_PARAMETER: install_code: x+$/)
    expect(debug.length).toBe('1 1000 '.length + 250)
  })
})

describe('a body', () => {
  const refused = async (variant: string, body: string) => {
    const { send, asked } = bench()
    const error = await send(requestXml(variant, ESME, body)).then(
      () => undefined,
      problem => problem,
    )
    expect(asked).toEqual([])
    expect(error).toBeInstanceOf(DuisProblem)
    return error as DuisProblem
  }
  const period = (start: string, end: string) =>
    `<ReadActiveImportProfileData><ReadLogPeriod><StartDateTime>${start}</StartDateTime><EndDateTime>${end}</EndDateTime></ReadLogPeriod></ReadActiveImportProfileData>`
  const [early, late] = ['2026-01-01T00:00:00.00Z', '2026-02-01T00:00:00.00Z'] as const

  it('with an element nobody knows is refused where it is', async () => {
    const { place, message } = await refused(
      '4.1.1',
      '<ReadInstantaneousImportRegisters><Colour>red</Colour></ReadInstantaneousImportRegisters>',
    )
    expect(place.path).toBe('/Request/Body/ReadInstantaneousImportRegisters/Colour')
    expect(message).toContain('nothing more in ReadInstantaneousImportRegisters expected, found Colour')
  })
  it.each([
    [
      'another element than the variant has',
      '4.1.1',
      '<ReadFirmwareVersion/>',
      'ReadInstantaneousImportRegisters in a 4.1.1 expected, found ReadFirmwareVersion',
    ],
    ['none', '4.1.1', '', 'one element expected, found nothing'],
    ['two', '4.1.1', '<ReadInstantaneousImportRegisters/><ReadInstantaneousImportRegisters/>', 'one element expected'],
    [
      'text',
      '4.1.1',
      '<ReadInstantaneousImportRegisters>x</ReadInstantaneousImportRegisters>',
      'elements or nothing expected, found x',
    ],
    ['no period', '4.8.1', '<ReadActiveImportProfileData/>', 'ReadLogPeriod expected, found nothing'],
    [
      'a day that never was',
      '4.8.1',
      period('2026-02-30T00:00:00Z', late),
      'a date and time in UTC expected, found 2026-02-30T00:00:00Z',
    ],
    ['local time', '4.8.1', period('2026-01-01T00:00:00', late), 'a date and time in UTC expected'],
    ['a period backwards', '4.8.1', period(late, early), 'an end after the start expected'],
    [
      'an element twice',
      '4.8.1',
      period(early, late).replace('<ReadLogPeriod>', '<ReadLogPeriod/><ReadLogPeriod>'),
      'ReadLogPeriod at most 1 time expected, found 2',
    ],
    [
      'a number out of range',
      '6.11',
      `<SynchroniseClock><CurrentDateTime>${early}</CurrentDateTime><TolerancePeriod>86401</TolerancePeriod></SynchroniseClock>`,
      'a whole number 0 to 86400 expected, found 86401',
    ],
    [
      'a number with a letter',
      '6.11',
      `<SynchroniseClock><CurrentDateTime>${early}</CurrentDateTime><TolerancePeriod>1e1</TolerancePeriod></SynchroniseClock>`,
      'a whole number 0 to 86400 expected, found 1e1',
    ],
  ])('with %s is refused', async (_what, variant, body, message) => {
    expect((await refused(variant, body)).message).toContain(message)
  })
  it('with a text that fits no message is refused', async () => {
    const { message } = await refused(
      '3.1',
      `<DisplayMessage><SupplierMessage>${'x'.repeat(20_000)}</SupplierMessage></DisplayMessage>`,
    )
    expect(message).toContain('values that fit a message over the SM WAN expected, found message: at most 16384 octets')
  })
  it('of another namespace is refused', async () => {
    const { message } = await refused('4.1.1', '<ReadInstantaneousImportRegisters xmlns="urn:other"/>')
    expect(message).toContain('namespace http://www.dccinterface.co.uk/ServiceUserGateway expected, found urn:other')
  })

  it.each([
    [
      'a RequestID without a counter',
      '<RequestID>[^<]*',
      '<RequestID>90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-01-00-00',
      'ORIGINATOR:TARGET:COUNTER',
    ],
    ['a command variant of 10', '<CommandVariant>1', '<CommandVariant>10', 'a whole number 1 to 9'],
    [
      "a reference that is not the variant's",
      '<ServiceReference>4.1<',
      '<ServiceReference>4.2<',
      'a variant of 4.2 expected',
    ],
    ['something more in its header', '<Header>', '<Header><Extra/>', 'nothing more in Header expected, found Extra'],
    ['something after its body', '</Body>', '</Body><Extra/>', 'nothing more in Request expected, found Extra'],
    [
      'a signature of another kind',
      '</Body>',
      '</Body><Signature/>',
      'a Signature of http://www.w3.org/2000/09/xmldsig# expected',
    ],
    ['another root', 'Request xmlns|/Request>$', '$&', ''],
  ])('a request with %s is refused', async (_what, pattern, replacement, message) => {
    const xml = registers().replace(new RegExp(pattern), replacement)
    if (message === '')
      return await expect(bench().send(xml.replaceAll(/(<\/?)Request(?=[ >])/g, '$1Response'))).rejects.toThrow(
        'Request expected, found Response',
      )
    await expect(bench().send(xml)).rejects.toThrow(message)
  })
})

describe('a body becomes what is asked of the device', () => {
  const asks = async (variant: string, body: string, target = ESME) => {
    const { send, asked } = bench()
    await send(requestXml(variant, target, body))
    const [{ request } = { request: undefined }] = asked
    const { serviceReferenceVariant, ...parameters } = request ?? { serviceReferenceVariant: '' }
    expect(serviceReferenceVariant).toBe(variant)
    return parameters
  }
  it.each<[string, string, object]>([
    [
      '1.5',
      '<UpdateMeterBalance><CreditMode><AdjustMeterBalance>-5</AdjustMeterBalance></CreditMode></UpdateMeterBalance>',
      { updateMeterBalance: { adjustBy: -5 } },
    ],
    [
      '1.5',
      '<UpdateMeterBalance><PrepaymentMode><ResetMeterBalance/></PrepaymentMode></UpdateMeterBalance>',
      { updateMeterBalance: { reset: {} } },
    ],
    [
      '1.6',
      '<UpdatePaymentMode><ExecutionDateTime>2027-01-01T00:00:00Z</ExecutionDateTime><Prepayment><SuspendDebtDisabled>true</SuspendDebtDisabled><SuspendDebtEmergency>false</SuspendDebtEmergency><DisablementThreshold>-7</DisablementThreshold></Prepayment></UpdatePaymentMode>',
      {
        updatePaymentMode: {
          mode: 'PREPAYMENT',
          suspendDebtDisabled: true,
          suspendDebtEmergency: false,
          disablementThreshold: -7,
          fromMs: Date.parse('2027-01-01T00:00:00Z'),
        },
      },
    ],
    [
      '2.2',
      '<TopUpDevice><UTRN>73946144332040217315</UTRN></TopUpDevice>',
      { topUpDevice: { utrn: '73946144332040217315' } },
    ],
    [
      '2.3',
      '<UpdateDebt><TimeDebtRegister1>1</TimeDebtRegister1><TimeDebtRegister2>2</TimeDebtRegister2><PaymentDebtRegister>3</PaymentDebtRegister><DebtRecoveryPerPayment>1000</DebtRecoveryPerPayment><ElecDebtRecovery1><DebtRecoveryRate>3</DebtRecoveryRate><DebtRecoveryRatePriceScale>-1</DebtRecoveryRatePriceScale><DebtRecoveryRatePeriod>DAILY</DebtRecoveryRatePeriod></ElecDebtRecovery1><GasDebtRecovery2><DebtRecoveryRate>5</DebtRecoveryRate><DebtRecoveryRatePeriod>HOURLY</DebtRecoveryRatePeriod></GasDebtRecovery2></UpdateDebt>',
      {
        updateDebt: {
          timeDebts: [
            { amount: 1, rate: 30_000, period: 'EACH_DAY' },
            { amount: 2, rate: 5, period: 'EACH_HOUR' },
          ],
          paymentDebt: 3,
          recoveryPerPayment: 1_000,
        },
      },
    ],
    [
      '6.4.1',
      '<UpdateDeviceConfigurationLoadLimitingGeneralSettings><LoadLimitPeriod>300</LoadLimitPeriod><LoadLimitPowerThreshold>6900</LoadLimitPowerThreshold><LoadLimitRestorationPeriod>30</LoadLimitRestorationPeriod><LoadLimitSupplyState>Disable</LoadLimitSupplyState></UpdateDeviceConfigurationLoadLimitingGeneralSettings>',
      { setLoadLimit: { periodS: 300, thresholdW: 6_900, restorationS: 30, policy: 'POLICY_OFF' } },
    ],
    [
      '6.8',
      '<UpdateDeviceConfigurationBillingCalendar><ElectricityBillingCalendar><BillingTime>12:30:00.00Z</BillingTime><Monthly>1</Monthly></ElectricityBillingCalendar></UpdateDeviceConfigurationBillingCalendar>',
      { setBillingCalendar: { startMs: Date.parse('2026-12-01T12:30:00Z'), periodicity: 'BILLED_MONTHLY' } },
    ],
    // Now is a Sunday, noon.
    [
      '6.8',
      '<UpdateDeviceConfigurationBillingCalendar><ElectricityBillingCalendar><BillingTime>11:00:00.00Z</BillingTime><Weekly>7</Weekly></ElectricityBillingCalendar></UpdateDeviceConfigurationBillingCalendar>',
      { setBillingCalendar: { startMs: Date.parse('2026-11-29T11:00:00Z'), periodicity: 'BILLED_WEEKLY' } },
    ],
    [
      '6.8',
      '<UpdateDeviceConfigurationBillingCalendar><ElectricityBillingCalendar><BillingTime>00:00:00.00Z</BillingTime><Quarterly><DayOfMonth>5</DayOfMonth><BillingPeriodStartMonth>2</BillingPeriodStartMonth></Quarterly></ElectricityBillingCalendar></UpdateDeviceConfigurationBillingCalendar>',
      { setBillingCalendar: { startMs: Date.parse('2027-02-05T00:00:00Z'), periodicity: 'BILLED_QUARTERLY' } },
    ],
    [
      '6.8',
      '<UpdateDeviceConfigurationBillingCalendar><ElectricityBillingCalendar><BillingTime>00:00:00.00Z</BillingTime><SixMonthly><DayOfMonth>28</DayOfMonth><BillingPeriodStartMonth>5</BillingPeriodStartMonth></SixMonthly></ElectricityBillingCalendar></UpdateDeviceConfigurationBillingCalendar>',
      { setBillingCalendar: { startMs: Date.parse('2026-11-28T00:00:00Z'), periodicity: 'BILLED_SIX_MONTHLY' } },
    ],
    [
      '6.8',
      '<UpdateDeviceConfigurationBillingCalendar><GasBillingCalendar><BillingPeriodStart>2026-12-01T00:00:00Z</BillingPeriodStart><Periodicity>SixMonthly</Periodicity></GasBillingCalendar></UpdateDeviceConfigurationBillingCalendar>',
      { setBillingCalendar: { startMs: Date.parse('2026-12-01T00:00:00Z'), periodicity: 'BILLED_SIX_MONTHLY' } },
    ],
    [
      '6.12',
      '<UpdateDeviceConfigurationInstantaneousPowerThreshold><LowMediumPowerThreshold>1</LowMediumPowerThreshold><MediumHighPowerThreshold>2</MediumHighPowerThreshold></UpdateDeviceConfigurationInstantaneousPowerThreshold>',
      { setPowerThresholds: { lowMediumW: 1, mediumHighW: 2 } },
    ],
    [
      '6.25',
      '<SetElectricitySupplyTamperState><SupplyTamperState>Unchanged</SupplyTamperState></SetElectricitySupplyTamperState>',
      { setTamperPolicy: { policy: 'POLICY_UNCHANGED' } },
    ],
  ])('%s: %s', async (variant, body, parameters) => {
    expect(await asks(variant, body)).toEqual(parameters)
  })
  it.each([
    [
      '6.6',
      '<UpdateDeviceConfigurationGasConversion><CalorificValue>40.0</CalorificValue><ConversionFactor>1.02264</ConversionFactor></UpdateDeviceConfigurationGasConversion>',
      { setGasConversion: { calorificValue: 4_000, conversionFactor: 102_264 } },
    ],
    [
      '6.7',
      '<UpdateDeviceConfigurationGasFlow><UncontrolledGasFlowRateDecimal>6.1680</UncontrolledGasFlowRateDecimal><SupplyDepletionState>Unchanged</SupplyDepletionState><SupplyTamperState>Unchanged</SupplyTamperState><StabilisationPeriod>60</StabilisationPeriod><MeasurementPeriod>300</MeasurementPeriod></UpdateDeviceConfigurationGasFlow>',
      { setGasFlow: { flowThresholdDm3PerH: 6_168, stabilisationS: 60, measurementS: 300 } },
    ],
  ])('%s: %s', async (variant, body, parameters) => {
    expect(await asks(variant, body)).toEqual(parameters)
  })
  it('of a hybrid tariff registers with blocks come first, then those without, whose blocks are of one price', async () => {
    const { send, asked } = bench()
    await send(template('ECS01a_1.1.1_FUTURE'))
    const { tariff, fromMs } = asked[0]?.request.updateTariff ?? {}
    expect(fromMs).toBe(Date.parse('2030-01-15T09:00:00Z'))
    expect(tariff?.rates).toEqual([
      { prices: [2_289, 3_546], thresholds: [10_000] },
      { prices: [4_002, 6_969], thresholds: [40_000] },
      { prices: [2_121, 2_121], thresholds: [4_294_967_295] },
    ])
    expect(tariff?.switching?.days.map(({ switches }) => switches.map(({ register }) => register))).toEqual([
      ...[[2, 1], [2, 1, 2], [3]],
    ])
  })
  it.each([
    ['1.1.1', 'ECS01a_1.1.1', 'updateTariff'],
    ['1.2.1', 'ECS01b_1.2.1', 'updatePrice'],
    ['1.6', 'ECS02_1.6', 'updatePaymentMode'],
    ['2.1', 'ECS08_2.1', 'updatePrepayConfiguration'],
    ['6.4.1', 'ECS28a_6.4.1', 'setLoadLimit'],
    ['11.3', 'CS06_11.3', 'activateFirmware'],
  ] as const)('%s of the year 3000 gives up what the device holds', async (_, file, kind) => {
    const { send, asked } = bench({ answers: () => ok({ [kind]: { wasHeld: true } }) })
    const { code, result } = await send(template(`${file}_CANCELLATION`))
    expect([code, asked.length, asked[0]?.request[kind]?.cancelHeld]).toEqual(['I0', 1, true])
    expect(below(result, 'WasHeld')?.text).toBe('true')
  })
  const template = (start: string) => {
    const { xml } = templates().find(({ file }) => file.startsWith(start)) ?? { xml: '' }
    return adapted({ file: '', variant: '', xml }, { target: ESME, counter: 9, commandVariant: 1, other: ESME })
  }
  const calendarOf = async (xml: string) => {
    const { send, asked } = bench()
    await send(xml)
    return asked[0]?.request.updatePrepayConfiguration?.nonDisablement?.schedule
  }
  it("electricity's calendar is switches of days, seasons and special days", async () => {
    const schedule = await calendarOf(template('ECS08_2.1_IMMEDIATE'))
    expect(schedule?.specialDays).toEqual([
      ...[
        { month: 7, day: 29 },
        { month: 8, day: 25 },
        { month: 9, day: 6 },
        { month: 10, day: 5 },
      ],
      { month: 8, day: 15 },
    ])
    expect(schedule?.switches).toHaveLength(16)
    const once = { from: { year: 2014, month: 10, day: 27 }, to: { year: 2015, month: 3, day: 28 } }
    expect(schedule?.switches[1]).toEqual({ atMin: 570, start: false, days: 0b110_0000, specialDays: [], ...once })
    expect(schedule?.switches[11]).toEqual({
      ...{ atMin: 1_200, start: true, days: 0b1_1111, specialDays: [] },
      ...{ from: { month: 4, day: 29 }, to: { month: 7, day: 25 } },
    })
    expect(schedule?.switches[12]).toMatchObject({ atMin: 0, start: true, days: 0, specialDays: [1, 2, 5] })
  })
  it("gas's seasons end where the next begin, and the last does not", async () => {
    const schedule = await calendarOf(template('GCS05_2.1_IMMEDIATE'))
    const first = { from: { year: 2014, month: 10, day: 27 }, to: { year: 2015, month: 3, day: 28 } }
    const second = { from: { year: 2015, month: 3, day: 29 } }
    const week = (minutes: readonly [number, boolean][], days: number, season: object) =>
      minutes.map(([atMin, start]) => ({ atMin, start, days, specialDays: [], ...season }))
    const special = (minutes: readonly [number, boolean][], specialDays: number[]) =>
      minutes.map(([atMin, start]) => ({ atMin, start, days: 0, specialDays }))
    const [one, two] = [
      [
        [0, true],
        [480, false],
        [1_080, true],
      ],
      [
        [0, true],
        [420, false],
        [1_020, true],
      ],
    ] satisfies [number, boolean][][]
    expect(schedule?.switches).toEqual([
      ...[...week(one ?? [], 0b1_1111, first), ...week([[0, true]], 0b110_0000, first)],
      ...[...week(two ?? [], 0b1_1111, second), ...week([[0, true]], 0b110_0000, second)],
      ...[...special(one ?? [], [1, 4]), ...special(two ?? [], [2]), ...special([[0, true]], [3])],
    ])
    const yearly = template('GCS05_2.1_IMMEDIATE').replaceAll(
      /<sr:SpecifiedYear>201[45]<.sr:SpecifiedYear>/g,
      '<sr:NonSpecifiedYear/>',
    )
    expect((await calendarOf(yearly))?.switches.slice(0, 5).map(({ from, to }) => [from, to])).toEqual([
      ...Array.from({ length: 4 }, () => [
        { month: 3, day: 29 },
        { month: 10, day: 26 },
      ]),
      [
        { month: 10, day: 27 },
        { month: 3, day: 28 },
      ],
    ])
  })
  it.each([
    ['ECS08_2.1', '65535-04-29Z', '2026-04-29Z', 'a year where the first day has one, and only there'],
    ['ECS08_2.1', '65535-04-29Z', '65535-04-29', 'a date in UTC expected, found 65535-04-29'],
    ['ECS08_2.1', '<sr:SpecialDayID>1<', '<sr:SpecialDayID>6<', 'a whole number 1 to 5 expected, found 6'],
    ['ECS08_2.1', '09:30:00.00Z', '09:30:01.00Z', 'a whole minute expected'],
    ['GCS05_2.1', '<sr:ReferencedWeekName>1<', '<sr:ReferencedWeekName>3<', 'one of 1, 2 expected, found 3'],
    [
      'GCS05_2.1',
      '<sr:SpecifiedYear>2014</sr:SpecifiedYear>',
      '<sr:NonSpecifiedYear/>',
      'a year in each season, or in',
    ],
  ])('a calendar of %s with %s as %s is refused', async (file, from, to, why) => {
    const xml = template(`${file}_IMMEDIATE`).replace(from, to)
    await expect(bench().send(xml)).rejects.toThrow(why)
  })
  it('a tariff counts on over midnight, prices are pounds by a power of ten, and registers are in order of their index', async () => {
    const body = `<UpdateImportTariffPrimaryElement><ElecTariffElements><CurrencyUnits>GBP</CurrencyUnits><SwitchingTable><DayProfiles><DayProfile><DayName>1</DayName><ProfileSchedule><StartTime>06:00:00.00Z</StartTime><TOUTariffAction>2</TOUTariffAction></ProfileSchedule><ProfileSchedule><StartTime>23:30:00.00Z</StartTime><TOUTariffAction>1</TOUTariffAction></ProfileSchedule></DayProfile></DayProfiles><WeekProfiles><WeekProfile><WeekName>1</WeekName>${[1, 2, 3, 4, 5, 6, 7].map(day => `<ReferencedDayName index="${day}">1</ReferencedDayName>`).join('')}</WeekProfile></WeekProfiles><Seasons><Season><SeasonName>all</SeasonName><SeasonStartDate><Year><NonSpecifiedYear/></Year><Month><SpecifiedMonth>3</SpecifiedMonth></Month><DayOfMonth><SpecifiedDayOfMonth>29</SpecifiedDayOfMonth></DayOfMonth><DayOfWeek><NonSpecifiedDayOfWeek/></DayOfWeek></SeasonStartDate><ReferencedWeekName>1</ReferencedWeekName></Season></Seasons></SwitchingTable><SpecialDays/><ThresholdMatrix><Thresholds index="1"><BlockThreshold index="1">4294967295</BlockThreshold></Thresholds></ThresholdMatrix></ElecTariffElements><PriceElements><ElectricityPriceElements><StandingCharge>2</StandingCharge><StandingChargeScale>-1</StandingChargeScale><PriceScale>-5</PriceScale><TOUTariff><TOUPrice index="2">3127</TOUPrice><TOUPrice index="1">2121</TOUPrice></TOUTariff></ElectricityPriceElements></PriceElements></UpdateImportTariffPrimaryElement>`
    expect(await asks('1.1.1', body)).toMatchObject({
      updateTariff: {
        tariff: {
          standingCharge: 20_000,
          rates: [
            { prices: [2_121], thresholds: [] },
            { prices: [3_127], thresholds: [] },
          ],
          switching: {
            days: [
              {
                id: 1,
                switches: [
                  { startMin: 0, register: 1 },
                  { startMin: 360, register: 2 },
                  { startMin: 1_410, register: 1 },
                ],
              },
            ],
            weeks: [{ id: 1, dayIds: [1, 1, 1, 1, 1, 1, 1] }],
            seasons: [{ month: 3, day: 29, weekId: 1 }],
            specialDays: [],
          },
        },
      },
    })
    await expect(asks('1.1.1', body.replace('TOUPrice index="2"', 'TOUPrice index="3"'))).rejects.toThrow(
      'index 2 expected, found 3',
    )
    await expect(asks('1.1.1', body.replace('06:00:00.00Z', '06:00:30.00Z'))).rejects.toThrow('a whole minute expected')
  })
  it('6.22 of electricity reads what is not to change, and writes it back', async () => {
    const now = { code: '810D', logged: true, toWan: false, toHan: true }
    const { send, asked } = bench({
      answers: ({ readEventBehaviours }) =>
        ok(
          readEventBehaviours
            ? { readEventBehaviours: { behaviours: [now] } }
            : { setEventBehaviours: { behaviours: [] } },
        ),
    })
    const body =
      '<ConfigureAlertBehaviour><ElectricitySupplierAlerts><SupplierESMECommon><x810D>Enable</x810D></SupplierESMECommon></ElectricitySupplierAlerts></ConfigureAlertBehaviour>'
    expect((await send(requestXml('6.22', ESME, body))).code).toBe('I0')
    expect(asked.map(({ request }) => request)).toEqual([
      requestOf('readEventBehaviours', { codes: ['810D'] }),
      requestOf('setEventBehaviours', { behaviours: [{ ...now, toWan: true }] }),
    ])
  })
  it.each([
    ['2.2', '<TopUpDevice><UTRN>7394614433204021731</UTRN></TopUpDevice>', '20 digits expected'],
    [
      '6.6',
      '<UpdateDeviceConfigurationGasConversion><CalorificValue>40.001</CalorificValue><ConversionFactor>1</ConversionFactor></UpdateDeviceConfigurationGasConversion>',
      'a decimal of 2 places, 10 to 99.99 expected, found 40.001',
    ],
    [
      '6.8',
      '<UpdateDeviceConfigurationBillingCalendar><ElectricityBillingCalendar><BillingTime>24:00:00Z</BillingTime><Daily/></ElectricityBillingCalendar></UpdateDeviceConfigurationBillingCalendar>',
      'a time in UTC expected, found 24:00:00Z',
    ],
    [
      '6.22',
      '<ConfigureAlertBehaviour><ElectricitySupplierAlerts><SupplierESMECommon><x81>Enable</x81></SupplierESMECommon></ElectricitySupplierAlerts></ConfigureAlertBehaviour>',
      'an alert code such as x810D expected, found x81',
    ],
    [
      '6.21',
      '<RequestHandoverOfDCCControlledDevice><RemotePartyRole>Supplier</RemotePartyRole><ReplacementCertificates><DigitalSigningCertificate>AAAA</DigitalSigningCertificate></ReplacementCertificates></RequestHandoverOfDCCControlledDevice>',
      'an X.509 certificate in base64 expected, found AAAA',
    ],
    [
      '1.5',
      '<UpdateMeterBalance><CreditMode><AdjustMeterBalance>2147483648</AdjustMeterBalance></CreditMode></UpdateMeterBalance>',
      'a whole number -2147483647 to 2147483647',
    ],
    [
      '1.5',
      '<UpdateMeterBalance><CreditMode/><PrepaymentMode/></UpdateMeterBalance>',
      'one of PrepaymentMode, CreditMode expected, found PrepaymentMode and CreditMode',
    ],
  ])('%s, %s is refused', async (variant, body, message) => {
    await expect(asks(variant, body)).rejects.toThrow(message)
  })
})

describe('what the DCC holds', () => {
  const dated = (at: string, counter: number) =>
    requestXml(
      '4.1.1',
      ESME,
      `<ReadInstantaneousImportRegisters><ExecutionDateTime>${at}</ExecutionDateTime></ReadInstantaneousImportRegisters>`,
      { counter },
    )

  it('is carried out at once when its time is past', async () => {
    expect((await bench().send(dated('2026-11-22T11:00:00.00Z', 1))).code).toBe('I0')
  })
  it('is acknowledged and not sent before its time, and can be cancelled', async () => {
    const { send, asked, door } = bench()
    expect((await send(dated('2027-01-01T00:00:00.00Z', 1), 0)).code).toBe('I99')
    const cancel = (counter: number) => send(dated('3000-12-31T00:00:00.00Z', counter))
    expect((await cancel(2)).debug).toEqual(['1 0 I0: what was held is cancelled'])
    expect((await cancel(3)).debug).toEqual(['1 0 I0: nothing was held'])
    expect(asked).toEqual([])
    door.close()
  })
  it('is bounded, and one of the same name takes the place of the one before', () => {
    const diary = new Diary(() => NOW)
    const held = Array.from({ length: 201 }, (_, i) => diary.hold(`${i}`, NOW + 60_000, () => {}))
    expect([held.filter(Boolean).length, held.at(-1)]).toEqual([200, false])
    expect(diary.hold('7', NOW + 90_000, () => {})).toBe(true)
    expect([diary.cancel('7'), diary.cancel('7'), diary.cancel('200')]).toEqual([true, false, false])
    diary.close()
  })
  it('is carried out when its time has come, however far away that is', () => {
    vi.useFakeTimers({ now: NOW })
    const acted: string[] = []
    const diary = new Diary(Date.now)
    const DAY = 86_400_000
    diary.hold('far', NOW + 60 * DAY, () => acted.push('far'))
    diary.hold('near', NOW + DAY, () => acted.push('near'))
    vi.advanceTimersByTime(2 * DAY)
    expect(acted).toEqual(['near'])
    vi.advanceTimersByTime(57 * DAY)
    expect(acted).toEqual(['near'])
    vi.advanceTimersByTime(DAY)
    expect(acted).toEqual(['near', 'far'])
    vi.useRealTimers()
  })
})

describe('an answer in parts', () => {
  it('is asked for until it is whole, and given as one', async () => {
    const entry = (startMs: number) => ({ startMs, value: 1 })
    const parts = [
      { intervalS: 1_800, entries: [entry(0), entry(1_800_000)], unit: 'WH', source: 'DEVICE', more: true },
      { intervalS: 1_800, entries: [entry(3_600_000)], unit: 'WH', source: 'DEVICE', more: false },
    ]
    const { send, asked } = bench({ answers: () => ok({ readImportProfile: parts[asked.length - 1] }) })
    const body =
      '<ReadActiveImportProfileData><ReadLogPeriod><StartDateTime>1970-01-01T00:00:00Z</StartDateTime><EndDateTime>1970-01-02T00:00:00Z</EndDateTime></ReadLogPeriod></ReadActiveImportProfileData>'
    const { result } = await send(requestXml('4.8.1', ESME, body))
    expect(asked.map(({ request }) => request.readImportProfile?.fromMs)).toEqual([0, 3_600_000])
    expect(result?.children.filter(({ name }) => name === 'Entries')).toHaveLength(3)
    expect(below(result, 'More')?.text).toBe('false')
  })
  it('without end has one', async () => {
    const part = { intervalS: 1_800, entries: [{ startMs: 0, value: 1 }], unit: 'WH', source: 'DEVICE', more: true }
    const { send, asked } = bench({ answers: () => ok({ readImportProfile: part }) })
    const body =
      '<ReadActiveImportProfileData><ReadLogPeriod><StartDateTime>1970-01-01T00:00:00Z</StartDateTime><EndDateTime>1970-01-02T00:00:00Z</EndDateTime></ReadLogPeriod></ReadActiveImportProfileData>'
    expect((await send(requestXml('4.8.1', ESME, body))).code).toBe('I0')
    expect(asked).toHaveLength(1_000)
  })
})

describe('the box', () => {
  it('gives the next message to who says which was the last, again when it is asked again', () => {
    const box = new MessageBox()
    for (const document of ['a', 'b', 'c']) box.put(document)
    expect(box.after(0)).toEqual({ number: 1, document: 'a' })
    expect(box.after(0)).toEqual({ number: 1, document: 'a' })
    expect(box.after(1)).toEqual({ number: 2, document: 'b' })
    expect(box.after(0)).toEqual({ number: 2, document: 'b' })
    expect(box.after(3)).toBeUndefined()
  })
  it('forgets the oldest of more than a thousand', () => {
    const box = new MessageBox()
    for (let i = 1; i <= 1_003; i++) box.put(`${i}`)
    expect([box.after(0)?.number, box.dropped]).toEqual([4, 3])
  })
  it('lets wait for what is to come', async () => {
    const box = new MessageBox()
    const next = box.next(0, 10_000, new AbortController().signal)
    box.put('a')
    expect(await next).toEqual({ number: 1, document: 'a' })
    const gone = new AbortController()
    const never = box.next(1, 10_000, gone.signal)
    gone.abort()
    expect(await never).toBeUndefined()
  })
})

it('an alert is a device alert message, with its GBCS code where it has one', () => {
  const { door, box } = bench()
  door.alert(HUB, { code: '8F12', description: 'CHF device log changed', atMs: NOW, device: ESME })
  door.alert(HUB, { code: 'APN_SET', description: 'ordered \u0007', atMs: NOW, device: '' })
  const [first, second] = [box.after(0), box.after(1)].map(message => readXml(Buffer.from(message?.document ?? '')))
  const alertOf = (root: typeof first) =>
    below(root, 'DeviceAlertMessage')?.children.map(({ name, text }) => `${name} ${text}`)
  expect(alertOf(first)).toEqual([
    'GBCSHexAlertCode 8F12',
    'AlertDescription CHF device log changed',
    'Timestamp 2026-11-22T12:00:00.000Z',
  ])
  expect(below(below(first, 'SMETS1Response'), 'BusinessOriginatorID')?.text).toBe('00-DB-12-34-56-78-90-A3')
  expect(alertOf(second)?.[0]).toBe('AlertDescription APN_SET ordered \u2407')
  expect(below(below(second, 'SMETS1Response'), 'BusinessOriginatorID')?.text).toBe('00-DB-12-34-56-78-90-A1')
})

it('what a hub says of its own firmware is an alert of the DCC; what was held back before an alert is counted', () => {
  const { door, box } = bench()
  const hubFirmware = { status: 'UPDATE_REQUESTED', version: '2.3.0' } as const
  door.alert(HUB, { code: 'UPDATE_REQUESTED', description: '', atMs: NOW, device: HUB, hubFirmware })
  door.alert(HUB, { code: '8F3F', description: 'tamper', atMs: NOW, device: ESME, throttled: 7 })
  const [first, second] = [box.after(0), box.after(1)].map(message => readXml(Buffer.from(message?.document ?? '')))
  const notice = below(first, 'SMETS1CHFirmwareNotification')
  expect([below(first, 'DCCAlertCode')?.text, ...(notice?.children.map(({ text }) => text) ?? [])]).toEqual([
    'N56',
    '00-DB-12-34-56-78-90-A1',
    '2.3.0',
    'UpdateRequested',
  ])
  expect(below(second, 'ThrottledAlertCount')?.text).toBe('7')
})
