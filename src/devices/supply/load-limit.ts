/**
 * Load limiting: active power above a threshold for so long interrupts the supply, which comes back by itself after the restoration
 * period unless the consumer has switched it on before.
 * @source SMETS1 functional requirements, load limiting; what counts and when it is looked at: assumed
 */
import type { Micros } from '../../base/ids.ts'
import { minutes, seconds } from '../../base/time.ts'
import type { Clock, Timer, Timers } from '../../ports/time.ts'
import type { MeterEvents } from '../events/meter-events.ts'
import type { SupplySwitch } from './supply-switch.ts'

/** How often the load is looked at: it changes each minute. */
const LOOK_EVERY_US = minutes(1)
/** The counter stands still at what its attribute can say. @source ZigBee Smart Energy 1.2a, Load Limit Counter: 8 bits */
const MOST_COUNTED = 255

export interface LoadLimitSettings {
  /** W; 0: there is no limit. */
  thresholdW: number
  periodS: number
  /** 0: it does not come back by itself. */
  restorationS: number
}

/** What survives a loss of power. */
export interface LoadLimitMemory {
  counter: number
  overSinceUs?: Micros
  restoreAtUs?: Micros
}

export interface LoadLimitOptions {
  supply: SupplySwitch
  events: MeterEvents
  clock: Clock
  timers: Timers
  /** Active power now, W. */
  powerW: () => number
  settings: () => LoadLimitSettings
  /** Interrupts the supply as its policy says. */
  interrupt: () => void
  memory?: LoadLimitMemory | undefined
}

export class LoadLimit {
  private readonly options: LoadLimitOptions
  private counted: number
  private overSinceUs: Micros | undefined
  private restoreAtUs: Micros | undefined
  private look: Timer | undefined
  private restoration: Timer | undefined

  constructor(options: LoadLimitOptions) {
    const { memory, supply } = options
    this.options = options
    this.counted = memory?.counter ?? 0
    this.overSinceUs = memory?.overSinceUs
    this.restoreAtUs = memory?.restoreAtUs
    supply.watch({
      after: ({ to, reason }) => {
        if (to === 'ON' || reason !== 'load-limit') this.forgetRestoration()
      },
    })
    this.changed()
    if (this.restoreAtUs !== undefined) this.restoreAt(this.restoreAtUs)
  }

  /** Times the limit has interrupted the supply. */
  get counter(): number {
    return this.counted
  }
  resetCounter(): void {
    this.counted = 0
  }

  memory(): LoadLimitMemory {
    const { counted: counter, overSinceUs, restoreAtUs } = this
    return {
      counter,
      ...(overSinceUs !== undefined && { overSinceUs }),
      ...(restoreAtUs !== undefined && { restoreAtUs }),
    }
  }

  /** Its settings may have changed: looks from now on, or no more. */
  changed(): void {
    this.look?.cancel()
    this.look = undefined
    if (this.options.settings().thresholdW > 0) this.lookAgain()
    else this.overSinceUs = undefined
  }

  private lookAgain(): void {
    this.look = this.options.timers.after(LOOK_EVERY_US, 'load limit', () => {
      this.measure()
      this.lookAgain()
    })
  }

  private measure(): void {
    const { supply, events, clock, powerW, settings } = this.options
    const { thresholdW, periodS } = settings()
    if (!supply.flows() || powerW() <= thresholdW) {
      this.overSinceUs = undefined
      return
    }
    const nowUs = clock.nowUs()
    if (this.overSinceUs === undefined) {
      this.overSinceUs = nowUs
      events.raise('8F01', `above ${thresholdW} W`)
    }
    if (nowUs - this.overSinceUs < seconds(periodS)) return
    this.overSinceUs = undefined
    this.interrupt()
  }

  private interrupt(): void {
    const { supply, clock, interrupt, settings } = this.options
    interrupt()
    this.counted = Math.min(this.counted + 1, MOST_COUNTED)
    const { restorationS } = settings()
    if (!supply.flows() && restorationS > 0) this.restoreAt(clock.nowUs() + seconds(restorationS))
  }

  private restoreAt(atUs: Micros): void {
    const { timers, clock, supply } = this.options
    this.forgetRestoration()
    this.restoreAtUs = atUs
    this.restoration = timers.after(Math.max(0, atUs - clock.nowUs()), 'load limit restoration', () => {
      this.restoreAtUs = undefined
      supply.enable('load-limit')
    })
  }

  private forgetRestoration(): void {
    this.restoration?.cancel()
    this.restoreAtUs = undefined
  }
}
