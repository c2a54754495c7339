/** What a rig file may hold: what is installed where. */
import { z } from 'zod'
import { profileId } from './profile-file.ts'
import { links } from './rig-links.ts'
import { modem } from './rig-modem.ts'
import { prepayment } from './rig-prepayment.ts'
import { raw } from './rig-raw.ts'
import { deviceKind, power, sticks } from './rig-sticks.ts'
import { apn, digits, eui64, ipv4, printable, real, slug, text, whole } from './scalars.ts'

export const RIG_KIND = 's1rig/rig/1'

/** The seven device types of a SMETS1 Installation. @source TMAD consultation May 2018, footnote 1 */
export const DEVICE_TYPES = ['CHF', 'GPF', 'ESME', 'GSME', 'PPMID', 'IHD', 'CAD'] as const
export type DeviceType = (typeof DEVICE_TYPES)[number]

/** Application profiles of ZigBee that a HAN may run. */
export const APPLICATIONS = ['smart-energy', 'home-automation'] as const
export type Application = (typeof APPLICATIONS)[number]

/** Install code without its CRC. @source ZigBee Smart Energy 1.x, section 5.4.8.1: 48, 64, 96 or 128 bits */
const installCode = text(
  '6, 8, 12 or 16 octets in hex, without the CRC',
  /^(?:[0-9a-fA-F]{12}|[0-9a-fA-F]{16}|[0-9a-fA-F]{24}|[0-9a-fA-F]{32})$/,
).transform(code => code.toLowerCase())

const panId = text('a PAN identifier in quotes, "0x0001" to "0xfffe"', /^0x(?!0000|[fF]{4})[0-9a-fA-F]{4}$/).transform(
  written => Number.parseInt(written, 16),
)

const key = text('a 256-bit key as 64 hex digits', /^[0-9a-fA-F]{64}$/).transform(written => written.toLowerCase())

const addresses = z.record(apn, ipv4)

const EARLIEST = Date.parse('2000-01-01T00:00:00Z')
const LATEST = Date.parse('2100-01-01T00:00:00Z')
const START = 'an instant of 2000 to 2099 in UTC such as 2021-10-11T06:00:00Z'

/** Names the device within its installation; its type in lower case when left out. */
const name = slug.optional()

/** What is hardware has a profile too: what it is expected to be. */
const hardware = { kind: deviceKind, power: power.optional() }

const onHan = <T extends DeviceType>(type: T) =>
  z.strictObject({ type: z.literal(type), id: name, deviceId: eui64, profile: profileId, installCode, ...hardware })

const noInstallCode = z.never({ error: 'no installCode: the hub itself does not join' }).optional()

/** A meter has an account; in credit mode with nothing on it unless given. */
const meter = { prepayment: prepayment.optional() }

const device = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('CHF'),
    id: name,
    deviceId: eui64,
    profile: profileId,
    installCode: noInstallCode,
    ...hardware,
  }),
  z.strictObject({
    type: z.literal('GPF'),
    id: name,
    deviceId: eui64,
    profile: z.never({ error: 'no profile: the GPF is part of the hub and follows the profile of the CHF' }).optional(),
    installCode: noInstallCode,
    kind: z.never({ error: 'no kind: the GPF is part of the hub, and real where the CHF is' }).optional(),
    power: z.never({ error: 'no power: the GPF is part of the hub; the CHF has it' }).optional(),
  }),
  onHan('ESME').extend(meter),
  onHan('GSME').extend(meter),
  onHan('PPMID'),
  onHan('IHD'),
  onHan('CAD'),
])

const sim = z.strictObject({
  imsi: digits(15),
  iccid: digits(19, 20),
  msisdn: digits(7, 15),
  /** What its modem is asked for first; none unless given. */
  pin: digits(4, 8).optional(),
  puk: digits(8).optional(),
  /** Customer Account the SIM stands in. */
  account: printable(1, 64),
  /** Communications Plan: which access points the SIM may use. */
  plan: printable(1, 64),
  /** Addresses allocated at the start, by access point. */
  addresses: addresses.refine(all => Object.keys(all).length > 0, { error: 'at least one access point' }),
  /** Addresses allocated in the course of a migration, by access point. */
  staticAddress: addresses.optional(),
})

const installation = z.strictObject({
  id: slug,
  mpan: digits(13),
  mprn: digits(1, 10).optional(),
  supplier: printable(1, 64),
  installationType: z.enum(['active', 'dormant', 'mixed']),
  han: z.strictObject({
    /** `radio`: ZigBee frames on a simulated air, captured into the run folder. `aps`: in memory, no frames, for fleets. */
    kind: z.enum(['radio', 'aps']).default('radio'),
    panId,
    channel: whole(11, 26),
    /**
     * `home-automation`: profile 0x0104, the well-known link key to join with and the network key alone for data, as hosts know it
     * that do not speak Smart Energy.
     */
    application: z.enum(APPLICATIONS).default('smart-energy'),
    /** Share of transmissions that nobody hears. */
    loss: real(0, 1).default(0),
    /** How strongly one part hears another, dBm. */
    rssiDbm: real(-100, 20).optional(),
    /** Pairs that hear each other otherwise. */
    links: links.default([]),
    /** Suites of key establishment in which hub and devices are certified. */
    suites: z
      .array(z.literal([1, 2]))
      .min(1)
      .refine(all => new Set(all).size === all.length, { error: 'each suite once' })
      .default([1]),
  }),
  sim,
  devices: z.array(device),
  /** Radios on the bench: emulated parts stand on real air through them. */
  sticks: sticks.default([]),
  /** The modem through which the emulated hub goes to the SM WAN; its SIM is this one. */
  modem: modem.optional(),
  /** Ports of the real hub that parties may speak to. */
  raw: raw.default([]),
})

export const rigFile = z.strictObject({
  schema: z.literal(RIG_KIND),
  name: slug,
  description: z.string().min(1).max(1_000),
  /** A Group of this package such as CB, or the path of a Group file, relative to the rig file. */
  group: printable(1, 255),
  /** Civil time at which the run starts. */
  startsAt: z.iso
    .datetime({ error: START })
    .refine(at => Date.parse(at) >= EARLIEST && Date.parse(at) < LATEST, { error: START }),
  /** Minutes of ordinary life before a migration begins. */
  settleMin: whole(0, 43_200),
  /** Message authentication keys of the originators: for tests, never those of a live system. */
  /** `others`: who else holds a key at every hub from the start, such as a core or a monitor of the lab's own. */
  testKeys: z.strictObject({ smso: key, s1sp: key, others: z.record(slug, key).optional() }),
  /** Faults of every run, `[INSTALLATION/]PART.ASPECT=VALUE`, as `--fault` takes them. */
  faults: z.array(printable(1, 255)).max(64).default([]),
  /** Firmware-profiles that devices may become when they are upgraded, besides those they begin with. */
  firmware: z.array(profileId).max(64).default([]),
  installations: z.array(installation).min(1),
})

export type RigFile = z.infer<typeof rigFile>
export type InstallationFile = RigFile['installations'][number]
export type DeviceFile = InstallationFile['devices'][number]
