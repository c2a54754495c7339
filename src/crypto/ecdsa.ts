/**
 * Signatures of firmware images: ECDSA over the curves of the suites, on an MMO hash.
 * @source ZigBee Smart Energy profile 07-5356 (image signing); SEC 1 v2, 4.1
 */
import { InvariantError, WireError } from '../base/errors.ts'
import type { RandomStream } from '../ports/time.ts'
import { pointTimes, privateScalar, randomScalar } from './key-pair.ts'
import type { KoblitzCurve, Point } from './koblitz-curve.ts'
import { joined, toInteger, toOctets } from './octets.ts'

export interface SigningInput {
  privateKey: Uint8Array
  /** 16 octets. */
  hash: Uint8Array
  /** Where the secret number of this signature comes from. */
  random: RandomStream
}

/** r and s one after the other: 42 octets in suite 1, 72 in suite 2. */
export function sign(curve: KoblitzCurve, { privateKey, hash, random }: SigningInput): Uint8Array {
  const { n, scalarOctets } = curve
  const scalar = privateScalar(curve, privateKey)
  for (;;) {
    const k = randomScalar(curve, random)
    const r = toInteger(curve.xOctets(pointTimes(curve, k, curve.generator))) % n
    const s = (inverse(k, n) * (hashNumber(hash) + scalar * r)) % n
    if (r !== 0n && s !== 0n) return joined(toOctets(r, scalarOctets), toOctets(s, scalarOctets))
  }
}

export interface VerifyingInput {
  publicKey: Point
  /** 16 octets. */
  hash: Uint8Array
  /** r and s. */
  signature: Uint8Array
}

/** Whether the holder of the key signed the hash. WireError `crypto.signature` when the length is not that of r and s. */
export function verify(curve: KoblitzCurve, { publicKey, hash, signature }: VerifyingInput): boolean {
  const { n, scalarOctets, generator } = curve
  if (signature.length !== 2 * scalarOctets) {
    const message = `${signature.length} octets found, ${2 * scalarOctets} (r and s) expected on ${curve.name}`
    throw new WireError('crypto.signature', { offset: 0, field: 'signature', message })
  }
  const r = toInteger(signature.subarray(0, scalarOctets))
  const s = toInteger(signature.subarray(scalarOctets))
  if (r === 0n || r >= n || s === 0n || s >= n) return false
  const w = inverse(s, n)
  const ofHash = curve.multiply((hashNumber(hash) * w) % n, generator)
  const ofKey = pointTimes(curve, (r * w) % n, publicKey)
  const sum = ofHash ? curve.add(ofHash, ofKey) : ofKey
  return sum !== undefined && toInteger(curve.xOctets(sum)) % n === r
}

/** 128 bits are below n in both suites, so nothing is cut off. */
function hashNumber(hash: Uint8Array): bigint {
  if (hash.length !== 16) throw new InvariantError(`an MMO hash is 16 octets, ${hash.length} found`)
  return toInteger(hash)
}

/** 1/a modulo a prime n, 0 < a < n. */
function inverse(a: bigint, n: bigint): bigint {
  let [r, next] = [n, a]
  let [t, nextT] = [0n, 1n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[t, nextT] = [nextT, t - quotient * nextT]
  }
  return t < 0n ? t + n : t
}
