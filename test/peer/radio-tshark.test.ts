/** tshark reads our captures: every frame type, both link types, nothing malformed, every FCS right. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { CapturedFrame } from '../../src/radio/air.ts'
import { writeZigbeeBeacon } from '../../src/radio/beacon.ts'
import { withFcs } from '../../src/radio/fcs.ts'
import { encodeMacFrame, type MacAddress, type MacFrame } from '../../src/radio/mac-frame.ts'
import { Pcap, type PcapFormat } from '../../src/radio/pcap.ts'
import { zigbeePcKeys } from '../../src/radio/zigbee-pc-keys.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { data, poll, RadioBench } from '../unit/radio-bench.ts'
import { needs } from './strangers.ts'

const formats: PcapFormat[] = ['tap', 'with-fcs']
const startUnixMs = Date.UTC(2026, 0, 1)
const hub: MacAddress = { panId: 0x1a62, short: 0 }
const hubLong: MacAddress = { panId: 0x1a62, extended: '00db1234567800a1' }
const meter: MacAddress = { panId: 0x1a62, short: 0x1234 }
const meterLong: MacAddress = { panId: 0x1a62, extended: '00db1234567800b1' }
const everybody: MacAddress = { panId: 0xffff, short: 0xffff }

const capability = {
  alternatePanCoordinator: false,
  fullFunctionDevice: true,
  mainsPowered: true,
  rxOnWhenIdle: false,
  security: false,
  allocateAddress: true,
}
const superframe = {
  beaconOrder: 15,
  superframeOrder: 15,
  finalCapSlot: 15,
  batteryLifeExtension: false,
  panCoordinator: true,
  associationPermit: true,
}
const network = { stackProfile: 2, protocolVersion: 2, routerCapacity: true, deviceDepth: 3, endDeviceCapacity: false }
const zigbeeBeacon = writeZigbeeBeacon({
  protocolId: 0,
  network,
  extendedPanId: '00db1234567800aa',
  txOffset: 0xffffff,
  updateId: 7,
})
const command = (name: MacFrame & { type: 'command' }, more: Record<string, string>) => ({ frame: name, fields: more })
const sequence = 0x5a
const toHub = { sequence, ackRequest: true, destination: hub }

/** @source constructed Smart Energy join of test/golden/data/mac-frames.json, frame 7 (device announce), and its network key */
const announce = fromHex(
  '618807621affff34120802fdff34121e0228c800000002000000000000000033ed34e600712a5d7f149fcc210a2d0e55db6340dde453b8',
)
const networkKey = fromHex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf')
const nwk = announce.slice(9)

