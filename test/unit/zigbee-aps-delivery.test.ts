/** Data over APS: acknowledged, repeated, confirmed once, delivered once. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { decodeAps, encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { NWK_BROADCAST } from '../../src/zigbee/nwk-service.ts'
import { counting, DISPLAY, HUB, LONG, METER, Node, only, pair, payloadOf } from './zigbee-aps-bench.ts'

const isAck = (apdu: Uint8Array) => decodeAps(apdu).header.type === 'ack'

describe('acknowledged data', () => {
  test('arrives with its addressing, and its sender learns so, later', () => {
    const { hub, meter, run } = pair()
    const asdu = fromHex('0102')
    const outcomes = meter.send(HUB, asdu)
    asdu.fill(0)
    expect(outcomes).toEqual([])
    run(LONG)
    expect(outcomes).toEqual(['delivered'])
    const { from, payload } = only(hub.data)
    expect(from).toEqual({ address: 0x1234, eui64: METER, broadcast: false })
    expect(payload).toEqual(payloadOf(fromHex('0102')))
    expect(meter.aps.underWay).toBe(0)
  })

  test('is acknowledged with the endpoints swapped, as sniffed acknowledgements are', () => {
    const { hub, meter } = pair()
    // Frame and acknowledgement of the same kind as NETDEF_ACK_FRAME_TO_COORD: cluster 0xef00, endpoints 1, counter 0x33.
    meter.nwk.hear(fromHex('400100ef0401013300'), { source: 0x0000 })
    expect(toHex(only(meter.octets))).toBe('020100ef04010133')
    expect(hub.octets).toEqual([])
  })

  test('is repeated every 1.5 to 2.1 s with the same counter, four times in all, then given up', () => {
    const { network, meter, run } = pair()
    network.carries = () => false
    const outcomes = meter.send(HUB, counting(3))
    run(LONG)
    expect(outcomes).toEqual(['no-ack'])
    expect(network.sent).toHaveLength(4)
    expect(new Set(meter.frames.map(({ header }) => header.counter)).size).toBe(1)
    const gaps = network.sent.slice(1).map(({ atUs }, at) => atUs - (network.sent[at]?.atUs ?? 0))
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(seconds(1.5))
      expect(gap).toBeLessThanOrEqual(seconds(2.1) + milliseconds(10))
    }
  })

  test('is the same in each repetition, whatever becomes of the octets it was given in', () => {
    const { network, hub, meter, run } = pair()
    network.carries = () => network.sent.length > 1
    const asdu = fromHex('0102')
    meter.send(HUB, asdu)
    asdu.fill(0)
    run(LONG)
    expect(hub.received).toEqual(['0102'])
  })

  test('keeps its counter to itself while it waits', () => {
    const { network, hub, meter, run } = pair()
    network.carries = ({ apdu }) => network.sent[0]?.apdu[7] !== apdu[7]
    meter.send(HUB, counting(3))
    for (let at = 0; at < 256; at++) {
      meter.send(HUB, Uint8Array.of(at))
      run(milliseconds(10))
    }
    expect(hub.data).toHaveLength(256)
  })

  test('is delivered once when its acknowledgements are lost, and acknowledged each time', () => {
    const { network, hub, meter, run } = pair()
    let lost = 0
    network.carries = ({ apdu }) => !isAck(apdu) || ++lost > 3
    const outcomes = meter.send(HUB, counting(3), { security: 'link' })
    run(LONG)
    expect(outcomes).toEqual(['delivered'])
    expect(hub.received).toEqual(['000102'])
    expect(hub.octets).toHaveLength(4)
    expect(hub.refused('duplicate')).toBe(3)
  })

  test('is delivered once when only the first and the last of four attempts arrive', () => {
    const { network, hub, meter, run } = pair()
    let attempts = 0
    network.carries = ({ apdu }) => {
      if (isAck(apdu)) return attempts === 4
      attempts++
      return attempts === 1 || attempts === 4
    }
    const outcomes = meter.send(HUB, counting(3))
    run(LONG)
    expect(outcomes).toEqual(['delivered'])
    expect(hub.received).toEqual(['000102'])
  })

  test('goes on when the network layer found no next hop at first', () => {
    const { network, hub, meter, run } = pair()
    network.outcome = ({ from }) => (from === METER && network.sent.length < 2 ? 'no-route' : 'sent')
    const outcomes = meter.send(HUB, counting(3))
    run(LONG)
    expect(outcomes).toEqual(['delivered'])
    expect(hub.received).toEqual(['000102'])
  })

  test('for a sleeper that does not collect it expires at once, without repetition', () => {
    const { network, hub, run } = pair()
    network.outcome = () => 'expired'
    const outcomes = hub.send(METER, counting(3))
    run(LONG)
    expect(outcomes).toEqual(['expired'])
    expect(network.sent).toHaveLength(1)
  })

  test('that a sleeper collected but never acknowledged is not called expired', () => {
    const { network, hub, run } = pair()
    network.carries = ({ from }) => from === HUB
    network.outcome = ({ from }) => (from === HUB && hub.octets.length > 1 ? 'expired' : 'sent')
    const outcomes = hub.send(METER, counting(3))
    run(LONG)
    expect(outcomes).toEqual(['no-ack'])
  })

  test('goes to the new address of a node that rejoined between two attempts', () => {
    const { network, hub, meter, run } = pair()
    meter.nwk.address = 0x4321
    const outcomes = hub.send(METER, counting(3))
    run(seconds(1))
    hub.nwk.learn(METER, 0x4321)
    run(LONG)
    expect(network.sent.filter(({ from }) => from === HUB).map(({ to }) => to)).toEqual([0x1234, 0x4321])
    expect(outcomes).toEqual(['delivered'])
  })

  test('is not confirmed by an acknowledgement of another frame, endpoint, cluster or node', () => {
    const { network, meter, run } = pair()
    network.carries = () => false
    const outcomes = meter.send(HUB, counting(3))
    run(milliseconds(10))
    const { counter } = only(meter.frames).header
    const right = { clusterId: 0x0702, profileId: 0x0109, sourceEndpoint: 2, destinationEndpoint: 1, counter }
    const ack = (over: Partial<typeof right>) =>
      encodeAps({ type: 'ack', delivery: 'unicast', ackOf: 'data', ...right, ...over }, new Uint8Array())
    const wrong = [
      { counter: (counter + 1) % 256 },
      { clusterId: 6 },
      { sourceEndpoint: 1 },
      { destinationEndpoint: 2 },
    ]
    for (const over of wrong) meter.nwk.hear(ack(over), { source: 0x0000 })
    meter.nwk.hear(ack({}), { source: 0x9999 })
    const ofCommand = { type: 'ack', delivery: 'unicast', ackOf: 'command', counter } as const
    meter.nwk.hear(encodeAps(ofCommand, new Uint8Array()), { source: 0x0000 })
    expect(outcomes).toEqual([])
    expect(meter.refused('stray-ack')).toBe(6)
    meter.nwk.hear(ack({}), { source: 0x0000 })
    expect(outcomes).toEqual(['delivered'])
    run(LONG)
    expect(outcomes).toEqual(['delivered'])
  })
})

describe('data', () => {
  test('without acknowledgement is delivered when the next hop has it', () => {
    const { hub, meter, run } = pair()
    const outcomes: string[] = []
    meter.aps.send(HUB, payloadOf(counting(3)), { ackRequest: false }, outcome => outcomes.push(outcome))
    run(LONG)
    expect([outcomes, hub.octets]).toEqual([['delivered'], []])
  })

  test('to a node whose address is not known is not sent', () => {
    const { network, meter, run } = pair()
    const outcomes = meter.send('00db1234567800ff', counting(3))
    expect(outcomes).toEqual([])
    run(LONG)
    expect([outcomes, network.sent]).toEqual([['unknown-destination'], []])
  })

  test.each(['network', 'link'] as const)('under the %s key of a node off the network is not sent', security => {
    const { network, meter, run } = pair()
    meter.nwk.address = 0xffff
    const outcomes = meter.send('00db1234567800ff', counting(3), { security })
    run(LONG)
    expect([outcomes, network.sent]).toEqual([['not-joined'], []])
  })

  test('under way when the node leaves the network is confirmed, once', () => {
    const { network, meter, run } = pair()
    network.carries = () => false
    const outcomes = [counting(3), counting(200)].map(asdu => meter.send(HUB, asdu))
    run(seconds(1))
    meter.aps.reset()
    run(LONG)
    expect(outcomes).toEqual([['not-joined'], ['not-joined']])
    expect(network.sent).toHaveLength(2)
  })

  test('beyond what can be told apart by an octet of counter is refused, the rest goes out', () => {
    const { hub, meter, run } = pair()
    const outcomes = Array.from({ length: 300 }, (_, at) => meter.send(HUB, Uint8Array.of(at >> 8, at)))
    run(LONG)
    const refused = outcomes.filter(list => list[0] === 'refused').length
    expect(refused).toBe(300 - 224)
    expect(outcomes.every(list => list.length === 1)).toBe(true)
    expect(new Set(hub.received).size).toBe(224)
  })

  test('that differs only in its payload is no duplicate, however fast the counter comes round', () => {
    const { hub } = pair()
    const frame = (mark: number) => fromHex(`4002020709010133${mark.toString(16).padStart(2, '0')}`)
    for (const mark of [1, 2, 1]) hub.nwk.hear(frame(mark), { source: 0x1234 })
    expect(hub.received).toEqual(['01', '02'])
  })

  test('that is the same to the octet is taken again after 256 others, and after 30 s', () => {
    const { hub, run } = pair()
    const frame = (counter: number) => fromHex(`40020207090101${counter.toString(16).padStart(2, '0')}aa`)
    for (let round = 0; round < 2; round++) {
      for (let counter = 0; counter < 256; counter++) hub.nwk.hear(frame(counter), { source: 0x1234 })
    }
    expect(hub.data).toHaveLength(512)
    hub.nwk.hear(frame(255), { source: 0x1234 })
    expect(hub.data).toHaveLength(512)
    run(seconds(11))
    hub.nwk.hear(frame(255), { source: 0x1234 })
    expect(hub.data).toHaveLength(512)
    run(seconds(31))
    hub.nwk.hear(frame(255), { source: 0x1234 })
    expect(hub.data).toHaveLength(513)
  })

  test('of a stranger is acknowledged and handed up once it has said who it is, and not before', () => {
    const { hub, network, run } = pair()
    const stranger = new Node(network, { eui64: DISPLAY, address: 0x5678 })
    stranger.nwk.learn(HUB, 0x0000)
    const asked: ((device: Eui64 | undefined) => void)[] = []
    hub.aps.listen({ identify: (address, onKnown) => void (address === 0x5678 && asked.push(onKnown)) })
    const outcomes = stranger.send(HUB, Uint8Array.of(1, 2, 3))
    run(seconds(1))
    expect([hub.received, outcomes, asked.length]).toEqual([[], [], 1])
    // It did not say: its repetition asks again.
    asked.pop()?.(undefined)
    run(seconds(2))
    asked.pop()?.(DISPLAY)
    run(seconds(2))
    expect(hub.data.map(({ from }) => from.eui64)).toEqual([DISPLAY])
    expect([hub.received, outcomes]).toEqual([['010203'], ['delivered']])
  })

  test('that a patient sender repeats every nine seconds is taken once', () => {
    const { hub, run } = pair()
    for (let times = 0; times < 3; times++) {
      hub.nwk.hear(fromHex('4002020709010133aa'), { source: 0x1234 })
      run(seconds(9))
    }
    expect(hub.received).toEqual(['aa'])
  })

  test('is remembered of 64 senders, those heard last', () => {
    const { hub } = pair()
    const hear = (source: number) => hub.nwk.hear(fromHex('4002020709010133aa'), { source })
    for (let source = 1; source <= 65; source++) hear(source)
    hear(65)
    hear(2)
    expect(hub.data).toHaveLength(65)
    hear(1)
    expect(hub.data).toHaveLength(66)
  })

  test('of two senders with the same counter and payload is two frames', () => {
    const { hub } = pair()
    for (const source of [0x1234, 0x5678]) hub.nwk.hear(fromHex('4002020709010133aa'), { source })
    expect(hub.data.map(({ from }) => from.address)).toEqual([0x1234, 0x5678])
  })

  test('for the device object goes there', () => {
    const { hub, meter, run } = pair()
    const seen: number[] = []
    hub.aps.listen({ onZdo: (_, { clusterId }) => seen.push(clusterId) })
    meter.send(HUB, counting(3), { profileId: 0, clusterId: 6, destinationEndpoint: 0, sourceEndpoint: 0 })
    run(LONG)
    expect([seen, hub.data]).toEqual([[6], []])
  })
})

describe('a broadcast', () => {
  test('reaches every endpoint, asks for no acknowledgement and gets none', () => {
    const { hub, meter, run } = pair()
    hub.aps.broadcast(NWK_BROADCAST.rxOnWhenIdle, payloadOf(counting(3), { destinationEndpoint: 0xff }))
    run(LONG)
    const { from, payload } = only(meter.data)
    expect([from.broadcast, payload.destinationEndpoint]).toEqual([true, 0xff])
    expect(only(hub.frames).header).toMatchObject({ delivery: 'broadcast', ackRequest: false })
    expect(meter.octets).toEqual([])
  })

  test('that asks for an acknowledgement against the rules gets none', () => {
    const { meter } = pair()
    meter.nwk.hear(fromHex('40ff0207090101330a'), { source: 0x0000, broadcast: true })
    meter.nwk.hear(fromHex('48ff0207090101340a'), { source: 0x0000 })
    expect(meter.data).toHaveLength(2)
    expect(meter.octets).toEqual([])
  })

  test('under a link key, or too long for one frame, is a mistake of the caller', () => {
    const { hub } = pair()
    const broadcast = (length: number, security: 'network' | 'link') =>
      hub.aps.broadcast(NWK_BROADCAST.all, payloadOf(counting(length), { security }))
    expect(() => broadcast(3, 'link')).toThrow('"network" expected')
    expect(() => broadcast(83, 'network')).toThrow('83 octets found, at most 82 expected')
  })
})

test.each(Array.from({ length: 20 }, (_, at) => `loss ${at}`))(
  'with a quarter of all frames lost, every frame is confirmed once and delivered at most once (seed %s)',
  seed => {
    const { kernel, network, hub, meter, run } = pair({ seed })
    const dice = kernel.random.stream('loss')
    network.carries = () => dice.next() > 0.25
    network.outcome = () => (dice.next() > 0.1 ? 'sent' : 'no-ack')
    const sends = Array.from({ length: 60 }, (_, at) => {
      const asdu = Uint8Array.of(at, ...counting(dice.int(200)))
      const security = dice.next() < 0.5 ? 'link' : 'network'
      const [from, to, receiver] = at % 2 ? ([meter, HUB, hub] as const) : ([hub, METER, meter] as const)
      const sent = { hex: toHex(asdu), receiver, outcomes: from.send(to, asdu, { security }) }
      run(dice.int(seconds(1)))
      return sent
    })
    run(seconds(300))
    for (const { outcomes, hex, receiver } of sends) {
      const arrived = receiver.received.filter(other => other === hex).length
      expect(outcomes).toHaveLength(1)
      expect(arrived).toBeLessThanOrEqual(1)
      if (outcomes[0] === 'delivered') expect(arrived).toBe(1)
    }
    expect(sends.filter(({ outcomes }) => outcomes[0] === 'delivered').length).toBeGreaterThan(20)
    expect([hub.aps.underWay, meter.aps.underWay]).toEqual([0, 0])
  },
)
