import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { InvariantError } from '../../src/base/errors.ts'
import { TraceHash, traceLine } from '../../src/evidence/trace-hash.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import { record } from './evidence-samples.ts'

/** What coreutils make of the same octets. */
function sha256sum(text: string): string {
  const { stdout, status } = spawnSync('sha256sum', { input: text, encoding: 'utf8' })
  expect(status).toBe(0)
  return stdout.slice(0, 64)
}

const hashOf = (records: TraceRecord[]) => {
  const hash = new TraceHash()
  for (const each of records) hash.add(each)
  return hash
}

test('a line has its keys in one order, whatever order they were made in', () => {
  const made: TraceRecord = {
    part: 'hub',
    event: {
      reason: 'counter',
      detail: 'not greater than 7',
      originator: undefined,
      kind: 'wan.refused',
    } as TraceRecord['event'],
    installation: 'home-1',
    atUs: 12,
  }
  expect(traceLine(made)).toBe(
    '{"atUs":12,"installation":"home-1","part":"hub","event":{"kind":"wan.refused","detail":"not greater than 7","reason":"counter"}}',
  )
})

test('a line read back gives the same line', () => {
  const line = traceLine(record('Größe "1"\n\ud800', 5, '\u2028\u0000'))
  expect(line).not.toContain('\n')
  expect(traceLine(JSON.parse(line))).toBe(line)
})

test('what JSON cannot carry is refused, not written as null', () => {
  const odd = (value: number): TraceRecord => ({
    atUs: 0,
    installation: 'a',
    part: 'esme',
    event: { kind: 'device.state', name: 'energyWh', value },
  })
  expect(() => traceLine(odd(Number.NaN))).toThrow(InvariantError)
  expect(() => traceLine(odd(Number.POSITIVE_INFINITY))).toThrow(/device\.state: value is Infinity/)
  expect(() => traceLine(record('a', 0.5))).toThrow(/integer microseconds/)
})

test('interleaving between installations does not change the hash, order within one does', () => {
  const a = [record('a', 1, 'one'), record('a', 2, 'two')]
  const b = [record('b', 1, 'one'), record('b', 2, 'two')]
  const [a1, a2, b1, b2] = [...a, ...b] as [TraceRecord, TraceRecord, TraceRecord, TraceRecord]
  const hash = hashOf([a1, a2, b1, b2]).run()
  expect(hashOf([b1, a1, b2, a2]).run()).toBe(hash)
  expect(hashOf([b1, b2, a1, a2]).run()).toBe(hash)
  expect(hashOf([a2, a1, b1, b2]).run()).not.toBe(hash)
  expect(hashOf([a1, b1, b2]).run()).not.toBe(hash)
})

test('a record moved to another installation changes the hash', () => {
  expect(hashOf([record('a', 1)]).run()).not.toBe(hashOf([record('b', 1)]).run())
})

test('sha256sum over the lines gives the same hashes', () => {
  // Ids that read as numbers: sorted as text, 10 stands before 9.
  const hash = hashOf([record('9', 1, 'é'), record('10', 1), record('9', 2)])
  const nine = sha256sum(`${traceLine(record('9', 1, 'é'))}\n${traceLine(record('9', 2))}\n`)
  const ten = sha256sum(`${traceLine(record('10', 1))}\n`)
  expect([...hash.installations()]).toEqual([
    ['10', ten],
    ['9', nine],
  ])
  expect(hash.run()).toBe(sha256sum(`10:${ten}\n9:${nine}\n`))
})

test('a hash can be taken in the middle of a run', () => {
  const hash = hashOf([record('a', 1)])
  const early = hash.run()
  hash.add(record('a', 2))
  expect(hashOf([record('a', 1)]).run()).toBe(early)
  expect(hashOf([record('a', 1), record('a', 2)]).run()).toBe(hash.run())
})
