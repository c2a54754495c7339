/**
 * Comma-separated values whose every field can be located. Our own few lines, for the readers there are do not say where a field
 * stands, and repair what they should refuse.
 * @source RFC 4180 section 2; besides, a line may end in LF alone and a byte order mark may go before
 */
import type { FileProblem } from './errors.ts'

export interface CsvField {
  text: string
  /** Where it starts; both count from 1. */
  line: number
  column: number
}

export interface Csv {
  /** Never empty: each record has one field at least. */
  records: CsvField[][]
  /** What is not CSV; a record with such a field is left out. */
  problems: FileProblem[]
  /** Behind the last octet. */
  end: { line: number; column: number }
}

const FIELD = /"([^"]*(?:""[^"]*)*)"|[^",\r\n]*/y
const AFTER = /,|\r?\n|$/y

/** Reads a text. `file` is its name, for problems. */
export function readCsv(file: string, text: string): Csv {
  const records: CsvField[][] = []
  const problems: FileProblem[] = []
  const locate = locator(text)
  let record: CsvField[] = []
  let broken = false
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; ) {
    FIELD.lastIndex = at
    const [written = '', quoted] = FIELD.exec(text) ?? []
    record.push({ text: quoted?.replaceAll('""', '"') ?? written, ...locate(at) })
    at += written.length
    AFTER.lastIndex = at
    let after = AFTER.exec(text)?.[0]
    if (after === undefined) {
      const unclosed = written === '' && text[at] === '"'
      const expected = unclosed ? 'a quote that ends this field' : 'a comma or the end of the line'
      const found = unclosed ? 'none' : JSON.stringify(text[at])
      const message = `expected ${expected}, found ${found}`
      const hint = 'a field with commas, quotes or line breaks stands in quotes, and a quote in it is doubled'
      problems.push({ code: 'csv.syntax', file, ...locate(at), pointer: '', message, hint })
      broken = true
      // Nobody knows where the field was meant to end: the next line is a new record.
      const next = text.indexOf('\n', at)
      at = next < 0 ? text.length : next
      after = next < 0 ? '' : '\n'
    }
    at += after.length
    if (after === ',' && at < text.length) continue
    if (after === ',') record.push({ text: '', ...locate(at) })
    if (!broken) records.push(record)
    record = []
    broken = false
  }
  return { records, problems, end: locate(text.length) }
}

/** One file: a line for each record, each ended by CR LF. */
export const csvText = (records: readonly (readonly string[])[]): string =>
  records.map(record => `${record.map(quotedIfNeeded).join(',')}\r\n`).join('')

const quotedIfNeeded = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Offsets, asked for in rising order, to lines and columns. */
function locator(text: string): (offset: number) => { line: number; column: number } {
  let line = 1
  let start = text.startsWith('\ufeff') ? 1 : 0
  return offset => {
    for (let next = text.indexOf('\n', start); next >= 0 && next < offset; next = text.indexOf('\n', start)) {
      line++
      start = next + 1
    }
    return { line, column: offset - start + 1 }
  }
}
