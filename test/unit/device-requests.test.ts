import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import {
  REQUEST_KINDS,
  type RequestKind,
  requestOf,
  SERVICE_REFERENCE_VARIANTS,
} from '../../src/wan/messages/requests.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import { covered } from '../helpers/service-coverage.ts'
import { CONFIGURATION_MESSAGES } from '../peer/wan-configuration-messages.ts'
import { home, ID, settledHome } from './device-home.ts'

type Type = keyof typeof ID
const TYPES = Object.keys(ID) as Type[]
const CODE = fromHex('83fed3407a939723a5c639b26916d505c3b5')
const STARTS = Date.parse('2021-10-13T06:00:00Z')
const DAY = 86_400_000

const PARTY = { entityId: '00db1234567890b1', certificate: CODE.slice(0, 8) }

/** Sound parameters of every kind of request. */
const SOUND: { [K in RequestKind]: NonNullable<Request[K]> } = {
  readIdentity: {},
  readFirmwareVersion: {},
  readDeviceLog: {},
  updateDeviceLog: { add: { deviceId: ID.PPMID, installCode: CODE, joinWindowS: 60 } },
  synchroniseClock: {},
  commissionDevice: {},
  readImportRegisters: {},
  readImportProfile: { fromMs: STARTS, toMs: STARTS + DAY, maxEntries: 48 },
  readImportTou: {},
  readImportTouBlocks: {},
  readImportBlockCounters: {},
  readExportRegisters: {},
  readBillingDataLog: {},
  readImportDailyLog: { fromMs: STARTS - 3 * DAY, toMs: STARTS },
  readExportDailyLog: { fromMs: STARTS - 3 * DAY, toMs: STARTS },
  readReactiveImportProfile: { fromMs: STARTS - DAY, toMs: STARTS, maxEntries: 48 },
  readExportProfile: { fromMs: STARTS - DAY, toMs: STARTS, maxEntries: 48 },
  readNetworkData: { fromMs: STARTS - DAY, toMs: STARTS, maxEntries: 48 },
  readTariff: {},
  readLoadLimitData: {},
  readActivePowerImport: {},
  readDailyConsumption: { fromMs: STARTS - 10 * DAY, toMs: STARTS },
  readLog: { log: 'EVENT', maxEntries: 10 },
  updateMeterBalance: { adjustBy: 1_000 },
  updatePaymentMode: {
    ...{ mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true },
    disablementThreshold: -100_000_000,
  },
  updatePrepayConfiguration: { lowCreditThreshold: 1 },
  topUpDevice: { utrn: '00000000000000000000' },
  updateDebt: {
    timeDebts: [
      { amount: 1, rate: 1, period: 'EACH_DAY' },
      { amount: 1, rate: 1, period: 'EACH_DAY' },
    ],
    ...{ paymentDebt: 0, recoveryPerPayment: 0 },
  },
  activateEmergencyCredit: {},
  updateTariff: {
    tariff: {
      ...{ tariffId: 7, label: 'Flat', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 1 },
      switching: {
        ...{ days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] },
      },
      rates: [{ prices: [1], thresholds: [] }],
    },
  },
  updatePrice: { standingCharge: 1, prices: [{ prices: [1] }] },
  resetBlockCounters: {},
  readPrepayValues: {},
  readPrepayConfiguration: {},
  readPrepayDailyLog: { fromMs: STARTS, toMs: STARTS + DAY },
  readMeterBalance: {},
  setApn: { apn: 'elster' },
  rotateCredentials: { originator: 's1sp', remove: {} },
  updateFirmware: {
    announce: {
      ...{ sha256: new Uint8Array(32), imageOctets: 100, manufacturerCode: 0x1234, imageType: 1, fileVersion: 9 },
      ...{ version: '9', devices: [ID.ESME] },
    },
  },
  readDistribution: {},
  activateFirmware: { sha256: new Uint8Array(32) },
  discardFirmware: { sha256: new Uint8Array(32) },
  displayMessage: { text: 'Power cut on Friday', confirm: false },
  restrictAccess: { notBeforeMs: STARTS },
  clearEventLog: {},
  updateSupplierName: { name: 'Example Energy' },
  disablePrivacyPin: {},
  readVoltageSettings: {},
  readRandomisation: {},
  readBillingCalendar: {},
  readPowerThresholds: {},
  readMpxn: {},
  readGasSettings: {},
  readPaymentMode: {},
  readEventBehaviours: { codes: ['8F32'] },
  setLoadLimit: { thresholdW: 5_000, periodS: 300, restorationS: 1_800, policy: 'POLICY_ARMED' },
  resetLoadLimitCounter: {},
  setVoltageSettings: CONFIGURATION_MESSAGES.setVoltageSettings.asks.plain,
  setGasConversion: { calorificValue: 3_900, conversionFactor: 102_264 },
  setGasFlow: { flowThresholdDm3PerH: 2_000, stabilisationS: 10, measurementS: 60 },
  setBillingCalendar: { startMs: STARTS, periodicity: 'BILLED_MONTHLY' },
  setPowerThresholds: { lowMediumW: 400, mediumHighW: 1_500 },
  updateCredentials: { role: 'SUPPLIER', ...PARTY },
  setImportMpxn: { importMpxn: '1200012345601' },
  setExportMpan: { exportMpan: '1200012345602' },
  requestHandover: PARTY,
  setEventBehaviours: { behaviours: [{ code: '8F32', logged: true, toWan: true, toHan: false }] },
  changeSupplier: PARTY,
  readCredentials: {},
  setTamperPolicy: { policy: 'POLICY_OFF' },
  setBlockCounterReset: { daily: true },
  resetVoltageCounters: {},
  enableSupply: {},
  disableSupply: {},
  armSupply: {},
  readSupplyStatus: {},
  joinDevice: { deviceId: ID.PPMID },
  unjoinDevice: { deviceId: ID.PPMID },
  requestCustomerIdentification: { number: '0417' },
}

