/**
 * The commands a host gives an NCP: number, what it says, what is answered.
 * @source Silicon Labs UG100, EZSP Reference Guide, for EmberZNet 7.4 (protocol 13) and 8.0 (protocol 14)
 */
import { type Field, joined, record, type ValueOf } from '../../base/frame.ts'
import { bytes, eui64, i8, u8, u16, u32 } from '../../base/frame-fields.ts'
import type { Eui64 } from '../../base/ids.ts'
import {
  type ApsKeyMetadata,
  apsFrame,
  apsKeyMetadata,
  as,
  childData,
  flag,
  initialSecurityState,
  key,
  multicastTableEntry,
  NO_CONTEXT,
  networkKeyInfo,
  networkParameters,
  octets,
  type SecurityContext,
  securityContext,
  since14,
  times,
  until14,
} from './fields.ts'
import { type EzspVersion, ezspStatusOf, type Status, slStatus, statusOf } from './status.ts'

/** Counters of an NCP. @source ember-types.h, EMBER_COUNTER_TYPE_COUNT */
export const COUNTERS = 42

const nothing = record({})
const row = <C extends object, R extends object>(id: number, command: Field<C>, response: Field<R>) => ({
  id,
  command,
  response,
})
/** A command that protocol 13 does not have. */
const row14 = <C extends object, R extends object>(id: number, command: Field<C>, response: Field<R>) => ({
  ...row(id, command, response),
  since: 14 as const,
})

/** As many input clusters and output clusters as the two octets before them say. */
const clusterLists: Field<{ inputClusters: readonly number[]; outputClusters: readonly number[] }> = {
  read(reader) {
    const [inputs, outputs] = [reader.uint(1), reader.uint(1)]
    return { inputClusters: times(inputs, u16).read(reader), outputClusters: times(outputs, u16).read(reader) }
  },
  write(writer, { inputClusters, outputClusters }, where) {
    u8.write(writer, inputClusters.length, `${where}.inputClusters length`)
    u8.write(writer, outputClusters.length, `${where}.outputClusters length`)
    times(inputClusters.length, u16).write(writer, inputClusters, `${where}.inputClusters`)
    times(outputClusters.length, u16).write(writer, outputClusters, `${where}.outputClusters`)
  },
}

const okOrFail: Field<boolean> = as<boolean, Status>(
  slStatus,
  value => (value ? 'OK' : 'FAIL'),
  said => said === 'OK',
)

/** Keys as they are answered: protocol 13 says less of what was asked for, and the status last. */
function keysAs(version: EzspVersion) {
  type Exported = { status: Status; key: Uint8Array; context: SecurityContext }
  type LinkKey = Exported & { metadata: ApsKeyMetadata }
  type Info = Omit<LinkKey, 'key'>
  const [status, context, metadata] = [slStatus, securityContext, apsKeyMetadata]
  const asIs = <T extends object>(layout: Field<T>) => layout
  if (version >= 14) {
    const linkKey = asIs<LinkKey>(record({ status, context, key, metadata }))
    return {
      exported: asIs<Exported>(record({ status, key, context })),
      info: asIs<Info>(record({ status, metadata, context })),
      ...{ byIndex: linkKey, byEui64: linkKey, transient: linkKey },
    }
  }
  const of = (said: Partial<SecurityContext>): SecurityContext => ({ ...NO_CONTEXT, ...said })
  return {
    exported: as<Exported, Omit<Exported, 'context'>>(
      record({ key, status }),
      value => value,
      said => ({ ...said, context: NO_CONTEXT }),
    ),
    info: as<Info, Omit<Info, 'context'> & { eui64: Eui64 }>(
      record({ eui64, metadata, status }),
      value => ({ ...value, eui64: value.context.eui64 }),
      ({ eui64, ...said }) => ({ ...said, context: of({ eui64 }) }),
    ),
    byIndex: as<LinkKey, Omit<LinkKey, 'context'> & { eui64: Eui64 }>(
      record({ eui64, key, metadata, status }),
      value => ({ ...value, eui64: value.context.eui64 }),
      ({ eui64, ...said }) => ({ ...said, context: of({ eui64 }) }),
    ),
    byEui64: as<LinkKey, Omit<LinkKey, 'context'> & { keyIndex: number }>(
      record({ key, keyIndex: u8, metadata, status }),
      value => ({ ...value, keyIndex: value.context.keyIndex }),
      ({ keyIndex, ...said }) => ({ ...said, context: of({ keyIndex }) }),
    ),
    transient: asIs<LinkKey>(record({ context, key, metadata, status })),
  }
}

