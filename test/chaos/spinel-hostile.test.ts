/** A line on which anything may come: neither end throws; both count what was wrong, and go on with the next good frame. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { milliseconds } from '../../src/base/time.ts'
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { encodeHdlc, HdlcReader, LONGEST_BODY } from '../../src/wire/hdlc.ts'
import { disturbed, octetSource } from '../helpers/disturbed-octets.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { spinelStick } from '../helpers/spinel-stick.ts'
import { data, PAN, RadioBench } from '../unit/radio-bench.ts'

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
    timers: air.kernel,
    random: air.kernel.random.stream('rcp'),
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

/** A stick and a neighbour that acknowledges its frames. */
function stickBench() {
  const air = new RadioBench()
  const stick = spinelStick(air.kernel, air.air.radio('stick', '00db1234567800a1'))
  air.node('peer', 2)
  stick.radio.configure({ channel: 15, panId: PAN, shortAddress: 1 })
  stick.radio.listen({ onReceive: () => {} })
  air.run(milliseconds(100))
  const outcomes: string[] = []
  const send = () => stick.radio.transmit(data(1, 2), {}, ({ is }) => void outcomes.push(is))
  return { air, stick, outcomes, send }
}

test('an RCP that says anything at all confuses its host for a while, and no longer', () => {
  const { air, stick, outcomes, send } = stickBench()
  const words = [
    ...['80060072', '8006000b', '81060000000105000200' + '4d7f80', '810600110000', '82060021'],
    ...['8006710500020001050ac49c00000a000fc8e80300000000000001000000000', '8006390f9c', '80063000'],
    ...['8306210f', '8407842634', '850681', '86060100', '81060583'],
  ].map(fromHex)
  let told = 0
  for (const body of disturbed(words, 21, 4_000)) {
    stick.line.device.write(encodeHdlc(body))
    if (++told % 10 !== 0) continue
    send()
    air.run(milliseconds(50))
  }
  const sent = Math.floor(told / 10)
  air.run(milliseconds(20_000))
  expect(outcomes).toHaveLength(sent)
  expect(stick.radio.counts.malformed).toBeGreaterThan(500)
  expect(stick.radio.counts.unasked).toBeGreaterThan(100)
  expect(stick.radio.counts.restarts).toBeGreaterThan(0)
  send()
  air.run(milliseconds(1_000))
  expect([stick.radio.state.is, outcomes.at(-1)]).toEqual(['ready', 'acked'])
})

test('a line that loses and changes octets costs outcomes, not the stick', () => {
  const { air, stick, outcomes, send } = stickBench()
  const { next } = octetSource(33)
  stick.line.disturb = octets => {
    if (next(100) === 0) octets.set([next(256)], next(octets.length))
    return next(100) === 0 ? [] : [octets]
  }
  for (let n = 0; n < 500; n++) {
    send()
    stick.radio.setFramePending(next(8), next(2) === 0)
    air.run(milliseconds(500))
  }
  stick.line.disturb = octets => [octets]
  air.run(milliseconds(30_000))
  expect(outcomes).toHaveLength(500)
  expect(outcomes.filter(is => is === 'acked').length).toBeGreaterThan(200)
  expect(stick.radio.counts.lost).toBeGreaterThan(10)
  send()
  air.run(milliseconds(1_000))
  expect([stick.radio.state.is, outcomes.at(-1)]).toEqual(['ready', 'acked'])
})
