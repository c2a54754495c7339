/** The network of a ZNP as it stands in NV: what a host has configured, and what the stack is or was on. */
import type { Eui64 } from '../../base/ids.ts'
import type { NetworkFacts } from '../../ports/network-processor.ts'
import type { RandomStream } from '../../ports/time.ts'
import { FIRST_CHANNEL, LAST_CHANNEL } from '../../radio/phy.ts'
import {
  activeKeyItems,
  keyDescriptor,
  NV,
  NV_SYSTEM_ZSTACK,
  NV_TABLE,
  nib,
  readNv,
  securityMaterial,
  writeNv,
} from '../../wire/znp/nv.ts'
import type { NvMemory, NvPlace } from './nv-memory.ts'

const [NO_PAN, ANY_NETWORK] = [0xffff, 'ffffffffffffffff']
const NO_NETWORK: readonly string[] = ['0000000000000000', ANY_NETWORK]
const NIB_OCTETS = 110
const KEY_OCTETS = 16
const CHANNELS = Array.from({ length: LAST_CHANNEL - FIRST_CHANNEL + 1 }, (_, n) => FIRST_CHANNEL + n)
const maskOf = (channel: number): number => 2 ** channel
const firstIn = (mask: number): number | undefined =>
  CHANNELS.find(channel => Math.floor(mask / maskOf(channel)) % 2 === 1)
const uintIn = (octets: Readonly<Uint8Array> | undefined): number | undefined =>
  octets?.reduceRight((value, octet) => value * 256 + octet, 0)

const securityRow = (row: number): NvPlace => ({
  system: NV_SYSTEM_ZSTACK,
  item: NV_TABLE.NWK_SEC_MATERIAL,
  subId: row,
})
/** Rows of a table; the last stands for any network. */
const OWN_ROW = 0
const OF_ITS_STATE = [NV.NIB, NV.NWK_ACTIVE_KEY_INFO, NV.NWK_ALTERN_KEY_INFO, NV.GROUP_TABLE]
const OF_ITS_CONFIGURATION = [
  NV.EXTENDED_PAN_ID,
  NV.APS_USE_EXT_PANID,
  NV.PRECFGKEYS_ENABLE,
  NV.PANID,
  NV.CHANLIST,
  NV.LOGICAL_TYPE,
  NV.ZDO_DIRECT_CB,
]
/** @source Z-Stack, DEFAULT_KEY of f8wConfig */
const DEFAULT_KEY = Uint8Array.of(1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 13)
/** Rows of the security manager: room for link keys that a host restores; 0xfffe is a free row. @source Z-Stack, ssp.h */
const SECURITY_MANAGER_ROWS = 50

/** What is there from the first start on. */
export function initialiseNv(nv: NvMemory, { eui64, dice }: { eui64: Eui64; dice: RandomStream }): void {
  const extendedAddress = Uint8Array.from(eui64.match(/../g) ?? [], pair => Number.parseInt(pair, 16)).reverse()
  nv.put(NV.EXTADDR, extendedAddress)
  const linkKeys = new Uint8Array(2 + 5 * SECURITY_MANAGER_ROWS)
  for (let row = 0; row < SECURITY_MANAGER_ROWS; row++) linkKeys.set([0xfe, 0xff], 2 + 5 * row)
  const ensure = (item: number, content: Uint8Array) => nv.get(item) ?? nv.put(item, content)
  ensure(NV.STARTUP_OPTION, Uint8Array.of(0))
  ensure(NV.PRECFGKEY, DEFAULT_KEY)
  ensure(NV.NWKKEY, writeNv(activeKeyItems, { sequence: 0, key: new Uint8Array(KEY_OCTETS), frameCounter: 0 }))
  ensure(NV.TCLK_SEED, dice.bytes(KEY_OCTETS))
  ensure(NV.APS_LINK_KEY_TABLE, linkKeys)
}
/** As before any network. Devices are with who keeps them. */
export function forgetNetwork(nv: NvMemory): void {
  for (const item of OF_ITS_STATE) nv.remove(item)
  for (let row = 0; row < 12; row++) nv.remove(securityRow(row))
}
/** As before any host. */
export function forgetConfiguration(nv: NvMemory): void {
  for (const item of OF_ITS_CONFIGURATION) nv.remove(item)
  nv.put(NV.PRECFGKEY, DEFAULT_KEY)
}