/** Every command, as a revision of EZSP has it. */
export function ezspCommands(version: EzspVersion) {
  const status = statusOf(version)
  const ezspStatus = ezspStatusOf(version)
  const messageTag = version < 14 ? u8 : u16
  const done = record({ status })
  const set = record({ status: ezspStatus })
  const keyDone = record({ status: slStatus })
  const sent = record({ status, sequence: u8 })

  const keyOf = keysAs(version)

  return {
    // What the NCP is.
    version: row(
      0x0000,
      record({ desiredProtocolVersion: u8 }),
      record({ protocolVersion: u8, stackType: u8, stackVersion: u16 }),
    ),
    nop: row(0x0005, nothing, nothing),
    echo: row(0x0081, record({ data: octets }), record({ data: octets })),
    callback: row(0x0006, nothing, nothing),
    resetNode: row(0x0104, nothing, nothing),
    getEui64: row(0x0026, nothing, record({ eui64 })),
    getNodeId: row(0x0027, nothing, record({ nodeId: u16 })),
    getRandomNumber: row(0x0049, nothing, record({ status, value: u16 })),
    getStandaloneBootloaderVersionPlatMicroPhy: row(
      0x0091,
      nothing,
      record({ bootloaderVersion: u16, nodePlat: u8, nodeMicro: u8, nodePhy: u8 }),
    ),
    readCounters: row(0x00f1, nothing, record({ values: times(COUNTERS, u16) })),
    readAndClearCounters: row(0x0065, nothing, record({ values: times(COUNTERS, u16) })),

    // Settings.
    getConfigurationValue: row(0x0052, record({ configId: u8 }), record({ status: ezspStatus, value: u16 })),
    setConfigurationValue: row(0x0053, record({ configId: u8, value: u16 }), set),
    getPolicy: row(0x0056, record({ policyId: u8 }), record({ status: ezspStatus, decisionId: u8 })),
    setPolicy: row(0x0055, record({ policyId: u8, decisionId: u8 }), set),
    getValue: row(0x00aa, record({ valueId: u8 }), record({ status: ezspStatus, value: octets })),
    setValue: row(0x00ab, record({ valueId: u8, value: octets }), set),
    getExtendedValue: row(
      0x0003,
      record({ valueId: u8, characteristics: u32 }),
      record({ status: ezspStatus, value: octets }),
    ),
    addEndpoint: row(
      0x0002,
      joined(record({ endpoint: u8, profileId: u16, deviceId: u16, appFlags: u8 }), clusterLists),
      set,
    ),
    getManufacturerCode: row14(0x00ca, nothing, record({ code: u16 })),
    setManufacturerCode: row(0x0015, record({ code: u16 }), nothing),
    getToken: row(0x000a, record({ tokenId: u8 }), record({ status, tokenData: bytes(8) })),
    setToken: row(0x0009, record({ tokenId: u8, tokenData: bytes(8) }), done),
    getMfgToken: row(0x000b, record({ tokenId: u8 }), record({ tokenData: octets })),
    setMfgToken: row(0x000c, record({ tokenId: u8, tokenData: octets }), done),
    setRadioPower: row(0x0099, record({ power: i8 }), done),
    setRadioIeee802154CcaMode: row(0x0095, record({ ccaMode: u8 }), done),
    setConcentrator: row(
      0x0010,
      record({
        on: flag,
        concentratorType: u16,
        minTime: u16,
        maxTime: u16,
        routeErrorThreshold: u8,
        deliveryFailureThreshold: u8,
        maxHops: u8,
      }),
      done,
    ),
    setSourceRouteDiscoveryMode: row(0x005a, record({ mode: u8 }), record({ remainingTimeMs: u32 })),

    // The network.
    networkInit: row(0x0017, record({ bitmask: u16 }), done),
    networkState: row(0x0018, nothing, record({ networkStatus: u8 })),
    formNetwork: row(0x001e, record({ parameters: networkParameters }), done),
    leaveNetwork: row(0x0020, record({ options: since14(version, u8, 0) }), done),
    permitJoining: row(0x0022, record({ durationS: u8 }), done),
    getPermitJoining: row14(0x011f, nothing, record({ joiningPermitted: flag })),
    getNetworkParameters: row(0x0028, nothing, record({ status, nodeType: u8, parameters: networkParameters })),
    getRadioParameters: row(
      0x00fd,
      record({ phyIndex: u8 }),
      record({ status, radioTxPower: i8, radioPage: u8, radioChannel: u8 }),
    ),
    getExtendedPanId: row14(0x0127, nothing, record({ extendedPanId: eui64 })),
    getParentChildParameters: row(0x0029, nothing, record({ childCount: u8, parentEui64: eui64, parentNodeId: u16 })),
    getChildData: row(0x004a, record({ index: u8 }), record({ status, child: childData })),
    lookupNodeIdByEui64: row(0x0060, record({ eui64 }), record({ nodeId: u16 })),
    lookupEui64ByNodeId: row(0x0061, record({ nodeId: u16 }), record({ status, eui64 })),
    setExtendedTimeout: row(
      0x007e,
      record({ remoteEui64: eui64, extendedTimeout: flag }),
      record({ status: since14<Status>(version, slStatus, 'OK') }),
    ),
    getExtendedTimeout: row(
      0x007f,
      record({ remoteEui64: eui64 }),
      record({ extendedTimeout: version < 14 ? flag : okOrFail }),
    ),
    removeDevice: row(0x00a8, record({ destShort: u16, destLong: eui64, targetLong: eui64 }), done),

    // Messages.
    maximumPayloadLength: row(0x0033, nothing, record({ apsLength: u8 })),
    sendUnicast: row(
      0x0034,
      record({ type: u8, indexOrDestination: u16, apsFrame, messageTag, message: octets }),
      sent,
    ),
    sendBroadcast: row(
      0x0036,
      record({
        alias: since14(version, u16, 0xffff),
        destination: u16,
        nwkSequence: since14(version, u8, 0),
        apsFrame,
        radius: u8,
        messageTag,
        message: octets,
      }),
      sent,
    ),
    sendMulticast: row(
      0x0038,
      record({
        apsFrame,
        hops: u8,
        nonmemberRadius: until14(version, u8, 0),
        broadcastAddress: since14(version, u16, 0xfffd),
        alias: since14(version, u16, 0xffff),
        nwkSequence: since14(version, u8, 0),
        messageTag,
        message: octets,
      }),
      sent,
    ),
    sendReply: row(0x0039, record({ sender: u16, apsFrame, message: octets }), done),
    sendManyToOneRouteRequest: row(0x0041, record({ concentratorType: u16, radius: u8 }), done),
    getMulticastTableEntry: row(0x0063, record({ index: u8 }), record({ status, entry: multicastTableEntry })),
    setMulticastTableEntry: row(0x0064, record({ index: u8, entry: multicastTableEntry }), done),

    // Security.
    setInitialSecurityState: row(0x0068, record({ state: initialSecurityState }), done),
    getCurrentSecurityState: row(0x0069, nothing, record({ status, bitmask: u16, trustCenterLongAddress: eui64 })),
    getNetworkKeyInfo: row(0x0116, nothing, record({ status: slStatus, info: networkKeyInfo })),
    exportKey: row(0x0114, record({ context: securityContext }), keyOf.exported),
    importKey: row(
      0x0115,
      record({ context: securityContext, key }),
      record({ status: slStatus, context: securityContext }),
    ),
    getApsKeyInfo: row(0x010c, record({ context: securityContext }), keyOf.info),
    importLinkKey: row(0x010e, record({ index: u8, eui64, key }), keyDone),
    exportLinkKeyByIndex: row(0x010f, record({ index: u8 }), keyOf.byIndex),
    exportLinkKeyByEui64: row(0x010d, record({ eui64 }), keyOf.byEui64),
    clearKeyTable: row(0x00b1, nothing, done),
    eraseKeyTableEntry: row(0x0076, record({ index: u8 }), done),
    importTransientKey: row(0x0111, record({ eui64, key, flags: until14(version, u8, 0) }), keyDone),
    exportTransientKeyByIndex: row(0x0112, record({ index: u8 }), keyOf.transient),
    exportTransientKeyByEui64: row(0x0113, record({ eui64 }), keyOf.transient),
    clearTransientLinkKeys: row(0x006b, nothing, nothing),
  }
}

export type EzspCommands = ReturnType<typeof ezspCommands>
export type CommandName = keyof EzspCommands
/** What a command says, and what is answered. */
export type CommandOf<N extends CommandName> = ValueOf<EzspCommands[N]['command']>
export type ResponseOf<N extends CommandName> = ValueOf<EzspCommands[N]['response']>
