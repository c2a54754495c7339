/** The counts a run ends with, as another vitest run prints them. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's1rig-vitest-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const repository = fileURLToPath(new URL('../..', import.meta.url))
const vitest = join(repository, 'node_modules', 'vitest', 'vitest.mjs')
const reporter = join(repository, 'test', 'setup', 'reporter.ts')

/** Runs one test file of this text in a repository of its own; its lines on stdout, and its exit code. */
function run(text: string | undefined) {
  writeFileSync(join(root, 'vitest.config.mjs'), 'export default {}')
  if (text !== undefined) writeFileSync(join(root, 'a.test.js'), text)
  const reporters = ['--reporter', 'default', '--reporter', reporter]
  const { stdout, status } = spawnSync(process.execPath, [vitest, 'run', '--root', root, '--globals', ...reporters], {
    encoding: 'utf8',
  })
  return { lines: stdout.trimEnd().split('\n'), status }
}

test('a green run ends with its counts and names what was skipped, with the reason', () => {
  const { lines, status } = run(`test('a', () => {}); test('b', ({ skip }) => skip('no protoc')); test.todo('c')`)
  expect(lines.slice(-3)).toEqual([
    'skipped: a.test.js > b: no protoc',
    'skipped: a.test.js > c: to do',
    '1 passed, 0 failed, 2 skipped',
  ])
  expect(status).toBe(0)
})

test('a test that fails, a hook that throws and an error nobody caught are failures', () => {
  const { lines, status } = run(`
    test('fails', () => expect(1).toBe(2))
    describe('suite', () => { beforeAll(() => { throw new Error('hook') }); test('never', () => {}) })
    test('late', async () => { setTimeout(() => { throw new Error('late') }); await new Promise(r => setTimeout(r, 20)) })`)
  expect(lines.at(-1)).toBe('1 passed, 3 failed, 1 skipped')
  expect(status).toBe(1)
})

test('a file that cannot be read as tests is a failure', () => {
  const { lines, status } = run(`import './nowhere.js'`)
  expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped')
  expect(status).toBe(1)
})

test('where nothing ran, the run is not green', () => {
  const { lines, status } = run(undefined)
  expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped')
  expect(status).toBe(1)
})
