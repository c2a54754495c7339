/**
 * The facts of a device model at a firmware version, by device type: a firmware-profile states each with its source.
 * Units are part of the names.
 */
import { z } from 'zod'
import { chfOta, gsmeOta, ota } from './ota-facts.ts'
import { chfQuirks, displayQuirks, meterQuirks } from './quirk-facts.ts'
import { printable, real, text, whole } from './scalars.ts'
import { equivalentSteps } from './step-facts.ts'

const supplyState = z.enum(['ON', 'ARMED', 'OFF'])
/** What may be done with a supply when something happens. @source ZigBee Smart Energy 1.2a, Set Supply Status */
const SUPPLY_POLICIES = ['OFF', 'ARMED', 'ON', 'UNCHANGED'] as const

/** @source ZCL Metering, ProfileIntervalPeriod: the periods it has codes for */
const intervalMin = z.literal([5, 10, 15, 30, 60], { error: 'one of 5, 10, 15, 30, 60' })

const everyDevice = {
  identity: z.strictObject({
    /** @source DUIS schema v5.4: at most 30 characters */
    manufacturerName: printable(1, 30),
    /** @source DUIS schema v5.4: at most 30 characters */
    modelId: printable(1, 30),
  }),
  firmware: z.strictObject({
    /** As the device reports it. DUIS carries 1..8 characters; a longer one needs `versionRecognised: false`. */
    version: printable(1, 16),
    /** False when the version is not a valid identifier. @source TMAD consultation June 2021, 3.1 */
    versionRecognised: z.boolean().default(true),
    hardwareVersion: whole(0, 255),
  }),
  clock: z.strictObject({
    /** How much faster the device's clock runs than true time. */
    driftPpm: real(-200, 200),
    /** A meter follows its hub's clock up to so far. @source assumed, unless a profile says otherwise */
    toleranceS: whole(0, 3_600).default(10),
    /** So long a meter's clock goes on without power; then it stands still. @source assumed */
    backupS: whole(0, 31_536_000).default(604_800),
  }),
  zcl: z.strictObject({
    /** From receiving a ZCL command to sending its answer. */
    responseDelayMs: whole(0, 60_000),
  }),
  /** Codes this model can raise. @source GBCS alert codes */
  supportedAlertCodes: z
    .array(text('an alert code (4 upper-case hex digits, in quotes)', /^[0-9A-F]{4}$/))
    .max(512)
    .refine(codes => new Set(codes).size === codes.length, { error: 'alert codes that differ from each other' }),
}

/** Numbers of the model's own for codes, as it says them on the HAN; others go by their code. */
const nativeEventCodes = z
  .array(
    z.strictObject({
      native: text('an event number (4 upper-case hex digits, in quotes)', /^[0-9A-F]{4}$/),
      code: text('an alert code (4 upper-case hex digits, in quotes)', /^[0-9A-F]{4}$/),
    }),
  )
  .max(512)
  .default([])

/** @source ZigBee Smart Energy 1.2a, Metering: supply states */
const supplyPolicy = z.enum(SUPPLY_POLICIES)

/** Its contactor or valve, and what a new meter does with it when something happens. @source assumed */
const supply = z.strictObject({
  initialState: supplyState,
  onTamper: supplyPolicy.default('UNCHANGED'),
  onDepletion: supplyPolicy.default('UNCHANGED'),
  onUncontrolledFlow: supplyPolicy.default('ARMED'),
  onLoadLimit: supplyPolicy.default('ARMED'),
})

/** Tokens entered by hand. @source GBCS alert codes 81C4, 81C5; numbers and times: assumed */
const keypad = z.strictObject({
  /** Wrong ones in a row after which none is taken for a time; 0: that never happens. */
  attempts: whole(0, 100).default(5),
  lockS: whole(1, 86_400).default(600),
})

/** What requests become on the HAN for this model, where that is not what is usual. @source assumed */
const requests = z.strictObject({ equivalentSteps: equivalentSteps.default({}) })

/** The logs of a meter. */
const meterEvents = z.strictObject({
  /** Entries of the event log and of the security log each. @source MMC schema v5.4: 100 [public] */
  logCapacity: whole(1, 100).default(100),
  nativeCodes: nativeEventCodes,
})

