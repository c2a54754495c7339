/** Keeps frames of the air apart from the status before them, on the wall clock of the host. */
import type { ByteLink } from '../../ports/byte-link.ts'
import type { WallClock } from '../clocks/paced-run-clock.ts'
import { preciseClock } from '../clocks/prompt-run-clock.ts'

/**
 * After the status of what a host sent, before the next frame. @source measured: zigbee-on-host takes note of an awaited APS
 * acknowledgement after the status, so it misses one that comes in the same octets
 */
const GAP_MS = 0.5
/** Longest that a frame waits while one status follows the other. */
const LONGEST_MS = 2
const MOST_WAITING = 256

export class StatusGap {
  private readonly link: ByteLink
  private readonly wall: WallClock
  private readonly waiting: Uint8Array[] = []
  private clearAtMs = Number.NEGATIVE_INFINITY
  private firstAtMs = 0

  constructor(link: ByteLink, wall: WallClock = preciseClock) {
    this.link = link
    this.wall = wall
  }

  /** The host was told what became of a frame of its own. */
  told(): void {
    this.clearAtMs = this.wall.nowMs() + GAP_MS
  }

  /** Sends a frame of the air, now or behind the gap; false when that cannot be. */
  send(octets: Uint8Array): boolean {
    const nowMs = this.wall.nowMs()
    if (this.waiting.length === 0 && nowMs >= this.clearAtMs) return this.link.write(octets)
    if (this.waiting.length >= MOST_WAITING || !this.link.up) return false
    if (this.waiting.push(octets.slice()) > 1) return true
    this.firstAtMs = nowMs
    this.plan()
    return true
  }

  private plan(): void {
    const dueMs = Math.min(this.clearAtMs, this.firstAtMs + LONGEST_MS)
    this.wall.sleep(Math.max(0, dueMs - this.wall.nowMs()), () => {
      const nowMs = this.wall.nowMs()
      if (nowMs < this.clearAtMs && nowMs < this.firstAtMs + LONGEST_MS) return this.plan()
      for (const octets of this.waiting.splice(0)) this.link.write(octets)
    })
  }
}
