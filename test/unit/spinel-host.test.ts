/** What the host of a stick does when all is well, and when the stick, its line or its RCP is not. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { SpinelRadio } from '../../src/host/spinel/spinel-radio.ts'
import type { TransmitOutcome } from '../../src/ports/radio.ts'
import { encodeHdlc, HdlcReader } from '../../src/wire/hdlc.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { type SpinelStick, spinelStick } from '../helpers/spinel-stick.ts'
import { data, type Node, PAN, poll, RadioBench } from './radio-bench.ts'

const EUI64 = '00db1234567800a1'

class Bench extends RadioBench {
  readonly stick: SpinelStick
  readonly peer: Node
  readonly outcomes: TransmitOutcome[] = []
  readonly heard: string[] = []

  constructor() {
    super()
    this.stick = spinelStick(this.kernel, this.air.radio('stick', EUI64))
    this.peer = this.node('peer', 2)
    this.run(milliseconds(50))
    this.stick.radio.configure({ channel: 15, panId: PAN, shortAddress: 1 })
    this.stick.radio.listen({ onReceive: psdu => void this.heard.push(toHex(psdu)) })
    this.run(milliseconds(50))
  }
  transmit(): void {
    this.stick.radio.transmit(data(1, 2), {}, outcome => void this.outcomes.push(outcome))
  }
  get states(): string[] {
    return this.stick.states.map(({ is }) => is)
  }
  /** Whether a poll of that child is answered with frame pending. */
  pollBy(child: number): TransmitOutcome | undefined {
    return this.send(this.peer, poll(child, 1))
  }
}

const ACKED = { is: 'acked', framePending: false }

/** A line whose other end is the test: what the host says, and words for it. */
function scripted(answer: (asked: string) => string[]) {
  const bench = new RadioBench()
  const line = new MemoryLine(bench.kernel)
  const said: string[] = []
  const reader = new HdlcReader(body => {
    said.push(toHex(body))
    for (const words of answer(toHex(body))) line.device.write(encodeHdlc(fromHex(words)))
  })
  line.device.listen({ onOctets: octets => reader.push(octets) })
  const radio = new SpinelRadio({ link: line.host, clock: bench.kernel, timers: bench.kernel })
  return { bench, line, radio, said }
}

/** An RCP as OpenThread's answers: everything set is echoed; frames are sent. */
function answers(asked: string): string[] {
  const header = asked.slice(0, 2)
  switch (asked.slice(2)) {
    case '0102':
      return ['80060072']
    case '0201':
      return [`${header}06010403`]
    case '0202':
      return [`${header}06024f5400`]
    case '0205':
      return [`${header}06058104`]
    case '0208':
      return [`${header}060800db1234567800a1`]
    default:
      return asked.startsWith('0371', 2) ? [`${header}0600000001`] : [`${header}06${asked.slice(4)}`]
  }
}

test('a stick is reset, asked what it is and told every setting before it is given a frame', () => {
  const { bench, radio, said } = scripted(answers)
  radio.configure({ channel: 15, panId: 0x1a62, shortAddress: 0 })
  radio.transmit(fromHex('618801621a0200000001'), { attempts: 2 })
  radio.setFramePending(0x1234, true)
  radio.setFramePending('0123456789abcdef', true)
  bench.run(seconds(1))
  expect(said).toEqual([
    '800102',
    ...['810201', '820202', '830205', '840208'],
    ...['85032001', '8603210f', `870334${EUI64}`, '8803350000', '890336621a', '8a03832601', '8b033800', '8c033b01'],
    '8d033701',
    ...['8e0484263412', '810485260123456789abcdef'],
    // Its length, the frame, its FCS, how it is to be sent, and the channel afterwards.
    ['820371', '0c00', '618801621a0200000001', 'ca14', '0f0401010100010000000000000000', '0f'].join(''),
  ])
  expect(radio.state).toEqual({ is: 'ready', identity: { eui64: EUI64, version: 'OT' } })
  expect(radio.counts).toMatchObject({ malformed: 0, unasked: 0, lost: 0, refused: 0 })
})

test('what is no RCP of this protocol is left alone, and asked again when the line comes again or after a while', () => {
  let version = '06010603'
  const { bench, line, radio } = scripted(asked =>
    asked.endsWith('0201') ? [asked.slice(0, 2) + version] : answers(asked),
  )
  bench.run(seconds(1))
  expect(radio.state).toEqual({ is: 'unusable', why: 'Spinel 6 found, 4 expected' })
  const outcomes: TransmitOutcome[] = []
  radio.transmit(data(1, 2), {}, outcome => void outcomes.push(outcome))
  expect(outcomes).toEqual([])
  bench.run(seconds(1))
  expect(outcomes).toEqual([{ is: 'channel-busy' }])
  version = '06010403'
  line.cut('unplugged')
  line.mend()
  bench.run(seconds(1))
  expect(radio.state.is).toBe('ready')
  version = '06010603'
  radio.reset()
  bench.run(seconds(1))
  expect(radio.state.is).toBe('unusable')
  version = '06010403'
  bench.run(seconds(11))
  expect(radio.state.is).toBe('ready')
})

