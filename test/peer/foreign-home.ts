/** A home whose coordinator and trust centre is zigbee-on-host, on the air of our own nodes through an emulated RCP. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { Zdo } from 'zigbee-herdsman'
import type { RequestMap } from 'zigbee-herdsman/dist/zspec/zdo/definition/tstypes.js'
import type { OTRCPDriver } from 'zigbee-on-host'
import type { DeviceTableEntry } from 'zigbee-on-host/dist/zigbee-stack/stack-context.js'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds } from '../../src/base/time.ts'
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import type { ApsPayload, HanRole } from '../../src/ports/han.ts'
import { Air } from '../../src/radio/air.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { ids, installCodes, serveMetering, Witness } from '../contract/han-bench.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { channel, ForeignWitness, foreignCoordinator, start } from './foreign-coordinator.ts'
import { PacedKernel } from './paced-kernel.ts'

/** A short poll of Smart Energy. */
const POLL_US = milliseconds(250)

export class ForeignHome extends ForeignWitness {
  readonly time = new PacedKernel('foreign home')
  readonly air: Air
  readonly dongle: SpinelDongle
  driver: OTRCPDriver
  private readonly folder: string
  private readonly line: MemoryLine
  private readonly trace: ReturnType<Tracer['part']>

  private constructor(folder: string) {
    super()
    this.folder = folder
    const { kernel } = this.time
    this.trace = new Tracer({ clock: kernel, installation: 'house', sink: () => {} }).part('han')
    this.air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: this.trace })
    this.line = new MemoryLine(kernel)
    this.dongle = new SpinelDongle({
      link: this.line.device,
      radio: this.air.radio('rcp', ids.hub),
      clock: kernel,
      timers: kernel,
      random: kernel.random.stream('rcp'),
    })
    this.line.host.listen({
      onOctets: octets => {
        this.driver.parser.write(octets)
        this.time.yield()
      },
    })
    this.driver = this.newDriver()
  }

  /** A home whose network is up, open to listed devices only. It is torn down at the end of the test. */
  static async formed(): Promise<ForeignHome> {
    const folder = mkdtempSync(join(tmpdir(), 's1rig-foreign-'))
    const home = new ForeignHome(folder)
    onTestFinished(async () => {
      await home.driver.stop()
      home.time.stop()
      rmSync(folder, { recursive: true, force: true })
      expect([home.complaints, home.dongle.refusals], 'the stranger complains').toEqual([[], []])
      expect([home.dongle.counts, home.dongle.line]).toMatchObject([{ malformed: 0, refused: 0 }, { damaged: 0 }])
    })
    await start(home.driver)
    return home
  }

  /** The coordinator's process ends, and another goes on with what it saved. */
  async restart(): Promise<void> {
    await this.driver.stop()
    this.line.cut('the host has gone')
    this.line.mend()
    this.driver = this.newDriver()
    await start(this.driver)
  }
  private newDriver(): OTRCPDriver {
    const driver = foreignCoordinator(this.folder, this)
    driver.writer.on('data', (octets: Buffer) => void this.line.host.write(octets))
    driver.parser.on('data', (frame: Buffer) => void driver.onFrame(frame))
    return driver
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
    await this.join(witness, 1)
    return witness
  }
  /** Joins; tries as often as told. */
  async join(witness: Witness, tries: number): Promise<void> {
    const { node, failures } = witness
    const { joined } = this
    for (let tried = 1; ; tried++) {
      node.join(installCodes.sixteen)
      await this.until(() => failures.length === tried || (witness.joined > 0 && joined.includes(node.eui64)), 'joined')
      if (witness.joined > 0) return
      if (tried === tries) throw new Error(`${node.role} ${node.eui64} did not join: ${failures.join(', ')}`)
    }
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

  /** Waits for a fact while the node, if it sleeps, polls: not so often that nobody else comes to speak to its parent. */
  polling({ node }: Witness, fact: () => boolean, what: string): Promise<void> {
    const { kernel } = this.time
    let pollUs = kernel.nowUs()
    return this.until(() => {
      if (node.role === 'sleepy-end-device' && kernel.nowUs() >= pollUs) {
        pollUs = kernel.nowUs() + POLL_US
        node.poll()
      }
      return fact()
    }, what)
  }
  until(fact: () => boolean, what: string): Promise<void> {
    return this.time.until(fact, what)
  }
}
