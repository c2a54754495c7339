/** Frames that no well-behaved node sends: nothing is thrown, nothing grows, and the next good frame is served. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { InvariantError } from '../../src/base/errors.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { MacOutcome } from '../../src/zigbee/mac-service.ts'
import { CHANNEL, MacBench, type MacNode, outcomes, PAN, sleepy } from './zigbee-mac-bench.ts'
import { openRadio } from './zigbee-mac-open-radio.ts'

const npdu = (...octets: number[]) => Uint8Array.from(octets)

/** Sends raw octets from a radio of the PAN. */
function attacker(bench: MacBench): (hex: string) => void {
  const radio = bench.air.radio('attacker', '00db1234567800ee')
  radio.configure({ channel: CHANNEL, panId: PAN, shortAddress: 0x0bad })
  return hex => {
    radio.transmit(fromHex(hex), { attempts: 1 })
    bench.run(milliseconds(20))
  }
}

const worksStill = (bench: MacBench, parent: MacNode, child: MacNode) => {
  parent.data.length = child.data.length = 0
  parent.mac.sendIndirect(0x1001, npdu(0x51))
  expect(bench.poll(child)).toEqual({ acked: true, received: true })
  expect(child.data).toMatchObject([{ npdu: '51' }])
  expect(bench.send(child, 0x0000, npdu(0x52))).toBe('sent')
  expect(parent.data).toMatchObject([{ npdu: '52' }])
}

describe('whatever octets', () => {
  test('random octets of every length are counted and nothing else', () => {
    const { kernel, mac, heard, hear } = openRadio()
    const dice = kernel.random.stream('test')
    for (let i = 0; i < 20_000; i++) hear(toHex(dice.bytes(dice.int(128))))
    kernel.runUntil(seconds(60))
    const { malformed, foreign, unexpected } = mac.counters
    expect(heard).toEqual([])
    expect(malformed).toBeGreaterThan(10_000)
    expect(malformed + foreign + unexpected).toBeGreaterThan(15_000)
  })

  test('good frames cut short or with bits flipped throw nothing, whatever the node is doing', () => {
    const good = [
      '618805621a0000011048021122',
      '418806621affff01104802',
      '03080affffffff07',
      '23c80b621a0000ffffb20078563412db000180',
      '63880c621a0000011004',
      '63c80d621a0000b20078563412db0004',
      '63cc0e621aa00078563412db00b10078563412db0002001000',
      '0080 0f 621a 0010 ffcf 00 00 00 2284 a10078563412db00 ffffff 00',
    ]
    for (const doing of ['nothing', 'scan', 'association', 'poll'] as const) {
      const { kernel, mac, hear } = openRadio()
      const dice = kernel.random.stream(doing)
      for (let i = 0; i < 1_000; i++) {
        if (doing === 'scan') mac.scan({ channels: [11] }, () => {})
        if (doing === 'association') {
          mac.associate({ channel: CHANNEL, panId: PAN, parent: 0x1000, capability: sleepy }, () => {})
        }
        if (doing === 'poll') mac.poll(0x1001)
        const octets = fromHex(good[dice.int(good.length)] ?? '')
        for (let flips = dice.int(4); flips > 0; flips--) {
          const bit = dice.int(8 * octets.length)
          octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        }
        hear(toHex(octets.slice(0, dice.int(4) === 0 ? dice.int(octets.length) : octets.length)))
        kernel.runUntil(kernel.nowUs() + seconds(9))
      }
    }
  })

  test.each([
    ['a frame of another PAN', '618805631a0000011048', 'foreign'],
    ['a frame for another address', '618805621a0500011048', 'foreign'],
    ['a frame from another PAN', '218805621a0000631a011048', 'foreign'],
    ['a frame to all PANs', '418805ffffffff011048', 'foreign'],
    ['a frame from here to all PANs', '018805ffffffff621a011048', 'foreign'],
    ['a frame for another EUI-64', '618c05621ab20078563412db00011048', 'foreign'],
    ['data from an extended address', '61c805621a0000b20078563412db0048', 'foreign'],
    ['data from nobody', '210805621a000048', 'foreign'],
    ['data from the broadcast address', '618805621a0000ffff48', 'foreign'],
    ['an acknowledgement', '020005', 'foreign'],
    ['a frame with MAC security', '698805621a0000011048', 'malformed'],
    ['an unknown command', '638805621a0000011063', 'malformed'],
    [
      'an association response that nobody waits for',
      '63cc0e621aa00078563412db00b10078563412db0002001000',
      'unexpected',
    ],
    ['an association request without a EUI-64', '638805621a00000110 0180', 'unexpected'],
    ['an association request to all', '03c80b621affffffffb20078563412db000180', 'unexpected'],
    ['a poll from the broadcast address', '63880c621a0000ffff04', 'unexpected'],
    ['a poll sent to all', '43880c621affff011004', 'unexpected'],
    ['a coordinator realignment', '638805621a00000110 08 631a 0000 0f ffff', 'unexpected'],
    ['a disassociation', '638805621a000001100301', 'unexpected'],
    ['an orphan notification', '03c805ffffffffffffb20078563412db0006', 'unexpected'],
  ] as const)('%s is counted as %3$s', (_what, hex, counter) => {
    const { mac, hear, heard, sent, pending } = openRadio()
    const before = { ...mac.counters }
    hear(hex)
    expect(mac.counters).toEqual({ ...before, [counter]: before[counter] + 1 })
    expect([heard, sent, [...pending]]).toEqual([[], [], []])
  })

  test('who is on no network lets nobody in', () => {
    const { mac, hear, pending } = openRadio()
    mac.configure({ address: 0xffff })
    hear('23c80b621a0000ffffb20078563412db000180')
    hear('23cc0b621aa00078563412db00ffffb20078563412db000180')
    hear('638c0c621aa00078563412db00011004')
    expect([...pending]).toEqual([])
    expect(mac.counters).toMatchObject({ foreign: 1, unexpected: 2 })
  })

  test('an empty data frame is nothing', () => {
    const { mac, hear, heard } = openRadio()
    hear('618805621a00000110')
    expect(heard).toEqual([])
    expect(mac.counters).toMatchObject({ malformed: 0, foreign: 0, unexpected: 0 })
  })

  test('a host that uses a sequence number twice is heard twice', () => {
    const { hear, heard } = openRadio()
    for (const payload of ['4801', '4802', '4802', '4803']) hear(`618805621a00000110${payload}`)
    expect(heard).toEqual(['4801', '4802', '4803'])
  })
})

