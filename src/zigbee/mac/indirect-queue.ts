/** What a parent holds for its children until they poll. @source IEEE 802.15.4-2006, 7.1.1.1.3, 7.5.5, 7.5.6.4.3 */
import type { Eui64 } from '../../base/ids.ts'
import type { Timer } from '../../ports/time.ts'
import type { MacFrame } from '../../radio/mac-frame.ts'
import type { MacOutcome } from '../mac-service.ts'
import { HELD_IN_ALL, HELD_PER_CHILD, PERSISTENCE_US } from './limits.ts'
import type { MacLink } from './link.ts'

/** A frame that is held. */
export interface Held {
  readonly child: number | Eui64
  readonly frame: MacFrame
  readonly onDone: ((outcome: MacOutcome) => void) | undefined
  expiry?: Timer
  /** Its time ran out while it was on the air. */
  overdue: boolean
}

export class IndirectQueue {
  private readonly link: MacLink
  private readonly held = new Map<number | Eui64, Held[]>()
  /** What is being sent, by child. */
  private readonly sending = new Map<number | Eui64, Held>()
  private count = 0

  constructor(link: MacLink) {
    this.link = link
  }

  /** Holds a frame, which keeps its sequence number however often it is sent. Undefined when too much is held. */
  hold(child: number | Eui64, frame: MacFrame, onDone?: (outcome: MacOutcome) => void): Held | undefined {
    const queue = this.held.get(child) ?? []
    if (queue.length >= HELD_PER_CHILD || this.count >= HELD_IN_ALL) return undefined
    const held: Held = { child, frame, onDone, overdue: false }
    held.expiry = this.link.timers.after(PERSISTENCE_US, 'mac indirect expiry', () => {
      if (this.sending.get(child) === held) held.overdue = true
      else this.settle(held, 'expired')
    })
    queue.push(held)
    this.count++
    this.held.set(child, queue)
    this.link.setFramePending(child, true)
    return held
  }

  /**
   * The child polled: sends the first frame, once. If nobody acknowledges it, it is held until the next poll.
   */
  collect(child: number | Eui64): void {
    const queue = this.held.get(child)
    const first = queue?.[0]
    if (!first || this.sending.has(child)) return
    this.sending.set(child, first)
    this.link.transmit({ ...first.frame, framePending: queue.length > 1 }, { attempts: 1, urgent: true }, outcome => {
      this.sending.delete(child)
      if (outcome.is === 'acked') this.settle(first, 'sent')
      else if (first.overdue) this.settle(first, 'expired')
    })
  }

  /** Ends the holding of a frame, from inside an event; nothing when it has ended already. */
  settle(held: Held, outcome: MacOutcome): void {
    if (this.release(held)) held.onDone?.(outcome)
  }
  /** Forgets a frame without a word. */
  withdraw(held: Held): void {
    this.release(held)
  }

  /** Drops all that is held for a child. */
  drop(child: number | Eui64): void {
    for (const held of [...(this.held.get(child) ?? [])]) {
      this.release(held)
      this.link.later('mac indirect dropped', () => held.onDone?.('expired'))
    }
  }

  private release(held: Held): boolean {
    const queue = this.held.get(held.child)
    const at = queue?.indexOf(held) ?? -1
    if (!queue || at < 0) return false
    held.expiry?.cancel()
    queue.splice(at, 1)
    this.count--
    if (queue.length === 0) {
      this.held.delete(held.child)
      this.link.setFramePending(held.child, false)
    }
    return true
  }
}
