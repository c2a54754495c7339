/** A device's own civil clock: it drifts, and it can be set. */
import type { Micros } from '../base/ids.ts'
import type { Clock } from '../ports/time.ts'

/** What a clock keeps while its device has no power; it runs on by itself, as a clock with a battery does. */
export interface DeviceClockMemory {
  /** How far it is ahead of true time, ms. */
  aheadMs: number
  /** It stood still for want of power, and has not been set since. */
  isLost?: true
}

export class DeviceClock implements Clock {
  private readonly truth: Clock
  private readonly rate: number
  private setAtUs: Micros
  private setToMs: number
  private lost: boolean
  private readonly beforeSet: (() => void)[] = []

  /** `driftPpm`: how much faster than true time it runs. A new one starts right. */
  constructor(truth: Clock, driftPpm: number, memory: DeviceClockMemory = { aheadMs: 0 }) {
    this.truth = truth
    this.rate = 1 + driftPpm / 1_000_000
    this.setAtUs = truth.nowUs()
    this.setToMs = truth.unixMs() + memory.aheadMs
    this.lost = memory.isLost ?? false
  }

  /** It stood still for want of power, and nobody has set it since. */
  get isLost(): boolean {
    return this.lost
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
  /** The first instant of simulated time at which it shows `unixMs` or later. */
  atUsOf(unixMs: number): Micros {
    let atUs = Math.ceil(this.setAtUs + ((unixMs - this.setToMs) * 1_000) / this.rate)
    while (this.unixMsAt(atUs) < unixMs) atUs++
    while (this.unixMsAt(atUs - 1) >= unixMs) atUs--
    return atUs
  }
  /** Calls `act` before each setting: the last chance to work out what is dated by the clock as it was. */
  watch(act: () => void): void {
    this.beforeSet.push(act)
  }
  set(unixMs: number): void {
    for (const act of this.beforeSet) act()
    this.setAtUs = this.truth.nowUs()
    this.setToMs = unixMs
    this.lost = false
  }

  memory(): DeviceClockMemory {
    return { aheadMs: this.unixMs() - this.truth.unixMs(), ...(this.lost && { isLost: true }) }
  }
}
