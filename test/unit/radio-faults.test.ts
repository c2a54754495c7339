/** Faults on the air: what each does, that it is traced, that it ends, and that it throws nobody else's dice. */
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { InvariantError } from '../../src/base/errors.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { AirFault } from '../../src/radio/air-fault.ts'
import { data, type Node, RadioBench } from './radio-bench.ts'

const acked = { is: 'acked', framePending: false }
const noAck = { is: 'no-ack' }
const frame = data(1, 2)

class Pair {
  readonly bench: RadioBench
  readonly a: Node
  readonly b: Node

  constructor(seed = '1') {
    this.bench = new RadioBench({ seed })
    this.a = this.bench.node('a', 1)
    this.b = this.bench.node('b', 2)
  }
  inject(fault: AirFault) {
    return this.bench.air.inject(fault)
  }
  /** Sends so many broadcasts from a, 10 ms apart; how many b heard. */
  heardOf(count: number): number {
    const before = this.b.heard.length
    for (let n = 0; n < count; n++) {
      this.a.radio.transmit(data(1, 0xffff))
      this.bench.run(milliseconds(10))
    }
    return this.b.heard.length - before
  }
}

test('a fault is traced when it sets in and when it lifts, with its values', () => {
  const pair = new Pair()
  const fault = pair.inject({ kind: 'burst-loss', burstUs: seconds(2), gapUs: 500, from: 'a' })
  fault.lift()
  fault.lift()
  const text = 'burst-loss burst=00:00:02 gap=500 us from=a'
  expect(pair.bench.events).toEqual([
    { kind: 'fault.injected', fault: text },
    { kind: 'fault.lifted', fault: text },
  ])
})

describe('loss', () => {
  test('takes its share of frames until it is lifted', () => {
    const pair = new Pair()
    const fault = pair.inject({ kind: 'loss', share: 0.4 })
    const heard = pair.heardOf(1_000)
    expect(heard).toBeGreaterThan(550)
    expect(heard).toBeLessThan(650)
    expect(pair.bench.losses('b')).toEqual(Array.from({ length: 1_000 - heard }, () => 'loss'))
    fault.lift()
    expect(pair.heardOf(1_000)).toBe(1_000)
  })

  test('in one direction it takes the frames but not the acknowledgements, or the other way round', () => {
    const there = new Pair()
    there.inject({ kind: 'loss', share: 1, from: 'a', to: 'b' })
    expect(there.bench.send(there.a, frame)).toEqual(noAck)
    expect(there.b.heard).toEqual([])
    expect(there.bench.send(there.b, data(2, 1))).toEqual(noAck)
    expect(there.a.heard).toHaveLength(4)

    const back = new Pair()
    back.inject({ kind: 'loss', share: 1, to: 'a' })
    expect(back.bench.send(back.a, frame)).toEqual(noAck)
    expect(back.b.heard).toHaveLength(4)
  })
})

describe('burst loss', () => {
  const run = (seed: string) => {
    const pair = new Pair(seed)
    pair.inject({ kind: 'burst-loss', burstUs: seconds(1), gapUs: seconds(3) })
    const runs: boolean[] = []
    for (let n = 0; n < 4_000; n++) runs.push(pair.heardOf(1) === 1)
    return runs
  }

  test('comes in bursts of about the given length, about the given time apart', () => {
    const heard = run('1')
    const lost = heard.filter(one => !one).length
    expect(lost / heard.length).toBeGreaterThan(0.1)
    expect(lost / heard.length).toBeLessThan(0.45)
    const bursts = heard.filter((one, at) => !one && heard[at - 1] !== false).length
    // Frames are 10 ms apart, a burst lasts 1 s on average: about a hundred frames.
    expect(lost / bursts).toBeGreaterThan(40)
    expect(lost / bursts).toBeLessThan(250)
  })

  test('a long silence costs one throw, and leaves bursts as likely as ever', () => {
    let lost = 0
    for (let seed = 0; seed < 200; seed++) {
      const pair = new Pair(String(seed))
      pair.inject({ kind: 'burst-loss', burstUs: 1_000, gapUs: 1_000 })
      pair.bench.run(seconds(72 * 3_600))
      lost += 1 - pair.heardOf(1)
    }
    expect(lost).toBeGreaterThan(70)
    expect(lost).toBeLessThan(130)
  })
})