test('a stick that says nothing is reset again and again, and what waits for it is not kept', () => {
  const { bench, radio, said } = scripted(() => [])
  const outcomes: TransmitOutcome[] = []
  const levels: number[] = []
  radio.transmit(data(1, 2), {}, outcome => void outcomes.push(outcome))
  radio.energyScan(11, milliseconds(10), level => void levels.push(level))
  bench.run(seconds(16))
  expect(said).toEqual(['800102', '800102', '800102', '800102'])
  expect([outcomes, levels]).toEqual([[{ is: 'channel-busy' }], [127]])
})

test('a line that comes again finds the stick with every setting and child it had', () => {
  const bench = new Bench()
  const { line, dongle, radio } = bench.stick
  radio.setFramePending(7, true)
  bench.transmit()
  bench.run(seconds(1))
  line.cut('unplugged')
  dongle.powerCycle()
  bench.run(1)
  bench.transmit()
  bench.run(seconds(1))
  expect(bench.outcomes).toEqual([ACKED, { is: 'channel-busy' }])
  expect(bench.pollBy(7)).toEqual({ is: 'no-ack' })

  line.mend()
  bench.run(milliseconds(50))
  expect(bench.states).toEqual(['ready', 'down', 'starting', 'ready'])
  expect([bench.pollBy(7), bench.pollBy(8)]).toEqual([{ is: 'acked', framePending: true }, ACKED])
  expect(bench.heard).toHaveLength(2)
  bench.transmit()
  bench.run(seconds(1))
  expect(bench.outcomes.at(-1)).toEqual(ACKED)
})

test('a frame under way when the line goes was not acknowledged, as far as anybody knows', () => {
  const bench = new Bench()
  bench.transmit()
  bench.transmit()
  bench.run(milliseconds(1))
  bench.stick.line.cut('unplugged')
  bench.run(1)
  expect(bench.outcomes).toEqual([{ is: 'no-ack' }, { is: 'channel-busy' }])
})

test('a host that is gone and comes again is not told the outcomes of before', () => {
  const bench = new Bench()
  const { line, dongle } = bench.stick
  bench.transmit()
  bench.run(milliseconds(1))
  line.cut('the host has gone')
  line.mend()
  bench.run(1)
  bench.transmit()
  bench.run(seconds(1))
  expect(bench.outcomes).toEqual([{ is: 'no-ack' }, ACKED])
  expect([bench.stick.radio.counts.unasked, dongle.counts.refused]).toEqual([0, 0])
})

test('an RCP that restarts by itself is told everything again', () => {
  const bench = new Bench()
  bench.stick.radio.setFramePending(7, true)
  bench.run(milliseconds(50))
  bench.stick.dongle.powerCycle()
  bench.run(milliseconds(50))
  expect(bench.states).toEqual(['ready', 'starting', 'ready'])
  expect([bench.pollBy(7), bench.pollBy(8)]).toEqual([{ is: 'acked', framePending: true }, ACKED])
})

test('an RCP that no longer answers is reset, and goes on', () => {
  const bench = new Bench()
  const { line, radio } = bench.stick
  line.disturb = () => []
  bench.transmit()
  bench.run(seconds(6))
  expect(bench.outcomes).toEqual([{ is: 'no-ack' }])
  expect(bench.states.at(-1)).toBe('starting')
  line.disturb = octets => [octets]
  bench.run(seconds(6))
  bench.transmit()
  bench.run(seconds(1))
  expect(bench.outcomes.at(-1)).toEqual(ACKED)
  expect(radio.counts.restarts).toBe(1)
})

test('a setting whose answer was lost is told again', () => {
  const bench = new Bench()
  const { line, radio } = bench.stick
  line.disturb = () => []
  radio.configure({ channel: 20 })
  radio.setFramePending(7, true)
  bench.run(milliseconds(10))
  line.disturb = octets => [octets]
  bench.run(seconds(3))
  bench.peer.radio.configure({ channel: 20 })
  expect(bench.pollBy(7)).toEqual({ is: 'acked', framePending: true })
  expect(radio.counts).toMatchObject({ lost: 2, restarts: 0 })
})

test('answers lost now and then, with others between them, are no reason to reset it', () => {
  const bench = new Bench()
  const { line, radio } = bench.stick
  for (const channel of [20, 21, 22, 23]) {
    line.disturb = () => []
    radio.configure({ channel })
    bench.run(milliseconds(10))
    line.disturb = octets => [octets]
    bench.run(seconds(3))
  }
  expect(radio.counts).toMatchObject({ lost: 4, restarts: 0 })
})

test('while a child has no room in the table every poll is answered with frame pending', () => {
  const bench = new Bench()
  const { radio } = bench.stick
  for (let child = 100; child < 165; child++) radio.setFramePending(child, true)
  bench.run(seconds(1))
  expect([bench.pollBy(164), bench.pollBy(7)]).toEqual(Array(2).fill({ is: 'acked', framePending: true }))
  expect(radio.counts.refused).toBe(1)
  radio.setFramePending(100, false)
  bench.run(seconds(1))
  expect([bench.pollBy(164), bench.pollBy(7)]).toEqual([{ is: 'acked', framePending: true }, ACKED])
})
