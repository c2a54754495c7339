/** A folder of images: what its index says, and everything in it that disagrees with a profile or an image. */
import { createHash } from 'node:crypto'
import { join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseOtaImage } from 'zigbee-herdsman/dist/controller/helpers/ota.js'
import { formatProblem } from '../../src/base/errors.ts'
import { diskPieces } from '../../src/firmware/disk-pieces.ts'
import { buildOtaWhole, element, type OtaPlan } from '../../src/firmware/ota-builder.ts'
import { publishedImagesSchema } from '../../src/firmware/repository/images-schema.ts'
import { loadRepository, packageImages, repositoryOf } from '../../src/firmware/repository/load-repository.ts'
import { findImage } from '../../src/firmware/repository/repository.ts'
import { diskFiles } from '../../src/profiles/read-text.ts'
import { s1rig } from '../helpers/cli.ts'
import { filesOver, places, problemsOf, rigDeps } from './profiles-bench.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** An image that the gas meter's newer firmware is made of. */
const plan: OtaPlan = {
  ...{ manufacturerCode: 0x1234, imageType: 0x0102, fileVersion: 0x03010000, stackVersion: 2, headerString: '' },
  hardwareVersions: { minimum: 1, maximum: 2 },
  ...{ elements: [element(0, new Uint8Array(500))], integrityCode: true, signers: [] },
}
const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')
const good = buildOtaWhole(plan)

const entry = (octets = good) => `schema: s1rig/firmware-images/1
images:
  - profile: honeywell-elster/bk-g4e/3.1.0
    file: gas.ota
    manufacturerCode: 0x1234
    imageType: 0x0102
    fileVersion: 0x03010000
    hardwareVersions: { minimum: 1, maximum: 2 }
    sha256: "${sha256(octets)}"
`
const deps = (text: string, octets = good, images: Record<string, Uint8Array> = { 'lab/gas.ota': octets }) => ({
  ...rigDeps({ 'lab/index.yaml': text }),
  pieces: (path: string) => {
    const found = images[path]
    return found && { length: found.length, pieces: [found.subarray(0, 100), found.subarray(100)] }
  },
})
const problems = (text: string, octets?: Uint8Array, images?: Record<string, Uint8Array>) =>
  problemsOf(() => loadRepository('lab/index.yaml', deps(text, octets, images), { examine: true }))

