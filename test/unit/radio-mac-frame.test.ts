/** MAC frames: what is refused, where, and that nothing else is thrown. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { InvariantError, WireError } from '../../src/base/errors.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { readZigbeeBeacon } from '../../src/radio/beacon.ts'
import { hasGoodFcs, withFcs } from '../../src/radio/fcs.ts'
import { decodeMacFrame, encodeMacFrame, type MacAddress, type MacFrame } from '../../src/radio/mac-frame.ts'

const short: MacAddress = { panId: 0x1a62, short: 0x1234 }
const extended: MacAddress = { panId: 0x1a62, extended: '00db1234567890a1' }
const elsewhere: MacAddress = { panId: 0xffff, extended: '00db1234567890a2' }
const addresses = [undefined, short, extended, elsewhere]
const header = { frameVersion: 0, framePending: false, ackRequest: false, sequence: 0x5a } as const
const superframe = {
  beaconOrder: 15,
  superframeOrder: 15,
  finalCapSlot: 15,
  batteryLifeExtension: false,
  panCoordinator: true,
  associationPermit: false,
}
const capability = {
  alternatePanCoordinator: false,
  fullFunctionDevice: true,
  mainsPowered: true,
  rxOnWhenIdle: true,
  security: false,
  allocateAddress: true,
}
const realignment = { panId: 0x1a63, coordinatorShortAddress: 0, channel: 20, shortAddress: 0x1234 }

const bodies: MacFrame[] = [
  { ...header, type: 'data', payload: fromHex('0102') },
  { ...header, type: 'data', payload: new Uint8Array() },
  { ...header, type: 'ack' },
  {
    ...header,
    type: 'beacon',
    superframe,
    gtsPermit: true,
    pendingShort: [1, 2],
    pendingExtended: [],
    payload: fromHex('aa'),
  },
  {
    ...header,
    type: 'beacon',
    superframe,
    gtsPermit: false,
    pendingShort: [0xfffe],
    pendingExtended: ['00db1234567890a1', 'ffffffffffffffff'],
    payload: new Uint8Array(),
  },
  { ...header, type: 'command', command: { name: 'associationRequest', capability } },
  { ...header, type: 'command', command: { name: 'associationResponse', shortAddress: 0xffff, status: 2 } },
  { ...header, type: 'command', command: { name: 'disassociationNotification', reason: 1 } },
  { ...header, type: 'command', command: { name: 'dataRequest' } },
  { ...header, type: 'command', command: { name: 'panIdConflictNotification' } },
  { ...header, type: 'command', command: { name: 'orphanNotification' } },
  { ...header, type: 'command', command: { name: 'beaconRequest' } },
  { ...header, type: 'command', command: { name: 'coordinatorRealignment', ...realignment } },
  { ...header, type: 'command', command: { name: 'coordinatorRealignment', ...realignment, channelPage: 0 } },
]
const frames = bodies.flatMap(body =>
  addresses.flatMap(destination =>
    addresses.flatMap((source): MacFrame[] => [
      { ...body, destination, source },
      { ...body, destination, source, framePending: true, ackRequest: true, frameVersion: 1 },
    ]),
  ),
)

test('every kind of frame, between every kind of address, is what it was when read again', () => {
  for (const frame of frames) expect(decodeMacFrame(encodeMacFrame(frame))).toEqual(frame)
  expect(frames).toHaveLength(14 * 16 * 2)
})

test('what is left out when writing is false, 0 and not addressed', () => {
  expect(decodeMacFrame(encodeMacFrame({ type: 'ack', sequence: 7 }))).toEqual({
    type: 'ack',
    sequence: 7,
    frameVersion: 0,
    framePending: false,
    ackRequest: false,
    destination: undefined,
    source: undefined,
  })
})

const refusals: [why: string, hex: string, code: string, offset: number, field: string][] = [
  ['no octet', '', 'wire.truncated', 0, 'frameControl'],
  ['one octet', '61', 'wire.truncated', 0, 'frameControl'],
  ['no sequence number', '6188', 'wire.truncated', 2, 'sequenceNumber'],
  ['half a PAN id', '61880162', 'wire.truncated', 3, 'destinationPanId'],
  ['half an address', '618801621a34', 'wire.truncated', 5, 'destinationAddress'],
  ['no source', '618801621a3412', 'wire.truncated', 7, 'sourceAddress'],
  ['more than a PSDU holds', `618801621a34120000${'00'.repeat(117)}`, 'mac.too-long', 125, 'payload'],
  ['a reserved type', '048801621a34120000', 'mac.frame-type', 0, 'frameControl'],
  ['MAC security', '698801621a34120000', 'mac.security', 0, 'frameControl'],
  ['a frame of 2015', '61a801621a34120000', 'mac.frame-version', 1, 'frameControl'],
  ['a reserved addressing mode', '018401621a34120000', 'mac.addressing-mode', 1, 'frameControl'],
  ['compression with one address', '410801621a3412', 'mac.pan-id-compression', 0, 'frameControl'],
  ['an acknowledgement that goes on', '02000100', 'mac.trailing-octets', 3, 'sequenceNumber'],
  ['a command without identifier', '030801ffffffff', 'wire.truncated', 7, 'commandFrameIdentifier'],
  ['an unknown command', '030801ffffffff09', 'mac.unknown-command', 7, 'commandFrameIdentifier'],
  [
    'an association response cut short',
    '63cc05621a020000000000000001000000000000000234',
    'wire.truncated',
    22,
    'shortAddress',
  ],
  ['guaranteed time slots', '008002621a0000ffcf0100', 'mac.gts', 9, 'gtsSpecification'],
  ['eight pending addresses', '008002621a0000ffcf0044', 'mac.pending-addresses', 10, 'pendingAddressSpecification'],
  [
    'fewer pending addresses than promised',
    '008002621a0000ffcf000201',
    'wire.truncated',
    11,
    'pendingAddressSpecification',
  ],
]
test.each(refusals)('%s is refused, with its place', (_why, hex, code, offset, field) => {
  const refusal = errorOf(() => decodeMacFrame(fromHex(hex)))
  expect(refusal).toBeInstanceOf(WireError)
  expect(refusal).toMatchObject({ code, offset, field })
})

test('a beacon of another protocol is not taken for ZigBee', () => {
  expect(errorOf(() => readZigbeeBeacon(fromHex('032284e500000000000000ffffff00')))).toMatchObject({
    code: 'zigbee.beacon-protocol',
    offset: 0,
  })
  expect(errorOf(() => readZigbeeBeacon(fromHex('002284e5000000000000')))).toMatchObject({ code: 'wire.truncated' })
})

const impossible: [why: string, frame: MacFrame, message: string][] = [
  ['a sequence number of 256', { ...header, type: 'ack', sequence: 256 }, 'sequence is 256'],
  ['half a sequence number', { ...header, type: 'ack', sequence: 0.5 }, 'sequence is 0.5'],
  ['a short address of 17 bits', { ...header, type: 'ack', source: { panId: 1, short: 0x10000 } }, 'source.short'],
  ['a PAN id below 0', { ...header, type: 'ack', destination: { panId: -1, short: 0 } }, 'destination.panId'],
  [
    'an EUI-64 in capitals',
    { ...header, type: 'ack', source: { panId: 1, extended: '00DB1234567890A1' } },
    'source.extended',
  ],
  ['more than a PSDU holds', { ...header, type: 'data', payload: new Uint8Array(123) }, 'length is 126'],
  [
    'eight pending addresses',
    { ...header, type: 'beacon', superframe, pendingShort: [1, 2, 3, 4, 5, 6, 7, 8], payload: new Uint8Array() },
    'number of pending addresses is 8',
  ],
]
test.each(impossible)('%s cannot be written', (_why, frame, message) => {
  const refusal = errorOf(() => encodeMacFrame(frame))
  expect(refusal).toBeInstanceOf(InvariantError)
  expect(String(refusal)).toContain(message)
})

test('cut anywhere, a frame is a frame or a located error', () => {
  for (const frame of frames) {
    const octets = encodeMacFrame(frame)
    for (let length = 0; length < octets.length; length++) expectFrameOrWireError(octets.subarray(0, length))
  }
})

test('mutated or random, octets are a frame that is written as it is read, or a located error', () => {
  const random = new SeededRandom('1').stream('mutations')
  const encoded = frames.map(encodeMacFrame)
  let taken = 0
  for (let n = 0; n < 30_000; n++) {
    const octets = (n % 3 === 0 ? random.bytes(random.int(128)) : encoded[random.int(encoded.length)])?.slice()
    if (!octets || octets.length === 0) continue
    if (n % 3 !== 0) octets[random.int(octets.length)] = random.int(256)
    const frame = expectFrameOrWireError(octets)
    if (!frame) continue
    taken++
    expect(decodeMacFrame(encodeMacFrame(frame))).toEqual(frame)
  }
  expect(taken).toBeGreaterThan(5_000)
})

test('reading keeps nothing of the octets it was given', () => {
  const octets = encodeMacFrame({ ...header, type: 'data', payload: fromHex('0102') })
  const frame = decodeMacFrame(octets)
  octets.fill(0xff)
  expect(frame.type === 'data' && toHex(frame.payload)).toBe('0102')
})

test('any one or two flipped bits are seen in the FCS', () => {
  const octets = withFcs(fromHex('63c804621a0000020000000000000004'))
  const flip = (bit: number) => {
    octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  }
  expect(hasGoodFcs(octets)).toBe(true)
  for (let one = 0; one < 8 * octets.length; one++) {
    flip(one)
    expect(hasGoodFcs(octets)).toBe(false)
    for (let other = one + 1; other < 8 * octets.length; other++) {
      flip(other)
      if (hasGoodFcs(octets)) expect.fail(`bits ${one} and ${other} flipped unseen`)
      flip(other)
    }
    flip(one)
  }
  expect(hasGoodFcs(Uint8Array.of(0))).toBe(false)
})

function expectFrameOrWireError(octets: Uint8Array): MacFrame | undefined {
  try {
    return decodeMacFrame(octets)
  } catch (error) {
    expect(error).toBeInstanceOf(WireError)
    const { offset } = error as WireError
    if (offset < 0 || offset > octets.length) expect.fail(`offset ${offset} in ${toHex(octets)}`)
    return undefined
  }
}

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
