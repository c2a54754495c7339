/** Who hears what: range, link quality, loss, collisions, sleep, sniffing. */
import { expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { InvariantError } from '../../src/base/errors.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { data, type Node, PAN, poll, RadioBench } from './radio-bench.ts'

const long = (from: number, to: number) => data(from, to, { payload: new Uint8Array(60) })
/** Sends now, whatever is on the air; no acknowledgement awaited. */
const blurt = (node: Node, to = 0xffff) =>
  node.radio.transmit(data(node.short, to, { ackRequest: false, payload: new Uint8Array(60) }), { csma: false })

test('out of range nothing is heard, in the direction that is out of range', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  bench.air.links.set({ from: 'b', to: 'a' }, OUT_OF_RANGE)
  expect(bench.send(a, data(1, 2), { attempts: 2 })).toEqual({ is: 'no-ack' })
  expect(b.heard).toHaveLength(2)
  expect(bench.send(b, data(2, 1))).toEqual({ is: 'no-ack' })
  expect(a.heard).toEqual([])
})

test('the weakest signal that is heard has -100 dBm', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  bench.air.links.setBoth('a', 'b', { rssiDbm: -100 })
  expect(bench.send(a, data(1, 2))).toEqual({ is: 'acked', framePending: false })
  bench.air.links.setBoth('a', 'b', { rssiDbm: -100.5 })
  expect(bench.send(a, data(1, 2))).toEqual({ is: 'no-ack' })
  expect(b.heard).toHaveLength(1)
})

test('a frame is heard with the strength and quality of its link', () => {
  const bench = new RadioBench()
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  bench.air.links.set({ from: 'a', to: 'b' }, { rssiDbm: -47, lqi: 201 })
  bench.air.links.set({ from: 'a', to: 'c' }, { rssiDbm: -30 })
  bench.send(a, data(1, 0xffff))
  expect(b.heard[0]?.info).toMatchObject({ rssiDbm: -47, lqi: 201, channel: 15 })
  expect(c.heard[0]?.info).toMatchObject({ rssiDbm: -30, lqi: 255 })
})

test('a link loses its share of frames, one way', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  bench.air.links.set({ from: 'a', to: 'b' }, { rssiDbm: -60, loss: 0.3 })
  for (let n = 0; n < 1_000; n++) {
    bench.send(a, data(1, 0xffff))
    bench.send(b, data(2, 0xffff))
  }
  expect(a.heard).toHaveLength(1_000)
  expect(b.heard.length).toBeGreaterThan(650)
  expect(b.heard.length).toBeLessThan(750)
  expect(bench.losses('b')).toEqual(Array.from({ length: 1_000 - b.heard.length }, () => 'loss'))
})

test('retries carry a frame over a lossy link; a lost acknowledgement brings it twice', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  bench.air.links.set({ from: 'b', to: 'a' }, { rssiDbm: -60, loss: 1 })
  expect(bench.send(a, data(1, 2), { attempts: 2 })).toEqual({ is: 'no-ack' })
  expect(b.heard).toHaveLength(2)
  expect(bench.losses('a')).toEqual(['loss', 'loss'])
})

test('two frames of like strength destroy each other', () => {
  const bench = new RadioBench()
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  bench.air.links.set({ from: 'a', to: 'c' }, { rssiDbm: -55 })
  blurt(a)
  bench.run(500)
  blurt(b)
  bench.run(1_000_000)
  expect(c.heard).toEqual([])
  expect(bench.losses('c')).toEqual(['collision', 'collision'])
  // A radio that sends hears nothing: half-duplex.
  expect(bench.losses('a')).toEqual(['sending'])
  expect(bench.losses('b')).toEqual(['sending'])
})

