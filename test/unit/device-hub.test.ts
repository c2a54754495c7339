import { describe, expect, it } from 'vitest'
import { minutes, seconds, toZigbeeUtc } from '../../src/base/time.ts'
import { decodeMessage, verifyMessage } from '../../src/wan/messages/codec.ts'
import { wrapKey } from '../../src/wan/messages/key-wrap.ts'
import type { CommandPayload } from '../../src/zcl/clusters.ts'
import { Status } from '../../src/zcl/status.ts'
import { ID } from './device-home.ts'
import { hubBench, KEY } from './device-hub-bench.ts'

const T0 = Date.parse('2021-10-13T00:00:00Z')
const HALF_HOUR = 1_800_000
const all = { fromMs: T0, toMs: T0 + 86_400_000, maxEntries: 1_000 }

type ProfileAnswer = CommandPayload<'Metering', 'GetProfileResponse', 'toClient'>

/** A hub beside an electricity meter with this scale, whose profile answers are the test's. */
function besideMeter(
  scale: { Multiplier: number; Divisor: number },
  answer: (asked: { endTime: number }) => ProfileAnswer,
) {
  const bench = hubBench()
  const { endpoint } = bench.device(ID.ESME, 'router')
  const asked: { endTime: number; numberOfPeriods: number }[] = []
  endpoint.serve('Metering', {
    attributes: { CurrentSummationDelivered: 123_456, CurrentTier1SummationDelivered: 123_456, ...scale },
    commands: {
      GetProfile: (question, _, reply) => {
        asked.push(question)
        reply('GetProfileResponse', answer(question))
      },
    },
  })
  return { ...bench, asked }
}

const page = (endMs: number, intervals: number[], over: Partial<ProfileAnswer> = {}): ProfileAnswer => ({
  endTime: toZigbeeUtc(endMs),
  status: 0,
  profileIntervalPeriod: 2,
  intervals,
  ...over,
})
const nothing: ProfileAnswer = { endTime: 0, status: 5, profileIntervalPeriod: 2, intervals: [] }
const kWh = { Multiplier: 1, Divisor: 1_000 }

describe('interval data a hub puts together', () => {
  /** Half hours of a day with values 0..47, four to an answer. */
  const day = ({ endTime }: { endTime: number }) => {
    const last = Math.floor((endTime - toZigbeeUtc(T0)) / 1_800)
    const values = [1, 2, 3, 4].map(back => last - back).filter(value => value >= 0)
    return values.length > 0 ? page(T0 + last * HALF_HOUR, values) : nothing
  }

  it('comes from as many answers as it takes, oldest first', () => {
    const { ask, asked } = besideMeter(kWh, day)
    const result = ask('readImportProfile', ID.ESME, all)?.readImportProfile
    expect(result).toMatchObject({ intervalS: 1_800, unit: 'WH', source: 'DEVICE', more: false })
    expect(result?.entries).toEqual(Array.from({ length: 48 }, (_, i) => ({ startMs: T0 + i * HALF_HOUR, value: i })))
    expect(asked.length).toBe(13)
  })

  it('is cut at the newer end, and goes on from the end of what was given', () => {
    const { ask } = besideMeter(kWh, day)
    const first = ask('readImportProfile', ID.ESME, { ...all, maxEntries: 30 })?.readImportProfile
    expect([first?.entries.length, first?.entries[0]?.value, first?.more]).toEqual([30, 0, true])
    const fromMs = (first?.entries.at(-1)?.startMs ?? 0) + HALF_HOUR
    const rest = ask('readImportProfile', ID.ESME, { ...all, fromMs, maxEntries: 30 })?.readImportProfile
    expect(rest?.entries.map(({ value }) => value)).toEqual(Array.from({ length: 18 }, (_, i) => i + 30))
    expect(rest?.more).toBe(false)
  })

  it('holds the intervals that begin at or after the first instant and have ended by the last', () => {
    const { ask } = besideMeter(kWh, day)
    const span = { fromMs: T0 + 10 * HALF_HOUR, toMs: T0 + 13 * HALF_HOUR - 1, maxEntries: 10 }
    const values = ask('readImportProfile', ID.ESME, span)?.readImportProfile?.entries.map(({ value }) => value)
    expect(values).toEqual([10, 11])
  })

  it('is in Wh whatever the meter counts in', () => {
    const { ask } = besideMeter({ Multiplier: 5, Divisor: 100 }, ({ endTime }) =>
      endTime > toZigbeeUtc(T0 + HALF_HOUR) ? page(T0 + HALF_HOUR, [7]) : nothing,
    )
    expect(ask('readImportProfile', ID.ESME, all)?.readImportProfile?.entries).toEqual([{ startMs: T0, value: 350 }])
    expect(ask('readImportRegisters', ID.ESME, {})?.readImportRegisters).toMatchObject({ activeImport: 6_172_800 })
  })

  it('leaves out an interval the meter does not know', () => {
    const { ask } = besideMeter(kWh, ({ endTime }) =>
      endTime > toZigbeeUtc(T0 + 3 * HALF_HOUR) ? page(T0 + 3 * HALF_HOUR, [3, 0xff_ffff, 1]) : nothing,
    )
    const entries = ask('readImportProfile', ID.ESME, all)?.readImportProfile?.entries
    expect(entries?.map(({ value }) => value)).toEqual([1, 3])
  })

  it.each([
    ['answers about other times than it was asked about', page(T0 + 3 * 86_400_000, [1])],
    ['names an interval length nobody knows', page(T0 + HALF_HOUR, [1], { profileIntervalPeriod: 9 })],
    ['has no such channel', { ...nothing, status: 2 }],
  ])('is E21 from a meter that %s', (_, answer) => {
    const { ask } = besideMeter(kWh, () => answer)
    expect(ask('readImportProfile', ID.ESME, all)?.code).toBe('E21')
  })

  it('ends, whatever a meter says that gives one interval at a time for ever', () => {
    const { ask, asked } = besideMeter(kWh, ({ endTime }) => ({
      endTime: endTime - 1,
      status: 0,
      profileIntervalPeriod: 7,
      intervals: [0xff_fffe],
    }))
    const answer = ask('readImportProfile', ID.ESME, { fromMs: 0, toMs: T0, maxEntries: 1_000 })
    expect(answer?.code).toBe('E21')
    expect(asked.length).toBeLessThanOrEqual(1_001)
  })

  it('fits one message even when every interval is as large as can be', () => {
    const large = besideMeter({ Multiplier: 1, Divisor: 63 }, ({ endTime }) => ({
      endTime,
      status: 0,
      profileIntervalPeriod: 2,
      intervals: Array(20).fill(0xff_fffe),
    }))
    const answer = large.ask('readImportProfile', ID.ESME, {
      fromMs: T0 - 1_100 * HALF_HOUR,
      toMs: T0,
      maxEntries: 1_000,
    })
    expect(answer?.readImportProfile?.entries).toHaveLength(1_000)
    expect(answer?.readImportProfile?.entries[0]?.value).toBe(266_304_984)
  })
})

