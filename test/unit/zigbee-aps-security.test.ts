/** Who gets in and who does not: keys, counters, forgeries, replays. */
import { createDecipheriv } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { keyLoadKey } from '../../src/crypto/link-keys.ts'
import { decodeAps, encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { opensslCcm } from '../golden/zigbee-samples.ts'
import { counting, DISPLAY, HUB, INSTALL_KEY, KEY, LONG, METER, only, pair } from './zigbee-aps-bench.ts'

const OTHER_KEY = fromHex('000102030405060708090a0b0c0d0e0f')
const link = { security: 'link' } as const

/** One secured frame of the meter, on the air and not yet heard. */
function overheard() {
  const home = pair()
  home.network.carries = () => false
  home.meter.send(HUB, counting(8), link)
  const apdu = only(home.meter.octets)
  home.network.carries = () => true
  return { ...home, apdu, hear: (octets: Uint8Array) => home.hub.nwk.hear(octets, { source: 0x1234 }) }
}

describe('data under a link key', () => {
  test('is what OpenSSL makes of key, nonce and header; so is its acknowledgement', () => {
    const { hub, meter, run } = pair()
    meter.send(HUB, counting(8), link)
    run(LONG)
    const opened = [only(meter.octets), only(hub.octets)].map(apdu => {
      // Frame control, 7 octets of addressing and counter, then control 0x20, frame counter, EUI-64.
      const aad = apdu.slice(0, 21)
      expect(aad[8]).toBe(0x20)
      aad[8] = 0x25
      const nonce = Buffer.concat([apdu.subarray(13, 21), apdu.subarray(9, 13), Buffer.of(0x25)])
      const decipher = createDecipheriv('aes-128-ccm', KEY, nonce, { authTagLength: 4 })
      decipher.setAuthTag(apdu.subarray(-4))
      decipher.setAAD(aad, { plaintextLength: apdu.length - 25 })
      return Buffer.concat([decipher.update(apdu.subarray(21, -4)), decipher.final()]).toString('hex')
    })
    expect(opened).toEqual(['0001020304050607', ''])
    expect(only(hub.data).payload.security).toBe('link')
  })

  test('is repeated under a new frame counter, so that a repetition is no replay', () => {
    const { network, hub, meter, run } = pair()
    network.carries = ({ from }) => from === METER
    meter.send(HUB, counting(8), link)
    run(LONG)
    expect(meter.frames.map(({ header }) => header.auxiliary?.frameCounter)).toEqual([0, 1, 2, 3])
    expect([hub.data.length, hub.refused('duplicate'), hub.refused('replayed')]).toEqual([1, 3, 0])
  })

  test('is not sent without a key for it', () => {
    const { network, hub, meter, run } = pair()
    hub.keys.delete(METER)
    meter.keys.set(HUB, INSTALL_KEY, 'preconfigured')
    const outcomes = [hub.send(METER, counting(3), link), meter.send(HUB, counting(3), link)]
    hub.keys.set(METER, KEY, 'stale')
    outcomes.push(hub.send(METER, counting(3), link))
    expect(outcomes).toEqual([[], [], []])
    run(LONG)
    expect(outcomes).toEqual([['no-link-key'], ['no-link-key'], ['no-link-key']])
    expect(network.sent).toEqual([])
  })

  test('ends as having no key when the key goes while it waits for its acknowledgement', () => {
    const { network, meter, run } = pair()
    network.carries = () => false
    const outcomes = meter.send(HUB, counting(3), link)
    run(1_000)
    meter.keys.delete(HUB)
    run(LONG)
    expect(outcomes).toEqual(['no-link-key'])
  })

  test.each([
    ['preconfigured', 'preconfigured-key'],
    ['stale', 'stale-key'],
  ] as const)('is dropped without acknowledgement when the receiver has the key as %s', (state, reason) => {
    const { network, hub, meter, run } = pair()
    hub.keys.set(METER, KEY, state)
    const refused: unknown[] = []
    hub.aps.listen({ onRefused: (...what) => refused.push(what) })
    const outcomes = meter.send(HUB, counting(3), link)
    run(LONG)
    expect([hub.data, hub.octets, outcomes]).toEqual([[], [], ['no-ack']])
    expect(hub.refused(reason)).toBe(4)
    expect(refused[0]).toEqual([reason, { address: 0x1234, eui64: METER }])
    expect(network.sent).toHaveLength(4)
  })

  test('under a preconfigured key passes where the profile has it so', () => {
    const options = { preconfiguredKeysCarryData: true }
    const { hub, meter, run } = pair({ hub: options, meter: options })
    hub.keys.set(METER, INSTALL_KEY, 'preconfigured')
    meter.keys.set(HUB, INSTALL_KEY, 'preconfigured')
    const outcomes = meter.send(HUB, counting(3), link)
    run(LONG)
    expect([outcomes, hub.received]).toEqual([['delivered'], ['000102']])
  })

  test('teaches the address of its sender, once it is proven', () => {
    const { apdu, hub } = overheard()
    const forged = apdu.slice()
    forged[apdu.length - 1]! ^= 1
    hub.nwk.hear(forged, { source: 0x4321 })
    expect(hub.nwk.eui64Of(0x4321)).toBeUndefined()
    hub.nwk.hear(apdu, { source: 0x4321 })
    expect([hub.nwk.eui64Of(0x4321), only(hub.data).from.eui64]).toEqual([METER, METER])
  })
})

describe('a hostile frame', () => {
  test('with any single bit of it turned over never passes for one under the link key', () => {
    const { apdu, hub, hear } = overheard()
    for (let bit = 0; bit < 8 * apdu.length; bit++) {
      const bent = apdu.slice()
      bent[bit >> 3]! ^= 1 << (bit & 7)
      // The security level is not on the air: those three bits are taken for what they must be.
      if (bit >> 3 === 8 && (bit & 7) < 3) continue
      hear(bent)
    }
    expect(hub.octets.filter(octets => decodeAps(octets).header.auxiliary)).toEqual([])
    expect(hub.data.filter(({ payload }) => payload.security === 'link')).toEqual([])
    // Without the bit that says so it is no secured frame, but one under the network key whose payload is noise.
    only(hub.data.splice(0))
    hear(apdu)
    expect(hub.received).toEqual(['0001020304050607'])
  })

  test('is refused cut short anywhere', () => {
    const { apdu, hub, hear } = overheard()
    for (let length = 0; length < apdu.length; length++) hear(apdu.subarray(0, length))
    expect([hub.data, hub.octets]).toEqual([[], []])
    expect([...hub.aps.refused.values()].reduce((sum, n) => sum + n, 0)).toBe(apdu.length)
  })

  test('that was heard before is dropped, not acknowledged, whatever came in between', () => {
    const { apdu, hub, meter, hear, run } = overheard()
    hear(apdu)
    meter.send(HUB, counting(2), link)
    run(LONG)
    const acks = hub.octets.length
    for (let times = 0; times < 3; times++) hear(apdu)
    expect([hub.received, hub.octets.length, hub.refused('replayed')]).toEqual([['0001020304050607', '0001'], acks, 3])
  })

  test('does not push the frame counter forward, and so shuts nobody out', () => {
    const { apdu, hub, hear } = overheard()
    const forged = apdu.slice()
    forged.set([0xfe, 0xff, 0xff, 0xff], 9)
    hear(forged)
    expect(hub.refused('not-authentic')).toBe(1)
    hear(apdu)
    expect(hub.data).toHaveLength(1)
  })

  test('under a key that is shared with another is not authentic', () => {
    const { apdu, hub, hear } = overheard()
    hub.keys.set(METER, OTHER_KEY, 'verified')
    hear(apdu)
    hub.keys.delete(METER)
    hear(apdu)
    expect([hub.data, hub.refused('not-authentic'), hub.refused('no-link-key')]).toEqual([[], 1, 1])
  })

  test('of data under the key-load key is refused, and a command under the network key id too', () => {
    const { hub, meter } = overheard()
    const header = decodeAps(only(meter.octets)).header
    const keying = { ccm: opensslCcm, key: keyLoadKey(KEY), source: METER }
    const auxiliary = { keyId: 'key-load', frameCounter: 9, source: METER } as const
    hub.nwk.hear(encodeAps({ ...header, auxiliary }, counting(3), keying), { source: 0x1234 })
    const network = { keyId: 'network', frameCounter: 10, source: METER, keySequence: 0 } as const
    hub.nwk.hear(encodeAps({ ...header, auxiliary: network }, counting(3), keying), { source: 0x1234 })
    expect([hub.data, hub.refused('wrong-key-id')]).toEqual([[], 2])
  })

  test('of data without the network key is refused, whatever protects it', () => {
    const { apdu, hub } = overheard()
    hub.nwk.hear(apdu, { source: 0x1234, secured: false })
    hub.nwk.hear(fromHex('40020207090101330a'), { source: 0x1234, secured: false })
    expect([hub.data, hub.refused('not-nwk-secured')]).toEqual([[], 2])
    hub.nwk.hear(fromHex('0202020709010133'), { source: 0x1234, secured: false })
    expect([hub.refused('not-nwk-secured'), hub.refused('stray-ack')]).toEqual([3, 0])
  })

  test('of a command with no protection at all is refused: a key in the clear', () => {
    const { meter } = pair()
    const transportKey = fromHex(`0101 05 01 ${'aa'.repeat(16)} 00 ${'00'.repeat(16)}`.replaceAll(' ', ''))
    meter.nwk.hear(transportKey, { source: 0, secured: false })
    expect([meter.commands, meter.refused('not-nwk-secured')]).toEqual([[], 1])
    meter.nwk.hear(transportKey, { source: 0 })
    expect(only(meter.commands).how).toEqual({ protectedBy: 'none', keyState: undefined, nwkSecured: true })
  })

  test('of a secured broadcast, a group or an unknown command is counted and dropped', () => {
    const { apdu, hub } = overheard()
    hub.nwk.hear(apdu, { source: 0x1234, broadcast: true })
    hub.nwk.hear(fromHex('0c34120207090101330a'), { source: 0x1234 })
    hub.nwk.hear(fromHex('0101ff'), { source: 0x1234 })
    hub.nwk.hear(fromHex('0101'), { source: 0x1234 })
    expect([hub.data, hub.commands]).toEqual([[], []])
    expect([...hub.aps.refused]).toEqual([
      ['secured-broadcast', 1],
      ['group', 1],
      ['malformed', 2],
    ])
  })

  test('of any octets at all never throws', () => {
    const { kernel, hub, meter, run } = pair()
    hub.aps.listen({ onZdo: () => {} })
    const dice = kernel.random.stream('noise')
    meter.send(HUB, counting(200), link)
    for (let round = 0; round < 5_000; round++) {
      const noise = dice.bytes(dice.int(128))
      const secured = dice.next() < 0.9
      hub.nwk.hear(noise, { source: dice.int(0x10000), broadcast: dice.next() < 0.2, secured })
      meter.nwk.hear(noise, { source: 0, secured })
    }
    run(LONG)
    expect(hub.received).toContain(toHex(counting(200)))
  })
})

describe('an acknowledgement', () => {
  test('in the clear does not confirm what was sent under a link key', () => {
    const { network, meter, run } = pair()
    network.carries = ({ from }) => from !== HUB
    const outcomes = meter.send(HUB, counting(3), link)
    run(10_000)
    const { counter } = only(meter.frames).header
    const addressing = { clusterId: 0x0702, profileId: 0x0109, sourceEndpoint: 2, destinationEndpoint: 1, counter }
    const clear = encodeAps({ type: 'ack', delivery: 'unicast', ackOf: 'data', ...addressing }, new Uint8Array())
    meter.nwk.hear(clear, { source: 0 })
    expect([outcomes, meter.refused('stray-ack')]).toEqual([[], 1])
    run(LONG)
    expect(outcomes).toEqual(['no-ack'])
  })

  test('of another node that shares a key does not confirm it either', () => {
    const { network, meter, run } = pair()
    network.carries = () => false
    meter.keys.set(DISPLAY, OTHER_KEY, 'verified')
    const outcomes = meter.send(HUB, counting(3), link)
    run(10_000)
    const { counter } = only(meter.frames).header
    const addressing = { clusterId: 0x0702, profileId: 0x0109, sourceEndpoint: 2, destinationEndpoint: 1, counter }
    const auxiliary = { keyId: 'data', frameCounter: 5, source: DISPLAY } as const
    const header = { type: 'ack', delivery: 'unicast', ackOf: 'data', ...addressing, auxiliary } as const
    meter.nwk.hear(encodeAps(header, new Uint8Array(), { ccm: opensslCcm, key: OTHER_KEY }), { source: 0 })
    expect([outcomes, meter.refused('stray-ack')]).toEqual([[], 1])
  })
})

describe('a command', () => {
  test('that asks for it is acknowledged, repeated, and handed up once', () => {
    const { network, hub, meter, run } = pair()
    let acks = 0
    network.carries = ({ from }) => from === HUB || ++acks > 2
    const outcomes: string[] = []
    const removal = { name: 'RemoveDevice', target: DISPLAY } as const
    hub.aps.sendCommand(0x1234, METER, removal, { key: 'data', ackRequest: true }, outcome => outcomes.push(outcome))
    run(LONG)
    expect([outcomes, meter.commands.map(({ command }) => command)]).toEqual([['delivered'], [removal]])
    expect([hub.octets.length, meter.refused('duplicate')]).toEqual([3, 2])
  })

  test('that came without the network key is acknowledged without it', () => {
    const { network, hub, run } = pair()
    const command = { name: 'TransportKey', keyType: 'network', key: OTHER_KEY, keySequence: 0 } as const
    const options = { key: 'key-transport', nwkUnsecured: true, ackRequest: true } as const
    const outcomes: string[] = []
    const ends = { destination: METER, source: HUB }
    hub.aps.sendCommand(0x1234, METER, { ...command, ...ends }, options, outcome => outcomes.push(outcome))
    network.carries = ({ from }) => from === HUB
    run(10_000)
    expect(network.sent.map(({ from, unsecured }) => [from, unsecured])).toEqual([
      [HUB, true],
      [METER, true],
    ])
  })

  test('without a key shared with its receiver is not sent', () => {
    const { network, hub, run } = pair()
    const outcomes: string[] = []
    const removal = { name: 'RemoveDevice', target: DISPLAY } as const
    hub.aps.sendCommand(0x5678, DISPLAY, removal, { key: 'data' }, outcome => outcomes.push(outcome))
    expect(outcomes).toEqual([])
    run(LONG)
    expect([outcomes, network.sent]).toEqual([['no-link-key'], []])
    expect(hub.aps.sealCommand(DISPLAY, removal, 'key-load')).toBeUndefined()
  })

  test('under a retired key is handed up with the state of that key', () => {
    const { hub, meter, run } = pair()
    meter.keys.set(HUB, KEY, 'stale')
    hub.aps.sendCommand(0x1234, METER, { name: 'RemoveDevice', target: METER }, { key: 'data' })
    run(LONG)
    expect(only(meter.commands).how).toEqual({ protectedBy: 'data', keyState: 'stale', nwkSecured: true })
  })
})
