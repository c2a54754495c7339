/** When a meter in prepayment mode does not cut the supply, though the credit is used up: hours of the week, special days, a schedule. */
import { civilDate, weekdayOf } from '../../base/civil-date.ts'
import type { Refusal } from './money.ts'
import {
  type CalendarDay,
  isStarted,
  isWhole,
  refuseDay,
  refuseSchedule,
  type Schedule,
} from './non-disablement-schedule.ts'

const DAY_MS = 86_400_000
const MINUTES_A_DAY = 1_440
/** As many as two a day. @source assumed */
export const MOST_PERIODS = 14
/** @source assumed */
export const MOST_SPECIAL_DAYS = 20

/** Part of a day, from `fromMin` to before `toMin`, minutes after midnight UTC by the meter's clock. */
export interface FriendlyPeriod {
  /** Days of the week: bit 0 Monday to bit 6 Sunday. */
  days: number
  fromMin: number
  toMin: number
}

export interface NonDisablement {
  periods: readonly FriendlyPeriod[]
  /** Nothing is cut from midnight to midnight UTC. */
  specialDays: readonly CalendarDay[]
  /** Besides those. */
  schedule?: Schedule
}

export const NEVER_FRIENDLY: NonDisablement = { periods: [], specialDays: [] }

/** Whether there may be an instant at which nothing is cut. */
export const isEverFriendly = ({ periods, specialDays, schedule }: NonDisablement): boolean =>
  periods.length + specialDays.length > 0 || (schedule?.switches.some(({ start }) => start) ?? false)

/** Whether nothing is cut at this instant. */
export function isFriendly({ periods, specialDays, schedule }: NonDisablement, unixMs: number): boolean {
  const minute = Math.floor((unixMs % DAY_MS) / 60_000)
  const weekday = weekdayOf(unixMs)
  if (periods.some(({ days, fromMin, toMin }) => (days >> weekday) & 1 && minute >= fromMin && minute < toMin))
    return true
  if (schedule && isStarted(schedule, unixMs)) return true
  if (specialDays.length === 0) return false
  const today = civilDate(unixMs)
  return specialDays.some(
    ({ year = today.year, month, day }) => day === today.day && month === today.month && year === today.year,
  )
}

/** What is wrong with a calendar; undefined when nothing is. */
export function refuseNonDisablement({ periods, specialDays, schedule }: NonDisablement): Refusal | undefined {
  if (periods.length > MOST_PERIODS) {
    return { field: 'non_disablement.periods', expected: `at most ${MOST_PERIODS}` }
  }
  if (specialDays.length > MOST_SPECIAL_DAYS) {
    return { field: 'non_disablement.special_days', expected: `at most ${MOST_SPECIAL_DAYS}` }
  }
  for (const [index, { days, fromMin, toMin }] of periods.entries()) {
    const field = `non_disablement.periods[${index}]`
    if (!isWhole(days, 1, 0x7f))
      return { field: `${field}.days`, expected: 'bits 0 (Monday) to 6 (Sunday), at least one,' }
    if (!isWhole(fromMin, 0, MINUTES_A_DAY - 1)) return { field: `${field}.from_min`, expected: '0 to 1439' }
    if (!isWhole(toMin, fromMin + 1, MINUTES_A_DAY))
      return { field: `${field}.to_min`, expected: 'after from_min, at most 1440,' }
  }
  for (const [index, day] of specialDays.entries()) {
    const refusal = refuseDay(`non_disablement.special_days[${index}]`, day)
    if (refusal) return refusal
  }
  return schedule && refuseSchedule(schedule)
}
