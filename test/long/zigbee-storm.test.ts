import { expect, it } from 'vitest'
import { weather } from '../chaos/storm.ts'

const SEEDS = Array.from({ length: 200 }, (_, n) => `storm-${n}`)

it('a home on the air gets over 200 storms of every fault', () => {
  const met = new Set<string>()
  for (const seed of SEEDS) for (const kind of weather(seed).kinds) met.add(kind)
  expect(met.size).toBe(10)
}, 1_200_000)
