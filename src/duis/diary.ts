/**
 * Requests that the DCC holds until their time. A later one of the same kind for the same device takes the place of the one before,
 * and one dated to the year 3000 takes it away. What is held is lost when the door closes.
 * @source DUIS, future dated services; the date that cancels: as the DCC's own tool writes it
 */

/** From here on a date means "never": cancel. */
export const NEVER_MS = Date.parse('3000-01-01T00:00:00Z')
/** Requests held. @source assumed */
const MOST_HELD = 200
/** Longest a timer of node can run, ms. */
const LONGEST_TIMER_MS = 2_147_483_647

export class Diary {
  private readonly now: () => number
  private readonly held = new Map<string, NodeJS.Timeout>()

  /** `now`: Unix ms. */
  constructor(now: () => number) {
    this.now = now
  }

  /** Acts at that time, at once when it is past. False when no more can be held. */
  hold(key: string, atMs: number, act: () => void): boolean {
    if (atMs <= this.now()) {
      act()
      return true
    }
    if (!this.held.has(key) && this.held.size >= MOST_HELD) return false
    this.cancel(key)
    this.arm(key, atMs, act)
    return true
  }

  /** False when nothing was held. */
  cancel(key: string): boolean {
    clearTimeout(this.held.get(key))
    return this.held.delete(key)
  }

  close(): void {
    for (const key of [...this.held.keys()]) this.cancel(key)
  }

  private arm(key: string, atMs: number, act: () => void): void {
    const fire = () => {
      this.held.delete(key)
      if (atMs > this.now()) return this.arm(key, atMs, act)
      act()
    }
    const timer = setTimeout(fire, Math.min(LONGEST_TIMER_MS, Math.max(0, atMs - this.now())))
    this.held.set(key, timer)
  }
}
