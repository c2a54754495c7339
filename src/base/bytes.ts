/** Little-endian octet reader and writer with located errors; the ground under every frame codec. */
import { WireError } from './errors.ts'
import type { Eui64 } from './ids.ts'

export const toHex = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex')
/** Each octet as two hex digits. */
const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** The value of a lower-case hex digit. */
function digitAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at)
  return code <= 0x39 ? code - 0x30 : code - 0x57
}

export class ByteReader {
  private readonly octets: Uint8Array
  private position = 0
  /** Name of the field being read, for errors. */
  field = ''

  constructor(octets: Uint8Array) {
    // Not a Buffer: its slice() is a view, and keeping or reversing that would change the frame itself.
    const isPlain = octets.constructor === Uint8Array
    this.octets = isPlain ? octets : new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength)
  }

  get offset(): number {
    return this.position
  }
  get remaining(): number {
    return this.octets.length - this.position
  }

  /** Unsigned integer of 1..6 octets, little-endian. */
  uint(width: number): number {
    const at = this.take(width)
    let value = 0
    for (let i = width - 1; i >= 0; i--) value = value * 256 + (this.octets[at + i] ?? 0)
    return value
  }
  /** What `uint(width)` would read, without taking it. */
  peek(width: number): number {
    const at = this.position
    const value = this.uint(width)
    this.position = at
    return value
  }
  /** Signed two's-complement integer of 1..6 octets, little-endian. */
  int(width: number): number {
    const value = this.uint(width)
    const limit = 2 ** (8 * width - 1)
    return value >= limit ? value - 2 * limit : value
  }
  uint64(): bigint {
    return this.view(8).getBigUint64(0, true)
  }
  int64(): bigint {
    return this.view(8).getBigInt64(0, true)
  }
  /** EUI-64 as on the air: little-endian. */
  eui64(): Eui64 {
    const at = this.take(8)
    let hex = ''
    for (let i = 7; i >= 0; i--) hex += HEX[this.octets[at + i] ?? 0]
    return hex
  }
  /** A view of `length` octets; copy it before keeping it. */
  bytes(length: number): Uint8Array {
    const at = this.take(length)
    return this.octets.subarray(at, at + length)
  }
  rest(): Uint8Array {
    return this.bytes(this.remaining)
  }

  private view(length: number): DataView {
    const { buffer, byteOffset } = this.bytes(length)
    return new DataView(buffer, byteOffset, length)
  }

  private take(width: number): number {
    if (this.remaining < width) {
      throw new WireError('wire.truncated', {
        offset: this.position,
        field: this.field,
        message: `${width} octets expected, ${this.remaining} left`,
      })
    }
    const at = this.position
    this.position += width
    return at
  }
}

export class ByteWriter {
  private octets: Uint8Array
  private position = 0

  constructor(capacity = 64) {
    this.octets = new Uint8Array(capacity)
  }

  get length(): number {
    return this.position
  }

  uint(width: number, value: number): this {
    const at = this.grow(width)
    const { octets } = this
    // Bits are those of the 32 lowest; a wider value has the rest above them.
    for (let i = 0; i < width && i < 4; i++) octets[at + i] = value >>> (8 * i)
    for (let i = 4, rest = Math.floor(value / 2 ** 32); i < width; i++, rest >>>= 8) octets[at + i] = rest
    return this
  }
  int(width: number, value: number): this {
    return this.uint(width, value < 0 ? value + 2 ** (8 * width) : value)
  }
  uint64(value: bigint): this {
    for (let i = 0n; i < 8n; i++) this.uint(1, Number((value >> (8n * i)) & 0xffn))
    return this
  }
  eui64(value: Eui64): this {
    const at = this.grow(8)
    for (let i = 0; i < 8; i++) {
      this.octets[at + i] = (digitAt(value, 14 - 2 * i) << 4) | digitAt(value, 15 - 2 * i)
    }
    return this
  }
  bytes(value: Uint8Array): this {
    const at = this.grow(value.length)
    this.octets.set(value, at)
    return this
  }
  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.octets.slice(0, this.position)
  }

  private grow(width: number): number {
    const at = this.position
    this.position += width
    if (this.position > this.octets.length) {
      const bigger = new Uint8Array(Math.max(this.octets.length * 2, this.position))
      bigger.set(this.octets)
      this.octets = bigger
    }
    return at
  }
}
