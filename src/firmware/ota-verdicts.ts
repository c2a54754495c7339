/** What the sub-elements that prove an image are worth. */

import { fromHex, toHex } from '../base/bytes.ts'
import { WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { type Certificate, checkKeyUsage, parseCertificate } from '../crypto/certificate.ts'
import { verify } from '../crypto/ecdsa.ts'
import { certifiedPublicKey } from '../crypto/ecqv.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import { curveOf } from '../crypto/suites.ts'
import { SIGNER_OCTETS } from './ota-elements.ts'

/**
 * Which octets an integrity code is the MMO hash of: those before its tag, or those before the code itself, tag and
 * length included.
 * @source measured on public images: 52 of 74 are of the first form, 8 of the second, the others of neither
 */
export type IntegrityForm = 'before the tag' | 'before the code'

export type IntegrityVerdict =
  | { is: 'absent' }
  | { is: 'good'; form: IntegrityForm }
  /** `found` is in the file, `expected` the hash of the octets before the tag; 32 hexadecimal digits each. */
  | { is: 'bad'; found: string; expected: string }

export type CertificateVerdict =
  | { suite: CryptoSuite; is: 'well-formed'; subject: Eui64; issuer: Eui64 }
  | { suite: CryptoSuite; is: 'malformed'; detail: string }

/** Whether a signature was made by whom it names. Only `good` makes an image one to run. */
export type SignatureOutcome =
  | 'good'
  /** r and s do not fit the image and the signer's key. */
  | 'bad'
  /** No certificate of its suite beside it, or a malformed one, or one not for signing. */
  | 'no certificate'
  /** The certificate is somebody else's. */
  | 'other subject'
  /** The certificate's authority is not among those trusted. */
  | 'unknown issuer'
  /** A good signature by one who may not sign. */
  | 'unauthorised signer'

export interface SignatureVerdict {
  suite: CryptoSuite
  is: SignatureOutcome
  signer: Eui64
  /** What was found and expected, for people. */
  detail: string
}

/** Whose word counts. */
export interface OtaTrust {
  authorities: readonly { suite: CryptoSuite; issuer: Eui64; publicKey: Uint8Array }[]
  /** Who may sign; whoever the authorities certify, when it is not given. */
  signers?: readonly Eui64[]
}

/** What an integrity code was found to be, and what it is compared with; hexadecimal. */
export interface IntegrityOctets {
  found: string
  beforeTag: string
  beforeCode: string
}

export function judgeIntegrity(octets: IntegrityOctets | undefined): IntegrityVerdict {
  if (!octets) return { is: 'absent' }
  const { found, beforeTag, beforeCode } = octets
  if (found === beforeTag) return { is: 'good', form: 'before the tag' }
  if (found === beforeCode) return { is: 'good', form: 'before the code' }
  return { is: 'bad', found, expected: beforeTag }
}

/** The data of a sub-element of a suite, hexadecimal. */
export interface SuiteOctets {
  suite: CryptoSuite
  data: string
}

export function judgeCertificate({ suite, data }: SuiteOctets): CertificateVerdict {
  const read = readable(suite, data)
  if ('detail' in read) return { suite, is: 'malformed', detail: read.detail }
  const { subject, issuer } = read.certificate
  return { suite, is: 'well-formed', subject, issuer }
}

export interface SignatureInput {
  signature: SuiteOctets
  certificates: readonly SuiteOctets[]
  /** Of every octet of the image but r and s. */
  hash: Uint8Array
  trust: OtaTrust
}

/** @source ZigBee OTA Upgrade Cluster 095264, 6.8; ZigBee Smart Energy 07-5356 (implicit certificates) */
export function judgeSignature({ signature, certificates, hash, trust }: SignatureInput): SignatureVerdict {
  const { suite } = signature
  const octets = fromHex(signature.data)
  const signer = toHex(octets.subarray(0, SIGNER_OCTETS).toReversed())
  const verdict = (is: SignatureOutcome, detail: string): SignatureVerdict => ({ suite, is, signer, detail })
  const beside = certificates.find(one => one.suite === suite)
  if (!beside) return verdict('no certificate', `no certificate of suite ${suite} found beside the signature`)
  const read = readable(suite, beside.data)
  if ('detail' in read) return verdict('no certificate', read.detail)
  const { subject, issuer } = read.certificate
  if (subject !== signer) return verdict('other subject', `subject ${subject} found, the signer ${signer} expected`)
  const authority = trust.authorities.find(one => one.suite === suite && one.issuer === issuer)
  if (!authority) {
    const known = trust.authorities.filter(one => one.suite === suite).map(one => one.issuer)
    return verdict('unknown issuer', `issuer ${issuer} found, ${known.join(' or ') || 'none'} expected`)
  }
  try {
    checkKeyUsage(read.certificate, 'digitalSignature')
    const curve = curveOf(suite)
    const certified = { certificate: fromHex(beside.data), caPublicKey: authority.publicKey }
    const publicKey = certifiedPublicKey(curve, certified)
    if (!verify(curve, { publicKey, hash, signature: octets.subarray(SIGNER_OCTETS) })) {
      return verdict('bad', `r and s are not those of ${signer} for hash ${toHex(hash)}`)
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return verdict(error.code === 'crypto.signature' ? 'bad' : 'no certificate', error.message)
  }
  const { signers } = trust
  if (signers && !signers.includes(signer)) {
    return verdict('unauthorised signer', `${signer} found, ${signers.join(' or ') || 'nobody'} expected`)
  }
  return verdict('good', `signed by ${signer}, certified by ${issuer}`)
}

function readable(suite: CryptoSuite, data: string): { certificate: Certificate } | { detail: string } {
  try {
    return { certificate: parseCertificate(suite, fromHex(data)) }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { detail: error.message }
  }
}
