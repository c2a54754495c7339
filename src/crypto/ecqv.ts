/**
 * Implicit certificates at work: the public key is not in the certificate but follows from it and from the authority's
 * public key, so that only the certified device can hold the private key.
 * @source SEC 4 (ECQV) with AES-MMO as the hash; ZigBee Smart Energy profile 07-5356, annex C
 */
import { InvariantError, WireError } from '../base/errors.ts'
import { parseCertificate } from './certificate.ts'
import { type KeyPair, keyPairOf, privateScalar } from './key-pair.ts'
import type { KoblitzCurve, Point } from './koblitz-curve.ts'
import { mmoHash } from './mmo.ts'
import { toInteger } from './octets.ts'

/** A certificate as on the wire, and the public key (compressed point) of the authority that issued it. */
export interface Certified {
  certificate: Uint8Array
  caPublicKey: Uint8Array
}

/**
 * The public key a certificate stands for: hash(certificate) x its point + the authority's key. Every well-formed
 * certificate has one; whether the peer holds the private key shows when its MAC is checked.
 * WireErrors of `parseCertificate` and `KoblitzCurve.point`; `crypto.point` for a key at infinity.
 */
export function certifiedPublicKey(curve: KoblitzCurve, { certificate, caPublicKey }: Certified): Point {
  const { publicKeyReconstruction } = parseCertificate(curve.suite, certificate)
  const field = 'publicKeyReconstruction'
  const offset = curve.suite === 1 ? 0 : 37
  const share = curve.multiply(hashNumber(certificate), curve.point(publicKeyReconstruction, field, offset))
  const key = share && curve.add(share, curve.point(caPublicKey, 'caPublicKey'))
  if (key) return key
  throw new WireError('crypto.point', { offset, field, message: 'the public key it leads to is the point at infinity' })
}

/** What the authority answers a request with, besides the certificate: its contribution to the private key. */
export interface Issued {
  certificate: Uint8Array
  /** A scalar modulo n. */
  contribution: bigint
}

/**
 * The requester's key pair: hash(certificate) x the request's private key + the authority's contribution. What
 * Certicom's tools print as "private key reconstruction data" is the outcome of this, a private key as it stands.
 * InvariantError when the pair does not fit the certificate.
 */
export function reconstructKeyPair(
  curve: KoblitzCurve,
  requestPrivateKey: Uint8Array,
  { certificate, contribution }: Issued,
  caPublicKey: Uint8Array,
): KeyPair {
  const requested = privateScalar(curve, requestPrivateKey)
  const pair = keyPairOf(curve, (hashNumber(certificate) * requested + contribution) % curve.n)
  const expected = curve.octets(certifiedPublicKey(curve, { certificate, caPublicKey }))
  if (pair.publicKey.every((octet, i) => octet === expected[i])) return pair
  throw new InvariantError('the private key does not fit the certificate: another request, contribution or authority')
}

/** The hash of a certificate as a number; its 128 bits are below n in both suites. */
export const hashNumber = (certificate: Uint8Array): bigint => toInteger(mmoHash(certificate))
