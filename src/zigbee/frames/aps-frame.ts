/** APS frames. @source ZigBee PRO, 2.2.5 APS frame formats */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { controlled, flagged, oneOf, type ValueOf } from '../../base/frame.ts'
import { choice, flag } from '../../base/frame-control.ts'
import { u8, u16 } from '../../base/frame-fields.ts'
import { auxiliary } from './auxiliary.ts'
import { type Keying, protect, type Securable } from './security.ts'

const CONTROL = 'APS frame control'
const EXTENDED = 'extended frame control'
const SECURED = 5
const EXTENDED_HEADER = 7

const unfragmented = controlled(EXTENDED, 1, { fragmentation: choice(0, 2, { none: 0 }) }, {})
const fragmented = { fragmentation: choice(0, 2, { first: 1, part: 2 }) }
/** The first block's `blockNumber` is the number of blocks; the others count from 1. */
const fragment = oneOf(controlled(EXTENDED, 1, fragmented, { blockNumber: u8 }), unfragmented)
/** `blockNumber`: first of the window; `ackBitfield`: bit n is set when block `blockNumber` + n arrived. */
const fragmentAck = oneOf(controlled(EXTENDED, 1, fragmented, { blockNumber: u8, ackBitfield: u8 }), unfragmented)

const application = { clusterId: u16, profileId: u16, sourceEndpoint: u8, counter: u8 }

/** Fields that are absent here are absent on the air, and the frame control says so. */
const apsHeader = oneOf(
  controlled(
    CONTROL,
    1,
    {
      type: choice(0, 2, { data: 0 }),
      delivery: choice(2, 2, { unicast: 0, broadcast: 2 }),
      ackRequest: flag(6),
    },
    {
      destinationEndpoint: u8,
      ...application,
      fragment: flagged(EXTENDED_HEADER, fragment),
      auxiliary: flagged(SECURED, auxiliary),
    },
  ),
  controlled(
    CONTROL,
    1,
    { type: choice(0, 2, { data: 0 }), delivery: choice(2, 2, { group: 3 }), ackRequest: flag(6) },
    {
      groupAddress: u16,
      ...application,
      fragment: flagged(EXTENDED_HEADER, fragment),
      auxiliary: flagged(SECURED, auxiliary),
    },
  ),
  controlled(
    CONTROL,
    1,
    { type: choice(0, 2, { ack: 2 }), delivery: choice(2, 2, { unicast: 0 }), ackOf: choice(4, 1, { data: 0 }) },
    {
      destinationEndpoint: u8,
      ...application,
      fragment: flagged(EXTENDED_HEADER, fragmentAck),
      auxiliary: flagged(SECURED, auxiliary),
    },
  ),
  controlled(
    CONTROL,
    1,
    { type: choice(0, 2, { ack: 2 }), delivery: choice(2, 2, { unicast: 0 }), ackOf: choice(4, 1, { command: 1 }) },
    { counter: u8, fragment: flagged(EXTENDED_HEADER, fragmentAck), auxiliary: flagged(SECURED, auxiliary) },
  ),
  controlled(
    CONTROL,
    1,
    {
      type: choice(0, 2, { command: 1 }),
      delivery: choice(2, 2, { unicast: 0, broadcast: 2 }),
      ackRequest: flag(6),
    },
    { counter: u8, auxiliary: flagged(SECURED, auxiliary) },
  ),
)
export type ApsHeader = ValueOf<typeof apsHeader>

/** A decoded frame. The payload of a secured one is read by `unsecure`. */
export interface ApsFrame extends Securable {
  header: ApsHeader
}

/** Reads the headers; `payload` and `headerOctets` are views. @throws WireError `wire.truncated`, `wire.reserved-value` */
export function decodeAps(octets: Uint8Array): ApsFrame {
  const reader = new ByteReader(octets)
  const header = apsHeader.read(reader)
  return { header, headerOctets: octets.subarray(0, reader.offset), payload: reader.rest() }
}

/**
 * Writes a frame; with an auxiliary header in it, protected by `keying`.
 * @throws InvariantError when a field does not fit, or header and keying do not agree
 */
export function encodeAps<Key>(header: ApsHeader, payload: Uint8Array, keying?: Keying<Key>): Uint8Array {
  const writer = new ByteWriter()
  apsHeader.write(writer, header, 'APS header')
  return protect(header, writer.finish(), payload, keying)
}
