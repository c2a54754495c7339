/** A hub's modem on a line on which anything may come. */
import { expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { octetSource } from '../helpers/disturbed-octets.ts'
import { modemBench } from '../helpers/modem-bench.ts'

const lines = (text: string) => text.split(/[\r\n]+/).filter(line => line !== '')

it('a command that drips in, octet by octet, is a command', () => {
  const { type, run, said, ask } = modemBench()
  ask('ATE0')
  for (const letter of 'AT+CGMM\r') {
    type(letter)
    run(seconds(1))
  }
  expect(lines(said())).toEqual(['M1', 'OK'])
})

it('many commands in one piece are carried out in order', () => {
  const { type, run, said, ask } = modemBench()
  ask('ATE0')
  type('AT+CGMI\rAT+CGMM\r\nAT+CGMR\r')
  run(seconds(1))
  expect(lines(said())).toEqual(['Maker', 'OK', 'M1', 'OK', '7.1', 'OK'])
})

it('noise before the prefix is passed over, half a line is dropped with its host', () => {
  const { type, run, said, ask, line } = modemBench()
  ask('ATE0')
  type('\x00\xff}~#+AATAT+CG')
  run(seconds(1))
  line.cut('unplugged')
  line.mend()
  run(seconds(1))
  said()
  type('\x1b\x00garbage AT+CGMM\r')
  run(seconds(1))
  expect(lines(said())).toEqual(['M1', 'OK'])
})

it('a line that is too long is refused when it ends, and the next one is a line', () => {
  const { type, run, said, ask, modem } = modemBench()
  ask('ATE0')
  type(`AT+${'X'.repeat(100_000)}`)
  run(seconds(1))
  expect(said()).toBe('')
  type('\rAT+CGMM\r')
  run(seconds(1))
  expect(lines(said())).toEqual(['ERROR', 'M1', 'OK'])
  expect(modem.counts.malformed).toBe(1)
})

it('what comes without end while a command takes its time is dropped and counted', () => {
  const { type, run, said, ask, modem } = modemBench()
  ask('ATE0;+CGDCONT=1,"IP","newcastle"')
  type('AT+CGACT=1,1\r')
  for (let n = 0; n < 1_000; n++) type('AT+CGMM\r')
  run(seconds(10))
  expect(modem.counts.dropped).toBe(8_000 - 2_048)
  expect(lines(said()).slice(0, 3)).toEqual(['OK', 'M1', 'OK'])
  expect(ask('AT')).toEqual(['OK'])
})

it.each([1, 2, 3, 4, 5])('whatever comes, it goes on answering (seed %i)', seed => {
  const { type, run, ask, said, line, wan, modem } = modemBench({ plan: 'both', seed: `noise ${seed}` })
  const { next, bytes } = octetSource(seed * 7_919)
  const words = [
    'AT',
    '+CGACT=1,1',
    '+CGDCONT=1,"IP","newcastle"',
    '+CMGS="447700900121"',
    '+CMGF=1',
    ';',
    '\r',
    '\x1a',
  ]
  words.push('A/', '"', '=', '?', '+COPS=?', '+CFUN=1,1', 'ATD*99#', '+CREG=2', '\x1b', 'E0', 'V0', 'S3=65', '&F', ',')
  for (let n = 0; n < 3_000; n++) {
    const kind = next(40)
    if (kind === 0) type(bytes(next(200)))
    else if (kind === 1) wan.setCoverage(next(2) === 0)
    else if (kind === 2) {
      line.cut('unplugged')
      line.mend()
    } else type(words[next(words.length)] ?? '')
    if (next(4) === 0) run(next(seconds(4)))
  }
  line.cut('unplugged')
  run(seconds(1))
  line.mend()
  modem.powerCycle()
  run(seconds(10))
  said()
  expect(ask('AT+CGMM')).toEqual(['M1', 'OK'])
})
