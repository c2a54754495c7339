/** MAC commands. @source IEEE 802.15.4-2006, 7.3 */
import { type CommandOf, commandTable } from '../base/command-table.ts'
import { controlled, record, trailing, type ValueOf } from '../base/frame.ts'
import { flag } from '../base/frame-control.ts'
import { u8, u16 } from '../base/frame-fields.ts'

/** What a device says of itself when it associates. @source IEEE 802.15.4-2006, 7.3.1.2 */
export const capabilityInformation = controlled(
  'capabilityInformation',
  1,
  {
    alternatePanCoordinator: flag(0),
    fullFunctionDevice: flag(1),
    mainsPowered: flag(2),
    rxOnWhenIdle: flag(3),
    security: flag(6),
    allocateAddress: flag(7),
  },
  {},
)
export type CapabilityInformation = ValueOf<typeof capabilityInformation>

/** Status of an association response. */
export const ASSOCIATION_STATUS = { success: 0, panAtCapacity: 1, panAccessDenied: 2 } as const
/** Reason of a disassociation: the coordinator wishes the device to leave, or the device itself does. */
export const DISASSOCIATION_REASON = { coordinator: 1, device: 2 } as const
/** Identifier of the data request, the poll of a sleepy child. */
export const DATA_REQUEST = 4

const rows = {
  associationRequest: { id: 1, fields: record({ capability: capabilityInformation }) },
  /** `shortAddress` 0xffff: refused. */
  associationResponse: { id: 2, fields: record({ shortAddress: u16, status: u8 }) },
  disassociationNotification: { id: 3, fields: record({ reason: u8 }) },
  dataRequest: { id: DATA_REQUEST, fields: record({}) },
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
}

export type MacCommand = CommandOf<typeof rows>
export const macCommands = commandTable('MAC command', rows)
