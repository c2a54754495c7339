/**
 * A home whose coordinator is a stick of ours, driven by zigbee-herdsman over TCP, and our devices on the
 * simulated air around it.
 */
import { onTestFinished } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import { HA_PROFILE, type Installed, SE_DEVICE, SE_PROFILE, type Surroundings } from '../../src/devices/device.ts'
import { Display } from '../../src/devices/display.ts'
import { Esme } from '../../src/devices/esme.ts'
import { Gsme } from '../../src/devices/gsme.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import { tcpListener } from '../../src/links/tcp.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { HanRole } from '../../src/ports/han.ts'
import type { Radio } from '../../src/ports/radio.ts'
import type { Timers } from '../../src/ports/time.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { Air } from '../../src/radio/air.ts'
import { fileDeps } from '../../src/rig/prepare.ts'
import { type ZclEndpoint, ZclNode } from '../../src/zcl/node.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { type Herdsman, openHerdsman } from './herdsman.ts'
import { PacedKernel } from './paced-kernel.ts'

export const STICK: Eui64 = '00124b00000000aa'
export const CHANNEL = 15
/** Somebody presses the buttons of devices that have not joined. */
const BUTTON_US = seconds(5)
/** Sleepers that are being told about themselves look often. */
const POLL_US = milliseconds(500)

function devicesOfRig() {
  const [record] = loadRig('rigs/cb-seven-devices.yaml', fileDeps).installations
  const { esme, gsme, ppmid } = record?.devices ?? {}
  if (!esme || !gsme || !ppmid) throw new Error('the rig lacks a device')
  return { esme, gsme, ppmid }
}

export class HerdsmanHome {
  readonly time: PacedKernel
  readonly air: Air
  /** What the host warned of and complained about. */
  readonly complaints: string[] = []
  readonly devices = devicesOfRig()
  /** What open devices say they are. */
  readonly basic = { ZCLVersion: 1, ManufacturerName: 's1rig', ModelIdentifier: 'open', PowerSource: 1 } as const
  readonly folder = temporaryFolder()
  private readonly adapter: 'zstack' | 'ember'
  private readonly trace: ReturnType<Tracer['part']>
  private readonly radios = new Map<Eui64, Radio>()
  private readonly links: ByteLink[] = []

  constructor(adapter: 'zstack' | 'ember', seed: string) {
    this.adapter = adapter
    this.time = new PacedKernel(seed)
    const { kernel } = this.time
    this.trace = new Tracer({ clock: kernel, installation: 'house', sink: () => {} }).part('han')
    this.air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: this.trace })
    onTestFinished(() => {
      for (const link of this.links) link.close()
      this.time.stop()
    })
  }

  /** What a node of that name is made of. */
  parts(eui64: Eui64, timers: Timers = this.time.kernel) {
    const { kernel } = this.time
    return {
      eui64,
      radio: this.radio(eui64),
      clock: kernel,
      timers,
      random: { stream: (label: string) => kernel.random.stream(`${eui64}/${label}`) },
      trace: this.trace,
    }
  }
  /** A device that starts anew has the radio it had. */
  private radio(eui64: Eui64): Radio {
    const radio = this.radios.get(eui64) ?? this.air.radio(eui64, eui64)
    this.radios.set(eui64, radio)
    return radio
  }
  /** A line for a host; the port is in its name. */
  async line(): Promise<ByteLink> {
    const link = await tcpListener({ host: '127.0.0.1', port: 0 })
    this.links.push(link)
    return link
  }

  /** The host's process begins, with what it saved before. */
  async start(link: ByteLink): Promise<Herdsman> {
    // A line serves one host at a time, and the one before may not have hung up yet.
    await this.time.until(() => !link.up, 'the line is free')
    const { adapter, folder, complaints } = this
    return openHerdsman({ adapter, path: link.name.replace('tcp-listen:', 'tcp:'), folder, complaints })
  }

  /** A device that joins home automation networks. */
  node(eui64: Eui64, role: HanRole = 'router'): ZigbeeNode {
    const preconfiguredKey = Uint8Array.from(WELL_KNOWN_LINK_KEY)
    return new ZigbeeNode({ ...this.parts(eui64), role, preconfiguredKey, channels: [CHANNEL] })
  }
  esme(): Esme {
    const { deviceId, profile } = this.devices.esme
    return new Esme(this.around(deviceId, 'router'), profile, this.installed())
  }
  gsme(): Gsme {
    const { deviceId, profile } = this.devices.gsme
    return new Gsme(this.around(deviceId, 'sleepy-end-device'), profile, this.installed())
  }
  ppmid(): Display {
    const { deviceId, profile } = this.devices.ppmid
    return new Display(this.around(deviceId, 'router'), profile, this.installed())
  }

  /** A device on whose endpoints, one of home automation and one of Smart Energy, a test may serve what it likes. */
  open(eui64: Eui64, role: HanRole = 'router'): { node: ZigbeeNode; plain: ZclEndpoint; energy: ZclEndpoint } {
    const { timers, trace } = this.parts(eui64)
    const node = this.node(eui64, role)
    const again = () => void timers.after(BUTTON_US, 'button', () => node.join(new Uint8Array()))
    const zcl = new ZclNode({ han: node, timers, trace, requireLinkKey: false, listener: { onJoinFailed: again } })
    const plain = zcl.endpoint({ endpoint: 1, profileId: HA_PROFILE, deviceId: 0x0051 })
    const energy = zcl.endpoint({ endpoint: 2, profileId: SE_PROFILE, deviceId: SE_DEVICE.meter })
    plain.serve('Basic', { attributes: { ...this.basic, ModelIdentifier: `open ${eui64}` } })
    if (role === 'sleepy-end-device') this.poll(node)
    return { node, plain, energy }
  }

  /** A sleeper asks its parent for what it holds, for ever. */
  private poll(node: ZigbeeNode): void {
    const { kernel } = this.time
    // Never all of them at the same moment.
    const delayUs = POLL_US + kernel.random.stream(`poll ${node.eui64}`).int(POLL_US)
    kernel.after(delayUs, 'poll', () => {
      if (node.joined) node.poll()
      this.poll(node)
    })
  }
  private around(deviceId: Eui64, role: HanRole): Surroundings {
    const { clock, timers, random, trace } = this.parts(deviceId)
    return { deviceId, han: this.node(deviceId, role), clock, timers, random, trace, profileId: HA_PROFILE }
  }
  private installed(): Installed {
    return { installCode: new Uint8Array(), esi: { device: STICK, endpoint: 1 }, joinEveryUs: BUTTON_US }
  }
}
