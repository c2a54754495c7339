/**
 * Writes ZigBee OTA upgrade files in pieces, so that an image never has to be in memory: header, elements, integrity
 * code, then for each signer a signature and a certificate.
 * @source ZigBee OTA Upgrade Cluster 095264, 6.3
 */
import { ByteWriter, fromHex } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { certificateOctets } from '../crypto/certificate.ts'
import { sign } from '../crypto/ecdsa.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import { MmoHash } from '../crypto/mmo.ts'
import { joined } from '../crypto/octets.ts'
import { curveOf } from '../crypto/suites.ts'
import type { RandomStream } from '../ports/time.ts'
import {
  certificateTag,
  ELEMENT_HEADER_OCTETS,
  elementName,
  INTEGRITY_CODE_OCTETS,
  signatureOctets,
  signatureTag,
  TAG,
} from './ota-elements.ts'
import { encodeHeader, type OtaHeaderFields } from './ota-header.ts'

/** Data of known length, in pieces. */
export interface ElementSource {
  tag: number
  /** Octets of all pieces together. */
  length: number
  pieces: Iterable<Uint8Array>
}

/** Who signs an image: a certified key. */
export interface FirmwareSigner {
  suite: CryptoSuite
  /** Subject of the certificate. */
  signer: Eui64
  certificate: Uint8Array
  privateKey: Uint8Array
  /** Where the secret number for a hash comes from: the same hash, the same signature. */
  secretFor(hash: Uint8Array): RandomStream
}

export interface OtaPlan extends OtaHeaderFields {
  elements: readonly ElementSource[]
  /** Whether an integrity code follows them; of the form before the tag. */
  integrityCode: boolean
  signers: readonly FirmwareSigner[]
}

/** One element that is there as a whole. */
export const element = (tag: number, octets: Uint8Array): ElementSource => ({
  tag,
  length: octets.length,
  pieces: [octets],
})

/** Octets that a plan comes to. */
export function plannedOctets(plan: OtaPlan): number {
  return encodeHeader(plan, 0).length + elementOctets(plan)
}

/**
 * The file, piece by piece. A hash is signed that covers every octet but r and s, of all signers.
 * @throws InvariantError for fields that do not fit, and a source whose pieces are not as long as it says
 */
export function* buildOta(plan: OtaPlan): Generator<Uint8Array, void> {
  const hash = new MmoHash()
  const said = (octets: Uint8Array): Uint8Array => {
    hash.update(octets)
    return octets
  }
  yield said(encodeHeader(plan, elementOctets(plan)))
  for (const { tag, length, pieces } of plan.elements) {
    yield said(elementHeader(tag, length))
    let left = length
    for (const piece of pieces) {
      left -= piece.length
      if (left < 0) break
      yield said(piece)
    }
    if (left !== 0) {
      const found = left < 0 ? 'more' : `${length - left}`
      throw new InvariantError(`${elementName(tag)}: ${found} octets found, ${length} expected`)
    }
  }
  if (plan.integrityCode) {
    const code = hash.digest()
    yield said(elementHeader(TAG.integrityCode, INTEGRITY_CODE_OCTETS))
    yield said(code)
  }
  const tail = plan.signers.map(signer => {
    const { suite, certificate } = signer
    const before = joined(elementHeader(signatureTag(suite), signatureOctets(suite)), fromHex(signer.signer).reverse())
    const after = joined(elementHeader(certificateTag(suite), certificateOctets(suite)), certificate)
    return { signer, before: said(before), after: said(after) }
  })
  const digest = hash.digest()
  for (const { signer, before, after } of tail) {
    const { suite, privateKey } = signer
    yield before
    yield sign(curveOf(suite), { privateKey, hash: digest, random: signer.secretFor(digest) })
    yield after
  }
}

/** The file as a whole. */
export const buildOtaWhole = (plan: OtaPlan): Uint8Array => joined(...buildOta(plan))

function elementOctets({ elements, integrityCode, signers }: OtaPlan): number {
  const lengths = [
    ...elements.map(({ length }) => length),
    ...(integrityCode ? [INTEGRITY_CODE_OCTETS] : []),
    ...signers.flatMap(({ suite }) => [signatureOctets(suite), certificateOctets(suite)]),
  ]
  return lengths.reduce((sum, length) => sum + ELEMENT_HEADER_OCTETS + length, 0)
}

const elementHeader = (tag: number, length: number): Uint8Array =>
  new ByteWriter(ELEMENT_HEADER_OCTETS).uint(2, tag).uint(4, length).finish()
