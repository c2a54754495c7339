/** Which images lead from one firmware to another, and why there are none. */
import { describe, expect, it } from 'vitest'
import { diskPieces } from '../../src/firmware/disk-pieces.ts'
import { loadRepository, packageImages } from '../../src/firmware/repository/load-repository.ts'
import type { FirmwareImage } from '../../src/firmware/repository/repository.ts'
import { inUpgradeOrder, upgradePath } from '../../src/firmware/repository/upgrade-path.ts'
import { firmwareParty } from '../../src/firmware/who-upgrades.ts'
import { loadProfile } from '../../src/profiles/load-profile.ts'
import { rigDeps } from './profiles-bench.ts'

const order = ['hub', 'metrology', 'application'] as const

/** What a made-up meter says of images; the version is that of the profile. */
const facts = (fileVersion: number, more: Partial<FirmwareImage['ota']> = {}): FirmwareImage['ota'] => ({
  ...{ manufacturerCode: 0x1234, imageType: 1, fileVersion, hardwareVersion: 2, maxImageOctets: 1_000 },
  ...{ upgradesFrom: [], allowDowngrade: false },
  ...more,
})
const image = (
  version: number,
  more: Partial<FirmwareImage['ota']> = {},
  others: Partial<FirmwareImage> = {},
): FirmwareImage => ({
  ...{ profile: `maker/meter/${version}`, device: 'ESME', part: 'application', version: String(version) },
  ...{ manufacturerCode: 0x1234, imageType: 1, fileVersion: version, octets: 500, sha256: '', open: () => [] },
  ota: facts(version, more),
  ...others,
})
const from = (version: number, more: Partial<FirmwareImage['ota']> = {}) => ({
  id: `maker/meter/${version}`,
  device: 'ESME' as const,
  ota: facts(version, more),
})
/** The versions and parts on the way, or why there is none. */
const way = (
  start: ReturnType<typeof from>,
  to: number,
  images: FirmwareImage[],
  parts: (typeof order)[number][] = [...order],
) => {
  const path = upgradePath({ from: start, to: `maker/meter/${to}`, images, order: parts })
  return 'none' in path
    ? path.none
    : path.images.map(({ version, part }) => (part === 'application' ? version : `${version} ${part}`))
}

describe('the way from one firmware to another', () => {
  it('is no image where it runs already', () => {
    expect(way(from(3), 3, [])).toEqual([])
  })

  it('is one image where that can be installed on any version', () => {
    expect(way(from(1), 4, [image(2), image(3), image(4)])).toEqual(['4'])
  })

  it('goes over the versions that have to be in between', () => {
    const images = [image(4, { upgradesFrom: [3] }), image(2, { upgradesFrom: [1] }), image(3, { upgradesFrom: [2] })]
    expect(way(from(1), 4, images)).toEqual(['2', '3', '4'])
    expect(way(from(2), 4, images)).toEqual(['3', '4'])
  })

  it('is the shortest, over the newest', () => {
    const last = image(9, { upgradesFrom: [4, 5] })
    const images = [image(2), image(4, { upgradesFrom: [1, 2] }), image(5, { upgradesFrom: [1] }), last]
    expect(way(from(1), 9, images)).toEqual(['5', '9'])
  })

  it('has the parts of a version in the order of the hub', () => {
    const metrology = { part: 'metrology', imageType: 2 } as const
    const images = [
      image(2),
      image(2, {}, metrology),
      image(3, { upgradesFrom: [2] }),
      image(3, { upgradesFrom: [2] }, metrology),
    ]
    expect(way(from(1), 3, images)).toEqual(['2 metrology', '2', '3 metrology', '3'])
    expect(way(from(1), 3, images, ['hub', 'application', 'metrology'])).toEqual([
      '2',
      '2 metrology',
      '3',
      '3 metrology',
    ])
  })

  it('goes back only where the device takes older images', () => {
    const images = [image(1), image(2, { upgradesFrom: [3] })]
    expect(way(from(3), 1, images)).toBe(
      'maker/meter/1 (0x00000001) is no newer than maker/meter/3 (0x00000003), which takes no older image',
    )
    expect(way(from(3, { allowDowngrade: true }), 1, images)).toEqual(['1'])
  })

  it('does not pass over a version that would not take the next', () => {
    const images = [image(5, { allowDowngrade: false }), image(2, { upgradesFrom: [5] })]
    expect(way(from(1), 2, images)).toContain('is installed on 0x00000005')
    expect(way(from(1), 2, [image(5, { allowDowngrade: true }), images[1]!])).toEqual(['5', '2'])
  })

  it.each<[what: string, images: FirmwareImage[], says: string]>([
    ['no image of it', [image(2)], 'no image of maker/meter/4; there are maker/meter/2'],
    [
      'none of the model',
      [image(2, {}, { profile: 'maker/other/2' })],
      'no image of maker/meter/4; none of this model at all',
    ],
    [
      'one for another type of device',
      [image(4, {}, { device: 'GSME' })],
      'no image of maker/meter/4; none of this model at all',
    ],
    [
      'another maker',
      [image(4, { manufacturerCode: 9 })],
      'is for manufacturer 0x0009, image type 0x0001, the device is manuf',
    ],
    [
      'another image type',
      [image(4, { imageType: 9 })],
      'is for manufacturer 0x1234, image type 0x0009, the device is manuf',
    ],
    [
      'newer hardware',
      [image(4, {}, { hardwareVersions: { minimum: 3, maximum: 4 } })],
      'is for hardware versions 3 to 4, the device has 2',
    ],
    [
      'older hardware',
      [image(4, {}, { hardwareVersions: { minimum: 0, maximum: 1 } })],
      'is for hardware versions 0 to 1, the device has 2',
    ],
    ['no room', [image(4, {}, { octets: 1_001 })], 'has 1001 octets, the device has room for 1000'],
    [
      'a gap',
      [image(4, { upgradesFrom: [3, 2] })],
      'is installed on 0x00000003 or 0x00000002, which no images here make of maker/meter/1',
    ],
    [
      'a gap of hardware',
      [image(2, {}, { hardwareVersions: { minimum: 3, maximum: 3 } }), image(4, { upgradesFrom: [2] })],
      'is installed on 0x00000002',
    ],
    ['the same version by another name', [image(4, { fileVersion: 1 })], '(0x00000001) is no newer than maker/meter/1'],
    ['a circle', [image(4, { upgradesFrom: [5] }), image(5, { upgradesFrom: [4] })], 'is installed on 0x00000005'],
  ])('is none for %s', (_what, images, says) => {
    expect(way(from(1), 4, images)).toContain(says)
  })

  it('is none where versions lead to each other for ever', () => {
    const back = { allowDowngrade: true }
    const images = [image(2, { ...back, upgradesFrom: [1, 3] }), image(3, { ...back, upgradesFrom: [2] })]
    expect(way(from(1), 9, [...images, image(9, { upgradesFrom: [8] })])).toContain('is installed on 0x00000008')
  })

  it('fits at the edges of the hardware range and of the room', () => {
    for (const [minimum, maximum] of [
      [2, 9],
      [0, 2],
    ] as const) {
      expect(way(from(1), 4, [image(4, {}, { hardwareVersions: { minimum, maximum }, octets: 1_000 })])).toEqual(['4'])
    }
  })
})

