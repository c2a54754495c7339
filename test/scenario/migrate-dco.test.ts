/** A Group whose critical requests the DCO authenticates as well. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { DUAL_FUEL, migrateRig, notPassed, temporaryFolder, verdictsOn, writeRig } from '../helpers/migration.ts'

const { installations, testKeys } = parse(readFileSync(DUAL_FUEL, 'utf8'))

function writeText(text: string): string {
  const folder = temporaryFolder()
  const file = join(folder, 'rig.yaml')
  writeFileSync(file, text)
  return file
}

/** The dual-fuel home, with a key of the DCO or without. */
function attempt(dco?: string) {
  return migrateWith(writeRig(installations, { testKeys: { ...testKeys, ...(dco && { others: { dco } }) } }), 'CB')
}

/** Its Group is the one of the package, but for the DCO. */
function migrateWith(rig: string, group: string) {
  const groupFile = join(dirname(rig), 'dco.yaml')
  const dco = '{ authenticates: critical, source: assumed }'
  const base = `${group.toLowerCase()}.yaml`
  writeFileSync(groupFile, `schema: s1rig/group/1\nid: ${group}\nextends: ${base}\ndco: ${dco}\n`)
  return migrateRig({ rig, groupFile })
}

test('a home of such a Group migrates: the DCO countersigns what is critical', async () => {
  const { verdicts, exitCode } = await attempt('dc'.repeat(32))
  expect(notPassed(verdicts)).toEqual(['CB-REC-RETURN SKIPPED', 'CB-REC-SERVICE SKIPPED'])
  expect(exitCode).toBe(0)
})

test.each([
  ['AA', 'ioc'],
  ['DA', 'secure'],
  ['EA', 'foc'],
])('a home of Group %s does too', async (group, cohort) => {
  const text = readFileSync(`rigs/${cohort}-dual-fuel.yaml`, 'utf8')
  const { verdicts, exitCode, rig } = await migrateWith(
    writeText(text.replace('\ninstallations:', `\n  others: { dco: "${'dc'.repeat(32)}" }\ninstallations:`)),
    group,
  )
  expect(notPassed(verdicts)).toEqual([`${group}-REC-RETURN SKIPPED`, `${group}-REC-SERVICE SKIPPED`])
  expect(exitCode).toBe(0)
  const { hub } = rig.installation('home-1')
  expect([hub.asksDco, hub.commissioned.size]).toEqual([true, 3])
  expect(hub.session.originators.names).toContain('dco')
})

test('without a key of the DCO its devices are not commissioned', async () => {
  const { verdicts, exitCode, rig } = await attempt()
  expect(exitCode).toBe(1)
  const commissioned = verdictsOn(verdicts, 'CB-COM-COMMISSION')
  expect(new Set(commissioned.map(({ verdict }) => verdict))).toEqual(new Set(['FAIL']))
  expect(rig.installation('home-1').hub.commissioned.size).toBe(0)
})
