/** A concentrator makes itself known, again and again, and at once when a way to or from it has failed. */
import { minutes, seconds } from '../../base/time.ts'
import type { RandomStream, Timer, Timers } from '../../ports/time.ts'

export interface ConcentratorOptions {
  timers: Timers
  random: RandomStream
  /** Sends a many-to-one route request. */
  request: () => void
}

/** @source assumed: a home is small and seldom changes */
const PERIOD_US = minutes(15)
/** Not before the first routers have joined, and not oftener. @source assumed */
const SHORTEST_US = seconds(10)
const JITTER_US = seconds(1)

export class Concentrator {
  private readonly options: ConcentratorOptions
  private timer: Timer | undefined
  /** A request was made just now: what fails meanwhile waits. */
  private resting = false
  private failed = false

  constructor(options: ConcentratorOptions) {
    this.options = options
  }

  start(): void {
    this.plan(SHORTEST_US)
  }
  stop(): void {
    this.timer?.cancel()
  }
  /** A way failed. */
  renew(): void {
    this.failed = true
    if (!this.resting) this.request()
  }

  private plan(afterUs: number): void {
    const { timers, random } = this.options
    this.timer?.cancel()
    this.timer = timers.after(afterUs + random.int(JITTER_US), 'nwk many-to-one', () => {
      if (this.resting && !this.failed) {
        this.resting = false
        this.plan(PERIOD_US)
      } else this.request()
    })
  }

  private request(): void {
    this.failed = false
    this.resting = true
    this.options.request()
    this.plan(SHORTEST_US)
  }
}
