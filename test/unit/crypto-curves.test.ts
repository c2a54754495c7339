import { createECDH } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { BinaryField, type FieldElement } from '../../src/crypto/binary-field.ts'
import { generateKeyPair, privateScalar, randomScalar } from '../../src/crypto/key-pair.ts'
import type { KoblitzCurve, Point } from '../../src/crypto/koblitz-curve.ts'
import { toInteger, toOctets } from '../../src/crypto/octets.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { SeededRandom } from '../../src/kernel/random.ts'

const random = new SeededRandom('crypto').stream('curves')

/** @source SEC 2 v2, 3.2.1 and 3.4.1: f(x), written as the integer with those bits */
const FIELDS = [
  { m: 163, terms: [7, 6, 3, 0], traceBits: [0, 157] },
  { m: 283, terms: [12, 7, 5, 0], traceBits: [0, 271] },
]

describe.each(FIELDS)('GF(2^$m)', parameters => {
  const { m, terms } = parameters
  const field = new BinaryField(parameters)
  const polynomial = terms.reduce((sum, term) => sum | (1n << BigInt(term)), 1n << BigInt(m))
  const throwElement = (): FieldElement => element(BigInt.asUintN(m, toInteger(random.bytes(field.octets))))
  const element = (value: bigint): FieldElement =>
    field.fromOctets(toOctets(value, field.octets)) ?? expect.unreachable(`${value} fits`)
  const value = (a: FieldElement): bigint => toInteger(field.toOctets(a))
  const result = field.element()
  const edges = [0n, 1n, 2n, (1n << BigInt(m)) - 1n, 1n << BigInt(m - 1)]

  it('multiplies and squares as polynomials do on paper', () => {
    const elements = [...edges.map(element), ...Array.from({ length: 40 }, throwElement)]
    for (const a of elements) {
      field.square(result, a)
      expect(value(result)).toBe(onPaper(value(a), value(a), polynomial))
      for (const b of elements) {
        field.multiply(result, a, b)
        expect(value(result)).toBe(onPaper(value(a), value(b), polynomial))
      }
    }
  })

  it('allows the result in place of a factor', () => {
    const [a, b] = [throwElement(), throwElement()]
    const expected = onPaper(value(a), value(b), polynomial)
    field.multiply(a, a, b)
    expect(value(a)).toBe(expected)
    field.multiply(a, b, b)
    field.square(b, b)
    expect(value(b)).toBe(value(a))
  })

  it('inverts: an element times its inverse is 1', () => {
    for (let n = 0; n < 50; n++) {
      const a = throwElement()
      field.invert(result, a)
      expect(onPaper(value(a), value(result), polynomial)).toBe(1n)
    }
  })

  it('knows the trace, which says whether z^2 + z = a can be solved', () => {
    for (let n = 0; n < 50; n++) {
      const a = throwElement()
      const power = a.slice()
      const sum = a.slice()
      for (let i = 1; i < m; i++) {
        field.square(power, power)
        field.add(sum, sum, power)
      }
      expect(BigInt(field.trace(a))).toBe(value(sum))
      const z = field.solveQuadratic(a)
      expect(z === undefined).toBe(field.trace(a) === 1)
      if (z) expect(onPaper(value(z), value(z), polynomial) ^ value(z)).toBe(value(a))
    }
  })

  it('refuses octets that hold more bits than an element has', () => {
    expect(field.fromOctets(toOctets(1n << BigInt(m), field.octets))).toBeUndefined()
    expect(field.fromOctets(toOctets((1n << BigInt(m)) - 1n, field.octets))).toBeDefined()
  })
})

it('a field whose limbs leave no room is refused, not miscalculated', () => {
  expect(() => new BinaryField({ m: 191, terms: [9, 0], traceBits: [0] })).toThrow('GF(2^191)')
  expect(() => new BinaryField({ m: 233, terms: [74, 0], traceBits: [0] })).toThrow('GF(2^233)')
})

