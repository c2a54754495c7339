/** Frames of strangers from the octets on the air to the APS payload, beside zigbee-on-host on the same frames in the same run. */
import { decodeMACFrameControl, decodeMACHeader, decodeMACPayload } from 'zigbee-on-host/dist/zigbee/mac.js'
import { decodeZigbeeAPSFrameControl, decodeZigbeeAPSHeader } from 'zigbee-on-host/dist/zigbee/zigbee-aps.js'
import {
  decodeZigbeeNWKFrameControl,
  decodeZigbeeNWKHeader,
  decodeZigbeeNWKPayload,
} from 'zigbee-on-host/dist/zigbee/zigbee-nwk.js'
import { fromHex } from '../../src/base/bytes.ts'
import { withFcs } from '../../src/radio/fcs.ts'
import { decodeMacFrame } from '../../src/radio/mac-frame.ts'
import { ccmStar } from '../../src/zigbee/ccm.ts'
import { decodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { decodeNwk } from '../../src/zigbee/frames/nwk-frame.ts'
import { unsecure } from '../../src/zigbee/frames/security.ts'
import { samples } from '../golden/zigbee-samples.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 15
const TIMES = 200

interface Captured {
  psdu: Uint8Array
  octets: Buffer
  key: Uint8Array
  keyBuffer: Buffer
}

/** Frames under a network key and no other; NWK commands are left out. */
const captured: readonly Captured[] = samples
  .filter(({ networkKey, nwkPlaintext, apsKey }) => networkKey && nwkPlaintext && !apsKey)
  .map(({ mpdu, networkKey = '' }) => {
    const psdu = fromHex(mpdu)
    return {
      psdu,
      octets: Buffer.from(withFcs(psdu)),
      key: fromHex(networkKey),
      keyBuffer: Buffer.from(networkKey, 'hex'),
    }
  })
  .filter(({ psdu }) => decodeNwk(psdu.subarray(9)).header.type === 'data')

const ccm = ccmStar()

/** Octets of the APS payload. */
function ours({ psdu, key }: Captured): number {
  const mac = decodeMacFrame(psdu)
  if (mac.type !== 'data') throw new Error('no data frame')
  const opened = unsecure(decodeNwk(mac.payload), { ccm, key })
  if (!opened) throw new Error('does not open')
  return decodeAps(opened).payload.length
}

/** The same by zigbee-on-host. */
function theirs({ octets, keyBuffer }: Captured): number {
  const [macControl, macHeaderAt] = decodeMACFrameControl(octets, 0)
  const [macHeader, macPayloadAt] = decodeMACHeader(octets, macHeaderAt, macControl)
  const npdu = decodeMACPayload(octets, macPayloadAt, macControl, macHeader)
  const [nwkControl, nwkHeaderAt] = decodeZigbeeNWKFrameControl(npdu, 0)
  const [nwkHeader, nwkPayloadAt] = decodeZigbeeNWKHeader(npdu, nwkHeaderAt, nwkControl)
  const apdu = decodeZigbeeNWKPayload(npdu, nwkPayloadAt, keyBuffer, macHeader.source64, nwkControl, nwkHeader)
  const [apsControl, apsHeaderAt] = decodeZigbeeAPSFrameControl(apdu, 0)
  const [, apsPayloadAt] = decodeZigbeeAPSHeader(apdu, apsHeaderAt, apsControl)
  return apdu.length - apsPayloadAt
}

export async function zigbeeDecode(): Promise<Row[]> {
  for (const frame of captured) {
    if (ours(frame) !== theirs(frame)) throw new Error('the two do not read the same')
  }
  const [own, foreign] = [framesPerSecond(ours), framesPerSecond(theirs)]
  const measured = `${thousands(own)} /s, ${(own / foreign).toFixed(1)} x zigbee-on-host (${thousands(foreign)} /s)`
  return [{ what: `MAC, NWK and APS decoded, CCM* opened, ${captured.length} frames`, measured, target: '3 x' }]
}

function framesPerSecond(decode: (frame: Captured) => number): number {
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    for (let n = 0; n < TIMES; n++) for (const frame of captured) decode(frame)
    if (round > 2) rates.push((TIMES * captured.length * 1_000) / (performance.now() - from))
  }
  return median(rates)
}

const thousands = (rate: number): string => `${Math.round(rate / 1_000)} k`