describe('an index of images', () => {
  it('gives each image with its octets and what its profile says', () => {
    const { images, files } = loadRepository('lab/index.yaml', deps(entry()), { examine: true })
    expect(images).toMatchObject([
      {
        profile: 'honeywell-elster/bk-g4e/3.1.0',
        ...{ device: 'GSME', part: 'application', version: '3.1.0', octets: good.length, sha256: sha256(good) },
        ...{ manufacturerCode: 0x1234, imageType: 0x0102, fileVersion: 0x03010000 },
        hardwareVersions: { minimum: 1, maximum: 2 },
        ota: { upgradesFrom: [0x03000100] },
      },
    ])
    for (let time = 0; time < 2; time++) expect(Buffer.concat([...images[0]!.open()]).equals(good)).toBe(true)
    expect(files.map(({ path }) => path.split('/').slice(-2).join('/'))).toEqual([
      ...['lab/index.yaml', 'bk-g4e/3.1.0.yaml', 'bk-g4e/3.0.1.yaml', 'firmware-profiles/shapes.yaml'],
    ])
  })

  it.each<[what: string, change: [string, string], place: string, says: RegExp]>([
    [
      'another hash',
      ['sha256: "', `sha256: "${'0'.repeat(64)}" # `],
      '9:13 /images/0/sha256 image.disagrees',
      /, found 0{64}/,
    ],
    [
      'another version',
      ['0x03010000', '0x03010001'],
      '7:18 /images/0/fileVersion image.disagrees',
      /0x03010000 as hon.*found 0x03010001 \(the fact is ota\.f/,
    ],
    [
      'another type',
      ['0x0102', '0x0103'],
      '6:16 /images/0/imageType image.disagrees',
      /expected 0x0102 as .*, found 0x0103/,
    ],
    ['another maker', ['0x1234', '0x1235'], '5:23 /images/0/manufacturerCode image.disagrees', /found 0x1235/],
    [
      'a range without the meter',
      ['1, max', '2, max'],
      '8:23 /images/0/hardwareVersions image.disagrees',
      /expected a range with 1, .* found 2 to 2/,
    ],
    [
      'a range turned round',
      ['minimum: 1', 'minimum: 3'],
      '8:34 /images/0/hardwareVersions/minimum image.disagrees',
      /expected at most 2, found 3/,
    ],
    [
      'another range',
      ['maximum: 2', 'maximum: 3'],
      '8:23 /images/0/hardwareVersions image.disagrees',
      /expected 1 to 2, which the image has, found 1 to 3/,
    ],
    [
      'no range',
      ['    hardwareVersions: { minimum: 1, maximum: 2 }\n', ''],
      '3:5 /images/0/hardwareVersions image.disagrees',
      /expected 1 to 2, .*, found no hardware versions/,
    ],
    [
      'no such profile',
      ['3.1.0', '3.1.9'],
      '3:14 /images/0/profile profile.missing',
      /did you mean "honeywell-elster\/bk-g4e\/3\.1\.0"/,
    ],
    [
      'no such file',
      ['gas.ota', 'gsa.ota'],
      '4:11 /images/0/file image.file',
      /expected an image at lab\/gsa\.ota, found none/,
    ],
    [
      'a file elsewhere',
      ['gas.ota', '../gas.ota'],
      '4:11 /images/0/file schema.value',
      /a path below the folder of the index/,
    ],
    [
      'no octets',
      ['    file: gas.ota\n', ''],
      '3:5 /images/0 image.content',
      /either `file` or `emulated`, found neither/,
    ],
    [
      'octets twice',
      ['file: gas.ota', 'file: gas.ota\n    emulated: { octets: 300 }'],
      '3:5 /images/0 image.content',
      /found both/,
    ],
    [
      'a part of the hub',
      ['file: gas.ota', 'part: hub\n    file: gas.ota'],
      '4:11 /images/0/part image.disagrees',
      /expected metrology or application for a GSME, found hub/,
    ],
    [
      'a slip in a key',
      ['imageType', 'imagType'],
      '6:5 /images/0/imagType schema.unknown-key',
      /did you mean "imageType"/,
    ],
  ])('is told where it has %s', (_what, [from, to], place, says) => {
    const found = problems(entry().replace(from, to))
    expect(places(found)).toEqual([place])
    expect(formatProblem(found[0]!)).toMatch(says)
  })

  it.each<[what: string, octets: Uint8Array, place: string, says: RegExp]>([
    ['cut off', good.subarray(0, 300), 'image.form', /octet 300, data: .*\[ota\.truncated\]/],
    [
      'in a wrapper',
      Buffer.concat([Buffer.from('NGIS'), good, Buffer.from('SIGN')]),
      'image.form',
      /4 octets before it and 4 after it \(take it out: tail -c \+5 FILE \| head -c 588\)/,
    ],
  ])('is told of an image that is %s', (_what, octets, code, says) => {
    const found = problems(entry(octets), octets)
    expect(places(found)).toEqual([`4:11 /images/0/file ${code}`])
    expect(formatProblem(found[0]!)).toMatch(says)
  })

  it('is told of an image for something else, field by field', () => {
    const other = buildOtaWhole({ ...plan, manufacturerCode: 0x1239, imageType: 9, fileVersion: 1 })
    expect(problems(entry(other), other).map(formatProblem)).toEqual([
      expect.stringContaining('/manufacturerCode: expected 0x1239, which the image has, found 0x1234'),
      expect.stringContaining('/imageType: expected 0x0009, which the image has, found 0x0102'),
      expect.stringContaining('/fileVersion: expected 0x00000001, which the image has, found 0x03010000'),
    ])
  })

  it('is told of images that nobody has room for', () => {
    const large = buildOtaWhole({ ...plan, elements: [element(0, new Uint8Array(4 * 1_048_576))] })
    expect(problems(entry(large), large).map(formatProblem)).toEqual([
      expect.stringContaining('/file: expected at most 4194304 octets, found 4194392'),
    ])
    const emulated = entry().replace('file: gas.ota', 'emulated: { octets: 4194305 }')
    expect(places(problems(emulated))).toEqual(['4:25 /images/0/emulated/octets image.disagrees'])
    const fits = emulated.replace('4194305', '4194304')
    expect(loadRepository('lab/index.yaml', deps(fits)).images).toMatchObject([{ octets: 4_194_304 }])
    const full = buildOtaWhole({ ...plan, elements: [element(0, new Uint8Array(4 * 1_048_576 - 88))] })
    expect(loadRepository('lab/index.yaml', deps(entry(full), full), { examine: true }).images).toHaveLength(1)
  })

  it('says once which image is which', () => {
    const twice = entry() + entry().split('\n').slice(2).join('\n')
    expect(problems(twice).map(formatProblem)).toEqual([
      expect.stringContaining(
        'each manufacturer, type and version once, found 0x1234 0x0102 0x03010000 in entry 1 too',
      ),
    ])
  })

  it('may keep the metrology of a meter apart, with a type and versions of its own', () => {
    const metrology = { ...plan, imageType: 0x0202, fileVersion: 7 }
    const octets = buildOtaWhole(metrology)
    const text = entry(octets)
      .replace('0x0102', '0x0202')
      .replace('0x03010000', '7')
      .replace('    file:', '    part: metrology\n    file:')
    const { images } = loadRepository('lab/index.yaml', deps(text, octets), { examine: true })
    expect(images).toMatchObject([{ part: 'metrology', imageType: 0x0202, fileVersion: 7 }])
  })

  it('looks at no octet of an image unless it is asked to', () => {
    const text = entry().replace('sha256: "', `sha256: "${'0'.repeat(64)}" # `)
    expect(loadRepository('lab/index.yaml', deps(text)).images).toHaveLength(1)
  })
})

describe('the images that come with the package', () => {
  const disk = { ...rigDeps(), pieces: diskPieces }
  const repository = loadRepository(packageImages, disk, { examine: true })

  it('agree with their index, which names its schema', () => {
    expect(repository.images.length).toBeGreaterThanOrEqual(9)
    const text = diskFiles.read(packageImages) ?? ''
    expect(text).toMatch(/^# yaml-language-server: \$schema=firmware-images\.schema\.json\n/)
    const { path, text: schema } = publishedImagesSchema()
    expect(diskFiles.read(join(root, path)), 'run `npm run generate`').toBe(schema)
  })

  it.each(repository.images.map(image => [image.profile, image] as const))(
    '%s is read by zigbee-herdsman',
    (_id, image) => {
      const { header, raw } = parseOtaImage(Buffer.concat([...image.open()]))
      expect(raw).toHaveLength(image.octets)
      expect(header).toMatchObject({
        manufacturerCode: image.manufacturerCode,
        imageType: image.imageType,
        fileVersion: image.fileVersion,
      })
      expect(findImage(repository, header)).toBe(image)
      expect(findImage(repository, { ...header, fileVersion: 1 })).toBeUndefined()
    },
  )

  it('are those of a rig that has none beside it', () => {
    expect(repositoryOf(join(root, 'elsewhere/rigs/mine.yaml'), disk).files[0]?.path).toBe(packageImages)
    const beside = {
      ...filesOver({ 'lab/firmware-images/index.yaml': 'schema: s1rig/firmware-images/1\nimages: []\n' }),
    }
    const own = repositoryOf('lab/rigs/mine.yaml', { ...disk, ...beside })
    expect(own).toMatchObject({ images: [], files: [{ path: 'lab/firmware-images/index.yaml' }] })
  })

  it('are read by validate', async () => {
    const { stdout, code } = await s1rig(['validate', packageImages])
    expect({ stdout, code }).toMatchObject({ code: 0, stdout: expect.stringContaining('good s1rig/firmware-images/1') })
  })
})
