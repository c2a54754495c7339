/** Values of AT commands and of what is answered to them: numbers, strings in quotes, words, and places left empty. */
import { WireError } from '../../base/errors.ts'

/** One value; undefined: its place is empty. */
export type AtParameter = { text: string; quoted: boolean } | undefined

/** Splits `1,"elster",,FF` at its commas. @throws WireError when quotes do not close */
export function parseParameters(text: string): AtParameter[] {
  const found: AtParameter[] = []
  let at = 0
  for (;;) {
    const [parameter, end] = text[at] === '"' ? quoted(text, at) : bare(text, at)
    found.push(parameter)
    if (end >= text.length) return found
    if (text[end] !== ',') throw malformed(end, `a comma expected, found "${text[end]}"`)
    at = end + 1
  }
}

/** Values as they stand on the line: a string in quotes, a number bare, an empty place for undefined. */
export function formatParameters(values: readonly (number | string | undefined)[]): string {
  return values
    .map(value => (value === undefined ? '' : typeof value === 'number' ? String(value) : quote(value)))
    .join(',')
}

/** @source ITU-T V.250, 5.4.2.2: quote, backslash and control characters by their code */
export const quote = (text: string): string =>
  `"${text.replace(/["\\]/g, c => `\\${c.charCodeAt(0).toString(16).toUpperCase()}`)}"`

/** Whole number 0 and up; undefined for anything else, an empty place among it. */
export function numberOf(parameter: AtParameter): number | undefined {
  if (!parameter || parameter.quoted || !/^\d{1,9}$/.test(parameter.text)) return undefined
  return Number(parameter.text)
}

/** A string, in quotes or without, as terminals write it; undefined for an empty place. */
export const textOf = (parameter: AtParameter): string | undefined => parameter?.text

function bare(text: string, at: number): [AtParameter, number] {
  const comma = text.indexOf(',', at)
  const end = comma < 0 ? text.length : comma
  const word = text.slice(at, end).trim()
  return [word === '' ? undefined : { text: word, quoted: false }, end]
}

function quoted(text: string, at: number): [AtParameter, number] {
  const end = text.indexOf('"', at + 1)
  if (end < 0) throw malformed(at, 'the string has no end')
  const inside = text
    .slice(at + 1, end)
    .replace(/\\([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  return [{ text: inside, quoted: true }, end + 1]
}

const malformed = (offset: number, message: string): WireError =>
  new WireError('at.malformed', { offset, field: 'parameter', message })
