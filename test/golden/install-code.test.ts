import { describe, expect, it } from 'vitest'
import { ZSpec } from 'zigbee-herdsman'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { isInstallCode, withCrc } from '../../src/crypto/install-code.ts'

/**
 * Install codes as printed, CRC last.
 * @source ZigBee Smart Energy 1.1b, 5.4.8.1.1 (6, 8, 12 and 16 octets); zigbee-herdsman's own tests (those that begin with ff)
 */
const PRINTED = [
  '83fed3407a932b70',
  '83fed3407a939738c552',
  '83fed3407a939723a5c639ff4c12',
  '83fed3407a939723a5c639b26916d505c3b5',
  'fffed3407a93de84',
  'fffed3407a939723a5c639b26916d505eeb1',
]

describe('install codes', () => {
  it.each(PRINTED)('%s ends with its CRC', printed => {
    const octets = fromHex(printed)
    expect(toHex(withCrc(octets.slice(0, -2)))).toBe(printed)
    expect(isInstallCode(octets)).toBe(true)
  })

  it.each(PRINTED)('a slip in any octet of %s shows', printed => {
    const octets = fromHex(printed)
    for (let at = 0; at < octets.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        expect(isInstallCode(octets.with(at, (octets[at] ?? 0) ^ flip)), `octet ${at}`).toBe(false)
      }
    }
  })

  it.each(PRINTED)('two octets of %s in the wrong order show', printed => {
    const octets = fromHex(printed)
    for (let at = 1; at < octets.length; at++) {
      const [a = 0, b = 0] = [octets[at - 1], octets[at]]
      if (a !== b) expect(isInstallCode(octets.with(at - 1, b).with(at, a)), `octets ${at - 1} and ${at}`).toBe(false)
    }
  })

  it('of another length is none, whatever its CRC', () => {
    for (let length = 0; length <= 40; length++) {
      const legal = [6, 8, 12, 16].includes(length)
      expect(isInstallCode(withCrc(new Uint8Array(length).fill(0x5a))), `${length} octets`).toBe(legal)
    }
    expect(isInstallCode(new Uint8Array())).toBe(false)
  })

  it('zigbee-herdsman computes the same CRC for 400 codes', () => {
    for (let n = 0; n < 400; n++) {
      const length = [6, 8, 12, 16][n % 4] ?? 6
      const code = Uint8Array.from({ length }, (_, i) => (n * 37 + i * 101 + ((n * i) >> 2)) & 0xff)
      const [low = 0, high = 0] = withCrc(code).slice(-2)
      expect(high * 256 + low).toBe(ZSpec.Utils.crc16X25(Buffer.from(code)))
    }
  })
})
