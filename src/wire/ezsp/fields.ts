/** What EZSP frames are made of. @source EmberZNet 7.4 and 8.0, the structures of the EZSP host library */
import { InvariantError } from '../../base/errors.ts'
import { type Field, record, type ValueOf } from '../../base/frame.ts'
import { bytes, eui64, i8, octetsBehind, u8, u16, u32 } from '../../base/frame-fields.ts'
import type { EzspVersion } from './status.ts'

/** Any octet but 0 is true. */
export const flag: Field<boolean> = {
  read: reader => reader.uint(1) !== 0,
  write: (writer, value) => void writer.uint(1, value ? 1 : 0),
}

/** Octets behind their number in one octet. */
export const octets = octetsBehind(u8)

/** `count` items without a number before them. */
export const times = <T>(count: number, item: Field<T>): Field<readonly T[]> => ({
  read: reader => Array.from({ length: count }, () => item.read(reader)),
  write(writer, value, where) {
    if (value.length !== count) throw new InvariantError(`${where}: ${value.length} items found, ${count} expected`)
    for (const [at, one] of value.entries()) item.write(writer, one, `${where}[${at}]`)
  },
})

/** A field protocol 14 has added; 13 reads it as `before` and does not write it. */
export const since14 = <T>(version: EzspVersion, field: Field<T>, before: T): Field<T> =>
  version < 14 ? absent(before) : field
/** A field protocol 14 has dropped, which reads it as `after`. */
export const until14 = <T>(version: EzspVersion, field: Field<T>, after: T): Field<T> =>
  version < 14 ? field : absent(after)
const absent = <T>(value: T): Field<T> => ({ read: () => value, write: () => {} })

/** A value that stands on the line as another one. */
export const as = <T, U>(field: Field<U>, to: (value: T) => U, from: (said: U) => T): Field<T> => ({
  read: reader => from(field.read(reader)),
  write: (writer, value, where) => field.write(writer, to(value), where),
})

export const key: Field<Uint8Array> = bytes(16)

export const apsFrame = record({
  profileId: u16,
  clusterId: u16,
  sourceEndpoint: u8,
  destinationEndpoint: u8,
  options: u16,
  groupId: u16,
  sequence: u8,
})
export type ApsFrame = ValueOf<typeof apsFrame>

/** @source ember-types.h, EmberApsOption */
export const APS_OPTION = { encryption: 0x0020, retry: 0x0040, enableRouteDiscovery: 0x0100, fragment: 0x8000 } as const

export const networkParameters = record({
  extendedPanId: eui64,
  panId: u16,
  radioTxPower: i8,
  radioChannel: u8,
  joinMethod: u8,
  nwkManagerId: u16,
  nwkUpdateId: u8,
  channels: u32,
})

export const initialSecurityState = record({
  bitmask: u16,
  preconfiguredKey: key,
  networkKey: key,
  networkKeySequenceNumber: u8,
  preconfiguredTrustCenterEui64: eui64,
})

/** @source ember-types.h, EmberInitialSecurityBitmask and EmberCurrentSecurityBitmask */
export const SECURITY = {
  globalLinkKey: 0x0004,
  /** With `globalLinkKey`: each device has a link key of its own, made of that one. */
  hashedLinkKey: 0x0084,
  havePreconfiguredKey: 0x0100,
  haveNetworkKey: 0x0200,
  noFrameCounterReset: 0x1000,
  /** Of the current state. */
  haveLinkKey: 0x0010,
} as const

export const securityContext = record({
  coreKeyType: u8,
  keyIndex: u8,
  derivedType: u16,
  eui64,
  multiNetworkIndex: u8,
  flags: u8,
  psaKeyAlgPermission: u32,
})
export type SecurityContext = ValueOf<typeof securityContext>

/** The context of no key. */
export const NO_CONTEXT: SecurityContext = Object.freeze({
  ...{ coreKeyType: 0, keyIndex: 0, derivedType: 0, eui64: '0000000000000000' },
  ...{ multiNetworkIndex: 0, flags: 0, psaKeyAlgPermission: 0 },
})

/** @source sl_zb_sec_man_key_type_t */
export const KEY_TYPE = { network: 1, trustCentreLink: 2, trustCentreLinkWithTimeout: 3, applicationLink: 4 } as const
/** How a context names its key. @source sl_zb_sec_man_flags_t */
export const KEY_NAMED_BY = { index: 0x01, eui64: 0x02 } as const

export const apsKeyMetadata = record({
  bitmask: u16,
  outgoingFrameCounter: u32,
  incomingFrameCounter: u32,
  ttlInSeconds: u16,
})
export type ApsKeyMetadata = ValueOf<typeof apsKeyMetadata>

export const networkKeyInfo = record({
  networkKeySet: flag,
  alternateNetworkKeySet: flag,
  networkKeySequenceNumber: u8,
  altNetworkKeySequenceNumber: u8,
  networkKeyFrameCounter: u32,
})

export const multicastTableEntry = record({ multicastId: u16, endpoint: u8, networkIndex: u8 })

export const childData = record({
  eui64,
  type: u8,
  id: u16,
  phy: u8,
  power: u8,
  timeout: u8,
  remainingTimeout: u32,
})
/** @source ember-types.h, EmberNodeType */
export const NODE_TYPE = { unknown: 0, coordinator: 1, router: 2, endDevice: 3, sleepyEndDevice: 4 } as const

/** How a message came in; protocol 13 has fewer of these, in another order. */
export const rxPacketInfo = record({
  senderShortId: u16,
  senderLongId: eui64,
  bindingIndex: u8,
  addressIndex: u8,
  lastHopLqi: u8,
  lastHopRssi: i8,
  lastHopTimestamp: u32,
})
/** Kinds of messages. @source ember-types.h, EmberIncomingMessageType and EmberOutgoingMessageType */
export const INCOMING = { unicast: 0, multicast: 2, broadcast: 4 } as const
export const OUTGOING = { direct: 0, multicast: 3, broadcast: 6 } as const
/** What becomes of devices. @source ember-types.h, EmberDeviceUpdate */
export const DEVICE_UPDATE = { securedRejoin: 0, unsecuredJoin: 1, left: 2, unsecuredRejoin: 3 } as const
/** @source ember-types.h, EmberJoinDecision */
export const JOIN_DECISION = { usePreconfiguredKey: 0, denyJoin: 2, noAction: 3 } as const
/** The EUI-64 that stands for any device. */
export const ANY_DEVICE = 'ffffffffffffffff'
/** Nobody, where an index or an address is asked for. */
export const NO_INDEX = 0xff
export const NO_NODE = 0xffff
