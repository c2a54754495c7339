/** Short messages as octets in hex, as +CMGF=0 has them. @source 3GPP TS 23.040, 9.2; TS 27.005, 4 */
import { fromHex, toHex } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import { fromSeptets, packSeptets, toSeptets, unpackSeptets } from './gsm-alphabet.ts'

/** International number, telephone numbering plan. */
export const INTERNATIONAL = 0x91
const SUBMIT = 0b01
const UCS2 = 0x08
/** One message: septets, or octets of 16-bit characters. */
const MOST_SEPTETS = 160
const MOST_UCS2_OCTETS = 140

/** Whether a text fits into one message. */
export function fitsOneMessage(text: string): boolean {
  const septets = toSeptets(text)
  return septets ? septets.length <= MOST_SEPTETS : text.length * 2 <= MOST_UCS2_OCTETS
}

export interface DeliverPdu {
  /** Digits only. */
  serviceCentre: string
  from: string
  text: string
  atUnixMs: number
}

/** A message as it came from the service centre; `length`: octets without the service centre's address. */
export function encodeDeliver({ serviceCentre, from, text, atUnixMs }: DeliverPdu): { hex: string; length: number } {
  const septets = toSeptets(text)
  const data = septets ? packSeptets(septets) : ucs2(text)
  const centre = semiOctets(serviceCentre)
  const tpdu = [
    // SMS-DELIVER, no more messages waiting
    0x04,
    ...[from.length, INTERNATIONAL, ...semiOctets(from)],
    ...[0, septets ? 0 : UCS2],
    ...timestamp(atUnixMs),
    ...[septets ? septets.length : data.length, ...data],
  ]
  const octets = Uint8Array.from([centre.length + 1, INTERNATIONAL, ...centre, ...tpdu])
  return { hex: toHex(octets).toUpperCase(), length: tpdu.length }
}

/** A message that a terminal sends. `length`: octets without the service centre's address, as +CMGS told. @throws WireError */
export function decodeSubmit(hex: string, length: number): { to: string; text: string } {
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) throw malformed(0, 'pdu', 'hex digits expected')
  const octets = fromHex(hex.toLowerCase())
  let at = 1 + (octets[0] ?? 0)
  if (octets.length - at !== length)
    throw malformed(0, 'length', `${length} octets expected, found ${octets.length - at}`)
  const next = (field: string): number => {
    const octet = octets[at]
    if (octet === undefined) throw malformed(at, field, 'the message ends here')
    at++
    return octet
  }
  const first = next('first octet')
  if ((first & 0b11) !== SUBMIT) throw malformed(at, 'type', 'SMS-SUBMIT expected')
  next('reference')
  const digits = next('destination')
  next('type of address')
  const destination = octets.subarray(at, at + Math.ceil(digits / 2))
  at += destination.length
  next('protocol')
  const coding = next('coding')
  // Validity period: none, one octet when relative, else seven.
  const period = (first >> 3) & 0b11
  at += period === 0 ? 0 : period === 0b10 ? 1 : 7
  const size = next('user data length')
  const header = first & 0x40 ? 1 + (octets[at] ?? 0) : 0
  return {
    to: fromSemiOctets(destination).slice(0, digits),
    text: textOf(octets.subarray(at), { size, header, coding }),
  }
}

function textOf(data: Uint8Array, { size, header, coding }: { size: number; header: number; coding: number }): string {
  const alphabet = (coding & 0xc0) === 0 ? coding & 0x0c : coding >= 0xf0 ? coding & 0x04 : 0
  if (alphabet === 0) return fromSeptets(unpackSeptets(data, size).slice(Math.ceil((header * 8) / 7)))
  const octets = data.subarray(header, size)
  if (alphabet === UCS2) {
    return Array.from({ length: octets.length >> 1 }, (_, i) =>
      String.fromCharCode(((octets[i * 2] ?? 0) << 8) | (octets[i * 2 + 1] ?? 0)),
    ).join('')
  }
  return Array.from(octets, octet => String.fromCharCode(octet)).join('')
}

function ucs2(text: string): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: text.length * 2 }, (_, i) => (text.charCodeAt(i >> 1) >> (i % 2 === 0 ? 8 : 0)) & 0xff),
  )
}

/** Digits, two to an octet and the first of them low; an odd one out is filled up. */
function semiOctets(digits: string): number[] {
  const even = digits.length % 2 === 0 ? digits : `${digits}F`
  return Array.from({ length: even.length / 2 }, (_, i) => Number.parseInt(`${even[i * 2 + 1]}${even[i * 2]}`, 16))
}
const fromSemiOctets = (octets: Uint8Array): string =>
  Array.from(octets, octet => `${(octet & 0xf).toString(16)}${(octet >> 4).toString(16)}`).join('')

/** In UTC. */
function timestamp(atUnixMs: number): number[] {
  const digits = new Date(atUnixMs).toISOString().replace(/\D/g, '').slice(2, 14)
  return [...semiOctets(digits), 0]
}

const malformed = (offset: number, field: string, message: string): WireError =>
  new WireError('at.pdu', { offset, field, message })
