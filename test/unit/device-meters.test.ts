import { describe, expect, it } from 'vitest'
import { hours, minutes, seconds, toZigbeeUtc } from '../../src/base/time.ts'
import { Consumption } from '../../src/devices/consumption.ts'
import { DeviceClock } from '../../src/devices/device-clock.ts'
import {
  answerGetProfile,
  fromRegister,
  intervalMinutes,
  periodOf,
  toDemand,
  toRegister,
} from '../../src/devices/meter-registers.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { home, ID, settledHome } from './device-home.ts'

const T0 = Date.parse('2021-10-13T06:00:00Z')
const kWh = { multiplier: 1, divisor: 1_000 }
const evening = Array.from({ length: 48 }, (_, i) => (i >= 34 && i < 44 ? 0.06 : 0.4 / 38))

function meter(options: { seed?: string; driftPpm?: number; capacity?: number; startUnixMs?: number } = {}) {
  const { seed = 'meter', driftPpm = 0, capacity = 19_056, startUnixMs = T0 } = options
  const kernel = new Kernel({ seed, startUnixMs })
  const clock = new DeviceClock(kernel, driftPpm)
  const random = kernel.random.stream('load')
  const load = { weights: evening, annual: 2_900_000, start: 5_000_000, intervalMin: 30, capacity }
  const consumption = new Consumption({ clock, random, ...load })
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  const intervals = () => consumption.intervals(0, Number.MAX_SAFE_INTEGER)
  return { kernel, clock, consumption, run, intervals }
}

describe('what a meter measures', () => {
  it('only grows, and is the integral of the rate it shows', () => {
    const { consumption, run } = meter()
    let integral = consumption.total()
    for (let second = 0; second < 86_400; second += 5) {
      const rate = consumption.ratePerHour()
      const before = consumption.total()
      run(seconds(5))
      integral += (rate * 5) / 3_600
      expect(consumption.total()).toBeGreaterThan(before)
    }
    expect(consumption.total()).toBeCloseTo(integral, 3)
  })

  it('is the same whether anybody looks or not', () => {
    const [watched, left] = [meter(), meter()]
    for (let i = 0; i < 10_000; i++) {
      watched.run(seconds(7))
      watched.consumption.total()
      watched.consumption.ratePerHour()
    }
    left.run(seconds(70_000))
    expect(watched.consumption.total()).toBe(left.consumption.total())
    expect(watched.intervals()).toEqual(left.intervals())
  })

  it('comes to a year’s share in a day, most of it when the shape says', () => {
    const { consumption, run, intervals } = meter({ startUnixMs: Date.parse('2021-10-13T00:00:00Z') })
    const before = consumption.total()
    run(hours(24))
    const day = consumption.total() - before
    expect(day / (2_900_000 / 365)).toBeCloseTo(1, 1)
    const peak = intervals().filter((_, i) => i >= 34 && i < 44)
    expect(peak.reduce((sum, { from, to }) => sum + to - from, 0) / day).toBeCloseTo(0.6, 1)
  })

  it('has other dice in another home', () => {
    const [one, other] = [meter({ seed: 'a' }), meter({ seed: 'b' })]
    for (const { run } of [one, other]) run(hours(1))
    expect(one.consumption.total()).not.toBe(other.consumption.total())
  })
})

describe('interval data', () => {
  it('has every half hour once, without a gap, and the intervals add up to the register', () => {
    const { run, intervals, consumption } = meter({ driftPpm: -8 })
    run(hours(72))
    const all = intervals()
    expect(all).toHaveLength(143)
    expect(all.map(({ startMs }) => startMs)).toEqual(all.map((_, i) => T0 + i * 1_800_000))
    for (let i = 1; i < all.length; i++) expect(all[i]?.from).toBe(all[i - 1]?.to)
    expect(all[0]?.from).toBe(5_000_000)
    expect(all.at(-1)?.to).toBeLessThanOrEqual(consumption.total())
    expect(all.at(-1)?.to).toBeGreaterThan(consumption.total() - 1_000)
  })

  it('as the meter tells it adds up to the difference of its registers, to the last unit', () => {
    const { run, intervals, consumption } = meter()
    run(hours(48.1))
    const scale = { multiplier: 3, divisor: 1_000 }
    const question = { intervalChannel: 0, numberOfPeriods: 255 }
    let told = 0
    let endTime = 0
    let count = 0
    for (;;) {
      const answer = answerGetProfile({ ...question, endTime }, { consumption, scale, intervalMin: 30 })
      if (answer.status !== 0) break
      told += answer.intervals.reduce((sum, value) => sum + value, 0)
      count += answer.intervals.length
      endTime = answer.endTime - answer.intervals.length * 1_800
    }
    const all = intervals()
    expect(count).toBe(96)
    expect(told).toBe(toRegister(all.at(-1)?.to ?? 0, scale) - toRegister(all[0]?.from ?? 0, scale))
  })

  it('keeps as many intervals as it has room for, the newest', () => {
    const { run, intervals } = meter({ capacity: 10 })
    run(hours(24.1))
    expect(intervals().map(({ startMs }) => startMs)).toEqual(
      Array.from({ length: 10 }, (_, i) => T0 + (38 + i) * 1_800_000),
    )
  })

  it('a clock set back repeats no interval, loses nothing, and goes on when it has caught up', () => {
    const { clock, run, intervals } = meter()
    run(hours(5.25))
    clock.set(clock.unixMs() - 2 * 3_600_000)
    run(hours(6))
    const all = intervals()
    const starts = all.map(({ startMs }) => startMs)
    expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b))
    for (let i = 1; i < all.length; i++) expect(all[i]?.from).toBe(all[i - 1]?.to)
    expect(starts).toEqual(starts.map((_, i) => T0 + i * 1_800_000))
    expect(starts).toHaveLength(18)
  })

  it('a clock set forward leaves the intervals out that it skipped, and loses nothing', () => {
    const { clock, run, intervals } = meter()
    run(hours(1.25))
    clock.set(clock.unixMs() + 3 * 3_600_000)
    run(hours(1))
    const all = intervals()
    expect(all.map(({ startMs }) => (startMs - T0) / 1_800_000)).toEqual([0, 1, 2, 8, 9])
    for (let i = 1; i < all.length; i++) expect(all[i]?.from).toBe(all[i - 1]?.to)
  })
})

