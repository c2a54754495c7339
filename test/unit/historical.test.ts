/** What past days, weeks and months took: as attributes of meter and mirror, and on the screen of an IHD. */
import { describe, expect, it } from 'vitest'
import { days, hours, minutes } from '../../src/base/time.ts'
import type { DayValue } from '../../src/devices/metering/day-log.ts'
import { historicalAttribute } from '../../src/devices/metering/han/historical.ts'
import { type Home, ID, settledHome } from './device-home.ts'

const DAY = 86_400_000
/** Wednesday, 2 March 2022: the fifth day of a log in which each day took its number. */
const TODAY = Date.UTC(2022, 2, 2)
const numbered = (known: number, missing: readonly number[] = []) => {
  const all: DayValue[] = Array.from({ length: known }, (_, at) => ({ startMs: TODAY - (at + 1) * DAY, value: at + 1 }))
  const kept = all.filter(({ value }) => !missing.includes(value))
  return {
    finished: (count: number) => kept.slice(0, count),
    today: () => ({ startMs: TODAY, value: 1_000 }),
    toRegister: (units: number) => units,
  }
}
const of = (name: string, log = numbered(500)) => historicalAttribute(`${name}ConsumptionDelivered`, log)
/** The sum of days that many ago, from and to. */
const sum = (from: number, to: number) => ((from + to) * (to - from + 1)) / 2

describe('historical consumption', () => {
  it('adds the log of days up by calendar day, by week from Monday on, and by month', () => {
    expect([of('CurrentDay'), of('PreviousDay'), of('PreviousDay8')]).toEqual([1_000, 1, 8])
    expect(of('CurrentWeek')).toBe(1_000 + sum(1, 2))
    expect(of('PreviousWeek')).toBe(sum(3, 9))
    expect(of('PreviousWeek5')).toBe(sum(31, 37))
    expect(of('CurrentMonth')).toBe(1_001)
    expect(of('PreviousMonth')).toBe(sum(2, 29))
    expect(of('PreviousMonth2')).toBe(sum(30, 60))
    // February 2021 had 28 days, too.
    expect(of('PreviousMonth13')).toBe(sum(367, 394))
  })

  it('leaves out what is not known, and says nothing of a time of which nothing is known', () => {
    expect(of('PreviousDay2', numbered(500, [2]))).toBeUndefined()
    expect(of('PreviousWeek', numbered(500, [4, 5]))).toBe(sum(3, 9) - 9)
    expect(of('PreviousMonth2', numbered(29))).toBeUndefined()
    expect(of('PreviousMonth', numbered(10))).toBe(sum(2, 10))
    expect(of('CurrentMonth', { ...numbered(500), today: () => undefined } as never)).toBeUndefined()
  })

  it('is in the meter’s registers, and no more than a field can say', () => {
    const scaled = (units: number) => ({ ...numbered(5), toRegister: () => units })
    expect(of('PreviousDay', { ...numbered(5), toRegister: units => units * 10 })).toBe(10)
    expect([of('CurrentDay', scaled(2 ** 25)), of('CurrentWeek', scaled(2 ** 25))]).toEqual([0xff_fffe, 0xff_fffe])
    expect([of('CurrentMonth', scaled(2 ** 25)), of('CurrentMonth', scaled(2 ** 33))]).toEqual([2 ** 25, 0xffff_fffe])
  })

  it.each(['CurrentTier1SummationDelivered', 'CurrentYearConsumptionDelivered', 'CurrentDayConsumptionReceived', ''])(
    '%s is none of them',
    name => {
      expect(historicalAttribute(name, numbered(5))).toBeUndefined()
    },
  )

  it('adds up at the turn of a year, and of a leap year’s February', () => {
    const at = (todayMs: number) => ({
      finished: (count: number) =>
        Array.from({ length: count }, (_, back) => ({ startMs: todayMs - (back + 1) * DAY, value: 1 })),
      today: () => ({ startMs: todayMs, value: 0 }),
      toRegister: (units: number) => units,
    })
    expect(of('PreviousMonth', at(Date.UTC(2024, 2, 1)))).toBe(29)
    expect(of('PreviousMonth', at(Date.UTC(2023, 0, 1)))).toBe(31)
    expect(of('PreviousMonth2', at(Date.UTC(2023, 0, 1)))).toBe(30)
    expect(of('CurrentWeek', at(Date.UTC(2024, 0, 1)))).toBe(0)
    expect(of('PreviousWeek', at(Date.UTC(2024, 0, 1)))).toBe(7)
  })
})

describe('a home with an IHD', () => {
  const parts = (home: Home) => {
    const { esme, gsme, ihd, ppmid } = home.installation.devices
    if (!esme || !gsme || !ihd || !ppmid) throw new Error('the home lacks a part')
    return { esme, gsme, ihd, ppmid, hub: home.installation.hub }
  }
  const open = (inMemory: boolean) => settledHome({ rig: 'cb-seven-devices', keep: () => false, inMemory })

  it.each([true, false])(
    'shows day, week and month of both fuels as meter and mirror have them (in memory: %s)',
    inMemory => {
      const home = open(inMemory)
      const { esme, gsme, ihd, ppmid } = parts(home)
      home.run(inMemory ? days(5) + hours(1) : hours(2))
      const { electricity, gas } = ihd.shown.history ?? {}
      expect(Object.keys(electricity ?? {})).toEqual(['day', 'lastDay', 'week', 'lastWeek', 'month', 'lastMonth'])
      const used = esme.measurement.dailyConsumption()
      const weekday = (new Date(esme.clock.unixMs()).getUTCDay() + 6) % 7
      const add = (from: number, count: number) =>
        used.slice(from, from + count).reduce((total, { value }) => total + value, 0)
      expect(electricity?.lastDay).toBe(used[0]?.value)
      expect(electricity?.lastWeek).toBe(add(weekday, 7))
      expect(electricity?.lastMonth).toBe(add(new Date(esme.clock.unixMs()).getUTCDate() - 1, 30))
      const soFar = esme.measurement.today().value
      expect(electricity?.day).toBeLessThanOrEqual(soFar)
      expect((electricity?.week ?? 0) - (electricity?.day ?? 0)).toBe(add(0, weekday))
      expect((electricity?.month ?? 0) - (electricity?.day ?? 0)).toBe(
        add(0, new Date(esme.clock.unixMs()).getUTCDate() - 1),
      )
      // Of gas by the reports: what a wake-up brings late stands a day later.
      const gasUsed = gsme.measurement.dailyConsumption()
      expect(Math.abs((gas?.lastDay ?? 0) - (gasUsed[0]?.value ?? 0))).toBeLessThan(2_500)
      const gasMonth = gasUsed.slice(new Date(gsme.clock.unixMs()).getUTCDate() - 1).slice(0, 30)
      expect(Math.abs((gas?.lastMonth ?? 0) - gasMonth.reduce((total, { value }) => total + value, 0))).toBeLessThan(
        2_500,
      )
      expect(ppmid.shown).not.toHaveProperty('history')
    },
  )

  it('an electricity meter knows 13 months before this one', () => {
    const home = settledHome({ keep: () => false })
    const { hub } = home.installation
    let answer: unknown
    hub.esi.read({ device: ID.ESME, endpoint: 1 }, 'Metering', ['PreviousMonth13ConsumptionDelivered'], outcome => {
      answer = outcome.ok ? outcome.values.PreviousMonth13ConsumptionDelivered : outcome.reason
    })
    home.run(minutes(1))
    expect(answer).toBeGreaterThan(50_000)
  })
})
