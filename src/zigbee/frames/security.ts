/**
 * Protection of NWK and APS frames: AES-CCM* over the payload, with the headers authenticated.
 * @source ZigBee PRO, 4.3.1 (NWK), 4.4.1 (APS), 4.5.2 (nonce)
 */
import { ByteWriter } from '../../base/bytes.ts'
import { InvariantError, WireError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { Auxiliary } from './auxiliary.ts'

/**
 * AES-128-CCM* with a MIC of 4 octets and nonces of 13. `Key`: 16 octets, or whatever form of them the cipher prepares.
 */
export interface Ccm<Key = Uint8Array> {
  /** Ciphertext, then MIC. */
  encrypt(key: Key, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** Plaintext; undefined when the MIC does not match. */
  decrypt(key: Key, nonce: Uint8Array, aad: Uint8Array, ciphertextAndMic: Uint8Array): Uint8Array | undefined
}

/** With what a frame is protected. */
export interface Keying<Key = Uint8Array> {
  ccm: Ccm<Key>
  /** The key itself, or the key derived from it that the key id asks for. */
  key: Key
  /** The sender; needed when the auxiliary header does not name it. */
  source?: Eui64
}

/** A decoded frame, perhaps secured. */
export interface Securable {
  header: { auxiliary?: Auxiliary }
  /** The header as it stands on the air, auxiliary header included; a view. */
  headerOctets: Uint8Array
  /** Ciphertext and MIC while secured; a view. */
  payload: Uint8Array
}

const MIC_LENGTH = 4
/** ENC-MIC-32: used always, and named in nonce and authenticated data only. */
const LEVEL = 5
const LEVEL_MASK = 0b111

/** Octets an auxiliary header and the MIC add to a frame. */
export const securityOverhead = (auxiliary: Auxiliary): number => auxiliaryLength(auxiliary) + MIC_LENGTH

/**
 * The whole frame: header, then payload, which is protected when the header has an auxiliary header.
 * @throws InvariantError when header and keying do not agree
 */
export function protect<Key>(
  header: { auxiliary?: Auxiliary },
  headerOctets: Uint8Array,
  payload: Uint8Array,
  keying: Keying<Key> | undefined,
): Uint8Array {
  const body = header.auxiliary ? encrypt(header.auxiliary, headerOctets, payload, keying) : payload
  if (keying && !header.auxiliary) throw new InvariantError('a key is given, but the header has no auxiliary header')
  const frame = new Uint8Array(headerOctets.length + body.length)
  frame.set(headerOctets)
  frame.set(body, headerOctets.length)
  return frame
}

/**
 * The plaintext of a secured frame; undefined when it is not authentic under this key.
 * @throws WireError `security.not-secured`; `security.no-sender` when neither the frame nor the keying names the sender;
 * `wire.truncated` when there is no room for the MIC
 */
export function unsecure<Key>(frame: Securable, { ccm, key, source }: Keying<Key>): Uint8Array | undefined {
  const { header, headerOctets, payload } = frame
  const { auxiliary } = header
  const refused = (code: string, field: string, message: string) =>
    new WireError(code, { offset: headerOctets.length, field, message })
  if (!auxiliary) throw refused('security.not-secured', 'frame control', 'no auxiliary header found, one expected')
  const sender = auxiliary.source ?? source
  if (sender === undefined) {
    throw refused('security.no-sender', 'source', 'no extended nonce found, and the EUI-64 of the sender is not known')
  }
  if (payload.length < MIC_LENGTH) {
    throw refused('wire.truncated', 'MIC', `${MIC_LENGTH} octets expected, ${payload.length} left`)
  }
  const { nonce, aad } = ccmInputs(auxiliary, headerOctets, sender)
  return ccm.decrypt(key, nonce, aad, payload)
}

function encrypt<Key>(
  auxiliary: Auxiliary,
  headerOctets: Uint8Array,
  plaintext: Uint8Array,
  keying: Keying<Key> | undefined,
): Uint8Array {
  if (!keying) throw new InvariantError('the header has an auxiliary header, but no key is given')
  const source = auxiliary.source ?? keying.source
  if (source === undefined) throw new InvariantError('the auxiliary header does not name the sender: give its EUI-64')
  const { nonce, aad } = ccmInputs(auxiliary, headerOctets, source)
  return keying.ccm.encrypt(keying.key, nonce, aad, plaintext)
}

/** Nonce and additional authenticated data. Both have the security level in the control octet, which is not on the air. */
export function ccmInputs(
  auxiliary: Auxiliary,
  headerOctets: Uint8Array,
  sender: Eui64,
): { nonce: Uint8Array; aad: Uint8Array } {
  const aad = headerOctets.slice()
  const controlAt = aad.length - auxiliaryLength(auxiliary)
  const control = ((aad[controlAt] ?? 0) & ~LEVEL_MASK) | LEVEL
  aad[controlAt] = control
  const nonce = new ByteWriter(13).eui64(sender).uint(4, auxiliary.frameCounter).uint(1, control).finish()
  return { nonce, aad }
}

const auxiliaryLength = ({ keyId, source }: Auxiliary): number =>
  5 + (source === undefined ? 0 : 8) + (keyId === 'network' ? 1 : 0)
