/** A migration of a bench: real meters behind a radio stick, which the operating system shows as a serial device. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StepVerdict } from '../../src/ports/verdict.ts'
import { replayRun } from '../../src/rig/replay-run.ts'
import { emulatedHome, migrateBench, SEED, SETTINGS } from '../helpers/bench.ts'
import { migrateRig, notPassed } from '../helpers/migration.ts'
import { serialportMissing } from '../helpers/serialport.ts'
import { needs, stranger } from './strangers.ts'

const judged = (verdicts: readonly StepVerdict[]) =>
  verdicts.map(({ step, deviceType = '', verdict }) => `${step} ${deviceType} ${verdict}`)

test('a bench comes to the same verdicts as the emulated home, and its air is captured; it can be replayed', {
  timeout: 90_000,
}, async context => {
  const missing = await serialportMissing()
  if (missing) context.skip(missing)
  needs(context, 'socat')
  needs(context, 'tshark')
  const [real, emulated] = await Promise.all([
    migrateBench(),
    migrateRig({ rig: emulatedHome(), settings: SETTINGS, seed: SEED }),
  ])
  expect(judged(real.verdicts)).toEqual(judged(emulated.verdicts))
  expect(notPassed(real.verdicts)).toEqual(['CB-REC-RETURN SKIPPED', 'CB-REC-SERVICE SKIPPED'])

  // Without the hardware, from the record of what it said.
  const again = await replayRun({ directory: real.directory })
  expect(again).toMatchObject({ from: 'inlet', divergences: [], differences: [], sameTrace: true, error: undefined })

  const frames = (filter: string) => tshark(real.directory, filter)
  // The stick that listens hears acknowledgements, which no host is told of.
  expect(frames('wpan.frame_type == 2').length).toBeGreaterThan(20)
  expect(frames('zbee_zcl_se.ke.cert.issuer').length).toBeGreaterThanOrEqual(4)
  expect(frames('zbee_aps.cluster == 0x0702 && zbee_zcl.cmd.id == 0x0a').length).toBeGreaterThanOrEqual(1)
  expect(frames('_ws.malformed || wpan.fcs_ok == 0 || zbee_sec.encrypted_payload')).toEqual([])
})

/** Lines of tshark for the frames a display filter lets through. */
function tshark(directory: string, filter: string): string[] {
  const keys = readFileSync(join(directory, 'zigbee_pc_keys'), 'utf8').trim().split('\n')
  const opened = keys.flatMap(key => ['-o', `uat:zigbee_pc_keys:${key}`])
  const args = [
    '-r',
    join(directory, 'han-bench-1.pcap'),
    ...opened,
    '-o',
    'zbee_aps.zbeeseversion:SE 1.1b',
    '-Y',
    filter,
  ]
  const text = execFileSync(stranger('tshark').path ?? '', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text.split('\n').filter(line => line !== '')
}
