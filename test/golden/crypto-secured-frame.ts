/** Where the secured parts of a sniffed frame lie: just enough of MAC, NWK and APS headers to find them. */
import { fromHex } from '../../src/base/bytes.ts'

export interface SecuredPart {
  /** Headers up to and including the auxiliary header, with level 5 in its security control. */
  aad: Uint8Array
  nonce: Uint8Array
  /** Ciphertext and MIC. */
  protectedPayload: Uint8Array
  /** 0 data, 1 network, 2 key-transport, 3 key-load. */
  keyId: number
  /** Source EUI-64 as on the air. */
  source: Uint8Array
}

/** Frame control, sequence, PAN, two short addresses. */
const MAC_HEADER = 9

/** The NWK frame of an MPDU without FCS, short addresses on both sides. */
export const nwkFrame = (mpduHex: string): Uint8Array => fromHex(mpduHex).subarray(MAC_HEADER)

/** Where the NWK header ends. */
export function nwkHeaderOctets(frame: Uint8Array): number {
  const control = frame[0]! | (frame[1]! << 8)
  let at = 8
  if (control & 0x0100) at += 1
  if (control & 0x0800) at += 8
  if (control & 0x1000) at += 8
  if (control & 0x0400) at += 2 + 2 * frame[at]!
  return at
}

export const nwkSecured = (frame: Uint8Array): boolean => (frame[1]! & 0x02) !== 0

export const nwkPart = (frame: Uint8Array): SecuredPart => securedPart(frame, nwkHeaderOctets(frame))

/** `source` stands for a sender that the auxiliary header does not name. */
export const apsPart = (frame: Uint8Array, source?: Uint8Array): SecuredPart =>
  securedPart(frame, (frame[0]! & 3) === 1 ? 2 : 8, source)

function securedPart(frame: Uint8Array, auxiliary: number, knownSource?: Uint8Array): SecuredPart {
  const control = frame[auxiliary]!
  const keyId = (control >> 3) & 3
  const extended = (control & 0x20) !== 0
  const end = auxiliary + 5 + (extended ? 8 : 0) + (keyId === 1 ? 1 : 0)
  const source = extended ? frame.slice(auxiliary + 5, auxiliary + 13) : (knownSource ?? new Uint8Array(8))
  const aad = frame.slice(0, end)
  aad[auxiliary] = control | 5
  const counter = frame.subarray(auxiliary + 1, auxiliary + 5)
  return {
    aad,
    nonce: Uint8Array.of(...source, ...counter, control | 5),
    protectedPayload: frame.subarray(end),
    keyId,
    source,
  }
}
