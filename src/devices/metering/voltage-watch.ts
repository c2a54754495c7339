/** The quality of the supply: average voltage of each period, how often it was too high or too low, and what is told of that. */
import type { Micros } from '../../base/ids.ts'
import type { Sample } from './flow.ts'

/** Tenths of a volt. */
export interface VoltageThresholds {
  averageOver: number
  averageUnder: number
  sag: number
  swell: number
  extremeOver: number
  extremeUnder: number
}

/** What is told of the voltage; `Ended`: of what it was, and is not any more. @source GBCS alert codes, for the total of all phases */
export const VOLTAGE_EVENTS = {
  averageOver: '8002',
  averageOverEnded: '8085',
  averageUnder: '8006',
  averageUnderEnded: '8089',
  extremeOver: '8020',
  extremeUnder: '8024',
  swell: '8028',
  sag: '802C',
} as const
export type VoltageEvent = keyof typeof VOLTAGE_EVENTS

/** What it goes by, and who counts averages beyond the thresholds. */
export interface VoltageRules {
  thresholds: () => VoltageThresholds
  onAverage: (was: 'over' | 'under') => void
  onEvent: (event: VoltageEvent) => void
}

/** What it keeps while it has no power. */
export interface VoltageMemory {
  /** Of the period in progress: tenths of a volt x microseconds, and how many of those. */
  sum: number
  us: Micros
  is: 'within' | 'sag' | 'swell'
  /** The same of extremes; absent: within. */
  extreme?: 'over' | 'under'
  /** Of the last average; absent: within. */
  average?: 'over' | 'under'
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
    const { sag, swell, extremeOver, extremeUnder } = this.rules.thresholds()
    state.sum += deciVolts * us
    state.us += us
    const extreme = beyond(deciVolts, extremeOver, extremeUnder)
    if (extreme !== state.extreme) {
      state.extreme = extreme
      if (extreme) this.rules.onEvent(extreme === 'over' ? 'extremeOver' : 'extremeUnder')
    }
    const is = deciVolts < sag ? 'sag' : deciVolts > swell ? 'swell' : 'within'
    if (is === state.is) return
    state.is = is
    if (is === 'sag') state.sags++
    if (is === 'swell') state.swells++
    if (is !== 'within') this.rules.onEvent(is)
  }

  /** Ends a period: its average, tenths of a volt, counted if it is beyond a threshold. Undefined when nothing was measured. */
  average(): number | undefined {
    const { sum, us } = this.state
    this.discard()
    if (us === 0) return
    const average = Math.round(sum / us)
    const { averageOver, averageUnder } = this.rules.thresholds()
    const is = beyond(average, averageOver, averageUnder)
    const was = this.state.average
    this.state.average = is
    if (is) this.rules.onAverage(is)
    if (is !== was) {
      if (was) this.rules.onEvent(was === 'over' ? 'averageOverEnded' : 'averageUnderEnded')
      if (is) this.rules.onEvent(is === 'over' ? 'averageOver' : 'averageUnder')
    }
    return average
  }
  /** A period begins with nothing measured. */
  discard(): void {
    this.state.sum = 0
    this.state.us = 0
  }
}

const beyond = (deciVolts: number, over: number, under: number): 'over' | 'under' | undefined =>
  deciVolts > over ? 'over' : deciVolts < under ? 'under' : undefined