describe.each([curveOf(1), curveOf(2)])('$name', curve => {
  const throwPoint = (): Point => times(curve, randomScalar(curve, random), curve.generator)
  const text = (point: Point | undefined): string => (point ? toHex(curve.octets(point)) : 'infinity')

  it('multiplies the generator as OpenSSL does, edges included', () => {
    const scalars = [1n, 2n, 3n, 4n, 7n, curve.n - 1n, curve.n - 2n, curve.n >> 1n]
    for (let n = 0; n < 60; n++) scalars.push(randomScalar(curve, random))
    for (const scalar of scalars) {
      const native = createECDH(curve.name)
      native.setPrivateKey(toOctets(scalar, curve.scalarOctets))
      expect(text(curve.multiply(scalar, curve.generator))).toBe(native.getPublicKey('hex', 'compressed'))
    }
  })

  it('comes to the same secrets as OpenSSL with keys thrown on either side', () => {
    for (let n = 0; n < 40; n++) {
      const { privateKey, publicKey } = generateKeyPair(curve, random)
      const native = createECDH(curve.name)
      native.generateKeys()
      const theirs = curve.point(native.getPublicKey(null, 'compressed'), 'public key')
      const ours = curve.multiply(privateScalar(curve, privateKey), theirs)
      expect(ours && toHex(curve.xOctets(ours))).toBe(toHex(native.computeSecret(publicKey)))
    }
  })

  it('keeps the laws of a group', () => {
    for (let n = 0; n < 20; n++) {
      const [p, q] = [throwPoint(), throwPoint()]
      const [j, k] = [randomScalar(curve, random), randomScalar(curve, random)]
      expect(text(curve.add(p, q))).toBe(text(curve.add(q, p)))
      expect(text(curve.add(p, p))).toBe(text(curve.multiply(2n, p)))
      expect(text(curve.add(p, opposite(p)))).toBe('infinity')
      expect(text(curve.add(times(curve, j, p), times(curve, k, p)))).toBe(text(curve.multiply(j + k, p)))
      expect(text(curve.multiply(j, times(curve, k, p)))).toBe(text(curve.multiply((j * k) % curve.n, p)))
      expect(text(curve.multiply(j + curve.n, p))).toBe(text(curve.multiply(j, p)))
    }
  })

  it('takes any point to infinity by 0 and by its order, and no further', () => {
    const p = throwPoint()
    expect(text(curve.multiply(0n, p))).toBe('infinity')
    expect(text(curve.multiply(curve.n, p))).toBe('infinity')
    expect(text(curve.multiply(curve.n + 1n, p))).toBe(text(p))
    expect(text(curve.multiply(curve.n - 1n, p))).toBe(text(opposite(p)))
  })

  it('compresses points and finds both back', () => {
    for (let n = 0; n < 20; n++) {
      const p = throwPoint()
      for (const point of [p, opposite(p)]) {
        const found = curve.point(curve.octets(point), 'point')
        expect([toHex(curve.xOctets(found)), text(found)]).toEqual([toHex(curve.xOctets(point)), text(point)])
        expect(found.y).toEqual(point.y)
      }
    }
  })

  it('throws private keys from 1 to n - 1, the same from the same dice', () => {
    const keys = Array.from({ length: 30 }, () => randomScalar(curve, random))
    expect(keys.every(key => key > 0n && key < curve.n)).toBe(true)
    expect(new Set(keys).size).toBe(30)
    const loaded = [
      new Uint8Array(curve.scalarOctets),
      toOctets(curve.n, curve.scalarOctets),
      toOctets(5n, curve.scalarOctets),
    ]
    const dice = { next: () => 0, int: () => 0, bytes: () => loaded.shift() ?? new Uint8Array() }
    expect(randomScalar(curve, dice)).toBe(5n)
    const again = () => toHex(generateKeyPair(curve, new SeededRandom('same').stream('dice')).privateKey)
    expect(again()).toBe(again())
  })
})

const times = (curve: KoblitzCurve, k: bigint, point: Point): Point =>
  curve.multiply(k, point) ?? expect.unreachable('not infinity')

const opposite = ({ x, y }: Point): Point => ({ x, y: x.map((limb, i) => limb ^ (y[i] ?? 0)) })

/** Carry-less product modulo a polynomial, a bit at a time. */
function onPaper(a: bigint, b: bigint, polynomial: bigint): bigint {
  const top = BigInt(polynomial.toString(2).length - 1)
  let product = 0n
  let shifted = a
  for (let rest = b; rest > 0n; rest >>= 1n) {
    if (rest & 1n) product ^= shifted
    shifted <<= 1n
    if (shifted >> top) shifted ^= polynomial
  }
  return product
}
