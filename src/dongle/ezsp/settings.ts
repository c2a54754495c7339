/** What a host may set on an NCP: forgotten at each start, apart from tokens. */
import {
  CONFIG,
  type ConfigName,
  POLICY,
  type PolicyName,
  TRUST_CENTER,
  VALUE,
  type ValueName,
} from '../../wire/ezsp/settings.ts'
import type { EzspStatus, EzspVersion } from '../../wire/ezsp/status.ts'

/** A configuration value: at power-on, and the range a host may choose from. */
interface Range {
  initially: number
  lowest: number
  highest: number
  /** It shapes tables, which are there once the network is up. */
  beforeUp: boolean
}
const fixed = (initially: number): Range => ({ initially, lowest: initially, highest: initially, beforeUp: false })
const table = (initially: number, highest: number, lowest = 0): Range => ({
  initially,
  lowest,
  highest,
  beforeUp: true,
})
const free = (initially: number, highest = 0xffff, lowest = 0): Range => ({
  ...{ initially, lowest, highest, beforeUp: false },
})

/** @source UG100, configuration values; sizes as in firmware for coordinators, assumed */
const CONFIGURATION: Record<ConfigName, Range> = {
  neighborTableSize: fixed(26),
  apsUnicastMessageCount: table(32, 64, 1),
  bindingTableSize: table(32, 127),
  addressTableSize: table(12, 127),
  multicastTableSize: table(16, 127),
  routeTableSize: table(16, 127),
  discoveryTableSize: table(8, 127),
  stackProfile: free(2, 2),
  securityLevel: free(5, 5),
  maxHops: free(30, 30, 1),
  maxEndDeviceChildren: table(32, 64),
  indirectTransmissionTimeout: free(7_680, 30_000),
  endDevicePollTimeout: free(8, 14),
  txPowerMode: free(0, 3),
  disableRelay: free(0, 1),
  trustCenterAddressCacheSize: table(2, 127),
  sourceRouteTableSize: table(100, 255),
  fragmentWindowSize: free(1, 8),
  fragmentDelayMs: free(0),
  keyTableSize: table(12, 127),
  apsAckTimeout: free(1_600),
  beaconJitterDuration: free(0, 14),
  panIdConflictReportThreshold: free(2, 63, 1),
  requestKeyTimeout: free(0, 10),
  certificateTableSize: fixed(0),
  applicationZdoFlags: free(0, 0xff),
  broadcastTableSize: table(15, 254, 15),
  macFilterTableSize: table(0, 15),
  supportedNetworks: free(1, 1, 1),
  sendMulticastsToSleepyAddress: free(0, 1),
  mtorrFlowControl: free(1, 1),
  retryQueueSize: table(16, 255),
  newBroadcastEntryThreshold: free(10, 255),
  transientKeyTimeoutS: free(300),
  broadcastMinAcksNeeded: free(255, 255),
  tcRejoinsUsingWellKnownKeyTimeoutS: free(300),
  assumeTcConcentratorType: free(0, 2),
  gpProxyTableSize: fixed(0),
  gpSinkTableSize: fixed(0),
}

/** A policy: at power-on, and the decisions there are. */
const choices = (...decisions: readonly [number, ...number[]]) => ({ initially: decisions[0], decisions })
const POLICIES: Record<PolicyName, { initially: number; decisions: readonly number[] }> = {
  trustCenter: {
    initially: TRUST_CENTER.allowJoins | TRUST_CENTER.allowUnsecuredRejoins,
    decisions: Array.from({ length: 0x40 }, (_, bits) => bits),
  },
  bindingModification: choices(0x10, 0x11, 0x12),
  unicastReplies: choices(0x20, 0x21),
  pollHandler: choices(0x30),
  messageContentsInCallback: choices(0x40, 0x41),
  tcKeyRequest: choices(0x51, 0x50, 0x52),
  appKeyRequest: choices(0x60, 0x61),
  packetValidateLibrary: choices(0x63, 0x62),
  zll: choices(0x00),
  tcRejoinsUsingWellKnownKey: choices(0x00, 0x01),
}

