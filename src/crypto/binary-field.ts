/**
 * Arithmetic in GF(2^m): polynomials over GF(2) as 32-bit limbs, least significant limb first.
 * An element is an Int32Array of `words` limbs, always reduced; results go where the first argument says.
 * @source Hankerson, Menezes, Vanstone: Guide to Elliptic Curve Cryptography, 2.3
 */
import { InvariantError } from '../base/errors.ts'

export type FieldElement = Int32Array

export interface FieldParameters {
  /** Bits of an element. */
  m: number
  /** Exponents of the reduction polynomial below x^m. */
  terms: readonly number[]
  /** The powers of x of trace 1; the trace of an element is the sum of its bits there. */
  traceBits: readonly number[]
}

/** Each octet with a zero between its bits: its square. */
const SPREAD = Uint16Array.from({ length: 256 }, (_, octet) => {
  let spread = 0
  for (let bit = 0; bit < 8; bit++) spread |= ((octet >> bit) & 1) << (2 * bit)
  return spread
})

/** A field and its working space; not to be shared with another thread. */
export class BinaryField {
  /** Bits of an element. */
  readonly m: number
  /** Octets of an element, most significant first, as on the wire. */
  readonly octets: number
  private readonly words: number
  private readonly terms: readonly number[]
  private readonly traceBits: readonly number[]
  /** An unreduced product. */
  private readonly product: Int32Array
  /** Multiples of a factor by each of the 16 polynomials of degree < 4. */
  private readonly multiples: Int32Array

  /** @throws InvariantError for a field that this arithmetic does not fit. */
  constructor({ m, terms, traceBits }: FieldParameters) {
    this.m = m
    this.traceBits = traceBits
    this.octets = Math.ceil(m / 8)
    this.words = Math.ceil(m / 32)
    const fits = m % 2 === 1 && this.words % 3 === 0 && m % 32 <= 29 && terms.every(term => term < 32)
    if (!fits) throw new InvariantError(`GF(2^${m}) is not one of the fields of Smart Energy (163, 283)`)
    this.terms = terms
    this.product = new Int32Array(2 * this.words)
    this.multiples = new Int32Array(16 * this.words)
  }

  /** Zero, or a small constant. */
  element(value = 0): FieldElement {
    const element = new Int32Array(this.words)
    element[0] = value
    return element
  }

  /** Undefined when the octets hold more than m bits. */
  fromOctets(octets: Uint8Array): FieldElement | undefined {
    const element = this.element()
    const last = octets.length - 1
    for (let i = 0; i <= last; i++) element[i >> 2]! |= octets[last - i]! << (8 * (i & 3))
    return this.m % 8 !== 0 && octets[0]! >> (this.m % 8) !== 0 ? undefined : element
  }

  toOctets(a: FieldElement): Uint8Array {
    const last = this.octets - 1
    return Uint8Array.from({ length: this.octets }, (_, i) => a[(last - i) >> 2]! >>> (8 * ((last - i) & 3)))
  }

  isZero(a: FieldElement): boolean {
    return a.every(limb => limb === 0)
  }

  equal(a: FieldElement, b: FieldElement): boolean {
    return a.every((limb, i) => limb === b[i])
  }

  add(sum: FieldElement, a: FieldElement, b: FieldElement): void {
    for (let i = 0; i < sum.length; i++) sum[i] = a[i]! ^ b[i]!
  }

  /** Comb of width 4: from the top four bits of all limbs of `a` down, a multiple of `b` for each; three limbs at a time. */
  multiply(result: FieldElement, a: FieldElement, b: FieldElement): void {
    const { product, multiples, words } = this
    this.fillMultiples(b)
    product.fill(0)
    for (let shift = 28; shift >= 0; shift -= 4) {
      for (let i = 0; i < words; i += 3) {
        const first = ((a[i]! >>> shift) & 15) * words
        const second = ((a[i + 1]! >>> shift) & 15) * words - 1
        const third = ((a[i + 2]! >>> shift) & 15) * words - 2
        product[i]! ^= multiples[first]!
        product[i + 1]! ^= multiples[first + 1]! ^ multiples[second + 1]!
        for (let j = 2; j < words; j++) {
          product[i + j]! ^= multiples[first + j]! ^ multiples[second + j]! ^ multiples[third + j]!
        }
        product[i + words]! ^= multiples[second + words]! ^ multiples[third + words]!
        product[i + words + 1]! ^= multiples[third + words + 1]!
      }
      if (shift > 0) {
        for (let i = 2 * words - 1; i > 0; i--) product[i] = (product[i]! << 4) | (product[i - 1]! >>> 28)
        product[0]! <<= 4
      }
    }
    this.reduce(result)
  }

