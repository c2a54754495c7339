/** Runs by the wall clock, made again from their folders alone. */
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FileError } from '../../src/base/errors.ts'
import { parseClock, type RunClock } from '../../src/rig/clocks/run-clock.ts'
import { packageVersion, prepare } from '../../src/rig/prepare.ts'
import { NothingToReplayError, replayRun } from '../../src/rig/replay-run.ts'
import { runMigration } from '../../src/rig/run-migration.ts'
import { inProcess } from '../helpers/cli.ts'
import { type Attempt, home, inMemory, migrateRig, temporaryFolder, writeRig } from '../helpers/migration.ts'
import { observedBroker } from '../helpers/observed-broker.ts'

const clock = (mode: string): RunClock => {
  const read = parseClock(mode)
  if (!read) throw new Error(mode)
  return read
}

/** A home in memory with half an hour of ordinary life before it migrates. */
const shortLived = () =>
  writeRig([{ ...home('home-1', 50), han: { kind: 'aps', panId: '0x0007', channel: 15 } }], { settleMin: 30 })

/** What was recorded, what came of it the second time. */
async function twice(attempt: Attempt) {
  const recorded = await migrateRig(attempt)
  return { recorded, report: await replayRun({ directory: recorded.directory }) }
}

const SAME = { divergences: [], differences: [], sameTrace: true, error: undefined }

describe('a run by the wall clock comes out the same, to the octet of its trace', () => {
  const three = () =>
    writeRig(
      ['north', 'south', 'west'].map((id, i) => ({
        ...home(id, 50 + i),
        han: { kind: 'aps', panId: '0x0007', channel: 15 },
      })),
    )
  test.each<[string, () => Attempt]>([
    ['a home in memory', () => ({ rig: inMemory(), clock: clock('x3000') })],
    ['a home on the air, disturbed', () => ({ clock: clock('x3000'), faults: ['han.loss=5%', 'gsme.off=20min'] })],
    ['a meter that fell silent', () => ({ rig: inMemory(), clock: clock('x6000'), faults: ['gsme.silent=2h'] })],
    ['three homes at once', () => ({ rig: three(), clock: clock('x3000') })],
    // Too fast for the broker: answers come late, steps fail, and fail again.
    ['a broker left behind', () => ({ rig: shortLived(), clock: clock('x10000') })],
    [
      'another seed, other settings',
      () => ({ rig: inMemory(), clock: clock('x6000'), seed: 's', settings: ['gt01.windowHours=24'] }),
    ],
  ])('%s', async (_what, attempt) => {
    const { recorded, report } = await twice(attempt())
    expect(report).toMatchObject({ ...SAME, from: 'inlet', exitCode: recorded.exitCode })
    const byHome = (list: typeof recorded.verdicts) => Map.groupBy(list, ({ installation }) => installation)
    expect(byHome(report.replayed?.verdicts ?? [])).toEqual(byHome(recorded.verdicts))
    expect(report.replayed?.conditions.length).toBe(recorded.conditions.length)
  })

  test('a run in virtual time needs its seed only', async () => {
    const { recorded, report } = await twice({
      rig: inMemory(),
      seed: '9',
      faults: ['esme.firmware=0.1,at:apn-switch'],
    })
    expect(report).toMatchObject({ ...SAME, from: 'seed', exitCode: recorded.exitCode, notes: [] })
  })

  test.each(['CB-PRE-KEYS', 'CB-APN-SWITCH'])('a broker that was restarted as %s began', async at => {
    let restart = () => {}
    const { report } = await twice({
      rig: shortLived(),
      clock: clock('x600'),
      settings: ['clock.toleranceS=3600'],
      listener: {
        rigUp: (_rig, chosen) => {
          restart = () => void chosen.restart?.()
        },
        stepStarted: ({ step }) => step === at && restart(),
      },
    })
    expect(report).toMatchObject(SAME)
  })

  test('a broker that was gone for good', async () => {
    const { broker, choice } = await observedBroker()
    const { recorded, report } = await twice({
      rig: shortLived(),
      clock: clock('x600'),
      broker: { ...choice, patience: { deliveryMs: 200, outageMs: 500, endMs: 500 } },
      listener: { stepStarted: ({ step }) => step === 'CB-PRE-KEYS' && void broker.close() },
    })
    expect(recorded.verdicts.map(({ verdict }) => verdict)).toContain('BLOCKED')
    expect(report).toMatchObject({ ...SAME, exitCode: 1 })
  })

  test('an interrupted run is interrupted again, after the same steps', async () => {
    const stopping = new AbortController()
    const { recorded, report } = await twice({
      rig: shortLived(),
      // Slow enough for a busy machine: the steps before have to pass.
      clock: clock('x600'),
      signal: stopping.signal,
      listener: { stepStarted: ({ step }) => step === 'CB-PRE-CLOCK' && stopping.abort() },
    })
    expect(recorded.exitCode).toBe(2)
    expect(report).toMatchObject({ ...SAME, exitCode: 2, replayed: { outcome: 'interrupted' } })
    expect(report.notes).toEqual([expect.stringContaining('did not finish: stopped by a signal')])
  })
})