describe('delay', () => {
  test('hands a frame up late; the chip acknowledges in time', () => {
    const pair = new Pair()
    pair.inject({ kind: 'delay', share: 1, delayUs: milliseconds(20), to: 'b' })
    expect(pair.bench.send(pair.a, frame)).toEqual(acked)
    const [sent] = pair.bench.captured
    expect(pair.b.heard.map(({ atUs }) => atUs)).toEqual([(sent?.endUs ?? 0) + 20_000])
    expect(pair.bench.events.at(-1)).toEqual({
      kind: 'radio.frame-disturbed',
      from: 'a',
      to: 'b',
      channel: 15,
      fault: 'delay',
    })
  })

  test('jitter lets frames overtake each other', () => {
    const pair = new Pair()
    pair.inject({ kind: 'delay', share: 1, delayUs: 1, jitterUs: milliseconds(100), to: 'b' })
    for (let n = 0; n < 20; n++) {
      pair.a.radio.transmit(data(1, 2, { sequence: n }))
      pair.bench.run(milliseconds(10))
    }
    pair.bench.run(seconds(1))
    const order = pair.b.heard.map(({ psdu }) => psdu[2] ?? 0)
    expect(order.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, n) => n))
    expect(order).not.toEqual(Array.from({ length: 20 }, (_, n) => n))
    for (const [at, { atUs }] of pair.b.heard.entries()) {
      const sent = pair.bench.captured.find(({ from, octets }) => from === 'a' && octets[2] === order[at])
      expect(atUs - (sent?.endUs ?? 0)).toBeGreaterThanOrEqual(1)
      expect(atUs - (sent?.endUs ?? 0)).toBeLessThanOrEqual(100_001)
    }
  })

  test('a frame that is still delayed when the radio is reset never arrives', () => {
    const pair = new Pair()
    pair.inject({ kind: 'delay', share: 1, delayUs: seconds(2) })
    pair.bench.send(pair.a, frame)
    pair.b.radio.reset()
    pair.bench.run(seconds(5))
    expect(pair.b.heard).toEqual([])
  })
})

test('duplicate: the frame reaches the host a second time, and only once goes over the air', () => {
  const pair = new Pair()
  pair.inject({ kind: 'duplicate', share: 1, afterUs: 700, to: 'b' })
  pair.b.radio.listen({
    onReceive: (psdu, info) => {
      pair.b.heard.push({ atUs: pair.bench.kernel.nowUs(), psdu: psdu.slice(), info })
      psdu.fill(0)
    },
  })
  expect(pair.bench.send(pair.a, frame)).toEqual(acked)
  const endUs = pair.bench.captured[0]?.endUs ?? 0
  expect(pair.b.heard.map(({ atUs, psdu }) => [atUs - endUs, toHex(psdu)])).toEqual([
    [0, toHex(frame)],
    [700, toHex(frame)],
  ])
  expect(pair.bench.captured).toHaveLength(2)
})

describe('corrupt', () => {
  test('the FCS shows it: the frame is dropped, not acknowledged and traced', () => {
    const pair = new Pair()
    pair.inject({ kind: 'corrupt', share: 1, bits: 3, to: 'b' })
    expect(pair.bench.send(pair.a, frame, { attempts: 1 })).toEqual(noAck)
    expect(pair.b.heard).toEqual([])
    expect(pair.bench.losses('b')).toEqual(['bad-fcs'])
  })

  test('undetected, the host gets octets with as many bits flipped, and everybody else the true ones', () => {
    const sent = data(1, 0xffff, { payload: new Uint8Array(1) })
    for (let seed = 0; seed < 50; seed++) {
      const pair = new Pair(String(seed))
      const witness = pair.bench.node('c', 3)
      pair.b.radio.configure({ promiscuous: true })
      pair.inject({ kind: 'corrupt', share: 1, bits: 5, undetected: true, to: 'b' })
      pair.bench.send(pair.a, sent)
      const got = pair.b.heard[0]?.psdu ?? new Uint8Array()
      const flipped = [...sent].reduce((bits, octet, at) => bits + ones(octet ^ (got[at] ?? 0)), 0)
      expect([got.length, flipped]).toEqual([sent.length, 5])
      expect(witness.heard.map(({ psdu }) => toHex(psdu))).toEqual([toHex(sent)])
    }
  })

  test('more bits than a frame has flips them all', () => {
    const pair = new Pair()
    pair.inject({ kind: 'corrupt', share: 1, bits: 1_016 })
    expect(pair.heardOf(1)).toBe(0)
  })
})

