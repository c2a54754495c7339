/** What requests for messages, configuration and supply do: on the HAN, in the device, and in the answer; and what they refuse. */
import { describe, expect, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { hours, minutes } from '../../src/base/time.ts'
import { type RequestKind, SERVICE_REFERENCE_VARIANTS } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { clusterSpec } from '../../src/zcl/clusters.ts'
import { covered } from '../helpers/service-coverage.ts'
import { CONFIGURATION_MESSAGES } from '../peer/wan-configuration-messages.ts'
import { type Home, ID, settledHome } from './device-home.ts'

type Meter = 'ESME' | 'GSME'
type Params<K extends RequestKind> = NonNullable<Request[K]>
type Devices = Home['installation']['devices']

const STARTS = Date.parse('2021-10-13T06:00:00Z')
const VOLTAGES = CONFIGURATION_MESSAGES.setVoltageSettings.asks.plain
const meterOf = ({ installation: { devices } }: Home, of: Meter) => {
  const meter = of === 'ESME' ? devices.esme : devices.gsme
  if (!meter) throw new Error(`no ${of}`)
  return meter
}
/** What a meter was configured to, and how its supply stands. */
const state = (home: Home, of: Meter) => {
  const { settings, supply, policies } = meterOf(home, of).memory().keeping
  return JSON.stringify({ settings, supply, policies })
}
/** Frames of the hub to a device on a cluster, as `global/read`, `global/write` or a command's number. */
const asked = (home: Home, to: string, cluster: string) =>
  home
    .events('han.frame')
    .filter(frame => frame.from === ID.CHF && frame.to === to && frame.clusterId === clusterSpec(cluster).id)
    .map(({ asdu }) => fromHex(asdu))
    .map(([control = 0, , command = 0]) => (control & 3 ? command : { 0: 'read', 2: 'write' }[command]))

interface Case<K extends RequestKind> {
  to: Meter
  kind: K
  parameters: Params<K>
  /** What the device is asked, cluster by cluster, in order. */
  asks: Readonly<Record<string, readonly (number | string)[]>>
  result: NonNullable<Response[K]>
  /** What is so in the device afterwards. */
  holds?: (devices: Devices) => unknown
  is?: unknown
}
const one = <K extends RequestKind>(row: Case<K>): Case<RequestKind> => row as unknown as Case<RequestKind>

const CASES: readonly Case<RequestKind>[] = [
  one({
    ...{ to: 'ESME', kind: 'restrictAccess', parameters: { notBeforeMs: STARTS }, result: { notBeforeMs: STARTS } },
    asks: { DeviceManagement: [0x00], MeterSettings: ['read'] },
    holds: ({ esme }) => esme?.settings.get('historyNotBeforeMs'),
    is: STARTS,
  }),
  one({
    ...{
      to: 'ESME',
      kind: 'updateSupplierName',
      parameters: { name: 'Côte Énergie' },
      result: { name: 'Côte Énergie' },
    },
    asks: { DeviceManagement: [0x01], MeterSettings: ['read'] },
    holds: ({ esme }) => esme?.settings.get('supplierName'),
    is: 'Côte Énergie',
  }),
  one({
    ...{ to: 'GSME', kind: 'disablePrivacyPin', parameters: {}, result: { enabled: false } },
    asks: { MeterSettings: ['write', 'read'] },
    holds: ({ gsme }) => gsme?.settings.get('privacyPin'),
    is: false,
  }),
  one({
    ...{ to: 'ESME', kind: 'setVoltageSettings', parameters: VOLTAGES, result: VOLTAGES },
    asks: { ElectricalMeasurement: ['write', 'read'], MeterSettings: ['write', 'read'] },
    holds: ({ esme }) => [
      esme?.settings.get('sagDv'),
      esme?.settings.get('swellPeriodS'),
      esme?.settings.get('averageOverVoltageDv'),
    ],
    is: [1_800, 23, 2_530],
  }),
  one({
    ...{ to: 'ESME', kind: 'readRandomisation', parameters: {}, result: { offsetLimitS: 0 } },
    asks: { MeterSettings: ['read'] },
  }),
  one({
    ...{ to: 'GSME', kind: 'setBillingCalendar' },
    parameters: { startMs: STARTS, periodicity: 'BILLED_WEEKLY' },
    result: { startMs: STARTS, periodicity: 'BILLED_WEEKLY' },
    asks: { MeterSettings: ['write', 'read'] },
    holds: ({ gsme }) => [gsme?.settings.get('billingStartMs'), gsme?.settings.get('billingPeriodicity')],
    is: [STARTS, 'WEEKLY'],
  }),
  one({
    ...{ to: 'ESME', kind: 'setPowerThresholds', parameters: { lowMediumW: 400, mediumHighW: 1_500 } },
    ...{ result: { lowMediumW: 400, mediumHighW: 1_500 }, asks: { MeterSettings: ['write', 'read'] } },
    holds: ({ esme }) => [esme?.settings.get('lowMediumPowerW'), esme?.settings.get('mediumHighPowerW')],
    is: [400, 1_500],
  }),
  one({
    ...{ to: 'ESME', kind: 'readMpxn', parameters: {}, result: { importMpxn: '1200012345601', exportMpan: '' } },
    asks: { Metering: ['read'], MeterSettings: ['read'] },
  }),
  one({
    ...{ to: 'GSME', kind: 'readMpxn', parameters: {}, result: { importMpxn: '7412345601', exportMpan: '' } },
    asks: { Metering: ['read'] },
  }),
  one({
    ...{ to: 'ESME', kind: 'setImportMpxn', parameters: { importMpxn: '1200012345699' } },
    ...{
      result: { importMpxn: '1200012345699', exportMpan: '' },
      asks: { DeviceManagement: [0x03], Metering: ['read'] },
    },
    holds: ({ esme }) => esme?.settings.get('importMpxn'),
    is: '1200012345699',
  }),
  one({
    ...{ to: 'ESME', kind: 'setExportMpan', parameters: { exportMpan: '1200012345602' } },
    ...{ result: { exportMpan: '1200012345602' }, asks: { MeterSettings: ['write', 'read'] } },
    holds: ({ esme }) => esme?.settings.get('exportMpan'),
    is: '1200012345602',
  }),
  one({
    ...{ to: 'GSME', kind: 'setGasConversion', parameters: { calorificValue: 3_911, conversionFactor: 102_000 } },
    ...{ result: { calorificValue: 3_911, conversionFactor: 102_000 }, asks: { MeterSettings: ['write', 'read'] } },
    holds: ({ gsme }) => gsme?.settings.get('calorificValue'),
    is: 3_911,
  }),
  one({
    ...{ to: 'GSME', kind: 'setGasFlow' },
    parameters: { flowThresholdDm3PerH: 2_000, stabilisationS: 20, measurementS: 90 },
    result: { flowThresholdDm3PerH: 2_000, stabilisationS: 20, measurementS: 90 },
    asks: { Metering: [0x0e], MeterSettings: ['read'] },
    holds: ({ gsme }) => gsme?.settings.get('flowMeasurementS'),
    is: 90,
  }),
  one({
    ...{
      to: 'ESME',
      kind: 'readPaymentMode',
      parameters: {},
      result: { prepayment: false },
      asks: { Prepayment: ['read'] },
    },
  }),
  one({
    ...{ to: 'ESME', kind: 'setLoadLimit' },
    parameters: { thresholdW: 5_000, periodS: 300, restorationS: 1_800, policy: 'POLICY_OFF' },
    result: { thresholdW: 5_000, periodS: 300, restorationS: 1_800, policy: 'POLICY_OFF' },
    asks: { Metering: ['read', 0x0d, 'read'], MeterSettings: ['write', 'read'] },
    holds: ({ esme }) => esme?.memory().keeping.policies,
    is: { tamper: 'UNCHANGED', depletion: 'UNCHANGED', 'uncontrolled-flow': 'ARMED', 'load-limit': 'OFF' },
  }),
  one({
    ...{ to: 'ESME', kind: 'setTamperPolicy', parameters: { policy: 'POLICY_OFF' }, result: { policy: 'POLICY_OFF' } },
    asks: { Metering: ['read', 0x0d, 'read'] },
    holds: ({ esme }) => esme?.memory().keeping.policies,
    is: { tamper: 'OFF', depletion: 'UNCHANGED', 'uncontrolled-flow': 'ARMED', 'load-limit': 'ARMED' },
  }),
  one({
    ...{ to: 'ESME', kind: 'setBlockCounterReset', parameters: { daily: true }, result: { daily: true } },
    asks: { MeterSettings: ['write', 'read'] },
    holds: ({ esme }) => esme?.settings.get('blockCounterDailyReset'),
    is: true,
  }),
  one({
    ...{
      to: 'ESME',
      kind: 'disableSupply',
      parameters: {},
      result: { state: 'SUPPLY_OFF' },
      asks: { Metering: [0x0b] },
    },
    holds: ({ esme }) => esme?.supply.heldBy,
    is: ['command'],
  }),
  one({
    ...{
      to: 'GSME',
      kind: 'disableSupply',
      parameters: {},
      result: { state: 'SUPPLY_OFF' },
      asks: { Metering: [0x0b] },
    },
    holds: ({ gsme }) => gsme?.supply.flows(),
    is: false,
  }),
  one({
    ...{
      to: 'ESME',
      kind: 'readSupplyStatus',
      parameters: {},
      result: { state: 'SUPPLY_ON' },
      asks: { Metering: ['read'] },
    },
  }),
  one({
    ...{
      to: 'ESME',
      kind: 'requestCustomerIdentification',
      parameters: { number: '0417' },
      result: { number: '0417' },
    },
    asks: { DeviceManagement: [0x06], Metering: ['read'] },
    holds: ({ esme }) => esme?.settings.get('customerId'),
    is: '0417',
  }),
  one({
    ...{ to: 'ESME', kind: 'joinDevice', parameters: { deviceId: ID.PPMID }, result: { deviceIds: [ID.PPMID] } },
    asks: { MeterSettings: [0x00] },
    holds: ({ esme }) => esme?.memory().keeping.partners,
    is: [ID.PPMID],
  }),
  one({
    ...{ to: 'ESME', kind: 'unjoinDevice', parameters: { deviceId: ID.PPMID }, result: { deviceIds: [] } },
    asks: { MeterSettings: [0x01] },
    holds: ({ esme }) => esme?.memory().keeping.partners,
    is: [],
  }),
]

describe('a request', () => {
  test.each(CASES)(
    '$kind of the $to is asked, done and answered',
    ({ to, kind, parameters, asks, result, holds, is }) => {
      const home = settledHome()
      const answer = home.ask(kind, ID[to], parameters, minutes(31))
      expect(answer).toEqual({
        serviceReferenceVariant: SERVICE_REFERENCE_VARIANTS[kind],
        code: 'I0',
        detail: '',
        [kind]: result,
      })
      for (const [cluster, expected] of Object.entries(asks))
        expect([cluster, asked(home, ID[to], cluster)]).toEqual([cluster, expected])
      if (holds) expect(holds(home.installation.devices)).toEqual(is)
      covered(SERVICE_REFERENCE_VARIANTS[kind], to, 'I0')
    },
  )

  test('displayMessage is on the meter at once, on displays when they ask, and is confirmed where that is asked for', () => {
    const home = settledHome()
    const text = 'Planned power cut on Friday'
    expect(home.ask('displayMessage', ID.ESME, { text, confirm: true })?.code).toBe('I0')
    expect(home.installation.devices.esme?.shown.message).toMatchObject({ text })
    expect(home.installation.devices.ppmid?.shown.message).toBeUndefined()
    home.run(minutes(31))
    expect(home.installation.devices.ppmid?.shown.message).toMatchObject({ text })
    expect([...home.installation.hub.notices.confirmations.keys()]).toContain(ID.PPMID)
  })

  test('clearEventLog empties the event log and leaves the security log, where it stands', () => {
    const home = settledHome()
    const meter = meterOf(home, 'ESME')
    meter.events.raise('8161')
    meter.events.raise('8F75')
    expect(home.ask('clearEventLog', ID.ESME, {})?.clearEventLog).toEqual({ entries: 0 })
    expect([meter.events.log('EVENT'), meter.events.log('SECURITY').map(({ code }) => code)]).toEqual([
      [],
      ['8F75', '8F52'],
    ])
  })

  test('the counters of load limit and voltage are read and set to 0', () => {
    const home = settledHome()
    const meter = meterOf(home, 'ESME')
    home.ask('setLoadLimit', ID.ESME, { thresholdW: 10, periodS: 60, restorationS: 60, policy: 'POLICY_ARMED' })
    home.run(minutes(10))
    expect(meter.memory().loadLimit?.counter).toBeGreaterThan(0)
    expect(home.ask('resetLoadLimitCounter', ID.ESME, {})?.resetLoadLimitCounter).toEqual({ counter: 0 })
    expect(home.ask('resetVoltageCounters', ID.ESME, {})?.resetVoltageCounters).toEqual({
      overVoltage: 0,
      underVoltage: 0,
    })
  })

  test('supply is disabled, armed and enabled, and the answer says how it stands', () => {
    const home = settledHome()
    const states = (['disableSupply', 'armSupply', 'readSupplyStatus', 'enableSupply'] as const).map(
      kind => home.ask(kind, ID.ESME, {})?.[kind]?.state,
    )
    expect(states).toEqual(['SUPPLY_OFF', 'SUPPLY_ARMED', 'SUPPLY_ARMED', 'SUPPLY_ON'])
  })
})

describe('the log of a meter', () => {
  test.each(['ESME', 'GSME'] as const)('of the %s is read over several pages, oldest first, the newest kept', to => {
    const home = settledHome()
    const meter = meterOf(home, to)
    for (let n = 0; n < 60; n++) {
      meter.events.raise('8161', `press ${n} of the button`)
      home.run(minutes(0.1))
    }
    const read = (maxEntries: number) =>
      home.ask('readLog', ID[to], { log: 'EVENT', maxEntries }, minutes(31))?.readLog?.entries ?? []
    const all = read(100).filter(({ code }) => code === '8161')
    expect(all.map(({ text }) => text)).toEqual(
      Array.from({ length: 60 }, (_, n) => `user interface command actioned: press ${n} of the button`),
    )
    expect(all.map(({ atMs }) => atMs)).toEqual(all.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
    expect(read(7)).toHaveLength(7)
    expect(read(7).at(-1)?.text).toContain('press 59')
    expect(asked(home, ID[to], 'Events').length).toBeGreaterThan(10)
    covered('6.13', to, 'I0')
  })
  test('security entries are apart from events', () => {
    const home = settledHome()
    meterOf(home, 'ESME').events.raise('8F75')
    const codes = (log: 'EVENT' | 'SECURITY') =>
      home.ask('readLog', ID.ESME, { log, maxEntries: 10 })?.readLog?.entries.map(({ code }) => code)
    expect([codes('EVENT'), codes('SECURITY')]).toEqual([[], ['8F75']])
  })
})

describe('what becomes of events', () => {
  test('is read code by code, set as a whole, and done', () => {
    const home = settledHome()
    const codes = ['8F75', '8161']
    const read = () => home.ask('readEventBehaviours', ID.ESME, { codes })?.readEventBehaviours?.behaviours
    expect(read()).toEqual([
      { code: '8F75', logged: true, toWan: true, toHan: false },
      { code: '8161', logged: true, toWan: false, toHan: false },
    ])
    const behaviours = [
      { code: '8F75', logged: false, toWan: false, toHan: false },
      { code: '8161', logged: true, toWan: true, toHan: false },
    ]
    expect(home.ask('setEventBehaviours', ID.ESME, { behaviours })?.setEventBehaviours).toEqual({ behaviours })
    expect(read()).toEqual(behaviours)
    const { events } = meterOf(home, 'ESME')
    events.raise('8F75')
    events.raise('8161')
    home.run(minutes(1))
    expect([events.log('SECURITY'), events.log('EVENT').map(({ code }) => code)]).toEqual([[], ['8161']])
    expect(home.ups.flatMap(({ message }) => message.alert?.code ?? []).filter(code => codes.includes(code))).toEqual([
      '8161',
    ])
  })
})

describe('who may act on a device', () => {
  test('a display that is unjoined may not press the button, and may again when it is joined', () => {
    const home = settledHome()
    const { esme, ppmid } = home.installation.devices
    const press = () => {
      esme?.supply.disable('command')
      esme?.supply.arm('command')
      home.kernel.after(0, 'press', () => ppmid?.terminal?.switchOn())
      home.run(minutes(1))
      return esme?.supply.state
    }
    expect(press()).toBe('ON')
    home.ask('unjoinDevice', ID.ESME, { deviceId: ID.PPMID })
    expect(press()).toBe('ARMED')
    expect(home.ask('joinDevice', ID.PPMID, { deviceId: ID.ESME })?.joinDevice).toEqual({ deviceIds: [ID.PPMID] })
    expect(press()).toBe('ON')
    expect(esme?.events.log('SECURITY').map(({ code }) => code)).toEqual(['8F4B', '8F49'])
  })

  test('the gas proxy has a list of its own, which ends at four', () => {
    const home = settledHome({ rig: 'cb-seven-devices' })
    const { hub } = home.installation
    expect(hub.settings.gpfPartners.list).toEqual([ID.PPMID, ID.IHD, ID.CAD])
    const ask = (kind: 'joinDevice' | 'unjoinDevice', deviceId: string) =>
      home.send(ID.GPF, {
        serviceReferenceVariant: kind === 'joinDevice' ? '8.7.2' : '8.8.2',
        [kind]: { deviceId },
      } as Request)
    const first = ask('unjoinDevice', ID.CAD)
    const again = ask('unjoinDevice', ID.CAD)
    const back = ask('joinDevice', ID.CAD)
    home.run(minutes(1))
    expect([first()?.unjoinDevice?.deviceIds, again()?.code, back()?.joinDevice?.deviceIds]).toEqual([
      ...[[ID.PPMID, ID.IHD], 'S1RIG_REFUSED', [ID.PPMID, ID.IHD, ID.CAD]],
    ])
    const changed = home.ups.flatMap(({ message: { alert } }) => (alert?.code === '8071' ? [alert.device] : []))
    expect(changed).toEqual([ID.CAD, ID.CAD])
    covered('8.8.2', 'GPF', 'I0')
    covered('8.8.2', 'GPF', 'S1RIG_REFUSED')
    covered('8.7.2', 'GPF', 'I0')
  })

  test.each([
    ['a device of another home', ID.ESME, '00db1234567890fe', 'S1RIG_PARAMETER'],
    ['two meters', ID.ESME, ID.GSME, 'S1RIG_PARAMETER'],
    ['a display that is not joined', ID.ESME, ID.PPMID, 'S1RIG_REFUSED'],
  ])('unjoining %s is refused', (_, device, deviceId, code) => {
    const home = settledHome()
    if (code === 'S1RIG_REFUSED') home.ask('unjoinDevice', device, { deviceId })
    expect(home.ask('unjoinDevice', device, { deviceId })?.code).toBe(code)
    covered('8.8.1', 'ESME', code as 'S1RIG_REFUSED')
  })

  test('a display that is not listed is not joined', () => {
    const home = settledHome()
    home.installation.hub.whitelist.remove(ID.PPMID)
    expect(home.ask('joinDevice', ID.ESME, { deviceId: ID.PPMID })).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: `${ID.PPMID} is not listed`,
    })
    covered('8.7.1', 'ESME', 'S1RIG_REFUSED')
  })
})