/** The network that a host has configured; chance decides what it left open. @source Z-Stack, ZDApp.c, ZGlobals.c */
export function configuredNetwork(
  nv: NvMemory,
  { eui64, dice, channels }: { eui64: Eui64; dice: RandomStream; channels: number | undefined },
): NetworkFacts {
  const panId = uintIn(nv.get(NV.PANID)) ?? NO_PAN
  const extended = nv.get(NV.EXTENDED_PAN_ID)
  const extendedPanId = extended?.length === 8 ? hexReversed(extended) : ANY_NETWORK
  const key = nv.get(NV.PRECFGKEY)
  const isKey = key?.length === KEY_OCTETS && key.some(octet => octet !== 0)
  return {
    panId: panId < NO_PAN && panId > 0 ? panId : 1 + dice.int(NO_PAN - 2),
    extendedPanId: NO_NETWORK.includes(extendedPanId) ? eui64 : extendedPanId,
    channel: firstIn(channels || (uintIn(nv.get(NV.CHANLIST)) ?? 0)) ?? FIRST_CHANNEL,
    networkKey: { key: isKey ? key.slice() : dice.bytes(KEY_OCTETS), sequence: 0 },
    updateId: 0,
  }
}

/** The network that the stack remembers, or that a host has put there to be gone on with. */
export function rememberedNetwork(nv: NvMemory): NetworkFacts | undefined {
  const [octets, keyOctets] = [nv.get(NV.NIB), nv.get(NV.NWK_ACTIVE_KEY_INFO)]
  if (octets?.length !== NIB_OCTETS || keyOctets?.length !== KEY_OCTETS + 1) return undefined
  const { panId, extendedPanId, channel, updateId } = readNv(nib, octets)
  if (panId === NO_PAN || !CHANNELS.includes(channel)) return undefined
  const { sequence, key } = readNv(keyDescriptor, keyOctets)
  return { panId, extendedPanId, channel, updateId, networkKey: { key, sequence } }
}
/** The frame counter that goes with it. */
export function rememberedCounter(nv: NvMemory, { extendedPanId }: NetworkFacts): number {
  for (let row = 0; ; row++) {
    const octets = nv.get(securityRow(row))
    if (!octets) return 0
    const material = readNv(securityMaterial, octets)
    if ([extendedPanId, ANY_NETWORK].includes(material.extendedPanId)) return material.frameCounter
  }
}

/** Writes down the network that the stack is on. */
export function keepNetwork(nv: NvMemory, network: NetworkFacts, eui64: Eui64): void {
  const { panId, extendedPanId, channel, updateId, networkKey } = network
  const noKey = { sequence: 0, key: new Uint8Array(KEY_OCTETS) }
  const facts = { address: 0, channel, panId, channelList: maskOf(channel), extendedPanId, updateId }
  nv.put(
    NV.NIB,
    // What is no fact of the network is as a Z-Stack coordinator has it. @source Z-Stack, nwk_globals.c; assumed
    writeNv(nib, {
      sequenceNumber: 0,
      passiveAckTimeout: 5,
      maxBroadcastRetries: 2,
      maxChildren: 50,
      maxDepth: 20,
      maxRouters: 50,
      dummyNeighborTable: 0,
      broadcastDeliveryTime: 30,
      reportConstantCost: 0,
      routeDiscRetries: 0,
      dummyRoutingTable: 0,
      secureAllFrames: 1,
      securityLevel: 5,
      symLink: 1,
      capabilityFlags: 0x8f,
      transactionPersistenceTime: 7,
      protocolVersion: 2,
      routeDiscoveryTime: 5,
      routeExpiryTime: 30,
      coordinatorAddress: 0,
      coordinatorExtendedAddress: eui64,
      state: 1,
      beaconOrder: 15,
      superframeOrder: 15,
      scanDuration: 0,
      batteryLifeExtension: 0,
      allocatedRouterAddresses: 1,
      allocatedEndDeviceAddresses: 1,
      nodeDepth: 0,
      keyLoaded: 1,
      spareKey1: noKey,
      spareKey2: noKey,
      spare3: 0,
      spare4: 0,
      linkStatusPeriod: 60,
      routerAgeLimit: 5,
      useMulticast: 0,
      isConcentrator: 1,
      concentratorDiscoveryTime: 120,
      concentratorRadius: 10,
      allFresh: 1,
      managerAddress: 0,
      totalTransmissions: 0,
      ...facts,
    }),
  )
  const descriptor = writeNv(keyDescriptor, networkKey)
  nv.put(NV.NWK_ACTIVE_KEY_INFO, descriptor)
  nv.put(NV.NWK_ALTERN_KEY_INFO, descriptor)
}
/** Writes down the frame counter of the network that the stack is on. */
export function keepCounter(nv: NvMemory, { extendedPanId, networkKey }: NetworkFacts, frameCounter: number): void {
  nv.put(securityRow(OWN_ROW), writeNv(securityMaterial, { frameCounter, extendedPanId }))
  nv.put(NV.NWKKEY, writeNv(activeKeyItems, { ...networkKey, frameCounter }))
}

const hexReversed = (octets: Readonly<Uint8Array>): string =>
  [...octets]
    .reverse()
    .map(octet => octet.toString(16).padStart(2, '0'))
    .join('')
