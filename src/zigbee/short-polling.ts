/** A sleeper that waits for something asks its parent often, until nothing is outstanding. */
import { milliseconds } from '../base/time.ts'
import type { Timers } from '../ports/time.ts'

export interface ShortPollingOptions {
  /** False for a node that listens: it has nothing to ask for. */
  sleeps: boolean
  timers: Timers
  poll: () => void
  /** Something is outstanding still. */
  isWaiting: () => boolean
}

/** Between polls. @source assumed, within SE's 250 ms to 1 s short poll */
const SHORT_POLL_US = milliseconds(250)

export class ShortPolling {
  private readonly options: ShortPollingOptions
  private planned = false

  constructor(options: ShortPollingOptions) {
    this.options = options
  }

  /** Something is awaited from now on. */
  begin(): void {
    const { sleeps, timers, poll, isWaiting } = this.options
    if (!sleeps || this.planned) return
    this.planned = true
    timers.after(SHORT_POLL_US, 'zigbee short poll', () => {
      this.planned = false
      if (!isWaiting()) return
      poll()
      this.begin()
    })
  }
}
