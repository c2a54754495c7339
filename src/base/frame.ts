/**
 * Frames declared once: a layout names the fields in the order they have on the air; reading, writing and checking
 * follow from it. Reading throws WireError, writing InvariantError.
 */
import type { ByteReader, ByteWriter } from './bytes.ts'
import { InvariantError, WireError } from './errors.ts'
import type { Part } from './frame-control.ts'

/** How one value stands on the air. */
export interface Field<T> {
  /** Reads the value; what it returns may be kept. @throws WireError */
  read(reader: ByteReader): T
  /** Writes the value; `where` names it for errors. @throws InvariantError when it does not fit */
  write(writer: ByteWriter, value: T, where: string): void
}

/** The TypeScript type of a field's value. */
export type ValueOf<F> = F extends Field<infer T> ? T : never

/** A field that a bit of the control field announces: absent in the value, absent on the air. */
export interface Flagged<T> {
  flag: number
  field: Field<T>
}
/** A list whose length is a sub-field of the control field. */
export interface Counted<T> {
  count: Part<number>
  item: Field<T>
}
/** A field the frame may end before. */
export interface Trailing<T> {
  trailing: Field<T>
}

/** A field behind bit `flag` of the control field. */
export const flagged = <T>(flag: number, field: Field<T>): Flagged<T> => ({ flag, field })
/** A list whose length stands in the control field. */
export const counted = <T>(count: Part<number>, item: Field<T>): Counted<T> => ({ count, item })
/** A field that may be missing at the end. */
export const trailing = <T>(field: Field<T>): Trailing<T> => ({ trailing: field })

/** A field of a layout. */
export type Member = Field<unknown> | Flagged<unknown> | Counted<unknown> | Trailing<unknown>
/** Fields by name, in the order of the air. */
export type Members = { readonly [name: string]: Member }
/** Sub-fields of a control field by name. */
export type Parts = { readonly [name: string]: Part<unknown> }

type MemberValue<M> =
  M extends Field<infer T>
    ? T
    : M extends Flagged<infer T>
      ? T
      : M extends Counted<infer T>
        ? readonly T[]
        : M extends Trailing<infer T>
          ? T
          : never
type Absentable<M extends Members> = {
  [K in keyof M]: M[K] extends Flagged<unknown> | Trailing<unknown> ? K : never
}[keyof M]
type PartValue<P> = P extends Part<infer T> ? T : never
type Flat<T> = { [K in keyof T]: T[K] }

/** The TypeScript type of what a layout with these sub-fields and fields reads. */
export type RecordOf<P extends Parts, M extends Members> = Flat<
  { [K in keyof P]: PartValue<P[K]> } & { [K in Exclude<keyof M, Absentable<M>>]: MemberValue<M[K]> } & {
    [K in Absentable<M>]?: MemberValue<M[K]>
  }
>

/** A member as it is gone through: all of one shape, for each frame asks each of them. */
interface Place {
  readonly name: string
  readonly is: 'plain' | 'flagged' | 'counted' | 'trailing'
  readonly field: Field<unknown>
  /** Bit of the control field; 0 where none announces it. */
  readonly bit: number
  /** Where its number stands; only of a list. */
  readonly count: Part<number> | undefined
}

function placeOf(name: string, member: Member): Place {
  const plain = { name, is: 'plain', bit: 0, count: undefined } as const
  if ('read' in member) return { ...plain, field: member }
  if ('flag' in member) return { ...plain, is: 'flagged', field: member.field, bit: 1 << member.flag }
  if ('count' in member) return { ...plain, is: 'counted', field: member.item, count: member.count }
  return { ...plain, is: 'trailing', field: member.trailing }
}

/** Fields in order, perhaps behind a control field. */
export class Layout<T extends object> implements Field<T> {
  readonly controlName: string
  readonly controlWidth: number
  readonly parts: readonly (readonly [string, Part<unknown>])[]
  private readonly places: readonly Place[]
  /** What control fields say, once they have been read; 2 octets have no more values than it can hold. */
  private readonly controls: Map<number, Readonly<Record<string, unknown>>> = new Map()

  constructor(control: { name: string; width: number; parts: Parts }, members: Members) {
    this.controlName = control.name
    this.controlWidth = control.width
    this.parts = Object.entries(control.parts)
    this.places = Object.entries(members).map(([name, member]) => placeOf(name, member))
  }

  read(reader: ByteReader): T {
    const offset = reader.offset
    reader.field = this.controlName
    const control = this.controlWidth > 0 ? reader.uint(this.controlWidth) : 0
    const record: Record<string, unknown> = { ...this.said(control, offset) }
    for (const { name, is, field, bit, count } of this.places) {
      reader.field = name
      if (is === 'plain') record[name] = field.read(reader)
      else if (is === 'flagged') {
        if (control & bit) record[name] = field.read(reader)
      } else if (count) {
        record[name] = Array.from({ length: codeIn(control, count) }, () => field.read(reader))
      } else if (reader.remaining > 0) record[name] = field.read(reader)
    }
    return record as T
  }

  write(writer: ByteWriter, value: T, where: string): void {
    const values = fieldsOf(value)
    if (this.controlWidth > 0) writer.uint(this.controlWidth, this.control(values, where))
    let ended: string | undefined
    for (const { name, is, field } of this.places) {
      const one = values[name]
      if (one === undefined) {
        if (is === 'plain') throw new InvariantError(`${where}.${name} is missing`)
        if (is === 'trailing') ended ??= name
        continue
      }
      if (ended) throw new InvariantError(`${where}.${name} is given, but ${ended} before it is not`)
      const path = `${where}.${name}`
      if (is === 'counted') writeItems(writer, field, one, path)
      else field.write(writer, one, path)
    }
  }

