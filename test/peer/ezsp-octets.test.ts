/** zigbee-herdsman's own EZSP and ASH layers read what our co-processor says, and it reads what they say: each command both have. */
import { expect, onTestFinished, test } from 'vitest'
import { SLStatus } from 'zigbee-herdsman/dist/adapter/ember/enums.js'
import { Ezsp } from 'zigbee-herdsman/dist/adapter/ember/ezsp/ezsp.js'
import { seconds } from '../../src/base/time.ts'
import type { EzspVersion } from '../../src/wire/ezsp/status.ts'
import { EmberStick } from './ember-stick.ts'
import { CHANNEL, HerdsmanHome, STICK } from './herdsman-home.ts'

const OK = SLStatus.OK
const key = (from: number) => ({ contents: Buffer.from(Array.from({ length: 16 }, (_, at) => from + at)) })
const PLUG = '0x00124b00000000b1'
const NOBODY = '0x0000000000000000'
const ANY = '0xffffffffffffffff'
const PARAMETERS = {
  ...{ extendedPanId: [1, 2, 3, 4, 5, 6, 7, 8], panId: 0x1a62, radioTxPower: 5, radioChannel: CHANNEL, joinMethod: 0 },
  ...{ nwkManagerId: 0, nwkUpdateId: 3, channels: 0x07ff_f800 },
}
const CONTEXT = {
  ...{ coreKeyType: 1, keyIndex: 0, derivedType: 0, eui64: NOBODY },
  ...{ multiNetworkIndex: 0, flags: 0, psaKeyAlgPermission: 0 },
}
const APS_FRAME = {
  ...{ profileId: 0, clusterId: 5, sourceEndpoint: 0, destinationEndpoint: 0 },
  ...{ options: 0x1140, groupId: 0, sequence: 0 },
}

/** The stranger's host layers, connected to our co-processor. */
async function connected(version: EzspVersion) {
  const home = new HerdsmanHome('ember', 'octets')
  const link = await home.line()
  const stick = new EmberStick(home, link, { protocolVersion: version })
  const port = link.name.split(':').at(-1)
  const ezsp = new Ezsp({ path: `tcp://127.0.0.1:${port}`, adapter: 'ember' })
  onTestFinished(() => ezsp.stop())
  const heard: unknown[][] = []
  for (const event of ['stackStatus', 'trustCenterJoin', 'messageSent', 'incomingMessage', 'zdoResponse'] as const) {
    ezsp.on(event as never, ((...said: unknown[]) => void heard.push([event, ...said])) as never)
  }
  expect(await ezsp.start()).toBe(0)
  const until = (count: number) => home.time.until(() => heard.length >= count, `${count} events`)
  return { home, stick, ezsp, heard, until }
}

