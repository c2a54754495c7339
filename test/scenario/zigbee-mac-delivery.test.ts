/** Frames between neighbours, and what a sleepy child collects, over the simulated air. */
import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { Mac } from '../../src/zigbee/mac/mac.ts'
import type { MacOutcome } from '../../src/zigbee/mac-service.ts'
import { MacBench, outcomes, PAN } from '../unit/zigbee-mac-bench.ts'

const npdu = (...octets: number[]) => Uint8Array.from(octets)

describe('direct', () => {
  test('a unicast names the PAN once and asks for an acknowledgement', () => {
    const bench = new MacBench()
    bench.parent()
    const router = bench.child('router', 0x79c6, true)
    expect(bench.send(router, 0x0000, npdu(0x48, 0x02))).toBe('sent')
    // As nodes of a real network write it: 61 88, sequence, PAN 0x1a62, destination, source.
    expect(bench.sniffed[0]?.psdu).toMatch(/^6188..621a0000c6794802$/)
  })

  test('a broadcast is heard by all that listen, and acknowledged by nobody', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const [awake, asleep] = [bench.child('awake', 0x1001, true), bench.child('asleep', 0x1002)]
    const found = outcomes<MacOutcome>()
    parent.mac.broadcast(npdu(1, 2), found.note)
    expect(found.list).toEqual([])
    bench.run(milliseconds(50))
    expect(found.list).toEqual(['sent'])
    expect(bench.sniffed.map(({ psdu }) => psdu)).toEqual([expect.stringMatching(/^4188..621affff00000102$/)])
    expect(awake.data).toMatchObject([{ npdu: '0102', source: 0, broadcast: true }])
    expect(asleep.data).toEqual([])
  })

  test('a frame to a sleeper is heard by nobody: no acknowledgement after four attempts', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const asleep = bench.child('asleep', 0x1002)
    expect(bench.send(parent, 0x1002, npdu(1))).toBe('no-ack')
    expect(bench.sniffed).toHaveLength(4)
    expect(asleep.data).toEqual([])
  })

  test('a sleeper sends without listening', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const asleep = bench.child('asleep', 0x1002)
    expect(bench.send(asleep, 0x0000, npdu(7))).toBe('sent')
    expect(asleep.radio.settings.rxOnWhenIdle).toBe(false)
    expect(parent.data).toMatchObject([{ npdu: '07', source: 0x1002, broadcast: false }])
  })

  test('a lost acknowledgement leads to two frames on the air and one delivery', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const router = bench.child('router', 0x1001, true)
    bench.loseNextFrame('parent')
    expect(bench.send(router, 0x0000, npdu(9))).toBe('sent')
    expect(bench.sniffed.filter(({ from }) => from === 'router')).toHaveLength(2)
    expect(parent.data).toHaveLength(1)
    expect(parent.mac.counters.duplicates).toBe(1)
  })

  test('a thousand frames with equal payloads are a thousand deliveries', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const router = bench.child('router', 0x1001, true)
    for (let i = 0; i < 1_000; i++) expect(bench.send(router, 0x0000, npdu(9))).toBe('sent')
    expect(parent.data).toHaveLength(1_000)
    expect(parent.mac.counters.duplicates).toBe(0)
  })

  test('the channel is never clear', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    bench.air.inject({ kind: 'interference', channel: 15, powerDbm: -30, onUs: 1, offUs: 0 })
    expect(bench.send(parent, 0x1001, npdu(1))).toBe('channel-busy')
  })

  test('of two hundred frames at once 128 wait for the one under way, in order; the rest is refused', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const router = bench.child('router', 0x1001, true)
    const found = outcomes<MacOutcome>()
    for (let i = 0; i < 200; i++) parent.mac.send(0x1001, npdu(i), found.note)
    expect(found.list).toEqual([])
    bench.run(seconds(1))
    expect(found.list.slice(0, 71)).toEqual(Array.from({ length: 71 }, () => 'refused'))
    expect(found.list.slice(71)).toEqual(Array.from({ length: 129 }, () => 'sent'))
    expect(router.data.map(({ npdu }) => Number.parseInt(npdu, 16))).toEqual(Array.from({ length: 129 }, (_, i) => i))
  })

  test('what waits when a scan begins goes out on its own channel', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const router = bench.child('router', 0x1001, true)
    for (const octet of [1, 2, 3]) parent.mac.send(0x1001, npdu(octet))
    bench.scan(parent, [11])
    expect(router.data.map(({ npdu }) => npdu)).toEqual(['01', '02', '03'])
  })

  test('on no network nothing is sent', () => {
    const bench = new MacBench()
    const alone = bench.node('alone')
    expect(bench.send(alone, 0x0000, npdu(1))).toBe('refused')
    const found = outcomes<MacOutcome>()
    alone.mac.sendIndirect(0x1001, npdu(1), found.note)
    bench.run(0)
    expect(found.list).toEqual(['refused'])
    expect(bench.poll(alone)).toEqual({ acked: false, received: false })
    expect(bench.sniffed).toEqual([])
  })
})

