/** Payloads that do not fit one frame: cut into blocks, each acknowledged, and put together again. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { decodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { counting, HUB, LONG, METER, pair, payloadOf } from './zigbee-aps-bench.ts'

/** Longest APS frame in a MAC frame of 127: less MAC header and FCS 11, NWK header 8, its auxiliary header 14, MIC 4. */
const MOST = 127 - 11 - 8 - 14 - 4

/** A block as another stack sends it: meter endpoint 1 to hub endpoint 2, counter 0x33. */
function block(is: 'first' | 'part', number: number, octets: string, counter = '33'): Uint8Array {
  const extended = `${is === 'first' ? '01' : '02'}${number.toString(16).padStart(2, '0')}`
  return fromHex(`c0020207090101${counter}${extended}${octets}`)
}
const source = 0x1234

describe('a long payload', () => {
  test.each([
    ['network', 82, 1],
    ['network', 83, 2],
    ['network', 1_500, 19],
    ['link', 65, 1],
    ['link', 66, 2],
    ['link', 1_500, 24],
  ] as const)(
    'under the %s key of %i octets takes %i frames, none longer than the air allows',
    (security, length, frames) => {
      const { hub, meter, run } = pair()
      const asdu = counting(length)
      const outcomes = meter.send(HUB, asdu, { security })
      run(LONG)
      expect(outcomes).toEqual(['delivered'])
      expect(hub.received).toEqual([toHex(asdu)])
      expect(hub.data[0]?.payload.security).toBe(security)
      expect(meter.octets).toHaveLength(frames)
      expect(Math.max(...meter.octets.map(octets => octets.length))).toBeLessThanOrEqual(MOST)
    },
  )

  test('says in its first block how many there are, and counts the others', () => {
    const { hub, meter, run } = pair()
    meter.send(HUB, counting(200))
    run(LONG)
    const extended = (octets: Uint8Array) => toHex(octets.subarray(8))
    expect(meter.octets.map(octets => extended(octets).slice(0, 4))).toEqual(['0103', '0201', '0202'])
    expect(hub.octets.map(extended)).toEqual(['0100ff', '0201ff', '0202ff'])
    expect(new Set(meter.frames.map(({ header }) => header.counter)).size).toBe(1)
  })

  test('has one block under way at a time, 50 ms after the last was acknowledged', () => {
    const { network, meter, run } = pair()
    meter.send(HUB, counting(200))
    run(LONG)
    const blocks = network.sent.filter(({ from }) => from === METER).map(({ atUs }) => atUs)
    // There and back takes 6 ms here.
    expect(blocks.map(atUs => atUs - (blocks[0] ?? 0))).toEqual([0, milliseconds(56), milliseconds(112)])
  })

  test('goes on as fast when the network layer is slow to say that a block is sent', () => {
    const { network, meter, run } = pair()
    network.confirmUs = milliseconds(20)
    meter.send(HUB, counting(200))
    run(milliseconds(130))
    expect(meter.octets).toHaveLength(3)
  })

  test('is acknowledged block by block, whether that was asked for or not', () => {
    const { hub, meter, run } = pair()
    meter.aps.send(HUB, payloadOf(counting(200)), { ackRequest: false })
    run(LONG)
    expect([hub.received.length, hub.octets.length]).toEqual([1, 3])
  })

  test('survives the loss of a block and of an acknowledgement, and is delivered once', () => {
    const { network, hub, meter, run } = pair()
    const lost = new Set([1, 4, 7])
    let at = 0
    network.carries = () => !lost.has(at++)
    const outcomes = meter.send(HUB, counting(200), { security: 'link' })
    run(LONG)
    expect([outcomes, hub.received]).toEqual([['delivered'], [toHex(counting(200))]])
    expect(hub.refused('duplicate')).toBeGreaterThan(0)
  })

  test('is given up when one block is never acknowledged', () => {
    const { network, hub, meter, run } = pair()
    network.carries = ({ apdu }) => toHex(apdu).slice(16, 20) !== '0201'
    const outcomes = meter.send(HUB, counting(200))
    run(LONG)
    expect([outcomes, hub.data, meter.octets.length]).toEqual([['no-ack'], [], 5])
    expect(hub.refused('fragment-incomplete')).toBe(1)
  })

  test('beyond what is ever sent is refused, and nothing sent', () => {
    const { network, meter, run } = pair()
    const outcomes = meter.send(HUB, counting(1_501))
    expect(outcomes).toEqual([])
    run(LONG)
    expect([outcomes, network.sent]).toEqual([['refused'], []])
  })

  test('of two nodes at once, and of one node twice, do not mix', () => {
    const { hub, meter, run } = pair()
    const payloads = [1, 2, 3].map(mark => counting(150).fill(mark))
    const outcomes = payloads.map((asdu, at) =>
      at === 2 ? hub.send(METER, asdu) : meter.send(HUB, asdu, { security: 'link' }),
    )
    run(LONG)
    expect(outcomes.flat()).toEqual(['delivered', 'delivered', 'delivered'])
    expect(hub.received.sort()).toEqual(payloads.slice(0, 2).map(toHex))
    expect(meter.received).toEqual(payloads.slice(2).map(toHex))
  })

  test('waits for the acknowledgement of this block, not of another', () => {
    const { network, hub, meter, run } = pair()
    network.carries = ({ from }) => from === METER
    const outcomes = meter.send(HUB, counting(200))
    run(milliseconds(10))
    const ack = hub.octets[0]?.slice() ?? new Uint8Array()
    for (const [at, octet] of [
      [9, 1],
      [10, 0xfe],
      [8, 0],
    ] as const) {
      const wrong = ack.slice(0, at === 8 ? 9 : ack.length)
      wrong[at] = octet
      meter.nwk.hear(wrong, { source: 0 })
    }
    run(milliseconds(100))
    expect([meter.refused('stray-ack'), meter.octets.length, outcomes]).toEqual([3, 1, []])
    meter.nwk.hear(ack, { source: 0 })
    run(milliseconds(100))
    expect(meter.octets).toHaveLength(2)
  })
})

