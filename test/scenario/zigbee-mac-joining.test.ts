/** A device finds a network and is let in, over the simulated air. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { AssociationOutcome } from '../../src/zigbee/mac-service.ts'
import { CHANNEL, MacBench, network, outcomes, PAN, sleepy } from '../unit/zigbee-mac-bench.ts'

describe('scan', () => {
  test('networks on several channels are found, best link first', () => {
    const bench = new MacBench()
    bench.parent('far', { channel: 11, panId: 0x1111 })
    bench.parent('near', { channel: 20, panId: 0x2222 })
    bench.parent('shut', {
      channel: 20,
      panId: 0x3333,
      beacon: () => ({ associationPermitted: false, network: network('00db1234567800ff') }),
    })
    bench.air.links.setDefault({ rssiDbm: -60 })
    const joiner = bench.node('joiner')
    bench.air.links.setBoth('far', 'joiner', { rssiDbm: -80 })
    bench.air.links.setBoth('near', 'joiner', { rssiDbm: -40 })

    const heard = bench.scan(joiner, [11, 15, 20, 26])

    expect(heard.map(({ channel, panId, associationPermitted }) => ({ channel, panId, associationPermitted }))).toEqual(
      [
        { channel: 20, panId: 0x2222, associationPermitted: true },
        { channel: 20, panId: 0x3333, associationPermitted: false },
        { channel: 11, panId: 0x1111, associationPermitted: true },
      ],
    )
    expect(heard[1]?.network).toEqual(network('00db1234567800ff'))
    expect(heard.map(({ address }) => address)).toEqual([0, 0, 0])
  })

  test('a channel takes 138.24 ms and the backoff of its request; afterwards the radio is where it was', () => {
    const bench = new MacBench()
    const joiner = bench.child('joiner', 0x1234)
    const before = { ...joiner.radio.settings }
    expect(bench.scan(joiner, [11, 12, 13])).toEqual([])
    const tookUs = bench.kernel.nowUs()
    expect(tookUs).toBeGreaterThan(3 * 138_240)
    expect(tookUs).toBeLessThan(3 * 138_240 + 3 * milliseconds(5))
    expect(joiner.radio.settings).toEqual(before)
    expect(bench.sniffed.map(({ frame }) => frame.type === 'command' && frame.command.name)).toEqual([
      'beaconRequest',
      'beaconRequest',
      'beaconRequest',
    ])
  })

  test('a scan of no channel finds nothing, and not inside the call', () => {
    const bench = new MacBench()
    const joiner = bench.node('joiner')
    const found = outcomes<unknown>()
    joiner.mac.scan({ channels: [] }, found.note)
    expect(found.list).toEqual([])
    bench.run(0)
    expect(found.list).toEqual([[]])
  })

  test('a node that is no parent, or on no network, does not answer', () => {
    const bench = new MacBench()
    bench.parent('closed', { beacon: () => undefined })
    bench.child('child', 0x1234, true)
    bench.node('nowhere').mac.configure({ channel: CHANNEL })
    expect(bench.scan(bench.node('joiner'), [CHANNEL])).toEqual([])
  })

  test('twenty routers answer one request, and most beacons survive', () => {
    const bench = new MacBench()
    for (let i = 0; i < 20; i++) bench.parent(`router-${i}`).mac.configure({ address: 0x100 + i })
    const heard = bench.scan(bench.node('joiner'), [CHANNEL])
    expect(heard.length).toBeGreaterThanOrEqual(16)
  })

  test('one beacon answers two joiners that scan at once', () => {
    const bench = new MacBench()
    bench.parent()
    const [one, two] = [bench.node('one'), bench.node('two')]
    const found = outcomes<unknown[]>()
    one.mac.scan({ channels: [CHANNEL] }, found.note)
    two.mac.scan({ channels: [CHANNEL] }, found.note)
    bench.run(seconds(1))
    expect(found.list.map(heard => heard.length)).toEqual([1, 1])
    expect(bench.sniffed.filter(({ frame }) => frame.type === 'beacon')).toHaveLength(1)
  })
})

test('who answers twice is one network', () => {
  const bench = new MacBench()
  bench.parent()
  expect(bench.scan(bench.node('joiner'), [CHANNEL, CHANNEL])).toHaveLength(1)
})

describe('association', () => {
  test('a join has the frames of a real one, octet for octet but for sequence numbers', () => {
    const sniffed: { name: string; psdu: string }[] = JSON.parse(
      readFileSync(new URL('../golden/data/mac-frames.json', import.meta.url), 'utf8'),
    ).sniffed.frames
    const bench = new MacBench()
    bench.parent('parent', {
      eui64: '804b50fffe0599f9',
      panId: 0x1a64,
      beacon: () => ({ associationPermitted: true, network: network('dddddddddddddddd') }),
      onAssociation: () => ({ address: 0xa18f }),
    })
    const joiner = bench.node('joiner', { eui64: 'a4c1386d9b280fdf' })
    bench.scan(joiner, [CHANNEL])
    const router = { ...sleepy, fullFunctionDevice: true, mainsPowered: true, rxOnWhenIdle: true }
    joiner.mac.associate({ channel: CHANNEL, panId: 0x1a64, parent: 0, capability: router }, () => {})
    bench.run(seconds(1))

    const frames = bench.sniffed.filter(({ frame }) => frame.type !== 'ack')
    const inReality = (name: string) => sniffed.find(frame => frame.name === name)?.psdu ?? `no frame ${name}`
    const butForSequence = (psdu: string) => `${psdu.slice(0, 4)}..${psdu.slice(6)}`
    expect(frames.map(({ psdu }) => butForSequence(psdu))).toEqual(
      [
        'NET2_BEACON_REQ_FROM_DEVICE',
        'NET2_BEACON_RESP_FROM_COORD',
        'NET2_ASSOC_REQ_FROM_DEVICE',
        'NET2_DATA_RQ_FROM_DEVICE',
        'NET2_ASSOC_RESP_FROM_COORD',
      ].map(name => butForSequence(inReality(name))),
    )
  })

  test('a device asks, waits 491.52 ms, polls with its EUI-64 and has its address', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const joiner = bench.node('joiner')
    expect(bench.associate(joiner)).toEqual({ is: 'associated', address: 0x1000 })
    expect(joiner.radio.settings).toMatchObject({ channel: CHANNEL, panId: PAN, shortAddress: 0x1000 })
    bench.run(milliseconds(10))
    expect(parent.associated).toEqual([{ device: joiner.mac.eui64, address: 0x1000 }])

    const [request, ack, poll, pollAck, response] = bench.sniffed
    expect(request?.frame).toMatchObject({
      ackRequest: true,
      destination: { panId: PAN, short: 0 },
      source: { panId: 0xffff, extended: joiner.mac.eui64 },
      command: { name: 'associationRequest', capability: sleepy },
    })
    expect(ack?.frame).toMatchObject({ type: 'ack', framePending: false })
    expect(poll?.frame).toMatchObject({
      command: { name: 'dataRequest' },
      source: { panId: PAN, extended: joiner.mac.eui64 },
    })
    const waitedUs = (poll?.atUs ?? 0) - (ack?.atUs ?? 0)
    expect(waitedUs).toBeGreaterThan(491_520)
    expect(waitedUs).toBeLessThan(491_520 + milliseconds(5))
    expect(pollAck?.frame).toMatchObject({ type: 'ack', framePending: true })
    expect(response?.frame).toMatchObject({
      destination: { panId: PAN, extended: joiner.mac.eui64 },
      source: { panId: PAN, extended: parent.mac.eui64 },
      command: { name: 'associationResponse', shortAddress: 0x1000, status: 0 },
    })
  })

  test('a refusal carries its status; the device is where it was', () => {
    const bench = new MacBench()
    const parent = bench.parent('parent', { onAssociation: () => ({ status: 2 }) })
    const joiner = bench.node('joiner')
    expect(bench.associate(joiner)).toEqual({ is: 'refused', status: 2 })
    expect(joiner.radio.settings).toMatchObject({ channel: 11, panId: 0xffff, shortAddress: 0xffff })
    bench.run(seconds(10))
    expect([parent.associated, parent.notAssociated]).toEqual([[], []])
  })

  test('no answer: nobody is there', () => {
    const bench = new MacBench()
    const joiner = bench.node('joiner')
    expect(bench.associate(joiner)).toEqual({ is: 'no-answer' })
    expect(bench.sniffed).toHaveLength(4)
    expect(joiner.radio.settings).toMatchObject({ channel: 11, panId: 0xffff })
  })

  test('no answer: the parent acknowledges and never answers; the device polls for 7.68 s', () => {
    const bench = new MacBench()
    bench.child('mute', 0x0000, true)
    const joiner = bench.node('joiner')
    expect(bench.associate(joiner)).toEqual({ is: 'no-answer' })
    expect(bench.kernel.nowUs()).toBeGreaterThan(7_680_000)
    expect(bench.kernel.nowUs()).toBeLessThan(7_690_000)
    const polls = bench.polls()
    // 7.19 s, one poll every 50..100 ms and some 2 ms of air.
    expect(polls.length).toBeGreaterThan(80)
    expect(polls.length).toBeLessThan(120)
    bench.run(seconds(10))
    expect(bench.polls()).toHaveLength(polls.length)
  })

  test('two joiners at once each have an address of their own', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const joiners = [bench.node('one'), bench.node('two')]
    const found = outcomes<AssociationOutcome>()
    for (const { mac } of joiners) {
      mac.associate({ channel: CHANNEL, panId: PAN, parent: 0, capability: sleepy }, found.note)
    }
    bench.run(seconds(2))
    expect(found.list.map(({ is }) => is)).toEqual(['associated', 'associated'])
    expect(new Set(joiners.map(({ radio }) => radio.settings.shortAddress))).toEqual(new Set([0x1000, 0x1001]))
    expect(parent.associated).toHaveLength(2)
  })

  test('a response that is not collected expires after 7.68 s, and the address is free again', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const joiner = bench.node('joiner')
    const found = outcomes<AssociationOutcome>()
    joiner.mac.associate({ channel: CHANNEL, panId: PAN, parent: 0, capability: sleepy }, found.note)
    bench.run(milliseconds(100))
    bench.air.inject({ kind: 'node-off', node: 'joiner' })
    bench.run(milliseconds(7_570))
    expect(parent.notAssociated).toEqual([])
    bench.run(milliseconds(20))
    expect(parent.notAssociated).toEqual([{ device: joiner.mac.eui64, address: 0x1000 }])
    expect(parent.associated).toEqual([])
  })

  test('when the acknowledgement of the response is lost, the first frame from the new address settles it', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const joiner = bench.node('joiner')
    const stop = bench.air.tap(({ from, octets }) => {
      // The poll's acknowledgement is over: what the joiner sends next is the acknowledgement of the response.
      if (from === 'parent' && (octets[0] ?? 0) === 0x12) {
        stop()
        bench.kernel.after(milliseconds(1), 'lose', () => bench.loseNextFrame('joiner'))
      }
    })
    expect(bench.associate(joiner)).toEqual({ is: 'associated', address: 0x1000 })
    bench.run(milliseconds(100))
    expect(parent.associated).toEqual([])
    expect(bench.poll(joiner)).toEqual({ acked: true, received: false })
    expect(parent.associated).toEqual([{ device: joiner.mac.eui64, address: 0x1000 }])
    bench.run(seconds(10))
    expect(parent.associated).toHaveLength(1)
    expect(parent.notAssociated).toEqual([])
  })

  test('what is held for the address a device has not got yet is collected right after', () => {
    const bench = new MacBench()
    const parent = bench.parent('parent', {
      onAssociation: () => {
        parent.mac.sendIndirect(0x1000, Uint8Array.of(0xaa))
        return { address: 0x1000 }
      },
    })
    const joiner = bench.node('joiner')
    joiner.mac.configure({ rxOnWhenIdle: false })
    bench.associate(joiner)
    expect(bench.poll(joiner)).toEqual({ acked: true, received: true })
    expect(joiner.data).toMatchObject([{ npdu: 'aa', source: 0 }])
  })

  test.each(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])(
    'with three frames of ten lost, some try succeeds within 10 s (seed %s)',
    seed => {
      const bench = new MacBench(seed)
      const parent = bench.parent()
      bench.air.inject({ kind: 'loss', share: 0.3 })
      const joiner = bench.node('joiner')
      joiner.mac.configure({ rxOnWhenIdle: false })
      while (bench.associate(joiner).is !== 'associated') expect(bench.kernel.nowUs()).toBeLessThan(seconds(10))
      expect(bench.kernel.nowUs()).toBeLessThan(seconds(10))
      while (parent.associated.length === 0) {
        bench.poll(joiner)
        bench.run(milliseconds(250))
        expect(bench.kernel.nowUs()).toBeLessThan(seconds(12))
      }
      expect(parent.associated).toEqual([{ device: joiner.mac.eui64, address: 0x1000 }])
    },
  )
})
