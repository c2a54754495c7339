/**
 * APS frames under way: sent, acknowledged, repeated, block by block when there are several, each confirmed once.
 * @source ZigBee PRO, 2.2.8.4 (acknowledgement and retransmission), 2.2.8.4.5 (fragmentation)
 */
import type { Eui64, Micros } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import type { DeliveryOutcome } from '../../ports/han.ts'
import type { RandomStream, Timer, Timers } from '../../ports/time.ts'
import { type ApsHeader, encodeAps } from '../frames/aps-frame.ts'
import type { NwkOutcome, NwkService } from '../nwk-service.ts'
import { type AckHeader, acknowledges } from './acknowledgement.ts'
import type { ApsProtection, ApsSecurity, OpenedAps } from './aps-security.ts'

/** What one transmission comes to. */
export type ApsOutcome =
  | DeliveryOutcome
  /** No link key is shared with the receiver that would do. */
  | 'no-link-key'
  /** Not sent: too long, or too many frames are under way. */
  | 'refused'

/** apsAckWaitDuration, drawn anew for each wait. @source measured on stacks: 1.5 to 2.1 s */
const ACK_WAIT_US = { shortest: milliseconds(1_500), spread: milliseconds(600) }
/** @source ZigBee PRO, 2.2.7.1: apscMaxFrameRetries 3 */
const ATTEMPTS = 4
/** @source ZigBee Smart Energy profile, apsInterframeDelay */
const INTERFRAME_US = milliseconds(50)
const COUNTERS = 256
/** Above are broadcasts. */
const HIGHEST_ADDRESS = 0xfff7
/** Some counters stay free, so that one does not come round while its repetitions are remembered. */
const MOST_UNDER_WAY = 224

export interface Outgoing {
  /** Short address, or the node whose short address is looked up for each attempt. */
  to: number | Eui64
  /** With whose link key, when `protection` is not `none`. */
  peer: Eui64 | undefined
  protection: ApsProtection
  ackRequest: boolean
  /** At each block that nobody acknowledges; 4 unless given. */
  attempts?: number
  /** Without the network key. */
  nwkUnsecured: boolean
  /** The header for a counter; of several blocks, with the block that it carries. */
  header(counter: number, block: { number: number; of: number }): ApsHeader
  /** At least one. */
  blocks: readonly Uint8Array[]
}

interface Transmission extends Omit<Outgoing, 'attempts'> {
  counter: number
  block: number
  /** Attempts made at this block, and allowed. */
  attempts: number
  allowed: number
  /** The next hop had it at least once. */
  handedOn: boolean
  /** The address of the last attempt. */
  address: number
  timer: Timer | undefined
  done: ((outcome: ApsOutcome) => void) | undefined
}

export class Transmissions {
  private readonly nwk: NwkService
  private readonly timers: Timers
  private readonly random: RandomStream
  private readonly security: ApsSecurity
  private readonly underWay = new Map<number, Transmission>()
  private lastCounter: number

  constructor(options: { nwk: NwkService; timers: Timers; random: RandomStream; security: ApsSecurity }) {
    this.nwk = options.nwk
    this.timers = options.timers
    this.random = options.random
    this.security = options.security
    this.lastCounter = options.random.int(COUNTERS)
  }

  get count(): number {
    return this.underWay.size
  }

  /** The APS counter of the next frame: none that waits for an acknowledgement. */
  nextCounter(): number {
    do this.lastCounter = (this.lastCounter + 1) % COUNTERS
    while (this.underWay.has(this.lastCounter))
    return this.lastCounter
  }

  /** `done` is called once, later. Returns the APS counter. */
  start(outgoing: Outgoing, done?: (outcome: ApsOutcome) => void): number {
    const counter = this.nextCounter()
    const refused = this.refusal(outgoing)
    if (refused) {
      this.timers.after(0, 'aps confirm', () => done?.(refused))
      return counter
    }
    const allowed = outgoing.attempts ?? ATTEMPTS
    const started = { counter, block: 0, attempts: 0, allowed, handedOn: false, address: 0, timer: undefined, done }
    const transmission: Transmission = { ...outgoing, ...started }
    this.underWay.set(counter, transmission)
    this.attempt(transmission)
    return counter
  }

