/** Whatever loses its power, and whenever: a migration comes to its end, and its run folder makes the same again. */
import { expect, test } from 'vitest'
import { SeededRandom } from '../../src/kernel/random.ts'
import { replayRun } from '../../src/rig/replay-run.ts'
import { inMemory, migrateRig } from '../helpers/migration.ts'

const PHASES = [
  'power-on',
  'pre-migration-configuration',
  'apn-switch',
  'device-checks',
  'credentials',
  'commissioning',
]
const SPANS = ['1s', '20s', '90s', '5min', '20min']

test.each(Array.from({ length: 8 }, (_, seed) => seed))('life %i', { timeout: 120_000 }, async seed => {
  const dice = new SeededRandom(`cuts in a migration ${seed}`).stream('faults')
  const pick = (of: readonly string[]): string => of[dice.int(of.length)] ?? ''
  const faults = Array.from({ length: 1 + dice.int(4) }, () => {
    const what = pick(['hub.off', 'esme.off', 'gsme.off', 'ppmid.off', 'home.mains'])
    return `${what}=${pick(SPANS)},at:${pick(PHASES)}+${1 + dice.int(6_000)}ms`
  })
  const { exitCode, conditions, directory, rig } = await migrateRig({ rig: inMemory(), faults, seed: `${seed}` })
  expect([0, 1], faults.join(' ')).toContain(exitCode)
  expect(conditions).toHaveLength(1)
  const { esme, gsme } = rig.installation('home-1').devices
  for (const meter of [esme, gsme]) {
    const birth = meter?.measurement.memory().birth.totals[0] ?? Number.POSITIVE_INFINITY
    expect(meter?.measurement.totals()[0]).toBeGreaterThanOrEqual(birth)
  }
  const again = await replayRun({ directory })
  expect([again.differences, again.sameTrace], faults.join(' ')).toEqual([[], true])
})
