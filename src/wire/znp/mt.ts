/**
 * The commands between a host and a ZigBee network processor (ZNP), each with its number, what is asked and what is
 * answered, for both ends of the line. Names are those of the interface; EUI-64s and numbers are little-endian.
 * @source TI, Z-Stack Monitor and Test API (Z-Stack 3.x.0); Z-Stack, MT_SYS.c, MT_AF.c, MT_ZDO.c, MT_UTIL.c, MT_APP_CONFIG.c
 */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { type Field, record, trailing, type ValueOf } from '../../base/frame.ts'
import { bytes, eui64, i8, list, octetsBehind, rest, u8, u16, u32 } from '../../base/frame-fields.ts'
import { MT_TYPE, SUBSYSTEM, type UnpiFrame } from './unpi.ts'

interface Row {
  subsystem: number
  command: number
  request: Field<object>
  /** Undefined: it is told, not asked (AREQ). */
  response: Field<object> | undefined
}

const nothing = record({})
const data8 = octetsBehind(u8)
const data16 = octetsBehind(u16)
const statusOnly = record({ status: u8 })

const rows = (subsystem: number) => ({
  /** Asked by the host; `response` stands for SRSP. */
  sreq: <Q extends Field<object>, S extends Field<object>>(command: number, request: Q, response: S) =>
    ({ subsystem, command, request, response }) as const,
  /** Told by either side. */
  areq: <Q extends Field<object>>(command: number, request: Q) =>
    ({ subsystem, command, request, response: undefined }) as const,
})
const sys = rows(SUBSYSTEM.SYS)
const af = rows(SUBSYSTEM.AF)
const zdo = rows(SUBSYSTEM.ZDO)
const util = rows(SUBSYSTEM.UTIL)
const appConfig = rows(SUBSYSTEM.APP_CNF)

const valueRead = record({ status: u8, value: data8 })
/** A row of a table in NV. */
const nvEntry = { system: u8, item: u16, subId: u16 }

const dataRequest = { sourceEndpoint: u8, clusterId: u16, transaction: u8, options: u8, radius: u8 }
/** The last hop's address and radius stand behind the data, and in front of nothing when the data has to be fetched. */
const lastHop = { lastHop: trailing(u16), remainingRadius: trailing(u8) }
const receptionExt = {
  destinationEndpoint: u8,
  wasBroadcast: u8,
  lqi: u8,
  securityUse: u8,
  timestamp: u32,
  sequence: u8,
}
const reception = { sourceEndpoint: u8, ...receptionExt }

/** A binding; a group stands in the first two octets of `target`. */
const bindRequest = record({
  destination: u16,
  source: eui64,
  sourceEndpoint: u8,
  clusterId: u16,
  mode: u8,
  target: bytes(8),
  targetEndpoint: u8,
})
const aboutNode = record({ destination: u16, addressOfInterest: u16 })
const fromIndex = record({ destination: u16, startIndex: u8 })
const groupOfEndpoint = record({ endpoint: u8, group: u16 })
/** The answer of a device object: who gave it, and its body as it was on the air, without the sequence number. */
const zdoResponse = record({ source: u16, body: rest })
/** Index and number of associated devices stand the other way round than on the air. */
const addressResponse = record({
  status: u8,
  device: trailing(eui64),
  address: trailing(u16),
  startIndex: trailing(u8),
  associatedCount: trailing(u8),
  associated: trailing(rest),
})

