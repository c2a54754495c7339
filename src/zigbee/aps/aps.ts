/**
 * The APS layer of one node: data between endpoints and commands between nodes, acknowledged, in blocks when long, under
 * link keys where asked for.
 * @source ZigBee PRO, 2.2 (application support sub-layer), 4.4 (its security)
 */
import { toHex } from '../../base/bytes.ts'
import { InvariantError, WireError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { ApsPayload } from '../../ports/han.ts'
import type { Clock, RandomStream, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import { COORDINATOR } from '../frames/addresses.ts'
import { type ApsCommand, decodeApsCommand, encodeApsCommand } from '../frames/aps-commands.ts'
import { type ApsHeader, decodeAps, encodeAps } from '../frames/aps-frame.ts'
import { type Ccm, securityOverhead } from '../frames/security.ts'
import type { NwkListener, NwkService } from '../nwk-service.ts'
import type { ApsRefusal } from './aps-refusal.ts'
import { type ApsProtection, ApsSecurity, type OpenedAps } from './aps-security.ts'
import { Duplicates } from './duplicates.ts'
import type { LinkKeyId, LinkKeyState, LinkKeys } from './link-keys.ts'
import { Reassembly } from './reassembly.ts'
import { type ApsOutcome, type Outgoing, Transmissions } from './transmissions.ts'

export type { ApsOutcome } from './transmissions.ts'

/** Who sent what came in. */
export interface ApsSource {
  /** Short address. */
  address: number
  /** Undefined when no frame of it ever said so. */
  eui64: Eui64 | undefined
}
/** How a command came in. */
export interface CommandProtection {
  protectedBy: ApsProtection
  /** State of the link key it was under; undefined when under none. */
  keyState: LinkKeyState | undefined
  nwkSecured: boolean
}

export interface ApsListener {
  /** Data for an endpoint. Must not keep `payload.asdu`. */
  onData?(from: ApsSource & { broadcast: boolean }, payload: ApsPayload): void
  /** Data for endpoint 0, the device object. Must not keep `payload.asdu`. */
  onZdo?(from: ApsSource & { broadcast: boolean }, payload: ApsPayload): void
  onCommand?(from: ApsSource, command: ApsCommand, how: CommandProtection): void
  /** Something was not taken: `stale-key` asks for key establishment, the rest is noise or an attack. */
  onRefused?(reason: ApsRefusal, from: ApsSource): void
}

export interface ApsOptions {
  nwk: NwkService
  clock: Pick<Clock, 'nowUs'>
  timers: Timers
  random: RandomStream
  ccm: Ccm
  linkKeys: LinkKeys
  /** The trust centre, once it is known. */
  trustCentre: () => Eui64 | undefined
  trace?: Trace
  /** Takes and sends data under preconfigured keys; Smart Energy does not. Default false. */
  preconfiguredKeysCarryData?: boolean
  /** Data frames under a link key name their sender (8 octets). Default true. */
  extendedNonce?: boolean
  /**
   * Octets of the longest APS frame that fits into a MAC frame of 127. Default 90: what is left by MAC header and FCS (11),
   * NWK header (8), its auxiliary header (14) and MIC (4), without a source route.
   */
  maxApduOctets?: number
  /** Octets of the longest payload sent or taken in blocks. Default 1,500. */
  maxTransferOctets?: number
}

export interface SendOptions {
  /** Asks for an acknowledgement and repeats without one. Default true. */
  ackRequest?: boolean
}
export interface CommandOptions {
  /** Which key made from the link key shared with the receiver. */
  key: ApsProtection
  /** Without the network key: to a joiner that has none. */
  nwkUnsecured?: boolean
  /** Default false. */
  ackRequest?: boolean
}

type DataHeader = Extract<ApsHeader, { type: 'data'; destinationEndpoint: number }>
type Hop = Parameters<NwkListener['onData']>[1]

const ZDO_ENDPOINT = 0
const MAX_APDU = 90
const MAX_TRANSFER = 1_500
/** Frame control, endpoints, cluster, profile, counter. */
const DATA_HEADER = 8
/** Extended frame control and block number. */
const FRAGMENT_HEADER = 2
/** Window of one: the bits beyond it are set. @source EmberZNet's receiver, as published by Silicon Labs */
const BLOCK_ARRIVED = 0xff

export class Aps {
  /** Frames not taken, by reason. */
  readonly refused = new Map<ApsRefusal, number>()
  private readonly options: ApsOptions
  private readonly nwk: NwkService
  private readonly security: ApsSecurity
  private readonly transmissions: Transmissions
  private readonly duplicates = new Duplicates()
  private readonly reassembly: Reassembly
  private listener: ApsListener = {}

  constructor(options: ApsOptions) {
    const { nwk, timers, random, ccm, linkKeys: keys } = options
    this.options = options
    this.nwk = nwk
    const extendedNonce = options.extendedNonce ?? true
    this.security = new ApsSecurity({ eui64: nwk.eui64, ccm, keys, extendedNonce })
    this.transmissions = new Transmissions({ nwk, timers, random, security: this.security })
    this.reassembly = new Reassembly({
      timers,
      maxOctets: options.maxTransferOctets ?? MAX_TRANSFER,
      onTimeout: () => this.count('fragment-timeout'),
    })
    nwk.listen({ onData: (apdu, from) => this.receive(apdu, from) })
  }

  /** Frames that wait for an outcome. */
  get underWay(): number {
    return this.transmissions.count
  }

  /** Adds to what is listened for; a callback given again replaces the earlier one. */
  listen(listener: ApsListener): void {
    this.listener = { ...this.listener, ...listener }
  }

  /**
   * Sends data. `to`: a node, or a short address whose node need not be known under `security: 'network'`.
   * `onConfirm` is called once, later. Data under a link key needs a verified one, else the outcome is `no-link-key`.
   */
  send(
    to: Eui64 | number,
    payload: ApsPayload,
    options: SendOptions = {},
    onConfirm?: (outcome: ApsOutcome) => void,
  ): void {
    const peer = typeof to === 'number' ? this.nwk.eui64Of(to) : to
    const confirm = (outcome: ApsOutcome) => {
      if (outcome !== 'delivered') this.traceLost(peer, payload.clusterId, outcome)
      onConfirm?.(outcome)
    }
    const protection = payload.security === 'link' ? 'data' : 'none'
    if (protection === 'data' && !this.mayCarryData(peer)) {
      return void this.options.timers.after(0, 'aps confirm', () =>
        confirm(this.nwk.address === 0xffff ? 'not-joined' : 'no-link-key'),
      )
    }
    const blocks = this.blocksOf(payload.asdu, protection)
    if (!blocks) return void this.options.timers.after(0, 'aps confirm', () => confirm('refused'))
    const ackRequest = blocks.length > 1 || (options.ackRequest ?? true)
    const header = dataHeader(payload, ackRequest)
    const outgoing = { to, peer, protection, ackRequest, nwkUnsecured: false, header, blocks } as const
    this.transmissions.start(outgoing, confirm)
  }

  /**
   * Sends data to one of NWK_BROADCAST; nobody acknowledges it.
   * @throws InvariantError for `security: 'link'`, and for a payload that does not fit one frame
   */
  broadcast(to: number, payload: ApsPayload): void {
    const { security, asdu, profileId, clusterId, sourceEndpoint, destinationEndpoint } = payload
    if (security === 'link') throw new InvariantError('APS broadcast: security "link" found, "network" expected')
    const room = this.roomFor('none')
    if (asdu.length > room) {
      throw new InvariantError(`APS broadcast: ${asdu.length} octets found, at most ${room} expected`)
    }
    const addressing = { destinationEndpoint, clusterId, profileId, sourceEndpoint }
    const counter = this.transmissions.nextCounter()
    this.nwk.broadcast(
      to,
      encodeAps({ type: 'data', delivery: 'broadcast', ackRequest: false, ...addressing, counter }, asdu),
    )
  }

  /** Sends a command to the node at a short address; `device` is whose link key protects it. */
  sendCommand(
    to: number,
    device: Eui64,
    command: ApsCommand,
    options: CommandOptions,
    onConfirm?: (outcome: ApsOutcome) => void,
  ): void {
    const { key: protection, nwkUnsecured = false, ackRequest = false } = options
    const outgoing: Outgoing = {
      to,
      peer: device,
      protection,
      ackRequest,
      nwkUnsecured,
      header: counter => ({ type: 'command', delivery: 'unicast', ackRequest, counter }),
      blocks: [encodeApsCommand(command)],
    }
    this.transmissions.start(outgoing, onConfirm)
  }

  /** Sends a command, without APS security, to one of NWK_BROADCAST. */
  broadcastCommand(to: number, command: ApsCommand): void {
    const counter = this.transmissions.nextCounter()
    const header = { type: 'command', delivery: 'broadcast', ackRequest: false, counter } as const
    this.nwk.broadcast(to, encodeAps(header, encodeApsCommand(command)))
  }

  /** A command as a complete frame, to travel in a Tunnel command. Undefined when no key is shared with the device. */
  sealCommand(device: Eui64, command: ApsCommand, keyId: LinkKeyId): Uint8Array | undefined {
    const counter = this.transmissions.nextCounter()
    const header = { type: 'command', delivery: 'unicast', ackRequest: false, counter } as const
    return this.security.seal(header, encodeApsCommand(command), { peer: device, keyId })
  }

  /** Forgets what is half received and confirms what is under way with `not-joined`: the node is off the network. */
  reset(): void {
    this.transmissions.abandon('not-joined')
    this.reassembly.clear()
    this.duplicates.clear()
  }

  // Receiving. Octets from outside never throw.

  private receive(apdu: Uint8Array, from: Hop): void {
    try {
      const frame = decodeAps(apdu)
      if (from.broadcast && frame.header.auxiliary) return this.refuse('secured-broadcast', from)
      const opened = this.security.open(frame, this.senderOf(from))
      if (typeof opened === 'string') return this.refuse(opened, from)
      if (opened.header.type === 'command') return this.receiveCommand(opened, from)
      if (!from.secured) return this.refuse('not-nwk-secured', from)
      if (opened.header.type === 'data') return this.receiveData(opened, opened.header, from)
      if (!this.transmissions.acknowledged(opened, from.source)) this.refuse('stray-ack', from)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.refuse('malformed', from)
    }
  }

  private receiveData(opened: OpenedAps, header: ApsHeader & { type: 'data' }, from: Hop): void {
    if (header.delivery === 'group') return this.refuse('group', from)
    if (opened.protection !== 'none' && opened.protection !== 'data') return this.refuse('wrong-key-id', from)
    if (opened.keyState === 'stale') return this.refuse('stale-key', from)
    if (opened.keyState === 'preconfigured' && !this.options.preconfiguredKeysCarryData) {
      return this.refuse('preconfigured-key', from)
    }
    const unicast = !from.broadcast && header.delivery === 'unicast'
    if (header.fragment && header.fragment.fragmentation !== 'none') {
      if (!unicast) return this.refuse('fragment', from)
      return this.receiveBlock(opened, header, from)
    }
    const repeated = this.isRepeated(opened, from)
    if (unicast && header.ackRequest) this.acknowledge(opened, from)
    if (repeated) return this.refuse('duplicate', from)
    this.deliver(opened, header, from, opened.payload)
  }

  private receiveBlock(opened: OpenedAps, header: DataHeader, from: Hop): void {
    const { fragment, counter, clusterId, profileId, sourceEndpoint, destinationEndpoint } = header
    if (!fragment || fragment.fragmentation === 'none') return
    const first = fragment.fragmentation === 'first'
    const sender = opened.sender ?? from.source
    const name = [sender, opened.protection, counter, clusterId, profileId, sourceEndpoint, destinationEndpoint].join(
      ' ',
    )
    const taken = this.reassembly.take(name, {
      is: first ? 'first' : 'part',
      number: first ? 0 : fragment.blockNumber,
      ...(first ? { total: fragment.blockNumber } : {}),
      octets: opened.payload,
    })
    if (taken.is === 'refused') return this.refuse('fragment', from)
    this.acknowledge(opened, from)
    if (taken.is === 'repeated') this.refuse('duplicate', from)
    if (taken.is === 'complete') this.deliver(opened, header, from, taken.octets)
  }

  private deliver(opened: OpenedAps, header: DataHeader, from: Hop, asdu: Uint8Array): void {
    const { profileId, clusterId, sourceEndpoint, destinationEndpoint, delivery } = header
    const source = { ...this.sourceOf(from, opened), broadcast: from.broadcast || delivery === 'broadcast' }
    const addressing = { profileId, clusterId, sourceEndpoint, destinationEndpoint }
    const security = opened.protection === 'none' ? 'network' : 'link'
    // A sealed frame says whose it is, whatever the address map does not know yet.
    if (opened.sender && this.nwk.eui64Of(from.source) === undefined) this.nwk.learn(opened.sender, from.source)
    if (source.eui64 !== undefined) {
      const ends = { from: source.eui64, to: this.nwk.eui64 }
      this.options.trace?.emit({ kind: 'han.frame', ...ends, ...addressing, asdu: toHex(asdu) })
    }
    const payload: ApsPayload = { ...addressing, security, asdu }
    if (destinationEndpoint === ZDO_ENDPOINT) this.listener.onZdo?.(source, payload)
    else this.listener.onData?.(source, payload)
  }

  private receiveCommand(opened: OpenedAps, from: Hop): void {
    const { header, protection, keyState } = opened
    if (header.type !== 'command') return
    if (!from.secured && protection === 'none') return this.refuse('not-nwk-secured', from)
    const command = decodeApsCommand(opened.payload)
    const acknowledged = header.ackRequest && !from.broadcast && header.delivery === 'unicast'
    if (acknowledged) {
      const repeated = this.isRepeated(opened, from)
      this.acknowledge(opened, from)
      if (repeated) return this.refuse('duplicate', from)
    }
    const how = { protectedBy: protection, keyState, nwkSecured: from.secured }
    this.listener.onCommand?.(this.sourceOf(from, opened), command, how)
  }

  private isRepeated({ header, payload }: OpenedAps, from: Hop): boolean {
    const nowUs = this.options.clock.nowUs()
    return this.duplicates.isRepeated(from.source, { counter: header.counter, octets: payload, nowUs })
  }

  /** With the protection of what it acknowledges. */
  private acknowledge({ header, protection, sender }: OpenedAps, from: Hop): void {
    const ack = ackOf(header)
    if (!ack) return
    const sealed = protection !== 'none' && sender !== undefined
    const apdu = sealed
      ? this.security.seal(ack, new Uint8Array(), { peer: sender, keyId: protection })
      : encodeAps(ack, new Uint8Array())
    if (apdu) this.nwk.send(from.source, apdu, from.secured ? {} : { unsecured: true })
  }

  /** Whom the layers below believe a frame to be from. */
  private senderOf(from: Hop): Eui64 | undefined {
    const known = from.eui64 ?? this.nwk.eui64Of(from.source)
    return known ?? (from.source === COORDINATOR ? this.options.trustCentre() : undefined)
  }
  private sourceOf(from: Hop, opened?: OpenedAps): ApsSource {
    return { address: from.source, eui64: opened?.sender ?? this.senderOf(from) }
  }

  private refuse(reason: ApsRefusal, from: Hop): void {
    this.count(reason)
    this.listener.onRefused?.(reason, this.sourceOf(from))
  }
  private count(reason: ApsRefusal): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }

  // Sending.

  private mayCarryData(peer: Eui64 | undefined): boolean {
    const state = peer === undefined ? undefined : this.options.linkKeys.get(peer)?.state
    if (state === 'preconfigured') return this.options.preconfiguredKeysCarryData ?? false
    return state === 'verified'
  }

  /** Octets of payload that fit one frame. */
  private roomFor(protection: ApsProtection): number {
    const overhead = protection === 'none' ? 0 : securityOverhead(this.security.auxiliaryOf(protection))
    return (this.options.maxApduOctets ?? MAX_APDU) - DATA_HEADER - overhead
  }

  /** The payload, copied, in as many blocks as it takes; undefined when it is too long. */
  private blocksOf(asdu: Uint8Array, protection: ApsProtection): Uint8Array[] | undefined {
    const room = this.roomFor(protection)
    if (asdu.length <= room) return [asdu.slice()]
    if (asdu.length > (this.options.maxTransferOctets ?? MAX_TRANSFER)) return undefined
    const size = room - FRAGMENT_HEADER
    return Array.from({ length: Math.ceil(asdu.length / size) }, (_, at) => asdu.slice(at * size, (at + 1) * size))
  }

  private traceLost(to: Eui64 | undefined, clusterId: number, reason: ApsOutcome): void {
    if (to === undefined) return
    this.options.trace?.emit({ kind: 'han.frame-lost', from: this.nwk.eui64, to, clusterId, reason })
  }
}

/** The header of data, for a counter and a block. */
function dataHeader(payload: ApsPayload, ackRequest: boolean): Outgoing['header'] {
  const { profileId, clusterId, sourceEndpoint, destinationEndpoint } = payload
  const addressing = { destinationEndpoint, clusterId, profileId, sourceEndpoint }
  return (counter, { number, of }) => {
    const header = { type: 'data', delivery: 'unicast', ackRequest, ...addressing, counter } as const
    if (of === 1) return header
    const first = { fragmentation: 'first', blockNumber: of } as const
    const part = { fragmentation: 'part', blockNumber: number } as const
    return { ...header, fragment: number === 0 ? first : part }
  }
}

/** The acknowledgement of a frame; undefined for one that has none. */
function ackOf(header: ApsHeader): ApsHeader | undefined {
  const { counter } = header
  if (header.type === 'command') return { type: 'ack', delivery: 'unicast', ackOf: 'command', counter }
  if (header.type !== 'data' || header.delivery === 'group') return undefined
  const { profileId, clusterId, fragment } = header
  const swapped = { destinationEndpoint: header.sourceEndpoint, sourceEndpoint: header.destinationEndpoint }
  const ack = { type: 'ack', delivery: 'unicast', ackOf: 'data', profileId, clusterId, ...swapped, counter } as const
  if (!fragment || fragment.fragmentation === 'none') return ack
  const { fragmentation } = fragment
  const blockNumber = fragmentation === 'first' ? 0 : fragment.blockNumber
  return { ...ack, fragment: { fragmentation, blockNumber, ackBitfield: BLOCK_ARRIVED } }
}
