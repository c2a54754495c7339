/** A NWK frame of every kind, and what Wireshark must see in it. */
import { METER, Paper, shown, type Written } from './zigbee-air.ts'

const OTHER = '00db1234567890b2'
const HUB = '00db1234567890c3'

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