describe('interference', () => {
  test('drowns what is not stronger by the capture margin, on its channel only', () => {
    const pair = new Pair()
    pair.bench.air.links.setDefault({ rssiDbm: -80 })
    pair.inject({ kind: 'interference', channel: 15, powerDbm: -82, onUs: 1, offUs: 0 })
    expect(pair.heardOf(5)).toBe(0)
    expect(pair.bench.losses('b')).toEqual(Array.from({ length: 5 }, () => 'interference'))
    pair.bench.air.links.setDefault({ rssiDbm: -76 })
    expect(pair.heardOf(5)).toBe(5)
    pair.bench.air.links.setDefault({ rssiDbm: -80 })
    for (const { radio } of [pair.a, pair.b]) radio.configure({ channel: 16 })
    expect(pair.heardOf(5)).toBe(5)
  })

  test('on and off by turns, it hits what overlaps with it', () => {
    const pair = new Pair()
    pair.inject({ kind: 'interference', channel: 15, powerDbm: -40, onUs: 1_000, offUs: 9_000 })
    // Airtime 640 us and a turnaround: on during 0..1000, 10000..11000 and so on.
    const send = (atUs: number) => {
      pair.bench.run(atUs - pair.bench.kernel.nowUs())
      pair.a.radio.transmit(data(1, 0xffff), { csma: false })
    }
    for (const atUs of [10_800, 21_000, 29_300, 39_200, 48_000]) send(atUs)
    pair.bench.run(10_000)
    expect(pair.b.heard.map(({ atUs }) => atUs)).toEqual([21_832, 48_832])
    expect(pair.bench.losses('b')).toHaveLength(3)
  })

  test('an energy scan finds it', () => {
    const pair = new Pair()
    pair.inject({ kind: 'interference', channel: 20, powerDbm: -55, onUs: 100, offUs: 100_000 })
    const levels: number[] = []
    for (const channel of [19, 20]) pair.a.radio.energyScan(channel, 200_000, dBm => void levels.push(dBm))
    pair.bench.run(seconds(1))
    expect(levels).toEqual([-105, -55])
  })
})

describe('a node', () => {
  test('that is off neither sends nor hears nor acknowledges', () => {
    const pair = new Pair()
    const fault = pair.inject({ kind: 'node-off', node: 'b' })
    expect(pair.bench.send(pair.a, frame, { attempts: 1 })).toEqual(noAck)
    expect(pair.bench.send(pair.b, data(2, 1), { attempts: 1 })).toEqual(noAck)
    expect([pair.a.heard, pair.b.heard]).toEqual([[], []])
    expect(pair.bench.captured.map(({ from }) => from)).toEqual(['a'])
    fault.lift()
    expect(pair.bench.send(pair.a, frame)).toEqual(acked)
  })

  test('that goes off in the middle of its frame is not heard', () => {
    const pair = new Pair()
    pair.a.radio.transmit(data(1, 0xffff), { csma: false })
    pair.bench.run(400)
    pair.inject({ kind: 'node-off', node: 'a' })
    pair.bench.run(seconds(1))
    expect(pair.b.heard).toEqual([])
    expect(pair.bench.losses('b')).toEqual(['node-off'])
  })

  test('that is deaf sends, and hears neither frames nor acknowledgements', () => {
    const pair = new Pair()
    const fault = pair.inject({ kind: 'deaf', node: 'b' })
    expect(pair.bench.send(pair.a, frame)).toEqual(noAck)
    expect(pair.bench.send(pair.b, data(2, 1))).toEqual(noAck)
    expect([pair.a.heard.length, pair.b.heard.length]).toEqual([4, 0])
    fault.lift()
    expect(pair.bench.send(pair.b, data(2, 1))).toEqual(acked)
  })
})

