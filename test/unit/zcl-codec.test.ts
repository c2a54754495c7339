import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, fromHex, toHex } from '../../src/base/bytes.ts'
import { WireError } from '../../src/base/errors.ts'
import { clusterNames, clusterSpec } from '../../src/zcl/clusters.ts'
import { dataTypeNames, invalidValue, isInvalid, type WireValue } from '../../src/zcl/data-types.ts'
import { decodeFrame, encodeCommand, encodeGlobal } from '../../src/zcl/frame.ts'
import type { Payload } from '../../src/zcl/payload.ts'
import { statusName } from '../../src/zcl/status.ts'
import { generateTables } from '../../src/zcl/tables/generate.ts'
import { readValue, writeValue } from '../../src/zcl/values.ts'

const toClient = { direction: 'toClient', disableDefaultResponse: true, sequence: 1 } as const
const file = (name: string) => readFileSync(new URL(`../../src/zcl/tables/${name}`, import.meta.url), 'utf8')

test('the generated tables are what the generator makes of the source', () => {
  expect(file('clusters.generated.ts')).toBe(generateTables(JSON.parse(file('clusters.source.json'))))
})

test('within a cluster no two attributes of a side, and no two commands of a direction, share an id', () => {
  for (const name of clusterNames()) {
    const { attributes, toServer, toClient } = clusterSpec(name)
    const owned = Object.values(attributes).flatMap(({ id, side }) =>
      side === 'both' ? [`server ${id}`, `client ${id}`] : [`${side} ${id}`],
    )
    for (const ids of [owned, Object.values(toServer).map(c => c.id), Object.values(toClient).map(c => c.id)]) {
      expect(new Set<unknown>(ids).size, name).toBe(ids.length)
    }
  }
})

test('every response named in the tables is a command of the other direction', () => {
  for (const name of clusterNames()) {
    const { toServer, toClient } = clusterSpec(name)
    for (const { responses } of Object.values(toServer)) for (const r of responses) expect(toClient).toHaveProperty(r)
    for (const { responses } of Object.values(toClient)) for (const r of responses) expect(toServer).toHaveProperty(r)
  }
})

describe.each(dataTypeNames())('%s', type => {
  test('keeps its invalid value, knows it as such, and calls no other value so', () => {
    const invalid = invalidValue(type)
    if (invalid === undefined) {
      expect(type).toMatch(/^(map|data|key)/)
      return
    }
    const writer = new ByteWriter()
    writeValue(writer, type, invalid, type)
    const back = readValue(new ByteReader(writer.finish()), type)
    expect(back).toEqual(invalid)
    expect(isInvalid(type, back)).toBe(true)
    const other = typeof invalid === 'number' ? 1 : typeof invalid === 'bigint' ? 1n : 'x'
    expect(isInvalid(type, other)).toBe(false)
  })

  test('a value cut short is a located error', () => {
    const reader = new ByteReader(new Uint8Array())
    reader.field = 'value'
    expect(() => readValue(reader, type)).toThrow(/wire.truncated at octet 0 \(value\)/)
  })
})

test.each<[Parameters<typeof writeValue>[1], WireValue | undefined, RegExp]>([
  ['uint8', 256, /payload.field: 256 is not uint8 \(a whole number 0..255\)/],
  ['uint8', -1, /-1/],
  ['uint8', 1.5, /1.5/],
  ['uint8', undefined, /undefined/],
  ['uint8', 1n, /1 is not uint8/],
  ['int24', 0x800000, /-8388608..8388607/],
  ['uint48', 2 ** 48, /281474976710655/],
  ['uint64', 1, /a bigint/],
  ['uint56', 2n ** 56n, /bigint 0../],
  ['string', 'x'.repeat(255), /at most 254 octets/],
  ['string', 5, /text or null/],
  ['octstr', 'text', /octets or null/],
  ['bool', 1, /true, false or null/],
  ['EUI64', '00DB1234567890A1', /lower-case/],
  ['key128', new Uint8Array(15), /16 octets/],
  ['ToD', 5, /hours, minutes/],
])('%s does not take %s', (type, value, message) => {
  expect(() => writeValue(new ByteWriter(), type, value, 'payload.field')).toThrow(message)
})

test('a payload with a field missing, unknown, out of place or out of range is not written', () => {
  const write = (payload: Payload) => () => encodeCommand(toClient, 'Messaging', 'DisplayMessage', payload)
  const good = { messageId: 1, messageControl: 0, startTime: 0, durationInMinutes: 5, message: 'hi' }
  expect(toHex(write(good)())).toBe('190100' + '01000000' + '00' + '00000000' + '0500' + '026869')
  expect(write({ ...good, messageId: undefined })).toThrow('Messaging.DisplayMessage.messageId is missing')
  expect(write({ ...good, mesage: 'x' })).toThrow('no field mesage; did you mean message?')
  expect(write({ ...good, durationInMinutes: 65536 })).toThrow(/DisplayMessage.durationInMinutes: 65536/)
  const image = { status: 0x95, fileOffset: 4 }
  expect(() => encodeCommand(toClient, 'OtaUpgrade', 'ImageBlockResponse', image)).toThrow(/condition on status/)
  const late = { messageId: 1, confirmationTime: 0, messageResponse: new Uint8Array() }
  const toServer = { ...toClient, direction: 'toServer' } as const
  expect(() => encodeCommand(toServer, 'Messaging', 'MessageConfirmation', late)).toThrow(/before it is not/)
})

