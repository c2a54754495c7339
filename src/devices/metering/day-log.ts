/** What a meter notes at midnight: how its registers stand (31 days), and what the day took (731 days). */
import { type LogMemory, PagedLog } from '../paged-log.ts'
import type { Totals } from './metrology.ts'
import type { Past } from './past.ts'

const DAY_MS = 86_400_000
/** @source MMC schema v5.4: daily read log 31, daily consumption log 731 [public] */
export const DAILY_READS = 31
export const DAILY_CONSUMPTIONS = 731
/** Most days of standing charge for the time a meter had no power or its clock passed over. Assumed. */
const MOST_DAYS_AT_ONCE = 366

/** Registers as they stood at an instant of the meter's clock, Unix ms. */
export interface RegisterRead {
  atMs: number
  totals: Totals
  /** Units of each time-of-use register that has been used. */
  registers: readonly number[]
}

/** Units delivered on a day. */
export interface DayValue {
  startMs: number
  value: number
}

/** What it keeps while it has no power. */
export interface DayLogMemory {
  /** The day in progress, since 1970. */
  day: number
  /** Delivered when it began. */
  from: number
  reads: LogMemory<RegisterRead>
  consumptions: LogMemory<DayValue>
}

export class DayLog {
  private readonly past: Past
  private day: number
  private from: number
  private readonly reads: PagedLog<RegisterRead>
  private readonly consumptions: PagedLog<DayValue>

  constructor(past: Past, memory: DayLogMemory) {
    this.past = past
    this.day = memory.day
    this.from = memory.from
    this.reads = new PagedLog(DAILY_READS, memory.reads)
    this.consumptions = new PagedLog(DAILY_CONSUMPTIONS, memory.consumptions)
  }

  memory(): DayLogMemory {
    const { day, from, reads, consumptions } = this
    return { day, from, reads: reads.memory(), consumptions: consumptions.memory() }
  }

  /**
   * The clock shows this: how many new days have begun, 0 as long as the day in progress goes on. A clock that was set back begins
   * no day twice.
   */
  turn(nowMs: number, read: () => Omit<RegisterRead, 'atMs'>): number {
    const day = Math.floor(nowMs / DAY_MS)
    if (day <= this.day) return 0
    const passed = Math.min(day - this.day, MOST_DAYS_AT_ONCE)
    const now = read()
    this.consumptions.add({ startMs: this.day * DAY_MS, value: now.totals[0] - this.from })
    this.reads.add({ atMs: day * DAY_MS, ...now })
    this.day = day
    this.from = now.totals[0]
    return passed
  }

  /** Daily reads, newest first. */
  listReads(): RegisterRead[] {
    const found = this.reads.list().toReversed()
    return [...found, ...this.past.reads(DAILY_READS - found.length)]
  }
  /** Finished days, at most `count`, newest first. */
  listConsumptions(count = DAILY_CONSUMPTIONS): DayValue[] {
    const most = Math.min(count, DAILY_CONSUMPTIONS)
    const found = this.consumptions.list().toReversed().slice(0, most)
    return [...found, ...this.past.consumptions(most - found.length)]
  }
  /** When the day in progress began, by the meter's clock, and what was on the register then. */
  get today(): { startMs: number; from: number } {
    return { startMs: this.day * DAY_MS, from: this.from }
  }
}
