/** Times in bodies: when a device is to carry something out, and times of day. */
import { NEVER_MS } from '../diary.ts'
import { Fields, instantOf, refuse, textOf, wholeOf } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'

/** A day of each year unless one is stated. */
export interface CalendarDay {
  year?: number
  month: number
  day: number
}

/** From when on, Unix ms, where the device holds it until then; absent: now. In the year 3000: what it holds is given up. */
export function fromIn(fields: Fields): { fromMs?: number; cancelHeld?: true } {
  const at = fields.optional('ExecutionDateTime')
  if (!at) return {}
  const fromMs = instantOf(at)
  return fromMs < NEVER_MS ? { fromMs } : { cancelHeld: true }
}

/** Ms after midnight, UTC. @source XML Schema, xs:time */
export function msOfDay(element: XmlElement): number {
  const text = textOf(element)
  const [, hours, minutes, seconds] = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,9})?Z$/.exec(text) ?? []
  if (hours === undefined) refuse(element, 'a time in UTC', text)
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000
}

/** Minutes after midnight, UTC: tariffs switch on the minute. */
export function minuteOf(element: XmlElement): number {
  const minute = msOfDay(element) / 60_000
  return Number.isInteger(minute) ? minute : refuse(element, 'a whole minute', textOf(element))
}

/** A day, of each year where none is stated. Gas calls each part by a name of its own. */
export function dateIn(date: Fields): CalendarDay {
  const part = (name: string, of: string, least: number, greatest: number): number | undefined => {
    const there = date.oneOf([name, `Gas${name}WithWildcards`])
    return Fields.read(there.element, inside => {
      const { name: stated, element } = inside.oneOf([`Specified${of}`, `NonSpecified${of}`])
      if (stated === `Specified${of}`) return wholeOf(element, least, greatest)
      Fields.read(element, () => {})
      return undefined
    })
  }
  const year = part('Year', 'Year', 2_000, 2_099)
  const [month, day] = [part('Month', 'Month', 1, 12), part('DayOfMonth', 'DayOfMonth', 1, 31)]
  const weekday = part('DayOfWeek', 'DayOfWeek', 1, 7)
  if (month === undefined || day === undefined) return refuse(date.element, 'a month and a day of it', 'any')
  if (weekday !== undefined) refuse(date.element, 'any day of the week', `${weekday}`)
  return { ...(year !== undefined && { year }), month, day }
}
