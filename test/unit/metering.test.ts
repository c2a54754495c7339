import { describe, expect, it } from 'vitest'
import { days, hours, minutes, seconds } from '../../src/base/time.ts'
import { CHANNELS, type Sample } from '../../src/devices/metering/flow.ts'
import { Load } from '../../src/devices/metering/load.ts'
import { ALL, LOAD, measuring, NO_ROOF, steady, T0 } from './metering-bench.ts'

const HALF_HOUR = 1_800_000
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const ROOF = {
  ...NO_ROOF,
  annualKWh: 3_500,
  shapeWeights: NO_ROOF.shapeWeights.map((_, i) => (i > 15 && i < 40 ? 1 / 24 : 0)),
}

describe('what a meter measures', () => {
  it('is the integral of the power it shows, on every channel', () => {
    const { measurement, run } = measuring({
      facts: { flow: dice => new Load({ load: LOAD, generation: ROOF }, dice) },
    })
    const before = measurement.totals()
    const integral = [0, 0, 0, 0]
    for (let second = 0; second < 2 * 86_400; second += 5) {
      const sample = measurement.sample()
      for (const [at, channel] of CHANNELS.entries()) integral[at] = (integral[at] ?? 0) + (sample[channel] * 5) / 3_600
      run(seconds(5))
    }
    const grown = measurement.totals().map((total, at) => total - (before[at] ?? 0))
    for (const at of [0, 1, 2, 3]) expect(Math.abs((grown[at] ?? 0) - (integral[at] ?? 0))).toBeLessThanOrEqual(1)
    expect(Math.min(...grown.slice(0, 3))).toBeGreaterThan(1_000)
    expect(grown[3]).toBe(0)
  })

  it('agrees with itself: current times voltage is the apparent power, the power factor the ratio', () => {
    const load = new Load({ load: LOAD, generation: NO_ROOF }, [1, 2])
    let least = Number.MAX_VALUE
    let most = 0
    for (let minute = 0; minute < 1_440 * 60; minute++) {
      const { delivered, reactiveDelivered, deciVolts, milliAmps } = load.at(minute)
      const apparent = Math.hypot(delivered, reactiveDelivered)
      expect(Math.abs((deciVolts * milliAmps) / 10_000 - apparent)).toBeLessThan(0.2)
      if (delivered > 20) expect(delivered / apparent).toBeCloseTo(0.95, 1)
      least = Math.min(least, deciVolts)
      most = Math.max(most, deciVolts)
    }
    expect(least).toBeGreaterThan(1_700)
    expect(most).toBeLessThan(2_750)
  })

  it('is the same whether anybody looks or not, whatever the drift', () => {
    const [watched, left] = [measuring({ driftPpm: 137 }), measuring({ driftPpm: 137 })]
    for (let i = 0; i < 20_000; i++) {
      watched.run(7_000_003)
      watched.measurement.totals()
    }
    left.run(20_000 * 7_000_003)
    expect(watched.measurement.memory()).toEqual(left.measurement.memory())
  })

  it('is shown at any minute as it was or will be, in any order', () => {
    const [one, other] = [0, 1].map(() => new Load({ load: LOAD, generation: ROOF }, [7, 9]))
    const minutesOfALife = Array.from({ length: 5_000 }, (_, i) => 27_000_000 + i * 17)
    const forwards = minutesOfALife.map(minute => one?.at(minute))
    expect(
      minutesOfALife
        .toReversed()
        .map(minute => other?.at(minute))
        .reverse(),
    ).toEqual(forwards)
  })

  it('comes to a year’s share over a month, most of it when the shape says', () => {
    const { measurement, run } = measuring({ startUnixMs: Date.parse('2021-10-13T00:00:00Z') })
    const [before] = measurement.totals()
    run(days(30))
    const month = measurement.totals()[0] - before
    expect(month / (2_900_000 / 365) / 30).toBeCloseTo(1, 1)
    const all = measurement.profile('delivered', ALL, 48 * 30)
    const peak = all.filter(({ startMs }) => {
      const halfHour = (startMs / HALF_HOUR) % 48
      return halfHour >= 34 && halfHour < 44
    })
    expect(sum(peak.map(({ value }) => value)) / month).toBeCloseTo(0.6, 1)
  })

  it('is another life in another home', () => {
    const lives = ['a', 'b'].map(seed => measuring({ seed }))
    for (const { run } of lives) run(hours(1))
    const [one, other] = lives.map(({ measurement }) => measurement.totals()[0])
    expect(one).not.toBe(other)
  })

  it('is nothing while the supply is off, but the voltage', () => {
    const { measurement, supply, run } = measuring({ facts: { flow: () => steady({ milliAmps: 3_130 }) } })
    run(minutes(10.5))
    const [before] = measurement.totals()
    supply.disable('command')
    run(hours(3))
    expect(measurement.totals()[0]).toBe(before)
    expect(measurement.sample()).toMatchObject<Partial<Sample>>({ delivered: 0, milliAmps: 0, deciVolts: 2_300 })
    supply.enable('command')
    run(minutes(5))
    expect(measurement.totals()[0]).toBe(before + 60)
  })
})