  /** Whether an acknowledgement that came in was waited for. */
  acknowledged(opened: OpenedAps, ack: AckHeader, from: number): boolean {
    const transmission = this.underWay.get(ack.counter)
    if (!transmission || !this.fits(transmission, opened, ack, from)) return false
    transmission.timer?.cancel()
    transmission.timer = undefined
    transmission.block++
    transmission.attempts = 0
    if (transmission.block === transmission.blocks.length) this.finish(transmission, 'delivered')
    else this.wait(transmission, INTERFRAME_US, 'aps next block', () => this.attempt(transmission))
    return true
  }

  /** Confirms everything under way with this outcome, later: the node is off the network. */
  abandon(outcome: ApsOutcome): void {
    for (const transmission of [...this.underWay.values()]) {
      this.wait(transmission, 0, 'aps confirm', () => this.finish(transmission, outcome))
    }
  }

  private refusal({ to }: Outgoing): ApsOutcome | undefined {
    if (this.nwk.address === 0xffff) return 'not-joined'
    const address = this.addressOf(to)
    if (address === undefined || address > HIGHEST_ADDRESS) return 'unknown-destination'
    return this.underWay.size >= MOST_UNDER_WAY ? 'refused' : undefined
  }

  private addressOf(to: number | Eui64): number | undefined {
    return typeof to === 'number' ? to : this.nwk.addressOf(to)
  }

  private attempt(transmission: Transmission): void {
    const { to, nwkUnsecured, block } = transmission
    transmission.attempts++
    const attempt = transmission.attempts
    transmission.address = this.addressOf(to) ?? transmission.address
    const apdu = this.encode(transmission)
    if (!apdu) {
      return this.wait(transmission, 0, 'aps confirm', () => this.finish(transmission, 'no-link-key'))
    }
    this.nwk.send(transmission.address, apdu, nwkUnsecured ? { unsecured: true } : {}, outcome => {
      const isCurrent = this.underWay.get(transmission.counter) === transmission
      if (isCurrent && transmission.block === block && transmission.attempts === attempt) {
        this.sent(transmission, outcome)
      }
    })
  }

  /** Sealed anew for each attempt: the receiver takes no frame counter twice. */
  private encode({ header, counter, block, blocks, protection, peer }: Transmission): Uint8Array | undefined {
    const made = header(counter, { number: block, of: blocks.length })
    const payload = blocks[block] ?? new Uint8Array()
    if (protection === 'none') return encodeAps(made, payload)
    return peer === undefined ? undefined : this.security.seal(made, payload, { peer, keyId: protection })
  }

  private sent(transmission: Transmission, outcome: NwkOutcome): void {
    switch (outcome) {
      case 'sent':
        transmission.handedOn = true
        if (transmission.ackRequest) return this.awaitAck(transmission)
        return this.finish(transmission, 'delivered')
      case 'no-ack':
      case 'no-route':
        if (transmission.ackRequest) return this.awaitAck(transmission)
        return this.finish(transmission, 'no-ack')
      case 'expired':
        // A repetition expired: the receiver may well have collected the frame itself.
        return this.finish(transmission, transmission.handedOn ? 'no-ack' : 'expired')
      case 'not-joined':
        return this.finish(transmission, 'not-joined')
      default:
        return outcome satisfies never
    }
  }

  private awaitAck(transmission: Transmission): void {
    const waitUs = ACK_WAIT_US.shortest + this.random.int(ACK_WAIT_US.spread)
    this.wait(transmission, waitUs, 'aps acknowledgement', () => {
      if (transmission.attempts < transmission.allowed) this.attempt(transmission)
      else this.finish(transmission, 'no-ack')
    })
  }

  private wait(transmission: Transmission, forUs: Micros, name: string, then: () => void): void {
    transmission.timer?.cancel()
    transmission.timer = this.timers.after(forUs, name, then)
  }

  private finish(transmission: Transmission, outcome: ApsOutcome): void {
    const { counter, done } = transmission
    if (this.underWay.get(counter) !== transmission) return
    transmission.timer?.cancel()
    this.underWay.delete(counter)
    done?.(outcome)
  }

  /** An acknowledgement is from the receiver, for this frame and this block of it, and no less protected. */
  private fits(transmission: Transmission, opened: OpenedAps, ack: AckHeader, from: number): boolean {
    const { counter, block, blocks, protection, peer, address, ackRequest } = transmission
    const genuine = protection === 'none' ? from === address : opened.protection !== 'none' && opened.sender === peer
    const header = transmission.header(counter, { number: block, of: blocks.length })
    return ackRequest && genuine && acknowledges(ack, header)
  }
}
