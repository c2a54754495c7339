/** zigbee-herdsman, a host for ZNP sticks, would say octet for octet what our table says, and reads what our stick says. */
import { expect, test } from 'vitest'
import { setLogger, Zdo } from 'zigbee-herdsman'
import { ZStackAdapter } from 'zigbee-herdsman/dist/adapter/z-stack/adapter/zStackAdapter.js'
import * as Structs from 'zigbee-herdsman/dist/adapter/z-stack/structs/index.js'
import { Parser } from 'zigbee-herdsman/dist/adapter/z-stack/unpi/index.js'
import Definition from 'zigbee-herdsman/dist/adapter/z-stack/znp/definition.js'
import { ZpiObject } from 'zigbee-herdsman/dist/adapter/z-stack/znp/zpiObject.js'
import type { RequestMap } from 'zigbee-herdsman/dist/zspec/zdo/definition/tstypes.js'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import {
  isSreq,
  MT,
  type MtName,
  mtName,
  type RequestOf,
  type ResponseOf,
  readRequest,
  readResponse,
  requestFrame,
  responseFrame,
  type SreqName,
} from '../../src/wire/znp/mt.ts'
import { addressManagerEntry, keyDescriptor, nib, readNv, securityMaterial, writeNv } from '../../src/wire/znp/nv.ts'
import { encodeUnpi, MT_TYPE, type UnpiFrame, UnpiReader } from '../../src/wire/znp/unpi.ts'

setLogger({ debug: () => {}, info: () => {}, warning: () => {}, error: () => {} })

const DEVICE = '00db1234567890a1'
const THEIRS = `0x${DEVICE}`
const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')

interface TheirCommand {
  ID: number
  type: number
  name: string
}
const definition = Definition as unknown as Readonly<Record<number, readonly TheirCommand[]>>
const theirCommand = (name: MtName): TheirCommand | undefined =>
  definition[MT[name].subsystem]?.find(({ ID }) => ID === MT[name].command)

test.each(Object.keys(MT) as MtName[])('%s is a command of that number and kind to the stranger', name => {
  const { subsystem, command } = MT[name]
  expect(theirCommand(name)).toMatchObject({ type: isSreq(name) ? MT_TYPE.SREQ : MT_TYPE.AREQ })
  expect(mtName(subsystem, command)).toBe(name)
})

/** What our reader makes of octets. */
function framesIn(octets: Uint8Array): UnpiFrame[] {
  const frames: UnpiFrame[] = []
  new UnpiReader(frame => void frames.push({ ...frame, data: frame.data.slice() })).push(octets)
  return frames
}

const says = <N extends MtName>(name: N, ours: RequestOf<N>, theirs: object) => ({ name, ours, theirs })