describe('a new rig’s meter', () => {
  it('has 13 months of half hours, none missing, and they lead to its register', () => {
    const { measurement, run } = measuring()
    const [start] = measurement.totals()
    run(hours(5))
    const all = measurement.profile('delivered', ALL, ALL)
    expect(all).toHaveLength(19_056)
    expect(all.map(({ startMs }) => startMs)).toEqual(all.map((_, i) => T0 + 9 * HALF_HOUR - i * HALF_HOUR))
    expect(sum(all.slice(0, 10).map(({ value }) => value))).toBe(measurement.totals()[0] - start)
    expect(sum(all.map(({ value }) => value)) / 2_900_000).toBeCloseTo(397 / 365, 1)
    expect(measurement.profile('reactiveDelivered', ALL, ALL)).toHaveLength(4_464)
    expect(measurement.profile('received', ALL, ALL)).toHaveLength(4_464)
    expect(measurement.voltages(0, ALL)).toHaveLength(4_320)
  })

  it('has daily reads, daily consumption and bills that agree with each other and with the register', () => {
    const { measurement, run } = measuring({ startUnixMs: T0 + 1_234_567 })
    run(days(3))
    const reads = measurement.dailyReads()
    const used = measurement.dailyConsumption()
    const bills = measurement.billingEntries()
    expect([reads.length, used.length, bills.length]).toEqual([31, 731, 12])
    for (const [at, read] of reads.slice(0, -1).entries()) {
      const before = reads[at + 1]
      expect(read.atMs - (before?.atMs ?? 0)).toBe(86_400_000)
      expect(read.totals[0] - (before?.totals[0] ?? 0)).toBe(used[at]?.value)
      expect(used[at]?.startMs).toBe(before?.atMs)
    }
    expect(bills.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10)).slice(0, 3)).toEqual([
      '2021-10-01',
      '2021-09-01',
      '2021-08-01',
    ])
    expect(bills[0]?.totals).toEqual(reads.find(({ atMs }) => atMs === bills[0]?.atMs)?.totals)
    for (const [at, bill] of bills.entries()) expect(bill.totals[0]).toBeGreaterThan(bills[at + 1]?.totals[0] ?? 0)
    const halfHours = measurement.profile('delivered', ALL, ALL)
    for (const day of used.slice(0, 300)) {
      const ofDay = halfHours.filter(({ startMs }) => startMs >= day.startMs && startMs < day.startMs + 86_400_000)
      expect(sum(ofDay.map(({ value }) => value))).toBe(day.value)
    }
  })
})

describe('interval data', () => {
  it('shows the greatest demand and when it was', () => {
    const { measurement, run } = measuring()
    run(days(2))
    const since = measurement.profile('delivered', ALL, 96).filter(({ startMs }) => startMs >= T0)
    const most = Math.max(...since.map(({ value }) => value))
    const when = since.find(({ value }) => value === most)
    expect(measurement.maximumDemand()).toEqual({ rate: most * 2, atMs: (when?.startMs ?? 0) + HALF_HOUR })
  })

  it('of a meter that had no power is missing, and the rest agrees with the register', () => {
    const before = measuring()
    before.run(hours(1.2))
    const memory = JSON.parse(JSON.stringify(before.measurement.memory()))
    const after = measuring({ memory, startUs: hours(1.2), startUnixMs: T0 + 4 * 3_600_000 })
    after.run(hours(1))
    const starts = after.measurement.profile('delivered', ALL, 6).map(({ startMs }) => (startMs - T0) / HALF_HOUR)
    expect(starts).toEqual([9, 8, 2, 1, 0, -1])
    const known = after.measurement.profile('delivered', ALL, 5)
    expect(sum(known.map(({ value }) => value)) + after.measurement.partialInterval().value).toBe(
      after.measurement.totals()[0] - memory.birth.totals[0],
    )
  })

  it('counts averages beyond the thresholds, sags and swells', () => {
    const sagging = {
      ...steady(),
      at: (minute: number) => ({ ...steady().at(0), deciVolts: minute % 60 === 7 ? 1_900 : 2_600 }),
    }
    const { measurement, averages, told, run } = measuring({ facts: { flow: () => sagging } })
    run(hours(4))
    measurement.totals()
    const count = (event: string) => told.filter(one => one === event).length
    expect([count('sag'), count('extremeUnder'), count('averageOver')]).toEqual([4, 4, 1])
    expect(told).toHaveLength(9)
    expect([measurement.voltage?.sags, measurement.voltage?.swells]).toEqual([4, 0])
    expect(averages).toEqual({ over: 8, under: 0 })
    expect(measurement.voltages(T0 + 6 * HALF_HOUR, 2).map(({ value }) => value)).toEqual([2_577, 2_600])
  })
})
