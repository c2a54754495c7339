import { InvariantError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { type DeviceMemory, HA_PROFILE, type Installed, SE_PROFILE, type Surroundings } from '../devices/device.ts'
import { Display } from '../devices/display.ts'
import { Esme } from '../devices/esme.ts'
import type { Condition } from '../devices/events/conditions.ts'
import { Gsme } from '../devices/gsme.ts'
import { ESI_ENDPOINT } from '../devices/hub/hub.ts'
import type { MeterMemory } from '../devices/meter.ts'
import { afterOutage } from '../devices/meter-power.ts'
import { afterBoot } from '../devices/ota/firmware-slots.ts'
import { Kernel } from '../kernel/kernel.ts'
import { Tracer, type TraceSink } from '../kernel/tracer.ts'
import type { HanNode } from '../ports/han.ts'
import type { Part } from '../profiles/parts.ts'
import type { Installation as InstallationRecord } from '../profiles/rig.ts'
import type { Peer } from '../zcl/transactions.ts'
import type { Bench } from './bench/bench.ts'
import { isOnRealAir } from './bench/capabilities.ts'
import { LeasedNode } from './device-life.ts'
import { deviceOf } from './faults/fault-kind.ts'
import { type HanMemory, type HomeNetwork, homeNetwork } from './home-network.ts'
import { accountsOf, codeOf, displaysOf, HOME_PARTS, type HomePart } from './home-record.ts'
import { type Became, HomeWorks, type Start } from './home-works.ts'
import { HomeWrongs, type MeterPart } from './home-wrongs.ts'

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
  /** Those that an upgrade has made other than the rig says. */
  became?: Became
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
  /** Where the firmware of its parts is changed. */
  readonly works: HomeWorks
  private readonly before: HomeMemory['devices']
  private readonly nodes = new Map<HomePart, HanNode>()
  private furniture: Furniture = {}
  private readonly wrongs = new HomeWrongs()
  protected isOn = false

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
    this.works = new HomeWorks({
      ...{ record, clock: this.kernel, timers: this.kernel, before: options.memory?.became },
      silence: part => this.silence(part),
      powerFails: part => this.powerFails(part),
      begin: (part, start) => this.begin(part, start),
    })
  }

  /** What its devices would keep if they lost power now. */
  homeMemory(): HomeMemory {
    const kept = HOME_PARTS.flatMap(part => {
      const device = this.devices[part]
      return device ? [[part, device.memory()] as const] : []
    })
    const { became } = this.works
    return { han: this.han.memory(), devices: Object.fromEntries(kept), ...(became && { became }) }
  }

  /** Puts devices in. */
  furnish(furniture: Furniture = {}): void {
    this.furniture = furniture
    for (const part of furniture.parts ?? HOME_PARTS) this.put(part, this.before)
  }

  /** Switches its devices on: each joins. */
  powerOn(): void {
    this.isOn = true
    for (const part of HOME_PARTS) if (this.works.isUp(part)) this.start(part)
  }

  /**
   * Takes the power of a part away, for one more reason; what is returned ends that. An emulated part is made anew from what it keeps,
   * a real one is switched by its relay.
   */
  cutPower(part: Part): () => void {
    if (this.isHere(part)) return this.works.cutPower(part)
    return this.han.cutPower(deviceOf(this.record, part) ?? NOBODY)
  }

  /** What a part of this home sees and can do in the life that begins, but for the HAN. */
  protected around<N extends HanNode>(part: Part, lease: N & { end(): void }): Surroundings & { han: N } {
    const { kernel, works } = this
    const { han, timers, clock } = works.begin(part, lease)
    const { id, deviceId } = part === 'hub' ? this.record.devices.chf : this.partOf(part)
    const lives = works.livesOf(part)
    const dice = lives === 0 ? id : `${id}/life ${lives}`
    return {
      ...{ deviceId, han, timers, clock, works: works.worksOf(part) },
      random: { stream: label => kernel.random.stream(`${dice}/${label}`) },
      trace: this.tracer.part(id),
      profileId: this.record.han.application === 'home-automation' ? HA_PROFILE : SE_PROFILE,
    }
  }

  /** Something is wrong with a meter, which sees it when it has power; what is returned ends that. */
  afflict(part: MeterPart, condition: Condition): () => void {
    const over = this.wrongs.add(part, condition)
    this.see(part)
    return () => {
      over()
      this.see(part)
    }
  }

  /** Whether a part is emulated here. */
  protected isHere(part: Part): boolean {
    return part !== 'hub' && this.devices[part] !== undefined
  }
  /** Takes a part off the air while it is down; what is returned gives it back. */
  protected silence(part: Part): () => void {
    return this.han.cutPower(deviceOf(this.record, part) ?? NOBODY)
  }
  /** The power of a part is going. */
  protected powerFails(part: Part): void {
    if (part === 'esme' || part === 'gsme') this.devices[part]?.keeping.power.fails()
    else if (part !== 'hub') this.devices[part]?.powerFails()
  }

  /** A part starts anew from what it keeps, as the profile it is now. Between two firmwares what it measures has gone on. */
  protected begin(part: Part, start: Start): void {
    const profile = this.works.profileOf(part)
    const before = part === 'hub' ? undefined : this.devices[part]?.memory()
    if (part === 'hub' || !before || !profile) return
    const { backupS } = profile.clock
    const kept = afterOutage(before, { nowMs: this.kernel.unixMs(), backupS })
    const changed = start !== 'power' && { ota: afterBoot(start === 'upgraded') }
    const { version } = profile.firmware
    this.put(part, { [part]: { ...kept, ...changed, ...(start === 'upgraded' && { firmware: version }) } })
    if (this.isOn) this.start(part)
  }

  private start(part: HomePart): void {
    this.devices[part]?.start()
    if (part === 'esme' || part === 'gsme') this.see(part)
  }
  /** A meter that has power sees what is wrong with it. */
  private see(part: MeterPart): void {
    if (this.isOn && this.works.isUp(part)) this.devices[part]?.keeping.conditions.see(this.wrongs.of(part))
  }

  /** Puts a device in, as the profile it is now; nothing where the home has none. `kept`: what it kept from before. */
  private put(part: HomePart, kept: HomeMemory['devices']): void {
    const made: HomeDevices = this.devices
    const profile = this.works.profileOf(part)
    if (!profile) return
    const device = this.partOf(part)
    const { esi, joinEveryUs } = this.furniture
    const installed: Installed = {
      installCode: codeOf(device),
      esi: esi ?? this.esiOf(device.deviceId),
      ...(joinEveryUs !== undefined && { joinEveryUs }),
    }
    const around = this.around(part, this.lease(part))
    const { mpan, mprn } = this.record
    const partners = displaysOf(this.record.devices)
    const accounts = accountsOf(this.record.devices)
    switch (profile.device) {
      case 'ESME':
        made.esme = new Esme(around, profile, {
          ...installed,
          mpxn: mpan,
          partners,
          ...accounts.esme,
          memory: kept.esme,
        })
        return
      case 'GSME':
        made.gsme = new Gsme(around, profile, {
          ...installed,
          mpxn: mprn,
          partners,
          ...accounts.gsme,
          memory: kept.gsme,
        })
        return
      case 'PPMID':
        made.ppmid = new Display(around, profile, { ...installed, memory: kept.ppmid })
        return
      case 'IHD':
        made.ihd = new Display(around, profile, { ...installed, memory: kept.ihd })
        return
      case 'CAD':
        made.cad = new Display(around, profile, { ...installed, memory: kept.cad })
        return
      case 'CHF':
        throw new InvariantError(`${part} has the profile of a hub`)
      default:
        profile satisfies never
    }
  }

  /** The place of a part on the HAN, for one life. */
  private lease(part: HomePart): LeasedNode {
    const role = part === 'gsme' ? 'sleepy-end-device' : 'router'
    const node = this.nodes.get(part) ?? this.han.node(this.partOf(part).deviceId, role)
    this.nodes.set(part, node)
    return new LeasedNode(node)
  }

  private partOf(part: HomePart): NonNullable<InstallationRecord['devices'][HomePart]> {
    const device = this.record.devices[part]
    if (!device) throw new InvariantError(`${this.id} has no ${part}`)
    return device
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
}
