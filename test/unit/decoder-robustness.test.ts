import { expect, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { decodeNwk } from '../../src/zigbee/frames/nwk-frame.ts'
import { unsecure } from '../../src/zigbee/frames/security.ts'
import { opensslCcm } from '../golden/zigbee-samples.ts'
import { DECODERS } from '../helpers/decoders.ts'
import { octetSource, tally } from '../helpers/disturbed-octets.ts'

/** Of the million that `npm run test:long` reads. */
const FRAMES = 1_500

test.each(Object.entries(DECODERS))(
  '%s: whatever the octets, words that can be written again, or a located error',
  (name, decoder) => {
    const { read, refused } = tally(decoder, 7, FRAMES)
    expect(read).toBeGreaterThan(name === 'install codes' ? 0 : 2)
    expect(refused).toBeGreaterThan(20)
  },
)

test('noise opens under no key', () => {
  const { next, bytes } = octetSource(11)
  const secured = fromHex('080200003412011e5a28')
  const opened = Array.from({ length: 500 }, () => {
    const frame = Uint8Array.from([...secured, ...bytes(13), 0, ...bytes(4 + next(60))])
    frame[1] = 0x02
    return unsecure(decodeNwk(frame), { ccm: opensslCcm, key: new Uint8Array(16), source: '0000000000000001' })
  })
  expect(opened.filter(one => one !== undefined)).toEqual([])
})
