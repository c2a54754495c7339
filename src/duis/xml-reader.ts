/**
 * Reads an XML document as it comes, octets at a time, into a small tree. UTF-8 alone; no document type, so no entity can be
 * declared; every size has an end. @source XML 1.0, Namespaces in XML 1.0; the bounds: assumed, but for the longest text
 */
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes'
import { DuisProblem, type DuisProblemCode, type Place } from './problem.ts'

export interface XmlElement {
  /** Namespace; empty for none. */
  namespace: string
  /** Without a prefix. */
  name: string
  /** Those without a namespace; declarations of namespaces are none. */
  attributes: ReadonlyMap<string, string>
  children: XmlElement[]
  /** Character data, where there are no children; trimmed. */
  text: string
  place: Place
}

/** Octets of a document. @source DUIS schema, 11.1: an image of 10,240,000 octets is 13,653,336 characters of base64; and 1,199,999 of devices */
export const LONGEST_DOCUMENT = 16 * 1024 * 1024
const DEEPEST = 32
const MOST_ELEMENTS = 20_000
const MOST_ATTRIBUTES = 16
const LONGEST_ATTRIBUTE = 1_024
const LONGEST_NAME = 128

export class XmlReader {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  private readonly parser = new SaxesParser({ xmlns: true })
  private readonly open: { element: XmlElement; texts: string[] }[] = []
  private root: XmlElement | undefined
  private octets = 0
  private elements = 0

  constructor() {
    const { parser } = this
    parser.on('error', error => this.fail('duis.malformed', 'well-formed XML', error.message))
    parser.on('xmldecl', ({ version, encoding }) => {
      if (version !== '1.0') this.fail('duis.malformed', 'XML 1.0', `version ${version}`)
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') this.fail('duis.encoding', 'UTF-8', encoding)
    })
    parser.on('doctype', () => this.fail('duis.forbidden', 'no document type', 'DOCTYPE'))
    parser.on('processinginstruction', ({ target }) => this.fail('duis.forbidden', 'no processing instruction', target))
    parser.on('opentag', tag => this.onOpen(tag))
    parser.on('text', text => void this.open.at(-1)?.texts.push(text))
    parser.on('cdata', text => void this.open.at(-1)?.texts.push(text))
    parser.on('closetag', () => this.onClose())
  }

  /** Takes the next octets. @throws DuisProblem as soon as the document is seen to be unfit */
  write(octets: Uint8Array): void {
    this.octets += octets.length
    if (this.octets > LONGEST_DOCUMENT) this.fail('duis.bound', `at most ${LONGEST_DOCUMENT} octets`, 'more')
    this.parser.write(this.decode(octets, true))
  }

  /** The root of the whole document. @throws DuisProblem */
  end(): XmlElement {
    this.parser.write(this.decode(new Uint8Array(), false))
    this.parser.close()
    return this.root ?? this.fail('duis.malformed', 'a root element', 'none')
  }

  private decode(octets: Uint8Array, stream: boolean): string {
    try {
      return this.decoder.decode(octets, { stream })
    } catch {
      return this.fail('duis.encoding', 'UTF-8', 'other octets')
    }
  }

  private onOpen({ uri, local, attributes }: SaxesTagNS): void {
    if (++this.elements > MOST_ELEMENTS) this.fail('duis.bound', `at most ${MOST_ELEMENTS} elements`, 'more')
    if (this.open.length >= DEEPEST) this.fail('duis.bound', `elements at most ${DEEPEST} deep`, 'deeper ones')
    if (local.length > LONGEST_NAME) this.fail('duis.bound', `names of at most ${LONGEST_NAME} characters`, local)
    const element: XmlElement = {
      ...{ namespace: uri, name: local, children: [], text: '' },
      attributes: this.attributes(Object.values(attributes)),
      place: this.place(local),
    }
    const above = this.open.at(-1)?.element
    if (above) above.children.push(element)
    else this.root = element
    this.open.push({ element, texts: [] })
  }

  private attributes(all: readonly SaxesAttributeNS[]): Map<string, string> {
    if (all.length > MOST_ATTRIBUTES) this.fail('duis.bound', `at most ${MOST_ATTRIBUTES} attributes`, `${all.length}`)
    const kept = new Map<string, string>()
    for (const { local, value, uri } of all) {
      if (value.length > LONGEST_ATTRIBUTE) {
        this.fail('duis.bound', `attributes of at most ${LONGEST_ATTRIBUTE} characters`, `${value.length}`)
      }
      if (uri === '') kept.set(local, value)
    }
    return kept
  }

  private onClose(): void {
    const closed = this.open.pop()
    if (!closed) return
    const { element, texts } = closed
    const text = texts.join('').trim()
    if (element.children.length === 0) element.text = text
    else if (text !== '') this.fail('duis.element', 'elements only', text, element.place)
  }

  private place(inner?: string): Place {
    const names = [...this.open.map(({ element }) => element.name), ...(inner === undefined ? [] : [inner])]
    const { line, column } = this.parser
    return { path: names.map(name => `/${name}`).join(''), line, column: column + 1 }
  }

  private fail(code: DuisProblemCode, expected: string, found: string, place = this.place()): never {
    throw new DuisProblem(code, place, expected, found)
  }
}

/** Reads a whole document. @throws DuisProblem */
export function readXml(octets: Uint8Array): XmlElement {
  const reader = new XmlReader()
  reader.write(octets)
  return reader.end()
}
