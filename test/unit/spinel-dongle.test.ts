/** What the emulated RCP answers, octet by octet. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { encodeHdlc, HdlcReader } from '../../src/wire/hdlc.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { data, RadioBench } from './radio-bench.ts'

class Bench extends RadioBench {
  readonly line = new MemoryLine(this.kernel)
  readonly chip = this.air.radio('rcp', '00db1234567800a1')
  readonly dongle = new SpinelDongle({
    ...{ link: this.line.device, radio: this.chip, clock: this.kernel, timers: this.kernel },
    random: this.kernel.random.stream('rcp'),
  })
  said: string[] = []

  constructor() {
    super()
    const reader = new HdlcReader(body => void this.said.push(toHex(body)))
    this.line.host.listen({ onOctets: octets => reader.push(octets) })
  }
  /** Says it all at once; what the RCP says within a second. */
  say(...words: string[]): string[] {
    this.said = []
    for (const each of words) this.line.host.write(encodeHdlc(fromHex(each)))
    this.run(seconds(1))
    return this.said
  }
  /** Enabled, on channel 15 and the PAN as node 1, streaming. */
  on(): this {
    this.say('81032001', '8203210f', '830336621a', '8403350100', '85033701')
    return this
  }
}

test('a property is got, set and told as it then is; what cannot be done is a status', () => {
  const rcp = new Bench()
  for (const [asked, answer] of [
    ['810201', '8106010403'],
    ['820208', '82060800db1234567800a1'],
    ['830221', '8306210b'],
    ['8403211a', '8406211a'],
    ['850221', '8506211a'],
    // 27 is no channel, the next has no value, the next a boolean of 2.
    ['8603211b', '86060003'],
    ['870321', '87060009'],
    ['88033b02', '88060009'],
    // Not known, read-only, and a list that is none.
    ['890286ff01', '8906000d'],
    ['8a030800', '8a060015'],
    ['8b042119', '8b060015'],
    // No such command, no such interface, no boot loader.
    ['8c3f', '8c060005'],
    ['9d0201', '8d060006'],
    ['8e0103', '8e060017'],
    ['8100', '81060000'],
  ] as const)
    expect(rcp.say(asked), asked).toEqual([answer])
  expect(rcp.dongle.counts).toEqual({ malformed: 2, refused: 9, unsent: 0 })
})

test('who gives no transaction is not answered; a reset is told to anybody, and all is as at power-on', () => {
  const rcp = new Bench()
  expect(rcp.say('80032114', '800221', '8003ff7f')).toEqual([])
  expect(rcp.say('810221', '800102', '810221')).toEqual(['81062114', '80060072', '8106210b'])
  rcp.dongle.powerCycle()
  expect(rcp.say()).toEqual(['80060070'])
})

test('it hears nothing before it is on and streams, and acknowledges nothing', () => {
  const rcp = new Bench()
  const peer = rcp.node('peer', 2)
  rcp.say('81032001', '8203210f', '830336621a', '8403350100')
  expect(rcp.send(peer, data(2, 1))).toEqual({ is: 'no-ack' })
  expect(rcp.say('85033701')).toEqual(['85063701'])
  rcp.said = []
  expect(rcp.send(peer, data(2, 1))).toEqual({ is: 'acked', framePending: false })
  // The frame with its FCS, -105 dBm of noise, no flags; channel 15.
  expect(rcp.said).toEqual([expect.stringMatching(/^8006710e006188.*9700000a000f/)])
})

test('a frame is sent as told, and what became of it is told with the acknowledgement', () => {
  const rcp = new Bench().on()
  rcp.node('peer', 2)
  const [frame, unheard] = [data(1, 2), data(1, 9)].map(psdu => `${toHex(psdu)}0000`)
  const length = '0e00'
  expect(frame).toHaveLength(28)
  const [acked = ''] = rcp.say(`860371${length}${frame}0f0400`)
  // Status, no frame pending, header as it was; an acknowledgement of 5 octets to sequence number 1.
  expect(acked).toMatch(/^8606000000010500020001/)
  expect(rcp.say(`870371${length}${unheard}0f0401`)).toEqual(['8706001100' + '01'])
  expect(rcp.captured.filter(({ octets }) => octets[5] === 9)).toHaveLength(2)
  // Channel 27; then no frame at all.
  expect(rcp.say(`880371${length}${frame}1b`, '890371')).toEqual(['88060003', '89060009'])
  expect(rcp.say('8a032000', `8b0371${length}${frame}0f`)).toEqual(['8a062000', '8b060004'])
})

test('a scan measures each channel of its mask, tells each, and its end', () => {
  const rcp = new Bench().on()
  const started = rcp.say('8603310b1a', '8703322800', '88033002')
  expect(started).toEqual(['8606310b1a', '8706322800', '88063002', '8006390b97', '8006391a97', '80063000'])
  expect(rcp.say('89033109', '8a0331', '8b033002', '8c033001')).toEqual(['89060003', '8a0631', '8b060003', '8c060003'])
})

test('a scan that is stopped tells no more channels, and two at once are one too many', () => {
  const rcp = new Bench().on()
  const said = rcp.say('8603310b0c', '8703322c01', '88033002', '89033002', '8a033000', '8b0230')
  expect(said).toEqual(['8606310b0c', '8706322c01', '88063002', '89060004', '8a063000', '8b063000'])
})

test('children are listed, listed anew and struck off, by either address', () => {
  const rcp = new Bench().on()
  expect(rcp.say('8604842607000800', '8704852600db1234567800c1')).toEqual([
    '8607842607000800',
    '8707852600db1234567800c1',
  ])
  expect(rcp.say('88028426', '89028526')).toEqual(['880684260700', '8906852600db1234567800c1'])
  expect(rcp.say('8a0384260900' + '0a00', '8b0584260900', '8c0584260700')).toEqual([
    '8a06842609000a00',
    '8b0884260900',
    '8c060014',
  ])
  expect(rcp.say('8d028426')).toEqual(['8d0684260a00'])
})

test('a host that comes again in the middle of a frame is understood at once', () => {
  const rcp = new Bench()
  rcp.line.host.write(fromHex('7e8102'))
  rcp.run(milliseconds(10))
  rcp.line.cut('the host has gone')
  rcp.line.mend()
  expect(rcp.say('820201')).toEqual(['8206010403'])
  expect(rcp.dongle.line).toEqual({ frames: 1, damaged: 0, stray: 0 })
})
