import { describe, expect, test } from 'vitest'
import { FirmwareSlots, type ImageFacts, type Rejection } from '../../src/devices/ota/firmware-slots.ts'
import { testSigner, testTrust } from '../../src/firmware/test-signing.ts'
import { type ImageWish, otaImage } from '../helpers/ota-home.ts'

const DEVICE = '00db1234567890a3'
const facts: ImageFacts = {
  ...{ manufacturerCode: 0x1234, imageType: 1, fileVersion: 2, hardwareVersion: 3 },
  ...{ maxImageOctets: 10_000, allowDowngrade: false, upgradesFrom: [] },
}
const NEXT: ImageWish = { manufacturerCode: 0x1234, imageType: 1, fileVersion: 3, octets: 2_000 }
const trust = testTrust()

function slots(changes: Partial<ImageFacts> = {}, upgradesFrom: readonly number[] = []) {
  const works = { trust: () => trust, outcome: () => ({ upgradesFrom }) }
  return new FirmwareSlots({ device: DEVICE, facts: { ...facts, ...changes }, works })
}

/** What comes of an image; `said`: what the hub says of it, if that is not what it is. */
function taken(place: FirmwareSlots, octets: Uint8Array, said: ImageWish = NEXT): Rejection | 'taken' {
  const refusal = place.begin(said, octets.length)
  if (refusal) return refusal.rejection
  for (let at = 0; at < octets.length; at += 48) place.write(octets.subarray(at, at + 48))
  return place.verify()?.rejection ?? 'taken'
}

describe('a device takes an image', () => {
  test('that follows on what it runs', () => {
    const place = slots()
    expect(taken(place, otaImage(NEXT))).toBe('taken')
    expect([place.good, place.image, place.offset]).toEqual([
      true,
      { manufacturerCode: 0x1234, imageType: 1, fileVersion: 3 },
      2_000,
    ])
  })

  test.each<[string, Rejection | 'taken', ImageWish, Partial<ImageFacts>, readonly number[]]>([
    ['of another maker', 'manufacturer', { ...NEXT, manufacturerCode: 9 }, {}, []],
    ['of another type', 'image-type', { ...NEXT, imageType: 9 }, {}, []],
    ['of the version it runs', 'version', { ...NEXT, fileVersion: 2 }, {}, []],
    ['that is older', 'version', { ...NEXT, fileVersion: 1 }, {}, []],
    ['that is older, where its model lets it', 'taken', { ...NEXT, fileVersion: 1 }, { allowDowngrade: true }, []],
    ['that is too large', 'space', { ...NEXT, octets: 10_001 }, {}, []],
    ['for other hardware', 'hardware', { ...NEXT, hardwareVersions: { minimum: 4, maximum: 9 } }, {}, []],
    ['for its hardware', 'taken', { ...NEXT, hardwareVersions: { minimum: 3, maximum: 3 } }, {}, []],
    ['for another device', 'destination', { ...NEXT, destination: '00db1234567890ff' }, {}, []],
    ['for it alone', 'taken', { ...NEXT, destination: DEVICE }, {}, []],
    ['signed by a stranger', 'signature', { ...NEXT, signer: testSigner(1, '00db1234567890ff') }, {}, []],
    ['that needs another before it', 'needs-another', NEXT, {}, [1]],
    ['that can be installed on this version', 'taken', NEXT, {}, [1, 2]],
  ])('%s: %s', (_, expected, wish, changes, from) => {
    expect(taken(slots(changes, from), otaImage(wish), wish)).toBe(expected)
  })

  test.each<[string, Rejection, (octets: Uint8Array) => Uint8Array]>([
    ['no image at all', 'malformed', octets => octets.map(() => 0)],
    ['one that was changed', 'integrity', octets => octets.with(1_000, (octets[1_000] ?? 0) ^ 1)],
    ['one whose signature was changed', 'signature', octets => octets.with(1_900, (octets[1_900] ?? 0) ^ 1)],
    ['one that is cut off', 'truncated', octets => octets.subarray(0, 1_500)],
    ['another one than was said', 'mismatch', () => otaImage({ ...NEXT, fileVersion: 7 })],
    ['one with more behind it', 'mismatch', octets => new Uint8Array([...octets, 1, 2, 3])],
  ])('but not %s: %s', (_, expected, spoil) => {
    const place = slots()
    expect(taken(place, spoil(otaImage(NEXT)))).toBe(expected)
    expect(place.image).toBeUndefined()
    expect(taken(place, otaImage(NEXT))).toBe('taken')
  })
})

test('a power cut at any place leaves an image that goes on where it was', () => {
  const octets = otaImage(NEXT)
  const works = { trust: () => trust, outcome: () => undefined }
  let place = slots()
  place.begin(NEXT, octets.length)
  for (let at = 0; at < octets.length; at += 48) {
    place.write(octets.subarray(at, at + 48))
    const memory = JSON.parse(JSON.stringify(place.memory()))
    place = new FirmwareSlots({ device: DEVICE, facts, works, memory })
    expect(place.begin(NEXT, octets.length)).toBeUndefined()
    expect(place.offset).toBe(Math.min(at + 48, octets.length))
  }
  expect(place.verify()).toBeUndefined()
})

test('what is kept of an image does not grow with it', () => {
  const size = (octets: number) => {
    const place = slots({ maxImageOctets: 1_000_000 })
    place.begin(NEXT, octets)
    place.write(otaImage({ ...NEXT, octets }).subarray(0, octets - 1))
    return JSON.stringify(place.memory()).length
  }
  expect(size(500_000)).toBeLessThan(size(1_000) + 100)
})

test('another image takes the place of the one that was half there', () => {
  const place = slots()
  place.begin(NEXT, 2_000)
  place.write(new Uint8Array(100))
  expect(place.begin({ ...NEXT, fileVersion: 4 }, 2_000)).toBeUndefined()
  expect([place.offset, place.image?.fileVersion]).toEqual([0, 4])
})
