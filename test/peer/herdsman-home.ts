/**
 * A home whose coordinator is a stick of ours, driven by zigbee-herdsman's own Controller over TCP, and our devices on the
 * simulated air around it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { Controller, setLogger } from 'zigbee-herdsman'
import type { DeviceInterviewPayload, DeviceJoinedPayload } from 'zigbee-herdsman/dist/controller/events.js'
import type { Device } from 'zigbee-herdsman/dist/controller/model/index.js'
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
import { diskFiles, packageProfiles } from '../../src/profiles/read-text.ts'
import type { Installation } from '../../src/profiles/rig.ts'
import { Air } from '../../src/radio/air.ts'
import { type ZclEndpoint, ZclNode } from '../../src/zcl/node.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { PacedKernel } from './paced-kernel.ts'

export const STICK: Eui64 = '00124b00000000aa'
export const CHANNEL = 15
const NETWORK = {
  panID: 0x1a62,
  extendedPanID: [1, 2, 3, 4, 5, 6, 7, 8],
  channelList: [CHANNEL],
  networkKey: [1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 14],
}
/** Somebody presses the buttons of devices that have not joined. */
const BUTTON_US = seconds(5)
/** Sleepers that are being told about themselves look often. */
const POLL_US = milliseconds(500)

const [record] = loadRig(fileURLToPath(new URL('../../rigs/cb-seven-devices.yaml', import.meta.url)), {
  ...diskFiles,
  roots: [packageProfiles],
  groups: ['CB'],
}).installations
if (!record) throw new Error('the rig has no installation')

export class HerdsmanHome {
  readonly time: PacedKernel
  readonly air: Air
  /** What the host warned of and complained about. */
  readonly complaints: string[] = []
  readonly devices: Installation['devices'] = record?.devices as Installation['devices']
  /** What open devices say they are. */
  readonly basic = { ZCLVersion: 1, ManufacturerName: 's1rig', ModelIdentifier: 'open', PowerSource: 1 } as const
  readonly folder = mkdtempSync(join(tmpdir(), 's1rig-herdsman-'))
  private readonly adapter: 'zstack' | 'ember'
  private readonly trace: ReturnType<Tracer['part']>
  private readonly radios = new Map<Eui64, Radio>()
  private readonly links: ByteLink[] = []
  private readonly controllers = new Set<Controller>()