describe('a change of tenancy', () => {
  test('keeps what was used before from the home, and not from the hub', () => {
    const home = settledHome({ rig: 'cb-seven-devices' })
    home.run(hours(6))
    const sinceMs = home.kernel.unixMs() - 2 * 3_600_000
    const { cad, esme } = home.installation.devices
    const reader = cad as unknown as { endpoint: import('../../src/zcl/node.ts').ZclEndpoint }
    const question = { intervalChannel: 0, endTime: 0, numberOfPeriods: 20 }
    const seen = () => {
      let count = -1
      const peer = { device: ID.ESME, endpoint: 1 }
      home.kernel.after(0, 'profile', () =>
        reader.endpoint.request(peer, 'Metering', 'GetProfile', question, outcome => {
          if (outcome.ok) count = outcome.response.payload.intervals.length
        }),
      )
      home.run(minutes(1))
      return count
    }
    expect(seen()).toBe(20)
    expect(home.ask('restrictAccess', ID.ESME, { notBeforeMs: sinceMs })?.code).toBe('I0')
    expect(seen()).toBe(3)
    expect(home.ask('restrictAccess', ID.ESME, { notBeforeMs: esme?.clock.unixMs() ?? 0 })?.code).toBe('I0')
    expect(seen()).toBe(0)
    const span = { fromMs: STARTS, toMs: STARTS + 86_400_000, maxEntries: 100 }
    expect(home.ask('readImportProfile', ID.ESME, span)?.readImportProfile?.entries).toHaveLength(12)
  })
})

