/** What one side brings to every exchange, and how it judges what the other side brings. */
import { WireError } from '../../base/errors.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { checkKeyUsage, parseCertificate } from '../../crypto/certificate.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import { curveOf } from '../../crypto/suites.ts'
import type { MessageBody } from './messages.ts'
import { suiteBit, suitesOf } from './suite-bits.ts'
import type { TerminateStatusName } from './terminate-status.ts'

/** The public key (compressed point) of an authority whose certificates count. */
export interface Authority {
  suite: CryptoSuite
  issuer: Eui64
  publicKey: Uint8Array
}

export interface Rules {
  /** Own certificate for each suite there is. */
  certificates: ReadonlyMap<CryptoSuite, Uint8Array>
  authorities: readonly Authority[]
  /** Whether a device may begin an exchange with this node. */
  admits(device: Eui64): boolean
  /** Seconds, 0..254, as announced to the other side. */
  ephemeralDataGenerateTimeS: number
  confirmKeyGenerateTimeS: number
  /** Seconds, 0..254, that a Terminate tells the other side to stay away. */
  waitTimeS: number
  /** Granted to each message on its way, beyond the time announced for making it; 2 s or more. */
  transportUs: Micros
}

/** The other side of an exchange, its certificate found good. */
export interface Partner {
  certificate: Uint8Array
  caPublicKey: Uint8Array
  ephemeralDataGenerateTimeS: number
  confirmKeyGenerateTimeS: number
}

/** Why something received ends the exchange, and what to tell the sender. */
export interface Objection {
  status: TerminateStatusName
  detail: string
}

type Initiate = MessageBody & { command: 'initiate' }

/** Bitmap of the suites there are: the attribute KeyEstablishmentSuite. */
export const suiteBits = ({ certificates }: Pick<Rules, 'certificates'>): number =>
  [...certificates.keys()].reduce((bits, suite) => bits | suiteBit(suite), 0)

/**
 * The suite asked for, or what is wrong with the question.
 * @source ZigBee Smart Energy 07-5356, annex C.3.1.2.3.1.2
 */
export function suiteOf({ suites }: Initiate, rules: Rules): CryptoSuite | Objection {
  const hex = `0x${suites.toString(16).padStart(4, '0')}`
  if (suites === 0 || (suites & (suites - 1)) !== 0) {
    return { status: 'BAD_MESSAGE', detail: `suites ${hex} found, one bit expected` }
  }
  const suite = suitesOf(suites & suiteBits(rules))[0]
  return suite ?? { status: 'UNSUPPORTED_SUITE', detail: `suite ${hex} found, one of ${suiteBits(rules)} expected` }
}

/**
 * The partner behind an Initiate message: length and form of the certificate, known issuer, subject, key usage, point.
 * That a certificate of another subject is INVALID_CERTIFICATE is assumed.
 * @source ZigBee Smart Energy 07-5356, annex C.3.1.2.3.1.2
 */
export function partnerOf(message: Initiate, suite: CryptoSuite, device: Eui64, rules: Rules): Partner | Objection {
  const { identity, ephemeralDataGenerateTimeS, confirmKeyGenerateTimeS } = message
  try {
    const certificate = parseCertificate(suite, identity)
    const { issuer, subject } = certificate
    const authority = rules.authorities.find(known => known.suite === suite && known.issuer === issuer)
    if (!authority) return { status: 'UNKNOWN_ISSUER', detail: `no authority ${issuer} is known in suite ${suite}` }
    if (subject !== device) {
      return { status: 'INVALID_CERTIFICATE', detail: `certificate of ${subject} found, of ${device} expected` }
    }
    checkKeyUsage(certificate, 'keyAgreement')
    curveOf(suite).point(certificate.publicKeyReconstruction, 'publicKeyReconstruction')
    const { publicKey: caPublicKey } = authority
    return { certificate: identity, caPublicKey, ephemeralDataGenerateTimeS, confirmKeyGenerateTimeS }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const status = error.code === 'certificate.length' ? 'BAD_MESSAGE' : 'INVALID_CERTIFICATE'
    return { status, detail: error.message }
  }
}

/** What is wrong with an ephemeral public key; undefined when it is a point of the suite's group. */
export function pointObjection(suite: CryptoSuite, octets: Uint8Array): Objection | undefined {
  try {
    curveOf(suite).point(octets, 'ephemeralData')
    return
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { status: 'BAD_MESSAGE', detail: error.message }
  }
}