test('the folder alone is enough: the rig, its Group file and its profiles may be gone', async () => {
  const lab = temporaryFolder()
  cpSync('rigs', join(lab, 'rigs'), { recursive: true })
  cpSync('firmware-profiles', join(lab, 'firmware-profiles'), { recursive: true })
  const rigFile = join(lab, 'rigs/own.yaml')
  writeFileSync(rigFile, readFileSync(inMemory(), 'utf8').replace('group: CB', 'group: ../own group.yaml'))
  const group = readFileSync('src/migration/groups/cb.yaml', 'utf8')
  writeFileSync(join(lab, 'own group.yaml'), group.replace(/^(title: ).*$/m, '$1Our own'))
  const directory = join(temporaryFolder(), 'run')
  await runMigration({ prepared: prepare({ rigFile }), seed: '1', clock: clock('virtual'), broker: {}, out: directory })
  rmSync(lab, { recursive: true })
  expect(await replayRun({ directory })).toMatchObject({ ...SAME, exitCode: 0 })
})

describe('a folder', () => {
  let kept = ''
  let root = ''
  let recorded: Awaited<ReturnType<typeof runMigration>>
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 's1rig-test-'))
    kept = join(root, 'run')
    const rigFile = join(root, 'rig.yaml')
    const home = readFileSync('rigs/cb-dual-fuel.yaml', 'utf8').replace('han: {', 'han: { kind: aps,')
    writeFileSync(rigFile, home.replace('settleMin: 90', 'settleMin: 30'))
    const prepared = prepare({ rigFile })
    recorded = await runMigration({ prepared, seed: '1', clock: clock('x600'), broker: {}, out: kept })
  })
  afterAll(() => rmSync(root, { recursive: true }))

  /** A copy to be spoilt. */
  function copy() {
    const directory = join(temporaryFolder(), 'run')
    cpSync(kept, directory, { recursive: true })
    const path = (name: string) => join(directory, name)
    const read = (name: string) => readFileSync(path(name), 'utf8')
    const write = (name: string, text: string) => writeFileSync(path(name), text)
    const manifest = JSON.parse(read('manifest.json'))
    return {
      directory,
      manifest,
      read,
      write,
      remove: (name: string) => rmSync(path(name)),
      /** Alters a file and makes the manifest agree, as nobody does by accident. */
      forge(name: string, change: (text: string) => string) {
        const text = change(read(name))
        if (text === read(name)) throw new Error(`nothing changed in ${name}`)
        write(name, text)
        manifest.files[name] = createHash('sha256').update(text).digest('hex')
        write('manifest.json', JSON.stringify(manifest))
      },
      saveManifest: () => write('manifest.json', JSON.stringify(manifest)),
    }
  }

  const codes = (directory: string): Promise<string[]> =>
    replayRun({ directory }).then(
      () => [],
      error => (error instanceof FileError ? error.problems.map(({ code }) => code) : Promise.reject(error)),
    )

  test('whose record or inputs were altered, or are missing, is refused, with every file named', async () => {
    const spoilt = copy()
    spoilt.write('inlet.jsonl', spoilt.read('inlet.jsonl').replace('power on', 'power'))
    spoilt.write('inputs/groups/cb.yaml', `${spoilt.read('inputs/groups/cb.yaml')}\n`)
    spoilt.remove('inputs/rigs/rig.yaml')
    spoilt.remove('verdicts.json')
    expect((await codes(spoilt.directory)).toSorted()).toEqual([
      ...['run.altered', 'run.altered'],
      ...['run.missing', 'run.missing'],
    ])
  })

  test('whose report or trace was altered is replayed all the same, and says so', async () => {
    const spoilt = copy()
    spoilt.write('report.html', 'all is well')
    spoilt.remove('trace.jsonl')
    const { notes, exitCode, sameTrace } = await replayRun({ directory: spoilt.directory })
    expect(notes).toEqual(['report.html', 'trace.jsonl'].map(name => expect.stringContaining(`${name} is missing or`)))
    expect([exitCode, sameTrace]).toEqual([recorded.exitCode, true])
  })

  test('that is none is refused', async () => {
    expect(await codes(temporaryFolder())).toEqual(['run.missing'])
    const spoilt = copy()
    spoilt.write('manifest.json', '{')
    expect(await codes(spoilt.directory)).toEqual(['run.json'])
    spoilt.write('manifest.json', '{"format":2}')
    expect(await codes(spoilt.directory)).toEqual(['run.manifest'])
    delete spoilt.manifest.rig.copy
    spoilt.saveManifest()
    expect(await codes(spoilt.directory)).toEqual(['run.missing'])
  })

  const FIRST_DOWN = /("what":"injected",[^\n]*"octets":")([0-9a-f]{2})/

  test('whose record has another message than the driver sends diverges there, and is not green', async () => {
    const spoilt = copy()
    spoilt.forge('inlet.jsonl', text => text.replace(FIRST_DOWN, '$1ff'))
    const report = await replayRun({ directory: spoilt.directory })
    expect(report.divergences).toEqual([
      expect.stringMatching(
        /^home-1 at \d\d:\d\d:\d\d\S*: wan down \S+ ff\w+… is recorded; wan down \S+ 0a\w+… came instead$/,
      ),
    ])
    expect(report).toMatchObject({ exitCode: 1, sameTrace: false, replayed: { outcome: 'interrupted' } })
  })

  test('whose verdicts say otherwise tells which', async () => {
    const spoilt = copy()
    spoilt.forge('verdicts.json', text => text.replace('"verdict":"PASS"', '"verdict":"FAIL"'))
    const { differences, exitCode, divergences } = await replayRun({ directory: spoilt.directory })
    expect(differences).toEqual([
      expect.objectContaining({
        step: 'CB-PRE-REACH',
        recorded: expect.objectContaining({ verdict: 'FAIL' }),
        replayed: expect.objectContaining({ verdict: 'PASS' }),
      }),
    ])
    expect([exitCode, divergences]).toEqual([1, []])
  })

  test('of a killed run is replayed as far as it goes, and is not green', async () => {
    const spoilt = copy()
    const { files: _, outcome: _outcome, traceHash: _hash, ...started } = spoilt.manifest
    spoilt.write('manifest.json', JSON.stringify({ ...started, complete: false }))
    spoilt.remove('verdicts.json')
    spoilt.write('inlet.jsonl', spoilt.read('inlet.jsonl').slice(0, 9_000))
    const trace = spoilt.read('trace.jsonl').split('\n')
    const steps = trace.filter(line => line.includes('step.ended'))
    spoilt.write('trace.jsonl', trace.slice(0, trace.indexOf(steps[5] ?? '') + 1).join('\n'))
    const report = await replayRun({ directory: spoilt.directory })
    expect(report).toMatchObject({ differences: [], divergences: [], sameTrace: undefined, exitCode: 2 })
    expect(report.recorded).toMatchObject({ outcome: 'killed' })
    expect(report.recorded.verdicts.length).toBe(5)
    expect(report.replayed?.verdicts.length).toBeGreaterThanOrEqual(5)
    expect(report.notes).toEqual([expect.stringContaining('sudden end'), 'the record of home-1 breaks off'])
  })

  test('by another version says so', async () => {
    const spoilt = copy()
    spoilt.manifest.tool.version = '0.0.1'
    spoilt.saveManifest()
    const { notes, exitCode } = await replayRun({ directory: spoilt.directory })
    expect([notes, exitCode]).toEqual([
      [`recorded by version 0.0.1, replayed by ${packageVersion()}`],
      recorded.exitCode,
    ])
  })

  test('without a record, or of a replay, has nothing to replay', async () => {
    const none = copy()
    none.remove('inlet.jsonl')
    delete none.manifest.files['inlet.jsonl']
    none.saveManifest()
    await expect(replayRun({ directory: none.directory })).rejects.toThrow(NothingToReplayError)
    const out = join(temporaryFolder(), 'replay')
    await replayRun({ directory: kept, out })
    await expect(replayRun({ directory: out })).rejects.toThrow(/is itself a replay/)
  })

  test('is replayed by the command line, which leaves a run folder when asked to', async () => {
    const out = join(temporaryFolder(), 'replay')
    const { code, stdout, stderr, last } = await inProcess(['replay', kept, '--out', out])
    expect([code, stderr, last]).toEqual([recorded.exitCode, '', recorded.summary])
    expect(stdout).toMatch(/^trace [0-9a-f]{64}, the same$/m)
    expect(stdout).toMatch(/^the verdicts are the same$/m)
    const facts = (directory: string) => JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))
    expect(facts(out)).toMatchObject({ clock: 'replay', traceHash: facts(kept).traceHash, complete: true })
  })

  test('is judged by exit codes and JSON as well', async () => {
    const { code, stdout } = await inProcess(['replay', kept, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ type: 'ended', sameVerdicts: true, sameTrace: true, from: 'inlet' })
    expect(code).toBe(recorded.exitCode)
    expect(await inProcess(['replay', temporaryFolder()])).toMatchObject({ code: 4, stdout: '' })
    const none = copy()
    none.manifest.clock = 'replay'
    none.saveManifest()
    expect((await inProcess(['replay', none.directory])).code).toBe(5)
  })
})
