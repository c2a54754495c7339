import { describe, expect, it } from 'vitest'
import { hours, seconds } from '../../src/base/time.ts'
import type { Tariff } from '../../src/devices/tariff/tariff.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { ALL, FLAT, measuring, T0 } from './metering-bench.ts'

const HALF_HOUR = 1_800_000
const DAY = 86_400_000
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const starts = (rows: readonly { startMs: number }[]) => rows.map(({ startMs }) => (startMs - T0) / HALF_HOUR).reverse()

describe('a meter’s clock that is set', () => {
  it('back repeats no interval, loses nothing, and goes on when it has caught up', () => {
    const { clock, run, measurement } = measuring()
    const [before] = measurement.memory().birth.totals
    run(hours(5.25))
    clock.set(clock.unixMs() - 2 * 3_600_000)
    run(hours(6))
    const all = measurement.profile('delivered', ALL, 18)
    expect(starts(all)).toEqual(Array.from({ length: 18 }, (_, i) => i))
    expect(sum(all.map(({ value }) => value)) + measurement.partialInterval().value).toBe(
      measurement.totals()[0] - before,
    )
  })

  it('forward leaves the intervals out that it skipped, and loses nothing', () => {
    const { clock, run, measurement } = measuring()
    const [before] = measurement.memory().birth.totals
    run(hours(1.25))
    clock.set(clock.unixMs() + 3 * 3_600_000)
    run(hours(1))
    const all = measurement.profile('delivered', ALL, 5)
    expect(starts(all)).toEqual([0, 1, 2, 8, 9])
    expect(sum(all.map(({ value }) => value)) + measurement.partialInterval().value).toBe(
      measurement.totals()[0] - before,
    )
  })

  it('over midnight and back charges no day twice', () => {
    const { clock, run, measurement } = measuring({ startUnixMs: Date.parse('2021-10-13T23:00:00Z') })
    const charged = () => measurement.standingCharges / FLAT.standingCharge
    run(hours(2))
    expect(charged()).toBe(1)
    clock.set(clock.unixMs() - 4 * 3_600_000)
    run(hours(4))
    expect(charged()).toBe(1)
    clock.set(clock.unixMs() + 3 * DAY)
    run(seconds(1))
    expect(charged()).toBe(4)
    expect(
      measurement
        .dailyReads()
        .map(({ atMs }) => (atMs - T0) / DAY)
        .slice(0, 2),
    ).toEqual([3.75, 0.75])
  })
})

/** A tariff of random times, registers, blocks and prices. */
function drawTariff(dice: ReturnType<SeededRandom['stream']>, id: number): Tariff {
  const registers = 1 + dice.int(8)
  const blocks = 1 + dice.int(4)
  const switches = Array.from({ length: 1 + dice.int(6) }, () => dice.int(1_440)).toSorted((a, b) => a - b)
  const starting = [0, ...switches.filter((at, index) => at > 0 && switches.indexOf(at) === index)]
  return {
    id,
    label: `Drawn ${id}`,
    switching: {
      days: [{ id: 1, switches: starting.map(startMin => ({ startMin, register: 1 + dice.int(registers) })) }],
      ...{ weeks: [], seasons: [], specialDays: [] },
    },
    thresholds: Array.from({ length: registers }, () =>
      Array.from({ length: blocks - 1 }, (_, at) => at * 500 + 200 + dice.int(300)),
    ),
    blockPeriod: (['day', 'week', 'month', 'quarter'] as const)[dice.int(4)] ?? 'day',
    prices: Array.from({ length: registers }, () => Array.from({ length: blocks }, () => dice.int(50_000))),
    standingCharge: dice.int(100_000),
  }
}