describe('whose credentials a device holds', () => {
  const supplier = { entityId: '00db1234567890b1', certificate: Uint8Array.of(1, 2, 3) }
  const another = { entityId: '00db1234567890b2', certificate: Uint8Array.of(4) }
  test.each(['ESME', 'GSME', 'GPF'] as const)(
    'of the %s are handed over, changed and renewed in that order only',
    of => {
      const home = settledHome()
      const within = minutes(31)
      const refusal = (kind: 'changeSupplier' | 'requestHandover', party: typeof supplier) =>
        home.ask(kind, ID[of], party, within)
      expect(refusal('changeSupplier', supplier)).toMatchObject({
        code: 'S1RIG_REFUSED',
        detail: 'the device is controlled by the DCC: a handover comes first',
      })
      expect(home.ask('requestHandover', ID[of], supplier, within)?.requestHandover).toMatchObject({
        ...{
          supplierId: supplier.entityId,
          supplierCertificate: supplier.certificate,
          control: 'CONTROLLED_BY_SUPPLIER',
        },
      })
      expect(refusal('requestHandover', another)).toMatchObject({
        code: 'S1RIG_REFUSED',
        detail: `the device is controlled by ${supplier.entityId}`,
      })
      expect(refusal('changeSupplier', supplier)?.code).toBe('S1RIG_REFUSED')
      expect(refusal('changeSupplier', another)?.changeSupplier?.supplierId).toBe(another.entityId)
      const renew = (entityId: string) =>
        home.ask('updateCredentials', ID[of], { role: 'SUPPLIER', entityId, certificate: Uint8Array.of(9) }, within)
      expect(renew(supplier.entityId)).toMatchObject({
        code: 'S1RIG_REFUSED',
        detail: `${another.entityId} holds these credentials`,
      })
      expect(renew(another.entityId)?.updateCredentials?.supplierCertificate).toEqual(Uint8Array.of(9))
      expect(home.ask('readCredentials', ID[of], {}, within)?.readCredentials).toEqual({
        ...{ supplierId: another.entityId, supplierCertificate: Uint8Array.of(9), control: 'CONTROLLED_BY_SUPPLIER' },
        ...{ networkOperatorId: '0000000000000000', networkOperatorCertificate: new Uint8Array() },
      })
      for (const variant of ['6.15.1', '6.21', '6.23']) covered(variant, of, 'S1RIG_REFUSED')
      covered('6.23', of, 'I0')
      if (of !== 'GPF')
        expect(
          meterOf(home, of)
            .events.log('SECURITY')
            .map(({ code }) => code),
        ).toEqual(['8F70', '8F70', '8F70'])
    },
  )
})

