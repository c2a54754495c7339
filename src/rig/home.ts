/** The devices of one home on its HAN, in a time of their own: what there is without a hub and its line to the outside. */
import { fromHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { withCrc } from '../crypto/install-code.ts'
import { type DeviceMemory, HA_PROFILE, type Installed, SE_PROFILE, type Surroundings } from '../devices/device.ts'
import { Display } from '../devices/display.ts'
import { Esme } from '../devices/esme.ts'
import { Gsme } from '../devices/gsme.ts'
import { ESI_ENDPOINT } from '../devices/hub/hub.ts'
import type { MeterMemory } from '../devices/meter.ts'
import { Kernel } from '../kernel/kernel.ts'
import { Tracer, type TraceSink } from '../kernel/tracer.ts'
import type { Part } from '../profiles/parts.ts'
import type { Installation as InstallationRecord } from '../profiles/rig.ts'
import type { Peer } from '../zcl/transactions.ts'
import type { Bench } from './bench/bench.ts'
import { isOnRealAir } from './bench/capabilities.ts'
import { deviceOf } from './faults/fault-kind.ts'
import { type HanMemory, type HomeNetwork, homeNetwork } from './home-network.ts'

/** A device of a home that joins its HAN. */
export type HomePart = Exclude<Part, 'hub'>
/** All that a home may have, in the order in which they are switched on. */
export const HOME_PARTS = ['esme', 'gsme', 'ppmid', 'ihd', 'cad'] as const satisfies HomePart[]

/** The trust centre of a device that has not joined: nothing is asked of it. */
const NOBODY: Eui64 = '0000000000000000'

export interface HomeOptions {
  record: InstallationRecord
  /** Of the whole run; each home draws its own from it. */
  seed: string
  startUnixMs: number
  sink: TraceSink
  /** What its devices kept from before this process. */
  memory?: HomeMemory | undefined
  /** The coordinator is not of this rig: it may choose any channel. */
  foreignCoordinator?: boolean
  /** Takes the capture of a HAN on the air. */
  onCapture?: ((octets: Uint8Array) => void) | undefined
  /** Its time; one of its own unless given. */
  kernel?: Kernel
  /** Its sticks and real parts. */
  bench?: Bench | undefined
}

/** What the devices of a home keep while they have no power: plain values that can be written as JSON, keys among them. */
export interface HomeMemory {
  han: HanMemory
  /** Of those that are emulated here. */
  devices: Readonly<
    Partial<Record<'esme' | 'gsme', MeterMemory>> & Partial<Record<'ppmid' | 'ihd' | 'cad', DeviceMemory>>
  >
}

/** How far a home had come when it was last switched off. */
export interface LifeMemory {
  /** How many there were, the last one with it. */
  lives: number
  nowUs: Micros
  /** Civil time then. */
  unixMs: number
}

/** The time of one home. It goes on from `before`, and civil time never goes back. */
export const kernelOf = (
  { record, seed, startUnixMs }: Pick<HomeOptions, 'record' | 'seed' | 'startUnixMs'>,
  before: LifeMemory = { lives: 0, nowUs: 0, unixMs: startUnixMs },
): Kernel =>
  new Kernel({
    seed: `${seed}/${record.id}`,
    startUnixMs: Math.max(startUnixMs, before.unixMs),
    startUs: before.nowUs,
    life: before.lives,
  })

/** What is put into a home, and how. */
export interface Furniture {
  /** Those that are emulated here, if the home has them; all unless given. */
  parts?: readonly HomePart[]
  /** The hub's Energy Service Interface; where hubs have theirs on whatever coordinator a device has joined, unless given. */
  esi?: Peer
  /** Somebody presses the buttons of the devices so often until they are on a network. */
  joinEveryUs?: Micros
}

/** Those of its devices that are emulated here. */
export interface HomeDevices {
  esme?: Esme
  gsme?: Gsme
  ppmid?: Display
  ihd?: Display
  cad?: Display
}

export class Home {
  readonly id: string
  readonly record: InstallationRecord
  readonly kernel: Kernel
  readonly tracer: Tracer
  readonly han: HomeNetwork
  readonly devices: Readonly<HomeDevices>
  private readonly before: HomeMemory['devices']

  constructor(options: HomeOptions) {
    const { record } = options
    this.id = record.id
    this.record = record
    this.kernel = options.kernel ?? kernelOf(options)
    this.tracer = new Tracer({ clock: this.kernel, installation: record.id, sink: options.sink })
    this.han = homeNetwork({
      han: record.han,
      foreignCoordinator: options.foreignCoordinator,
      memory: options.memory?.han,
      deviceOf: part => deviceOf(record, part),
      clock: this.kernel,
      timers: this.kernel,
      random: this.kernel.random,
      innate: this.kernel.innate,
      trace: this.tracer.part('han'),
      onCapture: options.onCapture,
      bench: isOnRealAir(record) ? options.bench : undefined,
    })
    this.devices = {}
    this.before = options.memory?.devices ?? {}
  }

  /** What its devices would keep if they lost power now. */
  homeMemory(): HomeMemory {
    const kept = HOME_PARTS.flatMap(part => {
      const device = this.devices[part]
      return device ? [[part, device.memory()] as const] : []
    })
    return { han: this.han.memory(), devices: Object.fromEntries(kept) }
  }

  /** Puts devices in. */
  furnish({ parts = HOME_PARTS, esi, joinEveryUs }: Furniture = {}): void {
    const made: HomeDevices = this.devices
    const { esme, gsme, ...displays } = this.record.devices
    const installed = (device: { deviceId: Eui64; installCode: string }): Installed => ({
      installCode: codeOf(device),
      esi: esi ?? this.esiOf(device.deviceId),
      ...(joinEveryUs !== undefined && { joinEveryUs }),
    })
    const { before } = this
    if (parts.includes('esme')) {
      made.esme = new Esme(this.onHan(esme, 'router'), esme.profile, {
        ...installed(esme),
        mpxn: this.record.mpan,
        memory: before.esme,
      })
    }
    if (gsme && parts.includes('gsme')) {
      const given = { ...installed(gsme), mpxn: this.record.mprn, memory: before.gsme }
      made.gsme = new Gsme(this.onHan(gsme, 'sleepy-end-device'), gsme.profile, given)
    }
    for (const part of ['ppmid', 'ihd', 'cad'] as const) {
      const device = displays[part]
      if (!device || !parts.includes(part)) continue
      const given = { ...installed(device), memory: before[part] }
      made[part] = new Display(this.onHan(device, 'router'), device.profile, given)
    }
  }

  /** Switches its devices on: each joins. */
  powerOn(): void {
    for (const part of HOME_PARTS) this.devices[part]?.start()
  }

  /** What a device of this home sees and can do, but for the HAN. */
  protected around(device: { id: string; deviceId: Eui64 }): Omit<Surroundings, 'han'> {
    const { kernel } = this
    return {
      deviceId: device.deviceId,
      clock: kernel,
      timers: kernel,
      random: { stream: label => kernel.random.stream(`${device.id}/${label}`) },
      trace: this.tracer.part(device.id),
      profileId: this.record.han.application === 'home-automation' ? HA_PROFILE : SE_PROFILE,
    }
  }

  private esiOf(device: Eui64): Peer {
    const { han } = this
    return {
      get device() {
        return han.trustCentreOf(device) ?? NOBODY
      },
      endpoint: ESI_ENDPOINT,
    }
  }

  private onHan(device: { id: string; deviceId: Eui64 }, role: 'router' | 'sleepy-end-device'): Surroundings {
    return { ...this.around(device), han: this.han.node(device.deviceId, role) }
  }
}

/** The install code with its CRC, as it is typed and whitelisted. */
export const codeOf = (device: { installCode: string }): Uint8Array => withCrc(fromHex(device.installCode))
