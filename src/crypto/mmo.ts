/**
 * The Matyas-Meyer-Oseas hash over AES-128, and the keyed hash made of it.
 * @source ZigBee specification 05-3474, B.1.3 (block cipher), B.6 (hash), B.1.4 (keyed hash, FIPS 198)
 */
import { AesKey, wordAt } from './aes.ts'

const BLOCK = 16

/** The hash of `message` (below 2^32 bits): 16 octets. */
export function mmoHash(message: Uint8Array): Uint8Array {
  const digest = new Uint8Array(BLOCK)
  const block = new Int32Array(4)
  const padded = pad(message)
  for (let at = 0; at < padded.length; at += BLOCK) {
    const key = new AesKey(digest)
    for (let i = 0; i < 4; i++) block[i] = wordAt(padded, at + 4 * i)
    key.encrypt(block)
    for (let i = 0; i < BLOCK; i++) digest[i] = (block[i >> 2]! >>> (24 - 8 * (i & 3))) ^ padded[at + i]!
  }
  return digest
}

/** A bit, zeros and the length in bits; from 2^16 bits on the length has four octets and two zeros after it. */
function pad(message: Uint8Array): Uint8Array {
  const bits = message.length * 8
  const long = bits >= 0x10000
  const trailer = long ? 6 : 2
  const padded = new Uint8Array(Math.ceil((message.length + 1 + trailer) / BLOCK) * BLOCK)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer, padded.length - trailer)
  if (long) view.setUint32(0, bits)
  else view.setUint16(0, bits)
  return padded
}

/** HMAC with the MMO hash: 16 octets. A key longer than a block is hashed first. */
export function mmoKeyedHash(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? mmoHash(key) : key)
  const inner = mmoHash(Uint8Array.of(...block.map(k => k ^ 0x36), ...message))
  return mmoHash(Uint8Array.of(...block.map(k => k ^ 0x5c), ...inner))
}
