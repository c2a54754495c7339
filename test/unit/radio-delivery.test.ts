/** Properties over many seeds: what holds however busy the air is. */
import { expect, test } from 'vitest'
import { SeededRandom } from '../../src/kernel/random.ts'
import type { TransmitOutcome } from '../../src/ports/radio.ts'
import type { AirFault } from '../../src/radio/air-fault.ts'
import { data, type Node, RadioBench } from './radio-bench.ts'

interface Sent {
  to: number
  mark: string
  outcomes: TransmitOutcome['is'][]
}

/** Random unicasts among nodes in range, at random moments; some more at the end, when all is calm. */
function traffic(seed: string, nodes: number, frames: number, perturb?: (bench: RadioBench) => () => void) {
  const bench = new RadioBench({ seed })
  const random = new SeededRandom(seed).stream('traffic')
  const all = Array.from({ length: nodes }, (_, n) => bench.node(`n${n}`, n))
  const sent: Sent[] = []
  const send = (from: Node) => {
    const to = (from.short + 1 + random.int(nodes - 1)) % nodes
    const number = sent.length
    const payload = Uint8Array.of(number >> 8, number & 0xff, ...random.bytes(random.int(100)))
    const record: Sent = { to, mark: `${number}`, outcomes: [] }
    sent.push(record)
    from.radio.transmit(data(from.short, to, { sequence: number & 0xff, payload }), { attempts: 4 }, ({ is }) => {
      record.outcomes.push(is)
    })
  }
  const calm = perturb?.(bench)
  for (let n = 0; n < frames; n++) {
    send(all[random.int(nodes)] as Node)
    bench.run(random.int(4_000))
  }
  bench.run(2_000_000)
  calm?.()
  const healed = sent.length
  for (const node of all) {
    send(node)
    bench.run(100_000)
  }
  const arrivals = (record: Sent) =>
    (all[record.to]?.heard ?? []).filter(({ psdu }) => `${((psdu[9] ?? 0) << 8) | (psdu[10] ?? 0)}` === record.mark)
      .length
  return { bench, sent, healed, arrivals, all }
}

test('every frame has exactly one outcome, and without loss an acknowledged one arrived', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { sent, arrivals } = traffic(String(seed), 2 + (seed % 5), 200)
    for (const record of sent) {
      expect(record.outcomes).toHaveLength(1)
      if (record.outcomes[0] === 'acked') expect(arrivals(record)).toBeGreaterThanOrEqual(1)
      if (record.outcomes[0] === 'channel-busy') expect(arrivals(record)).toBeLessThan(4)
    }
  }
})

test('without loss and without a third who speaks, every acknowledged unicast arrives exactly once', () => {
  for (let seed = 0; seed < 50; seed++) {
    const bench = new RadioBench({ seed: String(seed) })
    const random = new SeededRandom(String(seed)).stream('traffic')
    const nodes = [bench.node('a', 1), bench.node('b', 2)] as const
    for (let n = 0; n < 200; n++) {
      const from = nodes[random.int(2)] as Node
      const to = from === nodes[0] ? nodes[1] : nodes[0]
      const before = to.heard.length
      const psdu = data(from.short, to.short, { sequence: n, payload: random.bytes(random.int(117)) })
      expect(bench.send(from, psdu)).toEqual({ is: 'acked', framePending: false })
      expect(to.heard.slice(before).map(({ psdu: heard }) => Buffer.compare(heard, psdu))).toEqual([0])
    }
    expect(bench.events).toEqual([])
  }
})

test('nobody hears what is for others, and nothing is heard that was not sent', () => {
  const { sent, all } = traffic('7', 5, 500)
  const heard = all.flatMap(({ heard, short }) =>
    heard.map(({ psdu }) => `${short} ${((psdu[9] ?? 0) << 8) | (psdu[10] ?? 0)}`),
  )
  const meant = new Set(sent.map(({ to, mark }) => `${to} ${mark}`))
  expect(heard.filter(one => !meant.has(one))).toEqual([])
  expect(heard.length).toBeGreaterThan(200)
})

const faults: AirFault[] = [
  { kind: 'loss', share: 0.5 },
  { kind: 'loss', share: 1, from: 'n0', to: 'n1' },
  { kind: 'burst-loss', burstUs: 50_000, gapUs: 50_000 },
  { kind: 'delay', share: 0.5, delayUs: 1_000, jitterUs: 50_000 },
  { kind: 'duplicate', share: 0.5, afterUs: 3_000 },
  { kind: 'corrupt', share: 0.5, bits: 4 },
  { kind: 'corrupt', share: 0.5, bits: 9, undetected: true },
  { kind: 'interference', channel: 15, powerDbm: -50, onUs: 3_000, offUs: 5_000 },
  { kind: 'node-off', node: 'n1' },
  { kind: 'deaf', node: 'n2' },
]

test('under any faults every frame still has one outcome; when they are lifted every radio works again', () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = new SeededRandom(String(seed)).stream('faults')
    const { sent, healed, arrivals } = traffic(String(seed), 4, 150, bench => {
      const injected = faults.filter(() => random.next() < 0.4).map(fault => bench.air.inject(fault))
      return () => {
        for (const fault of injected) fault.lift()
      }
    })
    for (const { outcomes } of sent) expect(outcomes).toHaveLength(1)
    for (const record of sent.slice(healed)) expect([record.outcomes, arrivals(record)]).toEqual([['acked'], 1])
  }
})
