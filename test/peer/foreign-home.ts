/** A home whose coordinator and trust centre is zigbee-on-host, on the air of our own nodes through a test RCP. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { Zdo } from 'zigbee-herdsman'
import type { RequestMap } from 'zigbee-herdsman/dist/zspec/zdo/definition/tstypes.js'
import { OTRCPDriver } from 'zigbee-on-host'
import { setLogger } from 'zigbee-on-host/dist/utils/logger.js'
import { aes128MmoHash } from 'zigbee-on-host/dist/zigbee/zigbee.js'
import { type DeviceTableEntry, InstallCodePolicy } from 'zigbee-on-host/dist/zigbee-stack/stack-context.js'
import type { Eui64 } from '../../src/base/ids.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import type { ApsPayload, HanRole } from '../../src/ports/han.ts'
import { Air } from '../../src/radio/air.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { ids, installCodes, serveMetering, Witness } from '../contract/han-bench.ts'
import { PacedKernel } from './paced-kernel.ts'
import { SpinelRcp } from './spinel-rcp.ts'

export const channel = 15
const PAN_ID = 0x1a62
const LONGEST_PERMIT_S = 254

/** What the foreign coordinator handed to its application. */
export interface ForeignFrame {
  from: number | undefined
  profileId: number
  clusterId: number
  payload: Uint8Array
}

export class ForeignHome {
  readonly time: PacedKernel
  readonly air: Air
  readonly driver: OTRCPDriver
  readonly rcp: SpinelRcp
  readonly frames: ForeignFrame[] = []
  readonly joined: Eui64[] = []
  readonly left: Eui64[] = []
  /** What the stranger logs: what it did, and what it found wrong. */
  readonly log: string[] = []
  readonly complaints: string[] = []
  private readonly trace: ReturnType<Tracer['part']>

