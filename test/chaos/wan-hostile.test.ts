import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { withCrc } from '../../src/crypto/install-code.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import type { RandomStream } from '../../src/ports/time.ts'
import { encodeMessage, type Message } from '../../src/wan/messages/codec.ts'
import { REQUEST_KINDS, SERVICE_REFERENCE_VARIANTS } from '../../src/wan/messages/requests.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import { type Home, home, ID, settledHome } from '../unit/device-home.ts'

const SEED = 'hostile'
const MESSAGES = 10_000

const dice = (label: string) => new SeededRandom(SEED).stream(label)
const pick = <T>(random: RandomStream, from: readonly T[]): T => from[random.int(from.length)] as T

/** What must be as before after any amount of noise. */
function state({ installation: { hub, devices } }: Home) {
  const memory = hub.session.memory()
  return {
    apn: memory.apn,
    originators: hub.session.originators.names,
    counters: [...memory.counters],
    log: hub.deviceLog.list().map(({ deviceId, joined }) => ({ deviceId, joined })),
    commissioned: [...hub.commissioned],
    firmware: [hub.firmware, devices.esme?.firmware],
  }
}

function mutate(random: RandomStream, octets: Uint8Array): Uint8Array {
  const changed = octets.slice()
  for (let n = random.int(4) + 1; n > 0; n--) changed[random.int(changed.length)] = random.int(256)
  const cut = random.int(3) === 0 ? random.int(changed.length) : changed.length
  return random.int(5) === 0 ? Uint8Array.from([...changed, ...random.bytes(random.int(40))]) : changed.slice(0, cut)
}

/** Values that hurt: ends of ranges, names of members every object has, very long text. */
const NUMBERS = [0, 1, 2, 255, 400, 1_000, 1_001, 65_536, 2 ** 31, 2 ** 32 - 1]
const TIMES = [0, 1, 946_684_800_000, 1_634_104_800_000, 1_634_191_200_000, 5_241_652_094_999, 2 ** 52, 2 ** 53 - 1]
const TEXTS = [
  '',
  'smso',
  's1sp',
  '__proto__',
  'constructor',
  'elster',
  '../#',
  '\u0000',
  'é'.repeat(1_500),
  ID.ESME,
  '00db1234567890fe',
]

