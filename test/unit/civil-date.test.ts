import { describe, expect, test } from 'vitest'
import { civilDate, isCivilDate, unixMsOfDate, weekdayOf } from '../../src/base/civil-date.ts'

const DAY = 86_400_000

describe('the days of the calendar', () => {
  test('are those of the language itself, from 1900 to 2136', () => {
    for (let ms = Date.UTC(1900, 0, 1); ms < Date.UTC(2136, 0, 1); ms += DAY) {
      const date = new Date(ms)
      const expected = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), (date.getUTCDay() + 6) % 7]
      const found = civilDate(ms + 12_345)
      if (
        [found.year, found.month, found.day, weekdayOf(ms)].join() !== expected.join() ||
        unixMsOfDate(found) !== ms ||
        !isCivilDate(found)
      ) {
        expect([date.toISOString(), found.year, found.month, found.day, weekdayOf(ms)]).toEqual([
          date.toISOString(),
          ...expected,
        ])
        throw new Error(`${date.toISOString()} does not come back`)
      }
    }
  })

  test('are no others', () => {
    for (const date of [
      { year: 2021, month: 2, day: 29 },
      { year: 2100, month: 2, day: 29 },
      { year: 2021, month: 4, day: 31 },
      { year: 2021, month: 13, day: 1 },
      { year: 2021, month: 0, day: 1 },
      { year: 2021, month: 1, day: 0 },
      { year: 2021, month: 1, day: 1.5 },
    ]) {
      expect([date, isCivilDate(date)]).toEqual([date, false])
    }
    expect(isCivilDate({ year: 2000, month: 2, day: 29 })).toBe(true)
  })
})
