/** A migration that is killed goes on in the step it was in: no verdict is lost, nothing is done twice. */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SeededRandom } from '../../src/kernel/random.ts'
import { NothingToReplayError, replayRun } from '../../src/rig/replay-run.ts'
import { s1rig, start } from '../helpers/cli.ts'
import { firmwareRig } from '../helpers/firmware-rig.ts'
import { inMemory, migrateRig, temporaryFolder } from '../helpers/migration.ts'

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const told = (verdicts: readonly { step: string; deviceType?: string; verdict: string }[]) =>
  verdicts.map(({ step, deviceType, verdict }) => [step, deviceType, verdict].filter(Boolean).join(' '))

/** One life, killed once it has told so many verdicts of its own; what it told if it came to its end before. */
async function life(args: readonly string[], verdicts: number, delayMs: number) {
  const running = start(args)
  const seen = new RegExp(`(?:"type":"verdict"[^]*?){${verdicts}}`)
  const killed = running.says(seen).then(
    () => new Promise<boolean>(resolve => setTimeout(() => resolve(running.child.kill('SIGKILL')), delayMs)),
    () => false,
  )
  const ended = await running.ended
  await killed
  return ended
}

test('killed five times it ends with the verdicts of a run that was not, all in one folder', async () => {
  const random = new SeededRandom('kills of a migration').stream('moments')
  const [rig, folder] = [inMemory(), temporaryFolder()]
  const [state, out] = [join(folder, 'state'), join(folder, 'run')]
  const args = ['migrate', rig, '--state', state, '--out', out, '--json']
  let lives = 0
  for (; lives < 5; lives++) expect((await life(args, 1 + random.int(8), random.int(30))).code).toBeNull()
  const { code, stdout } = await s1rig(args)
  const undisturbed = await migrateRig({ rig })
  expect(code, stdout).toBe(0)

  const { verdicts, left } = json(join(out, 'verdicts.json'))
  expect(told(verdicts)).toEqual(told(undisturbed.verdicts))
  expect(left).toContainEqual(expect.objectContaining({ name: 'attached to', value: 'elster' }))
  const manifest = json(join(out, 'manifest.json'))
  expect(manifest).toMatchObject({ complete: true, summary: undisturbed.summary })
  expect(manifest.lives).toHaveLength(6)
  for (let n = 1; n <= lives; n++) expect(json(join(out, 'lives', String(n), 'manifest.json')).complete).toBe(false)
  await expect(replayRun({ directory: out })).rejects.toThrow(NothingToReplayError)

  const again = await s1rig(['migrate', rig, '--state', state])
  expect(again.code).toBe(0)
  expect(again.stdout).toMatch(/^this run ended at \d{4}-.*; nothing was done again\n/)
  expect(again.last).toBe(undisturbed.summary)
}, 120_000)

test('killed while an image is on its way it goes on with the image, which is brought once', async () => {
  const [{ rig, groupFile }, folder] = [firmwareRig({ behind: ['ESME'], octets: 40_000 }), temporaryFolder()]
  const out = join(folder, 'run')
  const args = ['migrate', rig, '--state', join(folder, 'state'), '--out', out, '--json']
  // With the tenth verdict the upgrade of the electricity meter begins.
  for (const delayMs of [40, 200]) await life(args, delayMs === 40 ? 10 : 0, delayMs)
  const { code, stdout } = await s1rig(args)
  const undisturbed = await migrateRig({ rig, groupFile })
  expect(code, stdout).toBe(0)
  const { verdicts } = json(join(out, 'verdicts.json'))
  expect(told(verdicts)).toEqual(told(undisturbed.verdicts))
  const [brought] = verdicts.filter(
    ({ step, deviceType }: { step: string; deviceType?: string }) => step === 'CB-PRE-UPGRADE' && deviceType === 'ESME',
  )
  expect(brought.observed).toMatch(/^1\.5\.0, was 1\.4\.2; 1\.5\.0 of 40000 octets in /)
}, 120_000)

test('what was wrong before the kill is wrong after it, and settled time is not lived again', async () => {
  const [rig, folder] = [inMemory(), temporaryFolder()]
  const faults = ['--fault', 'gsme.silent=80h', '--fault', 'gsme.whitelist=absent']
  const args = ['migrate', rig, '--state', join(folder, 'state'), '--out', join(folder, 'run'), '--json', ...faults]
  expect((await life(args, 5, 0)).code).toBeNull()
  const { code, stdout } = await s1rig(args)
  expect(code).toBe(1)
  const [first] = stdout.split('\n').flatMap(line => (line.includes('"type":"verdict"') ? [JSON.parse(line)] : []))
  const undisturbed = await migrateRig({ rig, faults: ['gsme.silent=80h', 'gsme.whitelist=absent'] })
  const { verdicts } = json(join(folder, 'run', 'verdicts.json'))
  expect(told(verdicts)).toEqual(told(undisturbed.verdicts))
  const same = undisturbed.verdicts.find(
    ({ step, deviceType }) => step === first.step && deviceType === first.deviceType,
  )
  expect(Math.abs(first.startedUs - (same?.startedUs ?? 0))).toBeLessThan(600_000_000)
}, 60_000)

test('a state goes on with the same files, faults and settings only', async () => {
  const [rig, folder] = [inMemory(), temporaryFolder()]
  const args = ['migrate', rig, '--state', join(folder, 'state'), '--out', join(folder, 'run')]
  await life([...args, '--json'], 3, 0)
  const refused = async (more: readonly string[], message: RegExp) => {
    const { code, stderr } = await s1rig([...args, ...more])
    expect([code, stderr]).toEqual([4, expect.stringMatching(message)])
  }
  await refused(['--fault', 'hub.wan=down'], /faults: "hub\.wan=down" expected, found ""; choose another folder/)
  await refused(['--set', 'gt01.windowHours=24'], /settings: "gt01\.windowHours=24" expected, found "";/)
  await refused(['--disaster', 's1sp-one-data-centre'], /--state with --disaster/)
  appendFileSync(rig, '\n# edited\n')
  await refused([], /file homes: "SHA-256 [0-9a-f]{64}" expected, found "SHA-256 [0-9a-f]{64}"; choose another folder/)
}, 60_000)

test('a state changes nothing of a run that is not killed', async () => {
  const rig = inMemory()
  const [plain, kept] = [await migrateRig({ rig }), await migrateRig({ rig, state: join(temporaryFolder(), 'state') })]
  expect(kept.traceHash).toBe(plain.traceHash)
  const replayed = await replayRun({ directory: kept.directory })
  expect(replayed).toMatchObject({ sameTrace: true, exitCode: 0 })
})