  constructor(adapter: 'zstack' | 'ember', seed: string) {
    this.adapter = adapter
    this.time = new PacedKernel(seed)
    const { kernel } = this.time
    this.trace = new Tracer({ clock: kernel, installation: 'house', sink: () => {} }).part('han')
    this.air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: this.trace })
    const complain = (message: string | (() => string), namespace: string) => {
      this.complaints.push(`${namespace}: ${typeof message === 'string' ? message : message()}`)
    }
    const quiet = () => {}
    setLogger({ debug: quiet, info: quiet, warning: complain, error: complain })
    onTestFinished(async () => {
      for (const controller of this.controllers) await controller.stop()
      for (const link of this.links) link.close()
      this.time.stop()
      rmSync(this.folder, { recursive: true, force: true })
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
  async start(link: ByteLink): Promise<Host> {
    // A line serves one host at a time, and the one before may not have hung up yet.
    await this.time.until(() => !link.up, 'the line is free')
    const port = link.name.split(':').at(-1)
    const controller = new Controller({
      network: NETWORK,
      serialPort: { path: `tcp://127.0.0.1:${port}`, adapter: this.adapter },
      databasePath: join(this.folder, 'devices.db'),
      databaseBackupPath: join(this.folder, 'devices.db.backup'),
      backupPath: join(this.folder, 'coordinator.json'),
      adapter: { disableLED: false },
      acceptJoiningDeviceHandler: async () => true,
    })
    this.controllers.add(controller)
    return new Host(controller, await controller.start(), () => this.controllers.delete(controller))
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
    const { gsme } = this.devices
    if (!gsme) throw new Error('the rig has no gas meter')
    return new Gsme(this.around(gsme.deviceId, 'sleepy-end-device'), gsme.profile, this.installed())
  }
  ppmid(): Display {
    const { ppmid } = this.devices
    if (!ppmid) throw new Error('the rig has no PPMID')
    return new Display(this.around(ppmid.deviceId, 'router'), ppmid.profile, this.installed())
  }

  /** A device on whose endpoints, one of home automation and one of Smart Energy, a test may serve what it likes. */
  open(eui64: Eui64, role: HanRole = 'router'): { node: ZigbeeNode; plain: ZclEndpoint; energy: ZclEndpoint } {
    const { timers, trace } = this.parts(eui64)
    const node = this.node(eui64, role)
    const again = () => void timers.after(BUTTON_US, 'button', () => node.join(new Uint8Array()))
    const zcl = new ZclNode({ han: node, timers, trace, requireLinkKey: false, listener: { onJoinFailed: again } })
    const plain = zcl.endpoint({ endpoint: 1, profileId: HA_PROFILE, deviceId: 0x0051 })
    const energy = zcl.endpoint({ endpoint: 2, profileId: SE_PROFILE, deviceId: SE_DEVICE.meter })
    const basic = {
      ZCLVersion: 1,
      ManufacturerName: 's1rig',
      ModelIdentifier: `open ${eui64}`,
      PowerSource: 1,
    } as const
    plain.serve('Basic', { attributes: basic })
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

export type StartResult = Awaited<ReturnType<Controller['start']>>

/** A running controller and what it told. */
export class Host {
  readonly controller: Controller
  readonly started: StartResult
  readonly interviewed = new Set<string>()
  readonly failed: string[] = []
  readonly left: string[] = []
  disconnected = false
  readonly messages: { type: string; ieee: string; cluster: string | number; data: unknown }[] = []
  private readonly onStopped: () => void
  private readonly waiting = new Set<() => void>()

  constructor(controller: Controller, started: StartResult, onStopped: () => void) {
    this.controller = controller
    this.started = started
    this.onStopped = onStopped
    const changed = () => {
      for (const look of [...this.waiting]) look()
    }
    controller.on('deviceJoined', (_: DeviceJoinedPayload) => changed())
    controller.on('deviceInterview', ({ device, status }: DeviceInterviewPayload) => {
      if (status === 'successful') this.interviewed.add(device.ieeeAddr)
      if (status === 'failed') this.failed.push(device.ieeeAddr)
      changed()
    })
    controller.on('deviceLeave', ({ ieeeAddr }) => {
      this.left.push(ieeeAddr)
      changed()
    })
    controller.on('adapterDisconnected', () => {
      this.disconnected = true
      changed()
    })
    controller.on('message', ({ type, device, cluster, data }) => {
      this.messages.push({ type, ieee: device.ieeeAddr, cluster, data })
      changed()
    })
  }

  /** Waits for a fact that events bring about. */
  until(fact: () => boolean, what: string | (() => string), withinMs = 20_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!fact()) return
        clearTimeout(late)
        this.waiting.delete(look)
        resolve()
      }
      const late = setTimeout(() => {
        this.waiting.delete(look)
        reject(new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`))
      }, withinMs)
      this.waiting.add(look)
      look()
    })
  }
  /** Opens the network and waits until the devices have joined and told all about themselves. */
  async takeIn(...devices: Eui64[]): Promise<void> {
    await this.controller.permitJoin(254)
    await this.until(
      () => devices.every(device => this.interviewed.has(`0x${device}`)),
      () => {
        const missing = devices.filter(device => !this.interviewed.has(`0x${device}`))
        return `interview of ${missing.join(', ')}; failed ${this.failed.join(', ')}`
      },
      1_000 * (20 + devices.length),
    )
    await this.controller.permitJoin(0)
  }
  device(eui64: Eui64): Device {
    const device = this.controller.getDeviceByIeeeAddr(`0x${eui64}`)
    if (!device) throw new Error(`the host does not know ${eui64}`)
    return device
  }
  async stop(): Promise<void> {
    await this.controller.stop()
    this.onStopped()
  }
}
