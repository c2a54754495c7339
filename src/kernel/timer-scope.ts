/** Timers of something that can be switched off: nothing set before that happens after it. */
import type { Micros } from '../base/ids.ts'
import type { Timer, Timers } from '../ports/time.ts'

export class TimerScope implements Timers {
  private readonly timers: Timers
  private ended = false

  constructor(timers: Timers) {
    this.timers = timers
  }

  /** Asked for after the end, nothing is set. */
  after(delayUs: Micros, name: string, fire: () => void): Timer {
    if (this.ended) return { cancel: () => {} }
    return this.timers.after(delayUs, name, () => {
      if (!this.ended) fire()
    })
  }

  /** From now on nothing happens any more. */
  end(): void {
    this.ended = true
  }
}