describe('a meter whose values make no sense', () => {
  it.each([
    ['divides by nothing', { Multiplier: 1, Divisor: 0 }],
    ['multiplies by nothing', { Multiplier: 0, Divisor: 1_000 }],
  ])('is E21 when it %s', (_, scale) => {
    const { ask } = besideMeter(scale, () => nothing)
    expect(ask('readImportRegisters', ID.ESME, {})).toMatchObject({
      code: 'E21',
      detail: 'the meter gives no register',
    })
  })

  it.each([0xffff_ffff_ffff, 0xffff_ffff_fffe])(
    'is E21 with a register of %d that means nothing or fits nowhere',
    register => {
      const bench = hubBench()
      bench.device(ID.ESME, 'router').endpoint.serve('Metering', {
        attributes: { CurrentSummationDelivered: register, Multiplier: 0xff_ffff, Divisor: 1 },
      })
      expect(bench.ask('readImportRegisters', ID.ESME, {})?.code).toBe('E21')
    },
  )

  it('is E21 with a clock that shows no time, and with none', () => {
    const bench = hubBench()
    const { endpoint } = bench.device(ID.ESME, 'router')
    expect(bench.ask('synchroniseClock', ID.ESME, {})?.code).toBe('E21')
    endpoint.serve('Time', { attributes: { Time: 0xffff_ffff } })
    expect(bench.ask('synchroniseClock', ID.ESME, {})).toMatchObject({
      code: 'E21',
      detail: 'the device says nothing of deviceClockBeforeMs',
    })
  })

  it('is E21 when it refuses to have its clock set', () => {
    const bench = hubBench()
    const { endpoint } = bench.device(ID.ESME, 'router')
    endpoint.serve('Time', { attributes: { Time: 1 }, writes: { Time: () => Status.INVALID_VALUE } })
    expect(bench.ask('synchroniseClock', ID.ESME, { setToMs: T0 })).toMatchObject({
      ...{ code: 'E21', detail: 'the device refused writing Time: Time INVALID_VALUE' },
    })
    expect(bench.hub.commissioned.size).toBe(0)
  })

  it('reports of a gas register that goes back are no consumption', () => {
    const { device, ask, run } = hubBench()
    const { endpoint } = device(ID.GSME, 'sleepy-end-device')
    endpoint.use('Metering')
    endpoint.request({ device: ID.CHF, endpoint: 1 }, 'Metering', 'RequestMirror', {}, () => {})
    run(seconds(20))
    for (const register of [1_000, 1_500, 400, 900]) {
      const scale = { Multiplier: 1, Divisor: 1_000 }
      endpoint.report({ device: ID.CHF, endpoint: 2 }, 'Metering', { CurrentSummationDelivered: register, ...scale })
      run(minutes(30))
    }
    const result = ask('readImportProfile', ID.GPF, all)?.readImportProfile
    expect(result?.entries.map(({ value }) => value)).toEqual([500, 500])
  })
})

