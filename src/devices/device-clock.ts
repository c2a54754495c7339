/** A device's own civil clock: it drifts, and it can be set. */
import type { Micros } from '../base/ids.ts'
import type { Clock } from '../ports/time.ts'

export class DeviceClock implements Clock {
  private readonly truth: Clock
  private readonly rate: number
  private setAtUs: Micros
  private setToMs: number
  private readonly beforeSet: (() => void)[] = []

  /** `driftPpm`: how much faster than true time it runs. It starts right. */
  constructor(truth: Clock, driftPpm: number) {
    this.truth = truth
    this.rate = 1 + driftPpm / 1_000_000
    this.setAtUs = truth.nowUs()
    this.setToMs = truth.unixMs()
  }

  nowUs(): Micros {
    return this.truth.nowUs()
  }
  unixMs(): number {
    return this.unixMsAt(this.truth.nowUs())
  }
  /** What it shows, or would have shown, at an instant of simulated time. */
  unixMsAt(atUs: Micros): number {
    return Math.floor(this.setToMs + ((atUs - this.setAtUs) / 1_000) * this.rate)
  }
  /** Calls `act` before each setting: the last chance to work out what is dated by the clock as it was. */
  watch(act: () => void): void {
    this.beforeSet.push(act)
  }
  set(unixMs: number): void {
    for (const act of this.beforeSet) act()
    this.setAtUs = this.truth.nowUs()
    this.setToMs = unixMs
  }
}
