/** NWK commands. @source ZigBee PRO, 3.4 command frames */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { type CommandOf, commandTable } from '../../base/command-table.ts'
import { controlled, counted, flagged, record } from '../../base/frame.ts'
import { bits, choice, flag } from '../../base/frame-control.ts'
import { eui64, list, u8, u16 } from '../../base/frame-fields.ts'
import { capability } from './capability.ts'

const OPTIONS = 'command options'

/** A neighbour and what the link to it costs, 1 (best) to 7; 0 is unknown. */
const linkStatusEntry = record({
  address: u16,
  cost: controlled('link cost', 1, { incoming: bits(0, 3), outgoing: bits(4, 3) }, {}),
})

const ROWS = {
  RouteRequest: {
    id: 0x01,
    fields: controlled(
      OPTIONS,
      1,
      {
        manyToOne: choice(3, 2, { no: 0, 'with route record': 1, 'without route record': 2 }),
        multicast: flag(6),
      },
      { routeRequestId: u8, destination: u16, pathCost: u8, destinationEui64: flagged(5, eui64) },
    ),
  },
  RouteReply: {
    id: 0x02,
    fields: controlled(
      OPTIONS,
      1,
      { multicast: flag(6) },
      {
        routeRequestId: u8,
        originator: u16,
        responder: u16,
        pathCost: u8,
        originatorEui64: flagged(4, eui64),
        responderEui64: flagged(5, eui64),
      },
    ),
  },
  /** `status`: see NetworkStatus; `destination`: the address it is about. */
  NetworkStatus: { id: 0x03, fields: record({ status: u8, destination: u16 }) },
  /** `request`: the receiver shall leave; otherwise the sender tells that it leaves. */
  Leave: {
    id: 0x04,
    fields: controlled(OPTIONS, 1, { rejoin: flag(5), request: flag(6), removeChildren: flag(7) }, {}),
  },
  /** Relays in the order the frame passed them. */
  RouteRecord: { id: 0x05, fields: record({ relays: list(u16) }) },
  RejoinRequest: { id: 0x06, fields: record({ capability }) },
  /** `status`: that of an association response. */
  RejoinResponse: { id: 0x07, fields: record({ address: u16, status: u8 }) },
  LinkStatus: {
    id: 0x08,
    fields: controlled(
      OPTIONS,
      1,
      { firstFrame: flag(5), lastFrame: flag(6) },
      { links: counted(bits(0, 5), linkStatusEntry) },
    ),
  },
  NetworkReport: {
    id: 0x09,
    fields: controlled(
      OPTIONS,
      1,
      { report: choice(5, 3, { 'PAN id conflict': 0 }) },
      { extendedPanId: eui64, panIds: counted(bits(0, 5), u16) },
    ),
  },
  NetworkUpdate: {
    id: 0x0a,
    fields: controlled(
      OPTIONS,
      1,
      { update: choice(5, 3, { 'PAN id': 0 }) },
      { extendedPanId: eui64, updateId: u8, panIds: counted(bits(0, 5), u16) },
    ),
  },
  /** `requestedTimeout`: 0 is 10 seconds, n is 2^n minutes, up to 14. */
  EndDeviceTimeoutRequest: { id: 0x0b, fields: record({ requestedTimeout: u8, configuration: u8 }) },
  /** `status`: 0 success, 1 incorrect value, 2 unsupported feature. */
  EndDeviceTimeoutResponse: {
    id: 0x0c,
    fields: record({
      status: u8,
      parent: controlled(
        'parent information',
        1,
        { macDataPollKeepAlive: flag(0), timeoutRequestKeepAlive: flag(1), powerNegotiation: flag(2) },
        {},
      ),
    }),
  },
} as const

const table = commandTable('NWK command', ROWS)

/** Any NWK command, told apart by `name`. */
export type NwkCommand = CommandOf<typeof ROWS>

/** Status codes of a Network Status command that this stack sends or acts on. @source ZigBee PRO, 3.4.3.3 status codes */
export const NetworkStatus = {
  NO_ROUTE_AVAILABLE: 0x00,
  TREE_LINK_FAILURE: 0x01,
  NON_TREE_LINK_FAILURE: 0x02,
  PARENT_LINK_FAILURE: 0x09,
  SOURCE_ROUTE_FAILURE: 0x0b,
  MANY_TO_ONE_ROUTE_FAILURE: 0x0c,
  ADDRESS_CONFLICT: 0x0d,
  PAN_IDENTIFIER_UPDATE: 0x0f,
  NETWORK_ADDRESS_UPDATE: 0x10,
  BAD_FRAME_COUNTER: 0x11,
  BAD_KEY_SEQUENCE_NUMBER: 0x12,
} as const

/** Reads the payload of a NWK command frame, unsecured. @throws WireError */
export function decodeNwkCommand(payload: Uint8Array): NwkCommand {
  const reader = new ByteReader(payload)
  reader.field = 'NWK command'
  return table.read(reader.uint(1), reader)
}

/** Writes the payload of a NWK command frame. @throws InvariantError when a field does not fit */
export function encodeNwkCommand(command: NwkCommand): Uint8Array {
  const writer = new ByteWriter().uint(1, table.idOf(command.name))
  table.write(writer, command)
  return writer.finish()
}
