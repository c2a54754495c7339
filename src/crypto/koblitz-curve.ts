/**
 * The Koblitz curves of Smart Energy, y^2 + xy = x^3 + a x^2 + 1 over GF(2^m), and points as they go over the air:
 * compressed, an octet 02 or 03 and x. Points come in checked and stay so: every `Point` is on the curve, not infinity.
 * @source SEC 1 v2 (2.3.3, 2.3.4: compression), SEC 2 v2 (sect163k1, sect283k1)
 */
import { fromHex } from '../base/bytes.ts'
import { WireError } from '../base/errors.ts'
import { BinaryField, type FieldElement, type FieldParameters } from './binary-field.ts'
import { toInteger } from './octets.ts'
import { TauAdic } from './tau-adic.ts'

export interface Point {
  readonly x: FieldElement
  readonly y: FieldElement
}

/** Suite 1 is sect163k1; suite 2, from Smart Energy 1.2 on, sect283k1. @source ZigBee Smart Energy 07-5356, annex C */
export type CryptoSuite = 1 | 2

export interface CurveParameters extends FieldParameters {
  suite: CryptoSuite
  name: 'sect163k1' | 'sect283k1'
  a: 0 | 1
  /** Order of the generator, prime, hexadecimal. */
  n: string
  /** The generator, compressed, hexadecimal. */
  generator: string
}

/** x = X/Z, y = Y/Z^2; Z = 0 is infinity. @source López, Dahab 1998 */
interface Projective {
  X: FieldElement
  Y: FieldElement
  Z: FieldElement
}

/** A curve with its working space; not to be shared with another thread. */
export class KoblitzCurve {
  readonly suite: CryptoSuite
  /** Order of the generator. */
  readonly n: bigint
  /** Points on the curve over n: 2 or 4. */
  readonly cofactor: bigint
  readonly generator: Point
  /** Octets of a compressed point. */
  readonly pointOctets: number
  /** Octets of a private key: as many as hold n. */
  readonly scalarOctets: number
  /** Name in SEC 2, for errors. */
  readonly name: CurveParameters['name']
  private readonly a: 0 | 1
  private readonly field: BinaryField
  private readonly tau: TauAdic
  private readonly scratch: Record<'A' | 'B' | 'C' | 'D' | 'squareZ' | 'u', FieldElement>

  constructor(parameters: CurveParameters) {
    const { suite, name, m, a, n, generator } = parameters
    this.suite = suite
    this.name = name
    this.a = a
    this.field = new BinaryField(parameters)
    this.tau = new TauAdic(m, a)
    const element = () => this.field.element()
    this.scratch = { A: element(), B: element(), C: element(), D: element(), squareZ: element(), u: element() }
    const order = fromHex(n)
    this.n = toInteger(order)
    this.cofactor = this.tau.curveOrder / this.n
    this.scalarOctets = order.length
    this.pointOctets = 1 + this.field.octets
    this.generator = this.decompress(fromHex(generator), 'generator')
  }

  /**
   * A point as received. WireError, `field` naming it, when the octets are no point (`crypto.point`: length, prefix,
   * size of x, not on the curve) or one outside the group of order n (`crypto.point-order`).
   */
  point(octets: Uint8Array, field: string, offset = 0): Point {
    const point = this.decompress(octets, field, offset)
    if (!this.inGroup(point)) {
      const message = `a point of ${this.name}, but not of its group of prime order`
      throw new WireError('crypto.point-order', { offset, field, message })
    }
    return point
  }

  /** The point compressed. */
  octets({ x, y }: Point): Uint8Array {
    const { field } = this
    const z = field.element()
    field.invert(z, x)
    field.multiply(z, z, y)
    const octets = new Uint8Array(this.pointOctets)
    octets[0] = 2 | (z[0]! & 1)
    octets.set(field.toOctets(x), 1)
    return octets
  }

  /** x of a point as the octets of the field. */
  xOctets({ x }: Point): Uint8Array {
    return this.field.toOctets(x)
  }

  /** P + Q; undefined is infinity. */
  add(p: Point, q: Point): Point | undefined {
    const sum = this.projective(p)
    this.addTo(sum, q.x, q.y)
    return this.affine(sum)
  }

  /** kP for any k >= 0; undefined is infinity. */
  multiply(k: bigint, { x, y }: Point): Point | undefined {
    const { field } = this
    const minusY = field.element()
    field.add(minusY, x, y)
    const product: Projective = { X: field.element(1), Y: field.element(), Z: field.element() }
    for (const digit of this.tau.digits(k).reverse()) {
      field.square(product.X, product.X)
      field.square(product.Y, product.Y)
      field.square(product.Z, product.Z)
      if (digit !== 0) this.addTo(product, x, digit > 0 ? y : minusY)
    }
    return this.affine(product)
  }

