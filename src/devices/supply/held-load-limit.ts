/** A load limit that a meter holds until its time by its own clock, over losses of power; a later one takes its place. */
import { milliseconds, minutes, seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import type { DeviceClock } from '../device-clock.ts'
import type { LoadLimitSettings } from './load-limit.ts'
import type { SupplyPolicy } from './supply-policies.ts'

/** How often it looks at the clock, which may be set. @source assumed */
const LOOK_EVERY_US = minutes(1)
const LEAST_US = seconds(1)

/** A limit, what is done above it, and when that begins, Unix ms by the meter's clock. */
export interface DatedLimit extends LoadLimitSettings {
  policy: SupplyPolicy
  atMs: number
}

export interface HeldLoadLimitOptions {
  /** The meter's. */
  clock: DeviceClock
  timers: Timers
  /** Its time has come. */
  apply: (limit: DatedLimit) => void
  /** What it held when it lost power. */
  memory?: DatedLimit | undefined
}

export class HeldLoadLimit {
  private readonly options: HeldLoadLimitOptions
  private held: DatedLimit | undefined
  private look: Timer | undefined

  constructor(options: HeldLoadLimitOptions) {
    this.options = options
    this.held = options.memory
    this.wait()
  }

  /** What it would keep if it lost power now. */
  memory(): DatedLimit | undefined {
    return this.held
  }

  hold(limit: DatedLimit): void {
    this.held = limit
    this.wait()
  }
  /** False: it holds none. */
  forget(): boolean {
    const wasHeld = this.held !== undefined
    this.held = undefined
    this.wait()
    return wasHeld
  }

  private wait(): void {
    const { timers, clock } = this.options
    this.look?.cancel()
    this.look = undefined
    if (!this.held) return
    const inUs = Math.max(LEAST_US, milliseconds(this.held.atMs - clock.unixMs()))
    this.look = timers.after(Math.min(LOOK_EVERY_US, inUs), 'load limit held', () => this.turn())
  }

  private turn(): void {
    const { held, options } = this
    if (held && held.atMs <= options.clock.unixMs()) {
      this.held = undefined
      options.apply(held)
    }
    this.wait()
  }
}