  private constructor(folder: string) {
    this.time = new PacedKernel('foreign home')
    const { kernel } = this.time
    this.trace = new Tracer({ clock: kernel, installation: 'house', sink: () => {} }).part('han')
    this.air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: this.trace })
    const note = (text: string | (() => string)) => void this.log.push(typeof text === 'string' ? text : text())
    const complain = (text: string | (() => string)) =>
      void this.complaints.push(typeof text === 'string' ? text : text())
    setLogger({ debug: note, info: note, warning: complain, error: complain })
    this.driver = new OTRCPDriver(
      {
        onFatalError: complain,
        onMACFrame: () => {},
        onGPFrame: () => {},
        onFrame: (from, _, { profileId = -1, clusterId = -1 }, payload) =>
          void this.frames.push({ from, profileId, clusterId, payload: Uint8Array.from(payload) }),
        onDeviceJoined: (_, device) => void this.joined.push(eui64Of(device)),
        onDeviceRejoined: (_, device) => void this.joined.push(eui64Of(device)),
        onDeviceLeft: (_, device) => void this.left.push(eui64Of(device)),
        onDeviceAuthorized: () => {},
      },
      {
        txChannel: channel,
        ccaBackoffAttempts: 4,
        ccaRetries: 4,
        enableCSMACA: true,
        headerUpdated: true,
        reTx: false,
        securityProcessed: true,
        txDelay: 0,
        txDelayBaseTime: 0,
        rxChannelAfterTxDone: channel,
      },
      {
        eui64: BigInt(`0x${ids.hub}`),
        panId: PAN_ID,
        extendedPanId: 0x00db1234567800aan,
        channel,
        nwkUpdateId: 0,
        txPower: 5,
        networkKey: Buffer.from('6b2f1c0d9e8a77654c3b2a1908f7e6d5', 'hex'),
        networkKeyFrameCounter: 0,
        networkKeySequenceNumber: 0,
        // It has one trust centre link key for all: here the one that it makes itself from the install code.
        tcKey: aes128MmoHash(Buffer.from(installCodes.sixteen)),
        tcKeyFrameCounter: 0,
      },
      folder,
    )
    const { writer, parser } = this.driver
    this.rcp = new SpinelRcp({
      radio: this.air.radio('rcp', ids.hub),
      timers: kernel,
      toHost: octets => {
        parser.write(octets)
        this.time.yield()
      },
    })
    writer.on('data', (octets: Buffer) => this.rcp.fromHost(octets))
    parser.on('data', (frame: Buffer) => void this.driver.onFrame(frame))
  }

  /** A home whose network is up, open to listed devices only. It is torn down at the end of the test. */
  static async formed(): Promise<ForeignHome> {
    const folder = mkdtempSync(join(tmpdir(), 's1rig-foreign-'))
    const home = new ForeignHome(folder)
    onTestFinished(async () => {
      await home.driver.stop()
      home.time.stop()
      rmSync(folder, { recursive: true, force: true })
      expect([home.complaints, home.rcp.refused], 'the stranger complains').toEqual([[], []])
    })
    const { driver } = home
    await driver.start()
    await driver.formNetwork()
    driver.context.trustCenterPolicies.installCode = InstallCodePolicy.REQUIRED
    driver.context.allowJoins(LONGEST_PERMIT_S, true)
    return home
  }

  /** Tells the trust centre a device and its install code. */
  list(device: Eui64, installCode: Uint8Array = installCodes.sixteen): void {
    this.driver.context.addInstallCode(BigInt(`0x${device}`), Buffer.from(installCode))
  }

  /** A node of ours on this air, its radio named like the node. */
  node(eui64: Eui64, role: HanRole): Witness {
    const { kernel } = this.time
    const node = new ZigbeeNode({
      eui64,
      role,
      radio: this.air.radio(eui64, eui64),
      clock: kernel,
      timers: kernel,
      random: { stream: label => kernel.random.stream(`${eui64}/${label}`) },
      trace: this.trace,
      channels: [channel],
    })
    serveMetering(node)
    return new Witness(node)
  }

  /** A listed node that has joined and that the trust centre has seen. */
  async joinedNode(eui64: Eui64, role: HanRole): Promise<Witness> {
    const witness = this.node(eui64, role)
    this.list(eui64)
    witness.node.join(installCodes.sixteen)
    await this.until(() => witness.joined > 0 && this.joined.includes(eui64), `${role} ${eui64} joined`)
    return witness
  }

  /** Short address of a device as the trust centre has it. */
  addressOf(device: Eui64): number {
    const address = this.entryOf(device)?.address16
    if (address === undefined) throw new Error(`the trust centre does not know ${device}`)
    return address
  }
  /** What the trust centre keeps of a device. */
  entryOf(device: Eui64): DeviceTableEntry | undefined {
    return this.driver.context.deviceTable.get(BigInt(`0x${device}`))
  }

  /** The trust centre's application sends to a device; returns the counter of the APS frame. */
  send(to: Eui64, { asdu, profileId, clusterId, destinationEndpoint, sourceEndpoint }: ApsPayload): Promise<number> {
    const address = this.addressOf(to)
    const payload = Buffer.from(asdu)
    return this.driver.sendUnicast(
      payload,
      profileId,
      clusterId,
      address,
      undefined,
      destinationEndpoint,
      sourceEndpoint,
    )
  }
  /** Whether the stranger has taken the device's APS acknowledgement of that frame. */
  acknowledged(device: Eui64, counter: number): boolean {
    return this.log.some(line => line.startsWith(`<=== APS ACK[src16=${this.addressOf(device)} apsCounter=${counter} `))
  }

  /** The trust centre asks a node of ours about itself; the answer as zigbee-herdsman reads it. Sleepers poll meanwhile. */
  async ask<K extends keyof RequestMap>(witness: Witness, request: K, ...args: RequestMap[K]): Promise<unknown> {
    const address = this.addressOf(witness.node.eui64)
    const answered = this.frames.length
    const payload = Zdo.Buffalo.buildRequest(true, request, ...args)
    await this.driver.sendZDO(payload, address, undefined, request)
    const answer = () =>
      this.frames.slice(answered).find(({ from, clusterId }) => from === address && clusterId === (request | 0x8000))
    await this.polling(witness, () => answer() !== undefined, `answer to ${request}`)
    const [status, found] = Zdo.Buffalo.readResponse(true, request | 0x8000, Buffer.from(answer()?.payload ?? []))
    if (status !== Zdo.Status.SUCCESS) throw new Error(`${request} answered with status ${status}`)
    return found
  }

  /** Waits for a fact while the node, if it sleeps, polls. */
  polling({ node }: Witness, fact: () => boolean, what: string): Promise<void> {
    return this.until(() => {
      if (node.role === 'sleepy-end-device') node.poll()
      return fact()
    }, what)
  }
  until(fact: () => boolean, what: string): Promise<void> {
    return this.time.until(fact, what)
  }
}

const eui64Of = (address: bigint): Eui64 => address.toString(16).padStart(16, '0')
