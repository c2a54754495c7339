/**
 * The arithmetic of certificate based key establishment; the messages and timers are another room's.
 * @source ZigBee Smart Energy profile 07-5356, annex C.4.2; SEC 1 v2, 3.4 (elliptic curve MQV with cofactor)
 */
import { fromHex } from '../base/bytes.ts'
import { WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import type { RandomStream } from '../ports/time.ts'
import { type Certified, certifiedPublicKey } from './ecqv.ts'
import { generateKeyPair, type KeyPair, privateScalar } from './key-pair.ts'
import type { CryptoSuite, KoblitzCurve, Point } from './koblitz-curve.ts'
import { mmoHash, mmoKeyedHash } from './mmo.ts'
import { joined, toInteger } from './octets.ts'
import { curveOf } from './suites.ts'

/** One side's view of an exchange, once both ephemeral keys are known. */
export interface SharedSecretInput {
  /** This side's certified private key, and the pair it threw for this exchange. */
  own: { privateKey: Uint8Array; ephemeral: KeyPair }
  peer: Certified & { ephemeralPublicKey: Uint8Array }
}

/** 16 octets each. */
export interface SharedKeys {
  /** Proves to the peer that this side has come to the same; see `macU` and `macV`. */
  macKey: Uint8Array
  /** The new link key. */
  keyData: Uint8Array
}

/** What both MACs are made of: the initiator is U, the responder V. */
export interface Confirmation {
  macKey: Uint8Array
  initiator: Party
  responder: Party
}

interface Party {
  eui64: Eui64
  ephemeralPublicKey: Uint8Array
}

/** The calculator of one suite. It holds working space only: nothing of one exchange is left for the next. */
export class Cbke {
  readonly suite: CryptoSuite
  private readonly curve: KoblitzCurve

  constructor(suite: CryptoSuite) {
    this.suite = suite
    this.curve = curveOf(suite)
  }

  /** The key pair of one exchange; its public key is the payload of Ephemeral Data. */
  ephemeral(random: RandomStream): KeyPair {
    return generateKeyPair(this.curve, random)
  }

  /**
   * The keys both sides come to. WireErrors for what the peer sent: those of `certifiedPublicKey`, and `crypto.point…`
   * with field `ephemeralPublicKey`.
   */
  sharedSecret(input: SharedSecretInput): SharedKeys {
    return deriveKeys(ecmqv(this.curve, input))
  }

  /** The initiator's proof, in Confirm Key Data Request: 16 octets. */
  macU({ macKey, initiator, responder }: Confirmation): Uint8Array {
    return confirm(macKey, 0x02, initiator, responder)
  }

  /** The responder's proof, in Confirm Key Data Response: 16 octets. */
  macV({ macKey, initiator, responder }: Confirmation): Uint8Array {
    return confirm(macKey, 0x03, responder, initiator)
  }
}

/** A new calculator. */
export const cbke = (suite: CryptoSuite): Cbke => new Cbke(suite)

/** The shared secret Z: x of a point that either side reaches with its own private keys, as the octets of the field. */
export function ecmqv(curve: KoblitzCurve, { own, peer }: SharedSecretInput): Uint8Array {
  const peerKey = certifiedPublicKey(curve, peer)
  const peerEphemeral = curve.point(peer.ephemeralPublicKey, 'ephemeralPublicKey')
  const ownEphemeral = curve.point(own.ephemeral.publicKey, 'own ephemeral public key')
  const secret =
    (privateScalar(curve, own.ephemeral.privateKey) +
      associate(curve, ownEphemeral) * privateScalar(curve, own.privateKey)) %
    curve.n
  const weighted = curve.multiply(associate(curve, peerEphemeral), peerKey)
  const sum = weighted && curve.add(weighted, peerEphemeral)
  const shared = sum && curve.multiply(curve.cofactor * secret, sum)
  if (shared) return curve.xOctets(shared)
  const message = 'the secret it leads to is the point at infinity'
  throw new WireError('crypto.point', { offset: 0, field: 'ephemeralPublicKey', message })
}

/** The lower half of x, with a bit set above it: half as long as n. @source SEC 1 v2, 3.4, step 2 */
function associate(curve: KoblitzCurve, point: Point): bigint {
  const half = Math.ceil(curve.n.toString(2).length / 2)
  return BigInt.asUintN(half, toInteger(curve.xOctets(point))) | (1n << BigInt(half))
}

/** @source ANSI X9.63 key derivation with AES-MMO: a hash for each counter */
function deriveKeys(z: Uint8Array): SharedKeys {
  const [macKey, keyData] = [1, 2].map(counter => mmoHash(joined(z, Uint8Array.of(0, 0, 0, counter))))
  return { macKey: macKey!, keyData: keyData! }
}

function confirm(macKey: Uint8Array, tag: number, from: Party, to: Party): Uint8Array {
  const message = [
    Uint8Array.of(tag),
    fromHex(from.eui64),
    fromHex(to.eui64),
    from.ephemeralPublicKey,
    to.ephemeralPublicKey,
  ]
  return mmoKeyedHash(macKey, joined(...message))
}