test('lists of structures are counted or run to the end, as their command says', () => {
  const rounds: [string, string, Payload, string][] = [
    [
      'Tunneling',
      'SupportedTunnelProtocolsResponse',
      { protocolListComplete: true, protocolList: [{ manufacturerCode: 0xffff, protocolId: 6 }] },
      '190105' + '0101' + 'ffff06',
    ],
    [
      'Metering',
      'ConfigureNotificationFlags',
      {
        issuerEventId: 1,
        notificationScheme: 2,
        notificationFlagAttributeId: 3,
        bitFieldAllocations: [
          { clusterId: 0x0700, manufacturerCode: 0, commandIds: [1, 2] },
          { clusterId: 0x0703, manufacturerCode: 0, commandIds: [] },
        ],
      },
      '19010a' + '0100000002' + '0300' + '00070000' + '020102' + '03070000' + '00',
    ],
    [
      'Prepayment',
      'PublishTopUpLog',
      { commandIndex: 0, totalNumberOfCommands: 1, topUpPayload: [] },
      '190105' + '0001',
    ],
  ]
  for (const [cluster, command, payload, hex] of rounds) {
    const octets = encodeCommand(toClient, cluster, command, payload)
    expect(toHex(octets)).toBe(hex)
    expect(decodeFrame(clusterSpec(cluster).id, octets)).toMatchObject({ command, payload, extra: 0 })
  }
})

test('fields of a later version are counted, not refused; fields of a later version may be missing', () => {
  const publish =
    '190100' + '01000000' + '0141' + '02000000' + '03000000' + '00' + '3a03' + '21' + '10' + '00000000' + 'ffff'
  const price = `${publish}e8030000ffffffffffff`
  const short = decodeFrame(0x0700, fromHex(price))
  expect(short).toMatchObject({ payload: { price: 1000, generationPriceRatio: 0xff }, extra: 0 })
  expect(short).not.toHaveProperty('payload.alternateCostDelivered')
  const cancel = decodeFrame(0x0703, fromHex('19010101000000' + '00' + 'aabb'))
  expect(cancel).toMatchObject({ command: 'CancelMessage', extra: 2 })
})

test('text that is not UTF-8, a truth value of 2 and an unknown type are located errors', () => {
  const code = (hex: string) => {
    try {
      decodeFrame(0x0000, fromHex(hex))
      return 'decoded'
    } catch (error) {
      return error instanceof WireError ? `${error.code} ${error.offset} ${error.field}` : String(error)
    }
  }
  expect(code('18010a' + '0500' + '42' + '02c328')).toBe('zcl.bad-utf8 7 value')
  expect(code('18010a' + '0500' + '10' + '02')).toBe('zcl.bad-bool 6 value')
  expect(code('18010a' + '0500' + '48' + '02')).toBe('zcl.unknown-type 5 data type')
  expect(code('18010a' + '0500' + '42' + '09ab')).toBe('wire.truncated 7 value')
  expect(code('1801060200')).toBe('zcl.bad-direction 3 direction')
  expect(code('03')).toBe('zcl.reserved-frame-type 0 frame control')
})

test('a string without value is null, not empty', () => {
  const records = [
    { id: 5, type: 'string' as const, value: null },
    { id: 6, type: 'string' as const, value: '' },
  ]
  const octets = encodeGlobal(toClient, { name: 'ReportAttributes', records })
  expect(toHex(octets)).toBe('18010a' + '050042ff' + '06004200')
  expect(decodeFrame(0, octets)).toMatchObject({ command: { records } })
})

test('a byte order mark is part of the text', () => {
  const octets = fromHex('18010a' + '0500' + '42' + '04efbbbf41')
  expect(decodeFrame(0, octets)).toMatchObject({ command: { records: [{ value: '\ufeffA' }] } })
})

test('decoding a Buffer neither changes it nor keeps it', () => {
  const octets = Buffer.from('18010a' + '0000f0' + '0102030405060708' + '010041' + '020a0b', 'hex')
  const before = octets.toString('hex')
  const frame = decodeFrame(0, octets)
  expect(octets.toString('hex')).toBe(before)
  octets.fill(0)
  expect(frame).toMatchObject({
    command: { records: [{ value: '0807060504030201' }, { value: Uint8Array.of(0x0a, 0x0b) }] },
  })
})

test('statuses have their names, and unnamed ones their number', () => {
  expect([statusName(0x86), statusName(0), statusName(0xab)]).toEqual(['UNSUPPORTED_ATTRIBUTE', 'SUCCESS', '0xab'])
})
