/**
 * APS frames that come in: opened, judged, acknowledged, put together and handed up. What is not taken is counted by
 * reason and never answered; octets from outside never throw.
 */
import { toHex } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { ApsPayload } from '../../ports/han.ts'
import type { Clock, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import { COORDINATOR } from '../frames/addresses.ts'
import { type ApsCommand, decodeApsCommand } from '../frames/aps-commands.ts'
import { type ApsHeader, decodeAps, encodeAps } from '../frames/aps-frame.ts'
import type { NwkService, NwkSource } from '../nwk-service.ts'
import { ackOf } from './acknowledgement.ts'
import type { ApsListener, ApsSource } from './aps-listener.ts'
import type { ApsRefusal } from './aps-refusal.ts'
import type { ApsSecurity, OpenedAps } from './aps-security.ts'
import { Duplicates } from './duplicates.ts'
import { Reassembly } from './reassembly.ts'
import type { Transmissions } from './transmissions.ts'

export interface ApsReceiverOptions {
  nwk: NwkService
  clock: Pick<Clock, 'nowUs'>
  timers: Timers
  trace: Trace | undefined
  security: ApsSecurity
  transmissions: Transmissions
  trustCentre: () => Eui64 | undefined
  preconfiguredKeysCarryData: boolean
  maxTransferOctets: number
}

type Hop = NwkSource
type DataHeader = Extract<ApsHeader, { type: 'data'; destinationEndpoint: number }>
type GroupHeader = Extract<ApsHeader, { type: 'data'; delivery: 'group' }>

const ZDO_ENDPOINT = 0
/** Whoever is in the group. */
const ANY_ENDPOINT = 0xff
/** How well a node hears itself. @source assumed */
const OWN_HOP = { lqi: 255, rssiDbm: 0 }

export class ApsReceiver {
  /** Frames not taken, by reason. */
  readonly refused = new Map<ApsRefusal, number>()
  listener: ApsListener = {}
  private readonly options: ApsReceiverOptions
  private readonly nwk: NwkService
  private readonly duplicates = new Duplicates()
  private readonly reassembly: Reassembly

  constructor(options: ApsReceiverOptions) {
    this.options = options
    this.nwk = options.nwk
    this.reassembly = new Reassembly({
      timers: options.timers,
      maxOctets: options.maxTransferOctets,
      onIncomplete: () => this.count('fragment-incomplete'),
    })
  }

  receive(apdu: Uint8Array, from: Hop): void {
    const opened = this.open(apdu, from)
    if (typeof opened === 'string') return this.refuse(opened, from)
    const { header } = opened
    switch (header.type) {
      case 'command':
        return this.receiveCommand(opened, header, from)
      case 'data':
        if (!from.secured) return this.refuse('not-nwk-secured', from)
        return this.receiveData(opened, header, from)
      case 'ack':
        if (!from.secured) return this.refuse('not-nwk-secured', from)
        if (!this.options.transmissions.acknowledged(opened, header, from.source)) this.refuse('stray-ack', from)
        return
      default:
        return header satisfies never
    }
  }

  /** Data of this node's for itself. */
  loopBack(payload: ApsPayload, counter: number): void {
    const { eui64, address: source } = this.nwk
    const { listener } = this
    const from = { address: source, eui64 }
    listener.onReceived?.({ ...from, delivery: 'unicast', counter, ...OWN_HOP }, payload)
    if (payload.destinationEndpoint === ZDO_ENDPOINT) listener.onZdo?.({ ...from, broadcast: false }, payload)
    else listener.onData?.({ ...from, broadcast: false }, payload)
  }

  /** Forgets what is half received and what was received. */
  clear(): void {
    this.reassembly.clear()
    this.duplicates.clear()
  }

  private open(apdu: Uint8Array, from: Hop): OpenedAps | ApsRefusal {
    try {
      const frame = decodeAps(apdu)
      if (from.broadcast && frame.header.auxiliary) return 'secured-broadcast'
      return this.options.security.open(frame, this.senderOf(from))
    } catch (error) {
      if (error instanceof WireError) return 'malformed'
      throw error
    }
  }

  private receiveData(opened: OpenedAps, header: ApsHeader & { type: 'data' }, from: Hop): void {
    const refusal = this.dataRefusal(opened)
    if (refusal) return this.refuse(refusal, from)
    if (header.delivery === 'group') return this.receiveForGroup(opened, header, from)
    if (this.isStranger(opened, header, from)) return this.identify(opened, header, from)
    const unicast = !from.broadcast && header.delivery === 'unicast'
    const { fragment } = header
    if (fragment && fragment.fragmentation !== 'none') {
      if (unicast) this.receiveBlock(opened, header, fragment, from)
      else this.refuse('fragment', from)
      return
    }
    const repeated = this.isRepeated(opened, from)
    if (unicast && header.ackRequest) this.acknowledge(opened, from)
    if (repeated) return this.refuse('duplicate', from)
    this.deliver(opened, header, from, opened.payload)
  }

  private receiveForGroup(opened: OpenedAps, header: GroupHeader, from: Hop): void {
    const { onReceived } = this.listener
    if (!onReceived) return this.refuse('group', from)
    if ((header.fragment?.fragmentation ?? 'none') !== 'none') return this.refuse('fragment', from)
    if (this.isRepeated(opened, from)) return this.refuse('duplicate', from)
    const { profileId, clusterId, sourceEndpoint, groupAddress, counter } = header
    const { lqi, rssiDbm } = from
    onReceived(
      { ...this.sourceOf(from, opened), delivery: { group: groupAddress }, counter, lqi, rssiDbm },
      {
        ...{ profileId, clusterId, sourceEndpoint, destinationEndpoint: ANY_ENDPOINT },
        ...{ security: securityOf(opened), asdu: opened.payload },
      },
    )
  }

  /** Data under the network key alone does not say whose it is, and owners of endpoints know nodes by name. */
  private isStranger(opened: OpenedAps, header: DataHeader, from: Hop): boolean {
    const forZdo = header.destinationEndpoint === ZDO_ENDPOINT
    return this.listener.identify !== undefined && !forZdo && this.sourceOf(from, opened).eui64 === undefined
  }

  /** Takes data, and acknowledges it, once its sender has said who it is; what is lost meanwhile the sender repeats. */
  private identify(opened: OpenedAps, header: DataHeader, from: Hop): void {
    const kept = { ...opened, payload: opened.payload.slice() }
    this.listener.identify?.(from.source, eui64 => {
      if (eui64 !== undefined) this.receiveData(kept, header, { ...from, eui64 })
    })
  }

  /** Why data under its key is not to be taken. @source ZigBee Smart Energy profile 07-5356, 5.4 */
  private dataRefusal({ protection, keyState }: OpenedAps): ApsRefusal | undefined {
    if (protection !== 'none' && protection !== 'data') return 'wrong-key-id'
    if (keyState === 'stale') return 'stale-key'
    if (keyState === 'preconfigured' && !this.options.preconfiguredKeysCarryData) return 'preconfigured-key'
    return undefined
  }

  private receiveBlock(
    opened: OpenedAps,
    header: DataHeader,
    fragment: { fragmentation: 'first' | 'part'; blockNumber: number },
    from: Hop,
  ): void {
    const { counter, clusterId, profileId, sourceEndpoint, destinationEndpoint } = header
    const common = [counter, clusterId, profileId, sourceEndpoint, destinationEndpoint]
    const name = [opened.sender ?? from.source, opened.protection, ...common].join(' ')
    const { blockNumber } = fragment
    const octets = opened.payload
    const isFirst = fragment.fragmentation === 'first'
    const taken = this.reassembly.take(name, isFirst ? { total: blockNumber, octets } : { number: blockNumber, octets })
    if (taken.is === 'refused') return this.refuse('fragment', from)
    this.acknowledge(opened, from)
    if (taken.is === 'repeated') this.refuse('duplicate', from)
    if (taken.is === 'complete') this.deliver(opened, header, from, taken.octets)
  }

  private deliver(opened: OpenedAps, header: DataHeader, from: Hop, asdu: Uint8Array): void {
    const { profileId, clusterId, sourceEndpoint, destinationEndpoint, delivery, counter } = header
    const broadcast = from.broadcast || delivery === 'broadcast'
    const sender = this.sourceOf(from, opened)
    const source = { ...sender, broadcast }
    const addressing = { profileId, clusterId, sourceEndpoint, destinationEndpoint }
    const security = securityOf(opened)
    // A sealed frame says whose it is, whatever the address map does not know yet.
    if (opened.sender && this.nwk.eui64Of(from.source) === undefined) this.nwk.learn(opened.sender, from.source)
    if (source.eui64 !== undefined) {
      const ends = { from: source.eui64, to: this.nwk.eui64 }
      this.options.trace?.emit({ kind: 'han.frame', ...ends, ...addressing, asdu: toHex(asdu) })
    }
    const payload: ApsPayload = { ...addressing, security, asdu }
    const { lqi, rssiDbm } = from
    this.listener.onReceived?.(
      { ...sender, delivery: broadcast ? 'broadcast' : 'unicast', counter, lqi, rssiDbm },
      payload,
    )
    if (destinationEndpoint === ZDO_ENDPOINT) this.listener.onZdo?.(source, payload)
    else this.listener.onData?.(source, payload)
  }

  private receiveCommand(opened: OpenedAps, header: ApsHeader & { type: 'command' }, from: Hop): void {
    const { protection, keyState } = opened
    if (!from.secured && protection === 'none') return this.refuse('not-nwk-secured', from)
    const command = commandIn(opened.payload)
    if (!command) return this.refuse('malformed', from)
    if (header.ackRequest && !from.broadcast && header.delivery === 'unicast') {
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
      ? this.options.security.seal(ack, new Uint8Array(), { peer: sender, keyId: protection })
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
}

const securityOf = ({ protection }: OpenedAps) => (protection === 'none' ? 'network' : 'link')

function commandIn(payload: Uint8Array): ApsCommand | undefined {
  try {
    return decodeApsCommand(payload)
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}
