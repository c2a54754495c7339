/** What happens when frames, outcomes and timers of the MAC layer cross each other. */
import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { Duplicates } from '../../src/zigbee/mac/duplicates.ts'
import type { AssociationOutcome, MacOutcome } from '../../src/zigbee/mac-service.ts'
import { CHANNEL, outcomes, PAN, sleepy } from './zigbee-mac-bench.ts'
import { openRadio } from './zigbee-mac-open-radio.ts'

const octets = (...list: number[]) => Uint8Array.from(list)
const pollOf = (sequence: string) => `6388${sequence}621a0000011004`

describe('held frames', () => {
  test('one whose time runs out while it is on the air, unheard, expires once', () => {
    const { kernel, mac, chip, hear, sent } = openRadio()
    const found = outcomes<MacOutcome>()
    mac.sendIndirect(0x1001, octets(1), found.note)
    chip.outcome = { is: 'no-ack' }
    kernel.runUntil(seconds(7.68) - 500)
    hear(pollOf('01'))
    kernel.runUntil(seconds(7.68))
    expect(found.list).toEqual([])
    kernel.runUntil(seconds(20))
    expect(found.list).toEqual(['expired'])
    expect(sent).toHaveLength(1)
  })

  test('one is sent once for polls that come while it is on the air', () => {
    const { kernel, mac, hear, sent } = openRadio()
    mac.sendIndirect(0x1001, octets(1))
    for (const sequence of ['01', '02', '03']) hear(pollOf(sequence))
    kernel.runUntil(milliseconds(10))
    expect(sent).toHaveLength(1)
  })
})

describe('retransmissions', () => {
  const unicast = '618805621a0000011048'
  test('a broadcast between a frame and its retransmission changes nothing', () => {
    const { hear, heard } = openRadio()
    for (const psdu of [unicast, '418806621affff011049', unicast]) hear(psdu)
    expect(heard).toEqual(['48', '49'])
  })

  test('the same octets after 7.68 s are a new frame', () => {
    const { hear, heard, chip } = openRadio()
    hear(unicast)
    chip.timestampUs = seconds(7.68)
    hear(unicast)
    expect(heard).toHaveLength(1)
    chip.timestampUs += 1
    hear(unicast)
    expect(heard).toHaveLength(2)
  })

  test('the last frames of 64 neighbours are remembered', () => {
    const duplicates = new Duplicates()
    for (let source = 0; source < 64; source++) expect(duplicates.isRepeated(source, octets(source), 0)).toBe(false)
    expect(duplicates.isRepeated(0, octets(0), 0)).toBe(true)
    expect(duplicates.isRepeated(64, octets(64), 0)).toBe(false)
    expect(duplicates.isRepeated(0, octets(0), 0)).toBe(true)
    expect(duplicates.isRepeated(1, octets(1), 0)).toBe(false)
  })
})