const REQUESTS = [
  says('SYS_RESET_REQ', { type: 1 }, { type: 1 }),
  says('SYS_PING', {}, {}),
  says('SYS_VERSION', {}, {}),
  says('SYS_GET_EXTADDR', {}, {}),
  says(
    'SYS_OSAL_NV_ITEM_INIT',
    { item: 0x60, length: 300, value: Uint8Array.of(0x55) },
    { id: 0x60, len: 300, initlen: 1, initvalue: Buffer.of(0x55) },
  ),
  says('SYS_OSAL_NV_READ_EXT', { item: 0x21, offset: 240 }, { id: 0x21, offset: 240 }),
  says(
    'SYS_OSAL_NV_WRITE_EXT',
    { item: 0x21, offset: 1, value: Uint8Array.of(1, 2, 3) },
    { id: 0x21, offset: 1, len: 3, value: Buffer.of(1, 2, 3) },
  ),
  says('SYS_OSAL_NV_DELETE', { item: 0x21, length: 110 }, { id: 0x21, len: 110 }),
  says('SYS_OSAL_NV_LENGTH', { item: 0x21 }, { id: 0x21 }),
  says('SYS_NV_LENGTH', { system: 1, item: 7, subId: 2 }, { sysid: 1, itemid: 7, subid: 2 }),
  says('SYS_NV_CREATE', { system: 1, item: 7, subId: 2, length: 12 }, { sysid: 1, itemid: 7, subid: 2, len: 12 }),
  says(
    'SYS_NV_READ',
    { system: 1, item: 7, subId: 2, offset: 3, length: 9 },
    { sysid: 1, itemid: 7, subid: 2, offset: 3, len: 9 },
  ),
  says(
    'SYS_NV_WRITE',
    { system: 1, item: 7, subId: 2, offset: 0, value: Uint8Array.of(4, 5) },
    { sysid: 1, itemid: 7, subid: 2, offset: 0, len: 2, value: Buffer.of(4, 5) },
  ),
  says('SYS_STACK_TUNE', { operation: 0, value: -7 }, { operation: 0, value: -7 }),
  says(
    'AF_REGISTER',
    {
      endpoint: 6,
      profileId: 0x0109,
      deviceId: 5,
      deviceVersion: 0,
      latency: 0,
      inputClusters: [0x0501, 0x000a],
      outputClusters: [0x0500],
    },
    {
      endpoint: 6,
      appprofid: 0x0109,
      appdeviceid: 5,
      appdevver: 0,
      latencyreq: 0,
      appnuminclusters: 2,
      appinclusterlist: [0x0501, 0x000a],
      appnumoutclusters: 1,
      appoutclusterlist: [0x0500],
    },
  ),
  says(
    'AF_DATA_REQUEST',
    {
      destination: 0x1234,
      destinationEndpoint: 1,
      sourceEndpoint: 6,
      clusterId: 0x0702,
      transaction: 9,
      options: 0x10,
      radius: 30,
      data: code,
    },
    {
      dstaddr: 0x1234,
      destendpoint: 1,
      srcendpoint: 6,
      clusterid: 0x0702,
      transid: 9,
      options: 0x10,
      radius: 30,
      len: code.length,
      data: Buffer.from(code),
    },
  ),
  says(
    'AF_DATA_REQUEST_EXT',
    {
      mode: 1,
      destination: '0000000000000b84',
      destinationEndpoint: 0xff,
      destinationPanId: 0,
      sourceEndpoint: 1,
      clusterId: 0x0702,
      transaction: 9,
      options: 0,
      radius: 30,
      data: code,
    },
    {
      dstaddrmode: 1,
      dstaddr: '0x0000000000000b84',
      destendpoint: 0xff,
      dstpanid: 0,
      srcendpoint: 1,
      clusterid: 0x0702,
      transid: 9,
      options: 0,
      radius: 30,
      len: code.length,
      data: Buffer.from(code),
    },
  ),
  says(
    'AF_DATA_RETRIEVE',
    { timestamp: 0x01020304, index: 240, length: 60 },
    { timestamp: 0x01020304, index: 240, length: 60 },
  ),
  says('ZDO_STARTUP_FROM_APP', { delayMs: 100 }, { startdelay: 100 }),
  says('ZDO_EXT_NWK_INFO', {}, {}),
  says('ZDO_EXT_FIND_GROUP', { endpoint: 242, group: 0x0b84 }, { endpoint: 242, groupid: 0x0b84 }),
  says(
    'ZDO_EXT_ADD_GROUP',
    { endpoint: 242, group: 0x0b84, name: new Uint8Array() },
    { endpoint: 242, groupid: 0x0b84, namelen: 0, groupname: Buffer.of() },
  ),
  says(
    'ZDO_EXT_ROUTE_DISC',
    { destination: 0x1234, options: 0, radius: 30 },
    { dstAddr: 0x1234, options: 0, radius: 30 },
  ),
  says('UTIL_GET_DEVICE_INFO', {}, {}),
  says('UTIL_LED_CONTROL', { led: 0xff, mode: 5 }, { ledid: 0xff, mode: 5 }),
  says('UTIL_ASSOC_GET_WITH_ADDR', { device: DEVICE, address: 0x1234 }, { extaddr: THEIRS, nwkaddr: 0x1234 }),
  says('UTIL_ASSOC_REMOVE', { device: DEVICE }, { ieeeadr: THEIRS }),
  says(
    'UTIL_ASSOC_ADD',
    { device: DEVICE, address: 0x1234, relation: 1 },
    { ieeeadr: THEIRS, nwkaddr: 0x1234, noderelation: 1 },
  ),
  says(
    'APP_CNF_BDB_ADD_INSTALLCODE',
    { format: 1, device: DEVICE, code },
    { installCodeFormat: 1, ieeeaddr: THEIRS, installCode: Buffer.from(code) },
  ),
  says('APP_CNF_BDB_START_COMMISSIONING', { mode: 4 }, { mode: 4 }),
  says('APP_CNF_BDB_SET_CHANNEL', { isPrimary: 1, channels: 0x0800 }, { isPrimary: 1, channel: 0x0800 }),
]

