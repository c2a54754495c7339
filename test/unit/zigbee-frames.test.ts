import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { InvariantError, WireError } from '../../src/base/errors.ts'
import { decodeApsCommand, encodeApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import { type ApsHeader, decodeAps, encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { decodeNwkCommand, encodeNwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { decodeNwk, encodeNwk, type NwkHeader } from '../../src/zigbee/frames/nwk-frame.ts'
import { securityOverhead, unsecure } from '../../src/zigbee/frames/security.ts'
import { decodeZdo, encodeZdo, ZdoStatus, zdoName } from '../../src/zigbee/frames/zdo.ts'
import { opensslCcm } from '../golden/zigbee-samples.ts'

const METER = '00db1234567890a1'
const key = fromHex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf')
const plain: NwkHeader = {
  type: 'data',
  protocolVersion: 2,
  discoverRoute: 'enable',
  endDeviceInitiator: false,
  destination: 0,
  source: 0x1234,
  radius: 30,
  sequence: 9,
}
const ack: ApsHeader = { type: 'ack', delivery: 'unicast', ackOf: 'command', counter: 1 }

/** The error of a call, as far as a person reads it. */
function refusal(call: () => unknown): { code: string; offset: number; field: string } {
  try {
    call()
  } catch (error) {
    if (error instanceof WireError) return { code: error.code, offset: error.offset, field: error.field }
    throw error
  }
  throw new Error('nothing was refused')
}

test.each([
  ['a NWK frame type of Green Power', () => decodeNwk(fromHex('0b00000000000000')), 'wire.reserved-value', 0, 'type'],
  ['a NWK header cut in its source', () => decodeNwk(fromHex('0800000034')), 'wire.truncated', 4, 'source'],
  ['a NWK source route cut', () => decodeNwk(fromHex('08040000341201090200111122')), 'wire.truncated', 12, 'relays'],
  ['an APS frame between PANs', () => decodeAps(fromHex('0301')), 'wire.reserved-value', 0, 'type'],
  ['an APS delivery mode that is reserved', () => decodeAps(fromHex('0401')), 'wire.reserved-value', 0, 'delivery'],
  ['an empty APS frame', () => decodeAps(fromHex('')), 'wire.truncated', 0, 'APS frame control'],
  ['an unknown NWK command', () => decodeNwkCommand(fromHex('7f')), 'wire.unknown-command', 0, 'NWK command'],
  ['a key type nobody uses', () => decodeApsCommand(fromHex('0502')), 'wire.reserved-value', 1, 'keyType'],
  ['a key that is cut', () => decodeApsCommand(fromHex('0501aabb')), 'wire.truncated', 2, 'key'],
  [
    'a descriptor longer than told',
    () => decodeZdo(0x8004, fromHex('0100341203010901010501000000')),
    'wire.length',
    4,
    'descriptor',
  ],
  ['an unknown ZDO cluster', () => decodeZdo(0x7777, fromHex('01')), 'wire.unknown-command', 0, 'ZDO command'],
])('%s is refused with its place', (_, call, code, offset, field) => {
  expect(refusal(call)).toEqual({ code, offset, field })
})

test('what a stranger sends unsecured, unsigned or too short never stops the run', () => {
  const keying = { ccm: opensslCcm, key }
  expect(refusal(() => unsecure(decodeNwk(fromHex('0800000034121e09')), keying)).code).toBe('security.not-secured')
  const nameless = fromHex('0802000034121e0908010000000001020304')
  expect(refusal(() => unsecure(decodeNwk(nameless), keying)).code).toBe('security.no-sender')
  expect(refusal(() => unsecure(decodeNwk(nameless.slice(0, -2)), { ...keying, source: METER }))).toEqual({
    code: 'wire.truncated',
    offset: 14,
    field: 'MIC',
  })
  expect(unsecure(decodeNwk(nameless), { ...keying, source: METER })).toBeUndefined()
})

test('an error names the values that were expected', () => {
  expect(() => decodeApsCommand(fromHex('0502'))).toThrow(
    'wire.reserved-value at octet 1 (keyType): 2 found, 1 (network) or 3 (application-link) or 4 (trust-centre-link) expected',
  )
})

test('a header that does not fit is our own mistake, named by its field', () => {
  const write = (header: Partial<NwkHeader>) => () => encodeNwk({ ...plain, ...header }, new Uint8Array())
  expect(write({ radius: 256 })).toThrow('NWK header.radius: 256 found, a whole number 0..255 expected')
  expect(write({ sourceEui64: 'meter' })).toThrow('NWK header.sourceEui64: "meter" found, an EUI-64')
  expect(write({ protocolVersion: 16 })).toThrow('NWK header.protocolVersion: 16 found')
  expect(write({ sourceRoute: { relayIndex: 0, relays: Array(256).fill(1) } })).toThrow('relays length: 256 found')
  expect(write({ destination: undefined })).toThrow('NWK header.destination is missing')
  expect(() => encodeNwkCommand({ name: 'RouteRecord', relays: [1, 0x10000] })).toThrow('RouteRecord.relays[1]: 65536')
  expect(() => encodeZdo({ name: 'ActiveEndpointsResponse', sequence: 1, status: 0, address: 1 })).toThrow(
    'ActiveEndpointsResponse.endpoints is missing',
  )
  expect(() => encodeZdo({ name: 'ActiveEndpointsResponse', sequence: 1, status: 0x81, endpoints: [] })).toThrow(
    'endpoints is given, but address before it is not',
  )
})

test('a frame is secured exactly when it has an auxiliary header', () => {
  const auxiliary = { keyId: 'network', frameCounter: 1, source: METER, keySequence: 0 } as const
  const keying = { ccm: opensslCcm, key }
  const none = new Uint8Array()
  expect(() => encodeNwk({ ...plain, auxiliary }, none)).toThrow(InvariantError)
  expect(() => encodeNwk(plain, none, keying)).toThrow(InvariantError)
  const nameless = { keyId: 'data', frameCounter: 1 } as const
  expect(() => encodeAps({ ...ack, auxiliary: nameless }, none, keying)).toThrow('give its EUI-64')
  for (const each of [auxiliary, nameless]) {
    const frame = encodeAps({ ...ack, auxiliary: each }, none, { ...keying, source: METER })
    expect(frame.length - encodeAps(ack, none).length).toBe(securityOverhead(each))
  }
})

test('a level left in the security control by its sender is not taken for another key', () => {
  const auxiliary = { keyId: 'network', frameCounter: 1, source: METER, keySequence: 0 } as const
  const octets = encodeNwk({ ...plain, auxiliary }, fromHex('0102'), { ccm: opensslCcm, key })
  octets[8] = (octets[8] ?? 0) | 5
  const opened = unsecure(decodeNwk(octets), { ccm: opensslCcm, key })
  expect(opened && toHex(opened)).toBe('0102')
})

test('octets of a later revision stay with the command', () => {
  // Node_Desc_req with a TLV, as R23 devices send it.
  const words = decodeZdo(0x0002, fromHex('01341247020102'))
  expect(words).toEqual({ name: 'NodeDescriptorRequest', sequence: 1, address: 0x1234, extra: fromHex('47020102') })
  expect(toHex(encodeZdo(words).asdu)).toBe('01341247020102')
})

test('a response that failed may end anywhere, one that succeeded may not', () => {
  expect(decodeZdo(0x8005, fromHex('0181'))).toEqual({ name: 'ActiveEndpointsResponse', sequence: 1, status: 0x81 })
  expect(decodeZdo(0x8005, fromHex('01813412'))).toMatchObject({ status: 0x81, address: 0x1234 })
  expect(decodeZdo(0x8004, fromHex('0182341200'))).toMatchObject({ status: 0x82, descriptor: null })
  expect(refusal(() => decodeZdo(0x8005, fromHex('01003412'))).field).toBe('endpoints')
})

test('a node without children says so in one octet', () => {
  const response = {
    name: 'NwkAddressResponse',
    sequence: 1,
    status: ZdoStatus.SUCCESS,
    device: METER,
    address: 5,
  } as const
  const empty = { startIndex: 0, addresses: [] }
  expect(toHex(encodeZdo({ ...response, associated: empty }).asdu)).toBe('0100a1907856 3412db00050000'.replace(' ', ''))
  expect(decodeZdo(0x8000, fromHex('0100a19078563412db00050000'))).toEqual({ ...response, associated: empty })
  expect(decodeZdo(0x8000, fromHex('0100a19078563412db000500'))).toEqual(response)
})

test('a cluster that is not ours to read is known to be so before it is read', () => {
  expect(zdoName(0x0013)).toBe('DeviceAnnounce')
  expect(zdoName(0x0038)).toBeUndefined()
})

test('what is read does not change when the receive buffer is used again', () => {
  const buffer = fromHex('0e a1907856 3412db00 010203'.replaceAll(' ', ''))
  const words = decodeApsCommand(buffer)
  buffer.fill(0xff)
  expect(words).toEqual({ name: 'Tunnel', destination: METER, frame: Uint8Array.of(1, 2, 3) })
  expect(toHex(encodeApsCommand(words))).toBe('0ea19078563412db00010203')
})
