/** A line on which anything may come: the RCP throws nothing, counts what was wrong, and answers the next good frame. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { milliseconds } from '../../src/base/time.ts'
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { encodeHdlc, HdlcReader, LONGEST_BODY } from '../../src/wire/hdlc.ts'
import { disturbed, octetSource } from '../helpers/disturbed-octets.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { RadioBench } from '../unit/radio-bench.ts'

/** Frames of a host: resets, reads, settings, frames to send, source match, scans. */
const FRAMES = [
  '810102',
  '820201',
  '83032001',
  '8403210f',
  '85033634' + '12',
  '86037101' + '00',
  '870371' + '050041000100000f04040101000100000000000000000f',
  '8803842601000200',
  '890484260300',
  '8a0585260123456789abcdef',
  '8b03310b0c',
  '8c033002',
  '8d03ff7f00',
].map(fromHex)
/** PROP_VALUE_GET of PROTOCOL_VERSION, and its answer: 4.3. */
const [QUESTION, ANSWER] = ['8e0201', '8e06010403']

function bench() {
  const air = new RadioBench()
  const line = new MemoryLine(air.kernel)
  const dongle = new SpinelDongle({
    link: line.device,
    radio: air.air.radio('rcp', '00db1234567800a1'),
    clock: air.kernel,
  })
  const heard: string[] = []
  const reader = new HdlcReader(body => void heard.push(toHex(body)))
  line.host.listen({ onOctets: octets => reader.push(octets) })
  const ask = () => {
    heard.length = 0
    line.host.write(encodeHdlc(fromHex(QUESTION)))
    air.run(milliseconds(100))
    return heard
  }
  return { air, line, dongle, reader, ask }
}

test('frames of good FCS and any content are refused or done, and the next question is answered', () => {
  const { air, line, dongle, reader, ask } = bench()
  let sent = 0
  for (const body of disturbed(FRAMES, 5, 4_000)) {
    line.host.write(encodeHdlc(body))
    sent++
    if (sent % 500 === 0) expect(ask()).toContain(ANSWER)
  }
  air.run(milliseconds(10_000))
  expect(ask()).toContain(ANSWER)
  expect(dongle.line.frames).toBeGreaterThan(3_000)
  expect(dongle.counts.malformed).toBeGreaterThan(1_000)
  expect(dongle.counts.refused).toBeGreaterThan(200)
  expect(dongle.refusals.length).toBeLessThanOrEqual(32)
  expect(reader.counts.damaged).toBe(0)
})

test('noise, pieces, breaks and changed octets on the line cost the frames they hit, no more', () => {
  const { air, line, dongle, ask } = bench()
  const { next, bytes } = octetSource(9)
  line.disturb = octets => {
    const cut = next(octets.length + 1)
    const pieces = [octets.slice(0, cut), octets.slice(cut)]
    switch (next(6)) {
      case 0:
        return [bytes(next(40)), ...pieces]
      case 1:
        return pieces.slice(0, 1)
      case 2:
        octets.set([next(256)], next(octets.length))
        return [octets]
      case 3:
        return pieces.reverse()
      default:
        return pieces
    }
  }
  for (let n = 0; n < 3_000; n++) line.host.write(encodeHdlc(FRAMES[next(FRAMES.length)] as Uint8Array))
  air.run(milliseconds(10_000))
  line.disturb = octets => [octets]
  ask()
  expect(ask()).toContain(ANSWER)
  expect(dongle.line.frames).toBeGreaterThan(1_000)
  expect(dongle.line.damaged).toBeGreaterThan(500)
})

test('a line without flags fills nothing, and a frame beyond the bound is dropped', () => {
  const { line, air, dongle, ask } = bench()
  line.host.write(new Uint8Array(100_000).fill(0x55))
  line.host.write(encodeHdlc(new Uint8Array(LONGEST_BODY + 1)))
  line.host.write(encodeHdlc(new Uint8Array(LONGEST_BODY).fill(0xc0)))
  air.run(milliseconds(100))
  expect(dongle.line).toEqual({ stray: 100_000, damaged: 1, frames: 1 })
  expect(ask()).toContain(ANSWER)
})