describe('with the images of the package', () => {
  const { images } = loadRepository(packageImages, { ...rigDeps(), pieces: diskPieces })
  const path = (start: string, to: string) => upgradePath({ from: loadProfile(start, rigDeps()), to, images, order })
  const profiles = (found: ReturnType<typeof path>) =>
    'none' in found ? found.none : found.images.map(one => one.profile)

  it('a hub goes from its first firmware to its last over the one in between', () => {
    expect(profiles(path('honeywell-elster/s1ch/2.1.0', 'honeywell-elster/s1ch/2.3.0'))).toEqual([
      ...['honeywell-elster/s1ch/2.2.0', 'honeywell-elster/s1ch/2.3.0'],
    ])
  })

  it.each([
    ['honeywell-elster/bk-g4e/3.0.1', 'honeywell-elster/bk-g4e/3.1.0'],
    ['honeywell-elster/as300p/1.4.2', 'honeywell-elster/as300p/1.5.0'],
    ['generic/ppmid/1.2.0', 'generic/ppmid/v1.2-build-0417'],
  ])('%s is upgraded to %s, and not back', (older, newer) => {
    expect(profiles(path(older, newer))).toEqual([newer])
    expect(profiles(path(newer, older))).toContain('takes no older image')
  })

  it('a meter does not take the image of another', () => {
    const found = path('honeywell-elster/as300p/1.4.2', 'honeywell-elster/bk-g4e/3.1.0')
    expect(profiles(found)).toContain('no image of honeywell-elster/bk-g4e/3.1.0')
  })
})

describe('the upgrades of a home', () => {
  const [hub, meter] = [image(1, {}, { part: 'hub', device: 'CHF' }), image(1)]
  const upgrades = [
    { device: 'esme', images: [meter] },
    { device: 'ppmid', images: [] },
    { device: 'chf', images: [hub] },
    { device: 'gsme', images: [meter] },
  ]
  const devices = (parts: (typeof order)[number][]) => inUpgradeOrder(upgrades, parts).map(({ device }) => device)

  it('begin with the hub unless its profile says otherwise', () => {
    expect(loadProfile('honeywell-elster/s1ch/2.1.0', rigDeps())).toMatchObject({ ota: { upgradeOrder: order } })
    expect(devices([...order])).toEqual(['chf', 'esme', 'gsme'])
    expect(devices(['metrology', 'application', 'hub'])).toEqual(['esme', 'gsme', 'chf'])
  })
})

describe('who sees to firmware', () => {
  it.each(['CHF', 'GPF', 'PPMID'] as const)('of a %s is the coordinating supplier, but for EA, EB and EC', device => {
    for (const group of ['AA', 'BA', 'CA', 'CB', 'DA'])
      expect(firmwareParty(device, group)).toBe('coordinating supplier')
    for (const group of ['EA', 'EB', 'EC']) expect(firmwareParty(device, group)).toBe('responsible supplier')
  })
  it('of a meter is its supplier, of an IHD or CAD nobody, in every Group', () => {
    for (const group of ['CB', 'EA']) {
      const parties = (['ESME', 'GSME', 'IHD', 'CAD'] as const).map(device => firmwareParty(device, group))
      expect(parties).toEqual(['responsible supplier', 'responsible supplier', 'nobody', 'nobody'])
    }
  })
})
