/**
 * The generator under every dice stream: xoshiro128**, 128 bits of state, 32 bits a throw.
 * @source D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators"; xoshiro128starstar.c v1.1
 */
export class Xoshiro128 {
  private readonly state: Uint32Array

  /** `state` is four 32-bit words, not all zero; it is copied. */
  constructor(state: readonly [number, number, number, number]) {
    this.state = Uint32Array.from(state)
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
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
