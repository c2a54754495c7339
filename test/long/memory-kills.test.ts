/** Homes of every kind killed hundreds of times, at moments that each seed chooses anew. */
import { test } from 'vitest'
import { hours } from '../../src/base/time.ts'
import { killedDay } from '../scenario/killed-day.ts'
import type { HomeOptions } from '../unit/device-home.ts'

const LOSSY = [['channel: 15 }', 'channel: 15, loss: 0.1 }']] as const
const HOMES: readonly [string, HomeOptions][] = [
  ['a dual-fuel home', {}],
  ['a home without gas', { rig: 'cb-electricity-only' }],
  ['a home with seven devices', { rig: 'cb-seven-devices' }],
  ['a home with a meter far from the hub', { rig: 'cb-far-meter' }],
  ['a home on a lossy air', { edits: LOSSY }],
]
const SEEDS = ['one', 'two', 'three']

test.each(HOMES.flatMap(([name, options]) => SEEDS.map(seed => [name, seed, options] as const)))(
  '%s, seed %s',
  { timeout: 600_000 },
  (_, seed, options) => killedDay({ ...options, seed }, { kills: 25, spanUs: hours(8) }),
)

test.each(SEEDS)('a HAN in memory, seed %s', { timeout: 600_000 }, seed =>
  killedDay({ inMemory: true, seed }, { kills: 150, spanUs: hours(72) }),
)
