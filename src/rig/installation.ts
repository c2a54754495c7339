/** One emulated installation, wired: a home, its hub, and the hub's line to the packet gateway. */
import type { Eui64 } from '../base/ids.ts'
import { milliseconds, seconds } from '../base/time.ts'
import { ESI_ENDPOINT, type HanDeviceType, Hub } from '../devices/hub/hub.ts'
import type { Apn } from '../ports/wan.ts'
import type { InstallationDevices } from '../profiles/rig.ts'
import type { HubLink, PacketGateway } from '../wan/packet-gateway.ts'
import { codeOf, HOME_PARTS, Home, type HomeOptions } from './home.ts'
import { Outage } from './outage.ts'

export interface InstallationOptions extends HomeOptions {
  gateway: PacketGateway
  /** Access point the hub is on at the start. */
  apn: Apn
  operators: Readonly<Record<Apn, string>>
  /** Key the SMSO speaks to the hub with, 32 octets. */
  smsoKey: Uint8Array
}

export class Installation extends Home {
  readonly link: HubLink
  /** The hub has no coverage. */
  readonly wanOutage: Outage
  readonly hub: Hub

  constructor(options: InstallationOptions) {
    super(options)
    const { record, gateway } = options
    const { devices } = record
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
    this.furnish({ esi: { device: chf.deviceId, endpoint: ESI_ENDPOINT } })
  }

  /** Switches everything on: the hub knows its devices, the HAN is open, each device joins. */
  override powerOn(): void {
    this.hub.start()
    for (const part of HOME_PARTS) {
      const device = this.record.devices[part]
      if (device) this.hub.list(device.deviceId, codeOf(device))
    }
    this.hub.openJoinWindow(seconds(this.record.devices.chf.profile.joinWindow.maxS))
    super.powerOn()
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