/** A value: its octets at power-on; undefined where it shows something else, which the NCP knows. */
interface Value {
  width: number
  initially: number | undefined
  access: 'read' | 'write' | 'both'
  since?: EzspVersion
}
const VALUES: Record<ValueName, Value> = {
  bufferHeapFreeSize: { width: 2, initially: 0x4000, access: 'read' },
  maximumIncomingTransferSize: { width: 2, initially: 82, access: 'both' },
  maximumOutgoingTransferSize: { width: 2, initially: 82, access: 'both' },
  stackTokenWriting: { width: 1, initially: 1, access: 'both' },
  stackIsPerformingRejoin: { width: 1, initially: 0, access: 'read' },
  extendedSecurityBitmask: { width: 2, initially: 0, access: 'both' },
  nodeShortId: { width: 2, initially: undefined, access: 'read' },
  descriptorCapability: { width: 1, initially: 0, access: 'write' },
  radioHoldOff: { width: 1, initially: 0, access: 'both' },
  versionInfo: { width: 7, initially: undefined, access: 'read' },
  ccaThreshold: { width: 1, initially: 0xb5, access: 'both' },
  clearCounters: { width: 0, initially: undefined, access: 'write' },
  nwkFrameCounter: { width: 4, initially: undefined, access: 'both' },
  apsFrameCounter: { width: 4, initially: 0, access: 'both' },
  enableR21Behavior: { width: 1, initially: 1, access: 'both' },
  antennaMode: { width: 1, initially: 0, access: 'both' },
  nwkKeyTimeout: { width: 1, initially: 5, access: 'both' },
  forceTxAfterFailedCcaAttempts: { width: 1, initially: 0, access: 'both' },
  transientKeyTimeoutS: { width: 2, initially: undefined, access: 'both' },
  endDeviceTimeoutOptionsMask: { width: 2, initially: 0x7fff, access: 'both' },
  endDeviceKeepAliveSupportMode: { width: 1, initially: 3, access: 'both' },
  activeRadioConfig: { width: 2, initially: 0, access: 'read' },
  nwkOpenDuration: { width: 1, initially: undefined, access: 'read' },
  transientDeviceTimeout: { width: 2, initially: 10_000, access: 'both' },
  keyStorageVersion: { width: 1, initially: 0, access: 'read' },
  delayedJoinActivation: { width: 1, initially: 0, access: 'read' },
  maxNwkRetries: { width: 1, initially: 3, access: 'both', since: 14 },
  rejoinMode: { width: 1, initially: 0, access: 'both', since: 14 },
}

const nameIn = <N extends string>(numbers: Readonly<Record<N, number>>, id: number): N | undefined =>
  (Object.keys(numbers) as N[]).find(name => numbers[name] === id)

/** Octets of a number, the lowest first. */
export const littleEndian = (value: number, width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, at) => Math.floor(value / 2 ** (8 * at)) % 256)
/** The number octets stand for, the lowest first. */
export const numberOf = (octets: Uint8Array): number =>
  octets.reduce((value, octet, at) => value + octet * 2 ** (8 * at), 0)

/** Values that show something of the NCP, or do something to it. */
export interface LiveValues {
  get(name: ValueName): Uint8Array | undefined
  /** Undefined when the value is only kept. */
  set(name: ValueName, value: Uint8Array): EzspStatus | undefined
}

export class Settings {
  private readonly version: EzspVersion
  private readonly live: LiveValues
  private readonly configuration = new Map<ConfigName, number>()
  private readonly policies = new Map<PolicyName, number>()
  private readonly values = new Map<ValueName, Uint8Array>()

  constructor(version: EzspVersion, live: LiveValues) {
    this.version = version
    this.live = live
  }

  /** The NCP has started: everything is as at power-on. */
  reset(): void {
    this.configuration.clear()
    this.policies.clear()
    this.values.clear()
  }

  config(name: ConfigName): number {
    return this.configuration.get(name) ?? CONFIGURATION[name].initially
  }
  policy(name: PolicyName): number {
    return this.policies.get(name) ?? POLICIES[name].initially
  }

  getConfiguration(id: number): { status: EzspStatus; value: number } {
    const name = nameIn(CONFIG, id)
    return name ? { status: 'OK', value: this.config(name) } : { status: 'INVALID_ID', value: 0 }
  }
  /** `up`: the tables are made. */
  setConfiguration(id: number, value: number, up: boolean): EzspStatus {
    const name = nameIn(CONFIG, id)
    if (!name) return 'INVALID_ID'
    const { lowest, highest, beforeUp } = CONFIGURATION[name]
    if (value < lowest || value > highest) return 'INVALID_VALUE'
    if (up && beforeUp && value !== this.config(name)) return 'INVALID_CALL'
    this.configuration.set(name, value)
    return 'OK'
  }

  getPolicy(id: number): { status: EzspStatus; decisionId: number } {
    const name = nameIn(POLICY, id)
    return name ? { status: 'OK', decisionId: this.policy(name) } : { status: 'INVALID_ID', decisionId: 0 }
  }
  setPolicy(id: number, decision: number): EzspStatus {
    const name = nameIn(POLICY, id)
    if (!name) return 'INVALID_ID'
    if (!POLICIES[name].decisions.includes(decision)) return 'INVALID_VALUE'
    this.policies.set(name, decision)
    return 'OK'
  }

  getValue(id: number): { status: EzspStatus; value: Uint8Array } {
    const name = this.valueName(id)
    if (!name) return { status: 'INVALID_ID', value: new Uint8Array() }
    const { access, initially = 0, width } = VALUES[name]
    if (access === 'write') return { status: 'INVALID_ID', value: new Uint8Array() }
    const value = this.live.get(name) ?? this.values.get(name) ?? littleEndian(initially, width)
    return { status: 'OK', value }
  }
  setValue(id: number, value: Uint8Array): EzspStatus {
    const name = this.valueName(id)
    if (!name || VALUES[name].access === 'read') return 'INVALID_ID'
    if (value.length !== VALUES[name].width && VALUES[name].width > 0) return 'INVALID_VALUE'
    const done = this.live.set(name, value)
    if (done !== undefined) return done
    this.values.set(name, value)
    return 'OK'
  }
  private valueName(id: number): ValueName | undefined {
    const name = nameIn(VALUE, id)
    return name && (VALUES[name].since ?? 0) <= this.version ? name : undefined
  }
}