/** A frame of ours and what tshark is to find in it. */
const cases: { frame: MacFrame; fields: Record<string, string> }[] = [
  {
    frame: { type: 'data', ...toHub, source: meter, framePending: true, payload: nwk },
    fields: {
      'wpan.frame_type': '0x0001',
      'wpan.pending': '1',
      'wpan.ack_request': '1',
      'wpan.pan_id_compression': '1',
      'wpan.seq_no': '90',
      'wpan.dst_pan': '0x1a62',
      'wpan.dst16': '0x0000',
      'wpan.src16': '0x1234',
      'wpan.version': '0',
    },
  },
  {
    frame: { type: 'data', sequence, frameVersion: 1, destination: meterLong, source: hubLong, payload: nwk },
    fields: {
      'wpan.dst64': '00:db:12:34:56:78:00:b1',
      'wpan.src64': '00:db:12:34:56:78:00:a1',
      'wpan.version': '1',
    },
  },
  {
    frame: { type: 'ack', sequence, framePending: true },
    fields: { 'wpan.frame_type': '0x0002', 'wpan.pending': '1' },
  },
  {
    frame: { type: 'beacon', sequence, source: hub, superframe, payload: zigbeeBeacon },
    fields: {
      'wpan.frame_type': '0x0000',
      'wpan.src_pan': '0x1a62',
      'wpan.beacon_order': '15',
      'wpan.superframe_order': '15',
      'wpan.cap': '15',
      'wpan.battery_ext': '0',
      'wpan.bcn_coord': '1',
      'wpan.assoc_permit': '1',
      'zbee_beacon.protocol': '0',
      'zbee_beacon.profile': '0x0002',
      'zbee_beacon.version': '2',
      'zbee_beacon.router': '1',
      'zbee_beacon.depth': '3',
      'zbee_beacon.end_dev': '0',
      'zbee_beacon.ext_panid': '00:db:12:34:56:78:00:aa',
      'zbee_beacon.tx_offset': '16777215',
      'zbee_beacon.update_id': '7',
    },
  },
  {
    frame: {
      type: 'beacon',
      sequence,
      source: hub,
      superframe: { ...superframe, associationPermit: false },
      pendingShort: [0x1234, 0x2345],
      pendingExtended: ['00db1234567800b1'],
      payload: zigbeeBeacon,
    },
    fields: {
      'wpan.assoc_permit': '0',
      'wpan.pending16': '0x1234,0x2345',
      'wpan.pending64': '00:db:12:34:56:78:00:b1',
    },
  },
  command(
    {
      type: 'command',
      ...toHub,
      source: { panId: 0xffff, extended: '00db1234567800b1' },
      command: { name: 'associationRequest', capability },
    },
    {
      'wpan.frame_type': '0x0003',
      'wpan.cmd': '0x01',
      'wpan.src_pan': '0xffff',
      'wpan.pan_id_compression': '0',
      'wpan.cinfo.alt_coord': '0',
      'wpan.cinfo.device_type': '1',
      'wpan.cinfo.power_src': '1',
      'wpan.cinfo.idle_rx': '0',
      'wpan.cinfo.sec_capable': '0',
      'wpan.cinfo.alloc_addr': '1',
    },
  ),
  command(
    {
      type: 'command',
      sequence,
      ackRequest: true,
      destination: meterLong,
      source: hubLong,
      command: { name: 'associationResponse', shortAddress: 0x1234, status: 2 },
    },
    { 'wpan.cmd': '0x02', 'wpan.asoc.addr': '0x1234', 'wpan.assoc.status': '0x02' },
  ),
  command(
    {
      type: 'command',
      sequence,
      ackRequest: true,
      destination: meterLong,
      source: hubLong,
      command: { name: 'disassociationNotification', reason: 1 },
    },
    { 'wpan.cmd': '0x03', 'wpan.disassoc.reason': '0x01' },
  ),
  command({ type: 'command', ...toHub, source: meter, command: { name: 'dataRequest' } }, { 'wpan.cmd': '0x04' }),
  command(
    {
      type: 'command',
      ...toHub,
      destination: hubLong,
      source: meterLong,
      command: { name: 'panIdConflictNotification' },
    },
    { 'wpan.cmd': '0x05' },
  ),
  command(
    {
      type: 'command',
      sequence,
      destination: everybody,
      source: { panId: 0xffff, extended: '00db1234567800b1' },
      command: { name: 'orphanNotification' },
    },
    { 'wpan.cmd': '0x06' },
  ),
  command(
    { type: 'command', sequence, destination: everybody, command: { name: 'beaconRequest' } },
    { 'wpan.cmd': '0x07', 'wpan.dst16': '0xffff', 'wpan.src_addr_mode': '0x0000' },
  ),
  command(
    {
      type: 'command',
      sequence,
      frameVersion: 1,
      destination: { panId: 0xffff, extended: '00db1234567800b1' },
      source: hubLong,
      command: {
        name: 'coordinatorRealignment',
        panId: 0x1a63,
        coordinatorShortAddress: 0,
        channel: 20,
        shortAddress: 0x1234,
      },
    },
    {
      'wpan.cmd': '0x08',
      'wpan.realign.pan': '0x1a63',
      'wpan.realign.addr': '0x0000,0x1234',
      'wpan.realign.channel': '20',
    },
  ),
]

const capturedOf = (frames: readonly MacFrame[]): CapturedFrame[] =>
  frames.map((frame, n) => ({
    from: 'hub',
    channel: 15,
    octets: withFcs(encodeMacFrame(frame)),
    startUs: 1_000_001 * n,
    endUs: 1_000_001 * n + 1,
    rssiDbm: -61,
    lqi: 142,
  }))

/** The fields tshark finds, a record per frame; a field found more than once is joined by commas. */
function dissect(
  context: TestContext,
  format: PcapFormat,
  frames: readonly CapturedFrame[],
  fields: readonly string[],
  options: { args?: readonly string[]; keys?: string } = {},
): Record<string, string>[] {
  const tshark = needs(context, 'tshark')
  const folder = temporaryFolder()
  const pcap = new Pcap({ format, startUnixMs })
  const file = join(folder, 'han.pcap')
  writeFileSync(file, Buffer.concat([pcap.header(), ...frames.map(frame => pcap.record(frame))]))
  mkdirSync(join(folder, 'wireshark'))
  writeFileSync(join(folder, 'wireshark', 'zigbee_pc_keys'), options.keys ?? '')
  const args = [
    '-r',
    file,
    '-T',
    'fields',
    '-E',
    'separator=/t',
    ...(options.args ?? []),
    ...fields.flatMap(name => ['-e', name]),
  ]
  const { status, stdout, stderr } = spawnSync(tshark, args, {
    encoding: 'utf8',
    env: { ...process.env, XDG_CONFIG_HOME: folder },
  })
  if (status !== 0) throw new Error(`tshark: ${stderr}`)
  return stdout
    .split('\n')
    .slice(0, -1)
    .map(line => Object.fromEntries(line.split('\t').map((value, at) => [fields[at] ?? '', value])))
}

