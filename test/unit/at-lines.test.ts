/** AT lines and short messages as they are read and written, by themselves. */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { WireError } from '../../src/base/errors.ts'
import { endingOf, informationOf } from '../../src/wire/at/answer.ts'
import { AnswerReader } from '../../src/wire/at/answer-reader.ts'
import { formatCommand, parseCommandLine } from '../../src/wire/at/command-line.ts'
import { fromSeptets, packSeptets, toSeptets, unpackSeptets } from '../../src/wire/at/gsm-alphabet.ts'
import { fromCsq, toCsq } from '../../src/wire/at/network.ts'
import { formatParameters, parseParameters } from '../../src/wire/at/parameters.ts'
import { decodeSubmit, encodeDeliver, fitsOneMessage } from '../../src/wire/at/sms-pdu.ts'
import { disturbed } from '../helpers/disturbed-octets.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
/** Commands in short: name, form and values. */
const shown = (line: string) =>
  parseCommandLine(line).map(command =>
    command.form === 'set'
      ? [command.name, ...command.parameters.map(one => one?.text)]
      : `${command.name} ${command.form}`,
  )

describe('a command line', () => {
  it.each([
    ['', []],
    [';', []],
    [
      'e0v1',
      [
        ['E', '0'],
        ['V', '1'],
      ],
    ],
    ['EV', ['E execute', 'V execute']],
    [
      '&F0\\Q3',
      [
        ['&F', '0'],
        ['\\Q', '3'],
      ],
    ],
    ['S3=13S4?', [['S3', '13'], 'S4 read']],
    ['S03=', [['S3', '0']]],
    ['D*99***1#;+CREG?', [['D', '*99***1#;+CREG?']]],
    ['+CREG', ['+CREG execute']],
    ['+creg?;+creg=?', ['+CREG read', '+CREG test']],
    ['+CREG=', [['+CREG', undefined]]],
    ['+CGDCONT=1,"IP","a;b,c",,0', [['+CGDCONT', '1', 'IP', 'a;b,c', undefined, '0']]],
    [
      'E0+CMEE=1;V1',
      [
        ['E', '0'],
        ['+CMEE', '1'],
        ['V', '1'],
      ],
    ],
    [' + C P I N = "1 2" ', [['+CPIN', '1 2']]],
    ['+CPIN="a\\22b"', [['+CPIN', 'a"b']]],
    ['^SYSINFO', ['^SYSINFO execute']],
  ])('"%s"', (line, commands) => {
    expect(shown(line)).toEqual(commands)
  })

  it.each(['!', '+', '+1', '+CREG?2', '+CGDCONT="IP', '+CGDCONT="IP"x', '4', 'E0;!', 'A;'.repeat(40)])(
    '"%s" is none: nothing of it is carried out',
    line => {
      expect(() => parseCommandLine(line)).toThrow(WireError)
    },
  )

  it('is written as it is read', () => {
    expect(formatCommand('+CGDCONT', [1, 'IP', 'elster', undefined, 0])).toBe('+CGDCONT=1,"IP","elster",,0')
    const values = ['quotes " and \\ strokes', 'comma, semicolon; space']
    expect(parseParameters(formatParameters(values)).map(one => one?.text)).toEqual(values)
  })

  it('whatever stands on it is read or refused', () => {
    const good = ['+CGDCONT=1,"IP","x";+CREG?', 'E0S3=13&F', '+CMGS="447"', 'D*99#', '+COPS=1,2,"23410"'].map(latin1)
    for (const octets of disturbed(good, 4_711, 20_000)) {
      const line = Buffer.from(octets).toString('latin1')
      try {
        for (const { name } of parseCommandLine(line)) expect(name).not.toBe('')
      } catch (error) {
        if (!(error instanceof WireError)) throw new Error(`at ${JSON.stringify(line)}`, { cause: error })
      }
    }
  })
})

