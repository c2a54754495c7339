/** What the parties of a migration see of a device with a quirk, against one of the same firmware without. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { inMemory, migrateRig, temporaryFolder, verdictsOn } from '../helpers/migration.ts'

/** Migrates the dual-fuel home with quirks in the devices of a profile: the shipped one, and a line more. */
async function migrateWith(id: string, quirks: string) {
  const folder = temporaryFolder()
  const profile = join(folder, 'firmware-profiles', `${id}.yaml`)
  mkdirSync(dirname(profile), { recursive: true })
  writeFileSync(profile, `${readFileSync(`firmware-profiles/${id}.yaml`, 'utf8')}quirks: { ${quirks} }\n`)
  const rig = join(folder, 'rigs', 'home.yaml')
  mkdirSync(dirname(rig))
  writeFileSync(rig, readFileSync(inMemory(), 'utf8'))
  const { verdicts, conditions } = await migrateRig({ rig })
  const failed = verdicts.filter(({ verdict }) => verdict === 'FAIL')
  return {
    failed: failed.map(({ step, deviceType }) => `${step} ${deviceType}`),
    observed: failed[0]?.observed,
    on: (step: string, type?: string) =>
      verdictsOn(verdicts, step).filter(({ deviceType }) => type === undefined || deviceType === type),
    condition: conditions[0]?.id,
  }
}

const AS300P = 'honeywell-elster/as300p/1.4.2'
const S1CH = 'honeywell-elster/s1ch/2.1.0'
const BK_G4E = 'honeywell-elster/bk-g4e/3.0.1'
const PPMID = 'generic/ppmid/1.2.0'

test('a meter whose version is no valid identifier is not migrated: its SMSO cannot tell what it runs', async () => {
  const blank = 'malformedVersion: { value: { says: "{version} " }, source: assumed }'
  const { failed, observed, condition } = await migrateWith(AS300P, blank)
  expect(failed).toEqual(['CB-PRE-UPGRADE ESME'])
  expect(observed).toBe('"1.4.2 " is no valid identifier')
  expect(condition).toBe('q0-original')
})

test('a PPMID with such a version counts as an IHD, and the home migrates without it on the list', async () => {
  const blank = 'malformedVersion: { value: { says: "{version}\\0" }, source: assumed }'
  const { failed, on, condition } = await migrateWith(PPMID, blank)
  expect(failed).toEqual([])
  expect(on('CB-PRE-UPGRADE', 'PPMID')).toMatchObject([{ verdict: 'TOLERATED' }])
  expect(condition).toBe('q4a-migrated')
})

test('a meter that drops the second of two rapid requests fails where two steps ask it at once: E21', async () => {
  const rapid = 'dropsSecondRequest: { value: { withinMs: 500 }, source: assumed }'
  const { failed, observed } = await migrateWith(AS300P, rapid)
  // Its version was read the moment before.
  expect(failed).toEqual(['CB-PRE-UPGRADE ESME'])
  expect(observed).toBe('E21 timeout')
})

test('a hub whose clock has jumped is seen, set right and passes', async () => {
  // At 07:00, while the home settles, and not again before a week has passed.
  const jump = 'clockJumps: { value: { everyH: 199, byS: 900 }, source: assumed }'
  const { failed, on } = await migrateWith(S1CH, jump)
  expect(on('CB-PRE-CLOCK')).toMatchObject([
    { verdict: 'PASS', observed: expect.stringMatching(/^900\.\d s off, set, -?0\.\d s off$/) },
  ])
  expect(failed).toEqual([])
})

test('a gas meter that states a divisor ten times too small is read ten times too high', async () => {
  const read = async (divisor: number) => {
    const stated = `wrongUnit: { value: { divisor: ${divisor} }, source: assumed }`
    const [judged] = (await migrateWith(BK_G4E, stated)).on('CB-CHK-READ', 'GSME')
    return Number(/[\d,]*\d/.exec(judged?.observed ?? '')?.[0].replaceAll(',', ''))
  }
  expect((await read(100)) / (await read(1_000))).toBeCloseTo(10, 5)
})
