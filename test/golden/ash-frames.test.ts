/** Frames of ASH as its document prints them. @source Silicon Labs UG101, UART Gateway Protocol Reference, examples of section 3 */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { crcCcitt } from '../../src/wire/ash/crc.ts'
import { type AshFrame, encodeAsh } from '../../src/wire/ash/frame.ts'
import { AshReader } from '../../src/wire/ash/reader.ts'

const data = (frame: number, ack: number, body: string): AshFrame => ({
  ...{ type: 'data', frame, ack, retransmitted: false },
  body: fromHex(body),
})
const EXAMPLES: readonly (readonly [string, AshFrame])[] = [
  ['254221a856a6097e', data(2, 5, '00000002')],
  // The document prints a CRC of 9623, which is none of these octets; that of the plain ones, 6316, is right.
  ['5342a1a856280482032a7e', data(5, 3, '00800002021130')],
  ['8160597e', { type: 'ack', ack: 1, notReady: false }],
  ['8e91b67e', { type: 'ack', ack: 6, notReady: true }],
  ['a634dc7e', { type: 'nak', ack: 6, notReady: false }],
  ['ad85b77e', { type: 'nak', ack: 5, notReady: true }],
  ['c038bc7e', { type: 'rst' }],
  ['c102029b7b7e', { type: 'rstack', version: 2, code: 2 }],
  ['c20251a8bd7e', { type: 'error', version: 2, code: 0x51 }],
]

function read(hex: string) {
  const frames: AshFrame[] = []
  const bad: boolean[] = []
  const reader = new AshReader({
    onFrame: frame => void frames.push(frame),
    onBad: mayBeData => void bad.push(mayBeData),
  })
  reader.push(fromHex(hex))
  return { frames, bad, counts: reader.counts }
}

test('the frames the document prints are read and written as it says', () => {
  for (const [octets, frame] of EXAMPLES) {
    expect(read(octets).frames, octets).toEqual([frame])
    // A cancel octet goes before what begins a connection.
    expect(toHex(encodeAsh(frame)).replace(/^1a/, ''), octets).toBe(octets)
  }
  expect(toHex(encodeAsh({ type: 'rst' }))).toBe('1ac038bc7e')
  expect(crcCcitt(fromHex('5300800002021130'))).toBe(0x6316)
  expect(crcCcitt(fromHex('2500000002'))).toBe(0x1aad)
})

test('octets with a meaning on the line are escaped wherever they stand in a frame', () => {
  // Mixed with the sequence, which begins 42 21 a8 54, these become 7e 7d 11 13, and then 18 and 1a.
  for (const body of ['3c5cb947', '5a3bb947']) {
    const octets = encodeAsh(data(0, 0, body))
    expect(octets.slice(0, -1).some(octet => [0x7e, 0x11, 0x13, 0x18, 0x1a].includes(octet))).toBe(false)
    expect(read(toHex(octets)).frames).toEqual([data(0, 0, body)])
  }
})

test('the line between frames, flow control and what is cancelled leave no trace', () => {
  const ack = '8160597e'
  expect(read(`7e7effff${ack}`).frames).toHaveLength(1)
  expect(read('11811360597e').frames).toEqual([{ type: 'ack', ack: 1, notReady: false }])
  expect(read(`2542211a${ack}`)).toMatchObject({ frames: [{ type: 'ack' }], bad: [], counts: { cancelled: 1 } })
})

test('what is damaged is told once, and whether it may have been data', () => {
  for (const [octets, mayBeData] of [
    // A wrong CRC, an octet not received well, too short, a data field of two octets.
    ['254221a856a60a7e', true],
    ['81605a7e', false],
    ['25422118a856a6097e', true],
    ['187e', false],
    ['81607e', false],
    ['0042218d227e', true],
    // Good CRC, but no such control octet, and an ACK with data.
    ['c3089f7e'.replace('c3089f', 'c308df'), false],
  ] as const)
    expect(read(octets), octets).toMatchObject({ frames: [], bad: [mayBeData] })
  const long = `00${'55'.repeat(100_000)}7e`
  expect(read(`${long}8160597e`)).toMatchObject({ frames: [{ type: 'ack' }], bad: [true], counts: { damaged: 1 } })
})