describe('the gas proxy', () => {
  test('asks the sleeping meter once, and answers for it from then on until it is changed', () => {
    const home = settledHome()
    const ask = (withinUs: number) => home.ask('readGasSettings', ID.GPF, {}, withinUs)?.readGasSettings
    expect(ask(minutes(31))).toMatchObject({ calorificValue: 3_950 })
    expect(ask(minutes(0.1))).toMatchObject({ calorificValue: 3_950 })
    home.ask('setGasConversion', ID.GSME, { calorificValue: 3_800, conversionFactor: 102_264 }, minutes(31))
    expect(ask(minutes(31))).toMatchObject({ calorificValue: 3_800 })
  })
  test('of a home without gas has nobody to ask', () => {
    const home = settledHome({ rig: 'cb-electricity-only' })
    expect(home.ask('readGasSettings', ID.GPF, {})).toMatchObject({ code: 'E21', detail: 'there is no gas meter here' })
    covered('6.2.8', 'GPF', 'E21')
  })
})

describe('what is out of range', () => {
  type Refusal<K extends RequestKind> = readonly [to: Meter, kind: K, parameters: Params<K>, detail: string]
  const of = <K extends RequestKind>(...row: Refusal<K>): Refusal<RequestKind> => row as unknown as Refusal<RequestKind>
  const party = { entityId: '00db1234567890b1', certificate: Uint8Array.of(1) }
  const limit = { thresholdW: 5_000, periodS: 300, restorationS: 60, policy: 'POLICY_OFF' } as const
  const REFUSALS = [
    of('ESME', 'displayMessage', { text: '', confirm: false }, 'text: 1 to 113 octets expected, found 0'),
    of('ESME', 'displayMessage', { text: 'é'.repeat(57), confirm: false }, 'text: 1 to 113 octets expected, found 114'),
    of('ESME', 'displayMessage', { text: 'x', confirm: false, forMin: 0 }, 'for_min: 1 to 65534 expected, found 0'),
    of('ESME', 'restrictAccess', { notBeforeMs: STARTS + 86_400_000 }, 'not_before_ms: at most the present time'),
    of('ESME', 'restrictAccess', { notBeforeMs: 1 }, 'not_before_ms: 0 or an instant from 2000'),
    of('ESME', 'updateSupplierName', { name: '' }, 'name: 1 to 15 octets'),
    of('GSME', 'updateSupplierName', { name: 'a name of sixteen' }, 'name: 1 to 15 octets'),
    of('ESME', 'readEventBehaviours', { codes: [] }, 'codes: 1 to 16 expected, found 0'),
    of('ESME', 'readEventBehaviours', { codes: ['FFFF'] }, 'codes: codes of the table expected'),
    of('ESME', 'setEventBehaviours', { behaviours: [] }, 'behaviours: 1 to 16'),
    of('ESME', 'setLoadLimit', { ...limit, thresholdW: 100_001 }, 'threshold_w: 0 to 100000 expected, found 100001'),
    of('ESME', 'setLoadLimit', { ...limit, periodS: 7_201 }, 'period_s: 0 to 7200'),
    of('ESME', 'setLoadLimit', { ...limit, policy: 'SUPPLY_POLICY_UNSPECIFIED' }, 'policy: POLICY_OFF, POLICY_ARMED'),
    of('ESME', 'setVoltageSettings', { ...VOLTAGES, swellDv: 4_001 }, 'swell_dv: 0 to 4000 expected, found 4001'),
    of('ESME', 'setVoltageSettings', { ...VOLTAGES, sagPeriodS: 0 }, 'sag_period_s: 1 to 7200'),
    of(
      'ESME',
      'setVoltageSettings',
      { ...VOLTAGES, sagDv: 2_200 },
      'sag_dv: at most average_under_voltage_dv (2162) expected, found sag_dv (2200)',
    ),
    of(
      'ESME',
      'setVoltageSettings',
      { ...VOLTAGES, averageOverVoltageDv: 2_000 },
      'average_under_voltage_dv: at most average_over_voltage_dv (2000)',
    ),
    of('GSME', 'setGasConversion', { calorificValue: 999, conversionFactor: 102_264 }, 'calorific_value: 1000 to 9999'),
    of(
      'GSME',
      'setGasConversion',
      { calorificValue: 3_900, conversionFactor: 1 },
      'conversion_factor: 50000 to 200000',
    ),
    of(
      'GSME',
      'setGasFlow',
      { flowThresholdDm3PerH: 65_535, stabilisationS: 10, measurementS: 60 },
      'flow_threshold_dm3_per_h: 0 to 65534',
    ),
    of(
      'GSME',
      'setGasFlow',
      { flowThresholdDm3PerH: 1, stabilisationS: 255, measurementS: 60 },
      'stabilisation_s: 1 to 254',
    ),
    of(
      'ESME',
      'setBillingCalendar',
      { startMs: 1, periodicity: 'BILLED_DAILY' },
      'start_ms: 0 or an instant from 2000',
    ),
    of(
      'ESME',
      'setBillingCalendar',
      { startMs: STARTS, periodicity: 'BILLING_PERIODICITY_UNSPECIFIED' },
      'periodicity: BILLED_DAILY',
    ),
    of(
      'ESME',
      'setPowerThresholds',
      { lowMediumW: 2_000, mediumHighW: 500 },
      'low_medium_w: at most medium_high_w (500) expected, found low_medium_w (2000)',
    ),
    of(
      'ESME',
      'updateCredentials',
      { role: 'CREDENTIAL_ROLE_UNSPECIFIED', ...party },
      'role: SUPPLIER, NETWORK_OPERATOR expected',
    ),
    of(
      'ESME',
      'requestHandover',
      { ...party, entityId: '0000000000000000' },
      'entity_id: 16 lower-case hex digits, not all 0',
    ),
    of(
      'ESME',
      'changeSupplier',
      { ...party, certificate: new Uint8Array(17) },
      'certificate: 1 to 16 octets expected, found 17 octets',
    ),
    of('ESME', 'setImportMpxn', { importMpxn: '7412345601' }, 'import_mpxn: 13 digits'),
    of('GSME', 'setImportMpxn', { importMpxn: '1200012345601' }, 'import_mpxn: 6 to 10 digits'),
    of('ESME', 'setExportMpan', { exportMpan: '' }, 'export_mpan: 13 digits'),
    of('ESME', 'setTamperPolicy', { policy: 'POLICY_ON' }, 'policy: POLICY_OFF, POLICY_UNCHANGED'),
    of('ESME', 'requestCustomerIdentification', { number: '417' }, 'number: 4 digits expected, found "417"'),
  ]
  test.each(REFUSALS)('of the %s: %s %o', (to, kind, parameters, detail) => {
    const home = settledHome()
    const before = state(home, to)
    home.records.length = 0
    const answer = home.ask(kind, ID[to], parameters)
    expect([answer?.code, answer?.detail]).toEqual(['S1RIG_PARAMETER', expect.stringContaining(detail)])
    expect(state(home, to)).toBe(before)
    expect(home.installation.hub.alerts.eventLog.newest(1)).toMatchObject([
      { code: '8155', text: expect.stringContaining(ID[to]) },
    ])
    covered(SERVICE_REFERENCE_VARIANTS[kind], to, 'S1RIG_PARAMETER')
  })

  test('a meter that knows better refuses, writes it down, and nothing has changed', () => {
    const home = settledHome()
    const meter = meterOf(home, 'ESME')
    meter.supply.disable('credit')
    expect(home.ask('enableSupply', ID.ESME, {})).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'the device refused Metering.ChangeSupply: FAILURE',
    })
    expect([meter.supply.state, meter.supply.heldBy]).toEqual(['OFF', ['credit']])
    expect(meter.events.log('EVENT').map(({ code, text }) => `${code} ${text}`)).toContain(
      '8155 supply held off by credit',
    )
    covered('7.1', 'ESME', 'S1RIG_REFUSED')
  })

  test('a valve is not opened by command: it is armed', () => {
    const home = settledHome()
    expect(home.ask('disableSupply', ID.GSME, {}, minutes(31))?.disableSupply?.state).toBe('SUPPLY_OFF')
    expect(home.ask('armSupply', ID.GSME, {}, minutes(31))?.armSupply?.state).toBe('SUPPLY_ARMED')
  })
})