const metering = z.strictObject({
  /** Register value x multiplier / divisor = kWh (electricity) or m3 (gas). @source ZCL Metering, 24 bits, of which 0xffffff is none */
  multiplier: whole(1, 0xff_fffe),
  divisor: whole(1, 0xff_fffe),
  profileIntervalMin: intervalMin,
  profileEntries: whole(1, 100_000),
  /** Intervals of reactive energy and of export. @source MMC schema v5.4: 4,464 [public] */
  otherProfileEntries: whole(1, 100_000).default(4_464),
  /** It keeps the greatest demand of an interval and when it was. @source assumed: not asked of SMETS1 meters */
  maximumDemand: z.boolean().default(false),
})

/** The tariff a meter leaves the factory with; money in thousandths of a penny. @source assumed, unless a profile says otherwise */
const tariffFacts = (pricePerKWh: number, standingChargePerDay: number, registers: number) =>
  z.strictObject({
    /** For each time-of-use register. */
    pricesPerKWh: z
      .array(whole(0, 10_000_000))
      .min(1)
      .max(registers, { error: `1 to ${registers} prices` })
      .default([pricePerKWh]),
    /** Every day the same: from each hh:mm UTC on the register beside it counts. Empty: register 1 always. */
    switches: z
      .array(z.strictObject({ from: text('hh:mm', /^(?:[01]\d|2[0-3]):[0-5]\d$/), register: whole(1, registers) }))
      .max(48)
      .refine(switches => switches.length === 0 || switches[0]?.from === '00:00', {
        error: 'switches that cover the day: the first from 00:00',
      })
      .refine(switches => switches.every(({ from }, at) => at === 0 || from > (switches[at - 1]?.from ?? '')), {
        error: 'switches in the order of the day',
      })
      .default([]),
    standingChargePerDay: whole(0, 10_000_000).default(standingChargePerDay),
  })

const display = {
  ...everyDevice,
  display: z.strictObject({
    electricityIntervalS: whole(1, 86_400),
    gasIntervalS: whole(1, 86_400),
  }),
  /** Displays that sleep exist; they are not emulated yet. */
  han: z.strictObject({ sleepy: z.literal(false, { error: 'false (a display that sleeps is not emulated yet)' }) }),
  ota,
  quirks: displayQuirks,
}

/** One whole hub: CHF and GPF. */
export const chfFacts = z.strictObject({
  ...everyDevice,
  /** HAN devices the hub can list. */
  whitelist: z.strictObject({ capacity: whole(1, 16) }),
  /** Longest time the HAN may be held open. @source DUIS schema v5.4: 1..3600 s */
  joinWindow: z.strictObject({ maxS: whole(1, 3_600) }),
  wan: z.strictObject({
    attachMs: whole(0, 600_000),
    detachMs: whole(0, 600_000),
    /** Attempts on a new access point before falling back. */
    attachAttempts: whole(1, 100),
    attachRetryS: whole(1, 86_400),
    /** Returns to the previous access point when the new one refuses. */
    apnFallback: z.boolean(),
    /** SMS it takes to wake the hub; 0: it is always reachable. */
    wakeSms: whole(0, 10),
    /** A hub that SMS wake lets its session go when nothing has passed for so long. @source assumed, unless a profile says otherwise */
    sleepAfterS: whole(10, 86_400).default(300),
    /** Within which they have to come. @source assumed, unless a profile says otherwise */
    wakeWithinS: whole(1, 86_400).default(300),
    /** What its modem says of itself to AT commands. @source assumed, unless a profile says otherwise */
    modemManufacturer: printable(1, 64).default('s1rig'),
    modemModel: printable(1, 64).default('SM WAN modem'),
    modemRevision: printable(1, 64).default('1.0'),
    /** It has a backup that carries one alert when power goes, and recovers within so long. @source assumed, unless a profile says otherwise */
    lastGasp: z.boolean().default(false),
    lastGaspRecoversS: whole(0, 86_400).default(600),
    /** What the modem speaks on the air. */
    modemTechnology: z.enum(['gsm', 'lte']).default('gsm'),
  }),
  han: z.strictObject({
    /** How long an awake device may take to answer. */
    requestTimeoutS: whole(1, 3_600),
    /** How long a request for a sleepy device is held before E21. */
    sleeperTimeoutS: whole(1, 604_800),
    /** Days between changes of the network key; 0: never. */
    networkKeyUpdateDays: whole(0, 366).default(0),
  }),
  ota: chfOta,
  quirks: chfQuirks,
  log: z.strictObject({
    eventCapacity: whole(1, 10_000),
    securityCapacity: whole(1, 10_000).default(100),
    /** Alerts of one code of one device that pass in a window; the rest is counted and told when it ends. @source assumed */
    throttleBurst: whole(1, 10_000).default(10),
    throttleWindowS: whole(1, 86_400).default(3_600),
  }),
})

