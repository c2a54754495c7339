/** What a line of a modem is: the end of a command, or something told. */
import { readable } from '../../base/errors.ts'
import { type AtParameter, parseParameters } from './parameters.ts'
import { CME_ERRORS, CMS_ERRORS, RESULT_CODES } from './result-codes.ts'

/** How a command ended. */
export type Ending =
  | { is: 'ok' }
  /** `code`: of the equipment or of short messages, where it is told and known; `words`: as they came. */
  | { is: 'error'; of?: 'equipment' | 'messages'; code?: number; words: string }

const ERRORS = { '+CME ERROR': CME_ERRORS, '+CMS ERROR': CMS_ERRORS } as const

/** Undefined for a line that ends no command. */
export function endingOf(line: string): Ending | undefined {
  if (line === 'OK') return { is: 'ok' }
  const [, name, detail = ''] = /^(\+CM[ES] ERROR): ?(.*)$/.exec(line) ?? []
  if (name === '+CME ERROR' || name === '+CMS ERROR') {
    const of = name === '+CME ERROR' ? 'equipment' : 'messages'
    const code = /^\d{1,4}$/.test(detail) ? Number(detail) : numbered(ERRORS[name], detail)
    return { is: 'error', of, ...(code !== undefined && { code }), words: line }
  }
  // A ring is told; it ends nothing. A connection would begin a data mode, which nobody here asks for.
  if (line === 'RING' || !Object.hasOwn(RESULT_CODES, line)) return undefined
  return { is: 'error', words: line }
}

/** The code of a text, however a maker spells its capitals. */
const numbered = (texts: Readonly<Record<number, string>>, words: string): number | undefined => {
  const found = Object.entries(texts).find(([, text]) => text.toLowerCase() === words.toLowerCase())
  return found && Number(found[0])
}

/** `+CREG: 0,1` taken apart; undefined for what is not of this form. */
export function informationOf(line: string): { name: string; parameters: AtParameter[] } | undefined {
  const [, name, rest = ''] = /^([+^#*$%][A-Z0-9]+): ?(.*)$/.exec(line) ?? []
  if (name === undefined) return undefined
  const parameters = readable(() => parseParameters(rest))
  return parameters && { name, parameters }
}
