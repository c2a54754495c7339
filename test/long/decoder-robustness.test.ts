import { expect, it } from 'vitest'
import { DECODERS } from '../helpers/decoders.ts'
import { tally } from '../helpers/disturbed-octets.ts'

const FRAMES = 1_000_000

it('a million truncated, changed and random frames are read or refused where they go wrong', () => {
  const decoders = Object.values(DECODERS)
  let seen = 0
  for (const [at, decoder] of decoders.entries()) {
    const { read, refused } = tally(decoder, 1_000 + at, Math.ceil(FRAMES / decoders.length))
    seen += read + refused
  }
  expect(seen).toBeGreaterThanOrEqual(FRAMES)
}, 1_200_000)