describe('a device that falls asleep over a question', () => {
  it('is asked again when it is heard next', () => {
    const { device, run, send, events } = hubBench()
    const { node, endpoint } = device(ID.GSME, 'sleepy-end-device')
    endpoint.serve('Time', { attributes: { Time: toZigbeeUtc(T0) } })
    endpoint.use('Metering')
    const answer = send('synchroniseClock', ID.GSME, {})
    run(minutes(1))
    // It speaks, which wakes the request, but does not collect.
    endpoint.send({ device: ID.CHF, endpoint: 1 }, 'Metering', 'RequestMirror', {})
    run(minutes(1))
    expect(events).toContainEqual(expect.objectContaining({ kind: 'han.frame-lost', to: ID.GSME, reason: 'expired' }))
    expect(answer()).toBeUndefined()
    node.poll()
    run(seconds(1))
    node.poll()
    run(seconds(1))
    expect(answer()?.synchroniseClock).toMatchObject({ deviceClockBeforeMs: T0, adjusted: false })
  })
})

describe('keys handed to a hub', () => {
  const NEW = new Uint8Array(32).fill(0x77)
  const give = (originator: string, key = NEW, under = KEY) => ({ originator, wrappedKey: wrapKey(under, key) })
  const lastSaid = ({ link }: ReturnType<typeof hubBench>, key: Uint8Array) => {
    const decoded = decodeMessage(link.sent.at(-1) ?? new Uint8Array())
    return verifyMessage(decoded, key) ? decoded.message.response : undefined
  }

  it('are held from then on, and taken away again', () => {
    const { ask, hub } = hubBench()
    expect(ask('rotateCredentials', ID.CHF, give('s1sp'))?.rotateCredentials).toEqual({ originators: ['s1sp', 'smso'] })
    expect(hub.session.originators.keyOf('s1sp')).toEqual(NEW)
    const taken = ask('rotateCredentials', ID.CHF, { originator: 's1sp', remove: {} })
    expect(taken?.rotateCredentials).toEqual({ originators: ['smso'] })
    expect(ask('rotateCredentials', ID.CHF, { originator: 's1sp', remove: {} })).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'no key for s1sp is held',
    })
  })

  it('for the sender itself are proved by the answer, which comes under the new one', () => {
    const bench = hubBench()
    bench.send('rotateCredentials', ID.CHF, give('smso'))
    bench.run(seconds(1))
    expect(lastSaid(bench, KEY)).toBeUndefined()
    expect(lastSaid(bench, NEW)?.rotateCredentials).toEqual({ originators: ['smso'] })
  })

  it.each([
    ['wrapped under another key', give('s1sp', NEW, NEW)],
    ['not wrapped', { originator: 's1sp', wrappedKey: NEW }],
    ['not there', { originator: 's1sp' }],
  ])('%s are S1RIG_KEY and not held', (_, parameters) => {
    const { ask, hub } = hubBench()
    expect(ask('rotateCredentials', ID.CHF, parameters)?.code).toBe('S1RIG_KEY')
    expect(hub.session.originators.names).toEqual(['smso'])
  })

  it('cannot be taken from the one who asks, nor given to a name that is none', () => {
    const { ask } = hubBench()
    expect(ask('rotateCredentials', ID.CHF, { originator: 'smso', remove: {} })?.code).toBe('S1RIG_REFUSED')
    for (const name of ['', 'S1SP', '__proto__', 'a b', 'x'.repeat(33)]) {
      expect(ask('rotateCredentials', ID.CHF, give(name))?.code).toBe('S1RIG_PARAMETER')
    }
  })

  it('are eight at most', () => {
    const { ask } = hubBench()
    for (let n = 1; n <= 7; n++) expect(ask('rotateCredentials', ID.CHF, give(`p-${n}`))?.code).toBe('I0')
    expect(ask('rotateCredentials', ID.CHF, give('p-8'))).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'keys are held for p-1, p-2, p-3, p-4, p-5, p-6, p-7, smso: remove one first',
    })
    expect(ask('rotateCredentials', ID.CHF, give('p-3'))?.code).toBe('I0')
  })
})
