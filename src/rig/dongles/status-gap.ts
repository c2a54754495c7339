/** Keeps frames of the air apart from the status before them, on the wall clock of the host. */
import type { ByteLink } from '../../ports/byte-link.ts'
import type { WallClock } from '../clocks/paced-run-clock.ts'
import { preciseClock } from '../clocks/prompt-run-clock.ts'

/**
 * After the status of what a host sent, before a frame that came in later. @source measured: zigbee-on-host takes note of an
 * awaited APS acknowledgement after the status, so it misses one that comes in the same octets
 */
const GAP_MS = 0.5
const MOST_WAITING = 256

interface Waiting {
  octets: Uint8Array
  dueMs: number
}

export class StatusGap {
  private readonly link: ByteLink
  private readonly wall: WallClock
  /** In the order in which they came, which is that of their time. */
  private readonly waiting: Waiting[] = []
  private clearAtMs = Number.NEGATIVE_INFINITY

  constructor(link: ByteLink, wall: WallClock = preciseClock) {
    this.link = link
    this.wall = wall
  }

  /** The host was told what became of a frame of its own. What waits already does not answer that one, and waits no longer. */
  told(): void {
    this.clearAtMs = this.wall.nowMs() + GAP_MS
  }

  /** Sends a frame of the air, now or behind the gap; false when that cannot be. */
  send(octets: Uint8Array): boolean {
    const dueMs = this.clearAtMs
    if (this.waiting.length === 0 && this.wall.nowMs() >= dueMs) return this.link.write(octets)
    if (this.waiting.length >= MOST_WAITING || !this.link.up) return false
    if (this.waiting.push({ octets: octets.slice(), dueMs }) === 1) this.plan(dueMs)
    return true
  }

  private plan(dueMs: number): void {
    this.wall.sleep(Math.max(0, dueMs - this.wall.nowMs()), () => {
      const nowMs = this.wall.nowMs()
      const later = this.waiting.findIndex(one => one.dueMs > nowMs)
      for (const { octets } of this.waiting.splice(0, later < 0 ? MOST_WAITING : later)) this.link.write(octets)
      if (this.waiting[0]) this.plan(this.waiting[0].dueMs)
    })
  }
}
