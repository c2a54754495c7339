/**
 * What an NCP says unasked.
 * @source Silicon Labs UG100, EZSP Reference Guide, for EmberZNet 7.4 (protocol 13) and 8.0 (protocol 14)
 */
import { type Field, joined, record, type ValueOf } from '../../base/frame.ts'
import { eui64, i8, u8, u16 } from '../../base/frame-fields.ts'
import { apsFrame, as, octets, rxPacketInfo } from './fields.ts'
import { type EzspVersion, type Status, statusOf } from './status.ts'

type PacketInfo = ValueOf<typeof rxPacketInfo>

/** Protocol 13 says who sent a message last hop first, and not by its EUI-64. */
const packetInfo13 = as<PacketInfo, Omit<PacketInfo, 'senderLongId' | 'lastHopTimestamp'>>(
  record({ lastHopLqi: u8, lastHopRssi: i8, senderShortId: u16, bindingIndex: u8, addressIndex: u8 }),
  value => value,
  said => ({ ...said, senderLongId: '0000000000000000', lastHopTimestamp: 0 }),
)

const row = <V extends object>(id: number, value: Field<V>) => ({ id, value })

/** Every callback, as a revision of EZSP has it. */
export function ezspCallbacks(version: EzspVersion) {
  const status = statusOf(version)
  const where = { type: u8, indexOrDestination: u16, apsFrame }
  type Sent = { status: Status; messageTag: number; message: Uint8Array } & ValueOf<typeof sentTo>
  const sentTo = record(where)
  const sent: Field<Sent> =
    version < 14
      ? record({ ...where, messageTag: u8, status, message: octets })
      : record({ status, ...where, messageTag: u16, message: octets })

  return {
    /** Why a command was not carried out; in the place of its response. */
    invalidCommand: row(0x0058, record({ reason: u8 })),
    noCallbacks: row(0x0007, record({})),
    stackStatusHandler: row(0x0019, record({ status })),
    trustCenterJoinHandler: row(
      0x0024,
      record({
        newNodeId: u16,
        newNodeEui64: eui64,
        deviceUpdateStatus: u8,
        joinDecision: u8,
        parentOfNewNodeId: u16,
      }),
    ),
    messageSentHandler: row(0x003f, sent),
    incomingMessageHandler: row(
      0x0045,
      joined(record({ type: u8, apsFrame }), version < 14 ? packetInfo13 : rxPacketInfo, record({ message: octets })),
    ),
  }
}

export type EzspCallbacks = ReturnType<typeof ezspCallbacks>
export type CallbackName = keyof EzspCallbacks
export type CallbackOf<N extends CallbackName> = ValueOf<EzspCallbacks[N]['value']>
