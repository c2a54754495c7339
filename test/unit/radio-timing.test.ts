/** When things happen on the air, to the microsecond. @source IEEE 802.15.4-2006, 2.4 GHz: 16 us a symbol, 32 us an octet */
import { expect, test } from 'vitest'
import type { CapturedFrame } from '../../src/radio/air.ts'
import { data, RadioBench } from './radio-bench.ts'

/** Two radios, and the frames they sent. */
function pair(seed = '1') {
  const bench = new RadioBench({ seed })
  return { bench, a: bench.node('a', 1), b: bench.node('b', 2) }
}
const spans = (frames: readonly CapturedFrame[]) => frames.map(({ startUs, endUs }) => endUs - startUs)
const gap = (first: CapturedFrame | undefined, second: CapturedFrame | undefined) =>
  (second?.startUs ?? 0) - (first?.endUs ?? 0)

test('a frame is on the air for 32 us an octet, FCS and 6 octets of preamble, delimiter and length included', () => {
  const { bench, a } = pair()
  bench.send(a, data(1, 0xffff, { payload: new Uint8Array(0) }))
  bench.send(a, data(1, 0xffff, { payload: new Uint8Array(116) }))
  expect(spans(bench.captured)).toEqual([(6 + 9 + 2) * 32, (6 + 127) * 32])
  expect(spans(bench.captured)[1]).toBe(4_256)
})

test('the acknowledgement begins 192 us after the end of the frame and lasts 352 us', () => {
  const { bench, a } = pair()
  bench.send(a, data(1, 2))
  const [frame, ack] = bench.captured
  expect([bench.captured.length, frame?.from, ack?.from]).toEqual([2, 'a', 'b'])
  expect(gap(frame, ack)).toBe(192)
  expect(spans(bench.captured)[1]).toBe(352)
})

test('a frame reaches the host at its end, dated with its start-of-frame delimiter; its outcome comes with the end of the acknowledgement', () => {
  const { bench, a, b } = pair()
  let doneUs = 0
  a.radio.transmit(data(1, 2), {}, () => {
    doneUs = bench.kernel.nowUs()
  })
  bench.run(100_000)
  const [frame, ack] = bench.captured
  expect(b.heard[0]?.atUs).toBe(frame?.endUs)
  expect(b.heard[0]?.info.timestampUs).toBe((frame?.startUs ?? 0) + 160)
  expect(doneUs).toBe(ack?.endUs)
})

test('without CSMA a frame begins one turnaround after the call', () => {
  const { bench, a } = pair()
  a.radio.transmit(data(1, 2), { csma: false })
  bench.run(100_000)
  expect(bench.captured[0]?.startUs).toBe(192)
})

