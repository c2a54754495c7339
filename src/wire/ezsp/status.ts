/**
 * Statuses, which protocol 14 writes as SLStatus in four octets and 13 as EmberStatus or EzspStatus in one.
 * @source EmberZNet 7.4 and 8.0: ember-status, sl_status.h, ezsp-enum.h
 */
import { InvariantError, WireError } from '../../base/errors.ts'
import type { Field } from '../../base/frame.ts'

/** Revisions of EZSP spoken here. */
export type EzspVersion = 13 | 14

/** Names of SLStatus, each as SLStatus and as EmberStatus. */
const STATUS = {
  OK: [0x00, 0x00],
  FAIL: [0x01, 0x01],
  INVALID_STATE: [0x02, 0x70],
  NOT_AVAILABLE: [0x0e, 0xb5],
  NETWORK_UP: [0x15, 0x90],
  NETWORK_DOWN: [0x16, 0x91],
  NOT_JOINED: [0x17, 0x93],
  FULL: [0x1c, 0xb4],
  INVALID_PARAMETER: [0x21, 0x02],
  INVALID_TYPE: [0x26, 0x58],
  INVALID_INDEX: [0x27, 0xb1],
  INVALID_KEY: [0x29, 0xb2],
  NOT_FOUND: [0x2d, 0x03],
  MESSAGE_TOO_LONG: [0x38, 0x74],
  TRANSMIT_INVALID_CHANNEL: [0x55, 0x8a],
  ZIGBEE_DELIVERY_FAILED: [0x0c02, 0x66],
  ZIGBEE_MAX_MESSAGE_LIMIT_REACHED: [0x0c03, 0x72],
  ZIGBEE_APS_ENCRYPTION_ERROR: [0x0c0a, 0xa6],
  ZIGBEE_SECURITY_STATE_NOT_SET: [0x0c0b, 0xa8],
  ZIGBEE_NETWORK_OPENED: [0x0c18, 0x9c],
  ZIGBEE_NETWORK_CLOSED: [0x0c19, 0x9d],
} as const
export type Status = keyof typeof STATUS

/** EzspStatus: what becomes of configuration values, policies and values; protocol 14 knows no difference between them. */
const EZSP_STATUS = {
  OK: 0x00,
  OUT_OF_MEMORY: 0x35,
  INVALID_VALUE: 0x36,
  INVALID_ID: 0x37,
  INVALID_CALL: 0x38,
} as const
export type EzspStatus = keyof typeof EZSP_STATUS
/** @source sl_status.h, SL_STATUS_ZIGBEE_EZSP_ERROR */
const EZSP_ERROR = 0x0c1e

/** A number of `width` octets with names for its values; the first name of a value is the one that is read. */
function coded<N extends string>(width: number, names: readonly (readonly [N, number])[]): Field<N> {
  const codes = new Map<string, number>(names)
  const byCode = new Map([...names].reverse().map(([name, code]) => [code, name]))
  return {
    read(reader) {
      const { offset, field } = reader
      const code = reader.uint(width)
      const name = byCode.get(code)
      if (name !== undefined) return name
      const message = `0x${code.toString(16)} found, one of ${[...codes.keys()].join(', ')} expected`
      throw new WireError('wire.reserved-value', { offset, field, message })
    },
    write(writer, value, where) {
      const code = codes.get(value)
      if (code === undefined) throw new InvariantError(`${where}: there is no status ${value}`)
      writer.uint(width, code)
    },
  }
}

const named = (place: 0 | 1) => Object.entries(STATUS).map(([name, codes]) => [name as Status, codes[place]] as const)
const ezspNames = Object.entries(EZSP_STATUS).map(([name, code]) => [name as EzspStatus, code] as const)

/** SLStatus, which commands for keys use in protocol 13 too. */
export const slStatus: Field<Status> = coded(4, named(0))
const emberStatus: Field<Status> = coded(1, named(1))
/** The status of a network, of messages, of tables. */
export const statusOf = (version: EzspVersion): Field<Status> => (version < 14 ? emberStatus : slStatus)

/** The status of settings; a refusal is read as OUT_OF_MEMORY in protocol 14, whatever it was. */
export const ezspStatusOf = (version: EzspVersion): Field<EzspStatus> =>
  version < 14
    ? coded(1, ezspNames)
    : coded(
        4,
        ezspNames.map(([name, code]) => [name, code === 0 ? 0 : EZSP_ERROR] as const),
      )

/** Why a command was not carried out at all. @source ezsp-enum.h */
export const INVALID_COMMAND = {
  VERSION_NOT_SET: 0x30,
  INVALID_FRAME_ID: 0x31,
  WRONG_DIRECTION: 0x32,
  TRUNCATED: 0x33,
  INVALID_VALUE: 0x36,
  UNSUPPORTED_CONTROL: 0x49,
} as const
export type InvalidCommandReason = keyof typeof INVALID_COMMAND
