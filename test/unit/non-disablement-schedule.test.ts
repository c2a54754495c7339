/** Friendly hours that are switched on and off, by day of the week, season and special day. */
import { describe, expect, it } from 'vitest'
import { decodeNonDisablement } from '../../src/devices/prepayment/non-disablement-octets.ts'
import { isStarted, type Schedule, type Switch } from '../../src/devices/prepayment/non-disablement-schedule.ts'

const one = (atMin: number, start: boolean, more: Partial<Switch>): Switch => ({
  ...{ atMin, start, days: 0, specialDays: [], ...more },
})
const at = (schedule: Schedule, time: string) => isStarted(schedule, Date.parse(`${time}Z`))
const WORKDAYS = 0b11111
const WEEKEND = 0b1100000

describe('a switch', () => {
  const nights: Schedule = {
    specialDays: [],
    switches: [one(1_200, true, { days: WORKDAYS }), one(450, false, { days: WORKDAYS })],
  }
  it('holds from its minute on', () => {
    // A Wednesday.
    expect(['07:29:59', '07:30:00', '19:59:59', '20:00:00'].map(time => at(nights, `2026-11-18T${time}`))).toEqual([
      ...[true, false, false, true],
    ])
  })
  it('holds over midnight and over days without any', () => {
    expect(at(nights, '2026-11-21T12:00:00')).toBe(true)
    expect(at(nights, '2026-11-23T07:29:00')).toBe(true)
    expect(at(nights, '2026-11-23T07:30:00')).toBe(false)
  })
  it('that never was leaves it as usual', () => {
    expect(at({ switches: [], specialDays: [] }, '2026-11-18T12:00:00')).toBe(false)
    const later = one(0, true, { days: 0x7f, from: { year: 2027, month: 1, day: 1 } })
    expect(at({ switches: [later], specialDays: [] }, '2026-12-31T23:59:00')).toBe(false)
    expect(at({ switches: [later], specialDays: [] }, '2027-01-01T00:00:00')).toBe(true)
  })
  it('of more than a year ago holds no more', () => {
    const once = one(0, true, { days: 0x7f, to: { year: 2024, month: 3, day: 1 } })
    expect(at({ switches: [once], specialDays: [] }, '2025-03-02T00:00:00')).toBe(true)
    expect(at({ switches: [once], specialDays: [] }, '2025-03-03T00:00:00')).toBe(false)
  })
})

describe('a season', () => {
  const winter = { from: { month: 11, day: 1 }, to: { month: 3, day: 31 } }
  const schedule: Schedule = {
    specialDays: [],
    switches: [
      one(0, true, { days: 0x7f, ...winter }),
      one(0, false, { days: 0x7f, from: { month: 4, day: 1 }, to: { month: 10, day: 31 } }),
    ],
  }
  it('of no year goes over the turn of it', () => {
    const days = ['2026-10-31', '2026-11-01', '2026-12-31', '2027-01-01', '2027-03-31', '2027-04-01']
    expect(days.map(day => at(schedule, `${day}T12:00:00`))).toEqual([false, true, true, true, true, false])
  })
  it('of a stated year is that one alone', () => {
    const once: Schedule = {
      specialDays: [],
      switches: [
        one(0, false, { days: 0x7f }),
        one(60, true, { days: 0x7f, from: { year: 2026, month: 12, day: 1 }, to: { year: 2027, month: 1, day: 2 } }),
      ],
    }
    const days = ['2025-12-25', '2026-11-30', '2026-12-01', '2027-01-02', '2027-01-03', '2027-12-25']
    expect(days.map(day => at(once, `${day}T12:00:00`))).toEqual([false, false, true, true, false, false])
  })
})

describe('a special day', () => {
  const schedule: Schedule = {
    specialDays: [
      { month: 12, day: 25 },
      { year: 2026, month: 11, day: 18 },
    ],
    switches: [
      one(0, false, { days: 0x7f }),
      one(600, true, { days: WEEKEND }),
      one(660, true, { specialDays: [1] }),
      one(1_000, true, { specialDays: [1, 2], to: { month: 11, day: 30 } }),
    ],
  }
  it('has its own switches, and none of the day of the week', () => {
    const times = ['2026-12-25T10:59:00', '2026-12-25T11:00:00', '2026-12-26T00:00:00', '2026-12-26T10:00:00']
    expect(times.map(time => at(schedule, time))).toEqual([false, true, false, true])
  })
  it('of one year is none in the next; without a switch in season the day before goes on', () => {
    expect(at(schedule, '2026-11-18T16:40:00')).toBe(true)
    expect(at(schedule, '2027-11-18T16:40:00')).toBe(false)
    // A Saturday before Christmas Eve's Sunday, both on at ten; nothing of the special day itself before eleven.
    expect(at(schedule, '2028-12-25T10:00:00')).toBe(true)
  })
})

it.each([
  ['nothing', []],
  ['more periods than there can be', [15]],
  ['a period cut short', [1, 1, 0, 0]],
  ['something after the end', [0, 0, 0, 0, 9]],
  ['more switches than there can be', [0, 0, 0, 49]],
])('octets with %s are no calendar', (_, octets) => {
  expect(decodeNonDisablement(Uint8Array.from(octets))).toBeUndefined()
})
