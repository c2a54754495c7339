/** One emulated installation, wired: its own time, its HAN, its devices, its line to the packet gateway. */
import { fromHex } from '../base/bytes.ts'
import type { Eui64 } from '../base/ids.ts'
import { milliseconds, seconds } from '../base/time.ts'
import { withCrc } from '../crypto/install-code.ts'
import type { Surroundings } from '../devices/device.ts'
import { Display } from '../devices/display.ts'
import { Esme } from '../devices/esme.ts'
import { Gsme } from '../devices/gsme.ts'
import { ESI_ENDPOINT, type HanDeviceType, Hub } from '../devices/hub/hub.ts'
import { Kernel } from '../kernel/kernel.ts'
import { Tracer, type TraceSink } from '../kernel/tracer.ts'
import type { Apn } from '../ports/wan.ts'
import type { InstallationDevices, Installation as InstallationRecord } from '../profiles/rig.ts'
import type { HubLink, PacketGateway } from '../wan/packet-gateway.ts'
import { deviceOf } from './fault-kind.ts'
import { type HomeNetwork, homeNetwork } from './home-network.ts'
import { Outage } from './outage.ts'

type HanDevices = Omit<InstallationDevices, 'chf' | 'gpf'>
const HAN_DEVICES = ['esme', 'gsme', 'ppmid', 'ihd', 'cad'] as const satisfies (keyof HanDevices)[]

export interface InstallationOptions {
  record: InstallationRecord
  /** Of the whole run; each installation draws its own from it. */
  seed: string
  startUnixMs: number
  gateway: PacketGateway
  sink: TraceSink
  /** Access point the hub is on at the start. */
  apn: Apn
  operators: Readonly<Record<Apn, string>>
  /** Key the SMSO speaks to the hub with, 32 octets. */
  smsoKey: Uint8Array
  /** Takes the capture of a HAN on the air. */
  onCapture?: ((octets: Uint8Array) => void) | undefined
}

export class Installation {
  readonly id: string
  readonly record: InstallationRecord
  readonly kernel: Kernel
  readonly tracer: Tracer
  readonly han: HomeNetwork
  readonly link: HubLink
  /** The hub has no coverage. */
  readonly wanOutage: Outage
  readonly hub: Hub
  readonly esme: Esme
  readonly gsme: Gsme | undefined
  readonly displays: ReadonlyMap<'ppmid' | 'ihd' | 'cad', Display>

  constructor(options: InstallationOptions) {
    const { record, gateway } = options
    const { devices } = record
    this.id = record.id
    this.record = record
    this.kernel = new Kernel({ seed: `${options.seed}/${record.id}`, startUnixMs: options.startUnixMs })
    this.tracer = new Tracer({ clock: this.kernel, installation: record.id, sink: options.sink })
    this.han = homeNetwork({
      han: record.han,
      deviceOf: part => deviceOf(record, part),
      clock: this.kernel,
      timers: this.kernel,
      random: this.kernel.random,
      trace: this.tracer.part('han'),
      onCapture: options.onCapture,
    })
    const { chf } = devices
    this.link = gateway.link({
      installation: record.id,
      hub: chf.deviceId,
      imsi: record.sim.imsi,
      timers: this.kernel,
      trace: this.tracer.part('wan'),
      attachUs: milliseconds(chf.profile.wan.attachMs),
    })
    this.wanOutage = new Outage({
      begins: () => this.link.setCoverage(false),
      ends: () => this.link.setCoverage(true),
    })
    this.hub = new Hub({ ...this.around(chf), han: this.han.coordinator(chf.deviceId) }, chf.profile, {
      gpfId: devices.gpf.deviceId,
      inventory: inventoryOf(devices),
      network: { panId: record.han.panId, channel: record.han.channel },
      link: this.link,
      operators: options.operators,
      wanMemory: {
        apn: options.apn,
        keys: new Map([['smso', options.smsoKey]]),
        counters: new Map(),
        ownCounter: 0,
      },
    })
    const { esme, gsme } = devices
    const esi = { device: chf.deviceId, endpoint: ESI_ENDPOINT }
    const installed = (device: { installCode: string }) => ({ installCode: codeOf(device), esi })
    this.esme = new Esme(this.onHan(esme, 'router'), esme.profile, installed(esme))
    this.gsme = gsme && new Gsme(this.onHan(gsme, 'sleepy-end-device'), gsme.profile, installed(gsme))
    this.displays = new Map(
      (['ppmid', 'ihd', 'cad'] as const).flatMap(key => {
        const device = devices[key]
        return device ? [[key, new Display(this.onHan(device, 'router'), device.profile, installed(device))]] : []
      }),
    )
  }

  /** Switches everything on: the hub knows its devices, the HAN is open, each device joins. */
  powerOn(): void {
    this.hub.start()
    for (const key of HAN_DEVICES) {
      const device = this.record.devices[key]
      if (device) this.hub.list(device.deviceId, codeOf(device))
    }
    this.hub.openJoinWindow(seconds(this.record.devices.chf.profile.joinWindow.maxS))
    this.esme.start()
    this.gsme?.start()
    for (const display of this.displays.values()) display.start()
  }

  private around(device: { id: string; deviceId: Eui64 }): Omit<Surroundings, 'han'> {
    const { kernel } = this
    return {
      deviceId: device.deviceId,
      clock: kernel,
      timers: kernel,
      random: { stream: label => kernel.random.stream(`${device.id}/${label}`) },
      trace: this.tracer.part(device.id),
    }
  }

  private onHan(device: { id: string; deviceId: Eui64 }, role: 'router' | 'sleepy-end-device'): Surroundings {
    return { ...this.around(device), han: this.han.node(device.deviceId, role) }
  }
}

/** The install code with its CRC, as it is typed and whitelisted. */
export const codeOf = (device: { installCode: string }): Uint8Array => withCrc(fromHex(device.installCode))

function inventoryOf(devices: InstallationDevices): Map<Eui64, HanDeviceType> {
  return new Map(
    HAN_DEVICES.flatMap(key => {
      const device = devices[key]
      return device ? [[device.deviceId, device.type]] : []
    }),
  )
}
