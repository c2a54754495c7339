/**
 * The measuring part of a meter: energy is the integral of the power that its flow gives, counted in whole units and their parts.
 * Worked out when somebody looks. Looking never changes it: parts are whole numbers, and what depends on an instant is cut there.
 */
import type { Micros } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'
import type { DeviceClock } from '../device-clock.ts'
import type { SupplySwitch } from '../supply/supply-switch.ts'
import { CHANNELS, type Flow, NO_RATES, type Sample } from './flow.ts'

const MINUTE_US: Micros = 60_000_000
/** A rate of one unit an hour makes one unit in so many parts. */
const PARTS_PER_UNIT = 3_600_000_000

/** Whole units by channel, in the order of CHANNELS. */
export type Totals = [number, number, number, number]

/** Who does what depends on the meter's clock. Times are of that clock, Unix ms. */
export interface Ledger {
  /** Whole units that were delivered to the home just now. */
  delivered(units: number): void
  /** So long it was so. */
  passed(sample: Sample, us: Micros): void
  /** The clock shows this: at each time asked for, and whenever it was set. Returns when to be told next. */
  turned(nowMs: number, totals: Readonly<Totals>): number
}

/** What survives a power cut. */
export interface MetrologyMemory {
  totals: Totals
  /** Of a unit, not counted yet, by channel: units an hour x microseconds. */
  parts: Totals
}

export interface MetrologyOptions {
  /** True time. */
  truth: Clock
  clock: DeviceClock
  flow: Flow
  /** What may interrupt it; nothing unless given. */
  supply?: Pick<SupplySwitch, 'flows' | 'watch'> | undefined
  ledger: Ledger
  memory: MetrologyMemory
}

export class Metrology {
  private readonly options: MetrologyOptions
  private readonly counted: Totals
  private readonly parts: Totals
  /** When this minute of civil time ends, by true time. */
  private minute: number
  private minuteEndUs: Micros
  private sample: Sample
  private doneUs: Micros
  /** When the ledger wants to be told; undefined: the clock was set. */
  private turnUs: Micros | undefined
  private isWorking = false

  constructor(options: MetrologyOptions) {
    const { truth, clock, flow, supply, memory } = options
    this.options = options
    this.counted = [...memory.totals]
    this.parts = [...memory.parts]
    this.doneUs = truth.nowUs()
    this.minute = Math.floor(truth.unixMs() / 60_000)
    this.minuteEndUs = this.doneUs + ((this.minute + 1) * 60_000 - truth.unixMs()) * 1_000
    this.sample = flow.at(this.minute)
    clock.watch(() => {
      this.advance()
      this.turnUs = undefined
    })
    supply?.watch({ before: () => this.advance() })
  }

  /** What it would keep if it lost power now. */
  memory(): MetrologyMemory {
    this.advance()
    return { totals: [...this.counted], parts: [...this.parts] }
  }

  /** Whole units by channel since the meter was made; they only grow. */
  totals(): Totals {
    this.advance()
    return [...this.counted]
  }
  /** What flows now. */
  now(): Sample {
    this.advance()
    return this.flowing()
  }

  /** Works out what has passed since somebody looked last. */
  advance(): void {
    // What is told of it may look again: it is shown what has been worked out so far.
    if (this.isWorking) return
    this.isWorking = true
    try {
      this.workOut(this.options.truth.nowUs())
    } finally {
      this.isWorking = false
    }
  }

  private workOut(nowUs: Micros): void {
    if (this.turnUs === undefined) this.turn()
    while (this.doneUs < nowUs) {
      const untilUs = Math.min(nowUs, this.minuteEndUs, this.turnUs ?? nowUs)
      if (untilUs > this.doneUs) this.pass(untilUs - this.doneUs)
      this.doneUs = untilUs
      if (untilUs === this.minuteEndUs) this.nextMinute()
      if (untilUs === this.turnUs) this.turn()
    }
  }

  /** What the ledger does at an instant of the clock has changed: it is told again. */
  turnAgain(): void {
    this.advance()
    this.turn()
  }

  private turn(): void {
    const { clock, ledger } = this.options
    const nextMs = ledger.turned(clock.unixMsAt(this.doneUs), this.counted)
    this.turnUs = Math.max(clock.atUsOf(nextMs), this.doneUs + 1)
  }

  private nextMinute(): void {
    this.minute++
    this.minuteEndUs += MINUTE_US
    this.sample = this.options.flow.at(this.minute)
  }

  private pass(us: Micros): void {
    const sample = this.flowing()
    const { ledger } = this.options
    ledger.passed(sample, us)
    for (const [at, channel] of CHANNELS.entries()) {
      const rate = sample[channel]
      if (rate === 0) continue
      const parts = (this.parts[at] ?? 0) + rate * us
      const units = Math.floor(parts / PARTS_PER_UNIT)
      this.parts[at] = parts - units * PARTS_PER_UNIT
      if (units === 0) continue
      this.counted[at] = (this.counted[at] ?? 0) + units
      if (at === 0) ledger.delivered(units)
    }
  }

  private flowing(): Sample {
    const { supply } = this.options
    return !supply || supply.flows() ? this.sample : { ...this.sample, ...NO_RATES, milliAmps: 0 }
  }
}
