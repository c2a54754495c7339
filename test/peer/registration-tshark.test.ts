/** A join in suite 2, captured from the air, as tshark sees it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HUB, METER, suitesAgreed, ZigbeeHome } from '../helpers/zigbee-home.ts'
import { stranger } from './strangers.ts'

const tshark = stranger('tshark')

describe.skipIf(!tshark.available).each([
  { how: 'each message in one frame', room: {}, blocks: 0 },
  { how: 'the long messages in blocks', room: { maxApduOctets: 60 }, blocks: 4 },
])('a join with key establishment in suite 2, $how', ({ room, blocks }) => {
  const scratch = mkdtempSync(join(tmpdir(), 's1rig-registration-'))
  const file = join(scratch, 'join.pcap')
  let keys: string[] = []

  beforeAll(() => {
    const home = new ZigbeeHome()
    const hub = home.hub({ suites: [1, 2], ...room })
    const meter = home.joined(hub, METER, { suites: [1, 2], ...room })
    expect(suitesAgreed(meter)).toEqual([2])
    expect(home.send(meter, HUB)).toBe('delivered')
    const capture = home.pcap(hub.node)
    writeFileSync(file, capture.octets)
    keys = capture.keys.trim().split('\n')
  })
  afterAll(() => rmSync(scratch, { recursive: true }))

  /** Values of fields in the frames a display filter lets through, frame by frame. */
  function frames(filter: string, fields: readonly string[] = ['frame.number']): string[] {
    const options = keys.flatMap(key => ['-o', `uat:zigbee_pc_keys:${key}`])
    const shown = fields.flatMap(field => ['-e', field])
    const text = execFileSync(tshark.path ?? '', ['-r', file, ...options, '-Y', filter, '-T', 'fields', ...shown], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return text.split('\n').filter(line => line !== '')
  }

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
