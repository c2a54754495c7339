import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { authenticationCode } from '../../src/wan/messages/codec.ts'
import { unwrapKey, wrapKey } from '../../src/wan/messages/key-wrap.ts'

describe('key wrap is that of RFC 3394 section 4.6', () => {
  const kek = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
  const key = fromHex('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f')
  const wrapped = fromHex('28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21')

  test('a key wraps to the octets printed there, and back', () => {
    expect(toHex(wrapKey(kek, key))).toBe(toHex(wrapped))
    expect(unwrapKey(kek, wrapped)).toEqual(key)
  })

  test('a key wrapped under another, or damaged, does not unwrap', () => {
    expect(unwrapKey(key, wrapped)).toBeUndefined()
    for (let i = 0; i < wrapped.length; i++) {
      const damaged = Uint8Array.from(wrapped, (octet, at) => (at === i ? octet ^ 1 : octet))
      expect(unwrapKey(kek, damaged)).toBeUndefined()
    }
  })

  test.each([0, 24, 39, 41, 48])('%i octets are no wrapped key', length => {
    expect(unwrapKey(kek, new Uint8Array(length))).toBeUndefined()
  })

  test('a key of another length is not wrapped', () => {
    expect(() => wrapKey(kek, new Uint8Array(16))).toThrow('key: 32 octets expected, found 16')
    expect(() => wrapKey(new Uint8Array(16), key)).toThrow('kek: 32 octets expected, found 16')
  })
})

test('the authentication code is the HMAC-SHA-256 of RFC 4231', () => {
  // Test case 1. Its key of 20 octets is padded with zeros to the block by HMAC itself, so 32 octets are the same key.
  const key = fromHex(`${'0b'.repeat(20)}${'00'.repeat(12)}`)
  expect(toHex(authenticationCode(new TextEncoder().encode('Hi There'), key))).toBe(
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  )
})
