/** APS layers over a network that is cranked by hand and forges, loses and repeats what it is told to. */
import { expect } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { ApsPayload } from '../../src/ports/han.ts'
import {
  Aps,
  type ApsOptions,
  type ApsOutcome,
  type ApsSource,
  type CommandProtection,
} from '../../src/zigbee/aps/aps.ts'
import { LinkKeys } from '../../src/zigbee/aps/link-keys.ts'
import type { ApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import { type ApsFrame, decodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import type { NwkListener, NwkOutcome, NwkService } from '../../src/zigbee/nwk-service.ts'
import { opensslCcm } from '../golden/zigbee-samples.ts'

export const HUB: Eui64 = '00db1234567800a1'
export const METER: Eui64 = '00db1234567800b1'
export const DISPLAY: Eui64 = '00db1234567800b2'
export const KEY = fromHex('86d58aaa998e2faefaf9fef49606543a')
export const INSTALL_KEY = fromHex('66b6900981e1ee3ca4206b6b861c02bb')
const HOP_US = milliseconds(3)

type Hop = Parameters<NwkListener['onData']>[1]
type SendOptions = { unsecured?: boolean }

/** One frame as it left a node. */
export interface SentApdu {
  from: Eui64
  to: number
  apdu: Uint8Array
  unsecured: boolean
  atUs: Micros
}

/** The network between the nodes of a bench. */
export class FakeNetwork {
  readonly kernel: Kernel
  readonly nodes: FakeNwk[] = []
  readonly sent: SentApdu[] = []
  /** Whether a frame arrives; asked for each. */
  carries: (frame: SentApdu) => boolean = () => true
  /** What the sender is told. */
  outcome: (frame: SentApdu) => NwkOutcome = () => 'sent'
  /** When. */
  confirmUs: Micros = HOP_US
  constructor(kernel: Kernel) {
    this.kernel = kernel
  }
  transmit(frame: SentApdu, arrive: () => void): void {
    this.sent.push(frame)
    const arrives = this.outcome(frame) === 'sent' && this.carries(frame)
    this.kernel.after(HOP_US, 'fake hop', () => {
      if (arrives) arrive()
    })
  }
}

export class FakeNwk implements NwkService {
  readonly eui64: Eui64
  address: number
  readonly network: FakeNetwork
  /** Address map: what this node knows of the others. */
  readonly known = new Map<Eui64, number>()
  private listener: NwkListener | undefined

  constructor(network: FakeNetwork, eui64: Eui64, address: number) {
    this.network = network
    this.eui64 = eui64
    this.address = address
    network.nodes.push(this)
  }
  listen(listener: NwkListener): void {
    this.listener = listener
  }
  send(to: number, apdu: Uint8Array, options: SendOptions = {}, onDone?: (outcome: NwkOutcome) => void): void {
    const { network } = this
    const unsecured = options.unsecured ?? false
    const frame = { from: this.eui64, to, apdu: apdu.slice(), unsecured, atUs: network.kernel.nowUs() }
    const outcome = this.address === 0xffff ? 'not-joined' : network.outcome(frame)
    network.transmit(frame, () => {
      const receiver = network.nodes.find(node => node.address === to)
      receiver?.hear(frame.apdu, { source: this.address, secured: !unsecured })
    })
    network.kernel.after(network.confirmUs, 'fake confirm', () => onDone?.(outcome))
  }
  broadcast(to: number, apdu: Uint8Array): void {
    const { network } = this
    const frame = { from: this.eui64, to, apdu: apdu.slice(), unsecured: false, atUs: network.kernel.nowUs() }
    network.transmit(frame, () => {
      for (const node of network.nodes) {
        if (node !== this) node.hear(frame.apdu, { source: this.address, broadcast: true })
      }
    })
  }
  addressOf(device: Eui64): number | undefined {
    return this.known.get(device)
  }
  eui64Of(address: number): Eui64 | undefined {
    return [...this.known].find(([, known]) => known === address)?.[0]
  }
  learn(device: Eui64, address: number): void {
    this.known.set(device, address)
  }
  /** A frame arrives, genuine or not. */
  hear(apdu: Uint8Array, from: Partial<Hop> & { source: number }): void {
    const how = { eui64: this.eui64Of(from.source), broadcast: false, secured: true, lqi: 200, rssiDbm: -50 }
    this.listener?.onData(apdu, { ...how, ...from })
  }
}

type Data = { from: ApsSource & { broadcast: boolean }; payload: ApsPayload }
type Command = { from: ApsSource; command: ApsCommand; how: CommandProtection }

/** One node: its APS layer, and all that came out of it. */
export class Node {
  readonly nwk: FakeNwk
  readonly keys = new LinkKeys()
  readonly aps: Aps
  readonly data: Data[] = []
  readonly commands: Command[] = []
  trustCentre: Eui64 | undefined = HUB
  private readonly network: FakeNetwork

  constructor(network: FakeNetwork, id: { eui64: Eui64; address: number }, options: Partial<ApsOptions> = {}) {
    this.network = network
    this.nwk = new FakeNwk(network, id.eui64, id.address)
    const { kernel } = network
    this.aps = new Aps({
      nwk: this.nwk,
      clock: kernel,
      timers: kernel,
      random: kernel.random.stream(`aps ${id.eui64}`),
      ccm: opensslCcm,
      linkKeys: this.keys,
      trustCentre: () => this.trustCentre,
      ...options,
    })
    this.aps.listen({
      onData: (from, payload) => this.data.push({ from, payload: { ...payload, asdu: payload.asdu.slice() } }),
      onCommand: (from, command, how) => this.commands.push({ from, command, how }),
    })
  }

  /** Payloads received, hex. */
  get received(): string[] {
    return this.data.map(({ payload }) => toHex(payload.asdu))
  }
  /** Frames this node sent, oldest first. */
  get frames(): ApsFrame[] {
    return this.octets.map(decodeAps)
  }
  get octets(): Uint8Array[] {
    return this.network.sent.filter(({ from }) => from === this.nwk.eui64).map(({ apdu }) => apdu)
  }
  refused(reason: Parameters<Aps['refused']['get']>[0]): number {
    return this.aps.refused.get(reason) ?? 0
  }
  /** Sends octets; what becomes of them. */
  send(to: Eui64, asdu: Uint8Array, over: Partial<ApsPayload> = {}): ApsOutcome[] {
    const outcomes: ApsOutcome[] = []
    this.aps.send(to, payloadOf(asdu, over), {}, outcome => outcomes.push(outcome))
    return outcomes
  }
}

export function payloadOf(asdu: Uint8Array, over: Partial<ApsPayload> = {}): ApsPayload {
  const addressing = { profileId: 0x0109, clusterId: 0x0702, sourceEndpoint: 1, destinationEndpoint: 2 }
  return { ...addressing, security: 'network', asdu, ...over }
}

/** A hub and a meter that know each other and share a link key. */
export function pair(options: { seed?: string; meter?: Partial<ApsOptions>; hub?: Partial<ApsOptions> } = {}) {
  const kernel = new Kernel({ seed: options.seed ?? 'aps', startUnixMs: 0 })
  const network = new FakeNetwork(kernel)
  const hub = new Node(network, { eui64: HUB, address: 0x0000 }, options.hub)
  const meter = new Node(network, { eui64: METER, address: 0x1234 }, options.meter)
  hub.nwk.learn(METER, 0x1234)
  meter.nwk.learn(HUB, 0x0000)
  hub.keys.set(METER, KEY, 'verified')
  meter.keys.set(HUB, KEY, 'verified')
  const run = (forUs: Micros) => void kernel.runUntil(kernel.nowUs() + forUs)
  return { kernel, network, hub, meter, run }
}

/** Long enough for every outcome. */
export const LONG = seconds(60)

/** Octets 0, 1, 2... */
export const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at)

/** The only item. */
export function only<T>(items: readonly T[]): T {
  expect(items).toHaveLength(1)
  return items[0]!
}
