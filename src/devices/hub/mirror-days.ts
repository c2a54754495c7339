/**
 * What the gas proxy notes of each day: the gas meter's registers at midnight, as the first report after it has them, and what the day
 * took. @source MMC schema v5.4: daily read log 31, daily consumption log 731 [public]; from reports: assumed
 */
import { DAILY_CONSUMPTIONS, DAILY_READS, type DayValue } from '../metering/day-log.ts'
import { type LogMemory, PagedLog } from '../paged-log.ts'

const DAY_MS = 86_400_000

/** Registers at a midnight of the hub's clock, Unix ms: the total, then by time of use; thousandths of the unit. */
export interface MirroredRead {
  atMs: number
  value: number
  registers: readonly number[]
}

/** What a gas meter's proxy had noted before the rig began: at most so many, intervals oldest first, the others newest first. */
export interface GasHistory {
  intervals(fromMs: number, toMs: number, most: number): { startMs: number; value: number }[]
  reads(count: number): MirroredRead[]
  days(count: number): DayValue[]
}

/** What survives a restart. */
export interface MirrorDaysMemory {
  /** The day in progress, since 1970, and the total when it began. */
  day: number
  from: number
  reads: LogMemory<MirroredRead>
  days: LogMemory<DayValue>
}

export class MirrorDays {
  private readonly history: () => GasHistory | undefined
  private today: { day: number; from: number } | undefined
  private readonly reads: PagedLog<MirroredRead>
  private readonly days: PagedLog<DayValue>

  constructor(history: () => GasHistory | undefined, memory?: MirrorDaysMemory) {
    this.history = history
    this.today = memory && { day: memory.day, from: memory.from }
    this.reads = new PagedLog(DAILY_READS, memory?.reads)
    this.days = new PagedLog(DAILY_CONSUMPTIONS, memory?.days)
  }

  /** Undefined before the first report. */
  memory(): MirrorDaysMemory | undefined {
    return this.today && { ...this.today, reads: this.reads.memory(), days: this.days.memory() }
  }

  /** A report came: the meter's total and its registers. By a clock that was set back no day begins twice. */
  take(nowMs: number, total: number, registers: readonly number[]): void {
    const day = Math.floor(nowMs / DAY_MS)
    if (!this.today) {
      this.today = { day, from: this.history()?.reads(1)[0]?.value ?? total }
      return
    }
    if (day <= this.today.day) return
    const used = total - this.today.from
    // A register that went back is no consumption.
    if (used >= 0) this.days.add({ startMs: this.today.day * DAY_MS, value: used })
    this.reads.add({ atMs: day * DAY_MS, value: total, registers })
    this.today = { day, from: total }
  }

  /** Oldest first. */
  listReads(): MirroredRead[] {
    const found = this.reads.list().toReversed()
    return [...found, ...(this.history()?.reads(DAILY_READS - found.length) ?? [])].reverse()
  }
  /** The day in progress: what it took up to a report that showed this total. */
  inProgress(total: number): DayValue | undefined {
    const { today } = this
    return today && { startMs: today.day * DAY_MS, value: Math.max(0, total - today.from) }
  }
  /** Finished days, oldest first. */
  listDays(): DayValue[] {
    return this.newestDays(DAILY_CONSUMPTIONS).reverse()
  }
  /** Finished days, at most `count`, newest first. */
  newestDays(count: number): DayValue[] {
    const most = Math.min(count, DAILY_CONSUMPTIONS)
    const found = this.days.list().toReversed().slice(0, most)
    return [...found, ...(this.history()?.days(most - found.length) ?? [])]
  }
}
