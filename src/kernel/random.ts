/** Named random streams from one seed: generator states drawn from SHA-256(seed, label). */
import { createHash } from 'node:crypto'
import { InvariantError } from '../base/errors.ts'
import type { Random, RandomStream } from '../ports/time.ts'
import { Xoshiro128 } from './xoshiro128.ts'

/** All dice of one installation. A stream is a function of seed and label alone: asking twice gives the same throws. */
export class SeededRandom implements Random {
  private readonly seed: string

  constructor(seed: string) {
    this.seed = seed
  }

  stream(label: string): RandomStream {
    const digest = createHash('sha256').update(`${this.seed}\n${label}`).digest()
    const word = (at: number) => digest.readUInt32LE(at)
    return new SeededStream(label, new Xoshiro128([word(0), word(4), word(8), word(12)]))
  }
}

class SeededStream implements RandomStream {
  private readonly label: string
  private readonly generator: Xoshiro128

  constructor(label: string, generator: Xoshiro128) {
    this.label = label
    this.generator = generator
  }

  next(): number {
    // 53 bits, as many as a double holds.
    const high = this.generator.uint32() >>> 5
    const low = this.generator.uint32() >>> 6
    return (high * 0x4000000 + low) / 0x20000000000000
  }
  int(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1) throw this.refusal('int', limit, 'a whole number of 1 or more')
    return Math.floor(this.next() * limit)
  }
  bytes(length: number): Uint8Array {
    if (!Number.isSafeInteger(length) || length < 0) throw this.refusal('bytes', length, 'a whole number of 0 or more')
    return Uint8Array.from({ length }, () => this.generator.uint32() & 0xff)
  }

  private refusal(call: string, found: number, expected: string): InvariantError {
    return new InvariantError(`random stream "${this.label}": ${call}(${found}) asked for, ${expected} expected`)
  }
}
