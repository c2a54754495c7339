/** What the emulated EZSP network co-processor answers, and what it says unasked. */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { linkKeyOfInstallCode, WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import type { EzspDongleOptions } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import type { NetworkProcessor } from '../../src/ports/network-processor.ts'
import { ANY_DEVICE, APS_OPTION, KEY_NAMED_BY, KEY_TYPE, NO_CONTEXT, SECURITY } from '../../src/wire/ezsp/fields.ts'
import { CONFIG, EXTENDED_VALUE, POLICY, TRUST_CENTER, VALUE } from '../../src/wire/ezsp/settings.ts'
import type { EzspVersion } from '../../src/wire/ezsp/status.ts'
import type { NetworkProcessorMemory } from '../../src/zigbee/zigbee-network-processor.ts'
import { EzspHost } from '../helpers/ezsp-host.ts'
import { PLUG, ProcessorHome, REPORT, SENSOR, STICK } from '../helpers/processor-home.ts'
import { INSTALL_CODE } from '../helpers/zigbee-home.ts'

const NETWORK_KEY = Uint8Array.from({ length: 16 }, (_, at) => at)
const LINK_KEY = Uint8Array.from({ length: 16 }, (_, at) => 0x40 + at)
const PARAMETERS = {
  ...{ extendedPanId: 'dddddddddddddddd', panId: 0x1a62, radioTxPower: 5, radioChannel: 15, joinMethod: 0 },
  ...{ nwkManagerId: 0, nwkUpdateId: 2, channels: 0x07ff_f800 },
}
const SECURED = {
  bitmask: SECURITY.hashedLinkKey | SECURITY.havePreconfiguredKey | SECURITY.haveNetworkKey,
  ...{ preconfiguredKey: LINK_KEY, networkKey: NETWORK_KEY, networkKeySequenceNumber: 7 },
  preconfiguredTrustCenterEui64: '0000000000000000',
}
const TO_PLUG = {
  ...{ profileId: 0x0104, clusterId: 6, sourceEndpoint: 1, destinationEndpoint: 1 },
  ...{ options: APS_OPTION.retry as number, groupId: 0, sequence: 0 },
}
const TOGGLE = fromHex('010702')

class Bench {
  readonly home = new ProcessorHome()
  readonly processor: NetworkProcessor
  readonly host: EzspHost
  /** Takes the power away from the network processor; what it keeps. */
  readonly cut: () => NetworkProcessorMemory

  constructor(options: Partial<EzspDongleOptions> = {}) {
    const { processor, cut } = this.home.unformed()
    this.processor = processor
    this.cut = cut
    this.host = EzspHost.on(this.home.kernel, this.processor, options)
  }
  begin(version: EzspVersion = 14): this {
    this.host.begin(version)
    return this
  }
  /** A network that is up. */
  formed(version: EzspVersion = 14): this {
    const { host } = this.begin(version)
    host.ask('setInitialSecurityState', { state: SECURED })
    expect(host.ask('formNetwork', { parameters: PARAMETERS })).toEqual({ status: 'OK' })
    host.run(seconds(1))
    expect(host.heard()).toEqual([{ name: 'stackStatusHandler', value: { status: 'NETWORK_UP' } }])
    return this
  }
  /** A network that anybody may join who has the well-known key. */
  open(version: EzspVersion = 14): this {
    const { host } = this.formed(version)
    host.ask('importTransientKey', { eui64: ANY_DEVICE, key: Uint8Array.from(WELL_KNOWN_LINK_KEY), flags: 0 })
    host.ask('permitJoining', { durationS: 254 })
    host.run(seconds(1))
    host.heard()
    return this
  }
}

describe('the protocol', () => {
  it('is agreed on before anything else, the first time in the old format', () => {
    const { host } = new Bench()
    host.ash.reset()
    host.run(seconds(1))
    expect(() => host.ask('nop', {})).toThrow('refused: 0x30')
    const ours = { protocolVersion: 14, stackType: 2, stackVersion: 0x8020 }
    expect(host.ask('version', { desiredProtocolVersion: 19 }, { format: 'legacy' })).toEqual(ours)
    expect(host.last).toMatchObject({ format: 'legacy', direction: 'response', asynchronous: false })
    // A host of another version is told ours, and nothing more until it asks for that.
    expect(() => host.ask('nop', {})).toThrow('refused: 0x30')
    expect(host.ask('version', { desiredProtocolVersion: 14 })).toEqual(ours)
    expect(host.ask('nop', {})).toEqual({})
    expect(host.ask('getValue', { valueId: VALUE.versionInfo }).value).toEqual(fromHex('000008000200aa'))
  })
  it('13 is firmware 7.4, which lacks some commands', () => {
    const { host } = new Bench({ protocolVersion: 13 }).begin(13)
    expect(host.ask('version', { desiredProtocolVersion: 13 })).toMatchObject({ stackVersion: 0x7440 })
    expect(() => host.ask('getPermitJoining', {})).toThrow('refused: 0x31')
    expect(host.ask('getValue', { valueId: VALUE.rejoinMode })).toEqual({ status: 'INVALID_ID', value: fromHex('') })
  })
  it('refuses what it does not know or cannot read, and says why', () => {
    const { host } = new Bench().begin()
    for (const [frame, reason] of [
      [{ id: 0x0047 }, 0x31],
      [{ id: 0x0019 }, 0x31],
      [{ id: 0x0053, parameters: fromHex('0c') }, 0x36],
      [{ id: 0x0005, format: 'legacy' }, 0x30],
      [{ id: 0x0005, direction: 'response' }, 0x32],
      [{ id: 0x0005, networkIndex: 1 }, 0x49],
    ] as const)
      expect(host.say(frame)).toMatchObject({ id: 0x58, parameters: Uint8Array.of(reason) })
    expect(host.dongle.counts).toEqual({ malformed: 1, refused: 6, untold: 0 })
    expect(host.dongle.refusals[0]).toBe('command 0x0047 (unknown): INVALID_FRAME_ID')
  })
  it('is begun anew by a reset, after which all settings are as at power-on', () => {
    const { host } = new Bench().begin()
    host.ask('setConfigurationValue', { configId: CONFIG.maxHops, value: 12 })
    host.ask('setManufacturerCode', { code: 0x1049 })
    host.ash.reset()
    host.run(seconds(1))
    expect(() => host.ask('nop', {})).toThrow('refused: 0x30')
    host.begin()
    expect(host.ask('getConfigurationValue', { configId: CONFIG.maxHops }).value).toBe(30)
    expect(host.ask('getManufacturerCode', {})).toEqual({ code: 0 })
    expect(host.ask('setExtendedTimeout', { remoteEui64: PLUG, extendedTimeout: true })).toEqual({ status: 'OK' })
    expect(host.ask('getExtendedTimeout', { remoteEui64: PLUG })).toEqual({ extendedTimeout: true })
    expect(host.ask('getExtendedTimeout', { remoteEui64: SENSOR })).toEqual({ extendedTimeout: false })
  })
  it('is begun anew by a power cut, which a host is told of', () => {
    const { host } = new Bench().begin()
    host.dongle.powerCycle()
    host.run(seconds(1))
    expect(host.ash.frames).toContainEqual({ type: 'rstack', version: 2, code: 2 })
    host.begin()
    host.ash.frames.length = 0
    host.ask('resetNode', {})
    host.run(seconds(1))
    expect(host.ash.frames).toContainEqual({ type: 'rstack', version: 2, code: 0x0b })
  })
})

describe('settings', () => {
  it.each([13, 14] as const)('of protocol %d are kept within their ranges', version => {
    const { host } = new Bench({ protocolVersion: version }).begin(version)
    const set = (configId: number, value: number) => host.ask('setConfigurationValue', { configId, value }).status
    expect(set(CONFIG.transientKeyTimeoutS, 60)).toBe('OK')
    expect(host.ask('getValue', { valueId: VALUE.transientKeyTimeoutS }).value).toEqual(fromHex('3c00'))
    expect(set(CONFIG.securityLevel, 6)).not.toBe('OK')
    expect(set(0xee, 0)).not.toBe('OK')
    expect(host.ask('setPolicy', { policyId: POLICY.trustCenter, decisionId: 0x40 }).status).not.toBe('OK')
    expect(host.ask('setPolicy', { policyId: POLICY.tcKeyRequest, decisionId: 0x50 }).status).toBe('OK')
    expect(host.ask('getPolicy', { policyId: POLICY.tcKeyRequest })).toEqual({ status: 'OK', decisionId: 0x50 })
    expect(host.ask('setValue', { valueId: VALUE.ccaThreshold, value: fromHex('0000') }).status).not.toBe('OK')
    expect(host.ask('setValue', { valueId: VALUE.ccaThreshold, value: fromHex('00') }).status).toBe('OK')
    expect(host.ask('setValue', { valueId: VALUE.versionInfo, value: fromHex('00000000000000') }).status).not.toBe('OK')
  })
  it('that shape tables cannot change once the network is up', () => {
    const { host } = new Bench().formed()
    const set = (configId: number, value: number) => host.ask('setConfigurationValue', { configId, value }).status
    expect(set(CONFIG.multicastTableSize, 4)).not.toBe('OK')
    expect(set(CONFIG.indirectTransmissionTimeout, 5_000)).toBe('OK')
    expect(host.ask('getConfigurationValue', { configId: CONFIG.multicastTableSize }).value).toBe(16)
  })
  it('for endpoints are made before the network, and shown by the device object', () => {
    const { host } = new Bench().begin()
    const lists = { inputClusters: [0, 6], outputClusters: [0x0702] }
    const endpoint = { endpoint: 9, profileId: 0x0104, deviceId: 5, appFlags: 0, ...lists }
    const flags = () => host.ask('getExtendedValue', { valueId: EXTENDED_VALUE.endpointFlags, characteristics: 9 })
    expect(flags()).toMatchObject({ value: fromHex('0000') })
    expect(host.ask('addEndpoint', endpoint).status).toBe('OK')
    expect(host.ask('addEndpoint', endpoint).status).not.toBe('OK')
    expect(flags()).toEqual({ status: 'OK', value: fromHex('0100') })
    host.ask('setInitialSecurityState', { state: SECURED })
    host.ask('formNetwork', { parameters: PARAMETERS })
    host.run(seconds(1))
    expect(host.ask('addEndpoint', { ...endpoint, endpoint: 10 }).status).not.toBe('OK')
    host.heard()
    const apsFrame = { ...TO_PLUG, profileId: 0, clusterId: 4, sourceEndpoint: 0, destinationEndpoint: 0 }
    const question = { type: 0, indexOrDestination: 0, apsFrame, messageTag: 1, message: fromHex('01000009') }
    expect(host.ask('sendUnicast', question).status).toBe('OK')
    host.run(seconds(1))
    const answer = host.heard().find(({ name }) => name === 'incomingMessageHandler')
    expect(answer?.value).toMatchObject({ apsFrame: { clusterId: 0x8004 }, senderShortId: 0 })
  })
  it('of tokens outlive the NCP, those of the maker are written once', () => {
    const bench = new Bench().begin()
    const { host } = bench
    const tokenData = fromHex('0102030405060708')
    expect(host.ask('setToken', { tokenId: 3, tokenData }).status).toBe('OK')
    expect(host.ask('setMfgToken', { tokenId: 3, tokenData: fromHex('4910') }).status).toBe('OK')
    expect(host.ask('setMfgToken', { tokenId: 3, tokenData: fromHex('0000') }).status).toBe('INVALID_STATE')
    expect(host.ask('setMfgToken', { tokenId: 1, tokenData: fromHex('0000') }).status).toBe('INVALID_PARAMETER')
    const memory = JSON.parse(JSON.stringify(host.dongle.memory()))
    const later = new Bench({ memory }).begin().host
    expect(later.ask('getToken', { tokenId: 3 })).toEqual({ status: 'OK', tokenData })
    expect(later.ask('getToken', { tokenId: 4 }).tokenData).toEqual(fromHex('ff'.repeat(8)))
    expect(later.ask('getMfgToken', { tokenId: 3 }).tokenData).toEqual(fromHex('4910'))
  })
})

describe('a network', () => {
  it.each([13, 14] as const)('is formed, shown and left in protocol %d', version => {
    const { host, processor } = new Bench({ protocolVersion: version }).begin(version)
    const form = (parameters = PARAMETERS) => host.ask('formNetwork', { parameters }).status
    expect(host.ask('networkInit', { bitmask: 3 })).toEqual({ status: 'NOT_JOINED' })
    expect(host.ask('getNetworkParameters', {})).toMatchObject({ status: 'NOT_JOINED', nodeType: 0 })
    expect(form()).toBe('ZIGBEE_SECURITY_STATE_NOT_SET')
    host.ask('setInitialSecurityState', { state: SECURED })
    expect(form({ ...PARAMETERS, radioChannel: 27 })).toBe('TRANSMIT_INVALID_CHANNEL')
    expect(host.heard()).toEqual([])
    expect(form()).toBe('OK')
    host.run(seconds(1))
    expect(host.heard()).toEqual([{ name: 'stackStatusHandler', value: { status: 'NETWORK_UP' } }])
    expect(host.ask('getNetworkParameters', {})).toEqual({ status: 'OK', nodeType: 1, parameters: PARAMETERS })
    expect(host.ask('networkState', {}).networkStatus).toBe(2)
    expect(form()).toBe('INVALID_STATE')
    expect(host.ask('setInitialSecurityState', { state: SECURED }).status).toBe('INVALID_STATE')
    expect(processor.network?.networkKey).toEqual({ key: NETWORK_KEY, sequence: 7 })
    expect(host.ask('leaveNetwork', { options: 0 }).status).toBe('OK')
    host.run(seconds(5))
    expect(host.heard()).toEqual([{ name: 'stackStatusHandler', value: { status: 'NETWORK_DOWN' } }])
    expect(host.ask('networkInit', { bitmask: 3 })).toEqual({ status: 'NOT_JOINED' })
    expect(host.ask('leaveNetwork', { options: 0 }).status).toBe('INVALID_STATE')
  })
  it('that the host leaves open is drawn', () => {
    const { host } = new Bench().begin()
    const { havePreconfiguredKey, hashedLinkKey } = SECURITY
    host.ask('setInitialSecurityState', { state: { ...SECURED, bitmask: havePreconfiguredKey | hashedLinkKey } })
    host.ask('formNetwork', { parameters: { ...PARAMETERS, panId: 0xffff, extendedPanId: '0'.repeat(16) } })
    host.run(seconds(1))
    const { panId, extendedPanId } = host.ask('getNetworkParameters', {}).parameters
    expect(panId).toBeLessThan(0xffff)
    expect(extendedPanId).not.toBe('0'.repeat(16))
    const { key } = host.ask('exportKey', { context: { ...NO_CONTEXT, coreKeyType: KEY_TYPE.network } })
    expect(key).not.toEqual(NETWORK_KEY)
  })
  it('is there again for the next host, and for the next life of the stick, its frame counter never lower', () => {
    const bench = new Bench().formed()
    const { host, home } = bench
    host.ash.reset()
    host.begin()
    expect(host.ask('networkState', {}).networkStatus).toBe(0)
    expect(host.ask('networkInit', { bitmask: 3 })).toEqual({ status: 'OK' })
    host.run(seconds(1))
    expect(host.heard()).toEqual([{ name: 'stackStatusHandler', value: { status: 'NETWORK_UP' } }])
    expect(host.ask('networkInit', { bitmask: 3 })).toEqual({ status: 'INVALID_STATE' })
    const counted = host.ask('getNetworkKeyInfo', {}).info.networkKeyFrameCounter
    const memory = JSON.parse(JSON.stringify(host.dongle.memory()))
    const next = EzspHost.on(home.kernel, home.unformed(bench.cut()).processor, { memory }).begin()
    expect(next.ask('networkInit', { bitmask: 3 })).toEqual({ status: 'OK' })
    next.run(seconds(1))
    expect(next.heard()).toEqual([{ name: 'stackStatusHandler', value: { status: 'NETWORK_UP' } }])
    expect(next.ask('getNetworkParameters', {})).toEqual({ status: 'OK', nodeType: 1, parameters: PARAMETERS })
    expect(next.ask('exportKey', { context: { ...NO_CONTEXT, coreKeyType: KEY_TYPE.network } }).key).toEqual(
      NETWORK_KEY,
    )
    expect(next.ask('exportKey', { context: { ...NO_CONTEXT, coreKeyType: KEY_TYPE.trustCentreLink } }).key).toEqual(
      LINK_KEY,
    )
    expect(next.ask('getNetworkKeyInfo', {}).info.networkKeyFrameCounter).toBeGreaterThan(counted)
  })
  it('that the host never brought up again gives way to the one it forms', () => {
    const { host, processor } = new Bench().formed()
    host.ash.reset()
    host.begin()
    const parameters = { ...PARAMETERS, panId: 0x2345 }
    host.ask('setInitialSecurityState', { state: { ...SECURED, networkKey: LINK_KEY } })
    expect(host.ask('formNetwork', { parameters })).toEqual({ status: 'OK' })
    host.run(seconds(10))
    expect(host.heard()).toEqual([{ name: 'stackStatusHandler', value: { status: 'NETWORK_UP' } }])
    expect(host.ask('getNetworkParameters', {})).toEqual({ status: 'OK', nodeType: 1, parameters })
    expect(processor.network?.networkKey.key).toEqual(LINK_KEY)
  })
  it('from a backup goes on with its frame counter', () => {
    const { host } = new Bench().begin()
    host.ask('setValue', { valueId: VALUE.nwkFrameCounter, value: fromHex('00000100') })
    const bitmask = SECURED.bitmask | SECURITY.noFrameCounterReset
    host.ask('setInitialSecurityState', { state: { ...SECURED, bitmask } })
    host.ask('formNetwork', { parameters: PARAMETERS })
    host.run(seconds(1))
    expect(host.ask('getNetworkKeyInfo', {}).info).toMatchObject({ networkKeySet: true, networkKeySequenceNumber: 7 })
    expect(host.ask('getNetworkKeyInfo', {}).info.networkKeyFrameCounter).toBeGreaterThanOrEqual(0x10000)
    expect(host.ask('setValue', { valueId: VALUE.nwkFrameCounter, value: fromHex('00000000') }).status).not.toBe('OK')
  })
  it('opens and closes, and says so', () => {
    const { host } = new Bench().formed()
    const leftS = () => host.ask('getValue', { valueId: VALUE.nwkOpenDuration }).value[0]
    host.ask('permitJoining', { durationS: 60 })
    host.run(seconds(20))
    expect(leftS()).toBeGreaterThan(37)
    expect(leftS()).toBeLessThanOrEqual(40)
    expect(host.ask('getPermitJoining', {})).toEqual({ joiningPermitted: true })
    host.run(seconds(41))
    expect(host.heard().map(({ value }) => value)).toEqual([
      { status: 'ZIGBEE_NETWORK_OPENED' },
      { status: 'ZIGBEE_NETWORK_CLOSED' },
    ])
    expect(leftS()).toBe(0)
    host.ask('permitJoining', { durationS: 255 })
    host.ask('permitJoining', { durationS: 0 })
    host.run(seconds(1))
    expect(host.heard()).toHaveLength(2)
  })
})

describe('devices', () => {
  it('join, are looked up, are spoken to, and leave', () => {
    const { host, home } = new Bench().open()
    const plug = home.joined(PLUG)
    const [join, announced] = host.heard()
    expect(join).toMatchObject({ name: 'trustCenterJoinHandler' })
    const { nodeId } = host.ask('lookupNodeIdByEui64', { eui64: PLUG })
    const update = { deviceUpdateStatus: 1, joinDecision: 0, parentOfNewNodeId: 0 }
    expect(join?.value).toEqual({ newNodeId: nodeId, newNodeEui64: PLUG, ...update })
    expect(announced?.value).toMatchObject({ apsFrame: { profileId: 0, clusterId: 0x13 }, type: 4, senderLongId: PLUG })
    expect(host.ask('lookupEui64ByNodeId', { nodeId })).toEqual({ status: 'OK', eui64: PLUG })
    expect(host.ask('lookupEui64ByNodeId', { nodeId: 0x1111 }).status).toBe('NOT_FOUND')
    expect(host.ask('lookupNodeIdByEui64', { eui64: SENSOR })).toEqual({ nodeId: 0xffff })
    // A router is nobody's child.
    expect(host.ask('getParentChildParameters', {}).childCount).toBe(0)

    const sent = host.ask('sendUnicast', {
      ...{ type: 0, indexOrDestination: nodeId, apsFrame: TO_PLUG, messageTag: 0x1234, message: TOGGLE },
    })
    expect(sent.status).toBe('OK')
    host.run(seconds(1))
    expect(plug.data).toEqual([toHex(TOGGLE)])
    const apsFrame = { ...TO_PLUG, sequence: sent.sequence }
    const where = { type: 0, indexOrDestination: nodeId, apsFrame, messageTag: 0x1234, message: fromHex('') }
    expect(host.heard()).toEqual([{ name: 'messageSentHandler', value: { status: 'OK', ...where } }])

    plug.node.send(STICK, REPORT)
    host.run(seconds(1))
    const [report] = host.heard()
    expect(report?.value).toMatchObject({
      ...{ type: 0, senderShortId: nodeId, senderLongId: PLUG, message: REPORT.asdu },
      ...{ apsFrame: { profileId: 0x0104, clusterId: 6, sourceEndpoint: 1, destinationEndpoint: 1 } },
    })
    expect(host.ask('readAndClearCounters', {}).values.slice(6, 12)).toEqual([1, 0, 1, 1, 0, 0])
    expect(host.ask('readCounters', {}).values.every(value => value === 0)).toBe(true)

    expect(host.ask('removeDevice', { destShort: nodeId, destLong: PLUG, targetLong: PLUG }).status).toBe('OK')
    home.until(() => plug.told.includes('left'))
    host.run(seconds(30))
    const left = host.heard().filter(({ name }) => name === 'trustCenterJoinHandler')
    expect(left.map(({ value }) => value)).toMatchObject([{ newNodeEui64: PLUG, deviceUpdateStatus: 2 }])
  })
  it('that sleep are listed as children, over a restart of the NCP too', () => {
    const { host, home } = new Bench().open()
    home.joined(SENSOR, { role: 'sleepy-end-device' })
    const { nodeId: id } = host.ask('lookupNodeIdByEui64', { eui64: SENSOR })
    expect(host.ask('getChildData', { index: 0 })).toMatchObject({
      status: 'OK',
      child: { eui64: SENSOR, type: 4, id },
    })
    expect(host.ask('getChildData', { index: 1 })).toMatchObject({ status: 'NOT_JOINED' })
    expect(host.ask('getParentChildParameters', {}).childCount).toBe(1)
    expect(host.dongle.memory().children).toEqual([{ device: SENSOR, address: id, sleepy: true }])
  })
  it('come with the key of their install code, for as long as it is kept', () => {
    const { host, home } = new Bench().formed()
    const key = linkKeyOfInstallCode(INSTALL_CODE)
    host.ask('setConfigurationValue', { configId: CONFIG.transientKeyTimeoutS, value: 60 })
    expect(host.ask('importTransientKey', { eui64: PLUG, key, flags: 0 }).status).toBe('OK')
    host.ask('permitJoining', { durationS: 254 })
    home.joined(PLUG, { key })
    const context = { ...NO_CONTEXT, coreKeyType: KEY_TYPE.trustCentreLinkWithTimeout, eui64: PLUG }
    const byEui64 = { ...context, flags: KEY_NAMED_BY.eui64 }
    expect(host.ask('exportTransientKeyByEui64', { eui64: PLUG })).toMatchObject({ status: 'OK', key })
    expect(host.ask('exportKey', { context: byEui64 })).toMatchObject({ status: 'OK', key })
    host.run(seconds(5))
    const { ttlInSeconds } = host.ask('getApsKeyInfo', { context: byEui64 }).metadata
    expect(ttlInSeconds).toBeGreaterThan(0)
    expect(ttlInSeconds).toBeLessThanOrEqual(55)
    host.run(seconds(60))
    expect(host.ask('exportTransientKeyByIndex', { index: 0 }).status).toBe('NOT_FOUND')
    const late = home.device(SENSOR, { key })
    home.join(late)
    expect(late.told).toEqual(['no-key'])
  })
  it('stay outside when the policy or the host takes the keys back', () => {
    const { host, home } = new Bench().open()
    host.ask('setPolicy', { policyId: POLICY.trustCenter, decisionId: TRUST_CENTER.allowUnsecuredRejoins })
    const plug = home.device(PLUG)
    home.join(plug)
    expect(plug.told).toEqual(['no-key'])
    host.ask('setPolicy', { policyId: POLICY.trustCenter, decisionId: TRUST_CENTER.allowJoins })
    home.join(plug)
    expect(plug.told).toEqual(['no-key', 'joined'])
    host.ask('clearTransientLinkKeys', {})
    const sensor = home.device(SENSOR)
    home.join(sensor)
    expect(sensor.told).toEqual(['no-key'])
  })
  it('are told of only while the host has its network up', () => {
    const { host, home } = new Bench().open()
    const plug = home.joined(PLUG)
    host.ash.reset()
    host.begin()
    host.heard()
    plug.node.send(STICK, REPORT)
    host.run(seconds(1))
    expect(host.heard()).toEqual([])
    expect(host.dongle.lineCounts.unheard).toBe(1)
    host.ask('networkInit', { bitmask: 0 })
    host.run(seconds(1))
    plug.node.send(STICK, REPORT)
    host.run(seconds(1))
    expect(host.heard().map(({ name }) => name)).toEqual(['stackStatusHandler', 'incomingMessageHandler'])
  })
})

describe('messages', () => {
  it.each([13, 14] as const)('that cannot go are refused in protocol %d', version => {
    const { host } = new Bench({ protocolVersion: version }).begin(version)
    const base = { type: 0, indexOrDestination: 0x1234, apsFrame: TO_PLUG, messageTag: 1, message: TOGGLE }
    const send = (change: Partial<typeof base>) => host.ask('sendUnicast', { ...base, ...change }).status
    expect(send({})).toBe('NETWORK_DOWN')
    host.ask('setInitialSecurityState', { state: SECURED })
    host.ask('formNetwork', { parameters: PARAMETERS })
    host.run(seconds(1))
    expect(send({ message: new Uint8Array(83) })).toBe('MESSAGE_TOO_LONG')
    expect(send({ type: 1 })).toBe('INVALID_PARAMETER')
    expect(send({ indexOrDestination: 0xfffd })).toBe('INVALID_PARAMETER')
    expect(send({ apsFrame: { ...TO_PLUG, options: APS_OPTION.encryption } })).toBe('ZIGBEE_APS_ENCRYPTION_ERROR')
    host.heard()
    expect(send({})).toBe('OK')
    host.run(seconds(30))
    expect(host.heard().map(({ value }) => value)).toMatchObject([{ status: 'ZIGBEE_DELIVERY_FAILED', messageTag: 1 }])
  })
  it('are under way in a number the host chooses, and no more', () => {
    const { host } = new Bench().begin()
    host.ask('setConfigurationValue', { configId: CONFIG.apsUnicastMessageCount, value: 3 })
    host.ask('setInitialSecurityState', { state: SECURED })
    host.ask('formNetwork', { parameters: PARAMETERS })
    host.run(seconds(1))
    const base = { type: 0, indexOrDestination: 0x1234, apsFrame: TO_PLUG, messageTag: 1, message: TOGGLE }
    const sent = Array.from({ length: 5 }, () => host.ask('sendUnicast', base).status)
    expect(sent.slice(0, 3)).toEqual(['OK', 'OK', 'OK'])
    expect(sent.slice(3)).toEqual(['ZIGBEE_MAX_MESSAGE_LIMIT_REACHED', 'ZIGBEE_MAX_MESSAGE_LIMIT_REACHED'])
    host.run(seconds(30))
    expect(host.ask('sendUnicast', base).status).toBe('OK')
  })
  it('to all and to groups reach devices, those of its own groups reach the host', () => {
    const { host, home } = new Bench().open()
    const plug = home.joined(PLUG)
    host.heard()
    const many = { alias: 0xffff, nwkSequence: 0, apsFrame: TO_PLUG, radius: 0, messageTag: 7, message: TOGGLE }
    expect(host.ask('sendBroadcast', { ...many, destination: 0xfffd }).status).toBe('OK')
    expect(host.ask('sendBroadcast', { ...many, destination: 0x1234 }).status).toBe('INVALID_PARAMETER')
    const group = { hops: 0, nonmemberRadius: 0, broadcastAddress: 0xfffd, alias: 0xffff, nwkSequence: 0 }
    const toGroup = { ...TO_PLUG, groupId: 0x0385 }
    expect(host.ask('sendMulticast', { ...group, apsFrame: toGroup, messageTag: 8, message: TOGGLE }).status).toBe('OK')
    host.run(seconds(2))
    expect(plug.data).toEqual([toHex(TOGGLE)])
    expect(host.heard().map(({ value }) => value)).toMatchObject([
      { status: 'OK', type: 6, indexOrDestination: 0xfffd, messageTag: 7 },
      { status: 'OK', type: 3, indexOrDestination: 0x0385, messageTag: 8 },
    ])
    const entry = { multicastId: 0x0385, endpoint: 1, networkIndex: 0 }
    expect(host.ask('setMulticastTableEntry', { index: 16, entry }).status).toBe('INVALID_INDEX')
    expect(host.ask('setMulticastTableEntry', { index: 2, entry }).status).toBe('OK')
    expect(host.ask('getMulticastTableEntry', { index: 2 })).toEqual({ status: 'OK', entry })
  })
  it('are not kept for a host that has gone', () => {
    const { host, home } = new Bench().open()
    const plug = home.joined(PLUG)
    host.heard()
    host.line.cut('pulled')
    for (let n = 0; n < 20; n++) {
      plug.node.send(STICK, REPORT)
      host.run(seconds(1))
    }
    expect(host.dongle.lineCounts).toMatchObject({ failures: 1 })
    expect(host.dongle.counts.untold).toBeGreaterThan(3)
    host.line.mend()
    host.run(seconds(1))
    host.begin()
    host.run(seconds(1))
    expect(host.heard()).toEqual([])
  })
  it('for which there is no room are lost: counted, traced, and told with the next answer', () => {
    const lost: string[] = []
    const trace: EzspDongleOptions['trace'] = {
      emit: event => {
        if (event.kind === 'dongle.callback-lost') lost.push(event.callback)
      },
    }
    const { host, home } = new Bench({ trace }).open()
    const plug = home.joined(PLUG)
    host.ash.notReady = true
    const keepNotReady = () => {
      host.ash.acknowledge()
      host.run(seconds(0.2))
    }
    for (let n = 0; n < 70; n++) {
      plug.node.send(STICK, REPORT)
      keepNotReady()
    }
    host.heard()
    expect(lost).toEqual(Array.from({ length: 6 }, () => 'incomingMessageHandler'))
    host.ask('nop', {})
    expect(host.last?.overflow).toBe(true)
    host.ask('nop', {})
    expect(host.last?.overflow).toBe(false)
    expect(host.ask('readCounters', {}).values[27]).toBe(6)
    host.ash.notReady = false
    host.ash.acknowledge()
    host.run(seconds(1))
    expect(host.heard()).toHaveLength(64)
  })
})
