/**
 * The clock jumps: at each multiple of so many hours since 1970 of true UTC, forward or back. Whoever keeps it right afterwards sets it back.
 * @source assumed: no public document names a model
 */
import { milliseconds } from '../../base/time.ts'
import type { Clock, Timers } from '../../ports/time.ts'
import type { Quirks } from '../../profiles/quirk-facts.ts'
import type { DeviceClock } from '../device-clock.ts'

/** Lets a clock jump if its profile says so. `truth`: what it shows a wrong time of. */
export function letClockJump(
  { clockJumps }: Pick<Quirks, 'clockJumps'>,
  { clock, truth, timers }: { clock: DeviceClock; truth: Clock; timers: Timers },
): void {
  if (!clockJumps) return
  const { everyH, byS } = clockJumps
  const everyMs = everyH * 3_600_000
  const sleep = () => timers.after(milliseconds(everyMs - (truth.unixMs() % everyMs)), 'clock jump', jump)
  const jump = () => {
    clock.set(clock.unixMs() + byS * 1_000)
    sleep()
  }
  sleep()
}
