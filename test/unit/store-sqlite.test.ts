/** State that outlives the process: in one file, for one process at a time. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'

function fileInFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'new', 'state.db')
}

test('what was put is there again after the file was closed', () => {
  const file = fileInFolder()
  const store = openSqliteStore(file)
  store.put({ node: { counter: 7, keys: ['00ff'] }, gone: 1, text: 'é' })
  store.put({ gone: undefined, node: { counter: 8, keys: ['00ff'] } })
  store.close()
  const again = openSqliteStore(file)
  onTestFinished(() => again.close())
  expect(again.get('node')).toEqual({ counter: 8, keys: ['00ff'] })
  expect([again.get('gone'), again.get('text'), again.get('never')]).toEqual([undefined, 'é', undefined])
})

test('entries that belong together are kept together or not at all', () => {
  const file = fileInFolder()
  const store = openSqliteStore(file)
  onTestFinished(() => store.close())
  store.put({ a: 1, b: 1 })
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(() => store.put({ a: 2, b: circle })).toThrow(/circular/i)
  expect([store.get('a'), store.get('b')]).toEqual([1, 1])
  store.put({ b: 3 })
  expect(store.get('b')).toBe(3)
})

test('a second process is refused while the first has the file', () => {
  const file = fileInFolder()
  const store = openSqliteStore(file)
  onTestFinished(() => store.close())
  expect(() => openSqliteStore(file)).toThrow(
    new UsageError(`${file}: in use by another process; each state serves one at a time`),
  )
})

test('a file of a newer version is refused, and left as it is', () => {
  const file = fileInFolder()
  openSqliteStore(file).close()
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(() => openSqliteStore(file)).toThrow(/of version 99, written by a newer s1rig; at most version 1 expected/)
})

test('a file of an older version is brought up to date, once, and keeps what is in it', () => {
  const file = fileInFolder()
  const first = ['CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID']
  const store = openSqliteStore(file, first)
  store.put({ 'node/1': 7 })
  store.close()
  const second = [...first, "UPDATE entries SET key = 'nodes' || substr(key, 5)"]
  openSqliteStore(file, second).close()
  const again = openSqliteStore(file, second)
  expect(again.list('nodes')).toEqual([['nodes/1', 7]])
  again.close()
  expect(() => openSqliteStore(file, first)).toThrow(/of version 2, written by a newer s1rig/)
})

test('a version that cannot be reached leaves the file as it was', () => {
  const file = fileInFolder()
  openSqliteStore(file).close()
  const versions = ['', 'CREATE TABLE another (x)', 'CREATE TABLE another (x)']
  expect(() => openSqliteStore(file, versions)).toThrow(/already exists/)
  openSqliteStore(file).close()
})

test('keys that begin alike are listed in order', () => {
  const store = openSqliteStore(fileInFolder())
  onTestFinished(() => store.close())
  store.put({ 'in/2': 'b', 'in/1': 'a', inn: 'no', 'out/1': 'no', 'in/é': 'c' })
  expect(store.list('in/')).toEqual([
    ['in/1', 'a'],
    ['in/2', 'b'],
    ['in/é', 'c'],
  ])
})

test('a full disk is said, and what was kept before is there', () => {
  const file = fileInFolder()
  const versions = ['CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID']
  openSqliteStore(file, versions).close()
  const full = openSqliteStore(file, [...versions, 'PRAGMA max_page_count = 16'])
  full.put({ before: 1 })
  expect(() => full.put({ before: 2, big: 'x'.repeat(200_000) })).toThrow(
    new UsageError(`${file}: the disk is full; make room, then start again: what was kept is there`),
  )
  expect([full.get('before'), full.get('big')]).toEqual([1, undefined])
  full.put({ before: 3 })
  full.close()
})

test('a folder in which nothing can be written is said', () => {
  const file = fileInFolder()
  openSqliteStore(file).close()
  expect(() => openSqliteStore(join(file, 'below', 'state.db'))).toThrow(/ENOTDIR|EEXIST|not a directory/)
  mkdirSync(join(file, '..', 'taken', 'state.db'), { recursive: true })
  expect(() => openSqliteStore(join(file, '..', 'taken', 'state.db'))).toThrow(/cannot be written; choose a folder/)
})

test('a damaged file is refused', () => {
  const file = fileInFolder()
  const store = openSqliteStore(file)
  store.put(Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`key ${i}`, 'x'.repeat(100)])))
  store.close()
  const octets = readFileSync(file)
  octets.fill(0xa5, 4_096)
  writeFileSync(file, octets)
  expect(() => openSqliteStore(file)).toThrow(/damaged/)
})

test('a file that is no database, or of another program, is refused', () => {
  const file = fileInFolder()
  openSqliteStore(file).close()
  writeFileSync(file, 'a text that is long enough to be looked at as the header of a database file'.repeat(4))
  expect(() => openSqliteStore(file)).toThrow(/no state of s1rig, or a damaged one/)
  const other = `${file}.other`
  const database = new DatabaseSync(other)
  database.exec('CREATE TABLE theirs (x)')
  database.close()
  expect(() => openSqliteStore(other)).toThrow(/a file of another program/)
})