function hostileRequest(random: RandomStream): Request {
  const kind = pick(random, REQUEST_KINDS)
  const text = () => pick(random, TEXTS)
  const time = () => pick(random, TIMES)
  const number = () => pick(random, NUMBERS)
  const deviceId = random.int(2) ? text() : pick(random, Object.values(ID))
  const parameters: { [K in (typeof REQUEST_KINDS)[number]]: () => NonNullable<Request[K]> } = {
    readIdentity: () => ({}),
    readFirmwareVersion: () => ({}),
    readDeviceLog: () => ({}),
    updateDeviceLog: () =>
      pick(random, [{}, { add: { deviceId, installCode: random.bytes(random.int(30)), joinWindowS: number() } }]),
    synchroniseClock: () => (random.int(2) ? { setToMs: time() } : {}),
    commissionDevice: () => ({}),
    readImportRegisters: () => ({}),
    ...hostileReadings({ time, number }),
    readLog: () => ({ log: pick(random, ['EVENT', 'SECURITY', 'LOG_UNSPECIFIED']), maxEntries: number() }),
    updateMeterBalance: () => pick(random, [{}, { reset: {} }, { adjustBy: number() >> 1 }]),
    updatePaymentMode: () => ({
      ...{ mode: pick(random, ['CREDIT', 'PREPAYMENT', 'PAYMENT_MODE_UNSPECIFIED']), fromMs: time() },
      ...{ suspendDebtDisabled: true, suspendDebtEmergency: false, disablementThreshold: number() >> 1 },
    }),
    updatePrepayConfiguration: () => ({
      ...{ emergencyCreditLimit: number(), maximumBalance: number(), maximumCredit: number() },
      nonDisablement: {
        periods: [{ days: number(), fromMin: number(), toMin: number() }],
        specialDays: [{ month: number(), day: number() }],
        schedule: {
          switches: Array.from({ length: random.int(60) }, () => ({
            ...{ atMin: number(), start: random.int(2) === 0, days: number(), specialDays: [number()] },
            ...{ from: { month: number(), day: number() }, to: { year: number(), month: number(), day: number() } },
          })),
          specialDays: [{ month: random.int(13), day: random.int(32) }],
        },
      },
      ...{ fromMs: time(), cancelHeld: random.int(3) === 0 },
    }),
    topUpDevice: () => ({ utrn: text() }),
    updateDebt: () => ({
      timeDebts: Array.from({ length: random.int(4) }, () => ({
        ...{ amount: number(), rate: number() },
        period: pick(random, ['EACH_DAY', 'DEBT_PERIOD_UNSPECIFIED']),
      })),
      ...{ paymentDebt: number(), recoveryPerPayment: number() },
    }),
    activateEmergencyCredit: () => ({}),
    updateTariff: () => ({
      tariff: {
        ...{ tariffId: number(), label: text(), blockPeriod: 'BLOCK_PERIOD_DAY', standingCharge: number() },
        switching: {
          days: [{ id: number(), switches: [{ startMin: number(), register: number() }] }],
          weeks: [{ id: number(), dayIds: [number()] }],
          seasons: [{ month: number(), day: number(), weekId: number() }],
          specialDays: [{ year: number(), month: number(), day: number(), dayId: number() }],
        },
        rates: Array.from({ length: random.int(3) }, () => ({ prices: [number()], thresholds: [time()] })),
      },
      ...(random.int(2) && { fromMs: time() }),
    }),
    updatePrice: () => ({ standingCharge: number(), prices: [{ prices: [number(), number()] }], fromMs: time() }),
    resetBlockCounters: () => ({}),
    readPrepayValues: () => ({}),
    readPrepayConfiguration: () => ({}),
    readPrepayDailyLog: () => ({ fromMs: time(), toMs: time() }),
    readMeterBalance: () => ({}),
    setApn: () => ({ apn: pick(random, ['', 'A', 'newcastle', '../#', 'x'.repeat(6_000)]) }),
    updateFirmware: () => hostileImage(random, deviceId, number),
    readDistribution: () => ({}),
    activateFirmware: () => ({ sha256: random.bytes(pick(random, [0, 31, 32])), atMs: time() }),
    discardFirmware: () => ({ sha256: random.bytes(pick(random, [0, 32, 33, 4_000])) }),
    rotateCredentials: () => ({ originator: text(), wrappedKey: random.bytes(pick(random, [0, 39, 40, 41, 4_000])) }),
    ...hostileConfiguration({ random, text, time, number, deviceId }),
  }
  return { serviceReferenceVariant: SERVICE_REFERENCE_VARIANTS[kind], [kind]: parameters[kind]() }
}

interface Noise {
  random: RandomStream
  text: () => string
  time: () => number
  number: () => number
  deviceId: string
}

/** Parameters of readings. */
function hostileReadings({ time, number }: Pick<Noise, 'time' | 'number'>) {
  const nothing = () => ({})
  const span = () => ({ fromMs: time(), toMs: time() })
  const profile = () => ({ ...span(), maxEntries: number() })
  return {
    readImportProfile: profile,
    readReactiveImportProfile: profile,
    readExportProfile: profile,
    readNetworkData: profile,
    readImportDailyLog: span,
    readExportDailyLog: span,
    readDailyConsumption: span,
    readImportTou: nothing,
    readImportTouBlocks: nothing,
    readImportBlockCounters: nothing,
    readExportRegisters: nothing,
    readBillingDataLog: nothing,
    readTariff: nothing,
    readLoadLimitData: nothing,
    readActivePowerImport: nothing,
  }
}

