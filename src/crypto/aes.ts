/**
 * AES-128 in the forward direction, all that CCM* and MMO ask for. Table-driven and synchronous: a block of native
 * cipher costs a call into it, and a native cipher object per key costs memory (test/bench/crypto.ts has the figures).
 * Not hardened against timing: the keys here are those of an emulator.
 * @source FIPS 197
 */
import { InvariantError } from '../base/errors.ts'

const KEY_WORDS = 44

/** An AES-128 key, expanded once. Keep it as long as the key is in use. */
export class AesKey {
  private readonly schedule = new Int32Array(KEY_WORDS)

  /** `key` is 16 octets. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new InvariantError(`an AES-128 key is 16 octets, ${key.length} found`)
    this.change(Int32Array.of(wordAt(key, 0), wordAt(key, 4), wordAt(key, 8), wordAt(key, 12)))
  }

  /** Another key in its place, as four words, most significant octet first: a hash changes it with each block. */
  change(key: Int32Array): void {
    const w = this.schedule
    let a = key[0]!
    let b = key[1]!
    let c = key[2]!
    let d = key[3]!
    w.set(key)
    for (let i = 4, round = 1; i < KEY_WORDS; i += 4, round = double(round)) {
      a ^= substitute((d << 8) | (d >>> 24)) ^ (round << 24)
      b ^= a
      c ^= b
      d ^= c
      w[i] = a
      w[i + 1] = b
      w[i + 2] = c
      w[i + 3] = d
    }
  }

  /** Encrypts one block in place: four words, most significant octet first. */
  encrypt(block: Int32Array): void {
    const w = this.schedule
    let a = block[0]! ^ w[0]!
    let b = block[1]! ^ w[1]!
    let c = block[2]! ^ w[2]!
    let d = block[3]! ^ w[3]!
    for (let at = 4; at < 40; at += 4) {
      const e = T0[a >>> 24]! ^ T1[(b >>> 16) & 0xff]! ^ T2[(c >>> 8) & 0xff]! ^ T3[d & 0xff]! ^ w[at]!
      const f = T0[b >>> 24]! ^ T1[(c >>> 16) & 0xff]! ^ T2[(d >>> 8) & 0xff]! ^ T3[a & 0xff]! ^ w[at + 1]!
      const g = T0[c >>> 24]! ^ T1[(d >>> 16) & 0xff]! ^ T2[(a >>> 8) & 0xff]! ^ T3[b & 0xff]! ^ w[at + 2]!
      d = T0[d >>> 24]! ^ T1[(a >>> 16) & 0xff]! ^ T2[(b >>> 8) & 0xff]! ^ T3[c & 0xff]! ^ w[at + 3]!
      a = e
      b = f
      c = g
    }
    block[0] = lastRound(a, b, c, d) ^ w[40]!
    block[1] = lastRound(b, c, d, a) ^ w[41]!
    block[2] = lastRound(c, d, a, b) ^ w[42]!
    block[3] = lastRound(d, a, b, c) ^ w[43]!
  }
}

/** The word of four octets at `at`, most significant first. */
export const wordAt = (octets: Uint8Array, at: number): number =>
  (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!

const double = (x: number): number => ((x << 1) ^ (x & 0x80 ? 0x11b : 0)) & 0xff

const SBOX = sbox()
const [T0, T1, T2, T3] = [0, 8, 16, 24].map(mixColumn) as [Int32Array, Int32Array, Int32Array, Int32Array]

const lastRound = (a: number, b: number, c: number, d: number): number =>
  (SBOX[a >>> 24]! << 24) | (SBOX[(b >>> 16) & 0xff]! << 16) | (SBOX[(c >>> 8) & 0xff]! << 8) | SBOX[d & 0xff]!

const substitute = (word: number): number => lastRound(word, word, word, word)

/** SubBytes: the inverse in GF(2^8), then the affine map. 3 generates the field, so powers of 3 and of 1/3 meet in pairs. */
function sbox(): Uint8Array {
  const table = new Uint8Array(256)
  let power = 1
  let inverse = 1
  do {
    power ^= double(power)
    inverse ^= inverse << 1
    inverse ^= inverse << 2
    inverse ^= inverse << 4
    inverse = (inverse ^ (inverse & 0x80 ? 0x09 : 0)) & 0xff
    const twice = inverse | (inverse << 8)
    table[power] = inverse ^ (twice >> 7) ^ (twice >> 6) ^ (twice >> 5) ^ (twice >> 4) ^ 0x63
  } while (power !== 1)
  table[0] = 0x63
  return table
}

/** SubBytes, ShiftRows and MixColumns of one octet of a column, as a word rotated right by `turn` bits. */
function mixColumn(turn: number): Int32Array {
  return Int32Array.from(SBOX, s => {
    const word = (double(s) << 24) | (s << 16) | (s << 8) | (double(s) ^ s)
    return turn === 0 ? word : (word >>> turn) | (word << (32 - turn))
  })
}
