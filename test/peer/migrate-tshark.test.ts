import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { type MigrationReport, runMigration } from '../../src/rig/run-migration.ts'
import { stranger } from './strangers.ts'
import { tsharkRun } from './tshark-capture.ts'

const tshark = stranger('tshark')

describe.skipIf(!tshark.available)('a migration whose HAN is on the air, as tshark sees it', () => {
  const scratch = mkdtempSync(join(tmpdir(), 's1rig-tshark-'))
  let report: MigrationReport

  beforeAll(async () => {
    report = await migrate('rigs/cb-dual-fuel.yaml', 'radio')
  })
  afterAll(() => rmSync(scratch, { recursive: true }))

  const migrate = (rigFile: string, name: string) =>
    runMigration({
      prepared: prepare({ rigFile }),
      seed: '1',
      clock: new VirtualRunClock(),
      broker: {},
      out: join(scratch, name),
    })

  const frames = (filter: string) => tsharkRun({ directory: report.directory, home: 'home-1' }, filter)

  it('has no malformed frame, nothing left closed and no bad FCS, from the first beacon request on', () => {
    expect(frames('wpan').length).toBeGreaterThan(1_000)
    expect(frames('wpan.cmd == 7').length).toBeGreaterThan(0)
    expect(frames('_ws.malformed')).toEqual([])
    expect(frames('zbee_sec.encrypted_payload')).toEqual([])
    expect(frames('wpan.fcs_ok == 0')).toEqual([])
  })

  it.each([
    ['the network key goes to each joiner', 'zbee_aps.cmd.id == 0x05 && zbee_aps.cmd.key_type == 0x01', 3],
    ['each joiner proves itself by its certificate', 'zbee_zcl_se.ke.cert.issuer && zbee_zcl_se.ke.cert.subject', 6],
    ['both sides of each key establishment confirm', 'zbee_zcl_se.ke.macu || zbee_zcl_se.ke.macv', 6],
    ['a partner key is handed out for display and meter', 'zbee_aps.cmd.key_type == 0x03', 2],
    [
      'displays read the meter',
      'zbee_aps.profile == 0x0109 && zbee_aps.cluster == 0x0702 && zbee_zcl.cmd.id == 0x00',
      500,
    ],
    ['the gas meter reports to its mirror', 'zbee_aps.cluster == 0x0702 && zbee_zcl.cmd.id == 0x0a', 3],
    ['the time is written and read', 'zbee_aps.cluster == 0x000a', 4],
    ['the meter gives its half hours', 'zbee_zcl_se.met.get_profile_response.status == 0', 1],
    ['the price is asked for', 'zbee_zcl_se.price.cmd.srv_rx.id == 0x00', 2],
    ['the last message is asked for', 'zbee_zcl_se.msg.cmd.srv_rx.id == 0x00', 2],
    ['the gas meter polls its parent', 'wpan.cmd == 4', 10],
  ])('%s', (_, filter, atLeast) => {
    expect(frames(filter).length).toBeGreaterThanOrEqual(atLeast)
  })

  it('data of the Metering, Price and Messaging clusters is under link keys', () => {
    expect(frames('zbee_aps.cluster in {0x0700, 0x0702, 0x0703} && !(zbee.sec.key_id == 0x00)')).toEqual([])
  })

  it('reaches the hub through the electricity meter, report by report, from a gas meter the hub does not hear', async () => {
    const { directory } = await migrate('rigs/cb-far-meter.yaml', 'far')
    const run = { directory, home: 'home-1' }
    const hops = (filter: string) => new Set(tsharkRun(run, filter, ['zbee.sec.src64'], ['-E', 'occurrence=f']))
    const [esme, gsme] = ['00:db:12:34:56:78:90:a3', '00:db:12:34:56:78:90:a4']
    const reports = 'zbee_aps.cluster == 0x0702 && zbee_zcl.cmd.id == 0x0a'
    // Senders of the hops that end at the hub, and of those that do not.
    expect(hops(`${reports} && wpan.dst16 == 0x0000`)).toEqual(new Set([esme]))
    expect(hops(`${reports} && wpan.dst16 != 0x0000`)).toEqual(new Set([gsme]))
    for (const wrong of ['_ws.malformed', 'zbee_sec.encrypted_payload']) expect(tsharkRun(run, wrong)).toEqual([])
  })

  it('leaves the same trace again', async () => {
    expect((await migrate('rigs/cb-dual-fuel.yaml', 'again')).traceHash).toBe(report.traceHash)
  })
})
