/**
 * A command line after its prefix AT: basic commands (E0, &F, S3=13, D…) one after the other, extended ones (+CREG=2) with a
 * semicolon between.
 * @source ITU-T V.250, 5.3 and 5.4
 */
import { WireError } from '../../base/errors.ts'
import { type AtParameter, formatParameters, parseParameters } from './parameters.ts'

export type AtCommand =
  | { name: string; form: 'execute' | 'read' | 'test' }
  | { name: string; form: 'set'; parameters: AtParameter[] }

/** Most commands on one line. Assumed. */
const MOST_COMMANDS = 32

const EXTENDED = /^[+*#$%^!_][A-Z][A-Z0-9!%\-./:_]*/
const S_REGISTER = /^S(\d{1,3})(\?|=(\d{0,3}))?/
const BASIC = /^(&?[A-Z]|\\[A-Z])(\d{0,3})/

/** @throws WireError at what is no command; nothing of the line is to be carried out then */
export function parseCommandLine(text: string): AtCommand[] {
  const line = withoutSpaces(text)
  const upper = outsideQuotes(line, part => part.toUpperCase())
  const found: AtCommand[] = []
  let at = 0
  while (at < line.length) {
    if (found.length === MOST_COMMANDS) throw malformed(at, `more than ${MOST_COMMANDS} commands`)
    const rest = upper.slice(at)
    if (rest.startsWith(';')) at++
    else if (rest.startsWith('D')) {
      found.push({ name: 'D', form: 'set', parameters: [{ text: line.slice(at + 1), quoted: false }] })
      at = line.length
    } else {
      const [command, length] = extended(rest, line.slice(at)) ?? sRegister(rest) ?? basic(rest) ?? unknown(at, rest)
      found.push(command)
      at += length
    }
  }
  return found
}

/** `+CGDCONT=1,"IP","elster"` */
export function formatCommand(name: string, values: readonly (number | string | undefined)[]): string {
  return `${name}=${formatParameters(values)}`
}

function extended(upper: string, line: string): [AtCommand, number] | undefined {
  const name = EXTENDED.exec(upper)?.[0]
  if (name === undefined) return undefined
  const end = endOf(line)
  const tail = line.slice(name.length, end)
  if (tail === '') return [{ name, form: 'execute' }, end]
  if (tail === '?') return [{ name, form: 'read' }, end]
  if (tail === '=?') return [{ name, form: 'test' }, end]
  if (tail.startsWith('=')) return [{ name, form: 'set', parameters: parseParameters(tail.slice(1)) }, end]
  throw malformed(name.length, `=, ? or the end of ${name} expected, found "${tail}"`)
}

function sRegister(upper: string): [AtCommand, number] | undefined {
  const found = S_REGISTER.exec(upper)
  if (!found?.[2]) return undefined
  const [whole, number, , value = ''] = found
  const name = `S${Number(number)}`
  if (found[2] === '?') return [{ name, form: 'read' }, whole.length]
  return [{ name, form: 'set', parameters: [{ text: value === '' ? '0' : value, quoted: false }] }, whole.length]
}

/** A number that is left out is 0. */
function basic(upper: string): [AtCommand, number] | undefined {
  const [whole, name, number] = BASIC.exec(upper) ?? []
  if (whole === undefined || name === undefined) return undefined
  if (!number) return [{ name, form: 'execute' }, whole.length]
  return [{ name, form: 'set', parameters: [{ text: number, quoted: false }] }, whole.length]
}

function unknown(at: number, rest: string): never {
  throw malformed(at, `a command expected, found "${rest.slice(0, 16)}"`)
}

/** Where the semicolon is that ends an extended command, or the line. */
function endOf(line: string): number {
  let inQuotes = false
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') inQuotes = !inQuotes
    else if (line[at] === ';' && !inQuotes) return at
  }
  return line.length
}

const withoutSpaces = (text: string): string => outsideQuotes(text, part => part.replaceAll(' ', ''))
const outsideQuotes = (text: string, change: (part: string) => string): string =>
  text
    .split('"')
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('"')

const malformed = (offset: number, message: string): WireError =>
  new WireError('at.malformed', { offset, field: 'command', message })
