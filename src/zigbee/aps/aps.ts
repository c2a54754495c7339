/**
 * The APS layer of one node: data between endpoints and commands between nodes, acknowledged, in blocks when long, under
 * link keys where asked for.
 * @source ZigBee PRO, 2.2 (application support sub-layer), 4.4 (its security)
 */
import { InvariantError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { ApsPayload } from '../../ports/han.ts'
import type { Clock, RandomStream, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import { type ApsCommand, encodeApsCommand } from '../frames/aps-commands.ts'
import { type ApsHeader, encodeAps } from '../frames/aps-frame.ts'
import { type Ccm, securityOverhead } from '../frames/security.ts'
import { NWK_BROADCAST, type NwkService } from '../nwk-service.ts'
import type { ApsListener } from './aps-listener.ts'
import { ApsReceiver } from './aps-receiver.ts'
import type { ApsRefusal } from './aps-refusal.ts'
import { type ApsProtection, ApsSecurity } from './aps-security.ts'
import type { LinkKeyId, LinkKeys } from './link-keys.ts'
import { type ApsOutcome, type Outgoing, Transmissions } from './transmissions.ts'

export type { ApsArrival, ApsListener, ApsSource, CommandProtection } from './aps-listener.ts'
export type { ApsOutcome } from './transmissions.ts'

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
  /** Attempts without an acknowledgement. Default 4. */
  attempts?: number
}
export interface CommandOptions {
  /** Which key made from the link key shared with the receiver. */
  key: ApsProtection
  /** Without the network key: to a joiner that has none. */
  nwkUnsecured?: boolean
  /** Default false. */
  ackRequest?: boolean
}

/** Of a node that is on no network. */
const NO_ADDRESS = 0xffff
const MAX_APDU = 90
const MAX_TRANSFER = 1_500
/** Frame control, endpoints, cluster, profile, counter. */
const DATA_HEADER = 8
/** Extended frame control and block number. */
const FRAGMENT_HEADER = 2

export class Aps {
  private readonly options: ApsOptions
  private readonly nwk: NwkService
  private readonly security: ApsSecurity
  private readonly transmissions: Transmissions
  private readonly receiver: ApsReceiver
  private readonly maxTransferOctets: number

  constructor(options: ApsOptions) {
    const { nwk, clock, timers, random, ccm, linkKeys: keys, trace, trustCentre } = options
    this.options = options
    this.nwk = nwk
    this.maxTransferOctets = options.maxTransferOctets ?? MAX_TRANSFER
    const security = new ApsSecurity({ eui64: nwk.eui64, ccm, keys, extendedNonce: options.extendedNonce ?? true })
    const transmissions = new Transmissions({ nwk, timers, random, security })
    this.security = security
    this.transmissions = transmissions
    this.receiver = new ApsReceiver({
      ...{ nwk, clock, timers, trace, security, transmissions, trustCentre },
      preconfiguredKeysCarryData: options.preconfiguredKeysCarryData ?? false,
      maxTransferOctets: this.maxTransferOctets,
    })
    nwk.listen({ onData: (apdu, from) => this.receiver.receive(apdu, from) })
  }

  /** Frames not taken, by reason. */
  get refused(): ReadonlyMap<ApsRefusal, number> {
    return this.receiver.refused
  }
  /** Frames that wait for an outcome. */
  get underWay(): number {
    return this.transmissions.count
  }

  /** Adds to what is listened for; a callback given again replaces the earlier one. */
  listen(listener: ApsListener): void {
    this.receiver.listener = { ...this.receiver.listener, ...listener }
  }

  /**
   * Sends data. `to`: a node, or a short address whose node need not be known under `security: 'network'`.
   * `onConfirm` is called once, later. Data under a link key needs a verified one, else the outcome is `no-link-key`.
   * Returns the APS counter.
   */
  send(
    to: Eui64 | number,
    payload: ApsPayload,
    options: SendOptions = {},
    onConfirm?: (outcome: ApsOutcome) => void,
  ): number {
    const peer = typeof to === 'number' ? this.nwk.eui64Of(to) : to
    const confirm = (outcome: ApsOutcome) => {
      if (outcome !== 'delivered') this.traceLost(peer, payload.clusterId, outcome)
      onConfirm?.(outcome)
    }
    const protection = payload.security === 'link' ? 'data' : 'none'
    if (peer === this.nwk.eui64 && this.nwk.address !== NO_ADDRESS) return this.loopBack(payload, confirm)
    if (protection === 'data' && !this.mayCarryData(peer)) {
      return this.refuse(this.nwk.address === NO_ADDRESS ? 'not-joined' : 'no-link-key', confirm)
    }
    const blocks = this.blocksOf(payload.asdu, protection)
    if (!blocks) return this.refuse('refused', confirm)
    const ackRequest = blocks.length > 1 || (options.ackRequest ?? true)
    const header = dataHeader(payload, ackRequest)
    const { attempts } = options
    const common = { to, peer, protection, ackRequest, nwkUnsecured: false, header, blocks } as const
    const outgoing = { ...common, ...(attempts !== undefined && { attempts }) }
    return this.transmissions.start(outgoing, confirm)
  }

  /**
   * Sends data to one of NWK_BROADCAST; nobody acknowledges it. Returns its APS counter.
   * @throws InvariantError for `security: 'link'`, and for a payload that does not fit one frame
   */
  broadcast(to: number, payload: ApsPayload): number {
    const { security, asdu, profileId, clusterId, sourceEndpoint, destinationEndpoint } = payload
    if (security === 'link') throw new InvariantError('APS broadcast: security "link" found, "network" expected')
    const addressing = { destinationEndpoint, clusterId, profileId, sourceEndpoint }
    const counter = this.transmissions.nextCounter()
    this.toMany(to, { type: 'data', delivery: 'broadcast', ackRequest: false, ...addressing, counter }, asdu)
    return counter
  }

  /** Sends data to a group, wherever its members are; nobody acknowledges it. Returns its APS counter. @throws InvariantError when it does not fit one frame */
  multicast(groupAddress: number, payload: Omit<ApsPayload, 'destinationEndpoint' | 'security'>): number {
    const { asdu, profileId, clusterId, sourceEndpoint } = payload
    const addressing = { groupAddress, clusterId, profileId, sourceEndpoint }
    const counter = this.transmissions.nextCounter()
    const header = { type: 'data', delivery: 'group', ackRequest: false, ...addressing, counter } as const
    this.toMany(NWK_BROADCAST.rxOnWhenIdle, header, asdu)
    return counter
  }

  private toMany(to: number, header: ApsHeader, asdu: Uint8Array): void {
    const room = this.roomFor('none')
    if (asdu.length > room) {
      throw new InvariantError(`APS ${header.type} to many: ${asdu.length} octets found, at most ${room} expected`)
    }
    this.nwk.broadcast(to, encodeAps(header, asdu))
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
    this.receiver.clear()
  }

  /** To this node itself: it does not go over the air. */
  private loopBack(payload: ApsPayload, confirm: (outcome: ApsOutcome) => void): number {
    const counter = this.transmissions.nextCounter()
    const copy = { ...payload, asdu: payload.asdu.slice() }
    this.options.timers.after(0, 'aps loop back', () => {
      confirm('delivered')
      this.receiver.loopBack(copy, counter)
    })
    return counter
  }

  private refuse(outcome: ApsOutcome, confirm: (outcome: ApsOutcome) => void): number {
    this.options.timers.after(0, 'aps confirm', () => confirm(outcome))
    return this.transmissions.nextCounter()
  }

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
    if (asdu.length > this.maxTransferOctets) return undefined
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
