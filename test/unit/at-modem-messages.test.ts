/** Short messages that arrive at a modem's SIM, as its host takes them. */
import { expect, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { AtModem } from '../../src/host/modem/at-modem.ts'
import { decodeDeliver, encodeDeliver } from '../../src/wire/at/sms-pdu.ts'
import { MSISDN, modemWorld, START_UNIX_MS } from '../helpers/modem-bench.ts'

function hosted() {
  const world = modemWorld()
  const host = new AtModem({ link: world.line.host, timers: world.kernel })
  const texts: string[] = []
  const wanted = { now: true }
  host.messages.listen(({ from, text }) => wanted.now && texts.push(`${from} ${text}`) > 0)
  const submit = (text: string) => world.centre.submit({ from: '447700900001', to: MSISDN, text })
  return { ...world, host, texts, wanted, submit }
}

test('what arrives is handed on once, and taken off the SIM', () => {
  const { run, submit, texts } = hosted()
  run(seconds(30))
  // A text that looks like the end of an answer is one nevertheless.
  for (const text of ['wake up', 'OK\r\nERROR', 'größer als Ω €']) submit(text)
  run(minutes(1))
  expect(texts).toEqual(['447700900001 wake up', '447700900001 OK\r\nERROR', '447700900001 größer als Ω €'])
  // The SIM has 20 places.
  texts.length = 0
  for (let i = 0; i < 50; i++) submit(`${i}`)
  run(minutes(5))
  expect(texts).toEqual(Array.from({ length: 50 }, (_, i) => `447700900001 ${i}`))
})

test('what waited on the SIM before the host came is handed on', () => {
  const { line, run, submit, texts } = hosted()
  line.cut('nobody is there')
  run(seconds(10))
  submit('early')
  run(seconds(10))
  expect(texts).toEqual([])
  line.mend()
  run(minutes(1))
  expect(texts).toEqual(['447700900001 early'])
})

test('what is not wanted now stays on the SIM until another arrives', () => {
  const { run, submit, texts, wanted } = hosted()
  run(seconds(30))
  wanted.now = false
  submit('one')
  run(minutes(1))
  expect(texts).toEqual([])
  wanted.now = true
  submit('two')
  run(minutes(1))
  expect(texts).toEqual(['447700900001 one', '447700900001 two'])
})

test('a message that reached a modem is read as it was sent, and octets that are none are refused', () => {
  const sent = { from: '447700900001', text: 'wake up', atUnixMs: START_UNIX_MS }
  expect(decodeDeliver(encodeDeliver({ ...sent, serviceCentre: '447700900000' }).hex)).toEqual(sent)
  // From a manual of a maker of modems: "hellohello", of 27838890001, on 29 March 99.
  const foreign = '07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37'
  expect(decodeDeliver(foreign)).toEqual({
    ...{ from: '27838890001', text: 'hellohello' },
    // 15:16:59, of a zone two hours ahead.
    atUnixMs: Date.UTC(2099, 2, 29, 13, 16, 59),
  })
  for (const hex of ['', '0', 'zz', '07', '0791', '00', '0011', foreign.slice(0, 40)]) {
    expect(() => decodeDeliver(hex)).toThrow(/PDU|pdu|expected|ends here/)
  }
})
