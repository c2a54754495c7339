/**
 * One hub's fair share of the way up. What it is asked it may answer; what it says unasked is capped, so that hubs whose meters
 * fail and raise alert after alert leave room for the rest. What is over the cap the hub keeps, within bounds of its own.
 */
import { hours } from '../base/time.ts'
import type { Timer, Timers } from '../ports/time.ts'

/** How much a hub may say unasked. @source assumed */
export interface UplinkLimits {
  /** Messages at once, after a time of silence. */
  unaskedBurst: number
  /** And then as many an hour, evenly. */
  unaskedPerHour: number
}

/** Answers a hub may owe: what is asked beyond that is answered out of what may be said unasked. Assumed. */
const MOST_OWED = 64

export interface UplinkShareOptions {
  limits: UplinkLimits
  timers: Timers
  /** The hub begins to be over the cap. */
  onFull: () => void
  /** There is room: what was refused may be tried again. */
  onRoom: () => void
  /** The hub is within the cap again: all that it kept has gone, after so many refusals. */
  onOver: (refused: number) => void
}

export class UplinkShare {
  private readonly options: UplinkShareOptions
  private room: number
  private owed = 0
  private refused = 0
  private refill: Timer | undefined

  constructor(options: UplinkShareOptions) {
    this.options = options
    this.room = options.limits.unaskedBurst
  }

  /** Something was asked: one answer is free. */
  asked(): void {
    this.owed = Math.min(this.owed + 1, MOST_OWED)
  }

  /** Whether one more message may pass now; it is counted. What says of itself that it is unasked leaves the free answers alone. */
  take(unasked: boolean): boolean {
    if (!unasked && this.owed > 0) {
      this.owed--
      return true
    }
    if (this.room === 0) {
      if (this.refused++ === 0) this.options.onFull()
      return false
    }
    this.room--
    this.fill()
    return true
  }

  private fill(): void {
    const { limits, timers } = this.options
    this.refill ??= timers.after(Math.round(hours(1) / limits.unaskedPerHour), 'wan uplink share', () => {
      this.refill = undefined
      this.room++
      if (this.room < limits.unaskedBurst) this.fill()
      const { refused } = this
      if (refused === 0) return
      this.options.onRoom()
      if (this.refused > refused) return
      this.refused = 0
      this.options.onOver(refused)
    })
  }
}