/** Devices each may be asked of. Everything else is E11. @source DUIS, eligible devices, as far as this HAN has them */
const OF: { [K in RequestKind]: readonly Type[] } = {
  readIdentity: TYPES,
  readFirmwareVersion: TYPES,
  readDeviceLog: ['CHF'],
  updateDeviceLog: ['CHF'],
  synchroniseClock: ['CHF', 'GPF', 'ESME', 'GSME'],
  commissionDevice: ['GPF', 'ESME', 'GSME'],
  readImportRegisters: ['GPF', 'ESME', 'GSME'],
  readImportProfile: ['GPF', 'ESME', 'GSME'],
  readImportTou: ['GPF', 'ESME', 'GSME'],
  readImportTouBlocks: ['ESME'],
  readImportBlockCounters: ['GPF', 'GSME'],
  readExportRegisters: ['ESME'],
  readBillingDataLog: ['GPF', 'ESME', 'GSME'],
  readImportDailyLog: ['GPF', 'ESME', 'GSME'],
  readExportDailyLog: ['ESME'],
  readReactiveImportProfile: ['ESME'],
  readExportProfile: ['ESME'],
  readNetworkData: ['GPF', 'ESME', 'GSME'],
  readTariff: ['GPF', 'ESME', 'GSME'],
  readLoadLimitData: ['ESME'],
  readActivePowerImport: ['ESME'],
  readDailyConsumption: ['GPF', 'ESME', 'GSME'],
  readLog: ['CHF', 'GPF', 'ESME', 'GSME'],
  updateMeterBalance: ['ESME', 'GSME'],
  updatePaymentMode: ['ESME', 'GSME'],
  updatePrepayConfiguration: ['ESME', 'GSME'],
  topUpDevice: ['ESME', 'GSME'],
  updateDebt: ['ESME', 'GSME'],
  activateEmergencyCredit: ['ESME', 'GSME'],
  updateTariff: ['ESME', 'GSME'],
  updatePrice: ['ESME', 'GSME'],
  resetBlockCounters: ['ESME'],
  readPrepayValues: ['GPF', 'ESME', 'GSME'],
  readPrepayConfiguration: ['GPF', 'ESME', 'GSME'],
  readPrepayDailyLog: ['GPF', 'ESME', 'GSME'],
  readMeterBalance: ['GPF', 'ESME', 'GSME'],
  setApn: ['CHF'],
  rotateCredentials: ['CHF'],
  updateFirmware: ['CHF', 'ESME', 'GSME', 'PPMID'],
  readDistribution: ['CHF'],
  activateFirmware: ['ESME', 'GSME'],
  discardFirmware: ['CHF'],
  displayMessage: ['ESME', 'GSME'],
  restrictAccess: ['GPF', 'ESME', 'GSME'],
  clearEventLog: ['ESME', 'GSME'],
  updateSupplierName: ['ESME', 'GSME'],
  disablePrivacyPin: ['ESME', 'GSME'],
  readVoltageSettings: ['ESME'],
  readRandomisation: ['ESME'],
  readBillingCalendar: ['ESME', 'GSME'],
  readPowerThresholds: ['ESME'],
  readMpxn: ['GPF', 'ESME', 'GSME'],
  readGasSettings: ['GPF', 'GSME'],
  readPaymentMode: ['ESME', 'GSME'],
  readEventBehaviours: ['ESME', 'GSME'],
  setLoadLimit: ['ESME'],
  resetLoadLimitCounter: ['ESME'],
  setVoltageSettings: ['ESME'],
  setGasConversion: ['GSME'],
  setGasFlow: ['GSME'],
  setBillingCalendar: ['ESME', 'GSME'],
  setPowerThresholds: ['ESME'],
  updateCredentials: ['GPF', 'ESME', 'GSME'],
  setImportMpxn: ['ESME', 'GSME'],
  setExportMpan: ['ESME'],
  requestHandover: ['GPF', 'ESME', 'GSME'],
  setEventBehaviours: ['ESME', 'GSME'],
  changeSupplier: ['GPF', 'ESME', 'GSME'],
  readCredentials: ['CHF', 'GPF', 'ESME', 'GSME'],
  setTamperPolicy: ['ESME'],
  setBlockCounterReset: ['ESME'],
  resetVoltageCounters: ['ESME'],
  enableSupply: ['ESME'],
  disableSupply: ['ESME', 'GSME'],
  armSupply: ['ESME', 'GSME'],
  readSupplyStatus: ['ESME', 'GSME'],
  joinDevice: ['ESME', 'GSME', 'PPMID'],
  unjoinDevice: ['ESME', 'GSME', 'PPMID'],
  requestCustomerIdentification: ['ESME'],
}
/** Where what is sound for one device is not for another. */
const SOUND_FOR: { [K in RequestKind]?: { [T in Type]?: NonNullable<Request[K]> } } = {
  setImportMpxn: { GSME: { importMpxn: '7412345601' } },
  joinDevice: { PPMID: { deviceId: ID.ESME } },
  unjoinDevice: { PPMID: { deviceId: ID.ESME } },
}
/** Sound, but there is nothing of the kind in a new home. */
const REFUSED: readonly RequestKind[] = [
  'rotateCredentials',
  'activateFirmware',
  'discardFirmware',
  'topUpDevice',
  'activateEmergencyCredit',
  'changeSupplier',
]

