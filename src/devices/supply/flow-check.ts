/**
 * Uncontrolled gas flow: when a valve has been opened and what burns has settled, gas that still flows beyond a threshold means that a
 * tap stands open; the valve closes again.
 * @source ZigBee Smart Energy 1.2a, Metering, Set Uncontrolled Flow Threshold; what is done with it: assumed
 */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { Clock, Timer, Timers } from '../../ports/time.ts'
import type { SupplySwitch } from './supply-switch.ts'

export interface FlowSettings {
  /** dm3 an hour; 0: nothing is checked. */
  thresholdDm3PerH: number
  /** From the opening of the valve until it is measured. */
  stabilisationS: number
  measurementS: number
}

/** What survives a loss of power: a check under way, with the volume since it is being measured. */
export interface FlowCheckMemory {
  dueUs?: Micros
  measuredFromDm3?: number
}

export interface FlowCheckOptions {
  supply: SupplySwitch
  clock: Clock
  timers: Timers
  /** dm3 since the meter was made. */
  totalDm3: () => number
  settings: () => FlowSettings
  /** Interrupts the supply as its policy says. */
  interrupt: () => void
  memory?: FlowCheckMemory | undefined
}

export class FlowCheck {
  private readonly options: FlowCheckOptions
  private under: FlowCheckMemory
  private timer: Timer | undefined

  constructor(options: FlowCheckOptions) {
    this.options = options
    this.under = options.memory ?? {}
    options.supply.watch({
      after: ({ to }) => {
        if (to === 'ON') this.begin()
        else this.stop()
      },
    })
    if (this.under.dueUs !== undefined) this.wait(this.under)
  }

  memory(): FlowCheckMemory {
    return this.under
  }

  private begin(): void {
    const { settings, clock } = this.options
    const { thresholdDm3PerH, stabilisationS } = settings()
    if (thresholdDm3PerH > 0) this.wait({ dueUs: clock.nowUs() + seconds(stabilisationS) })
  }

  private stop(): void {
    this.timer?.cancel()
    this.under = {}
  }

  private wait(under: FlowCheckMemory): void {
    const { timers, clock } = this.options
    this.timer?.cancel()
    this.under = under
    this.timer = timers.after(Math.max(0, (under.dueUs ?? 0) - clock.nowUs()), 'gas flow check', () => this.step())
  }

  private step(): void {
    const { settings, clock, totalDm3, interrupt } = this.options
    const { thresholdDm3PerH, measurementS } = settings()
    const { measuredFromDm3 } = this.under
    const measureUs = seconds(measurementS)
    if (measuredFromDm3 === undefined) {
      return this.wait({ dueUs: clock.nowUs() + measureUs, measuredFromDm3: totalDm3() })
    }
    this.stop()
    if (((totalDm3() - measuredFromDm3) * 3_600) / measurementS > thresholdDm3PerH) interrupt()
  }
}