describe('indirect', () => {
  test('a child collects all that is held, in order, with one poll; frame pending says what is left', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const found = outcomes<MacOutcome>()
    for (const octet of [1, 2, 3]) parent.mac.sendIndirect(0x1001, npdu(octet), found.note)
    bench.run(seconds(1))
    expect(bench.sniffed).toEqual([])

    expect(bench.poll(child)).toEqual({ acked: true, received: true })
    expect(child.data.map(({ npdu }) => npdu)).toEqual(['01', '02', '03'])
    expect(parent.polls).toEqual([0x1001, 0x1001, 0x1001])
    const frames = bench.sniffed.filter(({ frame }) => frame.type === 'data')
    expect(frames.map(({ frame }) => frame.framePending)).toEqual([true, true, false])
    bench.run(milliseconds(10))
    expect(found.list).toEqual(['sent', 'sent', 'sent'])
    expect(child.radio.settings.rxOnWhenIdle).toBe(false)
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    bench.run(milliseconds(10))
    expect(bench.kernel.nextAtUs).toBeUndefined()
  })

  test('what is held may be changed by its maker afterwards', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const octets = npdu(1)
    parent.mac.sendIndirect(0x1001, octets)
    octets[0] = 2
    bench.poll(child)
    expect(child.data).toMatchObject([{ npdu: '01' }])
  })

  test('a child that polls is served before all that waits for the chip', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    parent.mac.sendIndirect(0x1001, npdu(1))
    for (let i = 0; i < 100; i++) parent.mac.broadcast(new Uint8Array(80))
    expect(bench.poll(child)).toEqual({ acked: true, received: true })
  })

  test('a poll of nothing is over with its acknowledgement', () => {
    const bench = new MacBench()
    bench.parent()
    const child = bench.child('child', 0x1001)
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    expect(bench.sniffed.map(({ frame }) => frame.type)).toEqual(['command', 'ack'])
    expect(bench.kernel.nowUs()).toBeLessThan(milliseconds(6))
    expect(child.radio.settings.rxOnWhenIdle).toBe(false)
  })

  test('a parent that starts anew holds nothing, and says so', () => {
    const bench = new MacBench()
    const before = bench.parent()
    before.mac.sendIndirect(0x1001, npdu(1))
    const child = bench.child('child', 0x1001)
    const { radio, mac } = before
    const anew = new Mac({ radio, timers: bench.kernel, random: bench.kernel.random.stream('anew'), eui64: mac.eui64 })
    anew.configure({ channel: 15, panId: PAN, address: 0x0000 })
    bench.poll(child)
    expect(bench.sniffed.at(-1)?.frame).toMatchObject({ type: 'ack', framePending: false })
  })

  test('a poll that nobody hears', () => {
    const bench = new MacBench()
    const child = bench.child('child', 0x1001)
    expect(bench.poll(child)).toEqual({ acked: false, received: false })
    expect(bench.polls()).toHaveLength(4)
    expect(child.radio.settings.rxOnWhenIdle).toBe(false)
  })

  test('a poll from an unknown child is reported, and what is held for it then it gets at its next poll', () => {
    const bench = new MacBench()
    const polls: unknown[] = []
    const parent = bench.parent('parent', {
      onPolled: child => {
        polls.push(child)
        if (polls.length === 1) parent.mac.sendIndirect(child, npdu(4))
      },
    })
    const child = bench.child('stray', 0x4321)
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    expect(polls).toEqual([0x4321])
    bench.run(milliseconds(50))
    expect(bench.sniffed.map(({ frame }) => frame.type)).toEqual(['command', 'ack'])
    expect(bench.poll(child)).toEqual({ acked: true, received: true })
    expect(child.data).toMatchObject([{ npdu: '04' }])
  })

  test('what is not collected expires after 7.68 s', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const found = outcomes<MacOutcome>()
    parent.mac.sendIndirect(0x1001, npdu(1), found.note)
    bench.run(seconds(7.68) - 1)
    expect(found.list).toEqual([])
    bench.run(1)
    expect(found.list).toEqual(['expired'])
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    expect(bench.sniffed.at(-1)?.frame).toMatchObject({ type: 'ack', framePending: false })
  })

  test('a poll about the moment of expiry leads to one outcome, and `sent` when the child has the frame', () => {
    const seen = new Set<string>()
    for (let pollAtUs = seconds(7.668); pollAtUs <= seconds(7.684); pollAtUs += 250) {
      const bench = new MacBench(String(pollAtUs))
      const parent = bench.parent()
      const child = bench.child('child', 0x1001)
      const found = outcomes<MacOutcome>()
      parent.mac.sendIndirect(0x1001, npdu(1), found.note)
      bench.run(pollAtUs)
      bench.poll(child)
      bench.run(seconds(1))
      expect(found.list).toEqual([child.data.length === 1 ? 'sent' : 'expired'])
      seen.add(found.list.join())
    }
    expect(seen).toEqual(new Set(['sent', 'expired']))
  })

  test('a frame that was sent and not acknowledged is held for the next poll, and delivered once', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const found = outcomes<MacOutcome>()
    parent.mac.sendIndirect(0x1001, npdu(1), found.note)
    const stop = bench.air.tap(({ from, octets }) => {
      if (from !== 'parent' || octets.length === 5) return
      stop()
      bench.loseNextFrame('child')
    })
    expect(bench.poll(child)).toEqual({ acked: true, received: true })
    bench.run(seconds(2))
    expect(found.list).toEqual([])
    // The same frame again: nothing new.
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    bench.run(milliseconds(10))
    expect(found.list).toEqual(['sent'])
    const frames = bench.sniffed.filter(({ frame }) => frame.type === 'data')
    expect(frames).toHaveLength(2)
    expect(frames[1]?.psdu).toBe(frames[0]?.psdu)
    expect(child.data).toHaveLength(1)
  })

  test('when the acknowledgement of a poll is lost, the frame comes all the same', () => {
    for (const seed of ['1', '2', '3', '4', '5', '6', '7', '8']) {
      const bench = new MacBench(seed)
      const parent = bench.parent()
      const child = bench.child('child', 0x1001)
      parent.mac.sendIndirect(0x1001, npdu(1))
      bench.loseNextFrame('parent')
      expect(bench.poll(child)).toEqual({ acked: true, received: true })
      expect(child.data).toHaveLength(1)
      expect(child.radio.settings.rxOnWhenIdle).toBe(false)
    }
  })

  test('sixteen frames are held for a child, 128 in all; the rest is refused', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const found = outcomes<MacOutcome>()
    for (let i = 0; i < 17; i++) parent.mac.sendIndirect(0x1001, npdu(i), found.note)
    expect(found.list).toEqual([])
    bench.run(0)
    expect(found.list).toEqual(['refused'])
    for (let i = 0; i < 113; i++) parent.mac.sendIndirect(0x2000 + i, npdu(i), found.note)
    bench.run(0)
    expect(found.list).toEqual(['refused', 'refused'])
    bench.poll(child)
    expect(child.data).toHaveLength(16)
    bench.run(milliseconds(10))
    parent.mac.sendIndirect(0x1001, npdu(1), found.note)
    bench.run(0)
    expect(found.list.filter(outcome => outcome === 'refused')).toHaveLength(2)
  })

  test('what is dropped is told, and no longer announced', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const found = outcomes<MacOutcome>()
    for (const octet of [1, 2]) parent.mac.sendIndirect(0x1001, npdu(octet), found.note)
    parent.mac.dropIndirect(0x1001)
    expect(found.list).toEqual([])
    bench.run(0)
    expect(found.list).toEqual(['expired', 'expired'])
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    bench.run(seconds(8))
    expect(found.list).toHaveLength(2)
  })

  test('what is dropped while it is on the air is told once, and what is held after it is its own', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const [first, second] = [outcomes<MacOutcome>(), outcomes<MacOutcome>()]
    parent.mac.sendIndirect(0x1001, npdu(1), first.note)
    const stop = bench.air.tap(({ from, octets }) => {
      if (from !== 'parent' || octets.length === 5) return
      stop()
      parent.mac.dropIndirect(0x1001)
      parent.mac.sendIndirect(0x1001, npdu(2), second.note)
    })
    bench.poll(child)
    bench.run(seconds(1))
    expect([first.list, second.list]).toEqual([['expired'], []])
    bench.poll(child)
    bench.run(seconds(10))
    expect([first.list, second.list]).toEqual([['expired'], ['sent']])
  })

  test('a sleeper hears nothing while it sleeps, though its parent talks', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    for (let i = 0; i < 20; i++) {
      parent.mac.broadcast(npdu(i))
      parent.mac.send(0x1001, npdu(i))
      bench.run(milliseconds(200))
    }
    expect(child.data).toEqual([])
    parent.mac.sendIndirect(0x1001, npdu(0xaa))
    bench.poll(child)
    expect(child.data.map(({ npdu }) => npdu)).toEqual(['aa'])
  })

  test('polls asked for while one is under way are answered by it', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    parent.mac.sendIndirect(0x1001, npdu(1))
    const found = outcomes<unknown>()
    for (let i = 0; i < 100; i++) child.mac.poll(0x0000, found.note)
    bench.run(seconds(1))
    expect(found.list).toEqual(Array.from({ length: 100 }, () => ({ acked: true, received: true })))
    expect(bench.polls()).toHaveLength(1)
  })

  test('a poll during a scan is done after it', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    parent.mac.sendIndirect(0x1001, npdu(1))
    const found = outcomes<unknown>()
    child.mac.scan({ channels: [11, 12] }, () => found.note('scanned'))
    child.mac.poll(0x0000, found.note)
    bench.run(seconds(1))
    expect(found.list).toEqual(['scanned', { acked: true, received: true }])
  })
})