/** Parameters of requests for messages, configuration, supply and joining. */
function hostileConfiguration({ random, text, time, number, deviceId }: Noise) {
  const flag = () => random.int(2) === 1
  const party = () => ({ entityId: deviceId, certificate: random.bytes(pick(random, [0, 1, 16, 17, 4_000])) })
  const policy = () =>
    pick(random, ['SUPPLY_POLICY_UNSPECIFIED', 'POLICY_OFF', 'POLICY_ARMED', 'POLICY_ON', 'POLICY_UNCHANGED'] as const)
  const codes = () => Array.from({ length: pick(random, [0, 1, 2, 17]) }, () => pick(random, ['8F32', '8F3F', text()]))
  const nothing = () => ({})
  const device = () => ({ deviceId })
  return {
    displayMessage: () => ({ text: text(), confirm: flag(), ...(flag() && { forMin: number() }) }),
    restrictAccess: () => ({ notBeforeMs: time() }),
    clearEventLog: nothing,
    updateSupplierName: () => ({ name: text() }),
    disablePrivacyPin: nothing,
    readVoltageSettings: nothing,
    readRandomisation: nothing,
    readBillingCalendar: nothing,
    readPowerThresholds: nothing,
    readMpxn: nothing,
    readGasSettings: nothing,
    readPaymentMode: nothing,
    readEventBehaviours: () => ({ codes: codes() }),
    setLoadLimit: () => ({ thresholdW: number(), periodS: number(), restorationS: number(), policy: policy() }),
    resetLoadLimitCounter: nothing,
    setVoltageSettings: () => ({
      ...{ averagePeriodS: number(), averageOverVoltageDv: number(), averageUnderVoltageDv: number() },
      ...{ extremeOverVoltageDv: number(), extremeOverVoltagePeriodS: number() },
      ...{ extremeUnderVoltageDv: number(), extremeUnderVoltagePeriodS: number() },
      ...{ sagDv: number(), sagPeriodS: number(), swellDv: number(), swellPeriodS: number() },
    }),
    setGasConversion: () => ({ calorificValue: number(), conversionFactor: number() }),
    setGasFlow: () => ({ flowThresholdDm3PerH: number(), stabilisationS: number(), measurementS: number() }),
    setBillingCalendar: () => ({
      startMs: time(),
      periodicity: pick(random, ['BILLING_PERIODICITY_UNSPECIFIED', 'BILLED_WEEKLY'] as const),
    }),
    setPowerThresholds: () => ({ lowMediumW: number(), mediumHighW: number() }),
    updateCredentials: () => ({
      role: pick(random, ['CREDENTIAL_ROLE_UNSPECIFIED', 'SUPPLIER', 'NETWORK_OPERATOR'] as const),
      ...party(),
    }),
    setImportMpxn: () => ({ importMpxn: pick(random, [text(), '1200012345601', '7412345601']) }),
    setExportMpan: () => ({ exportMpan: text() }),
    requestHandover: party,
    setEventBehaviours: () => ({
      behaviours: codes().map(code => ({ code, logged: flag(), toWan: flag(), toHan: flag() })),
    }),
    changeSupplier: party,
    readCredentials: nothing,
    setTamperPolicy: () => ({ policy: policy() }),
    setBlockCounterReset: () => ({ daily: flag() }),
    resetVoltageCounters: nothing,
    enableSupply: nothing,
    disableSupply: nothing,
    armSupply: nothing,
    readSupplyStatus: nothing,
    joinDevice: device,
    unjoinDevice: device,
    requestCustomerIdentification: () => ({ number: pick(random, [text(), '0417']) }),
  } satisfies { [K in keyof Request]?: () => Request[K] }
}

