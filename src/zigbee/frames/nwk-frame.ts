/** NWK frames. @source ZigBee PRO, 3.3.1 general NPDU frame format */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { controlled, counted, flagged, type ValueOf } from '../../base/frame.ts'
import { bits, choice, flag } from '../../base/frame-control.ts'
import { eui64, u8, u16 } from '../../base/frame-fields.ts'
import { auxiliary } from './auxiliary.ts'
import { type Keying, protect, type Securable } from './security.ts'

/** Multicast control field, one octet. */
const multicast = controlled(
  'multicast control',
  1,
  {
    mode: choice(0, 2, { 'non-member': 0, member: 1 }),
    nonMemberRadius: bits(2, 3),
    maxNonMemberRadius: bits(5, 3),
  },
  {},
)

/** Source route subframe: the relay nearest to the destination comes first. */
const sourceRoute = controlled('relay count', 1, {}, { relayIndex: u8, relays: counted(bits(0, 8), u16) })

/** Fields that are absent here are absent on the air, and the frame control says so. */
const nwkHeader = controlled(
  'NWK frame control',
  2,
  {
    type: choice(0, 2, { data: 0, command: 1 }),
    /** 2: ZigBee 2006 and later. */
    protocolVersion: bits(2, 4),
    discoverRoute: choice(6, 2, { suppress: 0, enable: 1, force: 3 }),
    /** The sender is an end device. */
    endDeviceInitiator: flag(13),
  },
  {
    destination: u16,
    source: u16,
    radius: u8,
    sequence: u8,
    destinationEui64: flagged(11, eui64),
    sourceEui64: flagged(12, eui64),
    multicast: flagged(8, multicast),
    sourceRoute: flagged(10, sourceRoute),
    auxiliary: flagged(9, auxiliary),
  },
)
export type NwkHeader = ValueOf<typeof nwkHeader>

/** A decoded frame. The payload of a secured one is read by `unsecure`. */
export interface NwkFrame extends Securable {
  header: NwkHeader
}

/** Reads the headers; `payload` and `headerOctets` are views. @throws WireError `wire.truncated`, `wire.reserved-value` */
export function decodeNwk(octets: Uint8Array): NwkFrame {
  const reader = new ByteReader(octets)
  const header = nwkHeader.read(reader)
  return { header, headerOctets: octets.subarray(0, reader.offset), payload: reader.rest() }
}

/**
 * Writes a frame; with an auxiliary header in it, protected by `keying`.
 * @throws InvariantError when a field does not fit, or header and keying do not agree
 */
export function encodeNwk<Key>(header: NwkHeader, payload: Uint8Array, keying?: Keying<Key>): Uint8Array {
  const writer = new ByteWriter()
  nwkHeader.write(writer, header, 'NWK header')
  return protect(header, writer.finish(), payload, keying)
}