export const esmeFacts = z.strictObject({
  ...everyDevice,
  metering,
  load: z.strictObject({
    /** Name of a consumption shape. */
    shape: printable(1, 64),
    annualKWh: real(0, 1_000_000),
    nominalVoltageV: real(100, 300),
    /** Active to apparent power; below 0 capacitive. @source assumed, unless a profile says otherwise */
    powerFactor: real(-1, 1)
      .refine(factor => Math.abs(factor) >= 0.1, { error: 'a power factor of 0.1 to 1, or -1 to -0.1' })
      .default(0.95),
  }),
  /** What the home makes itself, a roof for instance. */
  generation: z.strictObject({
    /** Name of a consumption shape. */
    shape: printable(1, 64).default('solar'),
    /** 0: nothing. */
    annualKWh: real(0, 1_000_000).default(0),
  }),
  voltage: z.strictObject({
    /** Averages kept. @source MMC schema v5.4: 4,320 [public] */
    entries: whole(1, 100_000).default(4_320),
  }),
  /** Pence: 28.62 a kWh, 53.35 a day. */
  tariff: tariffFacts(28_620, 53_350, 48),
  randomisation: z.strictObject({
    /** Each meter switches between registers so much late, at most, by an offset of its own. @source assumed, unless a profile says otherwise */
    offsetLimitS: whole(0, 1_799).default(0),
  }),
  supply,
  keypad,
  ota,
  events: meterEvents,
  quirks: meterQuirks,
  requests,
})

export const gsmeFacts = z.strictObject({
  ...everyDevice,
  metering,
  sleep: z.strictObject({
    wakeIntervalMin: whole(1, 1_440),
    /** Each wake-up comes up to this much late. */
    wakeJitterS: whole(0, 3_600),
    /** Between polls of its parent while awake. */
    shortPollMs: whole(100, 60_000),
    /** How long it stays awake after the last traffic. */
    stayAwakeMs: whole(100, 600_000),
  }),
  flow: z.strictObject({
    /** Name of a consumption shape. */
    shape: printable(1, 64),
    annualM3: real(0, 100_000),
  }),
  gas: z.strictObject({
    calorificValueMJPerM3: real(30, 50),
    /** Volume correction to standard temperature and pressure. */
    conversionFactor: real(0.5, 2),
    /** What its registers count: some meters of SMETS1 report kWh instead of m3. @source P38 [public] */
    registersIn: z.enum(['m3', 'kWh']).default('m3'),
    /** Entries of its network data log. @source MMC schema v5.4: 41 [public] */
    networkEntries: whole(1, 1_000).default(41),
  }),
  /** Pence: 7.42 a kWh, 29.11 a day. */
  tariff: tariffFacts(7_420, 29_110, 4),
  battery: z.strictObject({ initialPercent: whole(0, 100) }),
  supply,
  keypad,
  ota: gsmeOta,
  events: meterEvents,
  quirks: meterQuirks,
  requests,
})

export const displayFacts = z.strictObject(display)

/** The complete facts by device type. A GPF has none of its own: it is part of the hub. */
export const FACTS = {
  CHF: chfFacts,
  ESME: esmeFacts,
  GSME: gsmeFacts,
  PPMID: displayFacts,
  IHD: displayFacts,
  CAD: displayFacts,
} as const

/** Device types that have firmware-profiles. */
export type ProfiledDevice = keyof typeof FACTS

export const PROFILED_DEVICES: readonly ProfiledDevice[] = ['CHF', 'ESME', 'GSME', 'PPMID', 'IHD', 'CAD']
