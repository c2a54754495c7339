/** The days of the Gregorian calendar, by arithmetic: simulation has no clock of the machine's to ask. */

const DAY_MS = 86_400_000

/** A day in UTC. */
export interface CivilDate {
  year: number
  /** 1 to 12 */
  month: number
  /** 1 to 31 */
  day: number
}

/** The day of an instant, Unix ms. */
export function civilDate(unixMs: number): CivilDate {
  // Counted from 1 March of year 0, so that a leap day is the last day of its year; 400 years have 146,097 days.
  const day = Math.floor(unixMs / DAY_MS) + 719_468
  const era = Math.floor(day / 146_097)
  const ofEra = day - era * 146_097
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  )
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  }
}

/** Midnight UTC at which a day begins, Unix ms. Days beyond the end of a month are those of the next. */
export function unixMsOfDate({ year, month, day }: CivilDate): number {
  const fromMarch = month > 2 ? month - 3 : month + 9
  const counted = month > 2 ? year : year - 1
  const era = Math.floor(counted / 400)
  const ofEra = counted - era * 400
  const ofYear = Math.floor((153 * fromMarch + 2) / 5) + day - 1
  const days = era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear
  return (days - 719_468) * DAY_MS
}

/** Day of the week, Monday 0 to Sunday 6. The first of January 1970 was a Thursday. */
export const weekdayOf = (unixMs: number): number => (((Math.floor(unixMs / DAY_MS) + 3) % 7) + 7) % 7

/** Whether there is such a day. */
export function isCivilDate({ year, month, day }: CivilDate): boolean {
  if (![year, month, day].every(Number.isInteger)) return false
  if (month < 1 || month > 12 || day < 1) return false
  const found = civilDate(unixMsOfDate({ year, month, day }))
  return found.month === month && found.day === day
}
