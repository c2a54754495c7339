/** A NWK and an APS frame of every kind, and what Wireshark must see in it. */
import { fromHex } from '../../src/base/bytes.ts'
import { application, METER, Paper, shown, unicast, type Written } from './zigbee-air.ts'

const OTHER = '00db1234567890b2'
const HUB = '00db1234567890c3'
const KEY = fromHex('101112131415161718191a1b1c1d1e1f')
const KEY_SHOWN = '10111213 14151617 18191a1b 1c1d1e1f'.replaceAll(' ', '')
/** Read of Metering: summation. */
const READ = fromHex('0005000000')

/** NWK headers and commands. */
export function nwkFrames(): Written[] {
  const paper = new Paper()
  const meterCapability = {
    alternatePanCoordinator: false,
    fullFunctionDevice: false,
    mainsPowered: false,
    rxOnWhenIdle: false,
    security: false,
    allocateAddress: true,
  }
  paper.nwkCommand(
    {
      name: 'RouteRequest',
      manyToOne: 'no',
      multicast: false,
      routeRequestId: 5,
      destination: 0x4321,
      pathCost: 3,
      destinationEui64: OTHER,
    },
    {
      'zbee_nwk.cmd.id': '0x01',
      'zbee_nwk.cmd.route.opts.many2one': '0x00',
      'zbee_nwk.cmd.route.id': '5',
      'zbee_nwk.cmd.route.dest': '0x4321',
      'zbee_nwk.cmd.route.cost': '3',
      'zbee_nwk.cmd.route.dest_ext': shown(OTHER),
    },
    { destination: 0xfffc },
  )
  paper.nwkCommand(
    {
      name: 'RouteRequest',
      manyToOne: 'without route record',
      multicast: false,
      routeRequestId: 6,
      destination: 0xfffc,
      pathCost: 0,
    },
    { 'zbee_nwk.cmd.route.opts.many2one': '0x02', 'zbee_nwk.cmd.route.dest': '0xfffc' },
    { destination: 0xfffc },
  )
  paper.nwkCommand(
    {
      name: 'RouteReply',
      multicast: false,
      routeRequestId: 5,
      originator: 0x0000,
      responder: 0x1234,
      pathCost: 4,
      originatorEui64: HUB,
      responderEui64: METER,
    },
    {
      'zbee_nwk.cmd.id': '0x02',
      'zbee_nwk.cmd.route.orig': '0x0000',
      'zbee_nwk.cmd.route.resp': '0x1234',
      'zbee_nwk.cmd.route.orig_ext': shown(HUB),
      'zbee_nwk.cmd.route.resp_ext': shown(METER),
      'zbee_nwk.cmd.route.cost': '4',
    },
  )
  paper.nwkCommand(
    { name: 'NetworkStatus', status: 0x0d, destination: 0x4321 },
    { 'zbee_nwk.cmd.id': '0x03', 'zbee_nwk.cmd.status': '0x0d', 'zbee_nwk.cmd.route.dest': '0x4321' },
  )
  paper.nwkCommand(
    { name: 'Leave', rejoin: true, request: true, removeChildren: false },
    {
      'zbee_nwk.cmd.id': '0x04',
      'zbee_nwk.cmd.leave.rejoin': '1',
      'zbee_nwk.cmd.leave.request': '1',
      'zbee_nwk.cmd.leave.children': '0',
    },
  )
  paper.nwkCommand(
    { name: 'RouteRecord', relays: [0x1111, 0x2222] },
    {
      'zbee_nwk.cmd.id': '0x05',
      'zbee_nwk.cmd.relay_count': '2',
      'zbee_nwk.cmd.relay_device': '0x1111,0x2222',
    },
  )
  const rejoin = { 'zbee_nwk.cmd.id': '0x06', 'zbee_nwk.cmd.cinfo.alloc': '1', 'zbee_nwk.cmd.cinfo.on_idle': '0' }
  const rejoining = { name: 'RejoinRequest', capability: meterCapability } as const
  paper.nwkCommand(rejoining, { ...rejoin, 'zbee_nwk.security': '1' }, { sourceEui64: METER, endDeviceInitiator: true })
  paper.nwkCommand(rejoining, { ...rejoin, 'zbee_nwk.security': '0' }, { sourceEui64: METER, auxiliary: undefined })
  paper.nwkCommand(
    { name: 'RejoinResponse', address: 0x4321, status: 0 },
    { 'zbee_nwk.cmd.id': '0x07', 'zbee_nwk.cmd.addr': '0x4321', 'zbee_nwk.cmd.rejoin_status': '0x00' },
    { destinationEui64: HUB, sourceEui64: METER },
  )
  paper.nwkCommand(
    {
      name: 'LinkStatus',
      firstFrame: true,
      lastFrame: false,
      links: [
        { address: 0x0000, cost: { incoming: 1, outgoing: 7 } },
        { address: 0x4321, cost: { incoming: 3, outgoing: 0 } },
      ],
    },
    {
      'zbee_nwk.cmd.id': '0x08',
      'zbee_nwk.cmd.link.first': '1',
      'zbee_nwk.cmd.link.last': '0',
      'zbee_nwk.cmd.link.count': '2',
      'zbee_nwk.cmd.link.address': '0x0000,0x4321',
      'zbee_nwk.cmd.link.incoming_cost': '1,3',
      'zbee_nwk.cmd.link.outgoing_cost': '7,0',
    },
    { destination: 0xfffc, radius: 1 },
  )
  paper.nwkCommand(
    { name: 'NetworkReport', report: 'PAN id conflict', extendedPanId: OTHER, panIds: [0x1a62, 0x1a63] },
    {
      'zbee_nwk.cmd.id': '0x09',
      'zbee_nwk.cmd.report.count': '2',
      'zbee_nwk.cmd.report.type': '0x00',
      'zbee_nwk.cmd.epid': shown(OTHER),
      'zbee_nwk.panid': '0x1a62,0x1a63',
    },
  )
  paper.nwkCommand(
    { name: 'NetworkUpdate', update: 'PAN id', extendedPanId: OTHER, updateId: 9, panIds: [0x1a64] },
    {
      'zbee_nwk.cmd.id': '0x0a',
      'zbee_nwk.cmd.update.count': '1',
      'zbee_nwk.cmd.update.id': '9',
      'zbee_nwk.cmd.epid': shown(OTHER),
      'zbee_nwk.panid': '0x1a64',
    },
    { destination: 0xffff },
  )
  paper.nwkCommand(
    { name: 'EndDeviceTimeoutRequest', requestedTimeout: 8, configuration: 0 },
    { 'zbee_nwk.cmd.id': '0x0b', 'zbee_nwk.cmd.ed_tmo_req': '8', 'zbee_nwk.cmd.ed_config': '0x00' },
    { endDeviceInitiator: true },
  )
  paper.nwkCommand(
    {
      name: 'EndDeviceTimeoutResponse',
      status: 0,
      parent: { macDataPollKeepAlive: true, timeoutRequestKeepAlive: false, powerNegotiation: false },
    },
    {
      'zbee_nwk.cmd.id': '0x0c',
      'zbee_nwk.cmd.ed_tmo_rsp_status': '0',
      'zbee_nwk.cmd.ed_prnt_info.mac_data_poll_keepalive': '1',
      'zbee_nwk.cmd.ed_prnt_info.ed_tmo_req_keepalive': '0',
    },
  )
  paper.nwkCommand(
    { name: 'RouteRecord', relays: [] },
    {
      'zbee_nwk.discovery': '0x0001',
      'zbee_nwk.end_device_initiator': '1',
      'zbee_nwk.src_route': '1',
      'zbee_nwk.dst64': shown(HUB),
      'zbee_nwk.src64': shown(METER),
      'zbee_nwk.relay.count': '3',
      'zbee_nwk.relay.index': '2',
      'zbee_nwk.relay': '0x1111,0x2222,0x3333',
      'zbee_nwk.radius': '11',
      'zbee_nwk.seqno': '90',
      'zbee_nwk.proto_version': '2',
      'zbee.sec.key_id': '0x01',
      'zbee.sec.src64': shown(METER),
      'zbee.sec.key_seqno': '0',
    },
    {
      discoverRoute: 'enable',
      endDeviceInitiator: true,
      radius: 11,
      destinationEui64: HUB,
      sourceEui64: METER,
      sourceRoute: { relayIndex: 2, relays: [0x1111, 0x2222, 0x3333] },
    },
  )
  paper.nwkCommand(
    { name: 'RouteRecord', relays: [] },
    {
      'zbee_nwk.multicast': '1',
      'zbee_nwk.multicast.mode': '0x01',
      'zbee_nwk.multicast.radius': '2',
      'zbee_nwk.multicast.max_radius': '5',
    },
    { multicast: { mode: 'member', nonMemberRadius: 2, maxNonMemberRadius: 5 } },
  )
  return paper.written
}