  /** Whether every sub-field of this control field has a meaning here. */
  accepts(control: number): boolean {
    return this.parts.every(([, part]) => part.decode(codeIn(control, part)) !== undefined)
  }
  /** Whether a value's sub-fields can stand in this layout's control field. */
  fits(value: object): boolean {
    const values = fieldsOf(value)
    return this.parts.every(([name, part]) => part.encode(values[name]) !== undefined)
  }

  /** What a control field says. @throws WireError */
  private said(control: number, offset: number): Readonly<Record<string, unknown>> {
    const known = this.controls.get(control)
    if (known) return known
    const said: Record<string, unknown> = {}
    for (const [name, part] of this.parts) {
      const code = codeIn(control, part)
      const value = part.decode(code)
      if (value === undefined) throw reserved(offset, name, code, part.expected)
      said[name] = value
    }
    this.controls.set(control, said)
    return said
  }

  private control(values: Readonly<Record<string, unknown>>, where: string): number {
    let control = 0
    for (const [name, part] of this.parts) control |= place(part, values[name], `${where}.${name}`)
    for (const { name, bit, count } of this.places) {
      if (bit && values[name] !== undefined) control |= bit
      if (count) control |= place(count, lengthOf(values[name]), `${where}.${name} length`)
    }
    return control
  }
}

/** Fields in order, with no control field. */
export const record = <M extends Members>(members: M): Layout<RecordOf<Record<never, never>, M>> =>
  new Layout({ name: '', width: 0, parts: {} }, members)

/** A control field of `width` octets with its sub-fields, then fields, of which it may announce some. */
export const controlled = <P extends Parts, M extends Members>(
  name: string,
  width: 1 | 2,
  parts: P,
  members: M,
): Layout<RecordOf<P, M>> => new Layout({ name, width, parts }, members)

/**
 * Layouts that differ in the choices of their control field, which is equally wide in all: the first that fits is
 * taken, in both directions.
 */
export function oneOf<L extends readonly [Layout<object>, ...Layout<object>[]]>(
  ...layouts: L
): Field<ValueOf<L[number]>> {
  const { controlName, controlWidth } = layouts[0]
  /** The layout that takes a control field, once it has been looked for; 2 octets have no more values than it can hold. */
  const chosen = new Map<number, Layout<object>>()
  return {
    read(reader) {
      reader.field = controlName
      const control = reader.peek(controlWidth)
      const layout = chosen.get(control) ?? layouts.find(each => each.accepts(control))
      if (!layout) throw noneAccepts(layouts, control, reader.offset)
      chosen.set(control, layout)
      return layout.read(reader) as ValueOf<L[number]>
    },
    write(writer, value, where) {
      const layout = layouts.find(each => each.fits(value as object))
      if (!layout) throw noneFits(layouts, value as object, `${where} ${controlName}`)
      layout.write(writer, value as object, where)
    },
  }
}

type Joined<L extends readonly Field<object>[]> = L extends readonly [Field<infer A>, ...infer Rest]
  ? A & (Rest extends readonly Field<object>[] ? Joined<Rest> : unknown)
  : unknown

/** Fields of several layouts, one after the other, as one record. */
export const joined = <const L extends readonly Field<object>[]>(...layouts: L): Field<Flat<Joined<L>>> => ({
  read: reader => Object.assign({}, ...layouts.map(layout => layout.read(reader))),
  write(writer, value, where) {
    for (const layout of layouts) layout.write(writer, value as object, where)
  },
})

const fieldsOf = (value: object) => value as Readonly<Record<string, unknown>>
const codeIn = (control: number, { lowest, width }: Part<unknown>): number => (control >> lowest) & ((1 << width) - 1)

function place(part: Part<unknown>, value: unknown, where: string): number {
  const code = part.encode(value)
  if (code === undefined) throw new InvariantError(`${where}: ${String(value)} found, ${part.expected} expected`)
  return code << part.lowest
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : Number.NaN)

/** Writes a list without its length. @throws InvariantError when it is none, or an item does not fit */
export function writeItems(writer: ByteWriter, item: Field<unknown>, value: unknown, where: string): void {
  if (!Array.isArray(value)) throw new InvariantError(`${where}: a list expected`)
  for (const [at, one] of value.entries()) item.write(writer, one, `${where}[${at}]`)
}

function reserved(offset: number, field: string, code: number, expected: string): WireError {
  return new WireError('wire.reserved-value', { offset, field, message: `${code} found, ${expected} expected` })
}

/** Blames a sub-field that no layout can read; when each can be read by some layout, the last that not all can read. */
function noneAccepts(layouts: readonly Layout<object>[], control: number, offset: number): WireError {
  const parts = layouts.flatMap(layout => layout.parts)
  const called = (name: string) => parts.filter(([other]) => other === name).map(([, part]) => part)
  const unreadable = (part: Part<unknown>) => part.decode(codeIn(control, part)) === undefined
  const names = [...new Set(parts.map(([name]) => name))]
  const name =
    names.find(each => called(each).every(unreadable)) ?? names.findLast(each => called(each).some(unreadable)) ?? ''
  const blamed = called(name)
  const expected = [...new Set(blamed.map(part => part.expected))].join(' or ')
  return reserved(offset, name, blamed[0] ? codeIn(control, blamed[0]) : control, expected)
}

function noneFits(layouts: readonly Layout<object>[], value: object, where: string): InvariantError {
  const values = fieldsOf(value)
  const names = [...new Set(layouts.flatMap(layout => layout.parts.map(([name]) => name)))]
  const found = names.filter(name => name in values).map(name => `${name} ${String(values[name])}`)
  return new InvariantError(`${where}: nothing stands for ${found.join(', ') || 'a value without sub-fields'}`)
}
