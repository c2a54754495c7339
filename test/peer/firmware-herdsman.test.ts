import { describe, expect, it } from 'vitest'
import { ZSpec } from 'zigbee-herdsman'
import { parseOtaImage } from 'zigbee-herdsman/dist/controller/helpers/ota.js'
import { toHex } from '../../src/base/bytes.ts'
import { emulatedImage } from '../../src/firmware/emulated-image.ts'
import { buildOtaWhole, element } from '../../src/firmware/ota-builder.ts'
import { readOta } from '../../src/firmware/ota-reader.ts'
import { TEST_SIGNER, testSigner } from '../../src/firmware/test-signing.ts'

const header = {
  manufacturerCode: 0x121d,
  imageType: 0x0102,
  fileVersion: 0x03010405,
  stackVersion: 2,
  headerString: 'read by zigbee-herdsman',
}
const code = Uint8Array.from({ length: 300 }, (_, i) => (i * 37) & 0xff)

describe('zigbee-herdsman', () => {
  it('reads every field of a header of ours, whichever are there, and every element', () => {
    for (let some = 0; some < 8; some++) {
      const octets = buildOtaWhole({
        ...header,
        ...(some & 1 && { securityCredentialVersion: 3 }),
        ...(some & 2 && { destination: '00db1234567890a4' }),
        ...(some & 4 && { hardwareVersions: { minimum: 0x0102, maximum: 0x0304 } }),
        elements: [element(0, code), element(4, code.subarray(0, 11)), element(0xf001, code.subarray(0, 3))],
        integrityCode: true,
        signers: [testSigner(1), testSigner(2)],
      })
      const theirs = parseOtaImage(Buffer.from(octets))
      const ours = readOta(octets)
      expect(theirs.header).toEqual({
        otaUpgradeFileIdentifier: 0x0beef11e,
        otaHeaderVersion: 0x0100,
        otaHeaderLength: ours.header?.headerLength,
        otaHeaderFieldControl: some,
        manufacturerCode: 0x121d,
        imageType: 0x0102,
        fileVersion: 0x03010405,
        zigbeeStackVersion: 2,
        otaHeaderString: 'read by zigbee-herdsman'.padEnd(32, '\0'),
        totalImageSize: octets.length,
        ...(some & 1 && { securityCredentialVersion: 3 }),
        ...(some & 2 && { upgradeFileDestination: Buffer.from('a49078563412db00', 'hex') }),
        ...(some & 4 && { minimumHardwareVersion: 0x0102, maximumHardwareVersion: 0x0304 }),
      })
      expect(theirs.elements.map(({ tagId, length }) => [tagId, length])).toEqual([
        ...[
          [0, 300],
          [4, 11],
          [0xf001, 3],
          [3, 16],
        ],
        ...[
          [1, 50],
          [2, 48],
          [5, 80],
          [6, 74],
        ],
      ])
      expect(ours.elements.map(({ tag, length }) => [tag, length])).toEqual(
        theirs.elements.map(({ tagId, length }) => [tagId, length]),
      )
    }
  })

  it('comes to the same integrity code', () => {
    const octets = buildOtaWhole({ ...header, elements: [element(0, code)], integrityCode: true, signers: [] })
    const theirs = parseOtaImage(Buffer.from(octets)).elements.find(({ tagId }) => tagId === 3)
    expect(toHex(theirs!.data)).toBe(toHex(ZSpec.Utils.aes128MmoHash(Buffer.from(octets.subarray(0, -22)))))
  })

  it('reads an emulated image, octet for octet as long as asked for', () => {
    const octets = Buffer.concat([
      ...emulatedImage({ ...header, name: 'a/b/1', octets: 20_000, signer: testSigner(1) }),
    ])
    const theirs = parseOtaImage(octets)
    expect(theirs.raw).toHaveLength(20_000)
    const [signature] = theirs.elements.filter(({ tagId }) => tagId === 1)
    expect(toHex(signature!.data.subarray(0, 8).toReversed())).toBe(TEST_SIGNER)
  })
})
