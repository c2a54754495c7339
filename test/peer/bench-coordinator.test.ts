/** A migration of a bench whose hub has its HAN on a coordinator stick, driven by zigbee-herdsman. */
import { expect, test } from 'vitest'
import type { StepVerdict } from '../../src/ports/verdict.ts'
import { ezsp } from '../../src/rig/dongles/ezsp.ts'
import { emulatedHome, migrateOnCoordinator, SEED, SETTINGS } from '../helpers/bench.ts'
import { migrateRig } from '../helpers/migration.ts'
import { expectReplays } from '../helpers/replayed.ts'

const named = ({ step, deviceType = '' }: StepVerdict) => `${step} ${deviceType}`

test('what needs Smart Energy is skipped by name on an EZSP stick, the rest has the verdicts of the emulated home', {
  timeout: 90_000,
}, async () => {
  const [bench, emulated] = await Promise.all([
    migrateOnCoordinator(ezsp),
    migrateRig({ rig: emulatedHome(), settings: SETTINGS, seed: SEED }),
  ])
  const lacking = bench.verdicts.filter(({ reason }) => reason?.endsWith('on stick stick (ember)'))
  expect(lacking.map(one => `${named(one)} ${one.verdict}`)).toEqual(
    [
      ...[
        'CB-PRE-FIRMWARE ESME',
        'CB-PRE-FIRMWARE GSME',
        'CB-PRE-UPGRADE ESME',
        'CB-PRE-UPGRADE GSME',
        'CB-CHK-IDENTITY ESME',
        'CB-CHK-IDENTITY GSME',
      ],
      ...['CB-CHK-FIRMWARE ESME', 'CB-CHK-FIRMWARE GSME', 'CB-CHK-READ ESME', 'CB-CHK-READ GSME'],
      ...['CB-CHK-PROFILE ESME', 'CB-COM-COMMISSION ESME', 'CB-COM-COMMISSION GSME'],
    ].map(step => `${step} SKIPPED`),
  )
  const skipped = new Set(lacking.map(named))
  const judged = (verdicts: readonly StepVerdict[]) =>
    verdicts.filter(one => !skipped.has(named(one))).map(one => `${named(one)} ${one.verdict}`)
  expect(judged(bench.verdicts)).toEqual(judged(emulated.verdicts))
  await expectReplays(bench)
})
