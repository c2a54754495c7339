/** One installation, wired: a home, its hub unless that is real, and the hub's line to the packet gateway. */
import { toHex } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { milliseconds, minutes, seconds } from '../base/time.ts'
import { ESI_ENDPOINT, Hub } from '../devices/hub/hub.ts'
import type { HubMemory, HubOptions } from '../devices/hub/hub-options.ts'
import { identityOf } from '../devices/ota/image-identity.ts'
import type { TraceSink } from '../kernel/tracer.ts'
import type { Party } from '../ports/rig-control.ts'
import type { Apn } from '../ports/wan.ts'
import type { Part } from '../profiles/parts.ts'
import { RADIO_DRIVERS } from '../profiles/rig-sticks.ts'
import { DataCentres } from '../wan/data-centres.ts'
import { HeadEnd } from '../wan/head-end.ts'
import type { HubLink } from '../wan/hub-link.ts'
import type { PacketGateway } from '../wan/packet-gateway.ts'
import { SmsCentre, type SmsMemory } from '../wan/sms-centre.ts'
import { LeasedCoordinator } from './device-life.ts'
import { Outage } from './faults/outage.ts'
import { Home, type HomeMemory, type HomeOptions, kernelOf, type LifeMemory } from './home.ts'
import { codeOf, displaysOf, HOME_PARTS, inventoryOf, modelsOf } from './home-record.ts'
import type { Start } from './home-works.ts'
import { JoiningProgress } from './joining-progress.ts'
import type { SmsAddressee } from './sms-desk.ts'
import type { ImageMistake } from './spoilt-images.ts'

/**
 * What an installation keeps when the process dies, which is a power cut for all that is emulated here: plain values that can be
 * written as JSON, keys among them. What is half done is not in it, but requests in work are: see `wan/exchanges`.
 */
export interface InstallationMemory extends LifeMemory {
  /** An installer was there: the hub was told of its devices. */
  installed: boolean
  home: HomeMemory
  /** Absent where the hub is real. */
  hub?: HubMemory
  /** Short messages that wait for the hub. */
  sms?: SmsMemory
}

export interface InstallationOptions extends Omit<HomeOptions, 'memory'> {
  /** What is there from an earlier process: then power comes back to devices that know each other. */
  memory?: InstallationMemory | undefined
  gateway: PacketGateway
  /** Access point the hub is on at the start. */
  apn: Apn
  operators: Readonly<Record<Apn, string>>
  /** Key the SMSO speaks to the hub with, 32 octets. */
  smsoKey: Uint8Array
  /** Keys of others that speak to it from the start, hex, by originator. */
  otherKeys?: Readonly<Record<string, string>> | undefined
  /** Critical requests need the DCO's authentication; they do not unless given. */
  asksDco?: boolean
}

/** A hub that is emulated here, with its line to the outside. */
interface HubHere {
  /** As it runs now. */
  hub: Hub
  /** Another life of it, from what it kept. */
  begin: (kept: HubMemory) => Hub
  link: HubLink
  /** The hub has no coverage. */
  wanOutage: Outage
  smsCentre: SmsCentre
}

/** How often somebody presses the buttons of emulated devices before a real hub, until they have joined. */
const JOIN_EVERY_US = minutes(1)

export class Installation extends Home {
  /** Fault: as what the SMSO names its SIM, whatever has become of it. */
  listedAs: 'migrated' | 'retained' | undefined
  /** Fault: what is wrong with the images that the SMSO sends. */
  imageMistake: ImageMistake | undefined
  /** Parties as this installation finds them. */
  readonly parties: Readonly<Record<Party, DataCentres>>
  /** Of the S1SP, behind the access point after. */
  readonly headEnd: HeadEnd
  /** Undefined where the hub is real: then whoever fronts it answers on the broker. */
  readonly hubHere: HubHere | undefined
  private readonly progress: JoiningProgress
  /** It goes on from what an earlier process kept. */
  readonly isResumed: boolean
  private readonly lives: number
  private installed: boolean