test.each([
  ['the first', -54, -60, 1],
  ['the second', -60, -54, 2],
])('%s of two frames survives when it is stronger by 6 dB', (_which, first, second, survivor) => {
  const bench = new RadioBench()
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  bench.air.links.set({ from: 'a', to: 'c' }, { rssiDbm: first })
  bench.air.links.set({ from: 'b', to: 'c' }, { rssiDbm: second })
  blurt(a)
  bench.run(500)
  blurt(b)
  bench.run(1_000_000)
  expect(c.heard.map(({ psdu }) => psdu[7])).toEqual([survivor])
})

test('the margin for capture can be set', () => {
  const bench = new RadioBench({ captureDb: 3 })
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  bench.air.links.set({ from: 'a', to: 'c' }, { rssiDbm: -57 })
  blurt(a)
  blurt(b)
  bench.run(1_000_000)
  expect(c.heard).toHaveLength(1)
})

test('frames one behind the other, on different channels or out of range do not collide', () => {
  const bench = new RadioBench()
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  const airtime = (6 + 9 + 60 + 2) * 32
  blurt(a)
  bench.run(airtime)
  blurt(b)
  bench.run(1_000_000)
  expect(c.heard).toHaveLength(2)
  b.radio.configure({ channel: 16 })
  blurt(a)
  blurt(b)
  bench.run(1_000_000)
  expect(c.heard).toHaveLength(3)
  b.radio.configure({ channel: 15 })
  bench.air.links.set({ from: 'b', to: 'c' }, OUT_OF_RANGE)
  blurt(a)
  blurt(b)
  bench.run(1_000_000)
  expect(c.heard).toHaveLength(4)
})

test('hidden from each other, two nodes collide at the one between them, and retries sort it out', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  const c = bench.node('c', 3)
  bench.air.links.setBoth('a', 'b', OUT_OF_RANGE)
  const outcomes: string[] = []
  for (let n = 0; n < 50; n++) {
    for (const node of [a, b])
      node.radio.transmit(data(node.short, 3), { attempts: 16 }, ({ is }) => void outcomes.push(is))
    bench.run(2_000_000)
  }
  expect(bench.losses('c').filter(reason => reason === 'collision').length).toBeGreaterThan(20)
  expect(outcomes).toEqual(Array.from({ length: 100 }, () => 'acked'))
  expect(c.heard.length).toBeGreaterThanOrEqual(100)
})

test('a sender that can be heard is waited for', () => {
  const bench = new RadioBench()
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  for (let n = 0; n < 50; n++) {
    blurt(a)
    bench.run(300)
    b.radio.transmit(long(2, 0xffff))
    bench.run(1_000_000)
  }
  expect(c.heard).toHaveLength(100)
})

/** @source IEEE 802.15.4-2006, 7.5.1: an assessment is shorter than a turnaround, so unslotted CSMA-CA has this gap */
test('an assessment that falls whole into the turnaround before an acknowledgement finds the channel clear', () => {
  const bench = new RadioBench({ seed: '19' })
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  for (const node of [a, b]) node.radio.transmit(long(node.short, 3), { attempts: 1 })
  bench.run(1_000_000)
  const [frame, ack, intruder] = bench.captured
  expect(bench.captured.map(({ from }) => from)).toEqual(['a', 'c', 'b'])
  expect((intruder?.startUs ?? 0) - 192 - 128).toBeGreaterThanOrEqual(frame?.endUs ?? 0)
  expect((intruder?.startUs ?? 0) - 192).toBeLessThanOrEqual(ack?.startUs ?? 0)
  expect(c.heard).toHaveLength(1)
  expect(bench.losses('a')).toEqual(['collision'])
})

test('who falls asleep, retunes or is reset in the middle of a frame does not hear it', () => {
  const stops: [string, (node: Node) => void][] = [
    ['asleep', node => node.radio.configure({ rxOnWhenIdle: false })],
    ['retuned', node => node.radio.configure({ channel: 16 })],
    ['scanning', node => node.radio.energyScan(15, 1, () => {})],
    ['reset', node => node.radio.reset()],
  ]
  for (const [reason, stop] of stops) {
    const bench = new RadioBench()
    const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
    a.radio.transmit(long(1, 2), { csma: false, attempts: 1 })
    bench.run(1_000)
    stop(b)
    b.radio.configure({ channel: 15, panId: PAN, shortAddress: 2, rxOnWhenIdle: true })
    bench.run(1_000_000)
    expect(b.heard).toEqual([])
    expect(bench.losses('b')).toEqual([reason])
  }
})

