/**
 * Quirk: a clock that jumps. Every so many days it is off by so much at once, until somebody sets it.
 * @source assumed: meters whose clocks were found far out without having drifted there
 */
import type { Micros } from '../../base/ids.ts'
import { days } from '../../base/time.ts'
import type { Timers } from '../../ports/time.ts'
import type { DeviceClock } from '../device-clock.ts'

export interface Jump {
  everyDays: number
  /** Forwards, or backwards when below 0. */
  byS: number
}

/** Makes a clock jump; nothing when `byS` is 0. Counted from when its device was switched on. */
export function letJump(clock: DeviceClock, timers: Timers, { everyDays, byS }: Jump): void {
  if (byS === 0) return
  const everyUs: Micros = days(everyDays)
  timers.after(everyUs, 'clock jumps', () => {
    clock.set(clock.unixMs() + byS * 1_000)
    letJump(clock, timers, { everyDays, byS })
  })
}