/** APS headers and commands. */
export function apsFrames(): Written[] {
  const paper = new Paper()
  const metering = { 'zbee_aps.profile': '0x0109', 'zbee_aps.cluster': '0x0702', 'zbee_aps.counter': '77' }
  const read = { ...metering, 'zbee_zcl.cmd.id': '0x00' }
  const linkKey = (extended: boolean) =>
    ({ keyId: 'data', frameCounter: 5, ...(extended ? { source: METER } : {}) }) as const
  paper.aps('data', unicast({}), READ, {
    ...read,
    'zbee_aps.delivery': '0x00',
    'zbee_aps.dst': '1',
    'zbee_aps.src': '9',
    'zbee_aps.ack_req': '1',
    'zbee_aps.security': '0',
  })
  paper.aps('data under the link key', unicast({ auxiliary: linkKey(true) }), READ, {
    ...read,
    'zbee_aps.security': '1',
    'zbee.sec.key_id': '0x01,0x00',
  })
  paper.aps('data under the link key, sender not named', unicast({ auxiliary: linkKey(false) }), READ, {
    ...read,
    'zbee.sec.key_id': '0x01,0x00',
    'zbee.sec.ext_nonce': '1,0',
  })
  paper.aps('broadcast data', unicast({ delivery: 'broadcast', destinationEndpoint: 0xff, ackRequest: false }), READ, {
    ...read,
    'zbee_aps.delivery': '0x02',
    'zbee_aps.dst': '255',
    'zbee_aps.ack_req': '0',
  })
  paper.aps(
    'group data',
    { ...application, type: 'data', delivery: 'group', groupAddress: 0xbeef, ackRequest: false },
    READ,
    {
      ...read,
      'zbee_aps.delivery': '0x03',
      'zbee_aps.group': '0xbeef',
    },
  )
  const ack = { ...application, type: 'ack', delivery: 'unicast', ackOf: 'data', destinationEndpoint: 1 } as const
  const nothing = new Uint8Array()
  paper.aps('ack of data', ack, nothing, {
    ...metering,
    'zbee_aps.type': '0x02',
    'zbee_aps.ack_format': '0',
    'zbee_aps.dst': '1',
    'zbee_aps.src': '9',
  })
  paper.aps('ack under the link key', { ...ack, auxiliary: linkKey(true) }, nothing, {
    ...metering,
    'zbee_aps.type': '0x02',
    'zbee_aps.security': '1',
  })
  paper.aps('ack of a command', { type: 'ack', delivery: 'unicast', ackOf: 'command', counter: 88 }, nothing, {
    'zbee_aps.type': '0x02',
    'zbee_aps.ack_format': '1',
    'zbee_aps.counter': '88',
  })
  const half = Math.ceil(READ.length / 2)
  paper.aps('first fragment', unicast({ fragment: { fragmentation: 'first', blockNumber: 2 } }), READ.slice(0, half), {
    ...metering,
    // Half a payload is data to tshark; the whole is read at the last fragment.
    'data.data': '000500',
    'zbee_aps.ext_header': '1',
    'zbee_aps.fragmentation': '0x01',
    'zbee_aps.block': '2',
  })
  paper.aps('last fragment', unicast({ fragment: { fragmentation: 'part', blockNumber: 1 } }), READ.slice(half), {
    ...read,
    'zbee_aps.fragmentation': '0x02',
    'zbee_aps.block': '1',
    'zbee_aps.fragment.count': '2',
  })
  paper.aps(
    'ack of fragments',
    { ...ack, fragment: { fragmentation: 'part', blockNumber: 0, ackBitfield: 0b1111_1101 } },
    nothing,
    {
      ...metering,
      'zbee_aps.fragmentation': '0x02',
      'zbee_aps.block': '0',
      'zbee_aps.block1_ack': '1',
      'zbee_aps.block2_ack': '0',
      'zbee_aps.block8_ack': '1',
    },
  )

  const command = (id: string) => ({ 'zbee_aps.cmd.id': id, 'zbee_aps.counter': '7' })
  paper.apsCommand(
    { name: 'TransportKey', keyType: 'network', key: KEY, keySequence: 1, destination: OTHER, source: HUB },
    'key-transport',
    {
      ...command('0x05'),
      'zbee.sec.key_id': '0x01,0x02',
      'zbee_aps.cmd.key_type': '0x01',
      'zbee_aps.cmd.key': KEY_SHOWN,
      'zbee_aps.cmd.seqno': '1',
      'zbee_aps.cmd.dst': shown(OTHER),
      'zbee_aps.cmd.src': shown(HUB),
    },
  )
  paper.apsCommand(
    { name: 'TransportKey', keyType: 'application-link', key: KEY, partner: OTHER, initiator: true },
    'key-load',
    {
      ...command('0x05'),
      'zbee.sec.key_id': '0x01,0x03',
      'zbee_aps.cmd.key_type': '0x03',
      'zbee_aps.cmd.key': KEY_SHOWN,
      'zbee_aps.cmd.partner': shown(OTHER),
      'zbee_aps.cmd.init_flag': '1',
    },
  )
  paper.apsCommand(
    { name: 'TransportKey', keyType: 'trust-centre-link', key: KEY, destination: OTHER, source: HUB },
    'key-load',
    { 'zbee_aps.cmd.key_type': '0x04', 'zbee_aps.cmd.dst': shown(OTHER), 'zbee_aps.cmd.src': shown(HUB) },
  )
  paper.apsCommand({ name: 'UpdateDevice', device: OTHER, address: 0x4321, status: 'trust centre rejoin' }, 'data', {
    ...command('0x06'),
    'zbee_aps.cmd.device': shown(OTHER),
    'zbee_aps.cmd.addr': '0x4321',
    'zbee_aps.cmd.update_status': '0x03',
  })
  paper.apsCommand({ name: 'RemoveDevice', target: OTHER }, 'data', {
    ...command('0x07'),
    'zbee_aps.cmd.device': shown(OTHER),
  })
  paper.apsCommand({ name: 'RequestKey', keyType: 'application-link', partner: OTHER }, 'data', {
    ...command('0x08'),
    'zbee_aps.cmd.key_type': '0x02',
    'zbee_aps.cmd.partner': shown(OTHER),
  })
  paper.apsCommand({ name: 'RequestKey', keyType: 'trust-centre-link' }, 'data', {
    ...command('0x08'),
    'zbee_aps.cmd.key_type': '0x04',
  })
  paper.apsCommand({ name: 'SwitchKey', keySequence: 3 }, 'data', { ...command('0x09'), 'zbee_aps.cmd.seqno': '3' })
  const inner = { name: 'RemoveDevice', target: METER } as const
  paper.apsCommand({ name: 'Tunnel', destination: OTHER, frame: paper.apsCommandFrame(inner, 'data') }, 'data', {
    'zbee_aps.cmd.id': '0x0e,0x07',
    'zbee_aps.cmd.dst': shown(OTHER),
    'zbee_aps.cmd.device': shown(METER),
  })
  paper.apsCommand({ name: 'VerifyKey', keyType: 'trust-centre-link', source: METER, hash: KEY }, 'data', {
    ...command('0x0f'),
    'zbee_aps.cmd.key_type': '0x04',
    'zbee_aps.cmd.key_hash': KEY_SHOWN,
    'zbee_aps.cmd.src': shown(METER),
  })
  paper.apsCommand({ name: 'ConfirmKey', status: 0xad, keyType: 'trust-centre-link', destination: METER }, 'data', {
    ...command('0x10'),
    'zbee_aps.cmd.status': '0xad',
    'zbee_aps.cmd.key_type': '0x04',
    'zbee_aps.cmd.dst': shown(METER),
  })
  return paper.written
}
