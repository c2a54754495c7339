/** A Group whose critical requests the DCO authenticates as well. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { DUAL_FUEL, migrateRig, notPassed, verdictsOn, writeRig } from '../helpers/migration.ts'
import { groupText } from '../helpers/scripted-parties.ts'

const { installations, testKeys } = parse(readFileSync(DUAL_FUEL, 'utf8'))

/** The dual-fuel home, with a key of the DCO or without. */
function attempt(dco?: string) {
  const rig = writeRig(installations, { testKeys: { ...testKeys, ...(dco && { others: { dco } }) } })
  const groupFile = join(dirname(rig), 'dco.yaml')
  const text = groupText().replace('authenticates: nothing', 'authenticates: critical')
  expect(text).not.toBe(groupText())
  writeFileSync(groupFile, text)
  return migrateRig({ rig, groupFile })
}

test('a home of such a Group migrates: the DCO countersigns what is critical', async () => {
  const { verdicts, exitCode } = await attempt('dc'.repeat(32))
  expect(notPassed(verdicts)).toEqual(['CB-REC-RETURN SKIPPED', 'CB-REC-SERVICE SKIPPED'])
  expect(exitCode).toBe(0)
})

test('without a key of the DCO its devices are not commissioned', async () => {
  const { verdicts, exitCode, rig } = await attempt()
  expect(exitCode).toBe(1)
  const commissioned = verdictsOn(verdicts, 'CB-COM-COMMISSION')
  expect(new Set(commissioned.map(({ verdict }) => verdict))).toEqual(new Set(['FAIL']))
  expect(rig.installation('home-1').hub.commissioned.size).toBe(0)
})
