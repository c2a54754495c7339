/**
 * The MAC layer of a ZigBee node over any Radio: what the chip leaves to the host. Non-beacon network, no MAC security.
 * @source IEEE 802.15.4-2006, 7.5; ZigBee PRO, annex D
 */
import { InvariantError, WireError } from '../../base/errors.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import type { Radio, ReceiveInfo } from '../../ports/radio.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import { BROADCAST_ADDRESS, decodeMacFrame, type MacAddress, type MacFrame } from '../../radio/mac-frame.ts'
import type { AssociationOutcome, HeardBeacon, MacListener, MacOutcome, MacService } from '../mac-service.ts'
import { Admission } from './admission.ts'
import { Association, type AssociationTarget } from './association.ts'
import { Duplicates } from './duplicates.ts'
import { IndirectQueue } from './indirect-queue.ts'
import { MAX_NPDU, SCAN_CHANNEL_US } from './limits.ts'
import { isNodeAddress, type MacCounters, MacLink, outcomeOf, type Place } from './link.ts'
import { Poll, type PollResult } from './poll.ts'
import { type Procedure, Procedures } from './procedure.ts'
import { Scan } from './scan.ts'

/** @source IEEE 802.15.4-2006: macMaxFrameRetries 3 */
const ATTEMPTS = 4

export class Mac implements MacService {
  readonly eui64: Eui64
  private readonly link: MacLink
  private readonly attempts: number
  private readonly indirect: IndirectQueue
  private readonly admission: Admission
  private readonly duplicates = new Duplicates()
  private readonly procedures = new Procedures()
  private listener: MacListener | undefined

  /**
   * Takes the radio over, from power-on settings. `random`: a stream of this node's own. `attempts`: transmissions of a
   * data frame that nobody acknowledges.
   */
  constructor(parts: { radio: Radio; timers: Timers; random: RandomStream; eui64: Eui64; attempts?: number }) {
    this.eui64 = parts.eui64
    this.attempts = parts.attempts ?? ATTEMPTS
    this.link = new MacLink(parts)
    this.indirect = new IndirectQueue(this.link)
    this.admission = new Admission(this.link, this.indirect, () => this.listener)
    parts.radio.listen({ onReceive: (psdu, info) => this.receive(psdu, info) })
  }

  /** Frames that came to nothing, since the start. */
  get counters(): Readonly<MacCounters> {
    return this.link.counters
  }

  listen(listener: MacListener): void {
    this.listener = listener
  }

  configure(settings: Partial<Place>): void {
    this.link.settle(settings)
  }

  send(to: number, npdu: Uint8Array, onDone?: (outcome: MacOutcome) => void): void {
    checkNode(to)
    this.transmit({ ...this.dataTo(to, npdu), ackRequest: true }, onDone)
  }

  broadcast(npdu: Uint8Array, onDone?: (outcome: MacOutcome) => void): void {
    this.transmit(this.dataTo(BROADCAST_ADDRESS, npdu), onDone)
  }

  sendIndirect(to: number | Eui64, npdu: Uint8Array, onDone?: (outcome: MacOutcome) => void): void {
    if (typeof to === 'number') checkNode(to)
    const held =
      this.link.isOnNetwork && this.indirect.hold(to, { ...this.dataTo(to, npdu.slice()), ackRequest: true }, onDone)
    if (!held) this.refuse(onDone)
  }

  dropIndirect(child: number | Eui64): void {
    this.indirect.drop(child)
  }

  /** @throws InvariantError when too much waits already */
  scan(
    { channels, perChannelUs = SCAN_CHANNEL_US }: { channels: readonly number[]; perChannelUs?: Micros },
    onDone: (heard: HeardBeacon[]) => void,
  ): void {
    this.begin(new Scan(this.link, { channels, perChannelUs }, onDone))
  }

  /** @throws InvariantError when too much waits already */
  associate(at: AssociationTarget, onDone: (outcome: AssociationOutcome) => void): void {
    checkNode(at.parent)
    this.begin(new Association(this.link, at, onDone))
  }

  /** A poll of the same parent that is under way, or waits, answers this one too. */
  poll(parent: number, onDone?: (result: PollResult) => void): void {
    checkNode(parent)
    const sameParent = (procedure: Procedure) => procedure instanceof Poll && procedure.parent === parent
    const poll = this.procedures.find((each): each is Poll => sameParent(each))
    if (poll) return poll.join(onDone)
    const another = new Poll(this.link, parent)
    another.join(onDone)
    this.begin(another)
  }

  private begin(procedure: Procedure): void {
    if (!this.procedures.add(procedure)) {
      throw new InvariantError(`MAC ${this.eui64}: too many scans, associations and polls asked for at once`)
    }
  }

