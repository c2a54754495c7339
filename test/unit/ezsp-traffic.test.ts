/** Devices and messages as the host of an emulated EZSP network co-processor sees them. */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { linkKeyOfInstallCode } from '../../src/crypto/link-keys.ts'
import type { EzspDongleOptions } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import { APS_OPTION, KEY_NAMED_BY, KEY_TYPE, NO_CONTEXT } from '../../src/wire/ezsp/fields.ts'
import { CONFIG, POLICY, TRUST_CENTER } from '../../src/wire/ezsp/settings.ts'
import { PLUG, REPORT, SENSOR, STICK } from '../helpers/processor-home.ts'
import { INSTALL_CODE } from '../helpers/zigbee-home.ts'

import { Bench, PARAMETERS, SECURED, TO_PLUG, TOGGLE } from './ezsp-bench.ts'

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
