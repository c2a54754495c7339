/**
 * The Matyas-Meyer-Oseas hash over AES-128, and the keyed hash made of it.
 * @source ZigBee specification 05-3474, B.1.3 (block cipher), B.6 (hash), B.1.4 (keyed hash, FIPS 198)
 */
import { fromHex, toHex } from '../base/bytes.ts'
import { AesKey, wordAt } from './aes.ts'

const BLOCK = 16

/** The hash of `message` (below 2^32 bits): 16 octets. */
export const mmoHash = (message: Uint8Array): Uint8Array => new MmoHash().update(message).digest()

/** Where a hash stands, as plain JSON. */
export interface MmoHashMemory {
  /** What the whole blocks so far come to, as 32 hexadecimal digits. */
  digest: string
  /** The octets after them, hexadecimal. */
  rest: string
  /** Octets so far. */
  length: number
}

/** The hash of a message that comes in pieces. */
export class MmoHash {
  private readonly chained = new Int32Array(4)
  private readonly rest = new Uint8Array(BLOCK)
  private length = 0
  private readonly cipher = new AesKey(new Uint8Array(BLOCK))
  private readonly block = new Int32Array(4)

  static restored({ digest, rest, length }: MmoHashMemory): MmoHash {
    const hash = new MmoHash()
    const octets = fromHex(digest)
    for (let i = 0; i < 4; i++) hash.chained[i] = wordAt(octets, 4 * i)
    hash.rest.set(fromHex(rest))
    hash.length = length
    return hash
  }

  /** The next octets of the message; they are not kept. */
  update(octets: Uint8Array): this {
    const filled = this.length % BLOCK
    this.length += octets.length
    let at = 0
    if (filled > 0) {
      at = Math.min(BLOCK - filled, octets.length)
      this.rest.set(octets.subarray(0, at), filled)
      if (filled + at < BLOCK) return this
      this.chain(this.rest, 0)
    }
    for (; at + BLOCK <= octets.length; at += BLOCK) this.chain(octets, at)
    this.rest.set(octets.subarray(at))
    return this
  }

  /** The hash of all octets so far; more may follow. */
  digest(): Uint8Array {
    const whole = this.copy()
    const filled = this.length % BLOCK
    for (const block of padding(this.rest.subarray(0, filled), this.length)) whole.chain(block, 0)
    return whole.chainedOctets()
  }

  /** A hash of its own that has seen the same octets. */
  copy(): MmoHash {
    const copy = new MmoHash()
    copy.chained.set(this.chained)
    copy.rest.set(this.rest)
    copy.length = this.length
    return copy
  }

  memory(): MmoHashMemory {
    const rest = toHex(this.rest.subarray(0, this.length % BLOCK))
    return { digest: toHex(this.chainedOctets()), rest, length: this.length }
  }

  private chain(octets: Uint8Array, at: number): void {
    const { chained, block, cipher } = this
    cipher.change(chained)
    for (let i = 0; i < 4; i++) chained[i] = block[i] = wordAt(octets, at + 4 * i)
    cipher.encrypt(block)
    for (let i = 0; i < 4; i++) chained[i] = chained[i]! ^ block[i]!
  }

  private chainedOctets(): Uint8Array {
    return Uint8Array.from({ length: BLOCK }, (_, i) => this.chained[i >> 2]! >>> (24 - 8 * (i & 3)))
  }
}

/**
 * The last one or two blocks of a message of `length` octets that ends in `rest`: a bit, zeros and the length in bits;
 * from 2^16 bits on the length has four octets and two zeros after it.
 */
function padding(rest: Uint8Array, length: number): Uint8Array[] {
  const bits = length * 8
  const long = bits >= 0x10000
  const trailer = long ? 6 : 2
  const padded = new Uint8Array(Math.ceil((rest.length + 1 + trailer) / BLOCK) * BLOCK)
  padded.set(rest)
  padded[rest.length] = 0x80
  const view = new DataView(padded.buffer, padded.length - trailer)
  if (long) view.setUint32(0, bits)
  else view.setUint16(0, bits)
  return padded.length === BLOCK ? [padded] : [padded.subarray(0, BLOCK), padded.subarray(BLOCK)]
}

/** HMAC with the MMO hash: 16 octets. A key longer than a block is hashed first. */
export function mmoKeyedHash(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? mmoHash(key) : key)
  const inner = mmoHash(Uint8Array.of(...block.map(k => k ^ 0x36), ...message))
  return mmoHash(Uint8Array.of(...block.map(k => k ^ 0x5c), ...inner))
}