  private dataTo(to: number | Eui64, npdu: Uint8Array): MacFrame {
    if (npdu.length > MAX_NPDU) {
      throw new InvariantError(`MAC ${this.eui64}: an NPDU of ${npdu.length} octets, at most ${MAX_NPDU} expected`)
    }
    const { panId, address } = this.link.place
    return {
      type: 'data',
      sequence: this.link.nextSequence(),
      destination: typeof to === 'number' ? { panId, short: to } : { panId, extended: to },
      source: { panId, short: address },
      payload: npdu,
    }
  }

  private transmit(frame: MacFrame, onDone: ((outcome: MacOutcome) => void) | undefined): void {
    if (!this.link.isOnNetwork) return this.refuse(onDone)
    this.link.transmit(frame, { attempts: this.attempts }, outcome => onDone?.(outcomeOf(outcome)))
  }

  private refuse(onDone: ((outcome: MacOutcome) => void) | undefined): void {
    this.link.later('mac refused', onDone && (() => onDone('refused')))
  }

  // Receiving. Whatever comes from the air, nothing is thrown.

  private receive(psdu: Uint8Array, info: ReceiveInfo): void {
    const { counters } = this.link
    const frame = this.decode(psdu)
    if (!frame) return
    if (frame.type === 'beacon') {
      this.procedures.running?.heard(frame, info, false)
      return
    }
    if (!this.isForUs(frame.destination)) {
      counters.foreign++
      return
    }
    const from = frame.source?.short ?? frame.source?.extended
    // Only what asks for an acknowledgement is ever sent again.
    const repeated =
      frame.ackRequest === true && from !== undefined && this.duplicates.isRepeated(from, psdu, info.timestampUs)
    if (repeated) counters.duplicates++
    else this.take(frame, info)
    this.procedures.running?.heard(frame, info, repeated)
  }

  private decode(psdu: Uint8Array): MacFrame | undefined {
    try {
      return decodeMacFrame(psdu)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.link.counters.malformed++
      return undefined
    }
  }

  private isForUs(destination: MacAddress | undefined): boolean {
    const { panId, address } = this.link.place
    if (!destination || (destination.panId !== panId && destination.panId !== BROADCAST_ADDRESS)) return false
    if (destination.extended !== undefined) return destination.extended === this.eui64
    return destination.short === BROADCAST_ADDRESS || destination.short === address
  }

  private take(frame: Exclude<MacFrame, { type: 'beacon' }>, { lqi, rssiDbm }: ReceiveInfo): void {
    const { counters, place } = this.link
    const { source, destination } = frame
    const isNeighbour = source?.short !== undefined && source.panId === place.panId && isNodeAddress(source.short)
    if (isNeighbour) this.admission.heardFrom(source.short)
    if (frame.type === 'data') {
      if (!isNeighbour || destination?.panId !== place.panId) counters.foreign++
      else if (frame.payload.length > 0) {
        const broadcast = destination.short === BROADCAST_ADDRESS
        this.listener?.onData(frame.payload, { source: source.short, broadcast, lqi, rssiDbm })
      }
    } else if (frame.type === 'command') this.command(frame)
    else counters.foreign++
  }

  private command({ command, source, destination }: Extract<MacFrame, { type: 'command' }>): void {
    const { counters, isOnNetwork } = this.link
    const isForUsAlone = destination?.short !== BROADCAST_ADDRESS
    switch (command.name) {
      case 'beaconRequest':
        return this.admission.beaconRequested()
      case 'associationRequest':
        if (!isOnNetwork || !isForUsAlone || source?.extended === undefined) counters.unexpected++
        else this.admission.requested(source.extended, command.capability)
        return
      case 'dataRequest': {
        const child = source?.extended ?? source?.short
        if (!isOnNetwork || !isForUsAlone || child === undefined || !isChild(child)) counters.unexpected++
        else this.polled(child)
        return
      }
      case 'associationResponse':
        if (!(this.procedures.running instanceof Association)) counters.unexpected++
        return
      // ZigBee does not use these: it leaves, resolves conflicts and comes back by NWK commands.
      case 'disassociationNotification':
      case 'panIdConflictNotification':
      case 'orphanNotification':
      case 'coordinatorRealignment':
        counters.unexpected++
        return
      default:
        command satisfies never
    }
  }

  private polled(child: number | Eui64): void {
    // First what was held when the child was told whether anything is: what the layer above adds now, waits.
    this.indirect.collect(child)
    this.listener?.onPolled?.(child)
  }
}

const isChild = (address: number | Eui64): boolean => typeof address === 'string' || isNodeAddress(address)

function checkNode(address: number): void {
  if (Number.isInteger(address) && address >= 0 && isNodeAddress(address)) return
  throw new InvariantError(`MAC: ${address} found, the short address of a node, 0..0xfff7, expected`)
}
