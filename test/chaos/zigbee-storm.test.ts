import { describe, expect, it } from 'vitest'
import { weather } from './storm.ts'

/** Of the 200 that `npm run test:long` weathers. */
const SEEDS = Array.from({ length: 20 }, (_, n) => `storm-${n}`)

describe('a home on the air under every fault the air knows', () => {
  it.each(SEEDS)('confirms every send once, delivers nothing twice, and recovers (%s)', seed => {
    const { kinds, sends, delivered } = weather(seed)
    // The storm did bite, and did not swallow everything.
    expect(kinds.size).toBeGreaterThan(5)
    expect(sends).toBeGreaterThan(200)
    expect(delivered).toBeGreaterThan(40)
    expect(sends - delivered).toBeGreaterThan(20)
  })
})
