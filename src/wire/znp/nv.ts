/**
 * What a Z-Stack keeps in its non-volatile memory: items by number, tables by number and row, and what stands in them.
 * Structures are packed, as on an 8-bit part; a host tells by the length of NWKKEY. @source Z-Stack, ZComDef.h, nwk.h, AddrMgr.h
 */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { type Field, record, type ValueOf } from '../../base/frame.ts'
import { bytes, eui64, u8, u16, u32 } from '../../base/frame-fields.ts'

/** Items, by their names in ZComDef.h. */
export const NV = {
  EXTADDR: 0x0001,
  STARTUP_OPTION: 0x0003,
  NIB: 0x0021,
  GROUP_TABLE: 0x0023,
  EXTENDED_PAN_ID: 0x002d,
  NWK_ACTIVE_KEY_INFO: 0x003a,
  NWK_ALTERN_KEY_INFO: 0x003b,
  APS_USE_EXT_PANID: 0x0047,
  APS_LINK_KEY_TABLE: 0x004c,
  ZNP_HAS_CONFIGURED: 0x0060,
  PRECFGKEY: 0x0062,
  PRECFGKEYS_ENABLE: 0x0063,
  NWKKEY: 0x0082,
  PANID: 0x0083,
  CHANLIST: 0x0084,
  LOGICAL_TYPE: 0x0087,
  ZDO_DIRECT_CB: 0x008f,
  TCLK_SEED: 0x0101,
} as const

/** Tables of the system `ZSTACK`, each row a sub-id. @source Z-Stack 3.x.0, ZComDef.h, ZCD_NV_EX_* */
export const NV_TABLE = { ADDRMGR: 0x0001, TCLK: 0x0004, APS_KEY_DATA: 0x0006, NWK_SEC_MATERIAL: 0x0007 } as const
/** System of those tables. */
export const NV_SYSTEM_ZSTACK = 1

/** Bits of STARTUP_OPTION. @source Z-Stack, ZComDef.h, ZCD_STARTOPT_* */
export const STARTUP_OPTION = { CLEAR_CONFIG: 1, CLEAR_STATE: 2 } as const

/** A network key and its sequence number. */
export const keyDescriptor = record({ sequence: u8, key: bytes(16) })
/** NWKKEY: the active key with its outgoing frame counter. */
export const activeKeyItems = record({ sequence: u8, key: bytes(16), frameCounter: u32 })

/** Network information base. @source Z-Stack, nwk.h, nwkIB_t */
export const nib = record({
  sequenceNumber: u8,
  passiveAckTimeout: u8,
  maxBroadcastRetries: u8,
  maxChildren: u8,
  maxDepth: u8,
  maxRouters: u8,
  dummyNeighborTable: u8,
  broadcastDeliveryTime: u8,
  reportConstantCost: u8,
  routeDiscRetries: u8,
  dummyRoutingTable: u8,
  secureAllFrames: u8,
  securityLevel: u8,
  symLink: u8,
  capabilityFlags: u8,
  transactionPersistenceTime: u16,
  protocolVersion: u8,
  routeDiscoveryTime: u8,
  routeExpiryTime: u8,
  address: u16,
  channel: u8,
  coordinatorAddress: u16,
  coordinatorExtendedAddress: eui64,
  panId: u16,
  state: u8,
  channelList: u32,
  beaconOrder: u8,
  superframeOrder: u8,
  scanDuration: u8,
  batteryLifeExtension: u8,
  allocatedRouterAddresses: u32,
  allocatedEndDeviceAddresses: u32,
  nodeDepth: u8,
  extendedPanId: eui64,
  keyLoaded: u8,
  spareKey1: keyDescriptor,
  spareKey2: keyDescriptor,
  spare3: u8,
  spare4: u8,
  linkStatusPeriod: u8,
  routerAgeLimit: u8,
  useMulticast: u8,
  isConcentrator: u8,
  concentratorDiscoveryTime: u8,
  concentratorRadius: u8,
  allFresh: u8,
  managerAddress: u16,
  totalTransmissions: u16,
  updateId: u8,
})
export type Nib = ValueOf<typeof nib>

/** Bits of `user`. @source Z-Stack, AddrMgr.h, ADDRMGR_USER_* */
export const ADDRMGR_USER = { ASSOC: 1, SECURITY: 2 } as const
/** A row of ADDRMGR; an empty one is all 0xff but for `user`, which is 0. */
export const addressManagerEntry = record({ user: u8, address: u16, device: eui64 })
/** A row of NWK_SEC_MATERIAL: the outgoing frame counter under the key of a network; all ones stand for any network. */
export const securityMaterial = record({ frameCounter: u32, extendedPanId: eui64 })

/** @throws WireError */
export const readNv = <T>(field: Field<T>, octets: Uint8Array): T => field.read(new ByteReader(octets))
/** @throws InvariantError when the value does not fit */
export function writeNv<T>(field: Field<T>, value: T): Uint8Array {
  const writer = new ByteWriter()
  field.write(writer, value, 'nv')
  return writer.finish()
}
