import { expect, test } from 'vitest'
import { packetLimit } from '../../src/wan/broker/packet-limit.ts'

/** PINGREQ, then PUBLISH of 321 octets: remaining length c1 02, the example of MQTT 3.1.1 section 2.2.3. */
const stream = Uint8Array.from([0xc0, 0x00, 0x30, 0xc1, 0x02, ...new Uint8Array(321).fill(0xff), 0xc0, 0x00])

test.each([1, 2, 3, 100, 1_000])('packets within the limit pass, in pieces of %i octets', size => {
  const fits = packetLimit(321)
  for (let at = 0; at < stream.length; at += size) expect(fits(stream.subarray(at, at + size))).toBe(true)
})

test.each([1, 2, 3, 100, 1_000])('a packet over the limit is noticed at its header, in pieces of %i octets', size => {
  const fits = packetLimit(320)
  const verdicts: boolean[] = []
  for (let at = 0; at < 5; at += size) verdicts.push(fits(stream.subarray(at, Math.min(at + size, 5))))
  expect(verdicts.at(-1)).toBe(false)
})

test('a length of five octets is over any limit', () => {
  expect(packetLimit(Number.MAX_SAFE_INTEGER)(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x80))).toBe(false)
})