test.each(REQUESTS)('the stranger would say $name as we do, and we read it', ({ name, ours, theirs }) => {
  const said = ZpiObject.createRequest(MT[name].subsystem, theirCommand(name)?.name ?? '', theirs)
  const octets = said.unpiFrame.toBuffer()
  expect(toHex(encodeUnpi(requestFrame(name, ours)))).toBe(octets.toString('hex'))
  const [frame] = framesIn(octets)
  expect(readRequest(name, frame?.data ?? code)).toEqual(ours)
})

/** The body of ZDO_..._REQ as their adapter sends it. */
async function zdoRequest<K extends keyof RequestMap>(to: number, cluster: K, ...args: RequestMap[K]) {
  const adapter = new ZStackAdapter(
    { panID: 1, channelList: [11] },
    { path: 'tcp://127.0.0.1:1', adapter: 'zstack' },
    '',
    { disableLED: false },
  )
  const sent: Buffer[] = []
  const inside = adapter as unknown as { queue: unknown; znp: { requestZdo: unknown } }
  inside.queue = { execute: (does: () => unknown) => does() }
  inside.znp.requestZdo = (_: number, payload: Buffer) => void sent.push(payload)
  await adapter.sendZdo(THEIRS, to, cluster, Zdo.Buffalo.buildRequest(false, cluster, ...args), true)
  return (sent[0] ?? Buffer.of()).toString('hex')
}
const body = <N extends MtName>(name: N, request: RequestOf<N>) => toHex(requestFrame(name, request).data)