test('with CSMA it begins after 0 to 7 backoff periods of 320 us, an assessment of 128 us and a turnaround', () => {
  const starts = new Set<number>()
  for (let seed = 0; seed < 200; seed++) {
    const { bench, a } = pair(String(seed))
    bench.send(a, data(1, 0xffff))
    starts.add(bench.captured[0]?.startUs ?? 0)
  }
  expect([...starts].sort((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(n => n * 320 + 128 + 192))
})

test('an unacknowledged frame is sent as often as allowed, each time at least 864 us and channel access after the last', () => {
  for (const attempts of [1, 4, 7]) {
    const { bench, a } = pair()
    let doneUs = 0
    a.radio.transmit(data(1, 9), { attempts }, () => {
      doneUs = bench.kernel.nowUs()
    })
    bench.run(1_000_000)
    const frames = bench.captured
    expect(frames).toHaveLength(attempts)
    for (let n = 1; n < attempts; n++) {
      const waited = gap(frames[n - 1], frames[n]) - 864 - 128 - 192
      expect(waited % 320).toBe(0)
      expect(waited / 320).toBeLessThan(8)
      expect(waited).toBeGreaterThanOrEqual(0)
    }
    expect(doneUs).toBe((frames.at(-1)?.endUs ?? 0) + 864)
  }
})

test('four attempts are what a frame gets when nothing is said', () => {
  const { bench, a } = pair()
  expect(bench.send(a, data(1, 9))).toEqual({ is: 'no-ack' })
  expect(bench.captured).toHaveLength(4)
})

test('a sender leaves 192 us behind a short frame and 640 us behind a long one', () => {
  for (const [payload, least] of [
    [7, 192],
    [8, 640],
  ] as const) {
    const gaps: number[] = []
    for (let seed = 0; seed < 60; seed++) {
      const { bench, a } = pair(String(seed))
      const psdu = data(1, 0xffff, { payload: new Uint8Array(payload) })
      a.radio.transmit(psdu)
      a.radio.transmit(psdu)
      bench.run(1_000_000)
      gaps.push(gap(bench.captured[0], bench.captured[1]))
    }
    expect(Math.min(...gaps)).toBe(least + 128 + 192)
  }
})

test('an answer waits until the acknowledgement of what it answers is over', () => {
  for (let seed = 0; seed < 60; seed++) {
    const { bench, a, b } = pair(String(seed))
    b.radio.listen({ onReceive: () => b.radio.transmit(data(2, 1), { csma: false }) })
    bench.send(a, data(1, 2))
    const [, ack, answer] = bench.captured
    expect(bench.captured.map(({ from }) => from)).toEqual(['a', 'b', 'b', 'a'])
    expect(gap(ack, answer)).toBe(192)
  }
})

test('a frame that comes due in the turnaround before an acknowledgement waits for it', () => {
  const { bench, a, b } = pair()
  a.radio.transmit(data(1, 2), { csma: false })
  bench.run(192 + 14 * 32 + 6 * 32 - 100)
  b.radio.transmit(data(2, 0xffff), { csma: false })
  bench.run(100_000)
  expect(bench.captured.map(({ from }) => from)).toEqual(['a', 'b', 'b'])
  expect(gap(bench.captured[0], bench.captured[1])).toBe(192)
  expect(gap(bench.captured[1], bench.captured[2])).toBe(192)
})

test('a chip that acknowledges finds no channel clear until it is done', () => {
  for (let seed = 0; seed < 100; seed++) {
    const { bench, a, b } = pair(String(seed))
    a.radio.transmit(data(1, 2), { csma: false })
    bench.run(500)
    b.radio.transmit(data(2, 0xffff))
    bench.run(100_000)
    const ack = bench.captured.find(({ octets }) => octets.length === 5)
    const own = bench.captured.find(({ from, octets }) => from === 'b' && octets.length > 5)
    expect(gap(ack, own)).toBeGreaterThanOrEqual(128 + 192)
  }
})

test('a channel that was busy in one attempt leaves the next attempt all its assessments', () => {
  for (let seed = 0; seed < 40; seed++) {
    const { bench, a } = pair(String(seed))
    let outcome = ''
    const noise = { kind: 'interference', channel: 15, powerDbm: -60, onUs: 1, offUs: 0 } as const
    const first = bench.air.inject(noise)
    a.radio.transmit(data(1, 9), { attempts: 2 }, ({ is }) => {
      outcome = is
    })
    while (bench.kernel.eventsRun < 3) bench.run(1)
    first.lift()
    while (bench.captured.length === 0) bench.run(1)
    bench.air.inject(noise)
    const before = bench.kernel.eventsRun
    bench.run(1_000_000)
    expect(outcome).toBe('channel-busy')
    // The end of the frame, the acknowledgement missed, five assessments.
    expect(bench.kernel.eventsRun - before).toBe(7)
  }
})

test('two broadcasters that begin together and hear each other take turns, by their dice', () => {
  let clean = 0
  for (let seed = 0; seed < 100; seed++) {
    const bench = new RadioBench({ seed: String(seed) })
    const [a, b, c] = [bench.node('a', 1), bench.node('b', 2), bench.node('c', 3)]
    for (const node of [a, b])
      node.radio.transmit(data(node.short, 0xffff, { payload: new Uint8Array(60) }), { attempts: 1 })
    bench.run(1_000_000)
    const apart = Math.abs((bench.captured[0]?.startUs ?? 0) - (bench.captured[1]?.startUs ?? 0))
    if (c.heard.length === 2) clean++
    // Within one turnaround neither can hear the other begin: both are lost.
    else expect(apart).toBeLessThanOrEqual(192)
  }
  // The same one of 8 slots is thrown in one case of 8.
  expect(clean).toBeGreaterThan(75)
  expect(clean).toBeLessThan(100)
})

test('on a channel that is never clear a frame is given up after five assessments', () => {
  const { bench, a } = pair()
  bench.air.inject({ kind: 'interference', channel: 15, powerDbm: -60, onUs: 1, offUs: 0 })
  const before = bench.kernel.eventsRun
  expect(bench.send(a, data(1, 2))).toEqual({ is: 'channel-busy' })
  expect(bench.kernel.eventsRun - before).toBe(5)
  expect(bench.captured).toEqual([])
})
