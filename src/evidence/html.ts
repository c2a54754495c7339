/** HTML in which what was put in is text unless it is HTML already: escaping cannot be forgotten. */
import { visibleText } from './visible-text.ts'

/** A piece of finished HTML. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[]

/** `html`<td>${text}</td>``: text is escaped, lists are joined, undefined is nothing. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(parts.map((part, i) => (i === 0 ? part : markup(values[i - 1]) + part)).join(''))
}

function markup(value: HtmlValue): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.markup
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  return value.map(markup).join('')
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escapeText = (text: string): string =>
  visibleText(text).replace(/[&<>"']/g, character => ENTITIES[character] ?? '')
