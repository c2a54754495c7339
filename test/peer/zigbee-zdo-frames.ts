/** A ZDO frame of every kind, and what Wireshark must see in it. */
import { METER, Paper, shown, type Written } from './zigbee-air.ts'

const OTHER = '00db1234567890b2'
const HUB = '00db1234567890c3'
const sequence = 33

export function zdoFrames(): Written[] {
  const paper = new Paper()
  const capability = {
    alternatePanCoordinator: false,
    fullFunctionDevice: true,
    mainsPowered: true,
    rxOnWhenIdle: true,
    security: false,
    allocateAddress: true,
  }
  const about = { 'zbee_zdp.nwk_addr': '0x1234' }
  const ok = { 'zbee_zdp.status': '0' }

  paper.zdo(
    { name: 'NwkAddressRequest', sequence, device: METER, requestType: 1, startIndex: 2 },
    { 'zbee_zdp.ext_addr': shown(METER), 'zbee_zdp.req_type': '1', 'zbee_zdp.index': '2' },
  )
  const associated = { startIndex: 1, addresses: [0x1111, 0x2222] }
  paper.zdo(
    { name: 'NwkAddressResponse', sequence, status: 0, device: METER, address: 0x1234, associated },
    {
      ...ok,
      ...about,
      'zbee_zdp.ext_addr': shown(METER),
      'zbee_zdp.assoc_device_count': '2',
      'zbee_zdp.index': '1',
      'zbee_zdp.assoc_device': '0x1111,0x2222',
    },
  )
  paper.zdo(
    { name: 'IeeeAddressRequest', sequence, address: 0x1234, requestType: 0, startIndex: 0 },
    { ...about, 'zbee_zdp.req_type': '0' },
  )
  paper.zdo(
    { name: 'IeeeAddressResponse', sequence, status: 0, device: METER, address: 0x1234 },
    { ...ok, ...about, 'zbee_zdp.ext_addr': shown(METER) },
  )
  paper.zdo({ name: 'NodeDescriptorRequest', sequence, address: 0x1234 }, about)
  paper.zdo(
    {
      name: 'NodeDescriptorResponse',
      sequence,
      status: 0,
      address: 0x1234,
      descriptor: {
        logicalType: 'router',
        complexDescriptor: false,
        userDescriptor: false,
        apsFlags: 0,
        frequencyBand: 8,
        capability,
        manufacturerCode: 0x10db,
        maximumBufferSize: 82,
        maximumIncomingTransferSize: 128,
        serverMask: 0x2c01,
        maximumOutgoingTransferSize: 129,
        descriptorCapability: 0,
      },
    },
    {
      ...ok,
      ...about,
      'zbee_zdp.node.type': '1',
      'zbee_zdp.node.freq.2400mhz': '1',
      'zbee_zdp.cinfo.ffd': '1',
      'zbee_zdp.node.manufacturer': '0x10db',
      'zbee_zdp.node.max_buffer': '82',
      'zbee_zdp.node.max_incoming_transfer': '128',
      'zbee_zdp.node.max_outgoing_transfer': '129',
      'zbee_zdp.server.pri_trust': '1',
      'zbee_zdp.server.stack_compliance_revision': '22',
    },
  )
  paper.zdo({ name: 'NodeDescriptorResponse', sequence, status: 0x81, address: 0x1234 }, { 'zbee_zdp.status': '129' })
  paper.zdo(
    { name: 'SimpleDescriptorRequest', sequence, address: 0x1234, endpoint: 9 },
    { ...about, 'zbee_zdp.endpoint': '9' },
  )
  paper.zdo(
    {
      name: 'SimpleDescriptorResponse',
      sequence,
      status: 0,
      address: 0x1234,
      descriptor: {
        endpoint: 9,
        profileId: 0x0109,
        deviceId: 0x0501,
        deviceVersion: 1,
        inputClusters: [0x0000, 0x0702],
        outputClusters: [0x000a],
      },
    },
    {
      ...ok,
      ...about,
      'zbee_zdp.simple_length': '14',
      'zbee_zdp.endpoint': '9',
      'zbee_zdp.profile': '0x0109',
      'zbee_zdp.app.device': '0x0501',
      'zbee_zdp.app.version': '0x0001',
      'zbee_zdp.in_cluster': '0x0000,0x0702',
      'zbee_zdp.out_cluster': '0x000a',
    },
  )
  paper.zdo({ name: 'ActiveEndpointsRequest', sequence, address: 0x1234 }, about)
  paper.zdo(
    { name: 'ActiveEndpointsResponse', sequence, status: 0, address: 0x1234, endpoints: [1, 9] },
    { ...ok, ...about, 'zbee_zdp.ep_count': '2', 'zbee_zdp.endpoint': '1,9' },
  )
  paper.zdo(
    {
      name: 'MatchDescriptorRequest',
      sequence,
      address: 0xfffd,
      profileId: 0x0109,
      inputClusters: [0x0800],
      outputClusters: [0x0702, 0x0703],
    },
    {
      'zbee_zdp.nwk_addr': '0xfffd',
      'zbee_zdp.profile': '0x0109',
      'zbee_zdp.in_count': '1',
      'zbee_zdp.in_cluster': '0x0800',
      'zbee_zdp.out_count': '2',
      'zbee_zdp.out_cluster': '0x0702,0x0703',
    },
  )
  paper.zdo(
    { name: 'MatchDescriptorResponse', sequence, status: 0, address: 0x1234, endpoints: [10] },
    { ...ok, ...about, 'zbee_zdp.ep_count': '1', 'zbee_zdp.endpoint': '10' },
  )
  paper.zdo(
    { name: 'DeviceAnnounce', sequence, address: 0x1234, device: METER, capability },
    { ...about, 'zbee_zdp.seqno': '33', 'zbee_zdp.ext_addr': shown(METER), 'zbee_zdp.cinfo': '0x8e' },
  )
  paper.zdo(
    { name: 'ParentAnnounce', sequence, children: [METER, OTHER] },
    {
      'zbee_zdp.n_children': '2',
      'zbee_zdp.ext_addr': `${shown(METER)},${shown(OTHER)}`,
    },
  )
  paper.zdo(
    { name: 'ParentAnnounceResponse', sequence, status: 0, children: [OTHER] },
    {
      ...ok,
      'zbee_zdp.n_children': '1',
      'zbee_zdp.ext_addr': shown(OTHER),
    },
  )

  const bound = { 'zbee_zdp.bind.src64': shown(METER), 'zbee_zdp.bind.src_ep': '9', 'zbee_zdp.cluster': '0x0702' }
  const binding = { sequence, source: METER, sourceEndpoint: 9, clusterId: 0x0702 }
  paper.zdo(
    { name: 'BindRequest', ...binding, destination: { mode: 'endpoint', device: HUB, endpoint: 3 } },
    { ...bound, 'zbee_zdp.addr_mode': '3', 'zbee_zdp.bind.dst64': shown(HUB), 'zbee_zdp.bind.dst_ep': '3' },
  )
  paper.zdo({ name: 'BindResponse', sequence, status: 0x8c }, { 'zbee_zdp.status': '140' })
  paper.zdo(
    { name: 'UnbindRequest', ...binding, destination: { mode: 'group', groupAddress: 0xbeef } },
    { ...bound, 'zbee_zdp.addr_mode': '1', 'zbee_zdp.bind.dst': '0xbeef' },
  )
  paper.zdo({ name: 'UnbindResponse', sequence, status: 0 }, ok)

  paper.zdo({ name: 'ManagementLqiRequest', sequence, startIndex: 4 }, { 'zbee_zdp.index': '4' })
  paper.zdo(
    {
      name: 'ManagementLqiResponse',
      sequence,
      status: 0,
      entries: 6,
      startIndex: 4,
      neighbours: [
        {
          extendedPanId: HUB,
          device: OTHER,
          address: 0x4321,
          deviceType: 'end device',
          rxOnWhenIdle: 'no',
          relationship: 'child',
          permitJoining: 'unknown',
          depth: 2,
          lqi: 200,
        },
      ],
    },
    {
      ...ok,
      'zbee_zdp.table_size': '6',
      'zbee_zdp.index': '4',
      'zbee_zdp.table_count': '1',
      'zbee_zdp.extended_pan': shown(HUB),
      'zbee_zdp.ext_addr': shown(OTHER),
      'zbee_zdp.addr': '0x4321',
      'zbee_zdp.table_entry_type': '0x02',
      'zbee_zdp.idle_rx': '0x00',
      'zbee_zdp.relationship': '0x01',
      'zbee_zdp.permit_joining': '0x02',
      'zbee_zdp.depth': '2',
      'zbee_zdp.lqi': '200',
    },
  )
  paper.zdo({ name: 'ManagementBindRequest', sequence, startIndex: 2 }, { 'zbee_zdp.index': '2' })
  paper.zdo(
    {
      name: 'ManagementBindResponse',
      sequence,
      status: 0,
      entries: 5,
      startIndex: 2,
      bindings: [
        {
          source: METER,
          sourceEndpoint: 9,
          clusterId: 0x0702,
          destination: { mode: 'endpoint', device: HUB, endpoint: 3 },
        },
        { source: METER, sourceEndpoint: 8, clusterId: 0x0800, destination: { mode: 'group', groupAddress: 0xbeef } },
      ],
    },
    {
      ...ok,
      'zbee_zdp.table_size': '5',
      'zbee_zdp.index': '2',
      'zbee_zdp.table_count': '2',
      'zbee_zdp.bind.src64': `${shown(METER)},${shown(METER)}`,
      'zbee_zdp.bind.src_ep': '9,8',
      'zbee_zdp.cluster': '0x0702,0x0800',
      'zbee_zdp.bind.dst64': shown(HUB),
      'zbee_zdp.bind.dst_ep': '3',
      'zbee_zdp.bind.dst': '0xbeef',
    },
  )
  paper.zdo({ name: 'ManagementRoutingRequest', sequence, startIndex: 0 }, { 'zbee_zdp.index': '0' })
  paper.zdo(
    {
      name: 'ManagementRoutingResponse',
      sequence,
      status: 0,
      entries: 1,
      startIndex: 0,
      routes: [
        {
          destination: 0x4321,
          status: 'inactive',
          memoryConstrained: false,
          manyToOne: false,
          routeRecordRequired: false,
          nextHop: 0x1111,
        },
      ],
    },
    {
      ...ok,
      'zbee_zdp.table_size': '1',
      'zbee_zdp.table_count': '1',
      'zbee_zdp.routing.destination': '0x4321',
      'zbee_zdp.routing.status': '0x03',
      'zbee_zdp.routing.next_hop': '0x1111',
    },
  )
  paper.zdo(
    { name: 'ManagementLeaveRequest', sequence, device: OTHER, removeChildren: false, rejoin: true },
    { 'zbee_zdp.ext_addr': shown(OTHER), 'zbee_zdp.leave.children': '0', 'zbee_zdp.leave.rejoin': '1' },
  )
  paper.zdo({ name: 'ManagementLeaveResponse', sequence, status: 0 }, ok)
  paper.zdo(
    { name: 'ManagementPermitJoiningRequest', sequence, durationS: 254, trustCentreSignificance: true },
    { 'zbee_zdp.duration': '254', 'zbee_zdp.significance': '1' },
  )
  paper.zdo({ name: 'ManagementPermitJoiningResponse', sequence, status: 0 }, ok)
  return paper.written
}