  constructor({ memory, ...options }: InstallationOptions) {
    const progress = new JoiningProgress(memory?.home.han)
    const sink: TraceSink = record => {
      progress.see(record)
      options.sink(record)
    }
    super({ ...options, sink, memory: memory?.home, kernel: options.kernel ?? kernelOf(options, memory) })
    this.progress = progress
    this.lives = (memory?.lives ?? 0) + 1
    this.isResumed = this.lives > 1
    this.installed = memory?.installed ?? false
    this.parties = { s1sp: new DataCentres(this.kernel), dco: new DataCentres(this.kernel) }
    const [after = ''] = Object.entries(options.operators).find(([, who]) => who === 's1sp') ?? []
    this.headEnd = new HeadEnd({
      ...{ apn: after, centres: this.parties.s1sp, timers: this.kernel },
      trace: this.tracer.part('wan'),
    })
    const { chf } = this.record.devices
    this.hubHere = chf.kind === 'real' ? undefined : this.makeHub(options, memory)
    const parts = HOME_PARTS.filter(part => this.record.devices[part]?.kind === 'emulated')
    this.furnish(
      this.hubHere
        ? { parts, esi: { device: chf.deviceId, endpoint: ESI_ENDPOINT } }
        : { parts, joinEveryUs: JOIN_EVERY_US },
    )
  }

  /** @throws InvariantError where the hub is real */
  get hub(): Hub {
    return this.here.hub
  }
  /** @throws InvariantError where the hub is real */
  get link(): HubLink {
    return this.here.link
  }

  /** @throws InvariantError where the hub is real */
  get wanOutage(): Outage {
    return this.here.wanOutage
  }

  /** Its SIM, for those who send short messages. */
  get smsAddressee(): SmsAddressee {
    const centre = this.hubHere?.smsCentre
    return {
      id: this.id,
      submit: centre && (message => centre.submit(message)),
      refused: (reason, detail) =>
        this.tracer.part('sms').emit({ kind: 'wan.refused', reason: `sms-${reason}`, detail }),
    }
  }

  /** Every device is on the HAN, with its keys, and the gas meter has reported; before a real hub, every emulated one is. */
  get isAssembled(): boolean {
    const { devices, sticks, han } = this.record
    const here = HOME_PARTS.flatMap(part => devices[part] ?? [])
    if (!this.hubHere) return here.every(({ kind, deviceId }) => kind === 'real' || this.progress.joined.has(deviceId))
    const { deviceLog, mirror } = this.hubHere.hub
    // A stick with a stack of its own has no link keys.
    const keyed = han.application === 'smart-energy' && sticks.every(({ driver }) => RADIO_DRIVERS.includes(driver))
    const known = (device: Eui64) => !keyed || this.progress.keyed.has(device)
    const joined = new Set(deviceLog.list().flatMap(entry => (entry.joined ? [entry.deviceId] : [])))
    const reported = !keyed || !devices.gsme || mirror.identity !== undefined
    return reported && here.every(({ deviceId }) => joined.has(deviceId) && known(deviceId))
  }

  /**
   * What would be there if the process were killed now. Only between two events: in the middle of one, what an order does may be
   * there and its answer not. Kept once before power comes, no frame counter is used by two lives, whatever else is lost.
   * @throws InvariantError inside an event
   */
  memory(): InstallationMemory {
    const { kernel } = this
    if (kernel.busy) throw new InvariantError(`memory of ${this.id} asked for inside an event`)
    return {
      ...{ lives: this.lives, installed: this.installed, nowUs: kernel.nowUs(), unixMs: kernel.unixMs() },
      home: this.homeMemory(),
      ...(this.hubHere && { hub: this.hubHere.hub.memory(), sms: this.hubHere.smsCentre.memory() }),
    }
  }

  /**
   * Switches everything on: the hub knows its devices, the HAN is open, each device joins. After an earlier life each goes on
   * from what it knows.
   */
  override powerOn(): void {
    if (this.works.isUp('hub')) this.startHub()
    super.powerOn()
  }

