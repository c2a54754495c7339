import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileError } from '../../src/base/errors.ts'
import { InletFile, type InletRecord, inletIsEmpty, readInlet } from '../../src/evidence/inlet-file.ts'
import { temporaryFolder } from '../helpers/migration.ts'

const at = (installation: string, atUs: number) => ({ installation, atUs })
const RECORDS: readonly InletRecord[] = [
  { what: 'injected', ...at('north', 12), name: 'power on' },
  { what: 'injected', ...at('south', 7), name: 'wan down', topic: 'wan/south/10.0.0.1/down', octets: '0a0b' },
  { what: 'received', ...at('north', 13), topic: 'wan/north/10.0.0.2/up', octets: '0c' },
  { what: 'line', ...at('north', 14), part: 'hub', on: 'octets', octets: '7e' },
  { what: 'line', ...at('south', 15), part: 'hub', on: 'down', reason: 'the "north" one was pulled' },
  { what: 'waited', ...at('north', 16), wait: 1, withinUs: 5, held: true },
  { what: 'stopped', ...at('north', 17) },
  { what: 'stopped', ...at('south', 17) },
]

function written(records = RECORDS): string {
  const path = join(temporaryFolder(), 'inlet.jsonl')
  const file = new InletFile(path)
  for (const record of records) file.append(record)
  file.close()
  return path
}

const problemsOf = (path: string): string => {
  try {
    return `none: ${[...readInlet(path, 'north')].length} records`
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return error.problems.map(({ line, message }) => `${line}: ${message}`).join()
  }
}

test('the records of each installation come back in their order', () => {
  const path = written()
  for (const id of ['north', 'south']) {
    expect([...readInlet(path, id)]).toEqual(RECORDS.filter(({ installation }) => installation === id))
  }
  expect([...readInlet(path, 'west')]).toEqual([])
})

test('each record is on the disk at once', () => {
  const path = join(temporaryFolder(), 'inlet.jsonl')
  const file = new InletFile(path)
  for (const record of RECORDS) {
    file.append(record)
    expect(readFileSync(path, 'utf8').split('\n').at(-2)).toBe(JSON.stringify(record))
  }
  file.close()
})

test('records longer than what is read at once come back whole, whatever their script', () => {
  const long: InletRecord = { what: 'line', ...at('north', 1), part: 'hub', on: 'down', reason: '電気é'.repeat(40_000) }
  expect([...readInlet(written([long, ...RECORDS]), 'north')][0]).toEqual(long)
})

test('a last line that was cut off is left out', () => {
  const path = written()
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20))
  expect(problemsOf(path)).toBe('none: 5 records')
  writeFileSync(path, readFileSync(path, 'utf8').split('\n').slice(0, -2).join('\n').slice(0, -1))
  expect(problemsOf(path)).toBe('none: 3 records')
})

test('a file of another schema, or a line that is no record, is a problem with its place', () => {
  const path = written()
  const lines = readFileSync(path, 'utf8').split('\n')
  const altered = (line: number, text: string) => {
    writeFileSync(path, lines.with(line - 1, text).join('\n'))
    return problemsOf(path)
  }
  expect(altered(1, '{"schema":"s1rig/inlet/2"}')).toBe('1: expected schema s1rig/inlet/1, found s1rig/inlet/2')
  expect(altered(1, '[]')).toBe('1: expected schema s1rig/inlet/1, found none')
  expect(altered(2, '"north"')).toMatch(/^2: expected a record of s1rig\/inlet\/1/)
  expect(altered(2, '{"north"')).toBe('2: expected a JSON object, found something else')
  expect(altered(2, lines[1]?.replace('12', '-12') ?? '')).toMatch(/^2: expected a record/)
  expect(altered(5, lines[4]?.replace('7e', '7') ?? '')).toMatch(/^5: expected a record/)
  expect(altered(5, lines[4]?.replace('"on"', '"no"') ?? '')).toMatch(/^5: expected a record/)
})

test('a file without a record is empty', () => {
  expect(inletIsEmpty(written([]))).toBe(true)
  expect(inletIsEmpty(written())).toBe(false)
})
