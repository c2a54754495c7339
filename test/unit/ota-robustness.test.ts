/** Files as nobody meant them: each comes to a report, of whatever pieces, and what is wrong has its place in the file. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { buildOtaWhole, element, type OtaPlan } from '../../src/firmware/ota-builder.ts'
import { OTA_FAULTS } from '../../src/firmware/ota-fault.ts'
import { MAX_ELEMENTS, OtaReader, type OtaReport, readOta } from '../../src/firmware/ota-reader.ts'
import { testSigner, testTrust } from '../../src/firmware/test-signing.ts'
import { disturbed, octetSource } from '../helpers/disturbed-octets.ts'

const trust = testTrust()
const plain: OtaPlan = {
  ...{ manufacturerCode: 1, imageType: 2, fileVersion: 3, stackVersion: 2, headerString: 'x' },
  elements: [element(0, octetSource(1).bytes(40))],
  integrityCode: true,
  signers: [],
}
const images = [
  buildOtaWhole(plain),
  buildOtaWhole({ ...plain, hardwareVersions: { minimum: 1, maximum: 2 }, signers: [testSigner(1)] }),
  buildOtaWhole({ ...plain, securityCredentialVersion: 1, destination: '0011223344556677', elements: [] }),
  buildOtaWhole({
    ...plain,
    elements: Array.from({ length: 9 }, (_, tag) => element(0xf000 + tag, new Uint8Array(tag))),
  }),
  Buffer.concat([Buffer.from('NGIS'), buildOtaWhole({ ...plain, integrityCode: false, signers: [testSigner(2)] })]),
]

/** In pieces that the dice cut. */
function inPieces(octets: Uint8Array, next: (limit: number) => number): OtaReport {
  let reader = new OtaReader({ trust })
  for (let at = 0; at < octets.length; ) {
    const end = Math.min(octets.length, at + next(20))
    reader.push(octets.subarray(at, end))
    if (next(8) === 0) reader = OtaReader.restored(JSON.parse(JSON.stringify(reader.memory())), { trust })
    at = end
  }
  return reader.finish()
}

function check(octets: Uint8Array, report: OtaReport): void {
  const { fault, header, preamble, trailing, elements } = report
  const whole = preamble + (header?.totalImageSize ?? 0) + trailing
  const sound = fault
    ? Object.hasOwn(OTA_FAULTS, fault.code) &&
      fault.offset >= 0 &&
      fault.offset <= octets.length &&
      [fault.field, fault.found, fault.expected, fault.advice].every(words => words !== '')
    : header !== undefined && whole === octets.length
  const inside = elements.every(
    ({ offset, dataOffset, length }) => offset >= preamble && dataOffset + (fault ? 0 : length) <= octets.length,
  )
  if (!sound || !inside || report.octets !== octets.length || elements.length > MAX_ELEMENTS) {
    expect.fail(`${JSON.stringify(report)} of ${toHex(octets)}`)
  }
}

describe('an image that was cut off, changed or is noise', () => {
  it.each([11, 12, 13])('comes to a report, however it comes in pieces (seed %i)', { timeout: 120_000 }, seed => {
    const { next } = octetSource(seed)
    const found = { good: 0, faults: new Set<string>() }
    for (const octets of disturbed(images, seed, 1_500)) {
      const report = readOta(octets, { trust })
      check(octets, report)
      if (report.fault) found.faults.add(report.fault.code)
      else found.good++
      expect(inPieces(octets, next), toHex(octets)).toEqual(report)
    }
    expect(found.good).toBeGreaterThan(100)
    expect(found.faults.size).toBeGreaterThanOrEqual(8)
  })

  it('that claims all there is comes to a report', () => {
    const { next, bytes } = octetSource(99)
    for (let n = 0; n < 5_000; n++) {
      const octets = images[next(2)]!.slice()
      // Length fields, of the header, the image and the first element, and its tag.
      const at = [4, 6, 8, 52, 56, 58][next(6)]!
      octets.set(bytes(1 + next(4)), at)
      check(octets, readOta(octets))
    }
  })
})

it('a reader keeps no more of a large image than of a small one', () => {
  const standing = (octets: number) => {
    const reader = new OtaReader()
    const piece = new Uint8Array(65_536)
    const [header] = [buildOtaWhole({ ...plain, elements: [], integrityCode: false })]
    new DataView(header!.buffer).setUint32(52, 62 + octets, true)
    reader.push(header!)
    reader.push(Uint8Array.of(0, 0, octets, octets >>> 8, octets >>> 16, octets >>> 24))
    for (let left = octets; left > 0; left -= piece.length) reader.push(piece.subarray(0, Math.min(left, piece.length)))
    expect(reader.finish().fault).toBeUndefined()
    return JSON.stringify(reader.memory()).length
  }
  expect(standing(10_000_000)).toBeLessThan(standing(1_000) + 100)
})

it('docs/firmware.md lists every fault with its meaning, and no other', () => {
  const docs = readFileSync(new URL('../../docs/firmware.md', import.meta.url), 'utf8')
  const listed = [...docs.matchAll(/^\| `(ota\.[a-z-]+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning])
  expect(listed).toEqual(Object.entries(OTA_FAULTS))
})
