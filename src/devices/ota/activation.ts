/** When a device runs the image it has: at a time of its own clock. */
import { milliseconds, seconds } from '../../base/time.ts'
import type { Clock, Timer, Timers } from '../../ports/time.ts'

/** It acknowledges what told it so before it goes down. @source assumed */
const LEAST_BEFORE_BOOT_US = seconds(1)

export interface ActivationOptions {
  /** The device's. */
  clock: Clock
  timers: Timers
  run: () => void
}

export class Activation {
  private readonly options: ActivationOptions
  private due: { atMs: number; timer: Timer } | undefined

  constructor(options: ActivationOptions) {
    this.options = options
  }

  /** When it is to run it, Unix ms by its clock; undefined while it was not told. */
  get atMs(): number | undefined {
    return this.due?.atMs
  }

  /** At that time, Unix ms by its clock, or as soon as it can where that is past. */
  order(atMs: number): void {
    this.cancel()
    const { clock, timers, run } = this.options
    const inUs = Math.max(LEAST_BEFORE_BOOT_US, milliseconds(atMs - clock.unixMs()))
    this.due = { atMs, timer: timers.after(inUs, 'ota run', run) }
  }
  cancel(): void {
    this.due?.timer.cancel()
    this.due = undefined
  }
}
