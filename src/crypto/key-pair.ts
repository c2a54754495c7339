/** Private and public keys of a curve. */
import { InvariantError, WireError } from '../base/errors.ts'
import type { RandomStream } from '../ports/time.ts'
import type { KoblitzCurve, Point } from './koblitz-curve.ts'
import { toInteger, toOctets } from './octets.ts'

export interface KeyPair {
  /** A scalar from 1 to n - 1, most significant octet first: 21 octets in suite 1, 36 in suite 2. */
  privateKey: Uint8Array
  /** The compressed point: 22 octets in suite 1, 37 in suite 2. */
  publicKey: Uint8Array
}

/** A key pair thrown from the stream. */
export function generateKeyPair(curve: KoblitzCurve, random: RandomStream): KeyPair {
  return keyPairOf(curve, randomScalar(curve, random))
}

/** The key pair of a private key, 1 to n - 1. */
export function keyPairOf(curve: KoblitzCurve, scalar: bigint): KeyPair {
  const point = pointTimes(curve, scalar, curve.generator)
  return { privateKey: toOctets(scalar, curve.scalarOctets), publicKey: curve.octets(point) }
}

/** Uniform from 1 to n - 1: as many bits as n has, thrown again until they fit. */
export function randomScalar(curve: KoblitzCurve, random: RandomStream): bigint {
  const bits = curve.n.toString(2).length
  for (;;) {
    const scalar = BigInt.asUintN(bits, toInteger(random.bytes(curve.scalarOctets)))
    if (scalar > 0n && scalar < curve.n) return scalar
  }
}

/**
 * A private key from octets, modulo n: annex C.6 of the profile prints one above n. WireError `crypto.private-key` when
 * the length is another or nothing is left of it.
 */
export function privateScalar(curve: KoblitzCurve, octets: Uint8Array): bigint {
  const scalar = toInteger(octets) % curve.n
  if (octets.length === curve.scalarOctets && scalar > 0n) return scalar
  const { scalarOctets, name } = curve
  const message = `${octets.length} octets found, ${scalarOctets} and no multiple of the order of ${name} expected`
  throw new WireError('crypto.private-key', { offset: 0, field: 'private key', message })
}

/** kP where that cannot be infinity: 1 <= k < n, P of order n. */
export function pointTimes(curve: KoblitzCurve, k: bigint, point: Point): Point {
  const product = curve.multiply(k, point)
  if (!product) throw new InvariantError('a point of prime order came to infinity under a scalar below the order')
  return product
}
