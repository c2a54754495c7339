/** An APS frame of every kind, and what Wireshark must see in it. */
import { fromHex } from '../../src/base/bytes.ts'
import { application, METER, Paper, shown, unicast, type Written } from './zigbee-air.ts'

const OTHER = '00db1234567890b2'
const HUB = '00db1234567890c3'
const KEY = fromHex('101112131415161718191a1b1c1d1e1f')
const KEY_SHOWN = '10111213 14151617 18191a1b 1c1d1e1f'.replaceAll(' ', '')
/** Read of Metering: summation. */
const READ = fromHex('0005000000')

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