  protected override isHere(part: Part): boolean {
    return part === 'hub' ? this.hubHere !== undefined : super.isHere(part)
  }

  /** A hub that is down is off the WAN as well. */
  protected override silence(part: Part): () => void {
    const hear = super.silence(part)
    if (part !== 'hub') return hear
    this.hub.session.powerFails()
    const covered = this.wanOutage.add()
    return () => {
      hear()
      covered()
    }
  }

  protected override powerFails(part: Part): void {
    if (part === 'hub') this.hub.powerFails()
    else super.powerFails(part)
  }

  protected override begin(part: Part, start: Start): void {
    if (part !== 'hub') return super.begin(part, start)
    const { here } = this
    const before = here.hub.memory()
    const version = this.works.profileOf('hub')?.firmware.version
    const isOther = start === 'upgraded' && version !== undefined
    here.hub = here.begin({ ...before, ...(isOther && { firmware: version }) })
    if (this.isOn) this.startHub()
  }

  private startHub(): void {
    this.hubHere?.hub.start()
    if (!this.installed) this.install()
  }

  /** Whoever puts a home in waits for the hub. */
  private install(): void {
    this.installed = true
    const { devices } = this.record
    const whitelist = this.hubHere?.hub.whitelist
    for (const device of HOME_PARTS.flatMap(part => devices[part] ?? [])) {
      whitelist?.add(device.deviceId, codeOf(device))
    }
    whitelist?.open(seconds(devices.chf.profile.joinWindow.maxS))
  }

  private get here(): HubHere {
    if (!this.hubHere) throw new InvariantError(`the hub of ${this.id} is real: it is not here`)
    return this.hubHere
  }

  private makeHub(options: InstallationOptions, memory: InstallationMemory | undefined): HubHere {
    const { record, gateway } = options
    const { chf, gpf } = record.devices
    const link = gateway.link({
      installation: record.id,
      hub: chf.deviceId,
      imsi: record.sim.imsi,
      timers: this.kernel,
      trace: this.tracer.part('wan'),
      attachUs: milliseconds(chf.profile.wan.attachMs),
      headEnd: this.headEnd,
      modem: options.bench?.modem,
    })
    const timers = this.kernel
    const smsCentre = new SmsCentre({ clock: this.kernel, timers, trace: this.tracer.part('sms'), memory: memory?.sms })
    const sms = smsCentre.link(record.sim.msisdn, () => link.standing)
    link.watchStanding(() => sms.ready())
    const node = this.han.coordinator(chf.deviceId)
    const equipment: HubOptions = {
      gpfId: gpf.deviceId,
      inventory: inventoryOf(record.devices),
      models: modelsOf(record.devices),
      asksDco: options.asksDco ?? false,
      gpfPartners: displaysOf(record.devices),
      gasHistory: () => this.devices.gsme?.history(),
      network: { panId: record.han.panId, channel: record.han.channel },
      link,
      sms: {
        listen(take) {
          sms.listen(take)
          options.bench?.modem?.listenForMessages(take)
        },
      },
      operators: options.operators,
      wanMemory: {
        apn: options.apn,
        keys: [['smso', toHex(options.smsoKey)], ...Object.entries(options.otherKeys ?? {})],
        counters: [],
        ownCounter: 0,
      },
      restart: ({ facts }) => {
        const works = this.works.worksOf('hub')
        if (works.mishap?.()?.is !== 'lost') works.boot(identityOf(facts))
      },
    }
    const begin = (kept: HubMemory | undefined) => {
      const profile = this.works.profileOf('hub')
      if (profile?.device !== 'CHF') throw new InvariantError(`the hub of ${this.id} has the profile of no hub`)
      const around = this.around('hub', new LeasedCoordinator(node))
      return new Hub(around, profile, { ...equipment, memory: kept })
    }
    const wanOutage = new Outage({ begins: () => link.setCoverage(false), ends: () => link.setCoverage(true) })
    return { hub: begin(memory?.hub), begin, link, wanOutage, smsCentre }
  }
}
