/** AES-CCM* of our own as the frame codecs want it. */
import { AesKey } from '../crypto/aes.ts'
import { ccmOpen, ccmProtect } from '../crypto/ccm-star.ts'
import type { Ccm } from './frames/security.ts'

/** One for each node: it keeps the working form of the keys it was given, for as long as they are in use. */
export function ccmStar(): Ccm {
  const expanded = new WeakMap<Uint8Array, AesKey>()
  const keyOf = (octets: Uint8Array): AesKey => {
    const known = expanded.get(octets)
    if (known) return known
    const key = new AesKey(octets)
    expanded.set(octets, key)
    return key
  }
  return {
    encrypt: (key, nonce, aad, plaintext) => ccmProtect({ key: keyOf(key), nonce, aad }, plaintext),
    decrypt: (key, nonce, aad, sealed) => ccmOpen({ key: keyOf(key), nonce, aad }, sealed),
  }
}