  private projective({ x, y }: Point): Projective {
    return { X: x.slice(), Y: y.slice(), Z: this.field.element(1) }
  }

  private affine({ X, Y, Z }: Projective): Point | undefined {
    const { field } = this
    if (field.isZero(Z)) return undefined
    field.invert(Z, Z)
    field.multiply(X, X, Z)
    field.square(Z, Z)
    field.multiply(Y, Y, Z)
    return { x: X, y: Y }
  }

  /** Adds an affine point. @source Al-Daoud, Mahmod, Rushdan, Kilicman 2002 */
  private addTo(p: Projective, x: FieldElement, y: FieldElement): void {
    const { field } = this
    const { X, Y, Z } = p
    const { A, B, C, D, squareZ, u } = this.scratch
    if (field.isZero(Z)) {
      X.set(x)
      Y.set(y)
      Z.set(field.element(1))
      return
    }
    field.square(squareZ, Z)
    field.multiply(A, y, squareZ)
    field.add(A, A, Y)
    field.multiply(B, x, Z)
    field.add(B, B, X)
    if (field.isZero(B)) {
      if (field.isZero(A)) this.double(p)
      else Z.fill(0)
      return
    }
    field.multiply(C, Z, B)
    field.square(Z, C)
    field.multiply(D, x, Z)
    field.square(X, B)
    field.add(X, X, A)
    if (this.a === 1) field.add(X, X, C)
    field.multiply(X, X, C)
    field.square(u, A)
    field.add(X, X, u)
    field.multiply(u, A, C)
    field.add(u, u, Z)
    field.add(D, D, X)
    field.multiply(Y, D, u)
    field.add(u, x, y)
    field.square(squareZ, Z)
    field.multiply(u, u, squareZ)
    field.add(Y, Y, u)
  }

  /** @source López, Dahab 1998: Z' = X^2 Z^2, X' = X^4 + Z^4, Y' = Z^4 Z' + X' (a Z' + Y^2 + Z^4) */
  private double({ X, Y, Z }: Projective): void {
    const { field } = this
    const z4 = field.element()
    field.square(z4, Z)
    field.square(X, X)
    field.multiply(Z, X, z4)
    field.square(z4, z4)
    field.square(X, X)
    field.add(X, X, z4)
    field.square(Y, Y)
    field.add(Y, Y, z4)
    if (this.a === 1) field.add(Y, Y, Z)
    field.multiply(Y, Y, X)
    field.multiply(z4, z4, Z)
    field.add(Y, Y, z4)
  }

  private decompress(octets: Uint8Array, name: string, offset = 0): Point {
    const { field } = this
    const refuse = (message: string): never => {
      throw new WireError('crypto.point', { offset, field: name, message })
    }
    if (octets.length !== this.pointOctets) {
      return refuse(`${octets.length} octets found, ${this.pointOctets} expected of ${this.name}`)
    }
    const prefix = octets[0]!
    if (prefix !== 2 && prefix !== 3) return refuse(`prefix ${prefix} found, 2 or 3 (a compressed point) expected`)
    const x = field.fromOctets(octets.subarray(1))
    if (x === undefined) return refuse(`x has more than ${field.m} bits`)
    if (field.isZero(x)) return { x, y: field.element(1) }
    // With y = xz the equation is z^2 + z = x + a + 1/x^2, and the prefix tells z from z + 1.
    const right = field.element()
    field.invert(right, x)
    field.square(right, right)
    field.add(right, right, x)
    right[0]! ^= this.a
    const z = field.solveQuadratic(right)
    if (z === undefined) return refuse(`no point of ${this.name} has this x`)
    z[0] = (z[0]! & ~1) | (prefix & 1)
    field.multiply(z, z, x)
    return { x, y: z }
  }

  /** Whether the point is some point taken `cofactor` times, and so of order n: it can be halved once, or twice. */
  private inGroup({ x, y }: Point): boolean {
    const { field, a } = this
    if (field.isZero(x) || field.trace(x) !== a) return false
    if (this.cofactor === 2n) return true
    const right = x.slice()
    right[0]! ^= a
    const slope = field.solveQuadratic(right)
    if (slope === undefined) return false
    // The square of the half's x; a square has the trace of its root.
    slope[0]! ^= 1
    field.multiply(slope, slope, x)
    field.add(slope, slope, y)
    return field.trace(slope) === a
  }
}
