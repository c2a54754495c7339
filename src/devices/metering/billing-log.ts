/** The billing data log: registers as they stood when a billing period ended, the tariff changed, or the mode of payment did. */

import { type LogMemory, PagedLog } from '../paged-log.ts'
import type { RegisterRead } from './day-log.ts'
import type { Past } from './past.ts'

const DAY_MS = 86_400_000
/** @source MMC schema v5.4: billing data log 12 [public] */
export const BILLING_ENTRIES = 12

/** Why an entry was made. */
export type BillingCause = 'billing-calendar' | 'tariff-change' | 'mode-change'

export interface BillingEntry extends RegisterRead {
  cause: BillingCause
  /** Units of each register in each block, under tariffs with blocks. */
  blocks: readonly (readonly number[])[]
}

/** When billing periods begin: at midnight UTC. @source DUIS schema, Update Device Configuration (Billing Calendar) */
export type BillingCalendar =
  | { every: 'day' }
  /** 1 is Monday. */
  | { every: 'week'; weekday: number }
  | { every: 'month'; day: number }
  /** Every so many months, one of them this: 1 is January. */
  | { every: 'months'; count: 3 | 6 | 12; month: number; day: number }

/** What it keeps while it has no power. */
export interface BillingMemory {
  calendar: BillingCalendar
  /** When the period in progress began, by the meter's clock, Unix ms. */
  sinceMs: number
  log: LogMemory<BillingEntry>
}

/** When the billing period an instant lies in began, Unix ms. */
export function billingPeriodStart(calendar: BillingCalendar, nowMs: number): number {
  const day = Math.floor(nowMs / DAY_MS)
  switch (calendar.every) {
    case 'day':
      return day * DAY_MS
    case 'week':
      // 1970 began on a Thursday.
      return (day - ((day + 3 - (calendar.weekday - 1) + 7) % 7)) * DAY_MS
    case 'month':
      return monthsStart(nowMs, { count: 1, month: 1, day: calendar.day })
    case 'months':
      return monthsStart(nowMs, calendar)
    default:
      return calendar satisfies never
  }
}

function monthsStart(nowMs: number, { count, month, day }: { count: number; month: number; day: number }): number {
  const now = new Date(nowMs)
  const startIn = (of: number) => {
    const last = new Date(Date.UTC(now.getUTCFullYear(), of + 1, 0)).getUTCDate()
    return Date.UTC(now.getUTCFullYear(), of, Math.min(day, last))
  }
  const since = (now.getUTCMonth() - (month - 1) + 12) % count
  const here = startIn(now.getUTCMonth() - since)
  return here <= nowMs ? here : startIn(now.getUTCMonth() - since - count)
}

export class BillingLog {
  private readonly past: Past
  private calendar: BillingCalendar
  private sinceMs: number
  private readonly log: PagedLog<BillingEntry>
  private before: readonly BillingEntry[] | undefined

  constructor(past: Past, memory: BillingMemory) {
    this.past = past
    this.calendar = memory.calendar
    this.sinceMs = memory.sinceMs
    this.log = new PagedLog(BILLING_ENTRIES, memory.log)
  }

  memory(): BillingMemory {
    return { calendar: this.calendar, sinceMs: this.sinceMs, log: this.log.memory() }
  }

  get billingCalendar(): BillingCalendar {
    return this.calendar
  }
  /** Another calendar, from the next period on. */
  setCalendar(calendar: BillingCalendar, nowMs: number): void {
    this.calendar = calendar
    this.sinceMs = Math.max(this.sinceMs, billingPeriodStart(calendar, nowMs))
  }

  /** The clock shows this: true when a new period has begun. A clock that was set back begins none twice. */
  turn(nowMs: number): boolean {
    const startMs = billingPeriodStart(this.calendar, nowMs)
    if (startMs <= this.sinceMs) return false
    this.sinceMs = startMs
    return true
  }
  add(entry: BillingEntry): void {
    this.log.add(entry)
  }

  /** Newest first. Before the story began there was one a month. */
  list(): BillingEntry[] {
    const found = this.log.list().toReversed()
    return [...found, ...this.beforeBirth().slice(0, BILLING_ENTRIES - found.length)]
  }

  /** Worked out once: it does not change any more. */
  private beforeBirth(): readonly BillingEntry[] {
    if (this.before) return this.before
    const found: BillingEntry[] = []
    for (let atMs = this.past.birthDay * DAY_MS + DAY_MS; found.length < BILLING_ENTRIES; ) {
      atMs = billingPeriodStart({ every: 'month', day: 1 }, atMs - 1)
      const then = this.past.at(atMs / DAY_MS)
      if (!then) break
      found.push({ atMs, cause: 'billing-calendar', ...then, blocks: [] })
    }
    this.before = found
    return found
  }
}
