/**
 * Key establishment as the cluster 0x0800 of a node, octets in and octets out: for a stack that keeps it below its
 * users. Serves the attribute, and reads the peer's to choose the suite.
 */
import { WireError } from '../../base/errors.ts'
import type { Timer } from '../../ports/time.ts'
import { ClusterSide } from '../cluster-side.ts'
import { attributeSpec, clusterSpec } from '../clusters.ts'
import type { GlobalCommand } from '../foundation.ts'
import { encodeGlobal } from '../frame.ts'
import type { ZclHeader } from '../header.ts'
import { answering, isAnswer, unsupported } from '../rules.ts'
import { Status } from '../status.ts'
import type { Peer } from '../transactions.ts'
import { KeyEstablishment, type KeyEstablishmentOptions, MINIMUM_TRANSPORT_US } from './key-establishment.ts'
import { decode, encode, type KeyEstablishmentFrame } from './octets.ts'
import type { Failure, RefusalCode } from './states.ts'
import { commonSuite, suiteBit } from './suite-bits.ts'

const CLUSTER = 'KeyEstablishment'
const SUITES_ATTRIBUTE = attributeSpec(CLUSTER, 'KeyEstablishmentSuite').id
/**
 * Suites of a peer that does not say: none at all, an answer of 0, or no answer. The attribute came with suite 2.
 * @source a published test harness answers 0 and serves suite 1; the rest is assumed
 */
const SUITES_UNSAID = suiteBit(1)
/** Octets of attributes in one answer; the one there is takes 6. */
const ROOM = 40

export interface KeyEstablishmentEndpointOptions extends Omit<KeyEstablishmentOptions, 'send' | 'nextSequence'> {
  /** Sends a frame of the cluster under network security; `onOutcome(false)`: it was not acknowledged. */
  transmit(peer: Peer, asdu: Uint8Array, onOutcome: (delivered: boolean) => void): void
}

/** A question for the peer's suites that waits for its answer. */
interface Reading {
  peer: Peer
  sequence: number
  timer: Timer
}

export class KeyEstablishmentEndpoint {
  private readonly options: KeyEstablishmentEndpointOptions
  private readonly machine: KeyEstablishment
  private readonly attributes: ClusterSide
  private reading: Reading | undefined
  private sequence = 0

  /** @throws InvariantError for a time out of its range */
  constructor(options: KeyEstablishmentEndpointOptions) {
    this.options = options
    this.machine = new KeyEstablishment({
      ...options,
      nextSequence: () => this.nextSequence(),
      send: (peer, command, onOutcome) => options.transmit(peer, encode(command, command.sequence), onOutcome),
    })
    this.attributes = new ClusterSide(CLUSTER, 'server', { attributes: { KeyEstablishmentSuite: this.machine.suites } })
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.machine.state === 'idle' && !this.reading
  }
  /** How often what came in was not taken, by reason. */
  get counts(): Readonly<Record<RefusalCode, number>> {
    return this.machine.counts
  }

  /**
   * Begins as the initiator in the suite given, or else in the highest that both sides have, for which the peer is asked;
   * one that does not say is taken for suite 1. The outcome is `onEstablished` or `onFailed`.
   */
  start(peer: Peer, suite?: 1 | 2): void {
    if (!this.idle) return this.failed(peer, 'busy', `an exchange is under way: this side ${this.phase()}`)
    if (suite !== undefined) return this.machine.start(peer, suite)
    const sequence = this.nextSequence()
    const { timers, transportUs = MINIMUM_TRANSPORT_US } = this.options
    const timer = timers.after(transportUs, 'key establishment suite', () => {
      this.reading = undefined
      this.choose(peer, 0)
    })
    const reading = { peer, sequence, timer }
    this.reading = reading
    const question: GlobalCommand = { name: 'ReadAttributes', attributeIds: [SUITES_ATTRIBUTE] }
    const addressing = { direction: 'toServer', disableDefaultResponse: false, sequence } as const
    this.options.transmit(peer, encodeGlobal(addressing, question, CLUSTER), delivered => {
      if (delivered || this.reading !== reading) return
      this.stopReading()
      this.failed(peer, 'not-delivered', 'no acknowledgement')
    })
  }