test('a fault throws dice of its own: a second one changes nothing about the first', () => {
  const story = (more: readonly AirFault[]) => {
    const pair = new Pair()
    pair.inject({ kind: 'loss', share: 0.5, to: 'b' })
    for (const fault of more) pair.inject(fault)
    for (let n = 0; n < 100; n++) {
      pair.a.radio.transmit(data(1, 0xffff, { sequence: n }))
      pair.bench.run(milliseconds(10))
    }
    return pair.b.heard.map(({ psdu }) => psdu[2])
  }
  const alone = story([])
  expect(alone.length).toBeGreaterThan(30)
  expect(story([{ kind: 'duplicate', share: 0.5, afterUs: 1, to: 'a' }])).toEqual(alone)
  expect(
    story([
      { kind: 'corrupt', share: 0.5, bits: 1, to: 'a' },
      { kind: 'delay', share: 0.5, delayUs: 1, to: 'b' },
    ]),
  ).toEqual(alone)
})

const wrong: [AirFault, string][] = [
  [{ kind: 'loss', share: 0 }, 'air fault loss: share is 0, more than 0, at most 1 expected'],
  [{ kind: 'loss', share: 1.1 }, 'share is 1.1'],
  [{ kind: 'loss', share: Number.NaN }, 'share is NaN'],
  [{ kind: 'loss', share: 1, from: 'aa' }, 'from is aa, one of a, b (did you mean "a"?) expected'],
  [{ kind: 'burst-loss', burstUs: 0, gapUs: 1 }, 'burstUs is 0'],
  [{ kind: 'burst-loss', burstUs: 1, gapUs: 0.5 }, 'gapUs is 0.5'],
  [{ kind: 'delay', share: 1, delayUs: 61_000_000 }, 'delayUs is 61000000, a whole number 1..60000000 us expected'],
  [{ kind: 'delay', share: 1, delayUs: 1, jitterUs: -1 }, 'jitterUs is -1'],
  [{ kind: 'duplicate', share: 1, afterUs: 0 }, 'afterUs is 0'],
  [{ kind: 'corrupt', share: 1, bits: 0 }, 'bits is 0'],
  [{ kind: 'interference', channel: 10, powerDbm: -60, onUs: 1, offUs: 1 }, 'channel is 10'],
  [{ kind: 'interference', channel: 15, powerDbm: 21, onUs: 1, offUs: 1 }, 'powerDbm is 21'],
  [{ kind: 'node-off', node: 'z' }, 'node is z, one of a, b'],
]
test.each(wrong)('%j is refused and says why', (fault, message) => {
  const pair = new Pair()
  expect(() => pair.inject(fault)).toThrow(InvariantError)
  expect(() => pair.inject(fault)).toThrow(message)
  expect(pair.bench.events).toEqual([])
})

const ones = (octet: number): number => (octet === 0 ? 0 : (octet & 1) + ones(octet >> 1))

describe('replay', () => {
  test('sends a heard frame again, byte for byte, from a radio of its own, until it is lifted', () => {
    const pair = new Pair()
    const fault = pair.inject({ kind: 'replay', share: 1, afterUs: seconds(2) })
    expect(pair.bench.send(pair.a, frame)).toEqual(acked)
    pair.bench.run(seconds(2))
    expect(pair.b.heard.map(({ psdu }) => toHex(psdu))).toEqual([toHex(frame), toHex(frame)])
    const [sent, , again] = pair.bench.captured
    expect(again).toMatchObject({ from: 'replayer', octets: sent?.octets })
    expect((again?.startUs ?? 0) - (sent?.startUs ?? 0)).toBeGreaterThan(seconds(2))
    expect(pair.bench.events.at(1)).toEqual({ kind: 'radio.frame-replayed', from: 'a', channel: 15 })
    // What it sent itself, and acknowledgements, it leaves alone.
    pair.bench.run(seconds(10))
    expect(pair.b.heard).toHaveLength(2)

    pair.bench.send(pair.a, frame)
    fault.lift()
    pair.bench.run(seconds(10))
    expect(pair.b.heard).toHaveLength(3)
  })

  test('takes its share, of one sender when told so, and holds so many frames only', () => {
    const pair = new Pair()
    pair.inject({ kind: 'replay', share: 0.5, afterUs: milliseconds(7), from: 'a' })
    expect(pair.heardOf(400)).toBeGreaterThan(550)
    expect(pair.b.heard.length).toBeLessThan(650)
    pair.a.heard.length = 0
    pair.bench.send(pair.b, data(2, 1))
    expect(pair.a.heard).toHaveLength(1)

    const flooded = new Pair()
    flooded.inject({ kind: 'replay', share: 1, afterUs: seconds(60) })
    flooded.heardOf(100)
    flooded.bench.run(seconds(61))
    expect(flooded.b.heard).toHaveLength(164)
  })
})
