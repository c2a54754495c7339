/** A run whose Group extends others keeps and checks copies of all of them, and is made again from these. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replayRun } from '../../src/rig/replay-run.ts'
import { s1rig } from '../helpers/cli.ts'
import { migrateRig, temporaryFolder, verdictsOn } from '../helpers/migration.ts'
import { problemsOf } from '../unit/profiles-bench.ts'

test('the run folder holds every Group file that was used, and the same run comes of them', async () => {
  const groupFile = join(temporaryFolder(), 'ours.yaml')
  const window = 'parameters:\n  gt01.windowHours: { value: 48, source: "lab [measured]" }\n'
  writeFileSync(groupFile, `schema: s1rig/group/1\nid: DA\nextends: da.yaml\n${window}`)
  const { directory, verdicts, exitCode } = await migrateRig({ rig: 'rigs/secure-dual-fuel.yaml', groupFile })
  expect(exitCode).toBe(0)
  expect(verdictsOn(verdicts, 'DA-CHK-GT01')[0]?.expected).toContain('48')
  const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))
  expect(manifest.group.copy).toBe('inputs/groups/ours.yaml')
  const copies = manifest.groupBases.map(({ copy }: { copy: string }) => copy)
  expect(copies).toEqual(['da', 'aa', 'cb'].map(name => `inputs/groups/${name}.yaml`))
  for (const copy of copies) {
    const original = `src/migration/${copy.replace('inputs/', '')}`
    expect(readFileSync(join(directory, copy), 'utf8')).toBe(readFileSync(original, 'utf8'))
  }
  expect(readFileSync(join(directory, 'report.html'), 'utf8')).toContain('Group extends')

  const again = await replayRun({ directory })
  expect([again.exitCode, again.differences, again.sameTrace]).toEqual([0, [], true])

  // What the copies say counts, not what the package has.
  const aa = join(directory, 'inputs/groups/aa.yaml')
  writeFileSync(aa, readFileSync(aa, 'utf8').replace('smso: CGI', 'smso: Other'))
  const [problem, ...more] = await refusedBy(() => replayRun({ directory }))
  expect([existsSync(aa), problem?.file, more]).toEqual([true, aa, []])
})

async function refusedBy(act: () => Promise<unknown>) {
  const error = await act().then(
    () => undefined,
    (why: unknown) => why,
  )
  return problemsOf(() => {
    throw error
  })
}

test('validate says what a Group with others is in the end', async () => {
  const { stdout, code } = await s1rig(['validate', 'src/migration/groups/ea.yaml', 'src/migration/groups/cb.yaml'])
  expect(code).toBe(0)
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    'src/migration/groups/ea.yaml: good s1rig/group/1: Group EA, with aa.yaml, cb.yaml: 8 phases of 25 steps, 6 conditions',
    'src/migration/groups/cb.yaml: good s1rig/group/1',
    '2 good, 0 bad',
  ])
})
