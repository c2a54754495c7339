/**
 * Top-up tokens: 20 digits (UTRN) that a supplier gives for a payment and a consumer enters at the meter. That there are 20 is
 * public; what is in them here is this project's own, so that a lab or a test can make them.
 *
 * 63 bits as 19 digits, and a check digit after them (Luhn): pence or pounds (1 bit), value (13), counter (16), tag of the
 * meter (8), message authentication (25). Tag and authentication are cut from keyed hashes under the key of the tokens.
 * @source the length: DUIS schema v5.4; all else: assumed
 */
import { fromHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'
import { mmoKeyedHash } from '../../crypto/mmo.ts'
import { joined, toInteger, toOctets } from '../../crypto/octets.ts'
import type { MilliPence } from './money.ts'

const PENNY: MilliPence = 1_000
const POUND: MilliPence = 100_000
/** Greatest value in pence, and in pounds. */
const MOST_VALUE = 0x1fff
export const MOST_COUNTER = 0xffff
const TAG_BITS = 8n
const MAC_BITS = 25n

/** Key of the tokens of meters whose rig gives none: for tests, never that of a live system. */
export const TEST_UTRN_KEY = '7331726967207574726e20746573740a'

export interface UtrnKey {
  /** 32 hex digits. */
  key: string
  device: Eui64
}

/** What a token says. */
export interface Token {
  /** Whole pence up to 8,191, or whole pounds up to 8,191. */
  amount: MilliPence
  /** 0 to 65,535; each token of a meter has a higher one than those before. */
  counter: number
}

export type TokenReading =
  | ({ ok: true } & Token)
  | { ok: false; reason: 'malformed' | 'not-for-device' | 'not-authentic' }

/** The token for a payment; undefined for an amount or a counter that no token can say. */
export function utrnOf({ amount, counter }: Token, key: UtrnKey): string | undefined {
  const inPence = amount % PENNY === 0 && amount / PENNY <= MOST_VALUE
  const value = inPence ? amount / PENNY : amount / POUND
  if (!Number.isInteger(value) || value < 1 || value > MOST_VALUE) return undefined
  if (!Number.isInteger(counter) || counter < 0 || counter > MOST_COUNTER) return undefined
  const said = ((((inPence ? 0n : 1n) << 13n) | BigInt(value)) << 16n) | BigInt(counter)
  const bits = (said << (TAG_BITS + MAC_BITS)) | (tagOf(key) << MAC_BITS) | macOf(said, key)
  const digits = bits.toString().padStart(19, '0')
  return digits + checkDigit(digits)
}

/** What a token says to a meter. */
export function readUtrn(utrn: string, key: UtrnKey): TokenReading {
  const malformed = { ok: false, reason: 'malformed' } as const
  if (!/^\d{20}$/.test(utrn) || checkDigit(utrn.slice(0, 19)) !== utrn[19]) return malformed
  const bits = BigInt(utrn.slice(0, 19))
  const said = bits >> (TAG_BITS + MAC_BITS)
  if (said >> 30n) return malformed
  if (((bits >> MAC_BITS) & 0xffn) !== tagOf(key)) return { ok: false, reason: 'not-for-device' }
  if ((bits & ((1n << MAC_BITS) - 1n)) !== macOf(said, key)) return { ok: false, reason: 'not-authentic' }
  const value = Number((said >> 16n) & BigInt(MOST_VALUE))
  return { ok: true, amount: value * (said >> 29n ? POUND : PENNY), counter: Number(said & 0xffffn) }
}

const tagOf = ({ key, device }: UtrnKey): bigint =>
  toInteger(mmoKeyedHash(fromHex(key), fromHex(device)).subarray(0, 1))

const macOf = (said: bigint, { key, device }: UtrnKey): bigint =>
  toInteger(mmoKeyedHash(fromHex(key), joined(fromHex(device), toOctets(said, 4))).subarray(0, 4)) >> (32n - MAC_BITS)

/** @source ISO/IEC 7812-1, Luhn formula */
function checkDigit(digits: string): string {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const doubled = Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 2 : 1)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return `${(10 - (sum % 10)) % 10}`
}
