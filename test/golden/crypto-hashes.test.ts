import { describe, expect, it } from 'vitest'
import { ZSpec } from 'zigbee-herdsman'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import {
  keyLoadKey,
  keyTransportKey,
  linkKeyOfInstallCode,
  swapOutKey,
  verifyKeyHash,
} from '../../src/crypto/link-keys.ts'
import { mmoHash, mmoKeyedHash } from '../../src/crypto/mmo.ts'
import { vectors } from './crypto-vectors.ts'

describe('the MMO hash', () => {
  it.each(vectors.aesMmo)('$id has its published digest', ({ input, digest }) => {
    const message = typeof input === 'string' ? fromHex(input) : Uint8Array.from({ length: input.length }, (_, i) => i)
    expect(toHex(mmoHash(message))).toBe(digest)
  })

  it('is that of zigbee-herdsman for messages of 0 to 200 octets', () => {
    for (let length = 0; length <= 200; length++) {
      const message = Uint8Array.from({ length }, (_, i) => (i * 7 + length * 31) & 0xff)
      expect(toHex(mmoHash(message)), `${length} octets`).toBe(toHex(ZSpec.Utils.aes128MmoHash(Buffer.from(message))))
    }
  })

  it.each(vectors.hmacMmo)('keyed, $id has its published MAC', ({ key, message, mac }) => {
    expect(toHex(mmoKeyedHash(fromHex(key), fromHex(message)))).toBe(mac)
  })

  it.each(vectors.keyedHashes)('keyed, $id has its published value', ({ linkKey, input, output }) => {
    expect(toHex(mmoKeyedHash(fromHex(linkKey), fromHex(input)))).toBe(output)
    const derive = { '00': keyTransportKey, '02': keyLoadKey, '03': verifyKeyHash }[input]
    expect(derive && toHex(derive(fromHex(linkKey)))).toBe(output)
  })
})

describe('keys made from link keys', () => {
  it.each(vectors.derivedKeys)('$id: key-transport and key-load keys', ({ linkKey, ...expected }) => {
    expect(toHex(keyTransportKey(fromHex(linkKey)))).toBe(expected.keyTransportKey)
    expect(toHex(keyLoadKey(fromHex(linkKey)))).toBe(expected.keyLoadKey)
  })

  it.each(vectors.installCodes)('$id: the install code leads to its link key', ({ codeWithCrc, linkKey }) => {
    expect(toHex(linkKeyOfInstallCode(fromHex(codeWithCrc)))).toBe(linkKey)
  })

  it('a swapped-out trust centre leaves the hash of the link key', () => {
    // @source ZigBee Smart Energy 07-5356, table 5-11
    expect(toHex(swapOutKey(fromHex('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf')))).toBe('a7977e88bc0b61e8210827109a228f2d')
  })

  it.each(vectors.installCodes)('$id: a slip in the code is refused, not hashed', ({ codeWithCrc }) => {
    const slip = fromHex(codeWithCrc)
    slip[0]! ^= 1
    expect(() => linkKeyOfInstallCode(slip)).toThrow(/crypto\.install-code .* octets found; 6, 8, 12 or 16/)
  })
})
