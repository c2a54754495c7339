/** Images that others publish: what they are said to be is what we read, and zigbee-herdsman reads it too. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseOtaHeader } from 'zigbee-herdsman/dist/controller/helpers/ota.js'
import { fromHex } from '../../src/base/bytes.ts'
import type { OtaHeader } from '../../src/firmware/ota-header.ts'
import { type OtaElement, readOta } from '../../src/firmware/ota-reader.ts'

interface Published {
  id: string
  octets: string
  header: OtaHeader
  elements?: OtaElement[]
  fault?: { code: string; offset: number }
}
const { files }: { files: Published[] } = JSON.parse(
  readFileSync(new URL('data/ota-images.json', import.meta.url), 'utf8'),
)

describe.each(files)('$id', ({ octets: hex, header, elements = [], fault }) => {
  const octets = fromHex(hex)

  it('is what it is said to be', () => {
    const report = readOta(octets)
    expect(report).toMatchObject({ header, elements, preamble: 0, trailing: 0 })
    expect(report.fault && { code: report.fault.code, offset: report.fault.offset }).toEqual(fault)
  })

  it('has the header that zigbee-herdsman reads', () => {
    const theirs = parseOtaHeader(Buffer.from(octets))
    expect(theirs).toMatchObject({
      otaHeaderLength: header.headerLength,
      manufacturerCode: header.manufacturerCode,
      imageType: header.imageType,
      fileVersion: header.fileVersion,
      zigbeeStackVersion: header.stackVersion,
      otaHeaderString: header.headerString.padEnd(32, '\0'),
      totalImageSize: header.totalImageSize,
    })
    const { hardwareVersions } = header
    expect(theirs.minimumHardwareVersion).toBe(hardwareVersions?.minimum)
    expect(theirs.maximumHardwareVersion).toBe(hardwareVersions?.maximum)
  })
})

it('a container of the maker of tradfri lights is passed over, before and after the image', () => {
  // As zigpy's test makes one: NGIS, offset and size of the image, which begins at octet 512.
  const image = fromHex(files.find(({ id }) => id === 'test-image')!.octets)
  const container = Buffer.alloc(2_400, Buffer.from('\0This is extra data\0\x55\xaa', 'latin1'))
  container.write('NGIS')
  container.writeUInt32LE(512, 16)
  container.writeUInt32LE(image.length, 20)
  container.set(image, 512)
  const report = readOta(container)
  expect(report.fault).toBeUndefined()
  expect(report).toMatchObject({ preamble: 512, trailing: 2_400 - 512 - 66, elements: [{ offset: 568, length: 4 }] })
})