describe('what a modem says', () => {
  it('is cut into lines wherever it was cut before, with noise left out and an end to each', () => {
    const lines: string[] = []
    const reader = new AnswerReader(line => lines.push(line))
    for (const octet of latin1('\r\n+CREG: 1\r\n\x00\xff\r\nO\x01K\r\n')) reader.push(Uint8Array.of(octet))
    reader.push(latin1(`${'x'.repeat(5_000)}\rhalf`))
    reader.restart()
    reader.push(latin1('OK\n'))
    expect(lines).toEqual(['+CREG: 1', 'OK', 'x'.repeat(1_024), 'OK'])
  })

  it.each([
    ['OK', { is: 'ok' }],
    ['ERROR', { is: 'error', words: 'ERROR' }],
    ['NO CARRIER', { is: 'error', words: 'NO CARRIER' }],
    ['+CME ERROR: 133', { is: 'error', of: 'equipment', code: 133, words: '+CME ERROR: 133' }],
    ['+CME ERROR: SIM PIN required', { is: 'error', of: 'equipment', code: 11, words: '+CME ERROR: SIM PIN required' }],
    ['+CME ERROR: who knows', { is: 'error', of: 'equipment', words: '+CME ERROR: who knows' }],
    ['+CMS ERROR: 321', { is: 'error', of: 'messages', code: 321, words: '+CMS ERROR: 321' }],
    ['RING', undefined],
    ['+CREG: 1', undefined],
    ['toString', undefined],
  ])('"%s"', (line, ending) => {
    expect(endingOf(line)).toEqual(ending)
  })

  it('is information where it has a name', () => {
    expect(informationOf('+CREG: 2,1,"00C3"')).toEqual({
      name: '+CREG',
      parameters: [
        { text: '2', quoted: false },
        { text: '1', quoted: false },
        { text: '00C3', quoted: true },
      ],
    })
    expect([informationOf('Maker'), informationOf('+CREG: "half')]).toEqual([undefined, undefined])
  })

  it('has a signal in steps of two dBm, or none', () => {
    expect([toCsq(undefined), toCsq(-140), toCsq(-113), toCsq(-83), toCsq(-51), toCsq(0)]).toEqual([
      99, 0, 0, 15, 31, 31,
    ])
    expect([fromCsq(15), fromCsq(99), fromCsq(32)]).toEqual([-83, undefined, undefined])
  })
})

describe('a short message', () => {
  // The octets of "hellohello": dreamfabric.com/sms, the example of 3GPP TS 23.038 packing that all manuals share.
  it('is packed seven bits to a character', () => {
    expect(toHex(packSeptets(toSeptets('hellohello') ?? []))).toBe('e8329bfd4697d9ec37')
    expect(fromSeptets(unpackSeptets(fromHex('e8329bfd4697d9ec37'), 10))).toBe('hellohello')
  })

  it('has an alphabet, with an extension behind an escape, and what is in neither is not of it', () => {
    const text = "@£$ Ø_Ω [€] {~|\\^} Ää ß é 'x\n"
    expect(fromSeptets(toSeptets(text) ?? [])).toBe(text)
    expect(toSeptets('€')).toEqual([0x1b, 0x65])
    expect(toSeptets('я')).toBeUndefined()
    expect([fitsOneMessage('x'.repeat(160)), fitsOneMessage('x'.repeat(161))]).toEqual([true, false])
    expect([fitsOneMessage('€'.repeat(80)), fitsOneMessage('€'.repeat(81))]).toEqual([true, false])
    expect([fitsOneMessage('я'.repeat(70)), fitsOneMessage('я'.repeat(71))]).toEqual([true, false])
  })

  it('as a PDU: in letters of any alphabet, to an odd number of digits', () => {
    const message = { serviceCentre: '44770090000', from: '4477009', text: 'яж', atUnixMs: Date.UTC(2021, 9, 13, 6) }
    expect(encodeDeliver(message)).toEqual({
      hex: '07914477000900F0040791447700F900081201316000000004044F0436',
      length: 21,
    })
  })

  it.each([
    // 8-bit data, UCS-2, a validity period of seven octets, and a part of a longer message behind its header
    ['0011000C914477000910120004AA03616263', 'abc'],
    ['0011000C914477000910120008AA04044F0436', 'яж'],
    ['0019000C914477000910120000120131600000000AE8329BFD4697D9EC37', 'hellohello'],
    ['0051000C914477000910120000AA0C050003010201906536FB0D', 'Hello'],
  ])('%s', (hex, text) => {
    expect(decodeSubmit(hex, hex.length / 2 - 1)).toEqual({ to: '447700900121', text })
  })

  it('whatever the octets, it is read or refused', () => {
    const good = [
      fromHex('0011000c914477000910120000aa0ae8329bfd4697d9ec37'),
      fromHex('0011000c914477000910120008aa04044f0436'),
    ]
    for (const octets of disturbed(good, 815, 20_000)) {
      try {
        decodeSubmit(toHex(octets), Math.max(0, octets.length - 1 - (octets[0] ?? 0)))
      } catch (error) {
        if (!(error instanceof WireError)) throw new Error(`at ${toHex(octets)}`, { cause: error })
      }
    }
  })
})