describe('blocks of another stack', () => {
  test('of any size are put together, in whatever order the later ones come', () => {
    const { hub } = pair()
    hub.nwk.hear(block('first', 3, 'aabb'), { source })
    hub.nwk.hear(block('part', 2, 'ee'), { source })
    hub.nwk.hear(block('part', 1, 'ccdd'), { source })
    expect(hub.received).toEqual(['aabbccddee'])
    expect(hub.octets.map(apdu => toHex(apdu.subarray(8)))).toEqual(['0100ff', '0202ff', '0201ff'])
  })

  test('sent again after all arrived are acknowledged again and delivered once', () => {
    const { hub, run } = pair()
    for (let times = 0; times < 2; times++) {
      hub.nwk.hear(block('first', 2, 'aa'), { source })
      hub.nwk.hear(block('part', 1, 'bb'), { source })
      run(seconds(2))
    }
    expect([hub.received, hub.octets.length]).toEqual([['aabb'], 4])
    run(seconds(11))
    hub.nwk.hear(block('first', 2, 'aa'), { source })
    hub.nwk.hear(block('part', 1, 'bb'), { source })
    expect(hub.received).toEqual(['aabb', 'aabb'])
  })

  test('with the counter of an earlier payload begin a new one', () => {
    const { hub } = pair()
    hub.nwk.hear(block('first', 2, 'aa'), { source })
    hub.nwk.hear(block('first', 2, '11'), { source })
    hub.nwk.hear(block('part', 1, '22'), { source })
    expect(hub.received).toEqual(['1122'])
  })

  test.each([
    ['without a first one', [block('part', 1, 'aa')]],
    ['of which there are none', [block('first', 0, 'aa')]],
    ['beyond the number announced', [block('first', 2, 'aa'), block('part', 2, 'bb'), block('part', 255, 'cc')]],
    ['that contradict one another', [block('first', 3, 'aa'), block('part', 1, 'bb'), block('part', 1, 'cc')]],
    ['of which there are more than any payload needs', [block('first', 255, 'aa')]],
  ])('%s are refused and not acknowledged', (_, blocks) => {
    const { hub } = pair()
    for (const apdu of blocks) hub.nwk.hear(apdu, { source })
    expect(hub.data).toEqual([])
    expect(hub.refused('fragment')).toBeGreaterThan(0)
    expect(hub.octets.length).toBe(blocks.length - hub.refused('fragment'))
  })

  test('in a broadcast are refused', () => {
    const { hub } = pair()
    hub.nwk.hear(block('first', 1, 'aa'), { source, broadcast: true })
    expect([hub.data, hub.octets, hub.refused('fragment')]).toEqual([[], [], 1])
  })

  test('that add up to more than is taken are refused', () => {
    const { hub } = pair({ hub: { maxTransferOctets: 128 } })
    hub.nwk.hear(block('first', 3, 'aa'.repeat(60)), { source })
    hub.nwk.hear(block('part', 1, 'bb'.repeat(60)), { source })
    hub.nwk.hear(block('part', 2, 'cc'.repeat(9)), { source })
    expect([hub.data, hub.refused('fragment'), hub.octets.length]).toEqual([[], 1, 2])
  })

  test('that begin thousands of payloads and end none keep nobody out', () => {
    const { hub, meter, run } = pair()
    for (let at = 0; at < 5_000; at++) {
      const counter = (at & 0xff).toString(16).padStart(2, '0')
      hub.nwk.hear(block('first', 90, 'aa'.repeat(16), counter), { source: at })
    }
    const outcomes = meter.send(HUB, counting(300), { security: 'link' })
    run(LONG)
    expect([outcomes, hub.received]).toEqual([['delivered'], [toHex(counting(300))]])
    expect(hub.refused('fragment-incomplete')).toBe(5_000)
  })

  test('of a payload that goes on are kept when others begin', () => {
    const { hub } = pair()
    const begin = (at: number) => hub.nwk.hear(block('first', 3, 'aa'), { source: at })
    for (let at = 1; at <= 8; at++) begin(at)
    hub.nwk.hear(block('part', 1, 'bb'), { source: 1 })
    begin(9)
    hub.nwk.hear(block('part', 2, 'cc'), { source: 1 })
    expect([hub.received, hub.refused('fragment-incomplete')]).toEqual([['aabbcc'], 1])
  })

  test('of two senders with the same counter are two payloads', () => {
    const { hub } = pair()
    for (const at of [1, 2]) hub.nwk.hear(block('first', 2, `0${at}`), { source: at })
    for (const at of [1, 2]) hub.nwk.hear(block('part', 1, `1${at}`), { source: at })
    expect(hub.received).toEqual(['0111', '0212'])
  })

  test('half received are forgotten when the node leaves, and time stands still for nothing', () => {
    const { kernel, hub } = pair()
    hub.nwk.hear(block('first', 2, 'aa'), { source })
    hub.aps.reset()
    hub.nwk.hear(block('part', 1, 'bb'), { source })
    expect([hub.data, hub.refused('fragment')]).toEqual([[], 1])
    kernel.runUntil(LONG)
    expect(kernel.nextAtUs).toBeUndefined()
  })

  test('that carry an extended header without fragmentation are plain frames', () => {
    const { hub } = pair()
    hub.nwk.hear(fromHex('c00202070901013300aabb'), { source })
    expect(hub.received).toEqual(['aabb'])
    expect(hub.octets.map(apdu => decodeAps(apdu).header)).toEqual([
      expect.not.objectContaining({ fragment: expect.anything() }),
    ])
  })
})
