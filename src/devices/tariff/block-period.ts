/** When the period in which blocks are counted began. */
import type { BlockPeriod } from './tariff.ts'

const DAY_MS = 86_400_000

/** Begin of the period an instant lies in, Unix ms: midnight UTC of a day, a Monday, a first of the month or of the quarter. */
export function blockPeriodStart(period: BlockPeriod, unixMs: number): number {
  const day = Math.floor(unixMs / DAY_MS)
  const date = new Date(unixMs)
  const firstOf = (month: number) => Date.UTC(date.getUTCFullYear(), month, 1)
  switch (period) {
    case 'day':
      return day * DAY_MS
    case 'week':
      // 1970 began on a Thursday.
      return (day - ((day + 3) % 7)) * DAY_MS
    case 'month':
      return firstOf(date.getUTCMonth())
    case 'quarter':
      return firstOf(Math.floor(date.getUTCMonth() / 3) * 3)
    default:
      return period satisfies never
  }
}
