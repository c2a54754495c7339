/**
 * A certificate authority for emulated devices, with a key of its own from the dice handed in. Nothing it issues is
 * accepted outside: the keys of the authorities that certify real meters are not public.
 * @source SEC 4 (ECQV), 2.3 and 2.4
 */

import { fromHex, toHex } from '../base/bytes.ts'
import type { Eui64 } from '../base/ids.ts'
import type { RandomStream } from '../ports/time.ts'
import { type Certificate, encodeCertificate, KeyUsage } from './certificate.ts'
import { hashNumber, type Issued, reconstructKeyPair } from './ecqv.ts'
import { generateKeyPair, type KeyPair, pointTimes, privateScalar, randomScalar } from './key-pair.ts'
import type { KoblitzCurve } from './koblitz-curve.ts'

/** `S1RIGTST` in ASCII, so that a test certificate is known at sight. */
export const TEST_ISSUER: Eui64 = '5331524947545354'

/** @source ZigBee Smart Energy profile 07-5356, annex C.5: profile 0109 and the test data after it */
const PROFILE_ATTRIBUTE_DATA = '01090006000000000000'

/** A certified device. */
export interface DeviceIdentity extends KeyPair {
  certificate: Uint8Array
}

/** What a certificate is to say; the fields after the subject are those of suite 2. */
export interface CertificateWish {
  subject: Eui64
  /** Unix seconds; default 0. */
  validFrom?: number
  /** Seconds; default without end. */
  validFor?: number
  /** Default key agreement. */
  keyUsage?: number
}

export class TestAuthority {
  readonly issuer: Eui64
  /** Compressed point. */
  readonly publicKey: Uint8Array
  private readonly curve: KoblitzCurve
  private readonly random: RandomStream
  private readonly privateKey: bigint

  constructor({ curve, random, issuer = TEST_ISSUER }: { curve: KoblitzCurve; random: RandomStream; issuer?: Eui64 }) {
    const pair = generateKeyPair(curve, random)
    this.issuer = issuer
    this.publicKey = pair.publicKey
    this.privateKey = privateScalar(curve, pair.privateKey)
    this.curve = curve
    this.random = random
  }

  /** Both sides of the issuing at once: a device with a certificate and keys. */
  issue(wish: CertificateWish): DeviceIdentity {
    const request = generateKeyPair(this.curve, this.random)
    const issued = this.certify(request.publicKey, wish)
    const pair = reconstructKeyPair(this.curve, request.privateKey, issued, this.publicKey)
    return { certificate: issued.certificate, ...pair }
  }

  /** Answers a request, a point whose private key stays with the requester. WireErrors of `KoblitzCurve.point`. */
  certify(request: Uint8Array, wish: CertificateWish): Issued {
    const { curve, random, privateKey } = this
    const requested = curve.point(request, 'certificate request')
    for (;;) {
      const k = randomScalar(curve, random)
      const reconstruction = curve.add(requested, pointTimes(curve, k, curve.generator))
      if (!reconstruction) continue
      const certificate = encodeCertificate(this.fields(wish, curve.octets(reconstruction)))
      return { certificate, contribution: (hashNumber(certificate) * k + privateKey) % curve.n }
    }
  }

  private fields(wish: CertificateWish, publicKeyReconstruction: Uint8Array): Certificate {
    const { subject, validFrom = 0, validFor, keyUsage = KeyUsage.keyAgreement } = wish
    const common = { subject, issuer: this.issuer, publicKeyReconstruction }
    if (this.curve.suite === 1) return { suite: 1, ...common, profileAttributeData: fromHex(PROFILE_ATTRIBUTE_DATA) }
    const serialNumber = toHex(this.random.bytes(8))
    return { suite: 2, ...common, serialNumber, validFrom, ...(validFor !== undefined && { validFor }), keyUsage }
  }
}
