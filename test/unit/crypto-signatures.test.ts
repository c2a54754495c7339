import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as nativeSign,
  verify as nativeVerify,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { sign, verify } from '../../src/crypto/ecdsa.ts'
import { generateKeyPair, type KeyPair } from '../../src/crypto/key-pair.ts'
import type { KoblitzCurve } from '../../src/crypto/koblitz-curve.ts'
import { mmoHash } from '../../src/crypto/mmo.ts'
import { toInteger, toOctets } from '../../src/crypto/octets.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { SeededRandom } from '../../src/kernel/random.ts'

const random = new SeededRandom('crypto').stream('signatures')

describe.each([curveOf(1), curveOf(2)])('signatures on $name', curve => {
  const pair = generateKeyPair(curve, random)
  const publicKey = curve.point(pair.publicKey, 'public key')
  const hash = mmoHash(random.bytes(1_000))
  const signature = sign(curve, { privateKey: pair.privateKey, hash, random })

  // OpenSSL has no MMO; MD5 is a hash of as many bits, and the arithmetic does not know which it was.
  it('are verified by OpenSSL, and those of OpenSSL here, over a hash of 128 bits', () => {
    for (let n = 0; n < 10; n++) {
      const message = random.bytes(n * 10)
      const digest = new Uint8Array(createHash('md5').update(message).digest())
      const { privateKey, publicKey: ofNative } = native(curve, pair)
      const ours = sign(curve, { privateKey: pair.privateKey, hash: digest, random })
      expect(nativeVerify('md5', message, { key: ofNative, dsaEncoding: 'ieee-p1363' }, ours)).toBe(true)
      const theirs = new Uint8Array(nativeSign('md5', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
      expect(verify(curve, { publicKey, hash: digest, signature: theirs })).toBe(true)
    }
  })

  it('hold for one hash, one key and one pair of numbers', () => {
    expect(verify(curve, { publicKey, hash, signature })).toBe(true)
    expect(verify(curve, { publicKey, hash: mmoHash(hash), signature })).toBe(false)
    const other = curve.point(generateKeyPair(curve, random).publicKey, 'public key')
    expect(verify(curve, { publicKey: other, hash, signature })).toBe(false)
    for (let bit = 0; bit < 8 * signature.length; bit += 7) {
      const changed = signature.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(verify(curve, { publicKey, hash, signature: changed }), `bit ${bit}`).toBe(false)
    }
  })

  it('of zero, of n or above do not hold', () => {
    const { scalarOctets, n } = curve
    for (const value of [0n, n, n + 1n, (1n << BigInt(8 * scalarOctets)) - 1n]) {
      for (const at of [0, scalarOctets]) {
        const changed = signature.slice()
        changed.set(toOctets(value, scalarOctets), at)
        expect(verify(curve, { publicKey, hash, signature: changed })).toBe(false)
      }
    }
  })

  it('do not hold in a second writing, with n added to r or to s', () => {
    const { scalarOctets, n } = curve
    for (const at of [0, scalarOctets]) {
      const changed = signature.slice()
      const number = toInteger(signature.subarray(at, at + scalarOctets))
      changed.set(toOctets(number + n, scalarOctets), at)
      expect(verify(curve, { publicKey, hash, signature: changed })).toBe(false)
    }
  })

  it('of another length are refused, with the length they should have', () => {
    const expected = `${2 * curve.scalarOctets} (r and s) expected on ${curve.name}`
    expect(() => verify(curve, { publicKey, hash, signature: signature.slice(1) })).toThrow(expected)
    expect(() => verify(curve, { publicKey, hash, signature: new Uint8Array() })).toThrow('0 octets found')
  })

  it('are the same from the same dice', () => {
    const again = () =>
      toHex(sign(curve, { privateKey: pair.privateKey, hash, random: new SeededRandom('same').stream('dice') }))
    expect(again()).toBe(again())
    expect(again()).not.toBe(toHex(signature))
  })
})

/** The pair as OpenSSL takes it: SEC1 in DER. */
function native(
  curve: KoblitzCurve,
  { privateKey, publicKey }: KeyPair,
): { privateKey: KeyObject; publicKey: KeyObject } {
  const arc = { sect163k1: 0x01, sect283k1: 0x10 }[curve.name]
  const oid = der(0x06, Uint8Array.of(0x2b, 0x81, 0x04, 0x00, arc))
  const bitString = der(0x03, Buffer.concat([Uint8Array.of(0), publicKey]))
  const sec1 = [der(0x02, Uint8Array.of(1)), der(0x04, privateKey), der(0xa0, oid), der(0xa1, bitString)]
  const key = createPrivateKey({ key: der(0x30, Buffer.concat(sec1)), format: 'der', type: 'sec1' })
  return { privateKey: key, publicKey: createPublicKey(key) }
}

/** A DER element of fewer than 128 octets. */
const der = (tag: number, content: Uint8Array): Buffer => Buffer.concat([Uint8Array.of(tag, content.length), content])
