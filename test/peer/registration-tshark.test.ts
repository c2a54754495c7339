/** Devices come to their keys, captured from the air, as tshark sees it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { HUB, METER, suitesAgreed, ZigbeeHome } from '../helpers/zigbee-home.ts'
import { stranger } from './strangers.ts'
import { type TsharkCapture, tsharkCapture } from './tshark-capture.ts'

const tshark = stranger('tshark')
const REPLACEMENT = '00db1234567800a7'

describe.skipIf(!tshark.available).each([
  { how: 'each message in one frame', room: {}, blocks: 0 },
  { how: 'the long messages in blocks', room: { maxApduOctets: 60 }, blocks: 4 },
])('a join with key establishment in suite 2, $how', ({ room, blocks }) => {
  let capture: TsharkCapture

  beforeAll(() => {
    const home = new ZigbeeHome()
    const hub = home.hub({ suites: [1, 2], ...room })
    const meter = home.joined(hub, METER, { suites: [1, 2], ...room })
    expect(suitesAgreed(meter)).toEqual([2])
    expect(home.send(meter, HUB)).toBe('delivered')
    capture = tsharkCapture(home.pcap(hub.node))
  })
  afterAll(() => capture.remove())
  const frames: TsharkCapture['frames'] = (filter, fields) => capture.frames(filter, fields)

  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(frames('wpan.cmd == 7').length).toBeGreaterThan(0)
    expect(frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })

  it('asks the trust centre for its endpoint, then for its suites, and hears of both', () => {
    expect(frames('zbee_zdp.in_cluster == 0x0800 && zbee_zdp.profile == 0x0109')).toHaveLength(1)
    const suites = ['zbee_zcl.cmd.id', 'zbee_zcl_se.ke.attr_id', 'zbee_zcl.attr.uint16']
    expect(frames('zbee_zcl_se.ke.attr_id', suites)).toEqual(['0x00\t0x0000\t', '0x01\t0x0000\t3'])
  })

  it('carries both certificates, both points and both MACs', () => {
    const certificate = ['subject', 'curve', 'hash', 'key.usage.agreement'].map(name => `zbee_zcl_se.ke.cert.${name}`)
    expect(frames('zbee_zcl_se.ke.cert.subject', certificate)).toEqual(
      [METER, HUB].map(subject => `${subject}\t0x0d\t0x08\t1`),
    )
    expect(frames('zbee_zcl_se.ke.qeu || zbee_zcl_se.ke.qev')).toHaveLength(2)
    expect(frames('zbee_zcl_se.ke.macu || zbee_zcl_se.ke.macv')).toHaveLength(2)
    expect(frames('zbee_aps.block && zbee_aps.type == 0')).toHaveLength(blocks)
  })

  it('ends in data that opens under the agreed key', () => {
    expect(frames('zbee_aps.cluster == 0x0702 && zbee.sec.key_id == 0x00').length).toBeGreaterThan(0)
  })
})

describe.skipIf(!tshark.available)('a meter that comes back to a replaced hub', () => {
  let capture: TsharkCapture

  beforeAll(() => {
    const home = new ZigbeeHome()
    const before = home.hub()
    const meter = home.joined(before, METER)
    const backup = before.node.backup()
    home.air.inject({ kind: 'node-off', node: HUB })
    home.forgetCapture()
    const hub = home.unformedHub(REPLACEMENT)
    if (backup) hub.node.restore(backup)
    hub.node.form({ panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 })
    home.run(seconds(1))
    meter.node.join(new Uint8Array())
    home.until(() => meter.told.length > 1)
    expect(home.send(meter, REPLACEMENT)).toBe('delivered')
    capture = tsharkCapture(home.pcap(hub.node))
  })
  afterAll(() => capture.remove())

  it('gets the network key under the hash of its link key, and everything after it opens', () => {
    const transported = ['zbee_aps.cmd.key_type', 'zbee.sec.decryption_key']
    expect(capture.frames('zbee_aps.cmd.id == 0x05', transported)).toEqual([`0x01\tinstall code ${METER} (test)`])
    expect(capture.frames('_ws.malformed || wpan.fcs_ok == 0')).toEqual([])
    const closed = capture.frames('zbee_sec.encrypted_payload', ['zbee_nwk.src', 'zbee_nwk.cmd.id'])
    // The request under the network key of the hub that is gone, to which nobody has an answer.
    expect(closed.length).toBeLessThanOrEqual(1)
  })

  it('agrees on a new link key, which carries data', () => {
    expect(capture.frames('zbee_zcl_se.ke.macu || zbee_zcl_se.ke.macv')).toHaveLength(2)
    const data = capture.frames('zbee_aps.cluster == 0x0702 && zbee.sec.key_id == 0x00', ['zbee.sec.decryption_key'])
    expect(data.length).toBeGreaterThan(0)
  })
})