test('who wakes up or comes to the channel in the middle of a frame does not hear it, and the next one whole', () => {
  const bench = new RadioBench()
  const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
  b.radio.configure({ rxOnWhenIdle: false })
  c.radio.configure({ channel: 16 })
  blurt(a)
  bench.run(1_000)
  b.radio.configure({ rxOnWhenIdle: true })
  c.radio.configure({ channel: 15 })
  bench.run(1_000_000)
  expect([b.heard.length, c.heard.length]).toEqual([0, 0])
  blurt(a)
  bench.run(1_000_000)
  expect([b.heard.length, c.heard.length]).toEqual([1, 1])
})

test('who falls asleep at the very end of a frame has heard it', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  const endUs = 192 + (6 + 9 + 60 + 2) * 32
  bench.kernel.after(endUs, 'good night', () => b.radio.configure({ rxOnWhenIdle: false }))
  blurt(a)
  bench.run(1_000_000)
  expect(b.heard.map(({ atUs }) => atUs)).toEqual([endUs])
})

test.each([1, 2])('a sleeper listens no longer than for its acknowledgement, with %i attempts', attempts => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  b.radio.configure({ rxOnWhenIdle: false })
  b.radio.transmit(data(2, 9), { csma: false, attempts })
  bench.run(192 + (6 + 14) * 32 + 300)
  blurt(a, 2)
  bench.run(1_000_000)
  expect(b.heard).toEqual([])
  expect(bench.losses('b')).toEqual(['asleep'])
})

test('what is too weak to be heard does not disturb, whichever comes first', () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const bench = new RadioBench()
    const senders = [bench.node('a', 1), bench.node('b', 2)]
    const c = bench.node('c', 3)
    bench.air.links.set({ from: 'a', to: 'c' }, { rssiDbm: -98 })
    bench.air.links.set({ from: 'b', to: 'c' }, { rssiDbm: -101 })
    for (const which of order) {
      blurt(senders[which] as Node)
      bench.run(100)
    }
    bench.run(1_000_000)
    expect(c.heard.map(({ psdu }) => psdu[7])).toEqual([1])
  }
})

test('a reset in the turnaround before an acknowledgement leaves it unsent', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  a.radio.transmit(data(1, 2), { csma: false, attempts: 1 })
  bench.run(192 + (6 + 14) * 32 + 100)
  expect(b.heard).toHaveLength(1)
  b.radio.reset()
  bench.run(1_000_000)
  expect(bench.captured.map(({ from }) => from)).toEqual(['a'])
})

test('a frame cut short by a reset of its sender is heard by nobody', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  blurt(a, 2)
  bench.run(1_000)
  a.radio.reset()
  bench.run(1_000_000)
  expect(b.heard).toEqual([])
  expect(bench.losses('b')).toEqual(['cut short'])
})

test('a sleeper that polls and stays awake when told of more gets what its parent holds', () => {
  const bench = new RadioBench()
  const [hub, gsme] = [bench.node('hub', 0), bench.node('gsme', 0x1234)]
  gsme.radio.configure({ rxOnWhenIdle: false })
  hub.radio.setFramePending(0x1234, true)
  hub.radio.listen({ onReceive: () => hub.radio.transmit(long(0, 0x1234)) })
  gsme.radio.transmit(poll(0x1234, 0), {}, outcome => {
    if (outcome.is === 'acked') gsme.radio.configure({ rxOnWhenIdle: outcome.framePending })
  })
  bench.run(1_000_000)
  expect(gsme.heard.map(({ psdu }) => toHex(psdu))).toEqual([toHex(long(0, 0x1234))])
  expect(bench.events).toEqual([])
})