describe('every request of every device', () => {
  for (const kind of REQUEST_KINDS) {
    it(`${kind} has a result from ${OF[kind].join(', ')} and is E11 for the others`, () => {
      for (const type of TYPES) {
        const home = settledHome({ rig: 'cb-seven-devices' })
        const answer = home.ask(kind, ID[type], SOUND_FOR[kind]?.[type] ?? SOUND[kind], minutes(31))
        const expected = OF[kind].includes(type) ? (REFUSED.includes(kind) ? 'S1RIG_REFUSED' : 'I0') : 'E11'
        expect([type, answer?.code]).toEqual([type, expected])
        expect(Object.hasOwn(answer ?? {}, kind)).toBe(expected === 'I0')
        covered(SERVICE_REFERENCE_VARIANTS[kind], type, expected)
      }
    })
  }

  it('a device that is not here is E19, whatever is asked', () => {
    const home = settledHome()
    for (const kind of REQUEST_KINDS) {
      const answer = home.ask(kind, ID.CAD, SOUND[kind])
      expect([kind, answer?.code, answer?.detail]).toEqual([kind, 'E19', `no device ${ID.CAD} here`])
      covered(SERVICE_REFERENCE_VARIANTS[kind], 'gone', 'E19')
    }
  })

  it('a request without a type is E11', () => {
    const home = settledHome()
    const answer = home.send(ID.CHF, { serviceReferenceVariant: '1.1.1' })
    home.run(seconds(1))
    expect(answer()).toMatchObject({ serviceReferenceVariant: '1.1.1', code: 'E11' })
  })

  it('an electricity meter that is silent is E21 after the hub has waited for it', () => {
    const home = settledHome()
    home.installation.han.silence(ID.ESME)
    for (const kind of ['readIdentity', 'synchroniseClock', 'readImportRegisters', 'readImportProfile'] as const) {
      const asked = home.kernel.nowUs()
      expect(home.ask(kind, ID.ESME, SOUND[kind])?.code).toBe('E21')
      covered(SERVICE_REFERENCE_VARIANTS[kind], 'ESME', 'E21')
      expect(home.kernel.nowUs() - asked).toBeLessThanOrEqual(seconds(31))
    }
  })
})

