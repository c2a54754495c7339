/** Octets as nobody meant them: every truncation of good frames, changed ones, and noise; and what a decoder makes of them. */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { WireError } from '../../src/base/errors.ts'

/** A decoder, and frames that it reads. */
export interface Decoder {
  read(octets: Uint8Array): unknown
  /** Reads, writes what was read, and reads that again. */
  again?(octets: Uint8Array): unknown
  frames: readonly Uint8Array[]
}

/** Seeded octets (xorshift). */
export function octetSource(seed: number) {
  let state = seed
  const next = (limit: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  return { next, bytes: (length: number) => Uint8Array.from({ length }, () => next(256)) }
}

/** Every truncation once, then `count` more: half of them frames with one to three octets changed, half noise. */
export function* disturbed(frames: readonly Uint8Array[], seed: number, count: number): Generator<Uint8Array> {
  const { next, bytes } = octetSource(seed)
  for (const frame of frames) for (let end = 0; end <= frame.length; end++) yield frame.slice(0, end)
  for (let n = 0; n < count; n++) {
    const frame = frames[next(Math.max(frames.length, 1))]
    if (frame && frame.length > 0 && n % 2 === 0) {
      const changed = frame.slice()
      for (let many = next(3); many >= 0; many--) changed[next(changed.length)] = next(256)
      yield changed
    } else {
      const noise = bytes(next(60))
      // Half of it begins like a frame or a command, or with a status of success.
      if (n % 4 === 1 && noise.length > 1) noise.set([next(24), 0], next(noise.length - 1) & 1)
      yield noise
    }
  }
}

export interface Tally {
  read: number
  refused: number
}

/** Whatever the octets, the outcome is words that can be written again, or a located error; how often each. */
export function tally(decoder: Decoder, seed: number, count: number): Tally {
  const found: Tally = { read: 0, refused: 0 }
  for (const octets of disturbed(decoder.frames, seed, count)) {
    const before = octets.slice()
    try {
      const words = decoder.read(octets)
      if (decoder.again && !isDeepStrictEqual(decoder.again(octets), words)) {
        expect(decoder.again(octets), toHex(octets)).toEqual(words)
      }
      found.read++
    } catch (error) {
      if (!(error instanceof WireError)) throw new Error(`at ${toHex(octets)}`, { cause: error })
      if (error.field === '' || error.offset < 0 || error.offset > octets.length)
        expect.fail(`${error}: ${toHex(octets)}`)
      found.refused++
    }
    if (!isDeepStrictEqual(octets, before)) expect.fail(`changed what it read: ${toHex(before)}`)
  }
  return found
}
