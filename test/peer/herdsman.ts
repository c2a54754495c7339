/** zigbee-herdsman, unmodified, as a foreign host on a stick of ours: its controller, and what it has heard. */
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { Controller, setLogger } from 'zigbee-herdsman'
import type { NetworkOptions, SerialPortOptions } from 'zigbee-herdsman/dist/adapter/tstype.js'
import type { MessagePayload } from 'zigbee-herdsman/dist/controller/events.js'
import { Device, type Endpoint, Group } from 'zigbee-herdsman/dist/controller/model/index.js'
import type { Eui64 } from '../../src/base/ids.ts'

/** The network that a host of these tests forms, or finds. */
export const NETWORK: NetworkOptions = {
  panID: 0x1a62,
  extendedPanID: [0x00, 0xdb, 0x12, 0x34, 0x56, 0x78, 0x00, 0xaa],
  channelList: [15],
  networkKey: [0x6b, 0x2f, 0x1c, 0x0d, 0x9e, 0x8a, 0x77, 0x65, 0x4c, 0x3b, 0x2a, 0x19, 0x08, 0xf7, 0xe6, 0xd5],
  networkKeyDistribute: false,
}

export interface HerdsmanOptions {
  adapter: NonNullable<SerialPortOptions['adapter']>
  /** `tcp://HOST:PORT`, or the path of a serial device. */
  path: string
  /** Where it keeps its state; a second one in the same folder goes on where the first ended. */
  folder: string
  network?: NetworkOptions
  /** Octets a second of a serial device, which a pseudo terminal does not mind. */
  baudRate?: number
  /** Where it logs what it finds wrong; a list of its own unless given. */
  complaints?: string[]
}

/** Far longer than anything takes, on whatever machine: what is waited for this long will never be. */
const PATIENCE_MS = 60_000

/** Failed interviews, after which nobody asks again. */
const MOST_FAILED = 5

/** One controller on one stick. */
export class Herdsman {
  readonly controller: Controller
  readonly joined: Eui64[] = []
  readonly left: Eui64[] = []
  readonly interviewed = new Set<Eui64>()
  readonly failed: Eui64[] = []
  readonly messages: MessagePayload[] = []
  /** What it logs as wrong. */
  readonly complaints: string[]
  disconnected = false
  /** How it found its stick: `reset` to a new network, `resumed` or `restored`. */
  started: string | undefined
  private running = false

  constructor(options: HerdsmanOptions) {
    const { adapter, path, folder, network = NETWORK, baudRate, complaints = [] } = options
    this.complaints = complaints
    this.controller = new Controller({
      network,
      serialPort: { path, adapter, ...(baudRate !== undefined && { baudRate }) },
      databasePath: join(folder, 'database.db'),
      databaseBackupPath: join(folder, 'database.db.backup'),
      backupPath: join(folder, 'coordinator.json'),
      adapter: { disableLED: false },
      acceptJoiningDeviceHandler: async () => true,
    })
    const { controller } = this
    controller.on('deviceJoined', ({ device }) => void this.joined.push(eui64Of(device)))
    controller.on('deviceLeave', ({ ieeeAddr }) => void this.left.push(ieeeAddr.slice(2)))
    controller.on('deviceInterview', ({ device, status }) => {
      if (status === 'successful') this.interviewed.add(eui64Of(device))
      if (status === 'failed') void this.interviewAgain(device)
    })
    controller.on('message', message => void this.messages.push(message))
    controller.on('adapterDisconnected', () => {
      this.disconnected = true
    })
  }

  async start(): Promise<void> {
    this.running = true
    this.started = await this.controller.start()
  }
  /** Its process ends, and with it its line: zoh leaves that to the system. */
  async stop(): Promise<void> {
    if (!this.running) return
    this.running = false
    await this.controller.stop()
    const adapter: object = Reflect.get(this.controller, 'adapter')
    if ('closePort' in adapter && typeof adapter.closePort === 'function') await adapter.closePort()
  }

  /** A device that the host knows. */
  device(device: Eui64): Device {
    const found = this.controller.getDeviceByIeeeAddr(`0x${device}`)
    if (!found) throw new Error(`the host does not know ${device}`)
    return found
  }
  /** The endpoint of a device that every device of these tests has. */
  endpoint(device: Eui64): Endpoint {
    return endpointOf(this.device(device))
  }
  /** Where what is bound to this host goes. */
  get here(): Endpoint {
    return endpointOf(this.controller.getDevicesByType('Coordinator')[0])
  }
  /** Messages of a kind from a device. */
  said(device: Eui64, kind: MessagePayload['type'], cluster: MessagePayload['cluster']): MessagePayload[] {
    return this.messages.filter(
      message => eui64Of(message.device) === device && message.type === kind && message.cluster === cluster,
    )
  }

  /** As people do when one frame was lost too many: `failed` tells. */
  private async interviewAgain(device: Device): Promise<void> {
    this.failed.push(eui64Of(device))
    if (!this.running || this.failed.length > MOST_FAILED) return
    await device.interview().then(
      () => this.interviewed.add(eui64Of(device)),
      () => this.interviewAgain(device),
    )
  }
  /** Opens the network, and waits until every one of the devices was interviewed with success. */
  async interviewAll(devices: readonly Eui64[]): Promise<void> {
    await this.controller.permitJoin(254)
    const missing = () => devices.filter(device => !this.interviewed.has(device))
    await this.until(
      () => missing().length === 0,
      () => `interviewed: ${missing().join(', ')} missing; failed: ${this.failed.join(', ')}`,
      PATIENCE_MS + 5_000 * devices.length,
    )
  }
  /** Takes the devices in, and closes the door behind them. */
  async takeIn(...devices: Eui64[]): Promise<void> {
    await this.interviewAll(devices)
    await this.controller.permitJoin(0)
  }

  /** Waits for what the host is to hear. */
  async until(fact: () => boolean, what: string | (() => string), withinMs = PATIENCE_MS): Promise<void> {
    await vi.waitFor(
      () => {
        if (fact()) return
        const said = typeof what === 'string' ? what : what()
        throw new Error(`not within ${withinMs} ms: ${said}; complaints: ${this.complaints.slice(-5).join(' | ')}`)
      },
      { timeout: withinMs, interval: 20 },
    )
  }
}

/** A started controller; it is stopped at the end of the test. */
export async function openHerdsman(options: HerdsmanOptions): Promise<Herdsman> {
  const host = new Herdsman(options)
  const silent = () => {}
  const complain = (text: string | (() => string), where: string) =>
    void host.complaints.push(`${where}: ${typeof text === 'string' ? text : text()}`)
  setLogger({ debug: silent, info: silent, warning: complain, error: complain })
  // A process of its own begins with nothing in mind.
  Device.resetCache()
  Group.resetCache()
  onTestFinished(() => host.stop())
  await host.start()
  expect(host.controller.isAdapterDisconnected()).toBe(false)
  return host
}

function endpointOf(device: Device | undefined): Endpoint {
  const endpoint = device?.getEndpoint(1)
  if (!endpoint) throw new Error(`${device?.ieeeAddr ?? 'nobody'} has no endpoint 1`)
  return endpoint
}
export const eui64Of = ({ ieeeAddr }: { ieeeAddr: string }): Eui64 => ieeeAddr.slice(2)
