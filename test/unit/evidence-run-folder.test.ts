import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InvariantError, UsageError } from '../../src/base/errors.ts'
import { inputFile } from '../../src/evidence/run-facts.ts'
import { RunFolder } from '../../src/evidence/run-folder.ts'
import { end, facts, record, verdict } from './evidence-samples.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's1rig-run-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const manifestOf = (directory: string) => JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))

test('a finished run leaves every file, and sha256sum agrees with the manifest', () => {
  const directory = join(root, 'deep', 'run')
  const folder = RunFolder.open({ directory, facts: facts({ commit: 'ba96051' }) })
  folder.append(record('home-1', 1))
  folder.append(record('home-1', 2))
  writeFileSync(folder.path('han-home-1.pcap'), 'captured elsewhere')
  folder.close({ verdicts: [verdict()], end: end() })

  const { files, ...manifest } = manifestOf(directory)
  const names = ['han-home-1.pcap', 'junit.xml', 'report.html', 'trace.jsonl', 'verdicts.json']
  expect(readdirSync(directory).sort()).toEqual([...names, 'manifest.json'].sort())
  const printed = execFileSync('sha256sum', names, { cwd: directory, encoding: 'utf8' }).trim().split('\n')
  expect(files).toEqual(Object.fromEntries(printed.map(line => [line.slice(66), line.slice(0, 64)])))
  expect(manifest).toMatchObject({
    format: 1,
    complete: true,
    tool: { name: 's1rig', version: '0.1.0' },
    commit: 'ba96051',
    seed: 42,
    outcome: 'finished',
    summary: '1 passed, 0 failed, 0 blocked, 0 skipped',
    traceRecords: 2,
  })
  // The one installation's hash is that of the whole file.
  expect(manifest.traceHashes).toEqual({ 'home-1': files['trace.jsonl'] })
})

test('verdicts.json holds the verdicts as they were given, one a line', () => {
  const folder = RunFolder.open({ directory: join(root, 'run'), facts: facts() })
  const given = [verdict(), verdict({ verdict: 'FAIL', observed: 'E5\n"quoted"' })]
  const left = [{ installation: 'home-1', part: 'esme', name: 'supply', value: 'enabled' }]
  folder.close({ verdicts: given, end: end({ left }) })
  const text = readFileSync(folder.path('verdicts.json'), 'utf8')
  expect(JSON.parse(text)).toEqual({ format: 1, verdicts: given, left })
  expect(text.split('\n').filter(line => line.includes('"step":'))).toHaveLength(2)
})

test('a killed run leaves whole trace lines and a manifest that says it is not complete', () => {
  const directory = join(root, 'run')
  const script = `
    import { RunFolder } from ${JSON.stringify(new URL('../../src/evidence/run-folder.ts', import.meta.url).href)}
    const folder = RunFolder.open({ directory: ${JSON.stringify(directory)}, facts: ${JSON.stringify(facts())} })
    for (let i = 0; i < 5_000; i++) {
      folder.append({ atUs: i, installation: 'home-1', part: 'hub', event: { kind: 'device.event', code: '1', text: 'é' } })
    }
    process.kill(process.pid, 'SIGKILL')`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(child.signal, child.stderr).toBe('SIGKILL')
  expect(manifestOf(directory)).toMatchObject({ complete: false, seed: 42, rig: { name: 'cb-dual-fuel' } })
  const trace = readFileSync(join(directory, 'trace.jsonl'), 'utf8')
  expect(trace.endsWith('\n')).toBe(true)
  const times = trace
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).atUs)
  expect(times.length).toBeGreaterThan(1_000)
  expect(times).toEqual(times.map((_, i) => i))
})

test('an interrupted run leaves everything, and its manifest says it is not complete', () => {
  const folder = RunFolder.open({ directory: join(root, 'run'), facts: facts() })
  folder.append(record('home-1', 1))
  folder.close({ verdicts: [verdict()], end: end({ outcome: 'interrupted', reason: 'SIGINT' }) })
  expect(manifestOf(folder.directory)).toMatchObject({ complete: false, outcome: 'interrupted', reason: 'SIGINT' })
  expect(readFileSync(folder.path('report.html'), 'utf8')).toContain('interrupted: SIGINT')
})

test('runs without a directory of their own get one by time and rig, with a number when it is taken', () => {
  const names = [1, 2, 3].map(() => RunFolder.open({ root, facts: facts() }).directory)
  const base = join(root, '20211011T060000Z-cb-dual-fuel')
  expect(names).toEqual([base, `${base}-2`, `${base}-3`])
})

test('a rig name cannot lead out of the folder for runs', () => {
  const rig = { ...facts().rig, name: '../../up' }
  expect(RunFolder.open({ root, facts: facts({ rig }) }).directory).toBe(join(root, '20211011T060000Z-..-..-up'))
})

test('a folder that is not empty is refused, and nothing in it is touched', () => {
  writeFileSync(join(root, 'notes.txt'), 'mine')
  expect(() => RunFolder.open({ directory: root, facts: facts() })).toThrow(UsageError)
  expect(() => RunFolder.open({ directory: root, facts: facts() })).toThrow(
    /is not empty \(notes\.txt\); choose another directory or remove this one/,
  )
  expect(readdirSync(root)).toEqual(['notes.txt'])
})

test('an earlier run is not overwritten', () => {
  const directory = join(root, 'run')
  RunFolder.open({ directory, facts: facts() }).close({ verdicts: [], end: end() })
  expect(() => RunFolder.open({ directory, facts: facts() })).toThrow(/holds an earlier run; choose another/)
})

test('an empty folder that exists is used', () => {
  const directory = join(root, 'run')
  mkdirSync(directory)
  expect(RunFolder.open({ directory, facts: facts() }).directory).toBe(directory)
})

test('a path that cannot be a folder is refused by name', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  const open = (directory: string) => () => RunFolder.open({ directory, facts: facts() })
  expect(open(file)).toThrow(`cannot write ${file}: there is a file of that name`)
  expect(open(join(file, 'run'))).toThrow(/part of this path is a file; choose another directory \[ENOTDIR\]/)
  expect(open(join(file, 'run'))).toThrow(UsageError)
})

test('a full disk is named with the file, and the manifest stays incomplete', () => {
  const folder = RunFolder.open({ directory: join(root, 'run'), facts: facts() })
  symlinkSync('/dev/full', folder.path('verdicts.json'))
  const close = () => folder.close({ verdicts: [verdict()], end: end() })
  expect(close).toThrow(`cannot write ${folder.path('verdicts.json')}: no space left on the device`)
  expect(manifestOf(folder.directory).complete).toBe(false)
})

test('a closed folder takes nothing more', () => {
  const folder = RunFolder.open({ directory: join(root, 'run'), facts: facts() })
  folder.close({ verdicts: [], end: end() })
  expect(() => folder.append(record('home-1', 1))).toThrow(InvariantError)
  expect(() => folder.close({ verdicts: [], end: end() })).toThrow(InvariantError)
})

test('an input file is described by the SHA-256 of its octets', () => {
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  // FIPS 180-2, appendix B.1: the digest of "abc".
  expect(inputFile('rig', 'rigs/a.yaml', Buffer.from('abc'))).toEqual({ name: 'rig', file: 'rigs/a.yaml', sha256 })
})