describe('parameters', () => {
  const add = { deviceId: ID.PPMID, installCode: CODE, joinWindowS: 60 }
  const wrong: readonly (readonly [RequestKind, string, Request, string])[] = [
    ['updateDeviceLog', 'neither add nor remove', requestOf('updateDeviceLog', {}), 'add or remove expected'],
    [
      'updateDeviceLog',
      'an EUI-64 in capitals',
      requestOf('updateDeviceLog', { add: { ...add, deviceId: '00DB1234567890A5' } }),
      'device_id: 16 lower-case hex digits expected',
    ],
    [
      'updateDeviceLog',
      'a removal of something without end',
      requestOf('updateDeviceLog', { remove: { deviceId: 'a'.repeat(16_000) } }),
      'device_id: 16 lower-case hex digits expected',
    ],
    [
      'updateDeviceLog',
      'an install code with a slip',
      requestOf('updateDeviceLog', { add: { ...add, installCode: CODE.with(0, 0) } }),
      'install_code: 6, 8, 12 or 16 octets and their CRC expected',
    ],
    ...[0, 3_601].map(
      joinWindowS =>
        [
          'updateDeviceLog',
          `a window of ${joinWindowS} s`,
          requestOf('updateDeviceLog', { add: { ...add, joinWindowS } }),
          `join_window_s: 1 to 3600 expected, found ${joinWindowS}`,
        ] as const,
    ),
    ...[0, 946_684_799_999, 5_241_652_095_000, Number.MAX_SAFE_INTEGER].map(
      setToMs =>
        [
          'synchroniseClock',
          `a clock at ${setToMs}`,
          requestOf('synchroniseClock', { setToMs }),
          `set_to_ms: an instant from 2000 to 2136 expected, found ${setToMs}`,
        ] as const,
    ),
    ['readLog', 'no log', requestOf('readLog', { log: 'LOG_UNSPECIFIED', maxEntries: 1 }), 'log: EVENT or SECURITY'],
    ['readLog', 'no entries', requestOf('readLog', { log: 'EVENT', maxEntries: 0 }), 'max_entries: 1 to 100'],
    ['readLog', '101 entries', requestOf('readLog', { log: 'EVENT', maxEntries: 101 }), 'max_entries: 1 to 100'],
    ['setApn', 'no name', requestOf('setApn', { apn: '' }), 'apn: an access point name expected'],
    ['setApn', 'a topic for a name', requestOf('setApn', { apn: 'a/+' }), 'apn: an access point name expected'],
  ]
  it.each(wrong)('%s with %s is S1RIG_PARAMETER', (_kind, _what, request, detail) => {
    const home = settledHome()
    const answer = home.send(ID.CHF, request)
    home.run(seconds(5))
    expect(answer()?.code).toBe('S1RIG_PARAMETER')
    expect(answer()?.detail).toContain(detail)
  })

  it.each([
    ['no entries', { fromMs: 0, toMs: STARTS, maxEntries: 0 }],
    ['1001 entries', { fromMs: 0, toMs: STARTS, maxEntries: 1_001 }],
    ['a span of nothing', { fromMs: STARTS, toMs: STARTS, maxEntries: 1 }],
    ['a span that runs backwards', { fromMs: STARTS, toMs: STARTS - 1, maxEntries: 1 }],
    ['an end before 2000', { fromMs: 0, toMs: 946_684_800_000, maxEntries: 1 }],
    ['an end nobody lives to see', { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, maxEntries: 1 }],
  ])('readImportProfile with %s is S1RIG_PARAMETER for meter and mirror', (_, parameters) => {
    const home = settledHome()
    for (const device of [ID.ESME, ID.GSME, ID.GPF]) {
      expect(home.ask('readImportProfile', device, parameters)?.code).toBe('S1RIG_PARAMETER')
    }
  })

  it('a hub is not sent where it is, and not anywhere else while it is on its way', () => {
    const home = settledHome()
    expect(home.ask('setApn', ID.CHF, { apn: 'newcastle' })).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'newcastle is the access point in use',
    })
    expect(home.ask('setApn', ID.CHF, { apn: 'elster' })?.setApn).toEqual({ previousApn: 'newcastle' })
    expect(home.ask('setApn', ID.CHF, { apn: 'other' }, seconds(1))).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'a change to elster is under way',
    })
  })

  it('a log entry asked for is told oldest first, the newest kept', () => {
    const home = settledHome()
    const all = home.ask('readLog', ID.CHF, { log: 'EVENT', maxEntries: 100 })?.readLog?.entries ?? []
    expect(all.length).toBeGreaterThan(4)
    expect(all.map(({ atMs }) => atMs)).toEqual(all.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
    expect(home.ask('readLog', ID.CHF, { log: 'EVENT', maxEntries: 2 })?.readLog?.entries).toEqual(all.slice(-2))
  })
})