const health = ['_ws.malformed', 'wpan.fcs_ok']

test.for(formats)('%s: every frame type has the fields it was given', (format, context) => {
  const names = [...new Set(cases.flatMap(({ fields }) => Object.keys(fields)))]
  const found = dissect(context, format, capturedOf(cases.map(({ frame }) => frame)), names)
  expect(found).toHaveLength(cases.length)
  for (const [n, { fields }] of cases.entries()) expect(found[n]).toMatchObject(fields)
})

test.for(formats)('%s: no frame is malformed, every FCS is right', (format, context) => {
  const found = dissect(context, format, capturedOf(cases.map(({ frame }) => frame)), health)
  expect(found).toHaveLength(cases.length)
  for (const frame of found) expect(frame).toMatchObject({ '_ws.malformed': '', 'wpan.fcs_ok': '1' })
})

test.for(formats)('%s: a flipped bit is a bad FCS, so the check above can fail', (format, context) => {
  const [frame] = capturedOf([{ type: 'ack', sequence: 1 }])
  if (!frame) throw new Error('no frame')
  frame.octets[2] = (frame.octets[2] ?? 0) ^ 1
  expect(dissect(context, format, [frame], health)).toMatchObject([{ 'wpan.fcs_ok': '0' }])
})

test.for(formats)(
  '%s: frames are dated with the civil time of the simulation, to the microsecond',
  (format, context) => {
    const found = dissect(
      context,
      format,
      capturedOf([
        { type: 'ack', sequence: 1 },
        { type: 'ack', sequence: 2 },
      ]),
      ['frame.time_epoch'],
    )
    expect(found.map(frame => frame['frame.time_epoch'])).toEqual(['1767225600.000000000', '1767225601.000001000'])
  },
)

test('the TAP header tells signal strength, channel and link quality', context => {
  const found = dissect(context, 'tap', capturedOf([{ type: 'ack', sequence: 1 }]), [
    'wpan-tap.rss',
    'wpan-tap.ch_num',
    'wpan-tap.ch_page',
    'wpan-tap.lqi',
    'wpan-tap.fcs_type',
  ])
  expect(found).toEqual([
    {
      'wpan-tap.rss': '-61',
      'wpan-tap.ch_num': '15',
      'wpan-tap.ch_page': '0',
      'wpan-tap.lqi': '142',
      'wpan-tap.fcs_type': '1',
    },
  ])
})

test('frames captured from the air, acknowledgements included, are all sound', context => {
  const bench = new RadioBench()
  const parent = bench.node('hub', 0)
  const child = bench.node('gsme', 0x1234)
  parent.radio.setFramePending(0x1234, true)
  bench.send(child, poll(0x1234, 0))
  bench.send(parent, data(0, 0x1234, { payload: nwk }))
  bench.send(parent, data(0, 0xffff, { payload: nwk }))
  for (const format of formats) {
    const found = dissect(context, format, bench.captured, [...health, 'wpan.frame_type', 'wpan.pending'])
    expect(found.map(frame => frame['_ws.malformed'])).toEqual(['', '', '', '', ''])
    expect(found.map(frame => `${frame['wpan.frame_type']} ${frame['wpan.pending']} ${frame['wpan.fcs_ok']}`)).toEqual([
      '0x0003 0 1',
      '0x0002 1 1',
      '0x0001 0 1',
      '0x0002 0 1',
      '0x0001 0 1',
    ])
  }
})

test('with the key file beside it, tshark opens what is encrypted', context => {
  const [frame] = capturedOf([{ type: 'ack', sequence: 1 }])
  if (!frame) throw new Error('no frame')
  const keys = zigbeePcKeys([{ key: networkKey, label: 'network' }])
  expect(keys).toBe('"a0:a1:a2:a3:a4:a5:a6:a7:a8:a9:aa:ab:ac:ad:ae:af","Normal","network (test)"\n')
  const fields = ['zbee.sec.decryption_key', 'zbee_zdp.nwk_addr']
  expect(dissect(context, 'tap', [{ ...frame, octets: withFcs(announce) }], fields, { keys })).toEqual([
    { 'zbee.sec.decryption_key': 'network (test)', 'zbee_zdp.nwk_addr': '0x1234' },
  ])
})
