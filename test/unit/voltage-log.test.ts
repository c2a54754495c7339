import { describe, expect, it } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { sampledData, UNKNOWN_SAMPLE } from '../../src/devices/metering/han/samples.ts'
import { Load } from '../../src/devices/metering/load.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { ALL, LOAD, measuring, NO_ROOF, steady, T0 } from './metering-bench.ts'

const MINUTE = 60_000
const HALF_HOUR = 30 * MINUTE
const DAY = 86_400_000
/** Minutes of T0 that are far too low, or too high. */
const wavering = (deciVolts: (minute: number) => number) => ({
  flow: () => ({ ...steady(), at: (minute: number) => ({ ...steady().at(0), deciVolts: deciVolts(minute) }) }),
})

describe('average voltages', () => {
  it('are of the period set, each the mean of its minutes', () => {
    const { measurement, run } = measuring({ facts: wavering(minute => 2_300 + (minute % 10)) })
    measurement.setVoltagePeriod(120)
    run(minutes(10))
    const values = measurement.voltages(T0, ALL)
    expect(values).toEqual(
      [2_301, 2_303, 2_305, 2_307, 2_309].map((value, at) => ({
        ...{ startMs: T0 + at * 2 * MINUTE, periodMs: 2 * MINUTE, value },
      })),
    )
  })

  it('beyond the thresholds are counted once a period', () => {
    const high = wavering(minute => (minute % 30 < 3 ? 2_900 : 2_300))
    const longer = measuring({ facts: high })
    const shorter = measuring({ facts: high })
    shorter.measurement.setVoltagePeriod(60)
    for (const { run } of [longer, shorter]) run(hours(2))
    for (const { measurement } of [longer, shorter]) measurement.totals()
    expect([longer.averages, shorter.averages]).toEqual([
      { over: 0, under: 0 },
      { over: 12, under: 0 },
    ])
  })

  it('may be of a second, or of two hours', () => {
    const { measurement, run } = measuring({ facts: wavering(() => 2_310) })
    measurement.setVoltagePeriod(1)
    run(seconds(90))
    const brief = measurement.voltages(T0, ALL)
    expect(brief.map(({ startMs }) => startMs - T0)).toEqual(brief.map((_, at) => at * 1_000))
    expect(brief).toHaveLength(90)
    measurement.setVoltagePeriod(7_200)
    run(hours(5))
    expect(measurement.voltages(T0 + 2 * MINUTE, ALL)).toEqual([
      { startMs: T0 + 2 * 3_600_000, periodMs: 2 * 3_600_000, value: 2_310 },
    ])
  })

  it('of before a change keep their period, and the first of the new one is whole', () => {
    const { measurement, run, averages } = measuring({ facts: wavering(minute => (minute % 10 === 7 ? 2_900 : 2_300)) })
    run(minutes(67))
    measurement.setVoltagePeriod(600)
    run(minutes(34))
    const found = measurement.voltages(T0 - HALF_HOUR, ALL)
    expect(found.map(({ startMs, periodMs }) => [(startMs - T0) / MINUTE, periodMs / MINUTE])).toEqual([
      ...[-30, 0, 30].map(start => [start, 30]),
      ...[70, 80, 90].map(start => [start, 10]),
    ])
    expect(found.map(({ value }) => value)).toEqual([2_360, 2_360, 2_360, 2_360, 2_360, 2_360])
    expect(averages.over).toBe(0)
    measurement.setVoltagePeriod(600)
    run(minutes(10))
    expect(measurement.voltages(T0 + 90 * MINUTE, ALL)).toHaveLength(2)
  })

  it('of before the rig make place for new ones: 4,320 in all', () => {
    const { measurement, run } = measuring()
    expect(measurement.voltages(0, ALL)).toHaveLength(4_320)
    measurement.setVoltagePeriod(60)
    run(hours(10))
    const found = measurement.voltages(0, ALL)
    expect(found).toHaveLength(4_320)
    expect(found.filter(({ periodMs }) => periodMs === MINUTE)).toHaveLength(600)
    expect(found[0]?.startMs).toBe(T0 - 3_720 * HALF_HOUR)
    run(hours(80))
    expect(new Set(measurement.voltages(0, ALL).map(({ periodMs }) => periodMs))).toEqual(new Set([MINUTE]))
    expect(measurement.voltages(0, ALL)).toHaveLength(4_320)
  })

  it('are asked for as samples of one period at a time', () => {
    const { measurement, run, clock } = measuring({ facts: wavering(() => 2_300) })
    run(minutes(60))
    measurement.setVoltagePeriod(60)
    run(minutes(5.5))
    clock.set(clock.unixMs() + 10 * MINUTE)
    run(minutes(5))
    const view = {
      ...{ measurement, clock, toRegister: (units: number) => units, intervalMin: 30, channels: [] },
      ...{ limits: { registers: 4, blocks: 1, registersWithBlocks: 1, thresholds: 0 }, notBefore: () => 0 },
    } as unknown as Parameters<typeof sampledData>[0]
    const ask = (fromMs: number) => {
      const utc = fromMs / 1_000 - 946_684_800
      return sampledData(view, { sampleId: 2, earliestSampleTime: utc, sampleType: 0, numberOfSamples: 100 })
    }
    expect(ask(T0)).toMatchObject({ sampleRequestInterval: 1_800, samples: [2_300, 2_300] })
    // The minute in which the clock was set forward has its average; those it passed over are not known.
    const skipped = Array.from({ length: 9 }, () => UNKNOWN_SAMPLE)
    expect(ask(T0 + 60 * MINUTE)).toMatchObject({
      sampleRequestInterval: 60,
      samples: [2_300, 2_300, 2_300, 2_300, 2_300, 2_300, ...skipped, 2_300, 2_300, 2_300, 2_300, 2_300],
    })
  })

  it.each(Array.from({ length: 8 }, (_, round) => round))(
    'whatever happens are in order, never overlap, are bounded, and those of quiet times are the load’s (%i)',
    round => {
      const dice = new SeededRandom(`voltages ${round}`).stream('what happens')
      const facts = { voltageEntries: 200, flow: () => new Load({ load: LOAD, generation: NO_ROOF }, [round, 7]) }
      let bench = measuring({ facts })
      const load = facts.flow()
      for (let step = 0; step < 40; step++) {
        const { measurement, clock, kernel } = bench
        const what = dice.int(8)
        if (what === 0) clock.set(clock.unixMs() + 1_000 * (dice.int(7_200) - 3_600))
        else if (what < 4) measurement.setVoltagePeriod([1, 60, 90, 300, 700, 1_800, 7_200][dice.int(7)] ?? 60)
        else if (what === 4) {
          const memory = JSON.parse(JSON.stringify(measurement.memory()))
          const aheadMs = clock.memory().aheadMs
          bench = measuring({
            ...{ facts, memory, startUs: kernel.nowUs() + hours(2), startUnixMs: kernel.unixMs() + 7_200_000 },
          })
          bench.clock.set(bench.clock.unixMs() + aheadMs)
        }
        bench.run(seconds(dice.int(5_400)))
        const found = bench.measurement.voltages(0, ALL)
        expect(found.length).toBeLessThanOrEqual(200)
        for (const [at, { startMs, periodMs }] of found.slice(1).entries()) {
          expect(startMs).toBeGreaterThanOrEqual((found[at]?.startMs ?? 0) + (found[at]?.periodMs ?? 0))
          expect(startMs % periodMs).toBe(0)
        }
      }
      // A clock that is right again, and a period of its own: nothing of before is left in it.
      bench.clock.set(bench.kernel.unixMs())
      bench.measurement.setVoltagePeriod(bench.measurement.memory().ledger.voltageLog?.periodS === 120 ? 60 : 120)
      bench.run(10 * hours(24))
      const last = bench.measurement.voltages(bench.kernel.unixMs() - DAY, ALL)
      expect(last.length).toBe(200)
      for (const { startMs, periodMs, value } of last) {
        const of = Array.from({ length: periodMs / MINUTE }, (_, at) => load.at(startMs / MINUTE + at).deciVolts)
        expect(value).toBe(Math.round(of.reduce((sum, one) => sum + one, 0) / of.length))
      }
    },
  )
})
