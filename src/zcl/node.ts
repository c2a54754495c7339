/**
 * The ZCL of one node: takes frames from the HanNode to the endpoints and clusters they are for, answers what the
 * library says must be answered, and matches answers to requests.
 */
import { ByteReader } from '../base/bytes.ts'
import { InvariantError, WireError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { ApsPayload, DeliveryOutcome, HanListener, HanNode } from '../ports/han.ts'
import type { Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { RawReply } from './cluster-side.ts'
import { clusterNameOf, commandNameOf } from './clusters.ts'
import { ZclEndpoint } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-types.ts'
import type { GlobalCommand } from './foundation.ts'
import { decodeBody, encodeCommand, encodeGlobal, type ZclFrame } from './frame.ts'
import { globalAnswer } from './global-answers.ts'
import { HEADER_OCTETS, readHeader, type ZclHeader } from './header.ts'
import { type NodeQuirk, Quirks } from './node-quirk.ts'
import { Reporting, type ReportMemory } from './reporting.ts'
import { answering, isAnswer, securityOf, takesEitherKey, unsupported } from './rules.ts'
import { Status } from './status.ts'
import { DEFAULT_TIMEOUT_US, type Exchange, type Peer, Transactions } from './transactions.ts'

export type { ZclEndpoint } from './endpoint.ts'
export type { Failure, Peer } from './transactions.ts'

/** What a node stands on, and its limits. */
export interface ZclNodeOptions {
  han: HanNode
  timers: Timers
  trace: Trace
  /** What the owner wants to hear of besides data. */
  listener?: Omit<HanListener, 'onData'>
  /** Most octets of a frame made here to answer or report; a longer answer is cut at a record. Default 80. */
  maxAsduOctets?: number
  /** How long a request waits for its answer. Default 10 s. */
  timeoutUs?: Micros
  /** Time a device takes before an answer leaves it. Default 0. */
  responseDelayUs?: Micros
  /** Refuse frames without link key security on clusters that need it. Default true. */
  requireLinkKey?: boolean
  /** Most attributes that peers may have reported to them. Default 32. */
  maxReports?: number
  /** How it departs from the library. Default: not at all. */
  quirks?: readonly NodeQuirk[]
}

const BROADCAST_ENDPOINT = 0xff

/** A frame that came in, and all that an answer to it needs. */
interface Received {
  endpoint: ZclEndpoint
  from: Peer
  header: ZclHeader
  clusterId: number
  security: ApsPayload['security']
  unicast: boolean
}

/** What a frame came to: a status for a Default Response, or undefined when it was answered otherwise. */
type Verdict = number | undefined

/** One node's ZCL over a HanNode, whose listener it is. */
export class ZclNode {
  readonly han: HanNode
  readonly timeoutUs: Micros
  private readonly trace: Trace
  private readonly timers: Timers
  private readonly maxAsduOctets: number
  private readonly responseDelayUs: Micros
  private readonly requireLinkKey: boolean
  private readonly quirks: Quirks
  private readonly endpoints = new Map<number, ZclEndpoint>()
  private readonly transactions: Transactions
  private readonly reporting: Reporting

  constructor(options: ZclNodeOptions) {
    const { han, timers, trace, listener } = options
    this.han = han
    this.trace = trace
    this.timers = timers
    this.timeoutUs = options.timeoutUs ?? DEFAULT_TIMEOUT_US
    this.maxAsduOctets = options.maxAsduOctets ?? 80
    this.responseDelayUs = options.responseDelayUs ?? 0
    this.requireLinkKey = options.requireLinkKey ?? true
    this.quirks = new Quirks(options.quirks ?? [])
    this.transactions = new Transactions(timers)
    this.reporting = new Reporting({
      timers,
      limit: options.maxReports ?? 32,
      room: this.maxAsduOctets - HEADER_OCTETS,
      send: (endpoint, side, peer, records) => this.endpoints.get(endpoint)?.sendReport(peer, side, records),
    })
    han.listen({
      onData: (from, payload) => this.receive(from, payload),
      onJoined: () => listener?.onJoined?.(),
      onJoinFailed: reason => listener?.onJoinFailed?.(reason),
      onLeft: () => listener?.onLeft?.(),
      onDeviceJoined: device => listener?.onDeviceJoined?.(device),
      onDeviceLeft: device => listener?.onDeviceLeft?.(device),
      onHeard: device => listener?.onHeard?.(device),
    })
  }

  /**
   * Adds an endpoint; its clusters follow with `serve` and `use`.
   * @throws InvariantError when the number is taken
   */
  endpoint(options: EndpointOptions): ZclEndpoint {
    if (this.endpoints.has(options.endpoint)) throw new InvariantError(`endpoint ${options.endpoint} exists already`)
    const endpoint = new ZclEndpoint(options, {
      changed: changed => this.han.addEndpoint(changed.descriptor()),
      removed: ({ number }) => {
        this.endpoints.delete(number)
        this.reporting.stop(number)
        this.han.removeEndpoint(number)
      },
      replaced: side => this.reporting.stop(options.endpoint, side),
      exchange: (exchange, encode) => this.exchange(endpoint, exchange, encode),
      sequence: () => this.transactions.nextSequence(),
      send: (peer, clusterId, asdu, onConfirm) => this.send(endpoint, peer, clusterId, asdu, onConfirm),
      said: (command, cluster) => this.quirks.said(command, cluster),
      timeoutUs: this.timeoutUs,
    })
    this.endpoints.set(options.endpoint, endpoint)
    this.han.addEndpoint(endpoint.descriptor())
    return endpoint
  }

  /** What peers have reported to them: to be kept over a restart. */
  reports(): ReportMemory[] {
    return this.reporting.memory()
  }
  /** After a restart, when all endpoints and clusters are there. */
  recallReports(reports: readonly ReportMemory[]): void {
    this.reporting.recall(reports, ({ endpoint, clusterId, direction }) =>
      this.endpoints.get(endpoint)?.side(clusterId, direction),
    )
  }

  private exchange(endpoint: ZclEndpoint, exchange: Exchange, encode: (sequence: number) => Uint8Array): void {
    const sequence = this.transactions.open(exchange)
    if (sequence === undefined) return
    this.send(endpoint, exchange.peer, exchange.clusterId, encode(sequence), outcome =>
      this.transactions.confirmed(sequence, exchange, outcome),
    )
  }

  private send(
    from: ZclEndpoint,
    to: Peer,
    clusterId: number,
    asdu: Uint8Array,
    onConfirm?: (outcome: DeliveryOutcome) => void,
    security: ApsPayload['security'] = securityOf(from.profileId, clusterId),
  ): void {
    const { number: sourceEndpoint, profileId } = from
    const payload = { profileId, clusterId, sourceEndpoint, destinationEndpoint: to.endpoint, security, asdu }
    this.han.send(to.device, payload, onConfirm)
  }

  private receive(device: Eui64, aps: ApsPayload): void {
    const { destinationEndpoint, clusterId } = aps
    const unicast = destinationEndpoint !== BROADCAST_ENDPOINT
    const targets = unicast ? [this.endpoints.get(destinationEndpoint)] : [...this.endpoints.values()]
    for (const endpoint of targets) {
      if (!endpoint || endpoint.profileId !== aps.profileId) {
        const where = `endpoint ${destinationEndpoint} profile 0x${aps.profileId.toString(16)}`
        if (unicast) this.malformed(device, clusterId, 'zcl.no-endpoint', `no ${where} here`)
        continue
      }
      const from = { device, endpoint: aps.sourceEndpoint }
      this.receiveAt(endpoint, from, aps, unicast)
    }
  }

  private receiveAt(endpoint: ZclEndpoint, from: Peer, aps: ApsPayload, unicast: boolean): void {
    const { clusterId, security } = aps
    const reader = new ByteReader(aps.asdu)
    let received: Received | undefined
    let verdict: Verdict
    try {
      received = { endpoint, from, header: readHeader(reader), clusterId, security, unicast }
      verdict = this.insecure(received) ?? this.unwanted(received)
      if (verdict === undefined) verdict = this.dispatch(received, decodeBody(clusterId, received.header, reader))
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.malformed(from.device, clusterId, error.code, error.message)
      verdict = Status.MALFORMED_COMMAND
    }
    if (received && verdict !== undefined) this.defaultResponse(received, verdict)
  }

  private insecure({ endpoint, from, header, clusterId, security, unicast }: Received): Verdict {
    if (!this.requireLinkKey || security === 'link' || securityOf(endpoint.profileId, clusterId) === 'network') return
    if (takesEitherKey(clusterId, header, unicast)) return
    this.malformed(from.device, clusterId, 'zcl.not-secured', 'network key only, but the cluster needs the link key')
    return Status.FAILURE
  }

  /** Refuses by the header alone what nobody here handles, whatever its payload. */
  private unwanted({ endpoint, from, clusterId, header }: Received): Verdict {
    if (this.transactions.awaits(from, endpoint.number, clusterId, header)) return
    const side = endpoint.side(clusterId, header.direction)
    if (!side) return Status.UNSUPPORTED_CLUSTER
    if (header.frameType === 'global' || header.manufacturerCode !== undefined) return
    const command = commandNameOf(clusterId, header.direction, header.commandId)
    return command && side.handler(command) ? undefined : Status.UNSUP_CLUSTER_COMMAND
  }

  private dispatch(received: Received, frame: ZclFrame): Verdict {
    const { endpoint, from, clusterId, header } = received
    if (this.transactions.settle(from, endpoint.number, clusterId, frame)) return
    const side = endpoint.side(clusterId, header.direction)
    if (!side) return Status.UNSUPPORTED_CLUSTER
    const instead = this.quirks.instead({ from, clusterId, frame })
    if (instead !== undefined) return instead === 'dropped' ? undefined : instead
    switch (frame.kind) {
      case 'global': {
        const { reporting, maxAsduOctets } = this
        const answer = globalAnswer(frame.command, {
          endpoint: endpoint.number,
          ...{ side, from, reporting, maxAsduOctets },
        })
        return typeof answer === 'object' ? this.answer(received, answer) : answer
      }
      case 'cluster': {
        const handler = side.handler(frame.command)
        if (!handler) return Status.UNSUP_CLUSTER_COMMAND
        return answerOf(reply => handler(frame.payload, from, reply), this.replyTo(received, frame.cluster))
      }
      case 'unknown':
        return unsupported(header)
      default:
        return frame satisfies never
    }
  }

  private answer(received: Received, usual: GlobalCommand): undefined {
    const cluster = clusterNameOf(received.clusterId)
    const command = cluster === undefined ? usual : this.quirks.said(usual, cluster)
    this.respond(received, encodeGlobal(answering(received.header), command, cluster), this.quirks.lateUs(command))
  }

  private replyTo(received: Received, cluster: string): RawReply {
    return (command, payload) =>
      this.respond(received, encodeCommand(answering(received.header), cluster, command, payload))
  }

  /** Under the key the question came with. */
  private respond({ endpoint, from, clusterId, security }: Received, asdu: Uint8Array, lateUs: Micros = 0): void {
    const send = () => this.send(endpoint, from, clusterId, asdu, undefined, security)
    const afterUs = this.responseDelayUs + lateUs
    if (afterUs === 0) send()
    else this.timers.after(afterUs, 'zcl response', send)
  }

  /** @source ZigBee Cluster Library, 2.5.12 default response: when it is generated */
  private defaultResponse(received: Received, status: number): void {
    const { header, unicast } = received
    if (!unicast || (header.disableDefaultResponse && status === Status.SUCCESS)) return
    if (isAnswer(header)) return
    this.answer(received, { name: 'DefaultResponse', commandId: header.commandId, status })
  }

  private malformed(from: Eui64, clusterId: number, code: string, detail: string): void {
    this.trace.emit({ kind: 'zcl.malformed', from, clusterId, code, detail })
  }
}

/** A handler that neither replied nor said anything has done what was asked. */
function answerOf(handle: (reply: RawReply) => number | 'later' | undefined, reply: RawReply): Verdict {
  let replied = false
  const answer = handle((command, payload) => {
    replied = true
    reply(command, payload)
  })
  if (answer === 'later') return
  return answer ?? (replied ? undefined : Status.SUCCESS)
}
