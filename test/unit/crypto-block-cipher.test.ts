import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { AesKey, wordAt } from '../../src/crypto/aes.ts'
import { ccmOpen, ccmProtect, micOctets, type SecurityLevel } from '../../src/crypto/ccm-star.ts'
import { mmoKeyedHash } from '../../src/crypto/mmo.ts'
import { equalOctets } from '../../src/crypto/octets.ts'
import { SeededRandom } from '../../src/kernel/random.ts'

const random = new SeededRandom('crypto').stream('block cipher')

describe('AES-128', () => {
  it('encrypts the example of FIPS 197, appendix C.1', () => {
    const block = fromHex('00112233445566778899aabbccddeeff')
    expect(encrypted(fromHex('000102030405060708090a0b0c0d0e0f'), block)).toBe('69c4e0d86a7b0430d8cdb78070b4c55a')
  })

  it('agrees with OpenSSL on 500 random keys and blocks', () => {
    for (let n = 0; n < 500; n++) {
      const [key, block] = [random.bytes(16), random.bytes(16)]
      const native = createCipheriv('aes-128-ecb', key, null).update(block)
      expect(encrypted(key, block)).toBe(toHex(native))
    }
  })

  it.each([0, 15, 17, 32])('refuses a key of %i octets', length => {
    expect(() => new AesKey(new Uint8Array(length))).toThrow(`16 octets, ${length} found`)
  })
})

describe('CCM*', () => {
  const levels: SecurityLevel[] = [0, 1, 2, 3, 4, 5, 6, 7]

  it.each(levels)('at level %i agrees with OpenSSL whatever the lengths', level => {
    for (let length = 0; length <= 70; length++) {
      for (const aadLength of [0, 1, 13, 14, 15, 22, 30, 31, 47]) {
        const [keyOctets, nonce] = [random.bytes(16), random.bytes(13)]
        const [aad, plaintext] = [random.bytes(aadLength), random.bytes(length)]
        const context = { key: new AesKey(keyOctets), nonce, aad, level }
        const ours = ccmProtect(context, plaintext)
        expect(toHex(ours)).toBe(openSsl(keyOctets, context, plaintext))
        expect(toHex(ccmOpen(context, ours) ?? new Uint8Array(1))).toBe(toHex(plaintext))
      }
    }
  })

  it('carries long headers and payloads: 65,279 and 65,535 octets', () => {
    const keyOctets = random.bytes(16)
    const context = { key: new AesKey(keyOctets), nonce: random.bytes(13), aad: new Uint8Array(65_279).fill(7) }
    const plaintext = new Uint8Array(65_535).fill(9)
    expect(toHex(ccmProtect(context, plaintext))).toBe(openSsl(keyOctets, { ...context, level: 5 }, plaintext))
    expect(() => ccmProtect(context, new Uint8Array(65_536))).toThrow('65536 octets do not fit')
    expect(() => ccmProtect({ ...context, aad: new Uint8Array(65_280) }, plaintext)).toThrow('65280 octets of headers')
  })

  it('does not open a payload shorter than its MIC, nor one longer than its length field', () => {
    const context = { key: new AesKey(random.bytes(16)), nonce: random.bytes(13), aad: random.bytes(5) }
    for (let length = 0; length < 4; length++) expect(ccmOpen(context, new Uint8Array(length))).toBeUndefined()
    expect(ccmOpen(context, new Uint8Array(65_540))).toBeUndefined()
  })

  it('leaves the octets it is given as they were', () => {
    const [aad, plaintext, nonce] = [random.bytes(9), random.bytes(33), random.bytes(13)]
    const before = [aad, plaintext, nonce].map(toHex)
    const context = { key: new AesKey(random.bytes(16)), nonce, aad }
    ccmOpen(context, ccmProtect(context, plaintext))
    expect([aad, plaintext, nonce].map(toHex)).toEqual(before)
  })

  it.each([0, 12, 14])('refuses a nonce of %i octets', length => {
    const context = { key: new AesKey(random.bytes(16)), nonce: new Uint8Array(length), aad: new Uint8Array() }
    expect(() => ccmProtect(context, new Uint8Array(1))).toThrow(`13 octets, ${length} found`)
  })
})

describe('keyed hash', () => {
  it('of an empty key and an empty message is that of a key of zeros', () => {
    const empty = new Uint8Array()
    expect(toHex(mmoKeyedHash(empty, empty))).toBe(toHex(mmoKeyedHash(new Uint8Array(16), empty)))
  })
})

describe('equal octets', () => {
  it('are of the same length and the same in each place', () => {
    const a = Uint8Array.of(1, 2, 3)
    expect(equalOctets(a, Uint8Array.of(1, 2, 3))).toBe(true)
    expect(equalOctets(new Uint8Array(), new Uint8Array())).toBe(true)
    for (const b of [[1, 2], [1, 2, 3, 0], [0, 2, 3], [1, 2, 0], [3, 2, 1], []]) {
      expect(equalOctets(a, Uint8Array.from(b)), `${b}`).toBe(false)
      expect(equalOctets(Uint8Array.from(b), a), `${b}`).toBe(false)
    }
    expect(equalOctets(Uint8Array.of(0), new Uint8Array())).toBe(false)
  })
})

function encrypted(key: Uint8Array, octets: Uint8Array): string {
  const block = Int32Array.from([0, 4, 8, 12], at => wordAt(octets, at))
  new AesKey(key).encrypt(block)
  return toHex(Uint8Array.from({ length: 16 }, (_, i) => block[i >> 2]! >>> (24 - 8 * (i & 3))))
}

/** The same by OpenSSL: CCM, counter mode alone where there is no MIC, the payload as a header where nothing is encrypted. */
function openSsl(
  key: Uint8Array,
  { nonce, aad, level }: { nonce: Uint8Array; aad: Uint8Array; level: SecurityLevel },
  plaintext: Uint8Array,
): string {
  const encrypts = level >= 4
  const authTagLength = micOctets(level)
  if (authTagLength === 0) {
    const counter1 = Buffer.from(`01${toHex(nonce)}0001`, 'hex')
    return toHex(encrypts ? createCipheriv('aes-128-ctr', key, counter1).update(plaintext) : plaintext)
  }
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength })
  const data = encrypts ? plaintext : new Uint8Array()
  cipher.setAAD(encrypts ? aad : Buffer.concat([aad, plaintext]), { plaintextLength: data.length })
  const ciphertext = cipher.update(data)
  cipher.final()
  return toHex(encrypts ? ciphertext : plaintext) + toHex(cipher.getAuthTag())
}
