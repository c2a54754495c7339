/** A serial line in memory, in virtual time: two ends, a latency, and whatever goes wrong on a real one. */
import type { Micros } from '../../src/base/ids.ts'
import { milliseconds } from '../../src/base/time.ts'
import type { ByteLink, ByteLinkListener } from '../../src/ports/byte-link.ts'
import type { Timers } from '../../src/ports/time.ts'

/** One way over a USB serial line. */
const LATENCY_US = milliseconds(1)

class End implements ByteLink {
  readonly name = 'memory'
  other!: End
  listener: ByteLinkListener | undefined
  private readonly line: MemoryLine
  private closed = false

  constructor(line: MemoryLine) {
    this.line = line
  }
  get up(): boolean {
    return this.line.up && !this.closed
  }
  listen(listener: ByteLinkListener): void {
    this.listener = listener
    if (this.up) this.line.later(() => this.listener === listener && listener.onUp?.())
  }
  write(octets: Uint8Array): boolean {
    if (!this.up) return false
    this.line.carry(this.other, octets.slice())
    return true
  }
  close(): void {
    this.closed = true
    this.listener = undefined
  }
}

export class MemoryLine {
  readonly host: End
  readonly device: End
  up = true
  /** What the line makes of octets under way: pieces, which may be changed, fewer or more. */
  disturb: (octets: Uint8Array) => Uint8Array[] = octets => [octets]
  private readonly timers: Timers
  private readonly latencyUs: Micros
  /** Counts the times the line went down: what was under way then is lost. */
  private life = 0

  constructor(timers: Timers, latencyUs: Micros = LATENCY_US) {
    this.timers = timers
    this.latencyUs = latencyUs
    this.host = new End(this)
    this.device = new End(this)
    this.host.other = this.device
    this.device.other = this.host
  }

  cut(reason: string): void {
    if (!this.up) return
    this.up = false
    this.life++
    for (const end of [this.host, this.device]) end.listener?.onDown?.(reason)
  }
  mend(): void {
    if (this.up) return
    this.up = true
    for (const end of [this.host, this.device]) end.listener?.onUp?.()
  }

  carry(to: End, octets: Uint8Array): void {
    for (const piece of this.disturb(octets)) this.later(() => to.listener?.onOctets(piece))
  }
  later(call: () => void): void {
    const { life } = this
    this.timers.after(this.latencyUs, 'serial line', () => {
      if (life === this.life) call()
    })
  }
}
