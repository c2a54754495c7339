import { describe, expect, it } from 'vitest'
import { hours, minutes, toZigbeeUtc } from '../../src/base/time.ts'
import { DeviceClock } from '../../src/devices/device-clock.ts'
import {
  answerGetProfile,
  fromRegister,
  intervalMinutes,
  periodOf,
  toDemand,
  toRegister,
} from '../../src/devices/meter-registers.ts'
import { CHANNELS } from '../../src/devices/metering/flow.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { home, ID, settledHome } from './device-home.ts'
import { ALL, measuring, T0 } from './metering-bench.ts'

const kWh = { multiplier: 1, divisor: 1_000 }

describe('Get Profile', () => {
  const asked = (question: { intervalChannel?: number; endTime?: number; numberOfPeriods?: number }) => {
    const { run, measurement } = measuring()
    run(hours(24.1))
    const toWh = (units: number) => toRegister(units, kWh)
    const answer = answerGetProfile(
      { intervalChannel: 0, endTime: 0, numberOfPeriods: 1, ...question },
      { measurement, toRegister: toWh, intervalMin: 30, channels: CHANNELS },
    )
    return { answer, measurement }
  }
  const T1 = toZigbeeUtc(T0)

  it('gives the newest interval first, with its end and the length of each', () => {
    const { answer, measurement } = asked({ numberOfPeriods: 3 })
    expect(answer).toMatchObject({ status: 0, profileIntervalPeriod: 2, endTime: T1 + 86_400 })
    expect(answer.intervals).toEqual(measurement.profile('delivered', ALL, 3).map(({ value }) => value))
  })

  it('gives 20 at most, so that they fit one frame', () => {
    expect(asked({ numberOfPeriods: 255 }).answer.intervals).toHaveLength(20)
  })

  it('has a channel each for import, export and reactive energy', () => {
    const { answer, measurement } = asked({ intervalChannel: 2, numberOfPeriods: 2 })
    const reactive = measurement.profile('reactiveDelivered', ALL, 2).map(({ value }) => value)
    expect(answer.intervals).toEqual(reactive)
    expect(reactive[0]).toBeGreaterThan(0)
    expect(asked({ intervalChannel: 1, numberOfPeriods: 2 }).answer.intervals).toEqual([0, 0])
  })

  it.each([
    ['on the half hour', T1 + 3_600, T1 + 3_600],
    ['a second before', T1 + 3_599, T1 + 1_800],
    ['long after', T1 + 864_000, T1 + 86_400],
    ['before the rig was there', T1 - 86_400, T1 - 86_400],
  ])('asked for an end time %s, it begins with the last interval that ended by then', (_, endTime, expected) => {
    expect(asked({ endTime }).answer.endTime).toBe(expected)
  })

  it.each([
    ['before its oldest interval ended', { endTime: T1 - 398 * 86_400 }, 5],
    ['for no periods', { numberOfPeriods: 0 }, 5],
    ['for another channel', { intervalChannel: 4 }, 2],
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
      ['divisor: { value: 1000,', 'divisor: { value: 16777214,'],
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
