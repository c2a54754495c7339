/**
 * Average voltages, one for each period of the meter's clock, the newest ones. The period may change: what was noted before keeps its own.
 * What was before the meter's story began is not kept but worked out.
 */
import { type LogMemory, PagedLog } from '../paged-log.ts'
import type { Past } from './past.ts'

/** Seconds, of a meter that comes from the factory. @source assumed */
export const FACTORY_VOLTAGE_PERIOD_S = 1_800

/** The average of one period, tenths of a volt; the period by the meter's clock. */
export interface VoltageValue {
  startMs: number
  periodMs: number
  value: number
}

/** Start since 1970 and length in seconds, average in tenths of a volt. */
export type VoltageRow = readonly [startS: number, periodS: number, deciVolts: number]

/** What it keeps while it has no power. */
export interface VoltageLogMemory {
  periodS: number
  /** When the period in progress began, or will begin after a change of period. */
  startS: number
  /** False until the first whole period after a change begins. */
  begun: boolean
  log: LogMemory<VoltageRow>
}

/** The log of a meter that has just been put into a rig. */
const firstMemory = ({ birthMs }: Past): VoltageLogMemory => ({
  periodS: FACTORY_VOLTAGE_PERIOD_S,
  startS: Math.floor(birthMs / 1_000 / FACTORY_VOLTAGE_PERIOD_S) * FACTORY_VOLTAGE_PERIOD_S,
  begun: true,
  log: { first: 0, pages: [] },
})

export class VoltageLog {
  private readonly capacity: number
  private readonly rows: PagedLog<VoltageRow>
  private readonly past: Past
  private readonly state: Omit<VoltageLogMemory, 'log'>

  /** `capacity`: averages kept; the oldest go first. */
  constructor({ capacity, past, memory }: { capacity: number; past: Past; memory: VoltageLogMemory | undefined }) {
    const { log, ...state } = memory ?? firstMemory(past)
    this.capacity = capacity
    this.past = past
    this.state = { ...state }
    this.rows = new PagedLog(capacity, log)
  }

  memory(): VoltageLogMemory {
    return { ...this.state, log: this.rows.memory() }
  }

  get periodS(): number {
    return this.state.periodS
  }
  /** When it has something to do next, by the clock. */
  get dueMs(): number {
    const { startS, periodS, begun } = this.state
    return (begun ? startS + periodS : startS) * 1_000
  }

  /**
   * Averages of another period from now on. The period in progress leaves no entry, nor does what is left of the new one that is under
   * way: the first entry is of a whole period. None begins before the last entry has ended, whatever the clock shows. @source assumed
   */
  setPeriod(periodS: number, nowMs: number): void {
    const [lastS = 0, lastPeriodS = 0] = this.rows.last ?? []
    const freeS = Math.max(nowMs / 1_000, lastS + lastPeriodS)
    Object.assign(this.state, { periodS, startS: Math.ceil(freeS / periodS) * periodS, begun: false })
  }

  /**
   * The clock shows this: ends the period in progress when it is over. A clock that was set back repeats no period, the one in progress
   * goes on; one that was put forward leaves out what it passed over. `average`: ends what is measured, undefined when it was nothing.
   */
  turn(nowMs: number, average: () => number | undefined, discard: () => void): void {
    if (nowMs < this.dueMs) return
    const { state } = this
    const { periodS, startS, begun } = state
    state.startS = Math.floor(nowMs / 1_000 / periodS) * periodS
    state.begun = true
    if (!begun) return discard()
    const deciVolts = average()
    if (deciVolts !== undefined) this.rows.add([startS, periodS, deciVolts])
  }

  /** Averages of periods that began at `fromMs` or later, at most `count`, oldest first. */
  oldest(fromMs: number, count: number): VoltageValue[] {
    const found = this.ofPast(fromMs, count)
    let [low, high] = [0, this.rows.count]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.rows.at(middle)?.[0] ?? 0) * 1_000 < fromMs) low = middle + 1
      else high = middle
    }
    for (let index = low; found.length < count; index++) {
      const row = this.rows.at(index)
      if (!row || index >= this.rows.count) break
      const [startS, periodS, value] = row
      found.push({ startMs: startS * 1_000, periodMs: periodS * 1_000, value })
    }
    return found
  }

  /** What there is room for of the time before the story began. */
  private ofPast(fromMs: number, count: number): VoltageValue[] {
    const periodMs = FACTORY_VOLTAGE_PERIOD_S * 1_000
    const end = Math.floor(this.past.birthMs / periodMs)
    const oldest = end - (this.capacity - this.rows.count)
    const found: VoltageValue[] = []
    for (let index = Math.max(Math.ceil(fromMs / periodMs), oldest); index < end && found.length < count; index++) {
      const value = this.past.deciVolts(index * periodMs, periodMs)
      if (value !== undefined) found.push({ startMs: index * periodMs, periodMs, value })
    }
    return found
  }
}
