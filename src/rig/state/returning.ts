/** A hub that comes, or comes back after the process died: what is sent to it meanwhile waits until it can be reached. */
import { minutes } from '../../base/time.ts'
import type { Timers } from '../../ports/time.ts'

/** Longest wait: then whatever waits meets what there is. Assumed. */
export const RETURN_WITHIN_US = minutes(10)

export class Returning {
  private waiting: (() => void)[] | undefined

  /** `isAway`: it was attached when the process died, or is to be for the first time, and is not yet. */
  constructor(isAway: boolean) {
    this.waiting = isAway ? [] : undefined
  }

  get isOver(): boolean {
    return this.waiting === undefined
  }

  /** Time begins: it has so long to come back. */
  begin(timers: Timers): void {
    if (this.waiting) timers.after(RETURN_WITHIN_US, 'hub is back or not', () => this.over())
  }

  /** Does something for it, once it is back. */
  whenOver(act: () => void): void {
    if (this.waiting) this.waiting.push(act)
    else act()
  }

  /** It is back. What waited comes in after the event that is under way. */
  over(): void {
    const waiting = this.waiting ?? []
    this.waiting = undefined
    if (waiting.length > 0) queueMicrotask(() => waiting.forEach(act => void act()))
  }
}