test('the stranger asks device objects as we do', async () => {
  const { ClusterId } = Zdo
  const interest = { destination: 0x1234, addressOfInterest: 0x1234 }
  for (const [theirs, ours] of [
    [
      zdoRequest(0xfffd, ClusterId.NETWORK_ADDRESS_REQUEST, THEIRS, false, 0),
      body('ZDO_NWK_ADDR_REQ', { device: DEVICE, requestType: 0, startIndex: 0 }),
    ],
    [
      zdoRequest(0x1234, ClusterId.IEEE_ADDRESS_REQUEST, 0x1234, true, 2),
      body('ZDO_IEEE_ADDR_REQ', { address: 0x1234, requestType: 1, startIndex: 2 }),
    ],
    [zdoRequest(0x1234, ClusterId.NODE_DESCRIPTOR_REQUEST, 0x1234), body('ZDO_NODE_DESC_REQ', interest)],
    [zdoRequest(0x1234, ClusterId.ACTIVE_ENDPOINTS_REQUEST, 0x1234), body('ZDO_ACTIVE_EP_REQ', interest)],
    [
      zdoRequest(0x1234, ClusterId.SIMPLE_DESCRIPTOR_REQUEST, 0x1234, 7),
      body('ZDO_SIMPLE_DESC_REQ', { ...interest, endpoint: 7 }),
    ],
    [
      zdoRequest(0x1234, ClusterId.MATCH_DESCRIPTORS_REQUEST, 0x1234, 0x0109, [0x0702], [0x0700, 0x0703]),
      body('ZDO_MATCH_DESC_REQ', {
        ...interest,
        profileId: 0x0109,
        inputClusters: [0x0702],
        outputClusters: [0x0700, 0x0703],
      }),
    ],
    [
      zdoRequest(0x1234, ClusterId.BIND_REQUEST, THEIRS, 1, 0x0702, 3, '0x0102030405060708', 0, 6),
      body('ZDO_BIND_REQ', {
        destination: 0x1234,
        source: DEVICE,
        sourceEndpoint: 1,
        clusterId: 0x0702,
        mode: 3,
        target: fromHex('0807060504030201'),
        targetEndpoint: 6,
      }),
    ],
    [
      zdoRequest(0x1234, ClusterId.UNBIND_REQUEST, THEIRS, 1, 0x0702, 1, '0x', 901, 0),
      body('ZDO_UNBIND_REQ', {
        destination: 0x1234,
        source: DEVICE,
        sourceEndpoint: 1,
        clusterId: 0x0702,
        mode: 1,
        target: fromHex('8503000000000000'),
        targetEndpoint: 0,
      }),
    ],
    [
      zdoRequest(0x1234, ClusterId.LQI_TABLE_REQUEST, 3),
      body('ZDO_MGMT_LQI_REQ', { destination: 0x1234, startIndex: 3 }),
    ],
    [
      zdoRequest(0x1234, ClusterId.ROUTING_TABLE_REQUEST, 3),
      body('ZDO_MGMT_RTG_REQ', { destination: 0x1234, startIndex: 3 }),
    ],
    [
      zdoRequest(0x1234, ClusterId.LEAVE_REQUEST, THEIRS, 0x80),
      body('ZDO_MGMT_LEAVE_REQ', { destination: 0x1234, device: DEVICE, flags: 0x80 }),
    ],
    [
      zdoRequest(0xfffc, ClusterId.PERMIT_JOINING_REQUEST, 254, 1, []),
      body('ZDO_MGMT_PERMIT_JOIN_REQ', { mode: 15, destination: 0xfffc, durationS: 254, trustCentreSignificance: 1 }),
    ],
    [
      zdoRequest(0, ClusterId.PERMIT_JOINING_REQUEST, 60, 1, []),
      body('ZDO_MGMT_PERMIT_JOIN_REQ', { mode: 2, destination: 0xfffc, durationS: 60, trustCentreSignificance: 1 }),
    ],
    [
      zdoRequest(0xffff, ClusterId.NWK_UPDATE_REQUEST, [15], 0xfe, undefined, 1, undefined),
      body('ZDO_MGMT_NWK_UPDATE_REQ', {
        destination: 0xffff,
        mode: 15,
        channels: 1 << 15,
        scanDuration: 0xfe,
        scanCount: 1,
        manager: 0,
      }),
    ],
  ] as const)
    expect(ours).toBe(await theirs)
})

/** What the stranger takes out of our octets. */
function understood(frame: UnpiFrame): { command: string; payload: Record<string, unknown> } {
  const heard: ZpiObject[] = []
  const parser = new Parser()
  parser.on('parsed', parsed => heard.push(ZpiObject.fromUnpiFrame(parsed)))
  parser.write(Buffer.from(encodeUnpi(frame)))
  const [object] = heard
  if (!object || heard.length > 1) throw new Error(`${heard.length} frames heard`)
  return { command: object.command.name, payload: object.payload }
}
const answers = <N extends SreqName>(name: N, ours: ResponseOf<N>, theirs: object) => ({ name, ours, theirs })