describe('a gas meter that sleeps', () => {
  it('is asked for its time when it wakes, within half an hour', () => {
    const home = settledHome()
    const asked = home.kernel.nowUs()
    const answer = home.ask('synchroniseClock', ID.GSME, {}, hours(2))
    expect(answer?.code).toBe('I0')
    expect(home.kernel.nowUs() - asked).toBeGreaterThan(minutes(20))
    expect(home.kernel.nowUs() - asked).toBeLessThan(minutes(31))
  })

  it('that does not wake is E21 when the hub has waited as long as its profile says', () => {
    const home = settledHome()
    home.installation.han.silence(ID.GSME)
    const asked = home.kernel.nowUs()
    const answer = home.ask('synchroniseClock', ID.GSME, {}, hours(2))
    expect(answer).toMatchObject({ code: 'E21', detail: 'it did not wake within 5400 s' })
    expect(home.kernel.nowUs() - asked).toBeGreaterThanOrEqual(seconds(5_400))
    expect(home.kernel.nowUs() - asked).toBeLessThan(seconds(5_401))
  })

  it('is known by what it last reported', () => {
    expect(settledHome().ask('readIdentity', ID.GSME, {}, seconds(5))?.readIdentity).toEqual({
      manufacturer: 'Honeywell Elster',
      model: 'BK-G4E',
      deviceId: ID.GSME,
      hardwareVersion: '1',
    })
  })

  it.each(['readIdentity', 'readFirmwareVersion', 'readImportRegisters'] as const)(
    '%s of one that has never reported is E21',
    kind => {
      const early = home()
      early.installation.han.silence(ID.GSME)
      early.run(hours(1))
      const answer = early.ask(kind, ID.GSME, {}, seconds(5))
      expect(answer).toMatchObject({ code: 'E21', detail: 'the gas meter has not reported yet' })
    },
  )
})
