/** ZDO commands: profile 0, endpoint 0; the cluster id says which. @source ZigBee PRO, 2.4 the ZigBee device profile */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { type CommandOf, commandTable } from '../../base/command-table.ts'
import {
  controlled,
  type Field,
  joined,
  type Members,
  type RecordOf,
  record,
  trailing,
  type ValueOf,
} from '../../base/frame.ts'
import { flag } from '../../base/frame-control.ts'
import { bool, eui64, list, sized, u8, u16 } from '../../base/frame-fields.ts'
import { capability } from './capability.ts'
import { associatedDevices, binding, neighbour, nodeDescriptor, route, simpleDescriptor } from './zdo-fields.ts'

/** Profile of the ZigBee device objects. */
export const ZDO_PROFILE = 0x0000

/** Status of a response. @source ZigBee PRO, 2.4.5 ZDP enumeration description */
export const ZdoStatus = {
  SUCCESS: 0x00,
  INVALID_REQUEST_TYPE: 0x80,
  DEVICE_NOT_FOUND: 0x81,
  INVALID_ENDPOINT: 0x82,
  NOT_ACTIVE: 0x83,
  NOT_SUPPORTED: 0x84,
  TIMEOUT: 0x85,
  NO_MATCH: 0x86,
  NO_ENTRY: 0x88,
  NO_DESCRIPTOR: 0x89,
  INSUFFICIENT_SPACE: 0x8a,
  NOT_PERMITTED: 0x8b,
  TABLE_FULL: 0x8c,
  NOT_AUTHORIZED: 0x8d,
} as const

type Response<M extends Members> = Field<{ status: number } & Partial<RecordOf<Record<never, never>, M>>>

/**
 * A response. After SUCCESS every field is there; after another status a sender may stop anywhere, which is why the type
 * has them optional.
 */
function response<M extends Members>(members: M): Response<M> {
  const whole: Field<object> = record({ status: u8, ...members })
  const perhaps = Object.entries(members).map(([name, member]) => [name, 'read' in member ? trailing(member) : member])
  const cut: Field<object> = record({ status: u8, ...Object.fromEntries(perhaps) })
  return {
    read(reader) {
      reader.field = 'status'
      return (reader.peek(1) === ZdoStatus.SUCCESS ? whole : cut).read(reader) as ValueOf<Response<M>>
    },
    write(writer, value, where) {
      const layout = value.status === ZdoStatus.SUCCESS ? whole : cut
      layout.write(writer, value, where)
    },
  }
}

const aboutAddress = record({ address: u16 })
const fromIndex = record({ startIndex: u8 })
const statusOnly = record({ status: u8 })
/** 0: the address alone; 1: those of the children too. */
const requestType = u8
const addressResponse = response({ device: eui64, address: u16, associated: trailing(associatedDevices) })
const endpoints = response({ address: u16, endpoints: list(u8) })

const ROWS = {
  NwkAddressRequest: { id: 0x0000, fields: record({ device: eui64, requestType, startIndex: u8 }) },
  NwkAddressResponse: { id: 0x8000, fields: addressResponse },
  IeeeAddressRequest: { id: 0x0001, fields: record({ address: u16, requestType, startIndex: u8 }) },
  IeeeAddressResponse: { id: 0x8001, fields: addressResponse },
  NodeDescriptorRequest: { id: 0x0002, fields: aboutAddress },
  NodeDescriptorResponse: { id: 0x8002, fields: response({ address: u16, descriptor: nodeDescriptor }) },
  SimpleDescriptorRequest: { id: 0x0004, fields: record({ address: u16, endpoint: u8 }) },
  /** `descriptor`: null when its length is 0. */
  SimpleDescriptorResponse: { id: 0x8004, fields: response({ address: u16, descriptor: sized(simpleDescriptor) }) },
  ActiveEndpointsRequest: { id: 0x0005, fields: aboutAddress },
  ActiveEndpointsResponse: { id: 0x8005, fields: endpoints },
  MatchDescriptorRequest: {
    id: 0x0006,
    fields: record({ address: u16, profileId: u16, inputClusters: list(u16), outputClusters: list(u16) }),
  },
  MatchDescriptorResponse: { id: 0x8006, fields: endpoints },
  DeviceAnnounce: { id: 0x0013, fields: record({ address: u16, device: eui64, capability }) },
  ParentAnnounce: { id: 0x001f, fields: record({ children: list(eui64) }) },
  ParentAnnounceResponse: { id: 0x801f, fields: response({ children: list(eui64) }) },
  BindRequest: { id: 0x0021, fields: binding },
  BindResponse: { id: 0x8021, fields: statusOnly },
  UnbindRequest: { id: 0x0022, fields: binding },
  UnbindResponse: { id: 0x8022, fields: statusOnly },
  ManagementLqiRequest: { id: 0x0031, fields: fromIndex },
  /** `entries`: length of the whole table, of which these are a window. */
  ManagementLqiResponse: { id: 0x8031, fields: response({ entries: u8, startIndex: u8, neighbours: list(neighbour) }) },
  ManagementRoutingRequest: { id: 0x0032, fields: fromIndex },
  ManagementRoutingResponse: { id: 0x8032, fields: response({ entries: u8, startIndex: u8, routes: list(route) }) },
  ManagementBindRequest: { id: 0x0033, fields: fromIndex },
  ManagementBindResponse: { id: 0x8033, fields: response({ entries: u8, startIndex: u8, bindings: list(binding) }) },
  ManagementLeaveRequest: {
    id: 0x0034,
    fields: joined(
      record({ device: eui64 }),
      controlled('leave flags', 1, { removeChildren: flag(6), rejoin: flag(7) }, {}),
    ),
  },
  ManagementLeaveResponse: { id: 0x8034, fields: statusOnly },
  /** `durationS`: 0 closes; 255 is for ever and not for Smart Energy. */
  ManagementPermitJoiningRequest: { id: 0x0036, fields: record({ durationS: u8, trustCentreSignificance: bool }) },
  ManagementPermitJoiningResponse: { id: 0x8036, fields: statusOnly },
} as const

const table = commandTable('ZDO command', ROWS)

/** Any ZDO command, told apart by `name`; a response has the `sequence` of its request. */
export type ZdoCommand = CommandOf<typeof ROWS> & { sequence: number }
export type ZdoName = ZdoCommand['name']

/** Every command this codec knows. */
export const ZDO_NAMES: readonly ZdoName[] = table.names
/** The command of a cluster id; undefined when this codec does not know it. */
export const zdoName = (clusterId: number): ZdoName | undefined => table.nameOf(clusterId)
/** The cluster id of a command. */
export const zdoClusterId = (name: ZdoName): number => table.idOf(name)

/** Reads the payload of an APS data frame of profile 0. @throws WireError, for an unknown cluster `wire.unknown-command` */
export function decodeZdo(clusterId: number, asdu: Uint8Array): ZdoCommand {
  const reader = new ByteReader(asdu)
  reader.field = 'sequence'
  const sequence = reader.uint(1)
  return { ...table.read(clusterId, reader), sequence }
}

/** Writes a command as cluster id and payload. @throws InvariantError when a field does not fit */
export function encodeZdo(command: ZdoCommand): { clusterId: number; asdu: Uint8Array } {
  const writer = new ByteWriter()
  u8.write(writer, command.sequence, `${command.name}.sequence`)
  table.write(writer, command)
  return { clusterId: table.idOf(command.name), asdu: writer.finish() }
}