test.each([13, 14] as const)('in protocol %d', { timeout: 30_000 }, async version => {
  const { home, stick, ezsp, heard, until } = await connected(version)
  // What it is.
  expect((await ezsp.ezspVersion(19))[0]).toBe(version)
  const stackVersion = version === 14 ? 0x8020 : 0x7440
  expect(await ezsp.ezspVersion(version)).toEqual([version, 2, stackVersion])
  ezsp.setProtocolVersion(version)
  const numbers = version === 14 ? { major: 8, minor: 0, patch: 2 } : { major: 7, minor: 4, patch: 4 }
  expect(await ezsp.ezspGetVersionStruct()).toEqual([OK, { build: 0, ...numbers, special: 0, type: 0xaa }])
  await ezsp.ezspNop()
  expect(await ezsp.ezspEcho(Buffer.from('7e7d11131a18ff', 'hex'))).toEqual(Buffer.from('7e7d11131a18ff', 'hex'))
  expect(await ezsp.ezspGetEui64()).toBe(`0x${STICK}`)
  expect(await ezsp.ezspGetNodeId()).toBe(0xfffe)
  expect((await ezsp.ezspGetRandomNumber())[0]).toBe(OK)
  expect(await ezsp.ezspReadCounters()).toEqual(Array.from({ length: 42 }, () => 0))

  // Settings.
  expect(await ezsp.ezspSetConfigurationValue(0x36, 1_200)).toBe(OK)
  expect(await ezsp.ezspGetConfigurationValue(0x36)).toEqual([OK, 1_200])
  expect((await ezsp.ezspGetConfigurationValue(0x0b as never))[0]).toBe(SLStatus.ZIGBEE_EZSP_ERROR)
  expect(await ezsp.ezspSetPolicy(5, 0x51)).toBe(OK)
  expect(await ezsp.ezspGetPolicy(5)).toEqual([OK, 0x51])
  expect(await ezsp.ezspSetValue(0x43, 2, [0x10, 0x27])).toBe(OK)
  expect(await ezsp.ezspGetValue(0x43, 2)).toEqual([OK, 2, [0x10, 0x27]])
  await ezsp.ezspSetManufacturerCode(0x1049)
  if (version === 14) expect(await ezsp.ezspGetManufacturerCode()).toBe(0x1049)
  expect((await ezsp.ezspGetEndpointFlags(1))[0]).not.toBe(OK)
  expect(await ezsp.ezspAddEndpoint(1, 0x0104, 0x65, 1, [0, 6, 0x0702], [3, 0x0b01])).toBe(OK)
  expect(await ezsp.ezspGetEndpointFlags(1)).toEqual([OK, 1])
  const entry = { multicastId: 0x0385, endpoint: 1, networkIndex: 0 }
  expect(await ezsp.ezspSetMulticastTableEntry(1, entry)).toBe(OK)
  expect(await ezsp.ezspGetMulticastTableEntry(1)).toEqual([OK, entry])
  expect(await ezsp.ezspSetConcentrator(true, 0xfff9, 5, 60, 3, 1, 0)).toBe(OK)
  expect(await ezsp.ezspSetSourceRouteDiscoveryMode(2)).toBe(5_000)
  expect(await ezsp.ezspSetRadioPower(-3)).toBe(OK)
  expect(await ezsp.ezspSetToken(2, [1, 2, 3, 4, 5, 6, 7, 8])).toBe(OK)
  expect(await ezsp.ezspGetToken(2)).toEqual([OK, [1, 2, 3, 4, 5, 6, 7, 8]])
  expect(await ezsp.ezspSetMfgToken(3, Buffer.from([0x49, 0x10]))).toBe(OK)
  expect(await ezsp.ezspGetMfgToken(3)).toEqual([2, [0x49, 0x10]])

  // Network and keys.
  expect(await ezsp.ezspNetworkInit({ bitmask: 3 as never })).toBe(SLStatus.NOT_JOINED)
  expect(await ezsp.ezspNetworkState()).toBe(0)
  const security = { preconfiguredKey: key(0x40), networkKey: key(0), networkKeySequenceNumber: 5 }
  const state = { bitmask: 0x0b84, ...security, preconfiguredTrustCenterEui64: NOBODY as `0x${string}` }
  expect(await ezsp.ezspSetNWKFrameCounter(0x12345)).toBe(OK)
  expect(await ezsp.ezspSetInitialSecurityState({ ...state, bitmask: 0x1b84 } as never)).toBe(OK)
  expect(await ezsp.ezspClearKeyTable()).toBe(OK)
  expect(await ezsp.ezspFormNetwork(PARAMETERS)).toBe(OK)
  await until(1)
  expect(heard.splice(0)).toEqual([['stackStatus', SLStatus.NETWORK_UP]])
  expect(await ezsp.ezspGetNetworkParameters()).toEqual([OK, 1, PARAMETERS])
  expect(await ezsp.ezspNetworkState()).toBe(2)
  expect(await ezsp.ezspGetRadioParameters(0)).toEqual([
    ...[OK, { radioTxPower: 5, radioPage: 0, radioChannel: CHANNEL }],
  ])
  expect(await ezsp.ezspGetCurrentSecurityState()).toEqual([
    ...[OK, { bitmask: 0x0094, trustCenterLongAddress: `0x${STICK}` }],
  ])
  expect(await ezsp.ezspExportKey({ ...CONTEXT } as never)).toEqual([OK, key(0)])
  expect(await ezsp.ezspExportKey({ ...CONTEXT, coreKeyType: 2 } as never)).toEqual([OK, key(0x40)])
  expect((await ezsp.ezspExportKey({ ...CONTEXT, coreKeyType: 7 } as never))[0]).toBe(SLStatus.INVALID_TYPE)
  const [, info] = await ezsp.ezspGetNetworkKeyInfo()
  expect(info).toMatchObject({ networkKeySet: true, alternateNetworkKeySet: false, networkKeySequenceNumber: 5 })
  expect(info.networkKeyFrameCounter).toBeGreaterThanOrEqual(0x12345)
  expect(await ezsp.ezspImportLinkKey(4, PLUG, key(0x60))).toBe(OK)
  const [found, context, linkKey] = await ezsp.ezspExportLinkKeyByIndex(4)
  expect([found, context.eui64, context.keyIndex, linkKey]).toEqual([OK, PLUG, 4, key(0x60)])
  expect((await ezsp.ezspExportLinkKeyByEui(PLUG))[2]).toEqual(key(0x60))
  expect((await ezsp.ezspExportLinkKeyByIndex(3))[0]).toBe(SLStatus.NOT_FOUND)
  expect(await ezsp.ezspEraseKeyTableEntry(4)).toBe(OK)
  expect(await ezsp.ezspImportTransientKey(PLUG, key(0x70))).toBe(OK)
  const [status, where, transientKey, metadata] = await ezsp.ezspExportTransientKeyByEui(PLUG)
  expect([status, where.eui64, transientKey]).toEqual([OK, PLUG, key(0x70)])
  expect(metadata.ttlInSeconds).toBeGreaterThan(1_000)
  const byEui64 = { ...CONTEXT, coreKeyType: 3, flags: 2, eui64: PLUG }
  expect((await ezsp.ezspGetApsKeyInfo(byEui64 as never))[1]).toMatchObject({ bitmask: 0 })
  await ezsp.ezspClearTransientLinkKeys()
  expect((await ezsp.ezspExportTransientKeyByIndex(0))[0]).toBe(SLStatus.NOT_FOUND)
  expect(await ezsp.ezspImportTransientKey(ANY, { contents: Buffer.from('ZigBeeAlliance09') })).toBe(OK)

  // Devices and messages.
  expect(await ezsp.ezspPermitJoining(60)).toBe(OK)
  if (version === 14) {
    expect(await ezsp.ezspGetPermitJoining()).toBe(true)
    expect(await ezsp.ezspGetExtendedPanId()).toEqual(PARAMETERS.extendedPanId)
  }
  const plug = home.node(PLUG.slice(2))
  plug.listen({ onData: () => {} })
  plug.join(new Uint8Array())
  await until(3)
  const nodeId = await ezsp.ezspLookupNodeIdByEui64(PLUG)
  const announcement = expect.any(Buffer)
  expect(heard.splice(0)).toEqual([
    ['stackStatus', SLStatus.ZIGBEE_NETWORK_OPENED],
    ['trustCenterJoin', nodeId, PLUG, 1, 0, 0],
    ['zdoResponse', expect.objectContaining({ profileId: 0, clusterId: 0x13 }), nodeId, announcement],
  ])
  expect(await ezsp.ezspLookupEui64ByNodeId(nodeId)).toEqual([OK, PLUG])
  expect((await ezsp.ezspGetChildData(0))[0]).toBe(SLStatus.NOT_JOINED)
  expect((await ezsp.ezspGetParentChildParameters())[0]).toBe(0)
  const question = Buffer.from([1, nodeId & 0xff, nodeId >> 8])
  const [sent, sequence] = await ezsp.ezspSendUnicast(0, nodeId, APS_FRAME, 0x2a, question)
  expect(sent).toBe(OK)
  await until(2)
  const answer = Buffer.concat([Buffer.from([1, 0]), question.subarray(1), Buffer.from([0])])
  expect(heard.splice(0)).toEqual([
    ['messageSent', OK, 0, nodeId, { ...APS_FRAME, sequence }, 0x2a],
    ['zdoResponse', expect.objectContaining({ profileId: 0, clusterId: 0x8005 }), nodeId, answer],
  ])
  const [refused] = await ezsp.ezspSendUnicast(0, nodeId, APS_FRAME, 1, Buffer.alloc(100))
  expect(refused).toBe(SLStatus.MESSAGE_TOO_LONG)
  expect((await ezsp.ezspSendBroadcast(0xffff, 0xfffd, 0, APS_FRAME, 30, 0x2b, question))[0]).toBe(OK)
  const group = { ...APS_FRAME, profileId: 0x0104, groupId: 0x0385 }
  expect((await ezsp.ezspSendMulticast(group, 12, 0xfffd, 0xffff, 0, 0x2c, question))[0]).toBe(OK)
  await until(2)
  expect(heard.splice(0).filter(([event]) => event === 'messageSent')).toMatchObject([
    ['messageSent', OK, 6, 0xfffd, {}, 0x2b],
    ['messageSent', OK, 3, 0x0385, {}, 0x2c],
  ])
  await home.time.pass(seconds(2))
  heard.length = 0
  const [unheard] = await ezsp.ezspSendUnicast(0, 0x1234, APS_FRAME, 0x2d, question)
  expect(unheard).toBe(OK)
  await until(1)
  expect(heard.splice(0)).toMatchObject([['messageSent', SLStatus.ZIGBEE_DELIVERY_FAILED, 0, 0x1234, {}, 0x2d]])
  expect((await ezsp.ezspReadAndClearCounters())[9]).toBeGreaterThan(0)

  // The end of it.
  expect(await ezsp.ezspRemoveDevice(nodeId, PLUG, PLUG)).toBe(OK)
  await until(1)
  expect(heard.splice(0)).toEqual([['trustCenterJoin', nodeId, PLUG, 2, 3, 0xffff]])
  expect(await ezsp.ezspLeaveNetwork()).toBe(OK)
  await until(1)
  expect(heard).toEqual([['stackStatus', SLStatus.NETWORK_DOWN]])
  stick.expectHarmony()
  expect(home.complaints).toEqual([])
})

test('a command that there is not is refused, and the stranger goes on', { timeout: 30_000 }, async () => {
  const { stick, ezsp } = await connected(14)
  await ezsp.ezspVersion(14)
  await ezsp.ezspVersion(14)
  ezsp.setProtocolVersion(14)
  await expect(ezsp.ezspGetXncpInfo()).rejects.toThrow('ERROR_INVALID_FRAME_ID')
  expect(stick.dongle.refusals).toEqual(['command 0x0013 (unknown): INVALID_FRAME_ID'])
  expect((await ezsp.ezspGetConfigurationValue(0x0c))[1]).toBe(2)
})
