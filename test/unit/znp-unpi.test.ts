import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { encodeUnpi, LONGEST_DATA, UnpiReader } from '../../src/wire/znp/unpi.ts'
import { octetSource } from '../helpers/disturbed-octets.ts'

/** SYS_PING, and SYS_OSAL_NV_LENGTH of the NIB. @source Z-Stack Monitor and Test API, 3.8.1.2 and 3.8.1.12 */
const [PING, LENGTH] = ['fe00210120', 'fe0221132100' + '11']

class Ear {
  readonly heard: string[] = []
  readonly reader = new UnpiReader(({ type, subsystem, command, data }) => {
    this.heard.push(`${type}.${subsystem}.${command} ${toHex(data)}`)
  })
  push(...hex: string[]): this {
    for (const each of hex) this.reader.push(fromHex(each))
    return this
  }
}
const BOTH = ['1.1.1 ', '1.1.19 2100']

test('frames are frames however the line cuts them', () => {
  const octets = fromHex(PING + LENGTH)
  for (let cut = 0; cut <= octets.length; cut++) {
    const ear = new Ear()
    ear.reader.push(octets.slice(0, cut))
    ear.reader.push(octets.slice(cut))
    expect(ear.heard).toEqual(BOTH)
  }
  const slowly = new Ear()
  for (const octet of octets) slowly.reader.push(Uint8Array.of(octet))
  expect(slowly.heard).toEqual(BOTH)
  expect(slowly.reader.counts).toEqual({ frames: 2, damaged: 0, stray: 0 })
})

test('what stands between frames is passed over', () => {
  const { heard, reader } = new Ear().push('ef00', PING, '1122', LENGTH, 'ef')
  expect(heard).toEqual(BOTH)
  expect(reader.counts).toEqual({ frames: 2, damaged: 0, stray: 5 })
})

test('a broken frame costs itself and no good frame inside or behind it', () => {
  // A length that takes the next frame in, a wrong check octet, a length beyond the bound.
  for (const broken of ['fe042101', 'fe00210121', 'fefb2101', 'fefe']) {
    const { heard, reader } = new Ear().push(broken, PING, LENGTH)
    expect(heard, broken).toEqual(BOTH)
    expect(reader.counts.damaged, broken).toBe(broken === 'fefe' ? 2 : 1)
  }
})

test('a frame that does not go on holds nothing up once it is given up', () => {
  const ear = new Ear().push('fef02101', PING, LENGTH)
  expect([ear.heard, ear.reader.isAmid]).toEqual([[], true])
  ear.reader.giveUp()
  expect([ear.heard, ear.reader.isAmid]).toEqual([BOTH, false])
  ear.push('fe0021')
  ear.reader.restart()
  expect(ear.push(PING).heard).toEqual([...BOTH, BOTH[0]])
})

test('the longest frame passes, and noise of any length is not kept', () => {
  const { next, bytes } = octetSource(3)
  const ear = new Ear()
  const longest = encodeUnpi({ type: 2, subsystem: 4, command: 0x82, data: bytes(LONGEST_DATA) })
  ear.reader.push(longest)
  expect(ear.heard).toHaveLength(1)
  for (let n = 0; n < 2_000; n++) ear.reader.push(bytes(next(200)))
  // However unlucky the noise ended, one longest frame of silence-filling octets ends it.
  ear.reader.push(new Uint8Array(260))
  ear.push(PING)
  expect(ear.heard.at(-1)).toBe(BOTH[0])
})
