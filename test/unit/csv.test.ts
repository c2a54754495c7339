import { describe, expect, it } from 'vitest'
import { csvText, readCsv } from '../../src/base/csv.ts'

const fields = (text: string) => readCsv('f.csv', text).records.map(record => record.map(({ text }) => text))
const problems = (text: string) =>
  readCsv('f.csv', text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`)

describe('comma-separated values', () => {
  // The examples of RFC 4180, section 2.
  it.each([
    [
      'aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n',
      [
        ['aaa', 'bbb', 'ccc'],
        ['zzz', 'yyy', 'xxx'],
      ],
    ],
    [
      'aaa,bbb,ccc\r\nzzz,yyy,xxx',
      [
        ['aaa', 'bbb', 'ccc'],
        ['zzz', 'yyy', 'xxx'],
      ],
    ],
    [
      '"aaa","bbb","ccc"\r\nzzz,yyy,xxx',
      [
        ['aaa', 'bbb', 'ccc'],
        ['zzz', 'yyy', 'xxx'],
      ],
    ],
    [
      '"aaa","b\r\nbb","ccc"\r\nzzz,yyy,xxx',
      [
        ['aaa', 'b\r\nbb', 'ccc'],
        ['zzz', 'yyy', 'xxx'],
      ],
    ],
    ['"aaa","b""bb","ccc"', [['aaa', 'b"bb', 'ccc']]],
  ])('%j is read as RFC 4180 has it', (text, records) => {
    expect(fields(text)).toEqual(records)
    expect(problems(text)).toEqual([])
  })

  it.each([
    ['', []],
    [
      '\ufeffa,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a,', [['a', '']]],
    [
      'a,\r\n,b\r\n',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['a\n\nb', [['a'], [''], ['b']]],
    [' a , "', [[' a ']]],
  ])('%j has these fields', (text, records) => {
    if (text.endsWith('"')) expect(problems(text)).toHaveLength(1)
    else expect(fields(text)).toEqual(records)
  })

  it('every field knows where it starts, behind quoted line breaks too', () => {
    const { records, end } = readCsv('f.csv', '\ufeffa,"b\r\nb",c\r\nd,e')
    expect(records.flat().map(({ text, line, column }) => [text, line, column])).toEqual([
      ['a', 1, 1],
      ['b\r\nb', 1, 3],
      ['c', 2, 4],
      ['d', 3, 1],
      ['e', 3, 3],
    ])
    expect(end).toEqual({ line: 3, column: 4 })
  })

  it('what is no CSV is told where it is, and the other lines are read', () => {
    const text = 'a,b"c\nd,e\n"f"g,h\ni\rj\nk,"l\nm'
    expect(problems(text)).toEqual([
      '1:4 expected a comma or the end of the line, found "\\""',
      '3:4 expected a comma or the end of the line, found "g"',
      '4:2 expected a comma or the end of the line, found "\\r"',
      '5:3 expected a quote that ends this field, found none',
    ])
    expect(fields(text)).toEqual([['d', 'e'], ['m']])
  })

  it('what is written is quoted where it must be, and no more', () => {
    expect(csvText([['a', 'b,c', 'd"e', 'f\r\ng', '']])).toBe('a,"b,c","d""e","f\r\ng",\r\n')
  })

  it('a long quoted field ends no stack', () => {
    expect(fields(`"${'""x'.repeat(50_000)}"`)[0]?.[0]).toHaveLength(100_000)
  })
})
