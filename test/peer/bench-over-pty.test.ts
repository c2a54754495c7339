/** A migration of a bench: real meters behind a radio stick, which the operating system shows as a serial device. */
import { expect, test } from 'vitest'
import type { StepVerdict } from '../../src/ports/verdict.ts'
import { replayRun } from '../../src/rig/replay-run.ts'
import { emulatedHome, migrateBench, SEED, SETTINGS } from '../helpers/bench.ts'
import { migrateRig, notPassed } from '../helpers/migration.ts'
import { needsSerial } from '../helpers/serialport.ts'
import { needs } from './strangers.ts'
import { tsharkRun } from './tshark-capture.ts'

const judged = (verdicts: readonly StepVerdict[]) =>
  verdicts.map(({ step, deviceType = '', verdict }) => `${step} ${deviceType} ${verdict}`)

test('a bench comes to the same verdicts as the emulated home, and its air is captured; it can be replayed', {
  timeout: 90_000,
}, async context => {
  await needsSerial(context)
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

  const frames = (filter: string) => tsharkRun({ directory: real.directory, home: 'bench-1' }, filter)
  // The stick that listens hears acknowledgements, which no host is told of.
  expect(frames('wpan.frame_type == 2').length).toBeGreaterThan(20)
  expect(frames('zbee_zcl_se.ke.cert.issuer').length).toBeGreaterThanOrEqual(4)
  expect(frames('zbee_aps.cluster == 0x0702 && zbee_zcl.cmd.id == 0x0a').length).toBeGreaterThanOrEqual(1)
  expect(frames('_ws.malformed || wpan.fcs_ok == 0 || zbee_sec.encrypted_payload')).toEqual([])
})