describe('association', () => {
  const response = (address: string) => `63cc0e621aa00078563412db00b10078563412db0002${address}00`
  const associating = () => {
    const open = openRadio()
    const found = outcomes<AssociationOutcome>()
    open.mac.associate({ channel: CHANNEL, panId: PAN, parent: 0x1001, capability: sleepy }, found.note)
    return { ...open, found }
  }

  test('a response that comes before the acknowledgement of the request ends it', () => {
    const { kernel, hear, found, sent } = associating()
    hear(response('0010'))
    kernel.runUntil(seconds(20))
    expect(found.list).toEqual([{ is: 'associated', address: 0x1000 }])
    expect(sent).toHaveLength(1)
    expect(kernel.nextAtUs).toBeUndefined()
  })

  test('a response that comes between polls ends it', () => {
    const { kernel, hear, found, sent } = associating()
    kernel.runUntil(seconds(1))
    const before = sent.length
    hear(response('0010'))
    kernel.runUntil(seconds(20))
    expect(found.list).toHaveLength(1)
    expect(sent).toHaveLength(before)
    expect(kernel.nextAtUs).toBeUndefined()
  })

  test('a response that comes while a poll is on the air ends it', () => {
    const { kernel, hear, found, sent } = associating()
    while (sent.length < 3) kernel.runUntil(kernel.nextAtUs ?? 0)
    hear(response('0010'))
    kernel.runUntil(seconds(20))
    expect(found.list).toHaveLength(1)
    expect(sent).toHaveLength(3)
    expect(kernel.nextAtUs).toBeUndefined()
  })

  test('a response with an address that no node can have is none', () => {
    const { kernel, hear, found, mac } = associating()
    kernel.runUntil(seconds(1))
    for (const address of ['ffff', 'feff', 'fcff']) hear(response(address))
    expect(found.list).toEqual([])
    expect(mac.counters.unexpected).toBe(3)
    kernel.runUntil(seconds(20))
    expect(found.list).toEqual([{ is: 'no-answer' }])
    expect(kernel.nextAtUs).toBeUndefined()
  })

  test('a device that asks again after its answer was dropped has one answer held', () => {
    const { kernel, mac, hear, notAssociated, pending, sent } = openRadio()
    const device = '00db1234567800b2'
    const request = (sequence: string) => hear(`23c8${sequence}621a0000ffffb20078563412db000180`)
    request('01')
    mac.dropIndirect(device)
    expect([...pending]).toEqual([])
    request('02')
    kernel.runUntil(0)
    expect(notAssociated).toEqual([device])
    request('03')
    hear('63c8f0621a0000b20078563412db0004')
    // Frame pending is not set: nothing else is held.
    expect(sent).toEqual([expect.stringMatching(/^63cc..621ab20078563412db00a00078563412db0002001000$/)])
  })
})

describe('poll', () => {
  const polling = () => {
    const open = openRadio()
    const found = outcomes<unknown>()
    open.mac.poll(0x1001, found.note)
    return { ...open, found }
  }
  const frame = (sequence: string) => `6188${sequence}621a0000011048`

  test('a frame that comes before the acknowledgement counts, and more is asked for', () => {
    const { kernel, hear, found, sent } = polling()
    hear('718801621a0000011048')
    kernel.runUntil(milliseconds(1))
    expect(sent).toHaveLength(2)
    hear(frame('02'))
    kernel.runUntil(milliseconds(2))
    expect(found.list).toEqual([{ acked: true, received: true }])
    expect(kernel.nextAtUs).toBeUndefined()
  })

  test('a frame comes though no acknowledgement was heard', () => {
    const { kernel, hear, found, chip } = polling()
    chip.outcome = { is: 'no-ack' }
    hear(frame('01'))
    kernel.runUntil(milliseconds(1))
    expect(found.list).toEqual([{ acked: true, received: true }])
  })

  test('it goes on listening through broadcasts and frames of others', () => {
    const { kernel, hear, heard, found } = polling()
    kernel.runUntil(milliseconds(2))
    hear('418801621affff011048')
    hear('618801621a0000021048')
    kernel.runUntil(milliseconds(3))
    expect(heard).toHaveLength(2)
    expect(found.list).toEqual([])
    hear(frame('02'))
    expect(found.list).toEqual([{ acked: true, received: true }])
    kernel.runUntil(seconds(1))
    expect(found.list).toHaveLength(1)
  })
})

test('a beacon without a PAN of its own is no network', () => {
  const { kernel, mac, hear } = openRadio()
  const found = outcomes<unknown>()
  mac.scan({ channels: [11] }, found.note)
  kernel.runUntil(milliseconds(10))
  hear('008001 ffff 0000 ffcf 00 00 00 2284 a10078563412db00 ffffff 00')
  hear('008001 621a f8ff ffcf 00 00 00 2284 a10078563412db00 ffffff 00')
  expect(mac.counters.foreign).toBe(2)
  kernel.runUntil(seconds(1))
  expect(found.list).toEqual([[]])
})
