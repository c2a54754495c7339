/** Numbers of configuration values, policies, values and tokens of an NCP. @source EmberZNet 7.4 and 8.0, ezsp-enum.h */

export const CONFIG = {
  neighborTableSize: 0x02,
  apsUnicastMessageCount: 0x03,
  bindingTableSize: 0x04,
  addressTableSize: 0x05,
  multicastTableSize: 0x06,
  routeTableSize: 0x07,
  discoveryTableSize: 0x08,
  stackProfile: 0x0c,
  securityLevel: 0x0d,
  maxHops: 0x10,
  maxEndDeviceChildren: 0x11,
  indirectTransmissionTimeout: 0x12,
  endDevicePollTimeout: 0x13,
  txPowerMode: 0x17,
  disableRelay: 0x18,
  trustCenterAddressCacheSize: 0x19,
  sourceRouteTableSize: 0x1a,
  fragmentWindowSize: 0x1c,
  fragmentDelayMs: 0x1d,
  keyTableSize: 0x1e,
  apsAckTimeout: 0x1f,
  beaconJitterDuration: 0x20,
  panIdConflictReportThreshold: 0x22,
  requestKeyTimeout: 0x24,
  certificateTableSize: 0x29,
  applicationZdoFlags: 0x2a,
  broadcastTableSize: 0x2b,
  macFilterTableSize: 0x2c,
  supportedNetworks: 0x2d,
  sendMulticastsToSleepyAddress: 0x2e,
  mtorrFlowControl: 0x33,
  retryQueueSize: 0x34,
  newBroadcastEntryThreshold: 0x35,
  transientKeyTimeoutS: 0x36,
  broadcastMinAcksNeeded: 0x37,
  tcRejoinsUsingWellKnownKeyTimeoutS: 0x38,
  assumeTcConcentratorType: 0x40,
  gpProxyTableSize: 0x41,
  gpSinkTableSize: 0x42,
} as const
export type ConfigName = keyof typeof CONFIG

/** Bit of `applicationZdoFlags`: the host wants requests of the device object that the NCP answers too. */
export const ZDO_REQUESTS_TO_HOST = 0x01

export const POLICY = {
  trustCenter: 0x00,
  bindingModification: 0x01,
  unicastReplies: 0x02,
  pollHandler: 0x03,
  messageContentsInCallback: 0x04,
  tcKeyRequest: 0x05,
  appKeyRequest: 0x06,
  packetValidateLibrary: 0x07,
  zll: 0x08,
  tcRejoinsUsingWellKnownKey: 0x09,
} as const
export type PolicyName = keyof typeof POLICY

/** Bits of the policy `trustCenter`. @source ezsp-enum.h, EzspDecisionBitmask */
export const TRUST_CENTER = { allowJoins: 0x01, allowUnsecuredRejoins: 0x02, joinsUseInstallCode: 0x10 } as const
/** Decisions on `messageContentsInCallback`. */
export const TAG_AND_CONTENTS = 0x41

export const VALUE = {
  bufferHeapFreeSize: 0x03,
  maximumIncomingTransferSize: 0x05,
  maximumOutgoingTransferSize: 0x06,
  stackTokenWriting: 0x07,
  stackIsPerformingRejoin: 0x08,
  extendedSecurityBitmask: 0x0a,
  nodeShortId: 0x0b,
  descriptorCapability: 0x0c,
  radioHoldOff: 0x0e,
  versionInfo: 0x11,
  ccaThreshold: 0x15,
  clearCounters: 0x19,
  nwkFrameCounter: 0x23,
  apsFrameCounter: 0x24,
  enableR21Behavior: 0x29,
  antennaMode: 0x30,
  nwkKeyTimeout: 0x39,
  forceTxAfterFailedCcaAttempts: 0x3a,
  transientKeyTimeoutS: 0x3b,
  endDeviceTimeoutOptionsMask: 0x3e,
  endDeviceKeepAliveSupportMode: 0x3f,
  activeRadioConfig: 0x41,
  nwkOpenDuration: 0x42,
  transientDeviceTimeout: 0x43,
  keyStorageVersion: 0x44,
  delayedJoinActivation: 0x45,
  maxNwkRetries: 0x46,
  rejoinMode: 0x47,
} as const
export type ValueName = keyof typeof VALUE

export const EXTENDED_VALUE = { endpointFlags: 0x00 } as const

/** Octets of each manufacturing token, by its number; those that are not there cannot be set. */
export const MANUFACTURING_TOKENS: ReadonlyMap<number, number> = new Map([
  [0x00, 2],
  [0x01, 16],
  [0x02, 16],
  [0x03, 2],
  [0x04, 2],
  [0x05, 16],
  [0x06, 40],
  [0x07, 8],
  [0x09, 92],
  [0x0a, 20],
  [0x0c, 8],
  [0x0d, 2],
])
/** Tokens of eight octets a host may keep. */
export const HOST_TOKENS = 8