export const MT = {
  SYS_RESET_REQ: sys.areq(0x00, record({ type: u8 })),
  SYS_PING: sys.sreq(0x01, nothing, record({ capabilities: u16 })),
  SYS_VERSION: sys.sreq(
    0x02,
    nothing,
    record({ transportRevision: u8, product: u8, major: u8, minor: u8, maintenance: u8, revision: u32 }),
  ),
  SYS_GET_EXTADDR: sys.sreq(0x04, nothing, record({ extendedAddress: eui64 })),
  SYS_OSAL_NV_ITEM_INIT: sys.sreq(0x07, record({ item: u16, length: u16, value: data8 }), statusOnly),
  SYS_OSAL_NV_READ: sys.sreq(0x08, record({ item: u16, offset: u8 }), valueRead),
  SYS_OSAL_NV_WRITE: sys.sreq(0x09, record({ item: u16, offset: u8, value: data8 }), statusOnly),
  SYS_RANDOM: sys.sreq(0x0c, nothing, record({ value: u16 })),
  /** 0: transmit power in dBm, 1: receiver on when idle. */
  SYS_STACK_TUNE: sys.sreq(0x0f, record({ operation: u8, value: i8 }), record({ value: i8 })),
  SYS_OSAL_NV_DELETE: sys.sreq(0x12, record({ item: u16, length: u16 }), statusOnly),
  /** 0: there is no such item. */
  SYS_OSAL_NV_LENGTH: sys.sreq(0x13, record({ item: u16 }), record({ length: u16 })),
  SYS_OSAL_NV_READ_EXT: sys.sreq(0x1c, record({ item: u16, offset: u16 }), valueRead),
  SYS_OSAL_NV_WRITE_EXT: sys.sreq(0x1d, record({ item: u16, offset: u16, value: data16 }), statusOnly),
  SYS_NV_CREATE: sys.sreq(0x30, record({ ...nvEntry, length: u32 }), statusOnly),
  SYS_NV_DELETE: sys.sreq(0x31, record(nvEntry), statusOnly),
  SYS_NV_LENGTH: sys.sreq(0x32, record(nvEntry), record({ length: u8 })),
  SYS_NV_READ: sys.sreq(0x33, record({ ...nvEntry, offset: u16, length: u8 }), valueRead),
  SYS_NV_WRITE: sys.sreq(0x34, record({ ...nvEntry, offset: u16, value: data8 }), statusOnly),
  SYS_RESET_IND: sys.areq(
    0x80,
    record({ reason: u8, transportRevision: u8, product: u8, major: u8, minor: u8, hardware: u8 }),
  ),

  AF_REGISTER: af.sreq(
    0x00,
    record({
      endpoint: u8,
      profileId: u16,
      deviceId: u16,
      deviceVersion: u8,
      latency: u8,
      inputClusters: list(u16),
      outputClusters: list(u16),
    }),
    statusOnly,
  ),
  AF_DATA_REQUEST: af.sreq(
    0x01,
    record({ destination: u16, destinationEndpoint: u8, ...dataRequest, data: data8 }),
    statusOnly,
  ),
  /** `destination`: a short address or a group in the first two octets, an EUI-64 in all. */
  AF_DATA_REQUEST_EXT: af.sreq(
    0x02,
    record({
      mode: u8,
      destination: eui64,
      destinationEndpoint: u8,
      destinationPanId: u16,
      ...dataRequest,
      data: data16,
    }),
    statusOnly,
  ),
  AF_DELETE: af.sreq(0x04, record({ endpoint: u8 }), statusOnly),
  AF_DATA_RETRIEVE: af.sreq(
    0x12,
    record({ timestamp: u32, index: u16, length: u8 }),
    record({ status: u8, data: data8 }),
  ),
  AF_DATA_CONFIRM: af.areq(0x80, record({ status: u8, endpoint: u8, transaction: u8 })),
  AF_INCOMING_MSG: af.areq(
    0x81,
    record({ group: u16, clusterId: u16, source: u16, ...reception, data: data8, ...lastHop }),
  ),
  /** For messages too long for AF_INCOMING_MSG: `length` octets wait to be fetched by AF_DATA_RETRIEVE. */
  AF_INCOMING_MSG_EXT: af.areq(
    0x82,
    record({
      group: u16,
      clusterId: u16,
      mode: u8,
      source: eui64,
      sourceEndpoint: u8,
      sourcePanId: u16,
      ...receptionExt,
      length: u16,
      ...lastHop,
    }),
  ),

  ZDO_NWK_ADDR_REQ: zdo.sreq(0x00, record({ device: eui64, requestType: u8, startIndex: u8 }), statusOnly),
  ZDO_IEEE_ADDR_REQ: zdo.sreq(0x01, record({ address: u16, requestType: u8, startIndex: u8 }), statusOnly),
  ZDO_NODE_DESC_REQ: zdo.sreq(0x02, aboutNode, statusOnly),
  ZDO_POWER_DESC_REQ: zdo.sreq(0x03, aboutNode, statusOnly),
  ZDO_SIMPLE_DESC_REQ: zdo.sreq(0x04, record({ destination: u16, addressOfInterest: u16, endpoint: u8 }), statusOnly),
  ZDO_ACTIVE_EP_REQ: zdo.sreq(0x05, aboutNode, statusOnly),
  ZDO_MATCH_DESC_REQ: zdo.sreq(
    0x06,
    record({
      destination: u16,
      addressOfInterest: u16,
      profileId: u16,
      inputClusters: list(u16),
      outputClusters: list(u16),
    }),
    statusOnly,
  ),
  ZDO_BIND_REQ: zdo.sreq(0x21, bindRequest, statusOnly),
  ZDO_UNBIND_REQ: zdo.sreq(0x22, bindRequest, statusOnly),
  ZDO_MGMT_LQI_REQ: zdo.sreq(0x31, fromIndex, statusOnly),
  ZDO_MGMT_RTG_REQ: zdo.sreq(0x32, fromIndex, statusOnly),
  ZDO_MGMT_BIND_REQ: zdo.sreq(0x33, fromIndex, statusOnly),
  /** `flags`: bit 6 removes the children too, bit 7 asks to rejoin. */
  ZDO_MGMT_LEAVE_REQ: zdo.sreq(0x34, record({ destination: u16, device: eui64, flags: u8 }), statusOnly),
  ZDO_MGMT_PERMIT_JOIN_REQ: zdo.sreq(
    0x36,
    record({ mode: u8, destination: u16, durationS: u8, trustCentreSignificance: u8 }),
    statusOnly,
  ),
  ZDO_MGMT_NWK_UPDATE_REQ: zdo.sreq(
    0x37,
    record({ destination: u16, mode: u8, channels: u32, scanDuration: u8, scanCount: u8, manager: u16 }),
    statusOnly,
  ),
  /** 0: goes on with the network it remembers, 1: with a new one. */
  ZDO_STARTUP_FROM_APP: zdo.sreq(0x40, record({ delayMs: u16 }), statusOnly),
  ZDO_EXT_ROUTE_DISC: zdo.sreq(0x45, record({ destination: u16, options: u8, radius: u8 }), statusOnly),
  ZDO_EXT_REMOVE_GROUP: zdo.sreq(0x47, groupOfEndpoint, statusOnly),
  ZDO_EXT_FIND_GROUP: zdo.sreq(0x4a, groupOfEndpoint, record({ status: u8, group: u16, name: data8 })),
  ZDO_EXT_ADD_GROUP: zdo.sreq(0x4b, record({ endpoint: u8, group: u16, name: data8 }), statusOnly),
  ZDO_EXT_NWK_INFO: zdo.sreq(
    0x50,
    nothing,
    record({
      address: u16,
      deviceState: u8,
      panId: u16,
      parent: u16,
      extendedPanId: eui64,
      parentExtendedAddress: eui64,
      channel: u8,
    }),
  ),
  ZDO_NWK_ADDR_RSP: zdo.areq(0x80, addressResponse),
  ZDO_IEEE_ADDR_RSP: zdo.areq(0x81, addressResponse),
  ZDO_NODE_DESC_RSP: zdo.areq(0x82, zdoResponse),
  ZDO_POWER_DESC_RSP: zdo.areq(0x83, zdoResponse),
  ZDO_SIMPLE_DESC_RSP: zdo.areq(0x84, zdoResponse),
  ZDO_ACTIVE_EP_RSP: zdo.areq(0x85, zdoResponse),
  ZDO_MATCH_DESC_RSP: zdo.areq(0x86, zdoResponse),
  ZDO_BIND_RSP: zdo.areq(0xa1, zdoResponse),
  ZDO_UNBIND_RSP: zdo.areq(0xa2, zdoResponse),
  ZDO_MGMT_LQI_RSP: zdo.areq(0xb1, zdoResponse),
  ZDO_MGMT_RTG_RSP: zdo.areq(0xb2, zdoResponse),
  ZDO_MGMT_BIND_RSP: zdo.areq(0xb3, zdoResponse),
  ZDO_MGMT_LEAVE_RSP: zdo.areq(0xb4, zdoResponse),
  ZDO_MGMT_PERMIT_JOIN_RSP: zdo.areq(0xb6, zdoResponse),
  ZDO_MGMT_NWK_UPDATE_NOTIFY: zdo.areq(0xb8, zdoResponse),
  ZDO_STATE_CHANGE_IND: zdo.areq(0xc0, record({ state: u8 })),
  ZDO_END_DEVICE_ANNCE_IND: zdo.areq(0xc1, record({ source: u16, address: u16, device: eui64, capability: u8 })),
  ZDO_LEAVE_IND: zdo.areq(0xc9, record({ source: u16, device: eui64, request: u8, removeChildren: u8, rejoin: u8 })),
  ZDO_TC_DEVICE_IND: zdo.areq(0xca, record({ address: u16, device: eui64, parent: u16 })),
  ZDO_PERMIT_JOIN_IND: zdo.areq(0xcb, record({ durationS: u8 })),

  UTIL_GET_DEVICE_INFO: util.sreq(
    0x00,
    nothing,
    record({ status: u8, device: eui64, address: u16, deviceType: u8, deviceState: u8, associated: list(u16) }),
  ),
  UTIL_LED_CONTROL: util.sreq(0x0a, record({ led: u8, mode: u8 }), statusOnly),
  UTIL_ASSOC_GET_WITH_ADDR: util.sreq(
    0x4a,
    record({ device: eui64, address: u16 }),
    record({ address: u16, index: u16, relation: u8 }),
  ),
  UTIL_ASSOC_REMOVE: util.sreq(0x63, record({ device: eui64 }), statusOnly),
  UTIL_ASSOC_ADD: util.sreq(0x64, record({ device: eui64, address: u16, relation: u8 }), statusOnly),

  /** `format` 1: a code of 16 octets and its CRC; 2: the key made of it. */
  APP_CNF_BDB_ADD_INSTALLCODE: appConfig.sreq(0x04, record({ format: u8, device: eui64, code: rest }), statusOnly),
  /** `mode`: bit 2 forms a network. */
  APP_CNF_BDB_START_COMMISSIONING: appConfig.sreq(0x05, record({ mode: u8 }), statusOnly),
  APP_CNF_BDB_SET_CHANNEL: appConfig.sreq(0x08, record({ isPrimary: u8, channels: u32 }), statusOnly),
  APP_CNF_BDB_COMMISSIONING_NOTIFICATION: appConfig.areq(0x80, record({ status: u8, mode: u8, remaining: u8 })),
} as const satisfies Readonly<Record<string, Row>>