describe('a device that is silent', () => {
  test.each(CASES.filter(({ to }) => to === 'ESME'))('makes $kind E21', ({ kind, parameters }) => {
    const home = settledHome()
    home.installation.han.silence(ID.ESME)
    expect(home.ask(kind, ID.ESME, parameters)?.code).toBe('E21')
    covered(SERVICE_REFERENCE_VARIANTS[kind], 'ESME', 'E21')
  })
  test.each(CASES.filter(({ to }) => to === 'GSME'))('that sleeps too long makes $kind E21', ({ kind, parameters }) => {
    const home = settledHome()
    home.installation.han.silence(ID.GSME)
    expect(home.ask(kind, ID.GSME, parameters, hours(2))?.code).toBe('E21')
    covered(SERVICE_REFERENCE_VARIANTS[kind], 'GSME', 'E21')
  })
})

describe('a model that takes a request otherwise', () => {
  const STEPS =
    'requests:\n  equivalentSteps:\n    value:\n      "7.4": [{ read: MeterSettings, attributes: { PrivacyPinEnabled: _pin } }, { give: { state: SUPPLY_ARMED } }]\n    source: assumed\n'
  test('is asked as its profile says', () => {
    const home = settledHome({
      edits: [
        [
          'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes',
          `${STEPS}supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes`,
        ],
      ],
    })
    expect(home.ask('readSupplyStatus', ID.ESME, {})?.readSupplyStatus).toEqual({ state: 'SUPPLY_ARMED' })
    expect([asked(home, ID.ESME, 'Metering'), asked(home, ID.ESME, 'MeterSettings')]).toEqual([[], ['read']])
  })
  test('may not name what there is not', () => {
    const broken = STEPS.replace('PrivacyPinEnabled', 'PrivacyPinEnabeld')
    expect(() =>
      settledHome({
        edits: [
          [
            'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes',
            `${broken}supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes`,
          ],
        ],
      }),
    ).toThrow()
  })
})
