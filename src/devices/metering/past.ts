/**
 * A meter's life before the rig began: what its flow gives for any interval and day back to when it was installed, so that logs and
 * registers of a new rig agree with each other. Nothing is kept; days are worked out once, when somebody asks.
 */
import { activeAt } from '../tariff/switching.ts'
import type { Tariff } from '../tariff/tariff.ts'
import type { DayValue, RegisterRead } from './day-log.ts'
import { CHANNELS, type Flow } from './flow.ts'
import type { IntervalRow } from './interval-log.ts'
import type { Totals } from './metrology.ts'

const DAY_MS = 86_400_000

/** Where the story begins: a boundary of intervals, and what the registers showed there. */
export interface Birth {
  /** Number of the interval, since 1970. */
  index: number
  /** Of an interval. */
  lengthMin: number
  totals: Totals
  /** Units of each time-of-use register. */
  registers: readonly number[]
  /** Number of the day it was installed, since 1970. */
  installedDay: number
}

/** What passed on one day. */
export interface PastDay {
  totals: Totals
  registers: number[]
}

export class Past {
  private readonly flow: Flow
  private readonly birth: Birth
  private readonly tariff: Tariff
  /** The day of birth up to the birth, the day before it, and so on. */
  private readonly days: PastDay[] = []

  /** `tariff`: the one at birth; it is taken to have been in force all the time. */
  constructor(flow: Flow, birth: Birth, tariff: Tariff) {
    this.flow = flow
    this.birth = birth
    this.tariff = tariff
  }

  /** When the story begins, by the meter's clock, Unix ms. */
  get birthMs(): number {
    return this.birth.index * this.birth.lengthMin * 60_000
  }
  /** The day the story begins in. */
  get birthDay(): number {
    return Math.floor(this.birthMs / DAY_MS)
  }

  /** An interval before the birth; undefined when the meter was not there yet, or was born. */
  row(index: number, lengthMin = this.birth.lengthMin): IntervalRow | undefined {
    const endMin = (index + 1) * lengthMin
    if (endMin > this.birth.index * this.birth.lengthMin) return
    if (index * lengthMin < this.birth.installedDay * 1_440) return
    return rowOf(this.flow, index, lengthMin)
  }

  /** Mean voltage of whole minutes before the birth, tenths of a volt; undefined when the meter was not there yet, or was born. */
  deciVolts(startMs: number, lengthMs: number): number | undefined {
    if (startMs + lengthMs > this.birthMs || startMs < this.birth.installedDay * DAY_MS) return
    const [first, count] = [startMs / 60_000, lengthMs / 60_000]
    let sum = 0
    for (let minute = first; minute < first + count; minute++) sum += this.flow.at(minute).deciVolts
    return Math.round(sum / count)
  }

  /** Intervals before the birth that begin in [fromMs, toMs), oldest first, at most `most`. */
  intervals(fromMs: number, toMs: number, most: number): IntervalRow[] {
    const lengthMs = this.birth.lengthMin * 60_000
    const first = Math.max(Math.ceil(fromMs / lengthMs), (this.birth.installedDay * DAY_MS) / lengthMs)
    const rows: IntervalRow[] = []
    for (let index = first; index < this.birth.index && index * lengthMs < toMs && rows.length < most; index++) {
      rows.push(rowOf(this.flow, index, this.birth.lengthMin))
    }
    return rows
  }
  /** Registers at the midnights before the birth, newest first. */
  reads(count: number): RegisterRead[] {
    const found: RegisterRead[] = []
    for (let day = this.birthDay; found.length < count; day--) {
      const then = this.at(day)
      if (!then) break
      found.push({ atMs: day * DAY_MS, ...then })
    }
    return found
  }
  /** What whole days before the birth took, newest first. */
  consumptions(count: number): DayValue[] {
    const found: DayValue[] = []
    for (let day = this.birthDay - 1; found.length < count; day--) {
      const then = this.day(day)
      if (!then) break
      found.push({ startMs: day * DAY_MS, value: then.totals[0] })
    }
    return found
  }

  /** Units of a day before the birth, up to it on the day of birth. */
  day(day: number): PastDay | undefined {
    const { birthDay } = this
    if (day > birthDay || day < this.birth.installedDay) return
    while (this.days.length <= birthDay - day) this.days.push(this.workOut(birthDay - this.days.length))
    return this.days[birthDay - day]
  }

  /** What the registers showed at the midnight a day began with. */
  at(day: number): { totals: Totals; registers: number[] } | undefined {
    if (!this.day(day)) return
    const totals: Totals = [...this.birth.totals]
    const registers = [...this.birth.registers]
    for (const past of this.days.slice(0, this.birthDay - day + 1)) {
      for (const [at, units] of past.totals.entries()) totals[at] = (totals[at] ?? 0) - units
      for (const [at, units] of past.registers.entries()) registers[at] = (registers[at] ?? 0) - units
    }
    return { totals, registers }
  }

  private workOut(day: number): PastDay {
    const { lengthMin, index: end } = this.birth
    const perDay = 1_440 / lengthMin
    const totals: Totals = [0, 0, 0, 0]
    const registers: number[] = this.tariff.prices.map(() => 0)
    for (let index = day * perDay; index < Math.min((day + 1) * perDay, end); index++) {
      const [, ...units] = rowOf(this.flow, index, lengthMin)
      for (const at of CHANNELS.keys()) totals[at] = (totals[at] ?? 0) + (units[at] ?? 0)
      const { register } = activeAt(this.tariff.switching, index * lengthMin * 60_000)
      registers[register - 1] = (registers[register - 1] ?? 0) + units[0]
    }
    return { totals, registers }
  }
}

/** An interval as its minutes give it, to the nearest unit. */
export function rowOf(flow: Flow, index: number, lengthMin: number): IntervalRow {
  const sums: Totals = [0, 0, 0, 0]
  for (let minute = index * lengthMin; minute < (index + 1) * lengthMin; minute++) {
    const sample = flow.at(minute)
    for (const [at, channel] of CHANNELS.entries()) sums[at] = (sums[at] ?? 0) + sample[channel]
  }
  const [a, b, c, d] = sums.map(sum => Math.round(sum / 60)) as Totals
  return [index, a, b, c, d]
}
