/** The quality of the supply: average voltage of each period, and how often it was too high or too low. */
import type { Micros } from '../../base/ids.ts'
import type { Sample } from './flow.ts'

/** Tenths of a volt. */
export interface VoltageThresholds {
  averageOver: number
  averageUnder: number
  sag: number
  swell: number
}

/** What it goes by, and who counts averages beyond the thresholds. */
export interface VoltageRules {
  thresholds: () => VoltageThresholds
  onAverage: (was: 'over' | 'under') => void
}

/** What it keeps while it has no power. */
export interface VoltageMemory {
  /** Of the period in progress: tenths of a volt x microseconds, and how many of those. */
  sum: number
  us: Micros
  is: 'within' | 'sag' | 'swell'
  /** Times the voltage left the band. */
  sags: number
  swells: number
}

export class VoltageWatch {
  private readonly rules: VoltageRules
  private readonly state: VoltageMemory

  constructor(rules: VoltageRules, memory: VoltageMemory = { sum: 0, us: 0, is: 'within', sags: 0, swells: 0 }) {
    this.rules = rules
    this.state = { ...memory }
  }

  memory(): VoltageMemory {
    return { ...this.state }
  }

  get sags(): number {
    return this.state.sags
  }
  get swells(): number {
    return this.state.swells
  }

  passed({ deciVolts }: Sample, us: Micros): void {
    const { state } = this
    const { sag, swell } = this.rules.thresholds()
    state.sum += deciVolts * us
    state.us += us
    const is = deciVolts < sag ? 'sag' : deciVolts > swell ? 'swell' : 'within'
    if (is === state.is) return
    state.is = is
    if (is === 'sag') state.sags++
    if (is === 'swell') state.swells++
  }

  /** Ends a period: its average, tenths of a volt, counted if it is beyond a threshold. Undefined when nothing was measured. */
  average(): number | undefined {
    const { sum, us } = this.state
    this.discard()
    if (us === 0) return
    const average = Math.round(sum / us)
    const { averageOver, averageUnder } = this.rules.thresholds()
    if (average > averageOver) this.rules.onAverage('over')
    if (average < averageUnder) this.rules.onAverage('under')
    return average
  }
  /** A period begins with nothing measured. */
  discard(): void {
    this.state.sum = 0
    this.state.us = 0
  }
}
