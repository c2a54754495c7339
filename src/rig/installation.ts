/** One installation, wired: a home, its hub unless that is real, and the hub's line to the packet gateway. */
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { milliseconds, minutes, seconds } from '../base/time.ts'
import { ESI_ENDPOINT, type HanDeviceType, Hub } from '../devices/hub/hub.ts'
import type { TraceSink } from '../kernel/tracer.ts'
import type { TraceRecord } from '../ports/trace.ts'
import type { Apn } from '../ports/wan.ts'
import type { InstallationDevices } from '../profiles/rig.ts'
import { RADIO_DRIVERS } from '../profiles/rig-sticks.ts'
import type { HubLink, PacketGateway } from '../wan/packet-gateway.ts'
import { SmsCentre } from '../wan/sms-centre.ts'
import { Outage } from './faults/outage.ts'
import { codeOf, HOME_PARTS, Home, type HomeOptions } from './home.ts'
import type { SmsAddressee } from './sms-desk.ts'

export interface InstallationOptions extends HomeOptions {
  gateway: PacketGateway
  /** Access point the hub is on at the start. */
  apn: Apn
  operators: Readonly<Record<Apn, string>>
  /** Key the SMSO speaks to the hub with, 32 octets. */
  smsoKey: Uint8Array
}

/** A hub that is emulated here, with its line to the outside. */
interface HubHere {
  hub: Hub
  link: HubLink
  /** The hub has no coverage. */
  wanOutage: Outage
  smsCentre: SmsCentre
}

/** How often somebody presses the buttons of emulated devices before a real hub, until they have joined. */
const JOIN_EVERY_US = minutes(1)

export class Installation extends Home {
  /** Undefined where the hub is real: then whoever fronts it answers on the broker. */
  readonly hubHere: HubHere | undefined
  private readonly progress: JoiningProgress

  constructor(options: InstallationOptions) {
    const progress = new JoiningProgress()
    const sink: TraceSink = record => {
      progress.see(record)
      options.sink(record)
    }
    super({ ...options, sink })
    this.progress = progress
    const { chf } = this.record.devices
    this.hubHere = chf.kind === 'real' ? undefined : this.makeHub(options)
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

  /** Switches everything on: the hub knows its devices, the HAN is open, each device joins. */
  override powerOn(): void {
    if (this.hubHere) {
      const { hub } = this.hubHere
      hub.start()
      for (const part of HOME_PARTS) {
        const device = this.record.devices[part]
        if (device) hub.list(device.deviceId, codeOf(device))
      }
      hub.openJoinWindow(seconds(this.record.devices.chf.profile.joinWindow.maxS))
    }
    super.powerOn()
  }

  private get here(): HubHere {
    if (!this.hubHere) throw new InvariantError(`the hub of ${this.id} is real: it is not here`)
    return this.hubHere
  }

  private makeHub(options: InstallationOptions): HubHere {
    const { record, gateway } = options
    const { chf, gpf } = record.devices
    const link = gateway.link({
      installation: record.id,
      hub: chf.deviceId,
      imsi: record.sim.imsi,
      timers: this.kernel,
      trace: this.tracer.part('wan'),
      attachUs: milliseconds(chf.profile.wan.attachMs),
    })
    const timers = this.kernel
    const smsCentre = new SmsCentre({ clock: this.kernel, timers, trace: this.tracer.part('sms') })
    const sms = smsCentre.link(record.sim.msisdn, () => link.standing)
    link.watchStanding(() => sms.ready())
    const hub = new Hub({ ...this.around(chf), han: this.han.coordinator(chf.deviceId) }, chf.profile, {
      gpfId: gpf.deviceId,
      inventory: inventoryOf(record.devices),
      network: { panId: record.han.panId, channel: record.han.channel },
      link,
      sms,
      operators: options.operators,
      wanMemory: {
        apn: options.apn,
        keys: new Map([['smso', options.smsoKey]]),
        counters: new Map(),
        ownCounter: 0,
      },
    })
    const wanOutage = new Outage({ begins: () => link.setCoverage(false), ends: () => link.setCoverage(true) })
    return { hub, link, wanOutage, smsCentre }
  }
}

/** How far devices have come, by what their HAN tells. */
class JoiningProgress {
  readonly joined = new Set<Eui64>()
  /** Those that have established a link key with the hub. */
  readonly keyed = new Set<Eui64>()

  see({ event }: TraceRecord): void {
    if (event.kind === 'han.joined') this.joined.add(event.device)
    else if (event.kind === 'han.link-key') this.keyed.add(event.partner)
  }
}

function inventoryOf(devices: InstallationDevices): Map<Eui64, HanDeviceType> {
  return new Map(
    HOME_PARTS.flatMap(part => {
      const device = devices[part]
      return device ? [[device.deviceId, device.type]] : []
    }),
  )
}
