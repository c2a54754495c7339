/** Every decoder of octets from outside, each with frames that it reads. */
import { readFileSync } from 'node:fs'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Field } from '../../src/base/frame.ts'
import { encodeCertificate, parseCertificate } from '../../src/crypto/certificate.ts'
import { linkKeyOfInstallCode } from '../../src/crypto/link-keys.ts'
import { readZigbeeBeacon } from '../../src/radio/beacon.ts'
import { decodeMacFrame, encodeMacFrame } from '../../src/radio/mac-frame.ts'
import { decodeMessage, encodeMessage } from '../../src/wan/messages/codec.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { decodeSpinel, encodeSpinel } from '../../src/wire/spinel/frame.ts'
import { lastStatus, read, streamRaw, streamRawRequest, write } from '../../src/wire/spinel/properties.ts'
import { type MtName, readRequest, requestFrame } from '../../src/wire/znp/mt.ts'
import { nib, readNv, writeNv } from '../../src/wire/znp/nv.ts'
import { clusterNames, clusterSpec } from '../../src/zcl/clusters.ts'
import { decodeFrame, encodeCommand, encodeGlobal } from '../../src/zcl/frame.ts'
import { decode as decodeKeyEstablishment } from '../../src/zcl/key-establishment/octets.ts'
import { decodeApsCommand, encodeApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import { decodeAps, encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { decodeNwkCommand, encodeNwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { decodeNwk, encodeNwk } from '../../src/zigbee/frames/nwk-frame.ts'
import { unsecure } from '../../src/zigbee/frames/security.ts'
import { decodeZdo, encodeZdo, ZDO_NAMES, zdoClusterId } from '../../src/zigbee/frames/zdo.ts'
import { vectors } from '../golden/crypto-vectors.ts'
import { nwkOctets, opensslCcm, samples } from '../golden/zigbee-samples.ts'
import type { Decoder } from './disturbed-octets.ts'

const keying = { ccm: opensslCcm, key: new Uint8Array(16), source: '0000000000000001' }
const plaintexts = samples.map(({ nwkPlaintext }) => fromHex(nwkPlaintext ?? '')).filter(({ length }) => length > 0)
const commands = samples.filter(sample => decodeNwk(nwkOctets(sample)).header.type === 'command')
const isCommand = (octets: Uint8Array) => commands.some(({ nwkPlaintext }) => nwkPlaintext === toHex(octets))
const apsFrames = plaintexts.filter(octets => !isCommand(octets))
const zdo = apsFrames
  .map(octets => decodeAps(octets))
  .filter(({ header }) => header.type === 'data' && header.profileId === 0)

const sniffed: { psdu: string }[] = JSON.parse(
  readFileSync(new URL('../golden/data/mac-frames.json', import.meta.url), 'utf8'),
).sniffed.frames
const macFrames = sniffed.map(({ psdu }) => fromHex(psdu))

const certificates = (suite: 1 | 2) =>
  vectors.certificates.filter(vector => vector.suite === suite).map(({ certificate }) => fromHex(certificate))
const [certificate = new Uint8Array()] = certificates(1)

const addressing = { direction: 'toServer', disableDefaultResponse: false, sequence: 9 } as const

/** ZCL frames of many shapes. */
export const ZCL_FRAMES: readonly [clusterId: number, asdu: Uint8Array][] = [
  [0x0702, encodeGlobal(addressing, { name: 'ReadAttributes', attributeIds: [0, 1, 0x0300] })],
  [0x0702, encodeGlobal(addressing, { name: 'DiscoverAttributes', startId: 0, maximum: 255 })],
  [
    0x0702,
    encodeGlobal(addressing, {
      name: 'ReportAttributes',
      records: [
        { id: 0, type: 'uint48', value: 2 ** 40 },
        { id: 0x0308, type: 'octstr', value: Uint8Array.of(1, 2, 3) },
        { id: 5, type: 'string', value: 'text' },
        { id: 6, type: 'EUI64', value: '0102030405060708' },
        { id: 7, type: 'map64', value: 1n },
      ],
    }),
  ],
  [
    0x0702,
    encodeGlobal(addressing, {
      name: 'ConfigureReporting',
      records: [
        { role: 'send', id: 0, type: 'uint48', minimumS: 1, maximumS: 9, change: 4 },
        { role: 'receive', id: 1, timeoutS: 3 },
      ],
    }),
  ],
  [0x0704, encodeCommand(addressing, 'Tunneling', 'TransferData', { tunnelId: 1, data: Uint8Array.of(1, 2, 3) })],
  [
    0x0702,
    encodeCommand({ ...addressing, direction: 'toClient' }, 'Metering', 'GetProfileResponse', {
      endTime: 1,
      status: 0,
      profileIntervalPeriod: 2,
      intervals: [1, 2, 3],
    }),
  ],
  [
    0x0700,
    encodeCommand({ ...addressing, direction: 'toClient' }, 'Price', 'PublishConversionFactor', {
      issuerEventId: 1,
      startTime: 2,
      conversionFactor: 3,
      conversionFactorTrailingDigit: 4,
    }),
  ],
]

/** A cluster of a maker's own is among them. */
export const ZCL_CLUSTERS: readonly number[] = [...clusterNames().map(name => clusterSpec(name).id), 0xfc00]

const zclDecoder = (clusterId: number): Decoder => {
  const own = ZCL_FRAMES.filter(([cluster]) => cluster === clusterId)
  const frames = (own.length > 0 ? own : ZCL_FRAMES).map(([, asdu]) => asdu)
  return { read: asdu => decodeFrame(clusterId, asdu), frames }
}

const zdoDecoder = (name: (typeof ZDO_NAMES)[number]): Decoder => {
  const clusterId = zdoClusterId(name)
  const known = zdo.filter(({ header }) => 'clusterId' in header && header.clusterId === clusterId)
  return {
    read: octets => decodeZdo(clusterId, octets),
    again: octets => decodeZdo(clusterId, encodeZdo(decodeZdo(clusterId, octets)).asdu),
    frames: known.map(({ payload }) => payload),
  }
}

const spinelDecoder = <T>(field: Field<T>, frames: string[]): Decoder => ({
  read: octets => read(field, octets),
  again: octets => read(field, write(field, read(field, octets))),
  frames: frames.map(fromHex),
})

const mtDecoder = (name: MtName, frame: string): Decoder => ({
  read: octets => readRequest(name, octets),
  again: octets => readRequest(name, requestFrame(name, readRequest(name, octets)).data),
  frames: [fromHex(frame)],
})

export const DECODERS: Readonly<Record<string, Decoder>> = {
  'MAC frames': {
    read: decodeMacFrame,
    again: octets => decodeMacFrame(encodeMacFrame(decodeMacFrame(octets))),
    frames: macFrames,
  },
  'beacon payloads': {
    read: readZigbeeBeacon,
    frames: macFrames.flatMap(psdu => {
      const frame = decodeMacFrame(psdu)
      return frame.type === 'beacon' ? [frame.payload] : []
    }),
  },
  'NWK frames': {
    read: octets => decodeNwk(octets).header,
    again(octets) {
      const { header, payload } = decodeNwk(octets)
      return decodeNwk(encodeNwk(header, payload, header.auxiliary && keying)).header
    },
    frames: samples.map(nwkOctets),
  },
  'NWK commands': {
    read: decodeNwkCommand,
    again: octets => decodeNwkCommand(encodeNwkCommand(decodeNwkCommand(octets))),
    frames: plaintexts.filter(isCommand),
  },
  'APS frames': {
    read: octets => decodeAps(octets).header,
    again(octets) {
      const { header, payload } = decodeAps(octets)
      return decodeAps(encodeAps(header, payload, header.auxiliary && keying)).header
    },
    frames: apsFrames,
  },
  'APS commands': {
    read: decodeApsCommand,
    again: octets => decodeApsCommand(encodeApsCommand(decodeApsCommand(octets))),
    frames: samples.flatMap(({ apsPlaintext }) => (apsPlaintext?.match(/^(0[5-9]|10)/) ? [fromHex(apsPlaintext)] : [])),
  },
  'opened frames': {
    read: octets => unsecure(decodeNwk(octets), keying) ?? null,
    frames: samples.map(nwkOctets),
  },
  'key establishment': {
    read(asdu) {
      const frame = decodeKeyEstablishment(asdu)
      if (frame.kind === 'malformed') throw frame.error
      return frame
    },
    frames: [
      fromHex(`0101000100${'0306'}${toHex(certificate)}`),
      fromHex(`110201${toHex(certificate.slice(0, 22))}`),
      fromHex(`190302${toHex(certificate.slice(0, 16))}`),
      fromHex('11040301020100'),
    ],
  },
  'certificates of suite 1': {
    read: octets => parseCertificate(1, octets),
    again: octets => parseCertificate(1, encodeCertificate(parseCertificate(1, octets))),
    frames: certificates(1),
  },
  'certificates of suite 2': {
    read: octets => parseCertificate(2, octets),
    again: octets => parseCertificate(2, encodeCertificate(parseCertificate(2, octets))),
    frames: certificates(2),
  },
  'install codes': {
    read: linkKeyOfInstallCode,
    frames: [fromHex('83fed3407a939723a5c639b26916d505c3b5')],
  },
  'Spinel frames': {
    read: decodeSpinel,
    again: octets => decodeSpinel(encodeSpinel(decodeSpinel(octets))),
    frames: [
      fromHex('81010280'),
      fromHex('8202b001'),
      fromHex('8303210f'),
      fromHex('840384263412'),
      fromHex('80060072'),
    ],
  },
  'Spinel received frames': spinelDecoder(streamRaw, [
    '050002004d0a0bc49c00000a000fc8e803000000000000010000' + '0000',
    '050012004d0a0bc49c10000a000fc8e803000000000000010000' + '05000000000000',
    '050002004d0a0bc4',
  ]),
  'Spinel frames to send': spinelDecoder(streamRawRequest, [
    '0500410001ffff0f0404010100010000000000000000' + '0f',
    '0500410001ffff0f',
  ]),
  'Spinel statuses': spinelDecoder(lastStatus, ['72', '11' + '0001', '00' + '0101' + '050012004d0a0b7f80', '8a02']),
  'MT registrations': mtDecoder('AF_REGISTER', '0b0401000400000201050a000200050205'),
  'MT data requests': mtDecoder('AF_DATA_REQUEST_EXT', '02341200000000000001000006020709001e0300110100'),
  'MT items of NV': mtDecoder('SYS_OSAL_NV_WRITE_EXT', '210001000300010203'),
  'MT messages that came in': mtDecoder('AF_INCOMING_MSG', '000002073412010600c80004030201070311223334121d'),
  'MT addresses': mtDecoder('ZDO_NWK_ADDR_RSP', '00a19078563412db003412000201003412'),
  'ZNP network information': {
    read: octets => readNv(nib, octets),
    again: octets => readNv(nib, writeNv(nib, readNv(nib, octets))),
    frames: [Uint8Array.from({ length: 110 }, (_, n) => n)],
  },
  'WAN messages': {
    read: decodeMessage,
    frames: [
      encodeMessage(
        {
          id: 'r-1',
          correlationId: '',
          originator: 'smso',
          targetDevice: '00db1234567890a1',
          counter: 7,
          sentAtMs: 1_700_000_000_000,
          request: requestOf('setApn', { apn: 'elster' }),
        },
        new Uint8Array(32),
      ),
    ],
  },
  ...Object.fromEntries(ZDO_NAMES.map(name => [`ZDO ${name}`, zdoDecoder(name)])),
  ...Object.fromEntries(ZCL_CLUSTERS.map(id => [`ZCL cluster 0x${id.toString(16).padStart(4, '0')}`, zclDecoder(id)])),
}
