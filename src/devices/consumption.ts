/**
 * What flows through a meter: a rate that changes each minute along a daily shape, its integral, and the interval history.
 * Worked out when somebody looks; looking never changes it.
 */
import type { Micros } from '../base/ids.ts'
import { minutes } from '../base/time.ts'
import type { RandomStream } from '../ports/time.ts'
import type { DeviceClock } from './device-clock.ts'
import { type LogMemory, PagedLog } from './paged-log.ts'
import type { SupplySwitch } from './supply/supply-switch.ts'

const STEP_US: Micros = minutes(1)
/** The rate of a minute lies between these shares of the half hour's mean; their mean is 1. Assumed. */
const LEAST_SHARE = 0.4
const SHARE_SPREAD = 1.2

export interface ConsumptionOptions {
  clock: DeviceClock
  random: RandomStream
  /** Share of a day's consumption in each half hour: 48 numbers that sum to 1. */
  weights: readonly number[]
  /** Units a year: Wh or dm3. */
  annual: number
  /** Units on the register of a new meter. */
  start: number
  intervalMin: number
  /** Intervals kept; the oldest go first. */
  capacity: number
  /** What it kept from before it was switched off. */
  memory?: ConsumptionMemory | undefined
  /** What may interrupt it; nothing unless given. */
  supply?: Pick<SupplySwitch, 'flows' | 'watch'>
}

/** One finished interval: when it began by the meter's clock, Unix ms, and the units at its beginning and end. */
export interface Interval {
  startMs: number
  from: number
  to: number
}

/** What a meter keeps of its consumption while it has no power: nothing flows meanwhile. */
export interface ConsumptionMemory {
  /** On the register. */
  units: number
  /** The interval in progress: when it began by the meter's clock, Unix ms, and the units then. */
  interval: { startMs: number; from: number }
  /** Finished intervals, oldest first. */
  history: LogMemory<Interval>
}

export class Consumption {
  private readonly options: ConsumptionOptions
  private readonly intervalMs: number
  /** Up to where whole minutes have been worked out. */
  private doneUs: Micros
  private units: number
  /** Of this minute, whether it flows or not. */
  private drawn: number
  /** Since when it has flowed, or not, in this minute. */
  private sinceUs: Micros
  private intervalStartMs: number
  private intervalStartUnits: number
  private readonly history: PagedLog<Interval>

  constructor(options: ConsumptionOptions) {
    this.options = options
    this.intervalMs = options.intervalMin * 60_000
    this.doneUs = options.clock.nowUs()
    const { clock, memory } = options
    const { units, interval, history } = memory ?? { units: options.start }
    this.units = units
    this.drawn = this.drawRate()
    this.sinceUs = this.doneUs
    this.intervalStartMs = interval?.startMs ?? this.intervalOf(clock.unixMs())
    this.intervalStartUnits = interval?.from ?? units
    this.history = new PagedLog(options.capacity, history)
    this.closeInterval(clock.unixMs())
    clock.watch(() => this.advance())
    options.supply?.watch({
      before: () => {
        this.units = this.total()
        this.sinceUs = clock.nowUs()
      },
    })
  }

  /** Units since the meter was made; only grows. */
  total(): number {
    this.advance()
    return this.units + this.flowed(this.options.clock.nowUs())
  }
  /** Units per hour, now. */
  ratePerHour(): number {
    this.advance()
    return this.rate
  }
  /** Finished intervals that begin in [fromMs, toMs), oldest first. */
  intervals(fromMs: number, toMs: number): Interval[] {
    this.advance()
    return this.history.list().filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
  }

  memory(): ConsumptionMemory {
    const units = this.total()
    const interval = { startMs: this.intervalStartMs, from: this.intervalStartUnits }
    return { units, interval, history: this.history.memory() }
  }

  private advance(): void {
    const { clock } = this.options
    const nowUs = clock.nowUs()
    while (this.doneUs + STEP_US <= nowUs) {
      this.doneUs += STEP_US
      this.units += this.flowed(this.doneUs)
      this.sinceUs = this.doneUs
      this.closeInterval(clock.unixMsAt(this.doneUs))
      this.drawn = this.drawRate()
    }
  }

  private get rate(): number {
    return (this.options.supply?.flows() ?? true) ? this.drawn : 0
  }
  private flowed(untilUs: Micros): number {
    return (this.rate * (untilUs - this.sinceUs)) / 3_600_000_000
  }

  private closeInterval(unixMs: number): void {
    const start = this.intervalOf(unixMs)
    if (start === this.intervalStartMs) return
    // A clock set back repeats no interval: the one in progress goes on.
    if (start > this.intervalStartMs) {
      this.history.add({ startMs: this.intervalStartMs, from: this.intervalStartUnits, to: this.units })
      this.intervalStartUnits = this.units
      this.intervalStartMs = start
    }
  }

  private drawRate(): number {
    const { clock, weights, annual, random } = this.options
    const halfHour = Math.floor(clock.unixMsAt(this.doneUs) / 1_800_000) % 48
    const mean = (annual / 365) * (weights[halfHour] ?? 0) * 2
    return mean * (LEAST_SHARE + SHARE_SPREAD * random.next())
  }
  private intervalOf(unixMs: number): number {
    return Math.floor(unixMs / this.intervalMs) * this.intervalMs
  }
}
