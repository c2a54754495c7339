import { describe, expect, test } from 'vitest'
import { exitCode, overallVerdict, summaryLine } from '../../src/evidence/summary.ts'
import type { Verdict } from '../../src/ports/verdict.ts'

const of = (...verdicts: Verdict[]) => verdicts.map(verdict => ({ verdict }))

test('a tolerated difference counts as passed', () => {
  const all = of('PASS', 'TOLERATED', 'FAIL', 'BLOCKED', 'BLOCKED', 'SKIPPED')
  expect(summaryLine(all)).toBe('2 passed, 1 failed, 2 blocked, 1 skipped')
})

describe('exit code', () => {
  test.each([
    [0, of('PASS', 'TOLERATED', 'SKIPPED')],
    [0, of('TOLERATED')],
    [1, of('PASS', 'FAIL')],
    [1, of('PASS', 'BLOCKED')],
    [1, of('BLOCKED', 'SKIPPED')],
    [5, of('SKIPPED')],
    [5, of()],
  ] as const)('%i for %j', (code, verdicts) => {
    expect(exitCode(verdicts)).toBe(code)
  })
})

test('one word over a run is the gravest of its verdicts', () => {
  expect(overallVerdict(of('PASS', 'BLOCKED', 'FAIL'))).toBe('FAIL')
  expect(overallVerdict(of('PASS', 'TOLERATED', 'BLOCKED'))).toBe('BLOCKED')
  expect(overallVerdict(of('PASS', 'TOLERATED'))).toBe('TOLERATED')
  expect(overallVerdict(of('SKIPPED', 'PASS'))).toBe('PASS')
  expect(overallVerdict(of())).toBe('SKIPPED')
})
