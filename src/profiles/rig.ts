/** A rig as the other rooms see it: checked, with its profiles, frozen. */
import type { Eui64 } from '../base/ids.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import type { Apn } from '../ports/wan.ts'
import type { UsedFile } from './files.ts'
import type { Part } from './parts.ts'
import type { CadProfile, ChfProfile, EsmeProfile, GsmeProfile, IhdProfile, PpmidProfile, Profile } from './profile.ts'
import type { Application, DeviceType } from './rig-file.ts'
import type { RigPrepayment } from './rig-prepayment.ts'
import type { StickDriver } from './rig-sticks.ts'

export interface Rig {
  readonly name: string
  readonly description: string
  /** The rig file as it was named. */
  readonly file: string
  /** Name of a Group such as CB, or the path of a Group file. */
  readonly group: string
  /** Civil time of the run's start: ISO 8601 UTC, and the same in Unix milliseconds. */
  readonly startsAt: string
  readonly startsAtUnixMs: number
  /** Minutes of ordinary life before a migration begins. */
  readonly settleMin: number
  /** Message authentication keys of the originators, 64 lower-case hex digits. */
  readonly testKeys: {
    readonly smso: string
    readonly s1sp: string
    /** Who else holds a key at every hub from the start. */
    readonly others?: Readonly<Record<string, string>> | undefined
  }
  /** As they were written; checked when a run is prepared. */
  readonly faults: readonly string[]
  readonly installations: readonly Installation[]
  /** The rig file and every profile file it drew on, each once. */
  readonly files: readonly UsedFile[]
}

export interface Installation {
  readonly id: string
  /** 13 digits. */
  readonly mpan: string
  /** 1 to 10 digits; there exactly when there is a GSME. */
  readonly mprn?: string
  readonly supplier: string
  readonly installationType: 'active' | 'dormant' | 'mixed'
  readonly han: RigHan
  readonly sim: RigSim
  readonly devices: InstallationDevices
  /** What its devices may become, besides what they are: an image makes of a device the profile that states it. */
  readonly firmware: readonly Profile[]
  /** None: nothing of it is on real air. */
  readonly sticks: readonly RigStick[]
  /** The hub's, where it is real. */
  readonly modem?: RigModem
  /** Ports of the real hub that parties may speak to. */
  readonly raw: readonly RigRawPort[]
}

export interface RigHan {
  readonly kind: 'radio' | 'aps'
  /** 0x0001..0xfffe */
  readonly panId: number
  /** 11..26 */
  readonly channel: number
  /** Home automation: who joins comes with the well-known link key, and the network key alone protects data. */
  readonly application: Application
  /** Share of transmissions that nobody hears, 0..1. */
  readonly loss: number
  /** How strongly one part hears another, -100..20 dBm; as the air has it when absent. */
  readonly rssiDbm?: number
  /** Pairs that hear each other otherwise, each direction at most once. */
  readonly links: readonly RigLink[]
  /** Suites of key establishment in which hub and devices are certified. @source assumed: 1 alone, as SMETS1 homes */
  readonly suites: readonly CryptoSuite[]
}

/** How `to` hears `from`: what is absent is as for all others. */
export interface RigLink {
  readonly from: Part
  readonly to: Part
  /** False: not at all. */
  readonly inRange: boolean
  /** -150..20 dBm */
  readonly rssiDbm?: number
  /** 0..255 */
  readonly lqi?: number
  /** 0..1 */
  readonly loss?: number
}

export interface RigSim {
  readonly imsi: string
  readonly iccid: string
  readonly msisdn: string
  /** 4 to 8 digits; absent: its modem is asked for none. */
  readonly pin?: string
  /** 8 digits. */
  readonly puk?: string
  readonly account: string
  readonly plan: string
  /** IPv4 addresses allocated at the start, by access point. */
  readonly addresses: Readonly<Record<Apn, string>>
  /** IPv4 addresses allocated in the course of a migration, by access point. */
  readonly staticAddress: Readonly<Record<Apn, string>>
}

/** A radio on the bench: an emulated part stands on real air through it, or it only listens. */
export interface RigStick {
  readonly id: string
  readonly driver: StickDriver
  /** As `openLink` takes it. */
  readonly link: string
  readonly carries: Part | 'nothing'
}

/** A port of a real hub on the lab's network. */
export interface RigRawPort {
  readonly name: string
  /** As `parseLabAddress` takes it. */
  readonly to: string
}

/** A real modem with the SIM of the installation: through it the emulated hub goes to the SM WAN. */
export interface RigModem {
  /** As `openLink` takes it. */
  readonly link: string
}

/** Programs that take the power of a real part away and give it back, with their arguments. */
export interface RigPower {
  readonly off: readonly string[]
  readonly on: readonly string[]
}

export interface RigDevice<T extends DeviceType> {
  readonly type: T
  /** Name of the part within its installation, e.g. `esme`. */
  readonly id: string
  readonly deviceId: Eui64
}

/** What says whether a device is emulated or hardware. */
export interface RigHardware {
  readonly kind: 'emulated' | 'real'
  /** Real parts only, and not all of them. */
  readonly power?: RigPower
}

/** A device that joins the HAN. `profile`: what it is, or what a real one is expected to be. */
export interface RigHanDevice<T extends DeviceType, P> extends RigDevice<T>, RigHardware {
  readonly profile: P
  /** 6, 8, 12 or 16 octets, lower-case hex, without the CRC. */
  readonly installCode: string
}

/** A meter, and what stands on its account when a run begins; nothing, in credit mode, where it is absent. */
export interface RigMeter<T extends DeviceType, P> extends RigHanDevice<T, P> {
  readonly prepayment?: RigPrepayment
}

/** The device set of a SMETS1 Installation. @source TMAD consultation May 2018, footnote 1 */
export interface InstallationDevices {
  readonly chf: RigDevice<'CHF'> & RigHardware & { readonly profile: ChfProfile }
  readonly gpf: RigDevice<'GPF'>
  readonly esme: RigMeter<'ESME', EsmeProfile>
  readonly gsme?: RigMeter<'GSME', GsmeProfile>
  readonly ppmid?: RigHanDevice<'PPMID', PpmidProfile>
  readonly ihd?: RigHanDevice<'IHD', IhdProfile>
  readonly cad?: RigHanDevice<'CAD', CadProfile>
}
