/**
 * 2.1: when a meter cuts nothing, as switches that hold until the next one: electricity states them one by one, gas by seasons, weeks
 * and days.
 * @source DUIS schema; how each applies: assumed after DLMS UA Blue Book, Schedule and Activity calendar
 */
import type { NonDisablementSchedule, NonDisablementSwitch } from '../../wan/messages/wan-types.generated.ts'
import { Fields, refuse, textOf, wholeOf } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'
import { type CalendarDay, dateIn, minuteOf } from './dates.ts'
import { inOrder, listIn } from './lists.ts'

const MOST = { switches: 48, specialDays: 20, days: 16, weeks: 4, seasons: 4, actions: 5 }
const WEEK = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const
const ACTIONS = ['START', 'STOP'] as const
/** In the place of a year: every year. @source DUIS schema */
const EVERY_YEAR = 65_535
const DAY_MS = 86_400_000

/** ElectricityNonDisablementCalendar. */
export function electricityCalendar(calendar: Fields): NonDisablementSchedule {
  const specialDays =
    calendar.insideOptional('ElectricitySpecialDays', days =>
      inOrder(days.all('SpecialDay', MOST.specialDays)).map(one => Fields.read(one, day => day.inside('Date', dateIn))),
    ) ?? []
  const switches = calendar
    .all('ElectricityNonDisablementSchedule', MOST.switches)
    .map(one => Fields.read(one, schedule => scheduledSwitch(schedule, specialDays.length)))
  return { switches, specialDays }
}

function scheduledSwitch(schedule: Fields, specialDays: number): NonDisablementSwitch {
  const start = schedule.choice('NonDisablementScript', ACTIONS) === 'START'
  const numbers = schedule.inside('SpecialDaysApplicability', list =>
    list
      .all('SpecialDayApplicability', MOST.specialDays)
      .map(one => Fields.read(one, day => day.whole('SpecialDayID', 1, specialDays))),
  )
  const days = schedule.inside('DaysOfWeekApplicability', list =>
    list.all('DayOfWeekApplicability', WEEK.length).reduce((bits, one) => {
      const name = Fields.read(one, day => day.choice('DayOfWeekID', WEEK))
      return bits | (1 << WEEK.indexOf(name))
    }, 0),
  )
  if (days === 0 && numbers.length === 0) refuse(schedule.element, 'days of the week or special days', 'none')
  const times = schedule.inside('ScheduleDatesAndTime', one => {
    const [startDate, endDate] = [one.required('StartDate'), one.required('EndDate')]
    const [from, to] = [dayOf(startDate), dayOf(endDate)]
    const isOneOfEach = (from.year === undefined) !== (to.year === undefined)
    if (isOneOfEach) refuse(endDate, 'a year where the first day has one, and only there', textOf(endDate))
    return { atMin: minuteOf(one.required('SwitchTime')), from, to }
  })
  return { start, days, specialDays: numbers, ...times }
}

/** @source XML Schema, xs:date, in UTC */
function dayOf(element: XmlElement): CalendarDay {
  const text = textOf(element)
  const [, year, month, day] = /^(\d{4,5})-(\d\d)-(\d\d)Z$/.exec(text)?.map(Number) ?? []
  if (year === undefined || month === undefined || day === undefined) return refuse(element, 'a date in UTC', text)
  return { ...(year !== EVERY_YEAR && { year }), month, day }
}

interface Season {
  element: XmlElement
  start: CalendarDay
  week: number
}
interface Action {
  atMin: number
  start: boolean
}

/** GasNonDisablementCalendar. */
export function gasCalendar(calendar: Fields): NonDisablementSchedule {
  const days = new Map(listIn(calendar, 'DayProfiles', 'GasNonDisablementDayProfile', MOST.days, dayProfile))
  const weeks = new Map(
    listIn(calendar, 'WeekProfiles', 'WeekProfile', MOST.weeks, week => [
      week.whole('WeekName', 1, 255),
      inOrder(week.all('ReferencedDayName', WEEK.length)).map(one => knownIn(days, one)),
    ]),
  )
  const seasons = listIn(calendar, 'SeasonProfiles', 'Season', MOST.seasons, (one): Season => {
    one.unused('SeasonName')
    const start = one.inside('SeasonStartDate', dateIn)
    return { element: one.element, start, week: knownIn(weeks, one.required('ReferencedWeekName')) }
  })
  const special = calendar.has('SpecialDays')
    ? listIn(calendar, 'SpecialDays', 'SpecialDay', MOST.specialDays, one => ({
        date: one.inside('Date', dateIn),
        profile: knownIn(days, one.required('ReferencedDayName')),
      }))
    : []
  const switches = inTurn(seasons).flatMap(({ week, ...range }) =>
    [...days].flatMap(([profile, actions]) => {
      const bits = (weeks.get(week) ?? []).reduce((sum, day, at) => (day === profile ? sum | (1 << at) : sum), 0)
      return bits === 0 ? [] : actions.map(action => ({ ...action, days: bits, specialDays: [], ...range }))
    }),
  )
  const onSpecialDays = [...days].flatMap(([profile, actions]) => {
    const numbers = special.flatMap((day, at) => (day.profile === profile ? [at + 1] : []))
    return numbers.length === 0 ? [] : actions.map(action => ({ ...action, days: 0, specialDays: numbers }))
  })
  const all = [...switches, ...onSpecialDays]
  if (all.length > MOST.switches) refuse(calendar.element, `at most ${MOST.switches} switches`, `${all.length}`)
  return { switches: all, specialDays: special.map(({ date }) => date) }
}

function dayProfile(profile: Fields): [number, Action[]] {
  const actions = profile.all('TimeStartAction', MOST.actions).map(one =>
    Fields.read(one, action => ({
      atMin: minuteOf(action.required('StartTime')),
      start: action.choice('NonDisablementAction', ACTIONS) === 'START',
    })),
  )
  return [profile.whole('GasDayName', 1, 255), actions]
}

function knownIn(known: ReadonlyMap<number, unknown>, element: XmlElement): number {
  const name = wholeOf(element, 1, 255)
  return known.has(name) ? name : refuse(element, `one of ${[...known.keys()].join(', ')}`, `${name}`)
}

/** Each season ends where the next begins; those of every year follow each other over the turn of it. */
function inTurn(seasons: readonly Season[]): { week: number; from?: CalendarDay; to?: CalendarDay }[] {
  const placeOf = ({ year = 0, month, day }: CalendarDay) => (year * 12 + month) * 31 + day
  const sorted = seasons.toSorted((a, b) => placeOf(a.start) - placeOf(b.start))
  const [first] = sorted
  if (!first) return []
  const isYearly = first.start.year === undefined
  for (const { element, start } of sorted) {
    if ((start.year === undefined) !== isYearly) refuse(element, 'a year in each season, or in none', 'both')
  }
  if (isYearly && sorted.length === 1) return [{ week: first.week }]
  return sorted.map(({ start, week }, at) => {
    const next = sorted[at + 1] ?? (isYearly ? first : undefined)
    return { week, from: start, ...(next && { to: dayBefore(next.start) }) }
  })
}

function dayBefore({ year, month, day }: CalendarDay): CalendarDay {
  // In no stated year, the day before the first of March is the 29th: a day too many is none too few.
  const before = new Date(Date.UTC(year ?? 2_000, month - 1, day) - DAY_MS)
  return {
    ...(year !== undefined && { year: before.getUTCFullYear() }),
    ...{ month: before.getUTCMonth() + 1, day: before.getUTCDate() },
  }
}
