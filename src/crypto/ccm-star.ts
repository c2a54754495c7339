/**
 * CCM* as ZigBee uses it: AES-128, a nonce of 13 octets, hence a length field of two (L = 2).
 * GB Smart Energy uses security level 5 (ENC-MIC-32) alone; the other levels come with the same few lines.
 * @source ZigBee specification 05-3474, annex A; RFC 3610, which it equals where there is a MIC and encryption
 */
import { InvariantError } from '../base/errors.ts'
import type { AesKey } from './aes.ts'

/** 0 none, 1-3 MIC-32/64/128, 4 ENC, 5-7 ENC-MIC-32/64/128. @source ZigBee specification 05-3474, 4.5.1.1.1 */
export type SecurityLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

/** The level of every protected frame here: encrypted, with a MIC of 4 octets. */
export const ENC_MIC_32: SecurityLevel = 5

/** Octets of message integrity code at a level. */
export const micOctets = (level: SecurityLevel): number => [0, 4, 8, 16][level & 3] ?? 0

/** What protects a payload besides the payload itself. */
export interface CcmContext {
  key: AesKey
  /** 13 octets: source EUI-64, frame counter and security control, as on the air but with the level in the control. */
  nonce: Uint8Array
  /** Authenticated but not encrypted: the headers, with the level in the security control. At most 65,279 octets. */
  aad: Uint8Array
  /** Default 5. */
  level?: SecurityLevel
}

/** `plaintext` (at most 65,535 octets) encrypted, as levels 4-7 do, and its MIC after it. */
export function ccmProtect(context: CcmContext, plaintext: Uint8Array): Uint8Array {
  const { key, nonce, level = ENC_MIC_32 } = checked(context)
  if (plaintext.length > 0xffff)
    throw new InvariantError(`CCM*: ${plaintext.length} octets do not fit the length field`)
  const length = plaintext.length
  const out = new Uint8Array(length + micOctets(level))
  if (level >= 4) applyKeyStream(key, nonce, plaintext, out, length)
  else out.set(plaintext)
  const mic = micOf(context, level, plaintext, length)
  for (let i = length; i < out.length; i++) out[i] = octetOf(mic, i - length)
  return out
}

/** The plaintext of what `ccmProtect` makes; undefined when the MIC does not fit: another key, or octets that changed. */
export function ccmOpen(context: CcmContext, protectedPayload: Uint8Array): Uint8Array | undefined {
  const { key, nonce, level = ENC_MIC_32 } = checked(context)
  const length = protectedPayload.length - micOctets(level)
  if (length < 0 || length > 0xffff) return undefined
  const out = new Uint8Array(length)
  if (level >= 4) applyKeyStream(key, nonce, protectedPayload, out, length)
  else out.set(protectedPayload.subarray(0, length))
  const mic = micOf(context, level, out, length)
  let difference = 0
  for (let i = length; i < protectedPayload.length; i++) difference |= octetOf(mic, i - length) ^ protectedPayload[i]!
  return difference === 0 ? out : undefined
}

function checked(context: CcmContext): CcmContext {
  const { nonce, aad } = context
  if (nonce.length !== 13) throw new InvariantError(`CCM*: a nonce is 13 octets, ${nonce.length} found`)
  if (aad.length >= 0xff00) throw new InvariantError(`CCM*: ${aad.length} octets of headers, at most 65279 expected`)
  return context
}

const octetOf = (block: Int32Array, at: number): number => (block[at >> 2]! >>> (24 - 8 * (at & 3))) & 0xff

/** XORs `octets[from, to)` into the block from octet `at` on. */
function xorInto(block: Int32Array, at: number, octets: Uint8Array, from: number, to: number): void {
  for (let i = from, j = at; i < to; i++, j++) block[j >> 2]! ^= octets[i]! << (24 - 8 * (j & 3))
}

/** Block 0 of either chain: flags, nonce, then two octets of `last`. */
function startBlock(block: Int32Array, flags: number, nonce: Uint8Array, last: number): void {
  block[0] = flags << 24
  block[1] = block[2] = 0
  block[3] = last
  xorInto(block, 1, nonce, 0, 13)
}

/** The CBC-MAC, already masked with block 0 of the key stream. Without encryption the payload counts as a header. */
function micOf({ key, nonce, aad }: CcmContext, level: SecurityLevel, payload: Uint8Array, length: number): Int32Array {
  const mac = new Int32Array(4)
  const mic = micOctets(level)
  if (mic === 0) return mac
  const data = level >= 4 ? length : 0
  const headers = aad.length + length - data
  startBlock(mac, (headers > 0 ? 0x40 : 0) | ((mic - 2) << 2) | 1, nonce, data)
  key.encrypt(mac)
  if (headers > 0) {
    mac[0]! ^= headers << 16
    let at = absorb(key, mac, 2, aad, aad.length)
    if (data < length) at = absorb(key, mac, at, payload, length)
    if (at > 0) key.encrypt(mac)
  }
  if (data > 0 && absorb(key, mac, 0, payload, data) > 0) key.encrypt(mac)
  const mask = new Int32Array(4)
  startBlock(mask, 1, nonce, 0)
  key.encrypt(mask)
  for (let i = 0; i < 4; i++) mac[i]! ^= mask[i]!
  return mac
}

/** XORs octets into the MAC from octet `at` of the block on, encrypting each block that fills. Returns where it ended. */
function absorb(key: AesKey, mac: Int32Array, at: number, octets: Uint8Array, length: number): number {
  let start = at
  for (let from = 0; from < length; ) {
    const to = Math.min(length, from + 16 - start)
    xorInto(mac, start, octets, from, to)
    start += to - from
    from = to
    if (start === 16) {
      key.encrypt(mac)
      start = 0
    }
  }
  return start
}

/** Counter mode from counter 1 on; its own inverse. */
function applyKeyStream(key: AesKey, nonce: Uint8Array, input: Uint8Array, output: Uint8Array, length: number): void {
  const start = new Int32Array(4)
  startBlock(start, 1, nonce, 0)
  const block = new Int32Array(4)
  for (let from = 0, counter = 1; from < length; from += 16, counter++) {
    block.set(start)
    block[3]! ^= counter
    key.encrypt(block)
    const to = Math.min(length, from + 16)
    for (let i = from; i < to; i++) output[i] = input[i]! ^ octetOf(block, i - from)
  }
}
