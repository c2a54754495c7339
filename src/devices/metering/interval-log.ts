/**
 * What passed in each interval of a meter's clock: the newest ones, in order, none twice. What was before the meter's story began
 * is not kept but worked out.
 */
import { type LogMemory, PagedLog } from '../paged-log.ts'
import { CHANNELS, type Channel } from './flow.ts'
import type { Totals } from './metrology.ts'

/** Number of the interval since 1970, units by channel. */
export type IntervalRow = readonly [index: number, ...units: Totals]

/** One interval of one channel. */
export interface IntervalValue {
  /** By the meter's clock, Unix ms. */
  startMs: number
  value: number
}

/** What an interval log keeps while it has no power. */
export interface IntervalLogMemory {
  /** The interval in progress. */
  index: number
  /** Totals when it began. */
  from: Totals
  log: LogMemory<IntervalRow>
}

/** Rows of the time before the story began; undefined where there was none. */
export type PastRows = (index: number) => IntervalRow | undefined

const ROW_OF = Object.fromEntries(CHANNELS.map((channel, at) => [channel, at + 1])) as Readonly<Record<Channel, number>>

export class IntervalLog {
  readonly lengthMs: number
  private readonly capacity: number
  private readonly rows: PagedLog<IntervalRow>
  private readonly past: PastRows
  private index: number
  private from: Totals

  /** `capacity`: intervals kept; the oldest go first. */
  constructor(options: { lengthMin: number; capacity: number; memory: IntervalLogMemory; past: PastRows }) {
    const { lengthMin, capacity, memory, past } = options
    this.lengthMs = lengthMin * 60_000
    this.capacity = capacity
    this.past = past
    this.index = memory.index
    this.from = [...memory.from]
    this.rows = new PagedLog(capacity, memory.log)
  }

  memory(): IntervalLogMemory {
    return { index: this.index, from: [...this.from], log: this.rows.memory() }
  }

  /** When the interval in progress began, and the totals then. */
  get current(): { startMs: number; from: Totals } {
    return { startMs: this.index * this.lengthMs, from: this.from }
  }

  /**
   * The clock shows this: ends the interval in progress when it is over, and returns it. A clock that was set back repeats no
   * interval, the one in progress goes on; one that was put forward leaves out what it passed over.
   */
  turn(nowMs: number, totals: Readonly<Totals>): IntervalRow | undefined {
    const index = Math.floor(nowMs / this.lengthMs)
    if (index <= this.index) return
    const [a, b, c, d] = totals.map((total, at) => total - (this.from[at] ?? 0)) as Totals
    const row: IntervalRow = [this.index, a, b, c, d]
    this.rows.add(row)
    this.index = index
    this.from = [...totals]
    return row
  }
  /** When the interval in progress ends, by the clock. */
  get endMs(): number {
    return (this.index + 1) * this.lengthMs
  }

  /**
   * The newest finished intervals that ended at or before `endMs`, at most `count` and never further back than `depth` intervals,
   * newest first. Those that are not known are left out.
   */
  newest(of: Channel, endMs: number, count: number, depth = this.capacity): IntervalValue[] {
    const column = ROW_OF[of]
    const oldest = this.index - Math.min(depth, this.capacity)
    const found: IntervalValue[] = []
    for (let index = Math.min(Math.floor(endMs / this.lengthMs), this.index) - 1; index >= oldest; index--) {
      if (found.length >= count) break
      const row = this.row(index)
      if (row) found.push({ startMs: index * this.lengthMs, value: row[column] ?? 0 })
    }
    return found
  }

  /** The oldest finished intervals that began at `fromMs` or later, at most `count`, oldest first. */
  oldest(of: Channel, fromMs: number, count: number, depth = this.capacity): IntervalValue[] {
    const found: IntervalValue[] = []
    const first = Math.max(Math.ceil(fromMs / this.lengthMs), this.index - Math.min(depth, this.capacity))
    for (let index = first; index < this.index && found.length < count; index++) {
      const row = this.row(index)
      if (row) found.push({ startMs: index * this.lengthMs, value: row[ROW_OF[of]] ?? 0 })
    }
    return found
  }

  private row(index: number): IntervalRow | undefined {
    const first = this.rows.at(0)
    if (!first || index < first[0]) return this.past(index)
    let [low, high] = [0, this.rows.count - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const row = this.rows.at(middle)
      const at = row?.[0] ?? 0
      if (at === index) return row
      if (at < index) low = middle + 1
      else high = middle - 1
    }
    return
  }
}
