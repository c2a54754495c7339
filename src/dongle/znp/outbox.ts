/**
 * What a ZNP has to tell its host, in order: answers, and behind them what happened meanwhile. A line that takes no more is
 * tried again a little later; what the host does not fetch in time is dropped, the newest first.
 */
import { milliseconds } from '../../base/time.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Timer, Timers } from '../../ports/time.ts'

/** Frames that wait for the line. @source assumed */
const MOST_WAITING = 256
const AGAIN_US = milliseconds(5)

export class Outbox {
  /** Frames the line never took. */
  unsent = 0
  private readonly link: ByteLink
  private readonly timers: Timers
  private waiting: Uint8Array[] = []
  private held = false
  private again: Timer | undefined

  constructor(link: ByteLink, timers: Timers) {
    this.link = link
    this.timers = timers
  }

  put(frame: Uint8Array): void {
    this.insert(frame, this.waiting.length)
    this.flush()
  }
  /** In front of all that waits, and the rest behind it: what is told while a command is obeyed comes after its answer. */
  during<T>(obey: () => T, answer: (outcome: T) => Uint8Array | undefined): void {
    this.held = true
    const before = this.waiting.length
    try {
      const frame = answer(obey())
      if (frame) this.insert(frame, before)
    } finally {
      this.held = false
    }
    this.flush()
  }
  /** Another host begins, or the stick does. */
  clear(): void {
    this.unsent += this.waiting.length
    this.waiting = []
    this.again?.cancel()
    this.again = undefined
  }

  private insert(frame: Uint8Array, at: number): void {
    if (this.link.up && this.waiting.length < MOST_WAITING) this.waiting.splice(at, 0, frame)
    else this.unsent++
  }
  private flush(): void {
    if (this.held || this.again) return
    let sent = 0
    for (const frame of this.waiting) {
      if (!this.link.write(frame)) break
      sent++
    }
    this.waiting = this.waiting.slice(sent)
    if (this.waiting.length === 0) return
    if (!this.link.up) return this.clear()
    this.again = this.timers.after(AGAIN_US, 'znp: line busy', () => {
      this.again = undefined
      this.flush()
    })
  }
}