describe('whatever happens to a meter for days', () => {
  it.each(Array.from({ length: 12 }, (_, round) => round))(
    'its registers grow and add up, and its logs are bounded and in order (%i)',
    round => {
      const dice = new SeededRandom(`meter days ${round}`).stream('what happens')
      const facts = { entries: 100, otherEntries: 20, tariff: drawTariff(dice, 1) }
      const { measurement, clock, supply, run } = measuring({ seed: `${round}`, driftPpm: dice.int(400) - 200, facts })
      let before = { totals: measurement.totals(), cost: 0, registers: measurement.registers() }
      let blockUnits = 0
      for (let step = 0; step < 60; step++) {
        const what = dice.int(10)
        if (what === 0) clock.set(clock.unixMs() + dice.int(7_200_000) - 3_600_000)
        else if (what === 1) clock.set(clock.unixMs() + (dice.int(5) - 2) * DAY)
        else if (what === 2) supply.disable('command')
        else if (what === 3) supply.enable('command')
        else if (what === 4)
          expect(measurement.hold(drawTariff(dice, step), clock.unixMs() + dice.int(DAY))).toBeUndefined()
        run(dice.int(hours(6)))
        const now = { totals: measurement.totals(), cost: measurement.cost, registers: measurement.registers() }
        for (const at of [0, 1, 2, 3]) expect(now.totals[at]).toBeGreaterThanOrEqual(before.totals[at] ?? 0)
        for (const [at, units] of before.registers.entries())
          expect(now.registers[at] ?? 0).toBeGreaterThanOrEqual(units)
        expect(sum(now.registers)).toBe(now.totals[0])
        expect(now.cost).toBeGreaterThanOrEqual(before.cost)
        before = now
      }
      const { tariff } = measurement
      for (const register of tariff.prices.keys()) {
        const blocks = tariff.prices[0]?.length ?? 1
        for (let block = 1; block <= blocks; block++) {
          const { total, counter } = measurement.blockUnits(register + 1, block)
          expect(counter).toBeLessThanOrEqual(total)
          blockUnits += total
        }
      }
      expect(blockUnits).toBeLessThanOrEqual(measurement.totals()[0])
      const logs = [
        [measurement.profile('delivered', ALL, ALL), 100],
        [measurement.profile('received', ALL, ALL), 20],
        [measurement.dailyConsumption(), 731],
        [measurement.dailyReads().map(({ atMs }) => ({ startMs: atMs })), 31],
        [measurement.billingEntries().map(({ atMs }) => ({ startMs: atMs })), 12],
      ] as const
      for (const [rows, most] of logs) {
        expect(rows.length).toBeGreaterThan(0)
        expect(rows.length).toBeLessThanOrEqual(most)
      }
      for (const [rows] of logs.slice(0, 4)) {
        const times = rows.map(({ startMs }) => startMs)
        expect(times).toEqual([...new Set(times)].toSorted((a, b) => b - a))
      }
      const again = measuring({ seed: 'other', facts, memory: JSON.parse(JSON.stringify(measurement.memory())) })
      expect(again.measurement.dailyReads()).toEqual(measurement.dailyReads())
      expect(again.measurement.registers()).toEqual(measurement.registers())
    },
  )

  it('what it costs is what its units cost, to the last part of a penny', () => {
    const dice = new SeededRandom('cost').stream('tariff')
    const tariff = { ...drawTariff(dice, 1), thresholds: [[], []], prices: [[31_313], [7_777]], standingCharge: 0 }
    const switches = [
      { startMin: 0, register: 2 },
      { startMin: 453, register: 1 },
    ]
    const days = [{ id: 1, switches }]
    const { measurement, run } = measuring({
      facts: { tariff: { ...tariff, switching: { ...tariff.switching, days } } },
    })
    const before = measurement.registers()
    run(hours(100))
    const [first = 0, second = 0] = measurement.registers().map((units, at) => units - (before[at] ?? 0))
    expect(first).toBeGreaterThan(0)
    expect(second).toBeGreaterThan(0)
    expect(measurement.cost).toBe(Math.floor((first * 31_313 + second * 7_777) / 1_000))
  })

  it('a tariff with a date takes effect to the minute, and leaves an entry in the billing data log', () => {
    const { measurement, run, clock } = measuring()
    const later = { ...FLAT, id: 2, prices: [[10_000]] }
    expect(measurement.hold(later, T0 + 4_000_000)).toBeUndefined()
    run(seconds(3_999))
    expect([measurement.tariff.id, measurement.pending?.tariff.id, measurement.price]).toEqual([0, 2, 28_620])
    run(seconds(1))
    expect([measurement.tariff.id, measurement.pending, measurement.price]).toEqual([2, undefined, 10_000])
    expect(measurement.billingEntries()[0]).toMatchObject({ cause: 'tariff-change', atMs: clock.unixMs() })
    expect(measurement.hold({ ...later, id: 3 }, 0)).toBeUndefined()
    expect(measurement.tariff.id).toBe(3)
  })
})
