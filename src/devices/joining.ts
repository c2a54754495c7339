/**
 * How a device gets onto the HAN and stays there: at once, then each minute for a quarter of an hour, then hourly.
 * @source EmberZNet Smart Energy registration as read publicly: 1 min +-15 s for 15 min, then 1 h +-30 min
 */
import type { Micros } from '../base/ids.ts'
import { minutes, seconds } from '../base/time.ts'
import type { HanNode } from '../ports/han.ts'
import type { RandomStream, Timer, Timers } from '../ports/time.ts'

const EAGER_ATTEMPTS = 15

export class Joining {
  private readonly han: HanNode
  private readonly timers: Timers
  private readonly random: RandomStream
  private readonly installCode: Uint8Array
  private readonly everyUs: Micros | undefined
  private attempts = 0
  private next: Timer | undefined

  /** `joinEveryUs`: tries so often, for ever. */
  constructor(options: {
    han: HanNode
    timers: Timers
    random: RandomStream
    installCode: Uint8Array
    joinEveryUs?: Micros | undefined
  }) {
    this.han = options.han
    this.timers = options.timers
    this.random = options.random
    this.installCode = options.installCode
    this.everyUs = options.joinEveryUs
  }

  start(): void {
    this.attempts = 0
    this.attempt()
  }
  /** The network was lost or this device was taken off it: try again, patiently. */
  again(): void {
    this.next?.cancel()
    this.next = this.timers.after(this.pause(), 'join again', () => this.attempt())
  }
  joined(): void {
    this.attempts = 0
    this.next?.cancel()
  }

  private attempt(): void {
    this.attempts++
    this.han.join(this.installCode)
  }
  private pause(): Micros {
    if (this.everyUs !== undefined) return this.everyUs + this.random.int(this.everyUs)
    if (this.attempts <= EAGER_ATTEMPTS) return seconds(45) + this.random.int(seconds(30))
    return minutes(30) + this.random.int(minutes(60))
  }
}
