/**
 * Reads the elements below one, each by name, once, with its type. What was not asked for in the end is an error: nothing in a
 * request is passed over. All methods throw a DuisProblem that says where, what was expected and what was found.
 */
import { type Eui64, parseEui64 } from '../base/ids.ts'
import type { Inventory } from './inventory.ts'
import { DuisProblem } from './problem.ts'
import type { XmlElement } from './xml-reader.ts'

/** What a body is read with. */
export interface About {
  variant: string
  target: Eui64
  inventory: Inventory
  /** Unix ms. */
  nowMs: number
}

export class Fields {
  readonly element: XmlElement
  private readonly unread: Set<XmlElement>

  constructor(element: XmlElement) {
    this.element = element
    this.unread = new Set(element.children)
    if (element.children.length === 0 && element.text !== '') refuse(element, 'elements or nothing', element.text)
  }

  /** Reads an element's fields to the end. */
  static read<T>(element: XmlElement, use: (fields: Fields) => T): T {
    const fields = new Fields(element)
    const value = use(fields)
    fields.end()
    return value
  }

  has(name: string): boolean {
    return this.element.children.some(child => child.name === name)
  }
  /** It is there, and nobody has read it. */
  leaves(name: string): boolean {
    return [...this.unread].some(child => child.name === name)
  }
  /** The first one of that name; undefined when there is none. */
  optional(name: string): XmlElement | undefined {
    const all = this.all(name, 1)
    return all[0]
  }
  required(name: string): XmlElement {
    return this.optional(name) ?? this.lacks(name)
  }
  /** Every one of that name. */
  all(name: string, most: number): XmlElement[] {
    const found = this.element.children.filter(child => child.name === name)
    for (const child of found) this.unread.delete(child)
    const surplus = found[most]
    if (surplus) refuse(surplus, `${name} at most ${most} ${most === 1 ? 'time' : 'times'}`, `${found.length}`)
    return found
  }
  /** Which one of these elements is there: exactly one. */
  oneOf<N extends string>(names: readonly N[]): { name: N; element: XmlElement } {
    const found = names.filter(name => this.has(name))
    const [name] = found
    if (name === undefined) return this.lacks(names.join(' or '))
    if (found.length > 1) refuse(this.element, `one of ${names.join(', ')}`, found.join(' and '))
    return { name, element: this.required(name) }
  }
  /** An element below, with fields of its own. */
  inside<T>(name: string, use: (fields: Fields) => T): T {
    return Fields.read(this.required(name), use)
  }
  insideOptional<T>(name: string, use: (fields: Fields) => T): T | undefined {
    const element = this.optional(name)
    return element && Fields.read(element, use)
  }

  text(name: string): string {
    return textOf(this.required(name))
  }
  flag(name: string): boolean {
    return booleanOf(this.required(name))
  }
  whole(name: string, least: number, greatest: number): number {
    return wholeOf(this.required(name), least, greatest)
  }
  eui64(name: string): Eui64 {
    return eui64Of(this.required(name))
  }
  /** Unix ms. */
  instant(name: string): number {
    return instantOf(this.required(name))
  }
  choice<V extends string>(name: string, values: readonly V[]): V {
    return choiceOf(this.required(name), values)
  }
  /** Is there, and has nothing in it. */
  present(name: string): boolean {
    const element = this.optional(name)
    if (element) Fields.read(element, () => {})
    return element !== undefined
  }
  /** Known, and of no use here: read, not carried out. */
  unused(...names: readonly string[]): void {
    for (const name of names) this.optional(name)
  }

  /** Nothing else may be there. */
  end(): void {
    for (const child of this.unread) refuse(child, `nothing more in ${this.element.name}`, child.name, 'duis.element')
  }

  private lacks(name: string): never {
    const there = this.element.children.map(child => child.name)
    return refuse(this.element, name, there.length > 0 ? there.join(', ') : 'nothing', 'duis.missing')
  }
}

export function textOf(element: XmlElement): string {
  if (element.children.length > 0) refuse(element, 'text', element.children[0]?.name ?? '')
  return element.text
}

/** @source XML Schema, xs:boolean */
export function booleanOf(element: XmlElement): boolean {
  const value = choiceOf(element, ['true', 'false', '1', '0'])
  return value === 'true' || value === '1'
}

/** @source XML Schema, xs:integer */
export function wholeOf(element: XmlElement, least: number, greatest: number): number {
  const text = textOf(element)
  const value = Number(text)
  if (/^[+-]?\d{1,16}$/.test(text) && value >= least && value <= greatest) return value
  return refuse(element, `a whole number ${least} to ${greatest}`, text)
}

/** Digits before and after the point are kept apart from binary fractions: 1.02264 with 5 places is 102264. */
export function decimalOf(element: XmlElement, places: number, least: number, greatest: number): number {
  const text = textOf(element)
  const [, sign = '', digits = '', fraction = ''] = /^([+-]?)(\d{1,12})(?:\.(\d{1,12}))?$/.exec(text) ?? []
  const value = Number(`${sign}${digits}${fraction.slice(0, places).padEnd(places, '0')}`)
  const exact = /^0*$/.test(fraction.slice(places))
  if (digits !== '' && exact && value >= least && value <= greatest) return value
  const scale = 10 ** places
  return refuse(element, `a decimal of ${places} places, ${least / scale} to ${greatest / scale}`, text)
}

export function eui64Of(element: XmlElement): Eui64 {
  return parseEui64(textOf(element)) ?? refuse(element, 'an EUI-64 as 8 pairs of hex digits', textOf(element))
}

/** @source XML Schema, xs:dateTime, in UTC as the DUIS asks */
export function instantOf(element: XmlElement): number {
  const text = textOf(element)
  const [, date, time, fraction = '0'] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)$/.exec(text) ?? []
  const atMs = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
  const exists = !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(`${date}T${time}`)
  return exists ? atMs : refuse(element, 'a date and time in UTC', text)
}

export function choiceOf<V extends string>(element: XmlElement, values: readonly V[]): V {
  const text = textOf(element)
  return values.find(value => value === text) ?? refuse(element, values.join(', '), text)
}

/** Pairs of hex digits. */
export function hexOf(element: XmlElement, octets: { least: number; greatest: number }): Uint8Array {
  const text = textOf(element)
  const length = text.length / 2
  if (/^([0-9a-fA-F]{2})*$/.test(text) && length >= octets.least && length <= octets.greatest) {
    return new Uint8Array(Buffer.from(text, 'hex'))
  }
  return refuse(element, `${octets.least} to ${octets.greatest} octets in hex`, text)
}

/** @throws DuisProblem always */
export function refuse(
  element: XmlElement,
  expected: string,
  found: string,
  code: 'duis.value' | 'duis.element' | 'duis.missing' = 'duis.value',
): never {
  throw new DuisProblem(code, element.place, expected, found)
}
