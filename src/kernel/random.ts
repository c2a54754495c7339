/** Named random streams from one seed: xoshiro128** states drawn from SHA-256(seed, label). */
import { createHash } from 'node:crypto'
import type { Random, RandomStream } from '../ports/time.ts'

/** @source D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators" (xoshiro128**) */
class Xoshiro128 implements RandomStream {
  private readonly state: Uint32Array

  constructor(seed: string, label: string) {
    const digest = createHash('sha256').update(`${seed}\n${label}`).digest()
    this.state = Uint32Array.from([0, 4, 8, 12], at => digest.readUInt32LE(at))
  }

  next(): number {
    // 53 bits, as many as a double holds.
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 0x20000000000000
  }
  int(limit: number): number {
    return Math.floor(this.next() * limit)
  }
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff)
  }

  private uint32(): number {
    const s = this.state
    const s0 = s[0] as number
    const s1 = s[1] as number
    const s2 = s[2] as number
    const s3 = s[3] as number
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0
    const t2 = s2 ^ s0
    const t3 = s3 ^ s1
    s[1] = s1 ^ t2
    s[0] = s0 ^ t3
    s[2] = t2 ^ (s1 << 9)
    s[3] = rotate(t3, 11)
    return result
  }
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** All dice of one installation. A stream is a function of seed and label alone. */
export class SeededRandom implements Random {
  private readonly seed: string

  constructor(seed: string) {
    this.seed = seed
  }
  stream(label: string): RandomStream {
    return new Xoshiro128(this.seed, label)
  }
}
