/** Short messages as octets in hex, as +CMGF=0 has them. @source 3GPP TS 23.040, 9.2; TS 27.005, 4 */
import { fromHex, toHex } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import { fromSeptets, packSeptets, toSeptets, unpackSeptets } from './gsm-alphabet.ts'

/** International number, telephone numbering plan. */
export const INTERNATIONAL = 0x91
const DELIVER = 0b00
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

/** A message as a modem tells it, the service centre's address first. @throws WireError */
export function decodeDeliver(hex: string): Pick<DeliverPdu, 'from' | 'text' | 'atUnixMs'> {
  const reader = new PduReader(hex)
  reader.take('service centre', reader.octet('length of service centre'))
  const first = reader.octet('first octet')
  if ((first & 0b11) !== DELIVER) throw malformed(0, 'type', 'SMS-DELIVER expected')
  const from = reader.digits('originator')
  reader.octet('protocol')
  const coding = reader.octet('coding')
  const atUnixMs = instantOf(reader.take('timestamp', 7))
  return { from, text: reader.text(first, coding), atUnixMs }
}

/** A message that a terminal sends. `length`: octets without the service centre's address, as +CMGS told. @throws WireError */
export function decodeSubmit(hex: string, length: number): { to: string; text: string } {
  const reader = new PduReader(hex)
  reader.take('service centre', reader.octet('length of service centre'))
  if (reader.left !== length) throw malformed(0, 'length', `${length} octets expected, found ${reader.left}`)
  const first = reader.octet('first octet')
  if ((first & 0b11) !== SUBMIT) throw malformed(0, 'type', 'SMS-SUBMIT expected')
  reader.octet('reference')
  const to = reader.digits('destination')
  reader.octet('protocol')
  const coding = reader.octet('coding')
  // Validity period: none, one octet when relative, else seven.
  const period = (first >> 3) & 0b11
  reader.take('validity', period === 0 ? 0 : period === 0b10 ? 1 : 7)
  return { to, text: reader.text(first, coding) }
}

/** Takes a message apart from its beginning. */
class PduReader {
  private readonly octets: Uint8Array
  private at = 0

  constructor(hex: string) {
    if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) throw malformed(0, 'pdu', 'hex digits expected')
    this.octets = fromHex(hex.toLowerCase())
  }

  get left(): number {
    return this.octets.length - this.at
  }
  octet(field: string): number {
    return this.take(field, 1)[0] ?? 0
  }
  take(field: string, count: number): Uint8Array {
    if (count > this.left) throw malformed(this.octets.length, field, 'the message ends here')
    this.at += count
    return this.octets.subarray(this.at - count, this.at)
  }
  /** An address: how many digits, of which type, two to an octet. */
  digits(field: string): string {
    const count = this.octet(field)
    this.octet('type of address')
    return fromSemiOctets(this.take(field, Math.ceil(count / 2))).slice(0, count)
  }
  /** User data to the end; what is missing of it is left out. */
  text(first: number, coding: number): string {
    const size = this.octet('user data length')
    const data = this.octets.subarray(this.at)
    return textOf(data, { size, header: first & 0x40 ? 1 + (data[0] ?? 0) : 0, coding })
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

/** Its last octet is how far local time is ahead, in quarters of an hour; nonsense is the beginning of time. */
function instantOf(octets: Uint8Array): number {
  const [year, month, day, hour, minute, second] = Array.from({ length: 6 }, (_, i) =>
    Number(fromSemiOctets(octets.subarray(i, i + 1))),
  )
  const zone = octets[6] ?? 0
  const quarters = (zone & 0b111) * 10 + (zone >> 4)
  const local = Date.UTC(2000 + (year ?? 0), (month ?? 1) - 1, day, hour, minute, second)
  const unixMs = local - (zone & 0b1000 ? -1 : 1) * quarters * 900_000
  return Number.isFinite(unixMs) ? unixMs : 0
}

const malformed = (offset: number, field: string, message: string): WireError =>
  new WireError('at.pdu', { offset, field, message })
