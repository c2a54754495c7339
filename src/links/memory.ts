/** Two ends of a line in memory, in simulated time: synchronous, and as cruel as a test wants it. */
import type { Micros } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type { ByteLink, ByteLinkListener } from '../ports/byte-link.ts'
import type { RandomStream, Timers } from '../ports/time.ts'

export interface MemoryLinkOptions {
  /** One way over the line; 1 ms when absent. */
  delayUs?: Micros
  /** Most octets on their way in one direction; 64 KiB when absent. */
  roomOctets?: number
  /** Cuts what is written into other pieces, and joins them. Absent: pieces arrive as written. */
  dice?: RandomStream
}

export interface MemoryLinks {
  /** The two ends; they are alike. */
  ends: readonly [ByteLink, ByteLink]
  /** The line goes down: what is on its way is lost. */
  cut(reason?: string): void
  /** The line comes up again, unless an end was closed. */
  mend(): void
}

/** A line that is up, and stays up until it is cut or an end is closed. */
export function memoryLinks(timers: Timers, options: MemoryLinkOptions = {}): MemoryLinks {
  const line = new Line(timers, options)
  return {
    ends: line.ends,
    cut: (reason = 'the line was cut') => line.go(false, reason),
    mend: () => line.go(true),
  }
}

class Line {
  readonly timers: Timers
  readonly delayUs: Micros
  readonly room: number
  readonly dice: RandomStream | undefined
  readonly ends: readonly [MemoryEnd, MemoryEnd]
  up = true

  constructor(timers: Timers, { delayUs = milliseconds(1), roomOctets = 64 * 1024, dice }: MemoryLinkOptions) {
    this.timers = timers
    this.delayUs = delayUs
    this.room = roomOctets
    this.dice = dice
    this.ends = [new MemoryEnd(this), new MemoryEnd(this)]
  }

  go(up: boolean, reason = ''): void {
    if (up === this.up || (up && this.ends.some(end => end.closed))) return
    this.up = up
    for (const end of this.ends) end.changed(reason)
  }
  otherEnd(end: MemoryEnd): MemoryEnd {
    return end === this.ends[0] ? this.ends[1] : this.ends[0]
  }
}

class MemoryEnd implements ByteLink {
  readonly name = 'memory'
  closed = false
  private readonly line: Line
  private listener: ByteLinkListener | undefined
  private toldUp = false
  /** On their way to this end, those at `waiting` first; `onWay` counts all octets. */
  private waiting: Uint8Array[] = []
  private onWay = 0
  /** Which life of the line this is: what was sent in an earlier one never arrives. */
  private life = 0

  constructor(line: Line) {
    this.line = line
  }

  get up(): boolean {
    return this.line.up
  }
  listen(listener: ByteLinkListener): void {
    if (this.closed) return
    this.listener = listener
    this.toldUp = false
    if (this.up) this.line.timers.after(0, `${this.name}: line up`, () => this.tellUp())
  }
  write(octets: Uint8Array): boolean {
    return this.up && this.line.otherEnd(this).take(octets)
  }
  close(): void {
    if (this.closed) return
    this.closed = true
    this.listener = undefined
    // What was written before still arrives, then the other side hears of the end.
    const other = this.line.otherEnd(this)
    this.line.up = false
    other.later(this.line.delayUs, 'line closed', () => {
      other.deliver(Number.POSITIVE_INFINITY)
      other.changed('the other side has closed the line')
    })
  }

  /** The line went up or down. What is told is told later, never from within the call that caused it. */
  changed(reason: string): void {
    this.life++
    this.waiting = []
    this.onWay = 0
    this.line.timers.after(0, `${this.name}: line ${this.up ? 'up' : 'down'}`, () => this.tell(reason))
  }

  private take(octets: Uint8Array): boolean {
    if (this.onWay + octets.length > this.line.room) return false
    if (octets.length === 0) return true
    const copy = octets.slice()
    this.onWay += copy.length
    this.later(this.line.delayUs, 'octets', () => {
      this.waiting.push(copy)
      this.deliver(this.line.dice?.int(copy.length + 1))
    })
    return true
  }
  /** Hands over what has arrived, or the first `limit` octets of it; the rest comes a little later. */
  private deliver(limit = Number.POSITIVE_INFINITY): void {
    // Nobody is there yet to hear it.
    if (!this.toldUp) return
    const arrived = Buffer.concat(this.waiting)
    const now = arrived.subarray(0, Math.min(limit, arrived.length))
    const rest = arrived.subarray(now.length)
    this.waiting = rest.length > 0 ? [rest] : []
    this.onWay -= now.length
    if (rest.length > 0) this.later(this.line.delayUs, 'octets held back', () => this.deliver())
    if (now.length > 0) this.listener?.onOctets(now)
  }
  private later(delayUs: Micros, what: string, then: () => void): void {
    const { life } = this
    this.line.timers.after(delayUs, `${this.name}: ${what}`, () => {
      if (life === this.life) then()
    })
  }
  /** Also a line that is up again by now was down in between. */
  private tell(reason: string): void {
    if (!this.toldUp) return this.tellUp()
    this.toldUp = false
    this.listener?.onDown?.(reason)
  }
  private tellUp(): void {
    if (!this.up || this.toldUp || !this.listener) return
    this.toldUp = true
    this.listener.onUp?.()
    this.deliver()
  }
}
