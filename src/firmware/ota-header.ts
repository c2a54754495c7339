/**
 * The header of a ZigBee OTA upgrade file, little-endian.
 * @source ZigBee OTA Upgrade Cluster 095264, 6.3.2
 */
import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { controlled, flagged, record } from '../base/frame.ts'
import { bytes, eui64, u8, u16, u32 } from '../base/frame-fields.ts'
import type { Eui64 } from '../base/ids.ts'

/** What every file begins with: 0x0BEEF11E. */
export const OTA_MAGIC: Readonly<Uint8Array> = Uint8Array.of(0x1e, 0xf1, 0xee, 0x0b)
/** The only version of the header there is. */
export const OTA_HEADER_VERSION = 0x0100
/** Octets before the header's length is known: magic, header version, header length. */
export const OTA_HEADER_START = 8
/** A header without optional fields. */
export const OTA_HEADER_OCTETS = 56
/** Longest header read. The fields there are come to 69; a longer one has fields of a later version, which are passed over. @source assumed */
export const MAX_OTA_HEADER_OCTETS = 255
/** Octets of the header string. */
export const HEADER_STRING_OCTETS = 32

/** What an image is and for whom; what its maker writes. */
export interface OtaHeaderFields {
  manufacturerCode: number
  /** 0xffc0 credentials, 0xffc1 configuration, 0xffc2 log, below 0xffc0 the maker's own. */
  imageType: number
  fileVersion: number
  /** 2 is ZigBee PRO. */
  stackVersion: number
  /** At most 32 characters of one octet each; zeros at the end are not part of it. */
  headerString: string
  securityCredentialVersion?: number
  /** The one device it is for. */
  destination?: Eui64
  /** The hardware versions it is for, both included. */
  hardwareVersions?: { minimum: number; maximum: number }
}

/** A header as it was read. */
export interface OtaHeader extends OtaHeaderFields {
  /** Octets from the magic to the first sub-element. */
  headerLength: number
  /** Octets from the magic to the end of the last sub-element. */
  totalImageSize: number
}

const start = record({ magic: bytes(4), headerVersion: u16, headerLength: u16 })
const fields = controlled(
  'field control',
  2,
  {},
  {
    manufacturerCode: u16,
    imageType: u16,
    fileVersion: u32,
    stackVersion: u16,
    headerString: bytes(HEADER_STRING_OCTETS),
    totalImageSize: u32,
    securityCredentialVersion: flagged(0, u8),
    destination: flagged(1, eui64),
    hardwareVersions: flagged(2, record({ minimum: u16, maximum: u16 })),
  },
)

/** The first 8 octets. */
export function readHeaderStart(octets: Uint8Array): { headerVersion: number; headerLength: number } {
  const { headerVersion, headerLength } = start.read(new ByteReader(octets))
  return { headerVersion, headerLength }
}

/** Octets of the optional fields that a field control announces. */
export const optionalOctets = (fieldControl: number): number =>
  (fieldControl & 1 ? 1 : 0) + (fieldControl & 2 ? 8 : 0) + (fieldControl & 4 ? 4 : 0)

/** Reads a whole header, `headerLength` octets of which may be more than its fields. WireError `wire.truncated` when they are fewer. */
export function readHeader(octets: Uint8Array): OtaHeader {
  const reader = new ByteReader(octets)
  const { headerLength } = start.read(reader)
  const { headerString, ...rest } = fields.read(reader)
  const text = Buffer.from(headerString).toString('latin1').replace(/\0+$/, '')
  return { ...rest, headerString: text, headerLength }
}

/** Writes a header. @throws InvariantError for a field that does not fit */
export function encodeHeader({ headerString, ...rest }: OtaHeaderFields, elementOctets: number): Uint8Array {
  const headerLength = headerOctets(rest)
  const text = new Uint8Array(HEADER_STRING_OCTETS)
  text.set(Buffer.from(headerString, 'latin1'))
  const writer = new ByteWriter(headerLength)
  start.write(writer, { magic: OTA_MAGIC, headerVersion: OTA_HEADER_VERSION, headerLength }, 'header')
  fields.write(writer, { ...rest, headerString: text, totalImageSize: headerLength + elementOctets }, 'header')
  return writer.finish()
}

function headerOctets(header: Omit<OtaHeaderFields, 'headerString'>): number {
  const { securityCredentialVersion, destination, hardwareVersions } = header
  const bit = (value: unknown, flag: number) => (value === undefined ? 0 : flag)
  return (
    OTA_HEADER_OCTETS +
    optionalOctets(bit(securityCredentialVersion, 1) | bit(destination, 2) | bit(hardwareVersions, 4))
  )
}
