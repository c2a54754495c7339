/** Requests of ours that wait for an answer, at most one for each sequence number. */

import type { Eui64, Micros } from '../base/ids.ts'
import { seconds } from '../base/time.ts'
import type { DeliveryOutcome } from '../ports/han.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { ZclFrame } from './frame.ts'
import { type Direction, opposite, type ZclHeader } from './header.ts'
import { Status } from './status.ts'

/** One endpoint of one node. */
export interface Peer {
  device: Eui64
  endpoint: number
}

/** Why a request has no answer. */
export type Failure =
  | { ok: false; reason: Exclude<DeliveryOutcome, 'delivered'> }
  /** Delivered, but nothing came back in time. */
  | { ok: false; reason: 'timeout' }
  /** All 256 sequence numbers wait for an answer. */
  | { ok: false; reason: 'busy' }
  /** The peer refused the command as a whole. */
  | { ok: false; reason: 'default-response'; status: number }

/** Whether the peer said anything, if only that it does not know the question. */
export const isHeard = (outcome: { ok: true } | Failure): boolean => outcome.ok || outcome.reason === 'default-response'

/** A request under way. */
export interface Exchange {
  peer: Peer
  /** Our endpoint. */
  endpoint: number
  clusterId: number
  direction: Direction
  commandId: number
  /** Whether a Default Response with SUCCESS is all the answer there will be. */
  endsWithDefaultResponse: boolean
  timeoutUs: Micros
  /** The peer has it. */
  delivered?: (() => void) | undefined
  /** Looks at a frame of the peer under our sequence number; true when it is the answer. */
  accept(frame: ZclFrame): boolean
  /** A Default Response with SUCCESS ended the exchange. */
  accepted(): void
  failed(failure: Failure): void
}

interface Pending {
  exchange: Exchange
  timer: Timer
}

const SEQUENCES = 256
/** Longer than a parent keeps a frame for a sleeping child (7.68 s), so that `expired` is heard first. */
export const DEFAULT_TIMEOUT_US = seconds(10)

/** Matches answers to requests. */
export class Transactions {
  private readonly timers: Timers
  private readonly pending = new Map<number, Pending>()
  private last = 0

  constructor(timers: Timers) {
    this.timers = timers
  }

  get count(): number {
    return this.pending.size
  }

  /** A sequence number nobody waits on; the next one anyway when all are taken (for frames without an answer). */
  nextSequence(): number {
    for (let tries = 0; tries < SEQUENCES; tries++) {
      this.last = (this.last + 1) % SEQUENCES
      if (!this.pending.has(this.last)) return this.last
    }
    this.last = (this.last + 1) % SEQUENCES
    return this.last
  }

  /** Starts to wait. Undefined when every sequence number is taken; `failed` follows. */
  open(exchange: Exchange): number | undefined {
    if (this.pending.size >= SEQUENCES) {
      this.timers.after(0, 'zcl busy', () => exchange.failed({ ok: false, reason: 'busy' }))
      return undefined
    }
    const sequence = this.nextSequence()
    this.pending.set(sequence, { exchange, timer: this.arm(sequence, exchange.timeoutUs) })
    return sequence
  }

  /** What became of the transmission. The answer has its full time from the delivery on. */
  confirmed(sequence: number, exchange: Exchange, outcome: DeliveryOutcome): void {
    const pending = this.pending.get(sequence)
    if (pending?.exchange !== exchange) return
    if (outcome === 'delivered') {
      pending.timer.cancel()
      pending.timer = this.arm(sequence, exchange.timeoutUs)
      exchange.delivered?.()
      return
    }
    this.close(sequence)
    exchange.failed({ ok: false, reason: outcome })
  }

  /** Whether a frame with this header may answer a request of ours. */
  awaits(from: Peer, endpoint: number, clusterId: number, header: ZclHeader): boolean {
    return this.match(from, endpoint, clusterId, header) !== undefined
  }

  /** True when the frame belongs to a request of ours, and is dealt with. */
  settle(from: Peer, endpoint: number, clusterId: number, frame: ZclFrame): boolean {
    const { sequence } = frame.header
    const pending = this.match(from, endpoint, clusterId, frame.header)
    if (!pending) return false
    const { exchange } = pending
    if (frame.kind === 'global' && frame.command.name === 'DefaultResponse') {
      const { commandId, status } = frame.command
      if (commandId !== exchange.commandId) return false
      if (status === Status.SUCCESS && !exchange.endsWithDefaultResponse) return true
      this.close(sequence)
      if (status === Status.SUCCESS) exchange.accepted()
      else exchange.failed({ ok: false, reason: 'default-response', status })
      return true
    }
    // Out of the table first: the callback may send the next request.
    this.pending.delete(sequence)
    if (exchange.accept(frame)) {
      pending.timer.cancel()
      return true
    }
    this.pending.set(sequence, pending)
    return false
  }

  private match(from: Peer, endpoint: number, clusterId: number, header: ZclHeader): Pending | undefined {
    const pending = this.pending.get(header.sequence)
    if (!pending) return undefined
    const { exchange } = pending
    if (exchange.clusterId !== clusterId || exchange.endpoint !== endpoint) return undefined
    if (exchange.peer.device !== from.device || exchange.peer.endpoint !== from.endpoint) return undefined
    return header.direction === opposite(exchange.direction) ? pending : undefined
  }

  private arm(sequence: number, timeoutUs: Micros): Timer {
    return this.timers.after(timeoutUs, `zcl answer ${sequence}`, () => {
      const pending = this.pending.get(sequence)
      this.close(sequence)
      pending?.exchange.failed({ ok: false, reason: 'timeout' })
    })
  }

  private close(sequence: number): void {
    this.pending.get(sequence)?.timer.cancel()
    this.pending.delete(sequence)
  }
}