  /** Takes a frame of the cluster; what makes no sense is traced and answered as the library says. */
  receive(peer: Peer, asdu: Uint8Array): void {
    let frame: KeyEstablishmentFrame
    try {
      frame = decode(asdu)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return this.malformed(peer, error)
    }
    const { header } = frame
    if (frame.kind === 'global') this.receiveGlobal(peer, header, frame.command)
    else if (header.frameType === 'global' || header.manufacturerCode !== undefined) {
      if (frame.kind === 'malformed') this.malformed(peer, frame.error)
      this.refuse(peer, header, frame.kind === 'malformed' ? Status.MALFORMED_COMMAND : unsupported(header))
    } else this.machine.receive(peer, frame)
  }

  /** Drops what is under way, without a word. */
  abandon(): void {
    this.stopReading()
    this.machine.abandon()
  }

  private receiveGlobal(peer: Peer, header: ZclHeader, command: GlobalCommand): void {
    switch (command.name) {
      case 'ReadAttributes': {
        const records = this.attributes.readAttributes(command.attributeIds, ROOM)
        return this.answer(peer, header, { name: 'ReadAttributesResponse', records })
      }
      case 'DiscoverAttributes': {
        const found = this.attributes.discover(command.startId, command.maximum)
        return this.answer(peer, header, { name: 'DiscoverAttributesResponse', ...found })
      }
      case 'WriteAttributes':
      case 'WriteAttributesUndivided': {
        const undivided = command.name === 'WriteAttributesUndivided'
        const failures = this.attributes.writeAttributes(command.records, peer, undivided)
        return this.answer(peer, header, { name: 'WriteAttributesResponse', failures })
      }
      case 'WriteAttributesNoResponse':
        return
      case 'ReadAttributesResponse':
      case 'DefaultResponse': {
        const { reading } = this
        if (reading?.peer.device === peer.device && reading.sequence === header.sequence) {
          return this.learned(reading.peer, command)
        }
        return this.machine.receive(peer, { kind: 'global', header, command })
      }
      default:
        return this.refuse(peer, header, Status.UNSUP_GENERAL_COMMAND)
    }
  }

  /** The answer to the question for the peer's suites. */
  private learned(peer: Peer, command: GlobalCommand): void {
    this.stopReading()
    const records = command.name === 'ReadAttributesResponse' ? command.records : []
    const record = records.find(({ id, status }) => id === SUITES_ATTRIBUTE && status === Status.SUCCESS)
    const theirs = record && 'value' in record ? record.value : undefined
    this.choose(peer, typeof theirs === 'number' ? theirs : 0)
  }

  /** Begins in the highest common suite. `said`: bitmap of the peer's; 0 when it does not say. */
  private choose(peer: Peer, said: number): void {
    const theirs = said === 0 ? SUITES_UNSAID : said
    const suite = commonSuite(this.machine.suites, theirs)
    if (suite !== undefined) return this.machine.start(peer, suite)
    const detail = `suites ${theirs} found, one of ${this.machine.suites} expected`
    this.failed(peer, 'UNSUPPORTED_SUITE', detail, theirs)
  }

  private failed(peer: Peer, reason: Failure['reason'], detail: string, suites?: number): void {
    const known = suites === undefined ? {} : { suites }
    this.options.onFailed(peer, { role: 'initiator', reason, by: 'us', waitS: 0, ...known, detail })
  }

  private refuse(peer: Peer, header: ZclHeader, status: number): void {
    if (isAnswer(header)) return
    this.answer(peer, header, { name: 'DefaultResponse', commandId: header.commandId, status })
  }

  private answer(peer: Peer, header: ZclHeader, command: GlobalCommand): void {
    this.options.transmit(peer, encodeGlobal(answering(header), command, CLUSTER), () => {})
  }

  private malformed(peer: Peer, { code, message: detail }: WireError): void {
    const { id: clusterId } = clusterSpec(CLUSTER)
    this.options.trace?.emit({ kind: 'zcl.malformed', from: peer.device, clusterId, code, detail })
  }

  private stopReading(): void {
    this.reading?.timer.cancel()
    this.reading = undefined
  }

  private phase(): string {
    return this.reading ? 'awaits-suites' : this.machine.state
  }

  private nextSequence(): number {
    this.sequence = (this.sequence % 255) + 1
    return this.sequence
  }
}
