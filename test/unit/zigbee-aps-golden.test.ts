/** The frames of a Smart Energy join as the documents have it: what our APS layer sends and takes, octet for octet. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { keyTransportKey } from '../../src/crypto/link-keys.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { decodeNwk } from '../../src/zigbee/frames/nwk-frame.ts'
import { NWK_BROADCAST } from '../../src/zigbee/nwk-service.ts'
import { nwkOctets, type Sample, samples } from '../golden/zigbee-samples.ts'
import { FakeNetwork, INSTALL_KEY, KEY, LONG, Node, only, payloadOf } from './zigbee-aps-bench.ts'

const TRUST_CENTRE = '0000000000000001'
const JOINER = '0000000000000002'
const THIRD = '0000000000000003'
const NETWORK_KEY = fromHex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf')
const PARTNER_KEY = fromHex('101112131415161718191a1b1c1d1e1f')
/** What a restored node leaves out. */
const MARGIN = 1_024

function sampleOf(name: string): Sample {
  return only(samples.filter(sample => sample.name.startsWith(name)))
}
/** The APS frame within: in the clear, for nothing above MAC is secured, or what NWK security covers. */
function apduOf(sample: Sample): string {
  return sample.nwkPlaintext ?? toHex(decodeNwk(nwkOctets(sample)).payload)
}

/** Dice that make `counter` the next APS counter. */
const countingFrom = (counter: number) => ({ next: () => 0, int: () => counter - 1, bytes: () => new Uint8Array() })

/** Trust centre and joiner; the next frame of one has these counters. */
function join(next: { counter: number; frameCounter?: number; key?: Uint8Array; extendedNonce?: boolean }) {
  const kernel = new Kernel({ seed: 'golden', startUnixMs: 0 })
  const network = new FakeNetwork(kernel)
  const { counter, frameCounter = MARGIN, key = KEY, extendedNonce = true } = next
  const options = { random: countingFrom(counter), trustCentre: () => TRUST_CENTRE, extendedNonce }
  const centre = new Node(network, { eui64: TRUST_CENTRE, address: 0 }, options)
  const joiner = new Node(network, { eui64: JOINER, address: 0x1234 }, options)
  centre.nwk.learn(JOINER, 0x1234)
  joiner.nwk.learn(TRUST_CENTRE, 0)
  const record = { key: toHex(key), state: 'verified', outgoing: frameCounter - MARGIN, incoming: 0 } as const
  centre.keys.restore({ floor: 0, keys: [{ peer: JOINER, ...record }] })
  joiner.keys.restore({ floor: 0, keys: [{ peer: TRUST_CENTRE, ...record }] })
  return { centre, joiner, run: () => void kernel.runUntil(LONG) }
}

const readMetering = payloadOf(fromHex('00050000000003'), {
  sourceEndpoint: 10,
  destinationEndpoint: 10,
  security: 'link',
})

test('data under a CBKE key with the sender named', () => {
  const { joiner } = join({ counter: 0x0d, frameCounter: 2_000 })
  joiner.aps.send(TRUST_CENTRE, readMetering, { ackRequest: true })
  const sample = sampleOf('APS-secured read Metering')
  expect(toHex(only(joiner.octets))).toBe(apduOf(sample))
})

test('data under a CBKE key without the sender named', () => {
  const { centre } = join({ counter: 0x0e, frameCounter: 1_001, extendedNonce: false })
  const sample = sampleOf('APS-secured read response')
  const asdu = fromHex(sample.apsPlaintext ?? '')
  const addressing = { sourceEndpoint: 10, destinationEndpoint: 10, security: 'link' } as const
  centre.aps.send(JOINER, payloadOf(asdu, addressing))
  expect(toHex(only(centre.octets))).toBe(apduOf(sample))
})

test('the network key for a joiner, without NWK security', () => {
  // It names its sender though data here does not.
  const { centre } = join({ counter: 0x01, frameCounter: 1_000, key: INSTALL_KEY, extendedNonce: false })
  const command = { name: 'TransportKey', keyType: 'network', key: NETWORK_KEY, keySequence: 0 } as const
  const ends = { destination: JOINER, source: TRUST_CENTRE }
  centre.aps.sendCommand(0x1234, JOINER, { ...command, ...ends }, { key: 'key-transport', nwkUnsecured: true })
  const sample = sampleOf('transport key: network key')
  expect(toHex(only(centre.octets))).toBe(apduOf(sample))
  expect(toHex(keyTransportKey(INSTALL_KEY))).toBe(sample.apsKey)
})

