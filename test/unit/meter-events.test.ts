import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { ALERT_CODES, alertKind } from '../../src/devices/events/alert-codes.ts'
import { codeOf, eventIdOf, describe as said, toEventData } from '../../src/devices/events/event-codec.ts'
import { EVENT_CONFIGURATION, MeterEvents, type MeterEventsMemory } from '../../src/devices/events/meter-events.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { type Home, home, ID, restarted, settledHome } from './device-home.ts'

/** Alerts about a device, but for those the hub has of its own. */
const told = (settled: Home, device: string) =>
  settled.ups.flatMap(({ message: { alert } }) =>
    alert?.device === device && !['8F12', '8183'].includes(alert.code) ? [alert] : [],
  )

function log(supported: readonly string[] = ['8F32'], memory?: MeterEventsMemory) {
  const clock = new Kernel({ seed: 'events', startUnixMs: 0 })
  const events = new MeterEvents({ clock, trace: { emit: () => {} }, capacity: 100, supported, memory })
  return { clock, events }
}

describe('the logs of a meter', () => {
  test('hold the newest hundred, oldest first, each code in its own', () => {
    const { clock, events } = log()
    for (let i = 0; i < 130; i++) {
      clock.runUntil(clock.nowUs() + seconds(1))
      events.raise('8161', `${i}`)
      events.raise('8F75', `${i}`)
    }
    for (const name of ['EVENT', 'SECURITY'] as const) {
      const kept = events.log(name)
      expect(kept).toHaveLength(100)
      expect(kept.map(({ text }) => Number(text))).toEqual(Array.from({ length: 100 }, (_, i) => i + 30))
      expect(new Set(kept.map(({ code }) => alertKind(code)?.log))).toEqual(new Set([name]))
    }
  })
  test('what this model does not tell stands in the log all the same', () => {
    const { events } = log([])
    events.raise('8F32')
    expect([events.next, events.log('EVENT')]).toEqual([undefined, [{ atMs: 0, code: '8F32', text: '' }]])
  })
  test('what waits for the hub has an end: the oldest goes', () => {
    const { events } = log()
    for (let i = 0; i < 150; i++) events.raise('8F32', `${i}`)
    expect([events.next?.text, events.memory().waiting.length]).toEqual(['50', 100])
  })
  test('a code does what it was configured to', () => {
    const { events } = log()
    expect(events.configure('8F32', 0)).toBe(true)
    expect(events.configure('8F75', 0x03 | EVENT_CONFIGURATION.toWan)).toBe(true)
    expect(events.configure('FFFF', 0)).toBe(false)
    events.raise('8F32')
    events.raise('8F75')
    expect(events.log('EVENT').map(({ code }) => code)).toEqual(['8F75'])
    expect([events.log('SECURITY'), events.next?.code]).toEqual([[], '8F75'])
  })
  test('survive a loss of power with all that waits and is configured', () => {
    const { events } = log()
    events.raise('8F32')
    events.raise('8F76')
    events.configure('8F75', 0)
    const memory = JSON.parse(JSON.stringify(events.memory()))
    expect(log(['8F32'], memory).events.memory()).toEqual(events.memory())
  })
})

describe('an event on the HAN', () => {
  test('goes by its code, or by the number the model has for it', () => {
    const natives = [{ native: '0123', code: '8F3F' }]
    expect([eventIdOf('8F3F', natives), eventIdOf('8F32', natives)]).toEqual([0x0123, 0x8f32])
    expect(codeOf(0x0123, natives)).toEqual({ code: '8F3F', native: '0123' })
    expect(codeOf(0x8f32, natives)).toEqual({ code: '8F32' })
  })
  test('every code of the table is told apart from every other', () => {
    expect(new Set(ALERT_CODES).size).toBe(ALERT_CODES.length)
    for (const code of ALERT_CODES) expect(codeOf(eventIdOf(code, []), [])).toEqual({ code })
  })
  test('a detail is cut at a character', () => {
    const data = toEventData('é'.repeat(30))
    expect([data.length, said('8F78', data)]).toEqual([40, `other tamper: ${'é'.repeat(20)}`])
  })
})