describe('floods', () => {
  test('a hundred strangers that ask to be let in: eight answers are held, the others may ask again', () => {
    const { kernel, mac, hear, pending } = openRadio()
    for (let i = 0; i < 100; i++) {
      hear(`23c80b621a0000ffff${i.toString(16).padStart(2, '0')}0078563412db000180`)
    }
    expect(pending.size).toBe(8)
    expect(mac.counters.turnedAway).toBe(92)
    const found = outcomes<MacOutcome>()
    mac.sendIndirect(0x1001, npdu(1), found.note)
    expect(pending.size).toBe(9)
    kernel.runUntil(seconds(7.68))
    expect(pending.size).toBe(0)
    hear('23c80b621a0000ffff640078563412db000180')
    expect(pending.size).toBe(1)
  })

  test('one stranger that asks again and again has one answer held', () => {
    const { hear, pending, mac, sent, kernel } = openRadio()
    for (let i = 0; i < 100; i++) hear(`23c8${i.toString(16).padStart(2, '0')}621a0000ffffb20078563412db000180`)
    expect([...pending]).toEqual(['00db1234567800b2'])
    expect(mac.counters.turnedAway).toBe(0)
    hear('63c8f0621a0000b20078563412db0004')
    kernel.runUntil(milliseconds(10))
    expect(sent).toHaveLength(1)
  })

  test('beacon requests in a row are answered once', () => {
    const bench = new MacBench()
    bench.parent()
    const send = attacker(bench)
    const radio = bench.air.radio('burst', '00db1234567800ef')
    radio.configure({ channel: CHANNEL })
    for (let i = 0; i < 10; i++) radio.transmit(fromHex('03080affffffff07'), { csma: false })
    send('03080affffffff07')
    bench.run(milliseconds(60))
    expect(bench.sniffed.filter(({ frame }) => frame.type === 'beacon')).toHaveLength(1)
  })

  test('beacons of a thousand made-up networks leave the 64 heard best, the real one among them', () => {
    const bench = new MacBench()
    const joiner = bench.node('joiner')
    bench.parent('real', { channel: 11 })
    bench.air.links.setDefault({ rssiDbm: -85 })
    bench.air.links.setBoth('real', 'joiner', { rssiDbm: -50 })
    const radio = bench.air.radio('liar', '00db1234567800ee')
    radio.configure({ channel: 12 })
    const next = (i: number) => {
      const pan = i.toString(16).padStart(4, '0')
      radio.transmit(fromHex(`008001${pan}0000ffcf0000002284a10078563412db00ffffff00`), { csma: false }, () =>
        next(i + 1),
      )
    }
    next(1)
    const heard = bench.scan(joiner, [11, 12, 12, 12])
    expect(heard).toHaveLength(64)
    expect(heard[0]).toMatchObject({ panId: PAN, channel: 11 })
  })

  test('a parent that always says there is more is left after 64 frames', () => {
    const bench = new MacBench()
    const child = bench.child('child', 0x1001)
    const radio = bench.air.radio('parent', '00db1234567800ee')
    radio.configure({ channel: CHANNEL, panId: PAN, shortAddress: 0x0000, sourceMatch: false })
    let sequence = 0
    radio.listen({
      onReceive: () => {
        sequence = (sequence + 1) & 0xff
        radio.transmit(Uint8Array.of(0x71, 0x88, sequence, 0x62, 0x1a, 0x01, 0x10, 0x00, 0x00, 0x48))
      },
    })
    expect(bench.poll(child)).toEqual({ acked: true, received: true })
    expect(child.data).toHaveLength(64)
    expect(child.radio.settings.rxOnWhenIdle).toBe(false)
  })

  test('a parent that promises a frame and sends none, or an empty one', () => {
    const bench = new MacBench()
    const child = bench.child('child', 0x1001)
    const radio = bench.air.radio('parent', '00db1234567800ee')
    radio.configure({ channel: CHANNEL, panId: PAN, shortAddress: 0x0000, sourceMatch: false })
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    const silentUs = bench.kernel.nowUs()
    // macMaxFrameTotalWaitTime, 31.776 ms after the acknowledgement; the poll is made again three times, then given up.
    expect(silentUs).toBeGreaterThan(4 * 31_776)
    expect(silentUs).toBeLessThan(4 * (31_776 + milliseconds(6)))

    radio.listen({
      onReceive: () => radio.transmit(Uint8Array.of(0x61, 0x88, 1, 0x62, 0x1a, 0x01, 0x10, 0x00, 0x00)),
    })
    expect(bench.poll(child)).toEqual({ acked: true, received: false })
    expect(bench.kernel.nowUs() - silentUs).toBeLessThan(milliseconds(20))
    expect([child.data, child.radio.settings.rxOnWhenIdle]).toEqual([[], false])
  })

  test('after an hour of hostile frames parent and child go on', () => {
    const bench = new MacBench()
    const parent = bench.parent()
    const child = bench.child('child', 0x1001)
    const send = attacker(bench)
    const dice = bench.kernel.random.stream('test')
    for (let i = 0; i < 300; i++) {
      const octets = fromHex('638801621a0000ad0b04')
      octets[2] = i & 0xff
      octets[9] = dice.int(10)
      send(toHex(octets) + toHex(dice.bytes(dice.int(20))))
      bench.run(seconds(12))
    }
    worksStill(bench, parent, child)
  })
})

describe('our own faults', () => {
  test('are told at once', () => {
    const { mac } = openRadio()
    expect(() => mac.send(0xfffd, npdu(1))).toThrow(InvariantError)
    expect(() => mac.send(0x1001, new Uint8Array(117))).toThrow('an NPDU of 117 octets, at most 116 expected')
    expect(() => mac.poll(0x1_0000)).toThrow(InvariantError)
    expect(() => mac.scan({ channels: [27] }, () => {})).not.toThrow()
    expect(() => {
      for (let i = 0; i < 10; i++) mac.scan({ channels: [11] }, () => {})
    }).toThrow('too many scans')
  })
})