test.each([
  answers('SYS_PING', { capabilities: 0x0579 }, { capabilities: 0x0579 }),
  answers(
    'SYS_VERSION',
    { transportRevision: 2, product: 1, major: 2, minor: 7, maintenance: 1, revision: 20240315 },
    { transportrev: 2, product: 1, majorrel: 2, minorrel: 7, maintrel: 1, revision: 20240315 },
  ),
  answers('SYS_GET_EXTADDR', { extendedAddress: DEVICE }, { extaddress: THEIRS }),
  answers('SYS_OSAL_NV_LENGTH', { length: 300 }, { length: 300 }),
  answers(
    'SYS_OSAL_NV_READ_EXT',
    { status: 0, value: Uint8Array.of(1, 2) },
    { status: 0, len: 2, value: Buffer.of(1, 2) },
  ),
  answers('SYS_NV_LENGTH', { length: 12 }, { len: 12 }),
  answers('SYS_NV_READ', { status: 0, value: Uint8Array.of(9) }, { status: 0, len: 1, value: Buffer.of(9) }),
  answers('SYS_OSAL_NV_ITEM_INIT', { status: 9 }, { status: 9 }),
  answers('AF_DATA_RETRIEVE', { status: 0, data: code }, { status: 0, length: code.length, data: Buffer.from(code) }),
  answers('ZDO_NODE_DESC_REQ', { status: 0xc2 }, { status: 0xc2 }),
  answers(
    'ZDO_EXT_FIND_GROUP',
    { status: 1, group: 0x0b84, name: new Uint8Array() },
    { status: 1, groupid: 0x0b84, namelen: 0 },
  ),
  answers(
    'ZDO_EXT_NWK_INFO',
    {
      address: 0,
      deviceState: 9,
      panId: 0x1a62,
      parent: 0xffff,
      extendedPanId: DEVICE,
      parentExtendedAddress: '0000000000000000',
      channel: 15,
    },
    { shortaddr: 0, devstate: 9, panid: 0x1a62, extendedpanid: THEIRS, channel: 15 },
  ),
  answers(
    'UTIL_GET_DEVICE_INFO',
    { status: 0, device: DEVICE, address: 0, deviceType: 7, deviceState: 9, associated: [1, 0x1234] },
    {
      ieeeaddr: THEIRS,
      shortaddr: 0,
      devicetype: 7,
      devicestate: 9,
      numassocdevices: 2,
      assocdeviceslist: [1, 0x1234],
    },
  ),
  answers(
    'UTIL_ASSOC_GET_WITH_ADDR',
    { address: 0x1234, index: 3, relation: 1 },
    { nwkaddr: 0x1234, addridx: 3, noderelation: 1 },
  ),
])('the stranger reads our answer to $name, and we read it again', ({ name, ours, theirs }) => {
  const frame = responseFrame(name, ours)
  expect(understood(frame)).toMatchObject({ command: theirCommand(name)?.name, payload: theirs })
  expect(readResponse(name, frame.data)).toEqual(ours)
})

test.each([
  says(
    'SYS_RESET_IND',
    { reason: 0, transportRevision: 2, product: 1, major: 2, minor: 7, hardware: 1 },
    { reason: 0, transportrev: 2, productid: 1, majorrel: 2, minorrel: 7, hwrev: 1 },
  ),
  says('AF_DATA_CONFIRM', { status: 0xe9, endpoint: 6, transaction: 9 }, { status: 0xe9, endpoint: 6, transid: 9 }),
  says(
    'AF_INCOMING_MSG',
    {
      group: 0,
      clusterId: 0x0702,
      source: 0x1234,
      sourceEndpoint: 1,
      destinationEndpoint: 6,
      wasBroadcast: 1,
      lqi: 200,
      securityUse: 0,
      timestamp: 0x01020304,
      sequence: 7,
      data: code,
      lastHop: 0x1234,
      remainingRadius: 29,
    },
    {
      groupid: 0,
      clusterid: 0x0702,
      srcaddr: 0x1234,
      srcendpoint: 1,
      dstendpoint: 6,
      wasbroadcast: 1,
      linkquality: 200,
      timestamp: 0x01020304,
      transseqnumber: 7,
      len: code.length,
      data: Buffer.from(code),
    },
  ),
  says(
    'AF_INCOMING_MSG_EXT',
    {
      group: 0,
      clusterId: 0x0702,
      mode: 2,
      source: '0000000000001234',
      sourceEndpoint: 1,
      sourcePanId: 0x1a62,
      destinationEndpoint: 6,
      wasBroadcast: 0,
      lqi: 200,
      securityUse: 0,
      timestamp: 0x01020304,
      sequence: 7,
      length: 600,
      lastHop: 0x1234,
      remainingRadius: 29,
    },
    {
      clusterid: 0x0702,
      srcaddrmode: 2,
      srcaddr: '0x0000000000001234',
      srcendpoint: 1,
      srcpanid: 0x1a62,
      dstendpoint: 6,
      timestamp: 0x01020304,
      transseqnumber: 7,
      len: 600,
    },
  ),
  says('ZDO_STATE_CHANGE_IND', { state: 9 }, { state: 9 }),
  says(
    'ZDO_TC_DEVICE_IND',
    { address: 0x1234, device: DEVICE, parent: 0 },
    { nwkaddr: 0x1234, extaddr: THEIRS, parentaddr: 0 },
  ),
  says(
    'ZDO_LEAVE_IND',
    { source: 0x1234, device: DEVICE, request: 0, removeChildren: 0, rejoin: 0 },
    { srcaddr: 0x1234, extaddr: THEIRS, request: 0, removechildren: 0, rejoin: 0 },
  ),
  says('ZDO_PERMIT_JOIN_IND', { durationS: 60 }, { duration: 60 }),
  says(
    'ZDO_END_DEVICE_ANNCE_IND',
    { source: 0x1234, address: 0x1234, device: DEVICE, capability: 0x8e },
    { srcaddr: 0x1234, zdo: [0, expect.objectContaining({ nwkAddress: 0x1234, eui64: THEIRS })] },
  ),
  says(
    'ZDO_NWK_ADDR_RSP',
    {
      status: 0,
      device: DEVICE,
      address: 0x1234,
      startIndex: 0,
      associatedCount: 2,
      associated: fromHex('01003412'),
    },
    { zdo: [0, { eui64: THEIRS, nwkAddress: 0x1234, startIndex: 0, assocDevList: [1, 0x1234] }] },
  ),
  says(
    'ZDO_ACTIVE_EP_RSP',
    { source: 0x1234, body: fromHex('003412020106') },
    { srcaddr: 0x1234, zdo: [0, { nwkAddress: 0x1234, endpointList: [1, 6] }] },
  ),
  says('ZDO_BIND_RSP', { source: 0x1234, body: fromHex('8c') }, { srcaddr: 0x1234, zdo: [0x8c, undefined] }),
])('the stranger reads $name, and we read it again', ({ name, ours, theirs }) => {
  const frame = requestFrame(name, ours)
  expect(understood(frame)).toMatchObject({ command: theirCommand(name)?.name, payload: theirs })
  expect(readRequest(name, frame.data)).toEqual(ours)
})

