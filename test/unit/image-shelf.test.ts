import { describe, expect, test } from 'vitest'
import { ImageShelf } from '../../src/devices/hub/ota/image-shelf.ts'
import { PagedOctets } from '../../src/devices/paged-octets.ts'

const octets = (length: number, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index * 7) & 0xff)
const image = (fileVersion: number, totalImageSize = 100) => ({
  ...{ manufacturerCode: 0x1234, imageType: 1, fileVersion, totalImageSize },
})
const NAME = '1234-0001-00000002'
const ESME = '00db1234567890a3'

describe('octets in pages', () => {
  test('are read across pages, whatever the pieces they came in', () => {
    const all = octets(10_000)
    const kept = new PagedOctets()
    for (let at = 0, size = 1; at < all.length; at += size, size = (size % 97) + 13) {
      kept.append(all.subarray(at, Math.min(at + size, all.length)))
    }
    expect(kept.length).toBe(10_000)
    expect(kept.read(0, 10_000)).toEqual(all)
    expect(kept.read(4_090, 20)).toEqual(all.subarray(4_090, 4_110))
    expect(kept.read(9_990, 64)).toEqual(all.subarray(9_990))
    expect(Buffer.concat([...kept.pieces()])).toEqual(Buffer.from(all))
  })

  test('are kept with full pages as the same value each time', () => {
    const kept = new PagedOctets()
    kept.append(octets(5_000))
    const before = kept.memory()
    kept.append(octets(5_000))
    const after = kept.memory()
    expect(after.pages[0]).toBe(before.pages[0])
    expect(new PagedOctets(JSON.parse(JSON.stringify(after))).read(0, 20_000)).toEqual(kept.read(0, 20_000))
  })
})

describe('a shelf of images', () => {
  test('takes an image in pieces, gives what is here of it, and no octet too many', () => {
    const shelf = new ImageShelf({ images: 2, octets: 1_000 })
    expect(shelf.put(image(2))).toBe('put')
    expect(shelf.put(image(2))).toBe('known')
    expect(shelf.put(image(2, 99))).toBe('differs')
    expect(shelf.append(NAME, octets(60))).toBe('taken')
    expect(shelf.append(NAME, octets(41))).toBe('beyond')
    expect(shelf.append('nobody', octets(1))).toBe('unknown')
    expect(shelf.find(NAME)).toMatchObject({ octets: 60, totalImageSize: 100 })
    expect(shelf.read(NAME, 50, 48)).toEqual(octets(60).subarray(50))
    expect(shelf.read(NAME, 60, 48)).toHaveLength(0)
  })

  test('has room for so many images and octets, those to come included', () => {
    const shelf = new ImageShelf({ images: 2, octets: 250 })
    expect(shelf.put(image(1))).toBe('put')
    expect(shelf.put(image(2, 151))).toBe('full')
    expect(shelf.put(image(2, 150))).toBe('put')
    expect(shelf.put(image(3, 0))).toBe('full')
    expect(shelf.remove(NAME)).toBe(true)
    expect(shelf.put(image(3))).toBe('put')
  })

  test('holds one image for a device, the one that was ordered last', () => {
    const shelf = new ImageShelf({ images: 2, octets: 1_000 })
    shelf.put(image(1))
    shelf.put(image(2))
    shelf.order('1234-0001-00000001', ESME, { when: 'at-once' })
    shelf.order(NAME, ESME, { when: 'on-command' })
    expect(shelf.imageFor(ESME)?.name).toBe(NAME)
    expect(shelf.find('1234-0001-00000001')?.orders.size).toBe(0)
    expect(shelf.cancel(ESME)).toBe(true)
    expect(shelf.imageFor(ESME)).toBeUndefined()
    expect(shelf.order('nobody', ESME, { when: 'at-once' })).toBe(false)
  })

  test('survives a power cut', () => {
    const shelf = new ImageShelf({ images: 2, octets: 100_000 })
    shelf.put({ ...image(2, 9_000), hardwareVersions: { minimum: 1, maximum: 3 } })
    shelf.append(NAME, octets(5_000))
    shelf.order(NAME, ESME, { when: 'at', unixMs: 1_634_000_000_000 })
    const again = new ImageShelf(shelf.limits, JSON.parse(JSON.stringify(shelf.memory())))
    expect(again.list()).toEqual(shelf.list())
    expect(again.append(NAME, octets(4_000))).toBe('taken')
    expect(again.read(NAME, 4_990, 20)).toEqual(Uint8Array.of(...octets(5_000).subarray(4_990), ...octets(10)))
  })
})