  square(result: FieldElement, a: FieldElement): void {
    const { product, words } = this
    for (let i = 0; i < words; i++) {
      const limb = a[i]!
      product[2 * i] = SPREAD[limb & 0xff]! | (SPREAD[(limb >>> 8) & 0xff]! << 16)
      product[2 * i + 1] = SPREAD[(limb >>> 16) & 0xff]! | (SPREAD[limb >>> 24]! << 16)
    }
    this.reduce(result)
  }

  /** 1/a as a^(2^m - 2), by the binary digits of m - 1. `a` is not zero. @source Itoh, Tsujii 1988 */
  invert(result: FieldElement, a: FieldElement): void {
    const power = a.slice() // a^(2^k - 1)
    const high = this.element()
    let k = 1
    for (const digit of (this.m - 1).toString(2).slice(1)) {
      high.set(power)
      for (let i = 0; i < k; i++) this.square(high, high)
      this.multiply(power, power, high)
      k *= 2
      if (digit === '1') {
        this.square(power, power)
        this.multiply(power, power, a)
        k++
      }
    }
    this.square(result, power)
  }

  /** a + a^2 + a^4 + ... (m terms): 0 or 1. It is 0 when z^2 + z = a has a solution. */
  trace(a: FieldElement): number {
    let trace = 0
    for (const bit of this.traceBits) trace ^= (a[bit >> 5]! >>> (bit & 31)) & 1
    return trace
  }

  /** One z with z^2 + z = a, the other being z + 1; undefined when there is none. m is odd: the half-trace. */
  solveQuadratic(a: FieldElement): FieldElement | undefined {
    const z = a.slice()
    const check = this.element()
    for (let i = 0; i < (this.m - 1) / 2; i++) {
      this.square(z, z)
      this.square(z, z)
      this.add(z, z, a)
    }
    this.square(check, z)
    this.add(check, check, z)
    return this.equal(check, a) ? z : undefined
  }

  /** An element leaves at least three bits of its limbs free, so the multiples fit as well. */
  private fillMultiples(b: FieldElement): void {
    const { multiples, words } = this
    for (let j = 0; j < words; j++) multiples[words + j] = b[j]!
    for (let row = 2; row < 16; row += 2) {
      const [half, even, odd] = [(row >> 1) * words, row * words, (row + 1) * words]
      let carry = 0
      for (let j = 0; j < words; j++) {
        const limb = multiples[half + j]!
        const twice = (limb << 1) | carry
        carry = limb >>> 31
        multiples[even + j] = twice
        multiples[odd + j] = twice ^ b[j]!
      }
    }
  }

  /** The product modulo the field's polynomial: x^m equals the sum of the terms, all of them low. */
  private reduce(result: FieldElement): void {
    const { product, words, m } = this
    const top = m >> 5
    for (let i = 2 * words - 1; i > top; i--) this.fold(product[i]!, 32 * i - m)
    const extra = m & 31
    const excess = product[top]! >>> extra
    product[top]! ^= excess << extra
    this.fold(excess, 0)
    for (let i = 0; i < words; i++) result[i] = product[i]!
  }

  /** Adds `limb` times x^at times each term into the product. */
  private fold(limb: number, at: number): void {
    const { product, terms } = this
    for (let t = 0; t < terms.length; t++) {
      const bit = at + terms[t]!
      const shift = bit & 31
      product[bit >> 5]! ^= limb << shift
      if (shift !== 0) product[(bit >> 5) + 1]! ^= limb >>> (32 - shift)
    }
  }
}
