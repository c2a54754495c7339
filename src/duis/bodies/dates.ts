/** Times in bodies: when a device is to carry something out, and times of day. */
import { NEVER_MS } from '../diary.ts'
import { type Fields, instantOf, refuse, textOf } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'

/** From when on, Unix ms, where the device holds it until then; absent: now. */
export function fromIn(fields: Fields): { fromMs?: number } {
  const at = fields.optional('ExecutionDateTime')
  if (!at) return {}
  const fromMs = instantOf(at)
  if (fromMs < NEVER_MS) return { fromMs }
  return refuse(at, 'a time to come: what a device holds is not cancelled here', textOf(at))
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
