/**
 * The properties of a radio co-processor, each with its key and what it holds, for both ends of the line.
 * @source OpenThread, spinel.h and ncp_base_radio.cpp
 */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { type Field, record, trailing, type ValueOf } from '../../base/frame.ts'
import { bool, i8, u8, u16, u32 } from '../../base/frame-fields.ts'
import { all, data, eui64, packedUint, struct, text, u64 } from './fields.ts'

/** A received frame with its FCS, and how it was heard. Whatever comes after the frame may be missing. */
export const streamRaw = record({
  psdu: data,
  rssiDbm: trailing(i8),
  noiseDbm: trailing(i8),
  /** 1: it was sent from here; 16: it was acknowledged with frame pending. @source spinel.h, SPINEL_MD_FLAG_* */
  flags: trailing(u16),
  phy: trailing(struct(record({ channel: trailing(u8), lqi: trailing(u8), timestampUs: trailing(u64) }))),
  vendor: trailing(struct(record({ receiveError: trailing(packedUint) }))),
  mac: trailing(data),
})
export type StreamRaw = ValueOf<typeof streamRaw>

/** A frame to send with its FCS, and how. Whatever comes after the channel may be missing. */
export const streamRawRequest = record({
  psdu: data,
  channel: u8,
  ccaBackoffAttempts: trailing(u8),
  frameRetries: trailing(u8),
  csmaCa: trailing(bool),
  headerUpdated: trailing(bool),
  isRetransmission: trailing(bool),
  securityProcessed: trailing(bool),
  txDelayUs: trailing(u32),
  txDelayBaseUs: trailing(u32),
  rxChannelAfterTx: trailing(u8),
  txPowerDbm: trailing(i8),
})
export type StreamRawRequest = ValueOf<typeof streamRawRequest>

/** A status, and what else is told when a frame has been sent. */
export const lastStatus = record({
  status: packedUint,
  framePending: trailing(bool),
  headerUpdated: trailing(bool),
  /** The acknowledgement, as `streamRaw` has it, and what security added. */
  acknowledgement: trailing({
    read: reader => reader.rest().slice(),
    write: (writer, value) => void writer.bytes(value),
  } satisfies Field<Uint8Array>),
})

const row = <T>(key: number, value: Field<T>) => ({ key, value })

/** Properties by their names in spinel.h. */
export const PROPERTY = {
  LAST_STATUS: row(0, lastStatus),
  PROTOCOL_VERSION: row(1, record({ major: packedUint, minor: packedUint })),
  NCP_VERSION: row(2, text),
  /** 3: Thread, which an RCP for ZigBee says too. */
  INTERFACE_TYPE: row(3, packedUint),
  CAPS: row(5, all(packedUint)),
  INTERFACE_COUNT: row(6, u8),
  HWADDR: row(8, eui64),
  PHY_ENABLED: row(32, bool),
  PHY_CHAN: row(33, u8),
  PHY_CHAN_SUPPORTED: row(34, all(u8)),
  /** kHz */
  PHY_FREQ: row(35, u32),
  PHY_CCA_THRESHOLD: row(36, i8),
  PHY_TX_POWER: row(37, i8),
  PHY_RSSI: row(38, i8),
  PHY_RX_SENSITIVITY: row(39, i8),
  MAC_SCAN_STATE: row(48, u8),
  MAC_SCAN_MASK: row(49, all(u8)),
  /** Milliseconds for each channel. */
  MAC_SCAN_PERIOD: row(50, u16),
  MAC_15_4_LADDR: row(52, eui64),
  MAC_15_4_SADDR: row(53, u16),
  MAC_15_4_PANID: row(54, u16),
  MAC_RAW_STREAM_ENABLED: row(55, bool),
  MAC_PROMISCUOUS_MODE: row(56, u8),
  MAC_ENERGY_SCAN_RESULT: row(57, record({ channel: u8, maxRssiDbm: i8 })),
  MAC_RX_ON_WHEN_IDLE_MODE: row(59, bool),
  STREAM_RAW: row(113, streamRaw),
  RCP_API_VERSION: row(176, packedUint),
  RCP_MIN_HOST_API_VERSION: row(177, packedUint),
  RCP_TIMESTAMP: row(2050, u64),
  RADIO_CAPS: row(4619, packedUint),
  MAC_SRC_MATCH_ENABLED: row(4867, bool),
  MAC_SRC_MATCH_SHORT_ADDRESSES: row(4868, all(u16)),
  MAC_SRC_MATCH_EXTENDED_ADDRESSES: row(4869, all(eui64)),
} as const

export type PropertyName = keyof typeof PROPERTY
/** What a property holds. */
export type PropertyValue<N extends PropertyName> = ValueOf<(typeof PROPERTY)[N]['value']>

const byKey = new Map(Object.entries(PROPERTY).map(([name, { key }]) => [key, name as PropertyName]))
/** Undefined for a property not known here. */
export const propertyName = (key: number): PropertyName | undefined => byKey.get(key)

/** Reads a value; octets behind it are left, as later versions may add to it. @throws WireError */
export function read<T>(field: Field<T>, octets: Uint8Array): T {
  const reader = new ByteReader(octets)
  reader.field = 'value'
  return field.read(reader)
}
/** @throws InvariantError when the value does not fit */
export function write<T>(field: Field<T>, value: T, where = 'spinel'): Uint8Array {
  const writer = new ByteWriter()
  field.write(writer, value, where)
  return writer.finish()
}
/** @throws WireError */
export const readProperty = <N extends PropertyName>(name: N, octets: Uint8Array): PropertyValue<N> =>
  read(PROPERTY[name].value as Field<PropertyValue<N>>, octets)
/** @throws InvariantError when the value does not fit */
export const writeProperty = <N extends PropertyName>(name: N, value: PropertyValue<N>): Uint8Array =>
  write(PROPERTY[name].value as Field<PropertyValue<N>>, value, name)
