/** APS commands, by which keys are handed out and used. @source ZigBee PRO, 4.4.9 command frames */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { type CommandOf, commandTable } from '../../base/command-table.ts'
import { controlled, oneOf, record } from '../../base/frame.ts'
import { choice } from '../../base/frame-control.ts'
import { bool, bytes, eui64, named, rest, u8, u16 } from '../../base/frame-fields.ts'

const KEY_TYPE = 'key type'
const keyType = <const C extends Readonly<Record<string, number>>>(codes: C) => ({ keyType: choice(0, 8, codes) })
const key = bytes(16)
const linkKeyType = named({ 'application-link': 3, 'trust-centre-link': 4 })

const ROWS = {
  TransportKey: {
    id: 0x05,
    fields: oneOf(
      controlled(KEY_TYPE, 1, keyType({ network: 1 }), { key, keySequence: u8, destination: eui64, source: eui64 }),
      /** `initiator`: the receiver asked for the key. */
      controlled(KEY_TYPE, 1, keyType({ 'application-link': 3 }), { key, partner: eui64, initiator: bool }),
      controlled(KEY_TYPE, 1, keyType({ 'trust-centre-link': 4 }), { key, destination: eui64, source: eui64 }),
    ),
  },
  /** A router tells the trust centre of a change near it. */
  UpdateDevice: {
    id: 0x06,
    fields: record({
      device: eui64,
      address: u16,
      status: named({ 'secured rejoin': 0, 'unsecured join': 1, left: 2, 'trust centre rejoin': 3 }),
    }),
  },
  RemoveDevice: { id: 0x07, fields: record({ target: eui64 }) },
  RequestKey: {
    id: 0x08,
    fields: oneOf(
      controlled(KEY_TYPE, 1, keyType({ 'application-link': 2 }), { partner: eui64 }),
      controlled(KEY_TYPE, 1, keyType({ 'trust-centre-link': 4 }), {}),
    ),
  },
  SwitchKey: { id: 0x09, fields: record({ keySequence: u8 }) },
  /** `frame`: a complete APS frame, secured for the destination. */
  Tunnel: { id: 0x0e, fields: record({ destination: eui64, frame: rest }) },
  VerifyKey: {
    id: 0x0f,
    fields: record({ keyType: linkKeyType, source: eui64, hash: bytes(16) }),
  },
  ConfirmKey: {
    id: 0x10,
    fields: record({ status: u8, keyType: linkKeyType, destination: eui64 }),
  },
} as const

const table = commandTable('APS command', ROWS)

/** Any APS command, told apart by `name`. */
export type ApsCommand = CommandOf<typeof ROWS>

/** Reads the payload of an APS command frame, unsecured. @throws WireError */
export function decodeApsCommand(payload: Uint8Array): ApsCommand {
  const reader = new ByteReader(payload)
  reader.field = 'APS command'
  return table.read(reader.uint(1), reader)
}

/** Writes the payload of an APS command frame. @throws InvariantError when a field does not fit */
export function encodeApsCommand(command: ApsCommand): Uint8Array {
  const writer = new ByteWriter().uint(1, table.idOf(command.name))
  table.write(writer, command)
  return writer.finish()
}
