/** A home that is killed at any moment of a lively day goes on. */
import { test } from 'vitest'
import { hours } from '../../src/base/time.ts'
import { killedDay } from './killed-day.ts'

test('whose HAN is on the air', { timeout: 120_000 }, () => {
  killedDay({}, { kills: 12, spanUs: hours(6) })
})

test('whose HAN is in memory', { timeout: 120_000 }, () => {
  killedDay({ inMemory: true }, { kills: 40, spanUs: hours(24) })
})
