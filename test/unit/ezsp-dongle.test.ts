/** What the emulated EZSP network co-processor answers about itself, its settings and its network. */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { KEY_TYPE, NO_CONTEXT, SECURITY } from '../../src/wire/ezsp/fields.ts'
import { CONFIG, EXTENDED_VALUE, POLICY, VALUE } from '../../src/wire/ezsp/settings.ts'
import { EzspHost } from '../helpers/ezsp-host.ts'
import { PLUG, SENSOR } from '../helpers/processor-home.ts'

import { Bench, LINK_KEY, NETWORK_KEY, PARAMETERS, SECURED, TO_PLUG } from './ezsp-bench.ts'

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
