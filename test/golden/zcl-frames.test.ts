/** Frames we did not make, read to the last octet and written again. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { decodeFrame, encodeCommand, encodeGlobal } from '../../src/zcl/frame.ts'

interface Golden {
  name: string
  clusterId: number
  hex: string
  frame: object
}

const identityU = '03045fdfc8d85ffb8b3993cb72ddcaa55f00b3e87d6d0000000000000001544553545345434101090006000000000000'
const identityV = '020615e07d30eca2dad58002e667d94bc1b4223983070000000000000002544553545345434101090006000000000000'

/**
 * @source ZigBee Smart Energy profile, Annex C.5: certificates, ephemeral keys and MACs of the worked key
 * establishment (suite 1), framed as ZCL and decoded alike by tshark 4.0.17
 */
const KEY_ESTABLISHMENT: Golden[] = [
  {
    name: 'initiate key establishment request',
    clusterId: 0x0800,
    hex: `11020001000306${identityV}`,
    frame: {
      command: 'InitiateKeyEstablishmentRequest',
      header: { direction: 'toServer', disableDefaultResponse: true, sequence: 2 },
      payload: {
        keyEstablishmentSuite: 1,
        ephemeralDataGenerateTime: 3,
        confirmKeyGenerateTime: 6,
        identity: fromHex(identityV),
      },
    },
  },
  {
    name: 'initiate key establishment response',
    clusterId: 0x0800,
    hex: `19020001000306${identityU}`,
    frame: {
      command: 'InitiateKeyEstablishmentResponse',
      header: { direction: 'toClient', disableDefaultResponse: true, sequence: 2 },
      payload: {
        requestedKeyEstablishmentSuite: 1,
        ephemeralDataGenerateTime: 3,
        confirmKeyGenerateTime: 6,
        identity: fromHex(identityU),
      },
    },
  },
  {
    name: 'ephemeral data request',
    clusterId: 0x0800,
    hex: '1103010300e117c86d0e7cd128b2f34e9076cff24af46d7288',
    frame: {
      command: 'EphemeralDataRequest',
      payload: { ephemeralData: fromHex('0300e117c86d0e7cd128b2f34e9076cff24af46d7288') },
    },
  },
  {
    name: 'ephemeral data response',
    clusterId: 0x0800,
    hex: '1903010306ab52062201d995b8b8591f3f086a3a2e214d845e',
    frame: {
      command: 'EphemeralDataResponse',
      payload: { ephemeralData: fromHex('0306ab52062201d995b8b8591f3f086a3a2e214d845e') },
    },
  },
  {
    name: 'confirm key data request',
    clusterId: 0x0800,
    hex: '110402b82f1f9774740c32f80fcfc3921b6420',
    frame: {
      command: 'ConfirmKeyDataRequest',
      payload: { secureMessageAuthenticationCode: fromHex('b82f1f9774740c32f80fcfc3921b6420') },
    },
  },
  {
    name: 'confirm key data response',
    clusterId: 0x0800,
    hex: '19040279d5f2ad1c31d4d1ee7cb719ac683c3c',
    frame: {
      command: 'ConfirmKeyDataResponse',
      payload: { secureMessageAuthenticationCode: fromHex('79d5f2ad1c31d4d1ee7cb719ac683c3c') },
    },
  },
]

/** @source constructed Smart Energy join, plaintext as tshark 4.0.17 decrypts it */
const READS: Golden[] = [
  {
    name: 'read of the key establishment suite',
    clusterId: 0x0800,
    hex: '0001000000',
    frame: { command: { name: 'ReadAttributes', attributeIds: [0] } },
  },
  {
    name: 'answer with the key establishment suite',
    clusterId: 0x0800,
    hex: '180101000000310100',
    frame: { command: { records: [{ id: 0, status: 0, type: 'enum16', value: 1 }] } },
  },
  {
    name: 'read of a meter: summation and unit',
    clusterId: 0x0702,
    hex: '00050000000003',
    frame: { command: { name: 'ReadAttributes', attributeIds: [0x0000, 0x0300] } },
  },
  {
    name: 'answer of a meter: 123456789 and kWh',
    clusterId: 0x0702,
    hex: '1805010000002515cd5b0700000003003000',
    frame: {
      command: {
        name: 'ReadAttributesResponse',
        records: [
          { id: 0x0000, status: 0, type: 'uint48', value: 123_456_789 },
          { id: 0x0300, status: 0, type: 'enum8', value: 0 },
        ],
      },
    },
  },
]

/** @source frames of devices in the field, octets as in zigbee-herdsman test/zcl.test.ts at 00637e89bff7 */
const FIELD: Golden[] = [
  {
    name: 'report of a floating point attribute',
    clusterId: 0x000c,
    hex: '184a0a55003900000000',
    frame: { command: { name: 'ReportAttributes', records: [{ id: 0x55, type: 'single', value: 0 }] } },
  },
  {
    name: 'report of an occupancy sensor',
    clusterId: 0x0406,
    hex: '18a90a00001801',
    frame: { command: { name: 'ReportAttributes', records: [{ id: 0, type: 'map8', value: 1 }] } },
  },
  {
    name: 'reporting accepted, in short',
    clusterId: 0x0001,
    hex: '08010700',
    frame: { command: { name: 'ConfigureReportingResponse', failures: [] } },
  },
]

test.each([...KEY_ESTABLISHMENT, ...READS, ...FIELD])('$name', ({ clusterId, hex, frame }) => {
  const decoded = decodeFrame(clusterId, fromHex(hex))
  expect(decoded).toMatchObject(frame)
  if (decoded.kind === 'unknown') throw new Error('in the tables')
  const { header } = decoded
  const again =
    decoded.kind === 'global'
      ? encodeGlobal(header, decoded.command)
      : encodeCommand(header, decoded.cluster, decoded.command, decoded.payload)
  expect(toHex(again)).toBe(hex)
})

test('a device that lists its successes too is understood', () => {
  // A thermostat's answer to one accepted configuration, from the same place.
  const { command } = decodeFrame(0x0201, fromHex('18030700001200')) as { command: unknown }
  expect(command).toEqual({ name: 'ConfigureReportingResponse', failures: [] })
  const mixed = decodeFrame(0x0001, fromHex('0801070001341201013512'))
  expect(mixed).toMatchObject({ command: { failures: [{ status: 1, role: 'receive', id: 0x1235 }] } })
})