export type MtName = keyof typeof MT
/** Commands that are answered. */
export type SreqName = { [N in MtName]: (typeof MT)[N]['response'] extends Field<object> ? N : never }[MtName]
/** Commands that are not. */
export type AreqName = Exclude<MtName, SreqName>
/** What a command says. */
export type RequestOf<N extends MtName> = ValueOf<(typeof MT)[N]['request']>
/** What is answered to it. */
export type ResponseOf<N extends SreqName> = ValueOf<(typeof MT)[N]['response']>

const rowOf = (name: MtName): Row => MT[name]
const key = (subsystem: number, command: number) => (subsystem << 8) | command
const byKey = new Map(Object.entries(MT).map(([name, row]) => [key(row.subsystem, row.command), name as MtName]))
/** Undefined for a command not known here. */
export const mtName = (subsystem: number, command: number): MtName | undefined => byKey.get(key(subsystem, command))
/** Whether a command is answered. */
export const isSreq = (name: MtName): name is SreqName => rowOf(name).response !== undefined

/** Octets behind the last field are left, as later versions may add to it. @throws WireError */
export const readRequest = <N extends MtName>(name: N, data: Uint8Array): RequestOf<N> =>
  read(rowOf(name).request, data) as RequestOf<N>
/** @throws WireError */
export const readResponse = <N extends SreqName>(name: N, data: Uint8Array): ResponseOf<N> =>
  read(rowOf(name).response ?? nothing, data) as ResponseOf<N>