describe('Get Profile', () => {
  const asked = (question: { intervalChannel?: number; endTime?: number; numberOfPeriods?: number }) => {
    const { run, consumption, intervals } = meter()
    run(hours(24.1))
    const meterRecord = { consumption, scale: kWh, intervalMin: 30 }
    const answer = answerGetProfile({ intervalChannel: 0, endTime: 0, numberOfPeriods: 1, ...question }, meterRecord)
    return { answer, all: intervals() }
  }
  const T1 = toZigbeeUtc(T0)

  it('gives the newest interval first, with its end and the length of each', () => {
    const { answer, all } = asked({ numberOfPeriods: 3 })
    expect(answer).toMatchObject({ status: 0, profileIntervalPeriod: 2, endTime: T1 + 86_400 })
    const units = all.map(({ from, to }) => toRegister(to, kWh) - toRegister(from, kWh))
    expect(answer.intervals).toEqual(units.slice(-3).reverse())
  })

  it('gives 20 at most, so that they fit one frame', () => {
    expect(asked({ numberOfPeriods: 255 }).answer.intervals).toHaveLength(20)
  })

  it.each([
    ['on the half hour', T1 + 3_600, T1 + 3_600],
    ['a second before', T1 + 3_599, T1 + 1_800],
    ['long after', T1 + 864_000, T1 + 86_400],
  ])('asked for an end time %s, it begins with the last interval that ended by then', (_, endTime, expected) => {
    expect(asked({ endTime }).answer.endTime).toBe(expected)
  })

  it.each([
    ['before its first interval ended', { endTime: T1 + 1_799 }, 5],
    ['for no periods', { numberOfPeriods: 0 }, 5],
    ['for another channel', { intervalChannel: 1 }, 2],
  ])('asked %s, it has nothing to give', (_, question, status) => {
    expect(asked(question).answer).toEqual({ endTime: 0, status, profileIntervalPeriod: 2, intervals: [] })
  })

  it('has a code for each interval it may have, and none for others', () => {
    expect([60, 30, 15, 10, 7.5, 5, 2.5].map(periodOf)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect([1, 2, 3, 4, 5, 6, 7].map(intervalMinutes)).toEqual([60, 30, 15, 10, 7.5, 5, 2.5])
    expect([0, 8, 255].map(intervalMinutes)).toEqual([undefined, undefined, undefined])
    const edits = [['profileIntervalMin: { value: 30', 'profileIntervalMin: { value: 20']] as const
    expect(() => home({ edits })).toThrow('expected one of 5, 10, 15, 30, 60, found the number 20')
  })
})

describe('registers on the air', () => {
  it.each([
    [1_234_567, kWh, 1_234_567],
    [1_234_567.999, kWh, 1_234_567],
    [1_999, { multiplier: 1, divisor: 1 }, 1],
    [1_000_000, { multiplier: 3, divisor: 1_000 }, 333_333],
    [2_100, { multiplier: 1, divisor: 100_000 }, 210_000],
  ])('%d thousandths at %o are %d', (thousandths, scale, register) => {
    expect(toRegister(thousandths, scale)).toBe(register)
  })

  it('read back are what they were, to the scale’s last digit', () => {
    for (const divisor of [1, 7, 10, 1_000, 100_000]) {
      for (let thousandths = 0; thousandths < 1e7; thousandths += 123_457) {
        const back = fromRegister(toRegister(thousandths, { multiplier: 1, divisor }), { multiplier: 1, divisor })
        expect(Math.abs((back ?? Number.NaN) - thousandths)).toBeLessThanOrEqual(1_000 / divisor + 1)
      }
    }
  })

  it('a demand beyond 24 bits is the greatest there is', () => {
    expect(toDemand(2_500, kWh)).toBe(2_500)
    expect(toDemand(1e9, { multiplier: 1, divisor: 0xff_ffff })).toBe(0x7f_ffff)
  })

  it('extreme scales and intervals of a profile break nothing', () => {
    const edits = [
      ['divisor: { value: 1000,', 'divisor: { value: 16777215,'],
      ['annualKWh: { value: 2900', 'annualKWh: { value: 1000000'],
      ['annualM3: { value: 1050', 'annualM3: { value: 100000'],
    ] as const
    const extreme = settledHome({ edits })
    extreme.run(hours(2))
    const span = { fromMs: T0, toMs: T0 + 7_200_000, maxEntries: 10 }
    expect(extreme.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
    expect(extreme.ask('readImportProfile', ID.ESME, span)?.code).toBe('I0')
    expect(extreme.ask('readImportRegisters', ID.GPF, {})?.code).toBe('I0')
    expect(extreme.installation.devices.ppmid?.shown.demand).toBe(0x7f_ffff)
  })
})

describe('a device’s clock', () => {
  it('drifts as its profile says, from when it was set', () => {
    const kernel = new Kernel({ seed: 'clock', startUnixMs: T0 })
    const clock = new DeviceClock(kernel, 20)
    kernel.runUntil(hours(240))
    expect(clock.unixMs() - kernel.unixMs()).toBe(17_280)
    clock.set(kernel.unixMs())
    expect(clock.unixMs()).toBe(kernel.unixMs())
    kernel.runUntil(hours(264))
    expect(clock.unixMs() - kernel.unixMs()).toBe(1_728)
  })

  it('runs on while the device has no power, and drifts on from there', () => {
    const before = new DeviceClock(new Kernel({ seed: 'clock', startUnixMs: T0 }), 20)
    before.set(T0 + 5_000)
    const kernel = new Kernel({ seed: 'clock', startUnixMs: T0 + 3_600_000 })
    const after = new DeviceClock(kernel, 20, before.memory())
    expect(after.unixMs()).toBe(T0 + 3_605_000)
    kernel.runUntil(hours(240))
    expect(after.unixMs() - kernel.unixMs()).toBe(5_000 + 17_280)
  })

  it('a gas meter’s follows the hub’s once a day', () => {
    const drifting = home({
      inMemory: true,
      edits: [
        ['driftPpm: { value: 20,', 'driftPpm: { value: 100,'],
        ['driftPpm: { value: 12,', 'driftPpm: { value: 0,'],
      ],
      keep: () => false,
    })
    let worst = 0
    for (let hour = 1; hour <= 96; hour++) {
      drifting.run(hours(1))
      const off = (drifting.installation.devices.gsme?.clock.unixMs() ?? 0) - drifting.kernel.unixMs()
      worst = Math.max(worst, off)
    }
    expect(worst).toBeGreaterThan(7_000)
    expect(worst).toBeLessThan(100 * 0.0864 * 1_000 * 1.1 + 1_000)
  })

  it('set over the WAN is within a second and its answer', () => {
    const home = settledHome({ edits: [['driftPpm: { value: -8,', 'driftPpm: { value: -200,']] })
    home.run(hours(24))
    const behindMs = () => (home.installation.devices.esme?.clock.unixMs() ?? 0) - home.kernel.unixMs()
    expect(behindMs()).toBeLessThan(-17_000)
    const result = home.ask('synchroniseClock', ID.ESME, { setToMs: home.kernel.unixMs() })?.synchroniseClock
    expect(result?.adjusted).toBe(true)
    expect((result?.deviceClockAfterMs ?? 0) - (result?.deviceClockBeforeMs ?? 0)).toBeGreaterThan(15_000)
    expect(Math.abs(behindMs())).toBeLessThan(2_000)
  })

  it('a meter whose clock is set back over the WAN gives no half hour twice', () => {
    const home = settledHome()
    home.run(hours(4))
    home.ask('synchroniseClock', ID.ESME, { setToMs: home.kernel.unixMs() - 5_400_000 })
    home.run(hours(4))
    const span = { fromMs: T0, toMs: T0 + 86_400_000, maxEntries: 100 }
    const starts = home.ask('readImportProfile', ID.ESME, span)?.readImportProfile?.entries.map(e => e.startMs) ?? []
    expect(starts).toEqual(starts.map((_, i) => T0 + i * 1_800_000))
    expect(starts.length).toBe(13)
  })

  it('at the end of ZigBee’s time stays there, and everything still answers', () => {
    const home = settledHome()
    const end = 5_241_652_094_000
    expect(home.ask('synchroniseClock', ID.CHF, { setToMs: end })?.code).toBe('I0')
    expect(home.ask('synchroniseClock', ID.ESME, { setToMs: end })?.code).toBe('I0')
    home.run(minutes(65))
    expect(home.ask('commissionDevice', ID.ESME, {})?.commissionDevice?.deviceClockMs).toBe(end)
    expect(home.ask('synchroniseClock', ID.GSME, {}, hours(1))?.code).toBe('I0')
  })
})
