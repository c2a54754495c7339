/** AES-256 key wrap, for handing a new key over under the current one. */
import { createCipheriv, createDecipheriv } from 'node:crypto'

const ALGORITHM = 'id-aes256-wrap'
/** Default initial value. @source RFC 3394 section 2.2.3.1 */
const INITIAL_VALUE = Buffer.alloc(8, 0xa6)

/**
 * `key` (32 octets) wrapped under `kek` (32 octets): 40 octets. Throws RangeError for other lengths.
 * @source RFC 3394
 */
export function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  expectLength('kek', kek, 32)
  expectLength('key', key, 32)
  const cipher = createCipheriv(ALGORITHM, kek, INITIAL_VALUE)
  return Uint8Array.from(Buffer.concat([cipher.update(key), cipher.final()]))
}

/**
 * The key inside `wrapped` (40 octets from outside); undefined when it was not wrapped under `kek` or is not 40 octets.
 * @source RFC 3394
 */
export function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  expectLength('kek', kek, 32)
  if (wrapped.length !== 40) return undefined
  const decipher = createDecipheriv(ALGORITHM, kek, INITIAL_VALUE)
  try {
    return Uint8Array.from(Buffer.concat([decipher.update(wrapped), decipher.final()]))
  } catch {
    return undefined
  }
}

function expectLength(name: string, octets: Uint8Array, length: number): void {
  if (octets.length !== length) throw new RangeError(`${name}: ${length} octets expected, found ${octets.length}`)
}