test('a partner key under the key-load key, alone and sealed for a tunnel', () => {
  const key = { name: 'TransportKey', keyType: 'application-link', key: PARTNER_KEY } as const
  const command = { ...key, partner: THIRD, initiator: true }
  const sample = apduOf(sampleOf('transport key: application'))
  const next = { counter: 0x0f, frameCounter: 1_002 }
  const { centre } = join(next)
  centre.aps.sendCommand(0x1234, JOINER, command, { key: 'key-load' })
  expect(toHex(only(centre.octets))).toBe(sample)
  expect(toHex(join(next).centre.aps.sealCommand(JOINER, command, 'key-load') ?? new Uint8Array())).toBe(sample)
})

test.each([
  ['request key', 0x10, 2_001, { name: 'RequestKey', keyType: 'application-link', partner: THIRD }],
  ['update device', 0x12, 2_002, { name: 'UpdateDevice', device: THIRD, address: 0x4321, status: 'unsecured join' }],
] as const)('%s under the link key', (name, counter, frameCounter, command) => {
  const { joiner } = join({ counter, frameCounter })
  joiner.aps.sendCommand(0, TRUST_CENTRE, command, { key: 'data' })
  expect(toHex(only(joiner.octets))).toBe(apduOf(sampleOf(name)))
})

test('switch key to all, without APS security', () => {
  const { centre } = join({ counter: 0x13 })
  centre.aps.broadcastCommand(NWK_BROADCAST.rxOnWhenIdle, { name: 'SwitchKey', keySequence: 1 })
  expect(toHex(only(centre.octets))).toBe(apduOf(sampleOf('switch key')))
})

test('a joiner that does not know its trust centre opens the network key and learns who sent it', () => {
  const { joiner } = join({ counter: 1 })
  joiner.keys.restore({ floor: 0, keys: [] })
  joiner.keys.expectTrustCentre(INSTALL_KEY)
  joiner.trustCentre = undefined
  const apdu = fromHex(apduOf(sampleOf('transport key: network key')))
  joiner.nwk.hear(apdu, { source: 0x7777, eui64: undefined, secured: false })
  const { from, command, how } = only(joiner.commands)
  expect(from).toEqual({ address: 0x7777, eui64: TRUST_CENTRE })
  expect(command).toMatchObject({ name: 'TransportKey', keyType: 'network', key: NETWORK_KEY, source: TRUST_CENTRE })
  expect(how).toEqual({ protectedBy: 'key-transport', keyState: 'preconfigured', nwkSecured: false })
  joiner.nwk.hear(apdu, { source: 0x7777, eui64: undefined, secured: false })
  expect([joiner.commands.length, joiner.refused('replayed')]).toEqual([1, 1])
})

test('data whose nonce needs the address map is opened with it, or when it is the trust centre, and not otherwise', () => {
  const apdu = fromHex(apduOf(sampleOf('APS-secured read response')))
  const { joiner } = join({ counter: 1 })
  joiner.nwk.hear(apdu, { source: 0 })
  const { payload } = only(joiner.data)
  expect([payload.security, toHex(payload.asdu)]).toEqual(['link', '1805010000002515cd5b0700000003003000'])

  const stranger = join({ counter: 1 }).joiner
  stranger.nwk.known.clear()
  stranger.nwk.hear(apdu, { source: 0 })
  expect(stranger.data).toHaveLength(1)

  const { centre } = join({ counter: 1 })
  centre.nwk.hear(apdu, { source: 0x9999 })
  expect([centre.data, centre.refused('unknown-sender')]).toEqual([[], 1])
})

test('the sequence of the documents is taken in its order, each frame once', () => {
  const { centre, run } = join({ counter: 1 })
  const names = ['APS-secured read Metering', 'request key', 'update device']
  for (const round of [1, 2]) {
    for (const name of names) centre.nwk.hear(fromHex(apduOf(sampleOf(name))), { source: 0x1234 })
    expect([round, centre.data.length, centre.commands.length]).toEqual([round, 1, 2])
  }
  expect(centre.commands.map(({ command, how }) => [command.name, how.protectedBy])).toEqual([
    ['RequestKey', 'data'],
    ['UpdateDevice', 'data'],
  ])
  expect(centre.refused('replayed')).toBe(3)
  run()
  expect(centre.aps.underWay).toBe(0)
})
