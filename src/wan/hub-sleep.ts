/**
 * When a hub that sleeps on the WAN lets its session go, and what wakes it: short messages, or something of its own to say.
 * @source assumed; SEC MP312 has hubs that two short messages wake
 */
import type { Micros } from '../base/ids.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'

export interface SleepSettings {
  /** Short messages that wake it, 1 and up. */
  wakeMessages: number
  /** They count together when they come within. */
  windowUs: Micros
  /** It sleeps when nothing has passed over the WAN for so long. */
  afterUs: Micros
}

export interface HubSleepOptions {
  settings: SleepSettings
  timers: Timers
  trace: Trace
  /** It has work of the WAN in hand, and does not sleep. */
  isBusy: () => boolean
  /** Lets the session go. */
  onSleep: () => void
  /** Asks for a session. */
  onWake: () => void
}

export class HubSleep {
  private readonly options: HubSleepOptions
  private asleep = false
  private idle: Timer | undefined
  private heard = 0
  private window: Timer | undefined

  constructor(options: HubSleepOptions) {
    this.options = options
  }

  /** There is a session, or something has passed over it. */
  stir(): void {
    const { settings, timers } = this.options
    this.idle?.cancel()
    this.asleep = false
    this.idle = timers.after(settings.afterUs, 'wan sleep', () => this.fallAsleep())
  }

  /** A short message has come. One to a hub that is awake keeps it awake. */
  hear(): void {
    if (!this.asleep) return this.stir()
    const { settings, timers } = this.options
    if (this.heard++ === 0) this.window = timers.after(settings.windowUs, 'wan wake window', () => this.forget())
    if (this.heard >= settings.wakeMessages) this.wake(`${this.heard} short messages`)
  }

  /** It has something to say. */
  rouse(): void {
    if (this.asleep) this.wake('something to say')
  }

  private fallAsleep(): void {
    const { isBusy, onSleep, trace } = this.options
    if (isBusy()) return this.stir()
    this.asleep = true
    trace.emit({ kind: 'device.state', name: 'wan', value: 'asleep' })
    onSleep()
  }

  private wake(by: string): void {
    this.asleep = false
    this.forget()
    this.options.trace.emit({ kind: 'device.state', name: 'wan', value: `woken by ${by}` })
    this.options.onWake()
  }

  private forget(): void {
    this.heard = 0
    this.window?.cancel()
  }
}
