/** The captures people get, opened the way they open them: a Wireshark profile with the key file of the run folder. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { DUAL_FUEL, migrateRig, temporaryFolder } from '../helpers/migration.ts'
import { stranger } from './strangers.ts'

const tshark = stranger('tshark')
const SEVEN = 'rigs/cb-seven-devices.yaml'
const ELECTRICITY = 'rigs/cb-electricity-only.yaml'

/** Fields of the frames that a display filter lets through. */
function opened(folder: string, filter: string, field = 'frame.number'): string[] {
  const profile = join(temporaryFolder(), 'wireshark')
  mkdirSync(profile)
  copyFileSync(join(folder, 'zigbee_pc_keys'), join(profile, 'zigbee_pc_keys'))
  const file = join(folder, 'han-home-1.pcap')
  const args = ['-r', file, '-o', 'zbee_aps.zbeeseversion:SE 1.1b', '-Y', filter, '-T', 'fields', '-e', field]
  const text = execFileSync(tshark.path ?? '', args, {
    env: { ...process.env, XDG_CONFIG_HOME: join(profile, '..') },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text.split('\n').filter(line => line !== '')
}

const DATA = 'zbee_aps.cluster == 0x0702'
const BAD = '_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0'

describe.skipIf(!tshark.available)('a capture of a run, as tshark opens it with the key file', () => {
  it.each<[string, string, string[]]>([
    [DUAL_FUEL, '2', ['han.loss=10%']],
    [DUAL_FUEL, '3', ['gsme.off=2h', 'esme.counter=0']],
    [DUAL_FUEL, '4', ['han.replay=30%', 'han.delay=5%', 'han.duplicate=5%']],
    [SEVEN, '5', []],
    [SEVEN, '6', ['hub.off=10min,at:40min']],
    [ELECTRICITY, '7', ['han.corrupt=5%', 'han.interference=-40dBm,turns:1s/4s']],
  ])('%s with seed %s and %s has nothing malformed, closed or with a bad FCS', async (rig, seed, faults) => {
    const { directory } = await migrateRig({ rig, seed, faults })
    expect(opened(directory, DATA).length).toBeGreaterThan(100)
    expect(opened(directory, BAD)).toEqual([])
  })

  it('of a run that was killed opens, up to about its end', async () => {
    const out = join(temporaryFolder(), 'run')
    const run = start(['migrate', DUAL_FUEL, '--clock', 'x600', '--out', out])
    await eventually(() => expect(readFileSync(join(out, 'zigbee_pc_keys'), 'utf8').match(/CBKE/g)).toHaveLength(3))
    run.child.kill('SIGKILL')
    await run.ended
    expect(opened(out, DATA).length).toBeGreaterThan(0)
    expect(opened(out, BAD)).toEqual([])
  })
})
