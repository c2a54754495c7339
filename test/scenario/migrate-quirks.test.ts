/** What the parties of a migration see of a device with a quirk, against one of the same firmware without. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { inMemory, migrateRig, temporaryFolder, verdictsOn } from '../helpers/migration.ts'

/** Later releases of the models of the rig that are on its Group's list of combinations. */
const NEXT = {
  's1ch/2.1.0': { device: 'CHF', next: 's1ch/2.2.0' },
  'as300p/1.4.2': { device: 'ESME', next: 'as300p/1.5.0' },
  'bk-g4e/3.0.1': { device: 'GSME', next: 'bk-g4e/3.1.0' },
} as const

/** Migrates the dual-fuel home with the next firmware in one device, made here: the shipped one before it, and `quirks`. */
async function migrateWith(old: keyof typeof NEXT, quirks: string) {
  const { device, next } = NEXT[old]
  const folder = temporaryFolder()
  const profile = join(folder, 'firmware-profiles', 'honeywell-elster', `${next}.yaml`)
  mkdirSync(dirname(profile), { recursive: true })
  const lines = [
    'schema: s1rig/firmware-profile/1',
    `device: ${device}`,
    `extends: honeywell-elster/${old}`,
    `firmware: { version: { value: "${next.split('/')[1]}", source: assumed } }`,
    quirks && `quirks: { ${quirks} }`,
  ]
  writeFileSync(profile, `${lines.join('\n')}\n`)
  const rig = join(folder, 'rigs', 'home.yaml')
  mkdirSync(dirname(rig))
  writeFileSync(rig, readFileSync(inMemory(), 'utf8').replace(old, next))
  const { verdicts, conditions } = await migrateRig({ rig })
  const failed = verdicts.filter(({ verdict }) => verdict === 'FAIL')
  return {
    failed: failed.map(({ step, deviceType }) => `${step} ${deviceType}`),
    observed: failed[0]?.observed,
    on: (step: string) => verdictsOn(verdicts, step),
    condition: conditions[0]?.id,
  }
}

test.for(Object.keys(NEXT) as (keyof typeof NEXT)[])('without a quirk the firmware after %s migrates', async old => {
  expect(await migrateWith(old, '')).toMatchObject({ failed: [], condition: 'q4a-migrated' })
})

test('a version with a blank at its end is on no list: the check of firmware fails and the home returns', async () => {
  const { failed, observed, condition } = await migrateWith(
    'as300p/1.4.2',
    'malformedVersion: { value: { says: "{version} " }, source: assumed }',
  )
  expect(failed).toEqual(['CB-CHK-FIRMWARE ESME'])
  expect(observed).toBe('1.5.0 ')
  expect(condition).toBe('q2-data-sent')
})

test('a meter that drops the second of two rapid requests fails where two steps ask it at once: E21, and the home returns', async () => {
  const { failed, observed, condition } = await migrateWith(
    'as300p/1.4.2',
    'dropsSecondRequest: { value: { withinMs: 500 }, source: assumed }',
  )
  // Right after its identity was read.
  expect(failed).toContain('CB-CHK-FIRMWARE ESME')
  expect(observed).toMatch(/^E21/)
  expect(condition).toBe('q2-data-sent')
})

test('a hub whose clock has jumped is seen, set right and passes', async () => {
  const { failed, on } = await migrateWith(
    's1ch/2.1.0',
    // At 07:00, while the home settles, and not again before a week has passed.
    'clockJumps: { value: { everyH: 199, byS: 900 }, source: assumed }',
  )
  expect(on('CB-PRE-CLOCK')).toMatchObject([
    { verdict: 'PASS', observed: expect.stringMatching(/^900\.\d s off, set, -?0\.\d s off$/) },
  ])
  expect(failed).toEqual([])
})

test('a gas meter that states a divisor ten times too small is read ten times too high', async () => {
  const read = async (quirks: string) => (await migrateWith('bk-g4e/3.0.1', quirks)).on('CB-CHK-READ')[1]?.observed
  const value = (observed = '') => Number(/[\d,]*\d/.exec(observed)?.[0].replaceAll(',', ''))
  const [right, wrong] = [await read(''), await read('wrongUnit: { value: { divisor: 100 }, source: assumed }')]
  expect(value(wrong) / value(right)).toBeCloseTo(10, 5)
})
