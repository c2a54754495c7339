import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { Captures } from '../../src/evidence/capture-file.ts'
import { GrowingFile } from '../../src/evidence/growing-file.ts'
import { temporaryFolder } from '../helpers/migration.ts'

const read = (path: string) => readFileSync(path, 'utf8')

test('what was appended is on the disk a second later, when the next record comes, and when the file is closed', () => {
  let nowMs = 0
  const path = join(temporaryFolder(), 'trace.jsonl')
  const file = new GrowingFile(path, () => nowMs)
  expect([file.append('one\n'), read(path)]).toEqual([false, ''])
  nowMs = 1_000
  expect([file.append('two\n'), read(path)]).toEqual([true, 'one\ntwo\n'])
  expect([file.append('three\n'), read(path)]).toEqual([false, 'one\ntwo\n'])
  file.close()
  expect(read(path)).toBe('one\ntwo\nthree\n')
})

test('however fast records come, a quarter of a megabyte is kept in memory at most', () => {
  const path = join(temporaryFolder(), 'han.pcap')
  const file = new GrowingFile(path, () => 0)
  const written = Array.from({ length: 1_000 }, () => file.append(new Uint8Array(1_024)))
  expect([written.filter(Boolean).length, readFileSync(path).length]).toEqual([3, 3 * 262_144])
})

test('a file that is there already is not touched', () => {
  const path = join(temporaryFolder(), 'han.pcap')
  new GrowingFile(path).close()
  expect(() => new GrowingFile(path)).toThrow(UsageError)
})

test('the keys that open a capture are on the disk as soon as its frames are', () => {
  const folder = temporaryFolder()
  const captures = new Captures(name => join(folder, name))
  const keys = [{ key: new Uint8Array(16), label: 'network key 0' }]
  captures.keysFrom(() => keys)
  captures.append('home-1', new Uint8Array(262_144))
  const keyFile = () => read(join(folder, 'zigbee_pc_keys'))
  expect(keyFile()).toContain('"network key 0 (test)"')
  keys.push({ key: new Uint8Array(16).fill(1), label: 'network key 1' })
  captures.append('home-1', new Uint8Array(262_144))
  expect(keyFile().trim().split('\n')).toHaveLength(2)
  captures.close()
})