test('what stands in NV is laid out as the stranger reads it', () => {
  const key = fromHex('01030507090b0d0f00020406080a0c0d')
  const zeros = Structs.nib().serialize()
  const written = writeNv(nib, {
    ...readNv(nib, zeros),
    securityLevel: 5,
    address: 0x0102,
    channel: 15,
    coordinatorExtendedAddress: DEVICE,
    panId: 0x1a62,
    channelList: 0x8000,
    extendedPanId: '0102030405060708',
    spareKey2: { sequence: 3, key },
    managerAddress: 0x0304,
    updateId: 7,
  })
  expect(Structs.nib(Buffer.from(written)).toJSON()).toMatchObject({
    SecurityLevel: 5,
    nwkDevAddress: 0x0102,
    nwkLogicalChannel: 15,
    nwkCoordExtAddress: Buffer.from(fromHex(DEVICE)),
    nwkPanId: 0x1a62,
    channelList: 0x8000,
    extendedPANID: Buffer.from(fromHex('0102030405060708')),
    nwkManagerAddr: 0x0304,
    nwkUpdateId: 7,
  })
  expect(written).toHaveLength(zeros.length)
  const descriptor = Structs.nwkKeyDescriptor(Buffer.from(writeNv(keyDescriptor, { sequence: 3, key })))
  expect([descriptor.keySeqNum, toHex(descriptor.key)]).toEqual([3, toHex(key)])
  const entry = writeNv(addressManagerEntry, { user: 1, address: 0x1234, device: DEVICE })
  expect(Structs.addressManagerEntry(Buffer.from(entry)).toJSON()).toMatchObject({
    user: 1,
    nwkAddr: 0x1234,
    extAddr: Buffer.from(fromHex(DEVICE)),
  })
  const material = writeNv(securityMaterial, { frameCounter: 77, extendedPanId: DEVICE })
  expect(Structs.nwkSecMaterialDescriptorEntry(Buffer.from(material)).toJSON()).toMatchObject({
    FrameCounter: 77,
    extendedPanID: Buffer.from(fromHex(DEVICE)),
  })
})
