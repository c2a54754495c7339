/**
 * Spinel, by which a host and a radio co-processor (RCP) talk: header, command, property, value.
 * @source draft-rquattle-spinel-unified; OpenThread, spinel.h
 */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import { packedUint } from './fields.ts'

/** Commands, by their names in spinel.h. */
export const COMMAND = {
  NOOP: 0,
  RESET: 1,
  PROP_VALUE_GET: 2,
  PROP_VALUE_SET: 3,
  PROP_VALUE_INSERT: 4,
  PROP_VALUE_REMOVE: 5,
  PROP_VALUE_IS: 6,
  PROP_VALUE_INSERTED: 7,
  PROP_VALUE_REMOVED: 8,
} as const

/** Values of LAST_STATUS, by their names in spinel.h. */
export const STATUS = {
  OK: 0,
  FAILURE: 1,
  UNIMPLEMENTED: 2,
  INVALID_ARGUMENT: 3,
  INVALID_STATE: 4,
  INVALID_COMMAND: 5,
  INVALID_INTERFACE: 6,
  PARSE_ERROR: 9,
  NOMEM: 11,
  BUSY: 12,
  PROP_NOT_FOUND: 13,
  NO_ACK: 17,
  CCA_FAILURE: 18,
  ALREADY: 19,
  ITEM_NOT_FOUND: 20,
  INVALID_COMMAND_FOR_PROP: 21,
  NOT_CAPABLE: 23,
  RESET_POWER_ON: 112,
  RESET_SOFTWARE: 114,
} as const

/** Whether a status tells that the RCP has just started. @source spinel.h, SPINEL_STATUS_RESET__BEGIN..END */
export const isResetStatus = (status: number): boolean => status >= 112 && status < 128

/** What the host means to be reset. @source spinel.h, SPINEL_RESET_* */
export const RESET = { platform: 1, stack: 2, bootloader: 3 } as const

/** What an RCP of ours can, and a host of ours needs. @source spinel.h, SPINEL_CAP_* */
export const CAPABILITY = {
  IEEE_802_15_4_2006: 17,
  IEEE_802_15_4_2450MHZ_OQPSK: 24,
  CONFIG_RADIO: 34,
  RCP_API_VERSION: 64,
  RCP_MIN_HOST_API_VERSION: 65,
  MAC_RAW: 513,
} as const

/** What the chip does by itself. @source OpenThread, platform/radio.h, OT_RADIO_CAPS_* */
export const RADIO_CAPS = {
  ackTimeout: 1,
  energyScan: 2,
  transmitRetries: 4,
  csmaBackoff: 8,
  rxOnWhenIdle: 256,
} as const

/** The version both ends must speak, major first. @source spinel.h, SPINEL_PROTOCOL_VERSION_THREAD_* */
export const PROTOCOL_VERSION = { major: 4, minor: 3 } as const
/** States of a scan. @source spinel.h, SPINEL_SCAN_STATE_* */
export const SCAN_STATE = { idle: 0, energy: 2 } as const
/** @source spinel.h, SPINEL_MAC_PROMISCUOUS_MODE_* */
export const PROMISCUOUS = { off: 0, network: 1, full: 2 } as const
/** A level that was not measured. @source OpenThread, platform/radio.h, OT_RADIO_RSSI_INVALID */
export const RSSI_INVALID = 127
/** Transaction ids 1..14 ask for an answer; 0 asks for none, and is what an RCP speaks unasked with. */
export const LAST_TRANSACTION = 14

export interface SpinelFrame {
  /** 0..3, one for each network of a co-processor that has several. */
  interfaceId: number
  /** 0..15 */
  transaction: number
  command: number
  /** Key of the property; undefined for commands that are about none. */
  property: number | undefined
  /** What is left of the frame. */
  value: Uint8Array
}

const HEADER_FLAG = 0x80
const isAboutProperty = (command: number): boolean =>
  command >= COMMAND.PROP_VALUE_GET && command <= COMMAND.PROP_VALUE_REMOVED

/** `value` is a view, to be copied before it is kept. @throws WireError */
export function decodeSpinel(octets: Uint8Array): SpinelFrame {
  const reader = new ByteReader(octets)
  reader.field = 'header'
  const header = reader.uint(1)
  if ((header & 0xc0) !== HEADER_FLAG) {
    const message = `0x${header.toString(16)} found, 10 in the two highest bits expected`
    throw new WireError('wire.reserved-value', { offset: 0, field: 'header', message })
  }
  reader.field = 'command'
  const command = packedUint.read(reader)
  reader.field = 'property'
  const property = isAboutProperty(command) ? packedUint.read(reader) : undefined
  const [interfaceId, transaction] = [(header >> 4) & 3, header & 0x0f]
  return { interfaceId, transaction, command, property, value: reader.rest() }
}

export function encodeSpinel({ interfaceId, transaction, command, property, value }: SpinelFrame): Uint8Array {
  const writer = new ByteWriter(value.length + 8)
  writer.uint(1, HEADER_FLAG | (interfaceId << 4) | transaction)
  packedUint.write(writer, command, 'spinel.command')
  if (property !== undefined) packedUint.write(writer, property, 'spinel.property')
  return writer.bytes(value).finish()
}