function hostileImage(
  random: RandomStream,
  deviceId: string,
  number: () => number,
): NonNullable<Request['updateFirmware']> {
  const sha256 = random.int(2) ? new Uint8Array(32) : random.bytes(pick(random, [0, 31, 32, 33]))
  const devices = pick(random, [[], [deviceId], [deviceId, deviceId], Array.from({ length: 17 }, (_, n) => `${n}`)])
  const [imageOctets, manufacturerCode, imageType, fileVersion] = [number(), number(), number(), number()]
  const version = pick(random, ['', '9', '123456789', '\u0000', 'é'])
  return pick(random, [
    {},
    { announce: { sha256, imageOctets, manufacturerCode, imageType, fileVersion, version, devices } },
    { chunk: { sha256, offset: number(), octets: random.bytes(pick(random, [0, 1, 400, 15_361])) } },
    { finish: { sha256 } },
  ])
}

/** Alerts of one code that a hub of these profiles sends in an hour. */
const BURST = 10

describe('noise on the SM WAN', () => {
  it(`${MESSAGES} strings of random or damaged octets are told of a few times, change nothing and stop nothing`, () => {
    const target = settledHome({ keep: event => event.kind === 'wan.refused' })
    const random = dice('octets')
    const sound: Message = {
      id: 'sound',
      correlationId: '',
      originator: 'smso',
      targetDevice: ID.CHF,
      counter: 1_000_000,
      sentAtMs: 1,
      request: { serviceReferenceVariant: '8.9', readDeviceLog: {} },
    }
    const templates = [target.key, random.bytes(32)].map(key => encodeMessage(sound, key))
    const before = state(target)
    target.ups.length = 0
    for (let n = 0; n < MESSAGES; n++) {
      const octets = n % 2 ? mutate(random, pick(random, templates)) : random.bytes(random.int(200))
      // The one change that changes nothing would be a sound message.
      if (!templates.some(template => Buffer.compare(template, octets) === 0)) target.down(octets)
      target.run(seconds(0.01))
    }
    expect(state(target)).toEqual(before)
    const refused = [...target.installation.hub.session.refused.values()].reduce((sum, count) => sum + count, 0)
    expect(refused).toBeGreaterThan(MESSAGES - 10)
    expect(target.records.length).toBe(refused)
    // Who is not who he says is told of, no more often than the throttle lets pass.
    const told = target.ups.map(({ message }) => message.alert?.code)
    for (const code of ['8F3D', '8F3E']) expect(told.filter(one => one === code)).toHaveLength(BURST)
    expect(told).toHaveLength(2 * BURST)
    expect(target.installation.hub.session.refused.size).toBeLessThan(10)
    expect(target.ask('readDeviceLog', ID.CHF, {})?.code).toBe('I0')
  })

  it('a party with a key that asks for anything at all gets an answer or nothing, and the home lives on', () => {
    const target = settledHome({ rig: 'cb-seven-devices', keep: () => false })
    target.installation.han.silence(ID.IHD)
    const random = dice('requests')
    let counter = 1_000
    for (let n = 0; n < 1_000; n++) {
      const message: Message = {
        id: random.int(20) ? `h-${n}` : pick(random, ['', 'x'.repeat(64), 'x'.repeat(4_000), `h-${n - 1}`]),
        correlationId: pick(random, ['', 'c'.repeat(300)]),
        originator: 'smso',
        targetDevice: random.int(10) ? pick(random, Object.values(ID)) : pick(random, TEXTS),
        counter: random.int(10) ? ++counter : pick(random, [0, 1, 500, counter]),
        sentAtMs: pick(random, TIMES),
        request: hostileRequest(random),
      }
      target.down(encodeMessage(message, target.key))
      target.run(seconds(random.int(20)))
    }
    target.run(hours(3))
    const codes = new Set(target.ups.map(({ message }) => message.response?.code))
    for (const code of ['I0', 'E11', 'E19', 'E21', 'S1RIG_PARAMETER', 'S1RIG_REPLAY', 'S1RIG_REFUSED', 'S1RIG_KEY']) {
      expect(codes).toContain(code)
    }
    expect(state(target)).toMatchObject({ apn: 'newcastle', originators: ['smso'] })
    expect(target.installation.hub.deviceLog.list()).toHaveLength(5)
    expect(target.installation.devices.esme?.totalWh).toBeGreaterThan(0)
    const { down, key, run, ups } = target
    const last: Message = {
      id: 'last',
      correlationId: '',
      originator: 'smso',
      targetDevice: ID.ESME,
      counter: 2 ** 40,
      sentAtMs: 0,
      request: { serviceReferenceVariant: '11.2', readFirmwareVersion: {} },
    }
    down(encodeMessage(last, key))
    run(minutes(1))
    expect(ups.at(-1)?.message.response?.readFirmwareVersion?.version).toBe('1.4.2')
  })
})

