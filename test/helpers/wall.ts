/** A wall clock that a test moves. */
import type { WallClock } from '../../src/rig/clocks/paced-run-clock.ts'

export class Wall implements WallClock {
  private now = 1_000
  private readonly sleepers = new Set<{ atMs: number; wake: () => void }>()
  nowMs = () => this.now
  sleep = (delayMs: number, wake: () => void) => {
    const sleeper = { atMs: this.now + delayMs, wake }
    this.sleepers.add(sleeper)
    return () => void this.sleepers.delete(sleeper)
  }
  get sleeping(): number {
    return this.sleepers.size
  }
  /** Wakes who is due, each at its time, up to `byMs` from now. */
  pass(byMs: number): void {
    const end = this.now + byMs
    for (;;) {
      const [next] = [...this.sleepers].filter(({ atMs }) => atMs <= end).toSorted((a, b) => a.atMs - b.atMs)
      if (!next) break
      this.sleepers.delete(next)
      this.now = Math.max(this.now, next.atMs)
      next.wake()
    }
    this.now = end
  }
}
