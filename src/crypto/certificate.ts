/**
 * Implicit certificates as they go over the air: fixed fields, most significant octet first.
 * @source ZigBee Smart Energy profile 07-5356, annex C.4.2.3.1 (suite 1), C.4.2.3.2 (suite 2)
 */
import { ByteReader, fromHex, toHex } from '../base/bytes.ts'
import { InvariantError, WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import type { CryptoSuite } from './koblitz-curve.ts'
import { joined, toInteger, toOctets } from './octets.ts'

interface CertificateFields {
  /** Compressed point from which the public key is computed; not yet checked. */
  publicKeyReconstruction: Uint8Array
  subject: Eui64
  /** Certificate authority, written like an EUI-64. */
  issuer: Eui64
}

export interface CertificateSuite1 extends CertificateFields {
  suite: 1
  /** 10 octets, of which the first two are the profile, 0109. */
  profileAttributeData: Uint8Array
}

export interface CertificateSuite2 extends CertificateFields {
  suite: 2
  /** 8 octets as 16 hexadecimal digits. */
  serialNumber: string
  /** Unix seconds, at most 40 bits. */
  validFrom: number
  /** Seconds from `validFrom`; undefined is without end. */
  validFor?: number
  /** Bit 3 key agreement, bit 7 digital signature. */
  keyUsage: number
}

export type Certificate = CertificateSuite1 | CertificateSuite2

/** What a suite-2 certificate may be used for; one of suite 1 does not say and may be used for either. */
export const KeyUsage = { keyAgreement: 0x08, digitalSignature: 0x80 } as const
export type KeyUsageName = keyof typeof KeyUsage

/** Octets of the certificate of a suite. */
export const certificateOctets = (suite: CryptoSuite): number => (suite === 1 ? 48 : 74)

/** Suite 2: implicit, sect283k1, AES-MMO. */
const SUITE_2_CONSTANTS = { type: 0x00, curve: 0x0d, hash: 0x08 } as const
const WITHOUT_END = 0xffffffff

/**
 * Reads a certificate. WireError `certificate.length`, or `certificate.constant` where a suite-2 field that admits a
 * single value (type, curve, hash) has another.
 */
export function parseCertificate(suite: CryptoSuite, octets: Uint8Array): Certificate {
  const expected = certificateOctets(suite)
  if (octets.length !== expected) {
    const message = `${octets.length} octets found, ${expected} expected in suite ${suite}`
    throw new WireError('certificate.length', {
      offset: Math.min(octets.length, expected),
      field: 'certificate',
      message,
    })
  }
  const reader = new ByteReader(octets)
  return suite === 1 ? readSuite1(reader) : readSuite2(reader)
}

/** Writes a certificate: 48 or 74 octets. */
export function encodeCertificate(certificate: Certificate): Uint8Array {
  const { suite, publicKeyReconstruction, issuer, subject } = certificate
  const octets =
    suite === 1
      ? joined(publicKeyReconstruction, fromHex(subject), fromHex(issuer), certificate.profileAttributeData)
      : joined(
          Uint8Array.of(SUITE_2_CONSTANTS.type),
          fromHex(certificate.serialNumber),
          Uint8Array.of(SUITE_2_CONSTANTS.curve, SUITE_2_CONSTANTS.hash),
          fromHex(issuer),
          toOctets(BigInt(certificate.validFrom), 5),
          toOctets(BigInt(certificate.validFor ?? WITHOUT_END), 4),
          fromHex(subject),
          Uint8Array.of(certificate.keyUsage),
          publicKeyReconstruction,
        )
  if (octets.length !== certificateOctets(suite)) {
    throw new InvariantError(`suite ${suite} certificate of ${subject}: its fields make ${octets.length} octets`)
  }
  return octets
}

/** WireError `certificate.usage` when the certificate may not be used so: status INVALID_CERTIFICATE. */
export function checkKeyUsage(certificate: Certificate, usage: KeyUsageName): void {
  if (certificate.suite === 1 || (certificate.keyUsage & KeyUsage[usage]) !== 0) return
  const found = certificate.keyUsage.toString(16).padStart(2, '0')
  const wanted = KeyUsage[usage].toString(16).padStart(2, '0')
  const message = `bits ${found} found, ${wanted} (${usage}) expected among them`
  throw new WireError('certificate.usage', { offset: 36, field: 'keyUsage', message })
}

function readSuite1(reader: ByteReader): CertificateSuite1 {
  const read = reading(reader)
  return {
    suite: 1,
    publicKeyReconstruction: read('publicKeyReconstruction', 22),
    subject: toHex(read('subject', 8)),
    issuer: toHex(read('issuer', 8)),
    profileAttributeData: read('profileAttributeData', 10),
  }
}

function readSuite2(reader: ByteReader): CertificateSuite2 {
  const read = reading(reader)
  const constant = (field: keyof typeof SUITE_2_CONSTANTS) => {
    const found = read(field, 1)[0]
    if (found === SUITE_2_CONSTANTS[field]) return
    const message = `${found} found, ${SUITE_2_CONSTANTS[field]} expected`
    throw new WireError('certificate.constant', { offset: reader.offset - 1, field, message })
  }
  constant('type')
  const serialNumber = toHex(read('serialNumber', 8))
  constant('curve')
  constant('hash')
  const issuer = toHex(read('issuer', 8))
  const validFrom = Number(toInteger(read('validFrom', 5)))
  const validFor = Number(toInteger(read('validTo', 4)))
  const subject = toHex(read('subject', 8))
  const keyUsage = Number(toInteger(read('keyUsage', 1)))
  const publicKeyReconstruction = read('publicKeyReconstruction', 37)
  const life = validFor === WITHOUT_END ? { validFrom } : { validFrom, validFor }
  return { suite: 2, serialNumber, issuer, ...life, subject, keyUsage, publicKeyReconstruction }
}

/** Copies of the next octets, the reader knowing the field for its errors. */
const reading =
  (reader: ByteReader) =>
  (field: string, length: number): Uint8Array => {
    reader.field = field
    return reader.bytes(length).slice()
  }