/** A command as a frame. @throws InvariantError when a field does not fit */
export function requestFrame<N extends MtName>(name: N, value: RequestOf<N>): UnpiFrame {
  const { subsystem, command, request } = rowOf(name)
  const type = isSreq(name) ? MT_TYPE.SREQ : MT_TYPE.AREQ
  return { type, subsystem, command, data: write(request, value as object, name) }
}
/** The answer to a command as a frame. @throws InvariantError when a field does not fit */
export function responseFrame<N extends SreqName>(name: N, value: ResponseOf<N>): UnpiFrame {
  const { subsystem, command, response } = rowOf(name)
  return { type: MT_TYPE.SRSP, subsystem, command, data: write(response ?? nothing, value as object, name) }
}
/** What is answered to a command that was not taken. @source Monitor and Test API, 2.1.2 */
export const errorFrame = (code: number, { type, subsystem, command }: UnpiFrame): UnpiFrame => ({
  type: MT_TYPE.SRSP,
  subsystem: SUBSYSTEM.RPC_ERROR,
  command: 0,
  data: Uint8Array.of(code, (type << 5) | subsystem, command),
})

function read(field: Field<object>, data: Uint8Array): object {
  const reader = new ByteReader(data)
  reader.field = 'data'
  return field.read(reader)
}
function write(field: Field<object>, value: object, where: string): Uint8Array {
  const writer = new ByteWriter()
  field.write(writer, value, where)
  return writer.finish()
}