test('that sleepers miss broadcasts is not reported, that they miss a unicast is', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  b.radio.configure({ rxOnWhenIdle: false })
  bench.send(a, data(1, 0xffff))
  expect(bench.events).toEqual([])
  bench.send(a, data(1, 2), { attempts: 1 })
  expect(bench.events).toEqual([{ kind: 'radio.frame-lost', from: 'a', to: 'b', channel: 15, reason: 'asleep' }])
})

test('only an acknowledgement of the frame that waits for it counts', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  b.radio.configure({ shortAddress: 7 })
  let outcome = ''
  a.radio.transmit(data(1, 2, { sequence: 5 }), { csma: false, attempts: 1 }, ({ is }) => {
    outcome = is
  })
  bench.run(192 + (6 + 14) * 32 + 10)
  b.radio.transmit(Uint8Array.of(2, 0, 6), { csma: false })
  bench.run(1_000_000)
  expect(outcome).toBe('no-ack')
})

test('an energy scan measures signals below what can be heard, and the noise floor when there are none', () => {
  const bench = new RadioBench()
  const [a, b] = [bench.node('a', 1), bench.node('b', 2)]
  bench.air.links.set({ from: 'a', to: 'b' }, { rssiDbm: -102 })
  const levels: number[] = []
  blurt(a)
  bench.run(300)
  b.radio.energyScan(15, 100, dBm => void levels.push(dBm))
  b.radio.energyScan(16, 100, dBm => void levels.push(dBm))
  bench.run(1_000_000)
  expect(levels).toEqual([-102, -105])
})

test('a sniffer records every frame once, as sent, where it can hear it', () => {
  const bench = new RadioBench()
  const [a] = [bench.node('a', 1), bench.node('b', 2)]
  const far: string[] = []
  bench.air.links.set({ from: 'a', to: 'attic' }, OUT_OF_RANGE)
  bench.air.links.set({ from: 'b', to: 'attic' }, { rssiDbm: -88, lqi: 12 })
  const stop = bench.air.tap(({ from, rssiDbm, lqi }) => void far.push(`${from} ${rssiDbm} ${lqi}`), 'attic')
  bench.send(a, data(1, 2))
  expect(bench.captured.map(({ from }) => from)).toEqual(['a', 'b'])
  expect(far).toEqual(['b -88 12'])
  stop()
  bench.send(a, data(1, 2))
  expect(far).toHaveLength(1)
})

test('the same seed brings the same air, another seed another', () => {
  const story = (seed: string) => {
    const bench = new RadioBench({ seed })
    const nodes = [1, 2, 3].map(short => bench.node(`n${short}`, short))
    bench.air.links.setDefault({ rssiDbm: -60, loss: 0.2 })
    for (let n = 0; n < 20; n++) {
      for (const node of nodes) node.radio.transmit(long(node.short, (node.short % 3) + 1))
      bench.run(10_000)
    }
    return bench.captured.map(({ from, startUs }) => `${from}@${startUs}`).join(' ')
  }
  expect(story('1')).toBe(story('1'))
  expect(story('1')).not.toBe(story('2'))
})

test('names are taken once, links have bounds', () => {
  const bench = new RadioBench()
  bench.node('a', 1)
  expect(() => bench.air.radio('a', '00db1234567800a1')).toThrow('there is a radio "a" already')
  expect(() => bench.air.radio('b', '00DB')).toThrow(InvariantError)
  for (const link of [
    { rssiDbm: Number.NaN },
    { rssiDbm: 21 },
    { rssiDbm: -60, loss: 1.1 },
    { rssiDbm: -60, lqi: 256 },
  ]) {
    expect(() => bench.air.links.set({ from: 'a', to: 'b' }, link)).toThrow(InvariantError)
    expect(() => bench.air.links.setDefault(link)).toThrow(InvariantError)
  }
})
