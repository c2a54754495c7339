/** Sound installations migrate, and what is said of them afterwards is true. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DUAL_FUEL, home, migrateRig, notPassed, verdictsOn, writeRig } from '../helpers/migration.ts'

const NOT_NEEDED = ['CB-REC-RETURN SKIPPED', 'CB-REC-SERVICE SKIPPED']

test('a dual-fuel home migrates: everything passes but the recovery nobody needs', async () => {
  const { verdicts, exitCode, summary, outcome } = await migrateRig({ rig: DUAL_FUEL })
  expect(notPassed(verdicts)).toEqual(NOT_NEEDED)
  expect(verdicts.filter(({ verdict }) => verdict === 'SKIPPED').map(({ reason }) => reason)).toEqual([
    'not needed',
    'not needed',
  ])
  expect({ exitCode, summary, outcome }).toEqual({
    exitCode: 0,
    summary: '50 passed, 0 failed, 0 blocked, 2 skipped',
    outcome: 'finished',
  })
})

test('an electricity-only home migrates, and GT01 says why it was not judged', async () => {
  const { verdicts, exitCode } = await migrateRig({ rig: 'rigs/cb-electricity-only.yaml' })
  expect(exitCode).toBe(0)
  const gt01 = verdictsOn(verdicts, 'CB-CHK-GT01')
  expect(gt01).toMatchObject([{ verdict: 'SKIPPED', reason: 'no GSME in this installation' }])
  expect(verdicts.filter(({ deviceType }) => deviceType === 'PPMID' || deviceType === 'GSME')).toEqual([])
  expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['PASS', 'SKIPPED']))
})

test('where the Group says a home without gas fails GT01, it fails and returns to its SMSO', async () => {
  const { verdicts, exitCode, conditions } = await migrateRig({
    rig: 'rigs/cb-electricity-only.yaml',
    settings: ['gt01.withoutGsme=fail'],
  })
  expect(exitCode).toBe(1)
  expect(verdictsOn(verdicts, 'CB-CHK-GT01')).toMatchObject([{ verdict: 'FAIL' }])
  expect(conditions).toMatchObject([{ id: 'q2-data-sent', attached: 'newcastle' }])
})

test('a home with all seven device types migrates, each checked as what it is', async () => {
  const { verdicts, exitCode } = await migrateRig({ rig: 'rigs/cb-seven-devices.yaml' })
  expect(exitCode).toBe(0)
  expect(notPassed(verdicts)).toEqual(NOT_NEEDED)
  const listed = verdictsOn(verdicts, 'CB-PRE-WHITELIST').map(({ deviceType }) => deviceType)
  expect(listed).toEqual(['ESME', 'GSME', 'PPMID', 'IHD', 'CAD'])
})

test('a migrated home is closed off: the network lets its SIM on elster and not on newcastle', async () => {
  const { rig, conditions } = await migrateRig()
  expect(conditions).toMatchObject([{ id: 'q4a-migrated', attached: 'elster', plan: 'elster-only' }])
  const one = rig.installation('home-1')
  expect(one.link.session).toEqual({ apn: 'elster', ip: '10.60.0.10' })
  expect(rig.sims.admit(one.record.sim.imsi, 'newcastle')).toEqual({ refused: 'plan' })
  expect(one.hub.session.originators.names).toEqual(['s1sp'])
  expect(one.hub.commissioned).toEqual(new Set(['00db1234567890a3', '00db1234567890a2', '00db1234567890a4']))
})

test('several homes migrate in one run, each to its own address', async () => {
  const homes = ['north', 'south', 'west'].map((id, i) => home(id, 30 + i))
  const { verdicts, exitCode, conditions, rig } = await migrateRig({ rig: writeRig(homes) })
  expect(exitCode).toBe(0)
  expect(verdicts).toHaveLength(3 * 52)
  expect(conditions.map(({ installation, id }) => `${installation} ${id}`).toSorted()).toEqual([
    'north q4a-migrated',
    'south q4a-migrated',
    'west q4a-migrated',
  ])
  expect(rig.installations.map(({ link }) => link.session?.ip)).toEqual(['10.60.0.10', '10.60.0.11', '10.60.0.12'])
})

test('the run folder tells the verdicts, the condition and the trace hash the run ended with', async () => {
  const { directory, verdicts, traceHash } = await migrateRig()
  const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'))
  expect(read('verdicts.json').verdicts).toEqual(JSON.parse(JSON.stringify(verdicts)))
  expect(read('manifest.json')).toMatchObject({ complete: true, outcome: 'finished', traceHash, seed: '1' })
  expect(read('verdicts.json').left).toContainEqual({
    installation: 'home-1',
    part: 'hub',
    name: 'attached to',
    value: 'elster',
  })
})
