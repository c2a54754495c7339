/** MAC commands, one declaration each for both directions. @source IEEE 802.15.4-2006, 7.3 */
import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { InvariantError, WireError } from '../base/errors.ts'
import { controlled, type Field, record, trailing, type ValueOf } from '../base/frame.ts'
import { flag } from '../base/frame-control.ts'
import { u8, u16 } from '../base/frame-fields.ts'

/**
 * What a device says of itself when it associates.
 * @source IEEE 802.15.4-2006, 7.3.1.2
 */
export const capabilityInformation = controlled(
  'capabilityInformation',
  1,
  {
    alternatePanCoordinator: flag(0),
    fullFunctionDevice: flag(1),
    mainsPowered: flag(2),
    receiverOnWhenIdle: flag(3),
    securityCapable: flag(6),
    allocateAddress: flag(7),
  },
  {},
)
export type CapabilityInformation = ValueOf<typeof capabilityInformation>

/** Status of an association response. */
export const associationStatus = { success: 0, panAtCapacity: 1, panAccessDenied: 2 } as const

/** Reason of a disassociation. */
export const disassociationReason = { coordinatorWishes: 1, deviceWishes: 2 } as const

const commands = {
  associationRequest: { id: 1, fields: record({ capability: capabilityInformation }) },
  /** `shortAddress` 0xffff: refused. */
  associationResponse: { id: 2, fields: record({ shortAddress: u16, status: u8 }) },
  disassociationNotification: { id: 3, fields: record({ reason: u8 }) },
  dataRequest: { id: 4, fields: record({}) },
  panIdConflictNotification: { id: 5, fields: record({}) },
  orphanNotification: { id: 6, fields: record({}) },
  beaconRequest: { id: 7, fields: record({}) },
  /** `shortAddress`: the orphan's, 0xffff when broadcast. `channelPage` only when it changes. */
  coordinatorRealignment: {
    id: 8,
    fields: record({
      panId: u16,
      coordinatorShortAddress: u16,
      channel: u8,
      shortAddress: u16,
      channelPage: trailing(u8),
    }),
  },
} as const

export type MacCommandName = keyof typeof commands
/** A MAC command: its name and its fields. */
export type MacCommand = {
  [N in MacCommandName]: { name: N } & ValueOf<(typeof commands)[N]['fields']>
}[MacCommandName]

/** Identifier octet of the data request, the poll of a sleepy child. */
export const DATA_REQUEST = commands.dataRequest.id

const rows = Object.entries(commands).map(([name, { id, fields }]) => ({
  name,
  id,
  fields: fields as Field<object>,
}))
const byId = new Map(rows.map(row => [row.id as number, row]))
const byName = new Map(rows.map(row => [row.name, row]))

/**
 * Reads command identifier and payload, to the end of the frame.
 * @throws WireError `mac.unknown-command`, `mac.trailing-octets`, `wire.truncated`
 */
export function readCommand(reader: ByteReader): MacCommand {
  reader.field = 'commandFrameIdentifier'
  const offset = reader.offset
  const id = reader.uint(1)
  const row = byId.get(id)
  if (!row) {
    const message = `command ${id} found, 1..8 expected`
    throw new WireError('mac.unknown-command', { offset, field: reader.field, message })
  }
  return { name: row.name, ...row.fields.read(reader) } as MacCommand
}

/** Writes command identifier and payload. @throws InvariantError when a field does not fit */
export function writeCommand(writer: ByteWriter, command: MacCommand): void {
  const row = byName.get(command.name)
  if (!row)
    throw new InvariantError(`MAC command "${command.name}" found, one of ${[...byName.keys()].join(', ')} expected`)
  writer.uint(1, row.id)
  row.fields.write(writer, command, command.name)
}