describe('what happens in a meter', () => {
  test('is told to the hub at once by an electricity meter, and goes on to the WAN', () => {
    const settled = settledHome()
    const { esme } = settled.installation.devices
    settled.run(seconds(10))
    const atMs = settled.kernel.unixMs()
    esme?.events.raise('8F75', 'north')
    settled.run(seconds(5))
    expect(told(settled, ID.ESME)).toEqual([
      { code: '8F75', description: 'strong magnetic field: north', atMs: expect.any(Number), device: ID.ESME },
    ])
    expect(Math.abs((told(settled, ID.ESME)[0]?.atMs ?? 0) - atMs)).toBeLessThanOrEqual(1_000)
    expect(esme?.events.next).toBeUndefined()
  })

  test('is told at its wake-up by a gas meter', () => {
    const settled = settledHome()
    settled.installation.devices.gsme?.events.raise('8F73')
    settled.run(minutes(1))
    expect(told(settled, ID.GSME)).toEqual([])
    settled.run(minutes(31))
    expect(told(settled, ID.GSME).map(({ code }) => code)).toEqual(['8F73'])
  })

  test('stays in the meter where its model does not raise it', () => {
    const settled = settledHome()
    settled.installation.devices.esme?.events.raise('8161')
    settled.run(minutes(5))
    expect(told(settled, ID.ESME)).toEqual([])
  })

  test('a model with numbers of its own is told by its code and its number', () => {
    const settled = settledHome({
      edits: [
        [
          'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes:\n  value:\n    [\n      "8F1B"',
          'events:\n  nativeCodes: { value: [{ native: "0123", code: "8F75" }], source: assumed }\nsupply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes:\n  value:\n    [\n      "8F1B"',
        ],
      ],
    })
    settled.installation.devices.esme?.events.raise('8F75')
    settled.run(seconds(5))
    expect(told(settled, ID.ESME)).toMatchObject([{ code: '8F75', nativeCode: '0123' }])
    const frames = settled.events('han.frame').filter(({ clusterId, from }) => clusterId === 0x0709 && from === ID.ESME)
    expect(frames.some(({ asdu }) => asdu.slice(6, 12) === '042301')).toBe(true)
  })

  test('waits while the hub cannot hear it, and is told in order afterwards', () => {
    const settled = settledHome()
    const { devices, han } = settled.installation
    han.silence(ID.ESME)
    for (const code of ['8F74', '8F75', '8F76'] as const) devices.esme?.events.raise(code)
    settled.run(minutes(10))
    expect(told(settled, ID.ESME)).toEqual([])
    han.hear(ID.ESME)
    settled.run(minutes(5))
    expect(told(settled, ID.ESME).map(({ code }) => code)).toEqual(['8F74', '8F75', '8F76'])
  })

  test('waits over a killed process, and is told once', () => {
    const before = settledHome()
    before.installation.han.silence(ID.ESME)
    before.installation.devices.esme?.events.raise('8F75')
    before.run(seconds(1))
    const after = restarted(before)
    after.run(minutes(10))
    expect(told(after, ID.ESME).map(({ code }) => code)).toEqual(['8F75'])
  })

  test('the supply tells who switched it', () => {
    const settled = settledHome()
    const { esme, gsme } = settled.installation.devices
    esme?.supply.disable('command')
    esme?.supply.arm('command')
    esme?.supply.consumerEnables()
    esme?.supply.arm('load-limit')
    esme?.supply.enable('load-limit')
    gsme?.supply.arm('uncontrolled-flow')
    gsme?.supply.disable('tamper')
    const codes = (name: 'EVENT' | 'SECURITY') =>
      [esme, gsme].map(meter => meter?.events.log(name).map(({ code }) => code))
    expect(codes('EVENT')[0]).toEqual(['8154', '8F32', '8161', '8F33', '8F34'])
    expect(codes('SECURITY')[1]).toEqual(['81BF', '81BE'])
  })
})

describe('a storm of alerts', () => {
  /** One fault that is told each minute. */
  const storm = (settled: Home, forMin: number) => {
    for (let i = 0; i < forMin; i++) {
      settled.installation.devices.esme?.events.raise('8F3F', `${i}`)
      settled.run(minutes(1))
    }
  }
  test('is held back by the hub after the first ten an hour, and counted', () => {
    const settled = settledHome()
    storm(settled, 59)
    expect(told(settled, ID.ESME).map(({ throttled }) => throttled)).toEqual(Array(10).fill(undefined))
    settled.run(minutes(5))
    expect(told(settled, ID.ESME).at(-1)).toMatchObject({ code: '8F3F', throttled: 49 })
    expect(told(settled, ID.ESME)).toHaveLength(11)
  })
  test('leaves other codes and other devices alone', () => {
    const settled = settledHome()
    storm(settled, 30)
    settled.installation.devices.esme?.events.raise('8F76')
    settled.installation.devices.gsme?.events.raise('8F3F')
    settled.run(minutes(32))
    expect(told(settled, ID.ESME).map(({ code }) => code)).toContain('8F76')
    expect(told(settled, ID.GSME).map(({ code }) => code)).toContain('8F3F')
  })
  test('is counted over a killed process', () => {
    const before = settledHome()
    storm(before, 30)
    const after = restarted(before)
    after.run(hours(1))
    expect(told(after, ID.ESME)).toMatchObject([{ code: '8F3F', throttled: 20 }])
  })
})

describe('while the WAN is away', () => {
  test('alerts wait in the hub and go up in the order in which they came', () => {
    const settled = home({ inMemory: true })
    settled.run(minutes(5))
    const { wanOutage, devices } = settled.installation
    const back = wanOutage.add()
    settled.run(minutes(1))
    for (const code of ['8F74', '8F75', '8F76', '8F3F'] as const) {
      devices.esme?.events.raise(code)
      settled.run(minutes(1))
    }
    expect(told(settled, ID.ESME)).toEqual([])
    back()
    settled.run(minutes(10))
    expect(told(settled, ID.ESME).map(({ code }) => code)).toEqual(['8F74', '8F75', '8F76', '8F3F'])
  })
})
