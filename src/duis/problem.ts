/** What is wrong with a document that came to the door: where, what was expected, what was found. */

/** Where in a document: the element's path, and the line and column where it begins (from 1). */
export interface Place {
  path: string
  line: number
  column: number
}

/**
 * A document that cannot be taken. Codes: `duis.encoding`, `duis.malformed`, `duis.forbidden` (document types and processing
 * instructions), `duis.bound`, `duis.element`, `duis.missing`, `duis.value`.
 */
export class DuisProblem extends Error {
  override readonly name = 'DuisProblem'
  readonly code: DuisProblemCode
  readonly place: Place
  readonly expected: string
  /** At most 80 characters of it. */
  readonly found: string

  constructor(code: DuisProblemCode, place: Place, expected: string, found: string) {
    super(
      `${place.path || '/'}: ${expected} expected, found ${clip(found)} (line ${place.line}, column ${place.column})`,
    )
    this.code = code
    this.place = place
    this.expected = expected
    this.found = clip(found)
  }
}

export type DuisProblemCode =
  | 'duis.encoding'
  | 'duis.malformed'
  | 'duis.forbidden'
  | 'duis.bound'
  | 'duis.element'
  | 'duis.missing'
  | 'duis.value'

const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)