describe('with three frames of ten lost', () => {
  test.each(['a', 'b', 'c', 'd', 'e', 'f'])(
    'nothing is delivered twice, and nothing `sent` is missing (seed %s)',
    seed => {
      const bench = new MacBench(seed)
      const parent = bench.parent()
      const children = [bench.child('one', 0x1001), bench.child('two', 0x1002), bench.child('three', 0x1003)]
      bench.air.inject({ kind: 'loss', share: 0.3 })
      const results = new Map<string, MacOutcome>()
      const dice = bench.kernel.random.stream('test')
      for (let i = 0; i < 200; i++) {
        const child = children[dice.int(3)]!
        const name = `${child.name} ${i}`
        const to = child.radio.settings.shortAddress
        parent.mac.sendIndirect(to, npdu(i), outcome => void results.set(name, outcome))
        for (const each of children) if (dice.next() < 0.7) each.mac.poll(0x0000)
        bench.run(milliseconds(400))
      }
      bench.run(seconds(10))

      expect(results.size).toBe(200)
      for (const child of children) {
        const got = child.data.map(({ npdu }) => `${child.name} ${Number.parseInt(npdu, 16)}`)
        expect(new Set(got).size).toBe(got.length)
        expect([...got].sort((a, b) => Number(a.split(' ')[1]) - Number(b.split(' ')[1]))).toEqual(got)
        const sent = [...results].filter(([name, outcome]) => name.startsWith(child.name) && outcome === 'sent')
        for (const [name] of sent) expect(got).toContain(name)
      }
      expect([...results.values()].filter(outcome => outcome === 'sent').length).toBeGreaterThan(180)
    },
  )
})
