/**
 * Switches of a meter's friendly hours, by day of the week, season and special day. Each holds until the next one, however many days
 * later that comes.
 * @source DUIS schema, ElectricityNonDisablementSchedule; that special days go before days of the week: DLMS UA Blue Book, Special
 * days table; that a switch holds until the next: assumed
 */
import { type CivilDate, civilDate, isCivilDate, weekdayOf } from '../../base/civil-date.ts'
import type { Refusal } from './money.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const MINUTES_A_DAY = 1_440
/** What switched longer ago, by dates of years gone by, holds no more. @source assumed */
const A_YEAR = 366
/** @source assumed */
export const MOST_SWITCHES = 48
/** @source assumed */
export const MOST_SWITCH_DAYS = 20

/** A day of every year unless one is given. */
export interface CalendarDay {
  year?: number
  /** 1 to 12 */
  month: number
  /** 1 to 31 */
  day: number
}

/** From its minute on nothing is cut (`start`), or it is again. */
export interface Switch {
  /** Minutes after midnight UTC by the meter's clock. */
  atMin: number
  start: boolean
  /** Days of the week: bit 0 Monday to bit 6 Sunday. */
  days: number
  /** Numbers, from 1, of the special days on which it switches. */
  specialDays: readonly number[]
  /** First and last day on which it does; both with a year or both without one. Absent: there is none. */
  from?: CalendarDay
  to?: CalendarDay
}

export interface Schedule {
  switches: readonly Switch[]
  /** On these no switch of the day of the week holds. */
  specialDays: readonly CalendarDay[]
}

/** Whether the last switch before this instant was a start. */
export function isStarted(schedule: Schedule, unixMs: number): boolean {
  const midnightMs = Math.floor(unixMs / DAY_MS) * DAY_MS
  let upToMin = Math.floor((unixMs - midnightMs) / MINUTE_MS)
  for (let daysAgo = 0; daysAgo <= A_YEAR; daysAgo++) {
    const today = switchesOn(schedule, midnightMs - daysAgo * DAY_MS)
    const found = today.findLast(({ atMin }) => atMin <= upToMin)
    if (found) return found.start
    upToMin = MINUTES_A_DAY
  }
  return false
}

/** What switches on a day, in order. */
function switchesOn({ switches, specialDays }: Schedule, midnightMs: number): Switch[] {
  const date = civilDate(midnightMs)
  const numbers = specialDays.flatMap((day, at) => (isOn(day, date) ? [at + 1] : []))
  const weekday = weekdayOf(midnightMs)
  return switches
    .filter(one => {
      const isToday =
        numbers.length > 0
          ? one.specialDays.some(number => numbers.includes(number))
          : ((one.days >> weekday) & 1) === 1
      return isToday && isWithin(one, date)
    })
    .toSorted((a, b) => a.atMin - b.atMin)
}

const isOn = ({ year, month, day }: CalendarDay, date: CivilDate): boolean =>
  day === date.day && month === date.month && (year ?? date.year) === date.year

function isWithin({ from, to }: Switch, { year, month, day }: CivilDate): boolean {
  const isYearly = (from ?? to)?.year === undefined
  const today = placeOf({ ...(!isYearly && { year }), month, day })
  const hasBegun = !from || placeOf(from) <= today
  const isNotOver = !to || today <= placeOf(to)
  // From November to March: over the turn of the year.
  const isOverNewYear = isYearly && from && to && placeOf(to) < placeOf(from)
  return isOverNewYear ? hasBegun || isNotOver : hasBegun && isNotOver
}

/** Orders days. */
const placeOf = ({ year = 0, month, day }: CalendarDay): number => (year * 12 + month) * 31 + day

/** What is wrong with a schedule; undefined when nothing is. */
export function refuseSchedule({ switches, specialDays }: Schedule): Refusal | undefined {
  const where = 'non_disablement.schedule'
  if (switches.length > MOST_SWITCHES) return { field: `${where}.switches`, expected: `at most ${MOST_SWITCHES}` }
  if (specialDays.length > MOST_SWITCH_DAYS) {
    return { field: `${where}.special_days`, expected: `at most ${MOST_SWITCH_DAYS}` }
  }
  for (const [index, day] of specialDays.entries()) {
    const refusal = refuseDay(`${where}.special_days[${index}]`, day)
    if (refusal) return refusal
  }
  for (const [index, one] of switches.entries()) {
    const refusal = refuseSwitch(`${where}.switches[${index}]`, one, specialDays.length)
    if (refusal) return refusal
  }
  return undefined
}

function refuseSwitch(where: string, one: Switch, specialDays: number): Refusal | undefined {
  const { atMin, days, from, to } = one
  if (!isWhole(atMin, 0, MINUTES_A_DAY - 1)) return { field: `${where}.at_min`, expected: '0 to 1439' }
  if (!isWhole(days, 0, 0x7f)) return { field: `${where}.days`, expected: 'bits 0 (Monday) to 6 (Sunday)' }
  if (days === 0 && one.specialDays.length === 0) return { field: `${where}.days`, expected: 'a day of some kind' }
  if (!one.specialDays.every(number => isWhole(number, 1, specialDays))) {
    return { field: `${where}.special_days`, expected: `numbers of special days, 1 to ${specialDays},` }
  }
  if (from && to && (from.year === undefined) !== (to.year === undefined)) {
    return { field: `${where}.to.year`, expected: 'both days of a stated year, or neither,' }
  }
  const refusal = (from && refuseDay(`${where}.from`, from)) ?? (to && refuseDay(`${where}.to`, to))
  if (refusal) return refusal
  const endsBefore = from?.year !== undefined && to && placeOf(to) < placeOf(from)
  return endsBefore ? { field: `${where}.to`, expected: 'not before from' } : undefined
}

/** What is wrong with a day; undefined when nothing is. `where` is the field's name in the contract. */
export function refuseDay(where: string, { year, month, day }: CalendarDay): Refusal | undefined {
  if (year !== undefined && !isWhole(year, 2000, 2099)) return { field: `${where}.year`, expected: '2000 to 2099' }
  if (!isWhole(month, 1, 12)) return { field: `${where}.month`, expected: '1 to 12' }
  // A day of every year may be the 29th of February.
  if (!isCivilDate({ year: year ?? 2000, month, day }))
    return { field: `${where}.day`, expected: 'a day of that month' }
  return undefined
}

/** A whole number between two, both included. */
export const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most