describe('noise on the HAN', () => {
  it('random frames at every device from one that joined change nothing and stop nothing', () => {
    const quiet = home({ rig: 'cb-seven-devices', keep: () => false })
    const noisy = home({ rig: 'cb-seven-devices', keep: event => event.kind === 'zcl.malformed' })
    // A device of the home turns on the others: whatever it sends is well secured.
    const rogue = noisy.installation.han
    const code = withCrc(new Uint8Array(16))
    const node = rogue.node('00db1234567890ff', 'router')
    noisy.run(minutes(5))
    noisy.installation.hub.whitelist.add(node.eui64, code)
    noisy.installation.hub.whitelist.open(minutes(5))
    node.join(code)
    noisy.run(minutes(1))
    expect(node.joined).toBe(true)
    const random = dice('frames')
    const clusters = [0x0000, 0x0001, 0x000a, 0x0019, 0x0700, 0x0702, 0x0703, 0x0704, 0x0705, 0x0800, 0xabcd]
    for (let n = 0; n < MESSAGES; n++) {
      const asdu = random.bytes(random.int(random.int(10) ? 30 : 120))
      // Half are frames of the library as far as their header goes.
      if (n % 2 && asdu.length > 3)
        asdu.set([pick(random, [0x00, 0x01, 0x08, 0x09, 0x10, 0x18]), n & 0xff, random.int(16)])
      node.send(pick(random, Object.values(ID)), {
        profileId: random.int(20) ? 0x0109 : random.int(0x10000),
        clusterId: pick(random, clusters),
        sourceEndpoint: pick(random, [0, 1, 2, 255]),
        destinationEndpoint: pick(random, [1, 1, 1, 2, 255]),
        security: pick(random, ['link', 'link', 'network']),
        asdu,
      })
      noisy.run(seconds(0.1))
    }
    noisy.run(hours(2))
    expect(noisy.records.length).toBeGreaterThan(1_000)
    quiet.kernel.runUntil(noisy.kernel.nowUs())
    const registers = ({ installation: { devices } }: Home) => [devices.esme?.totalWh, devices.gsme?.totalDm3]
    expect(registers(noisy)).toEqual(registers(quiet))
    expect(noisy.installation.hub.session.originators.names).toEqual(['smso'])
    expect(noisy.logged(ID.ESME)).toMatchObject({ joined: true })
    for (const device of Object.values(ID)) expect(noisy.ask('readIdentity', device, {})?.code).toBe('I0')
  })
})

describe('memory', () => {
  it('a hub does not grow with what it is told', () => {
    const target = settledHome({ keep: () => false })
    const random = dice('memory')
    const flood = (messages: number) => {
      for (let n = 0; n < messages; n++) {
        target.down(random.bytes(500))
        target.send(ID.CHF, { serviceReferenceVariant: '8.9', readDeviceLog: {} })
        target.run(seconds(0.01))
        target.ups.length = 0
      }
    }
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const used = () => {
      collect()
      return process.memoryUsage().heapUsed
    }
    flood(3_000)
    const before = used()
    flood(12_000)
    expect(used() - before).toBeLessThan(1_500_000)
  })
})
