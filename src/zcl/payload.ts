/** Payloads of cluster commands: fields in order, as the table declares them. */
import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { didYouMean, InvariantError } from '../base/errors.ts'
import type { DataType, ValueOf, WireValue } from './data-types.ts'
import { readValue, writeValue } from './values.ts'

/** When a field is on the air: an earlier field has these bits, is this, or is at least this. */
export type Condition = { field: string } & ({ has: number } | { is: number } | { atLeast: number })

/** One field of a command. */
export interface ParamSpec {
  name: string
  /** `raw`: octets as they are; `struct`: `fields` in order, with no header. */
  type: DataType | 'raw' | 'struct'
  fields?: readonly ParamSpec[]
  /** A list: the type of the count before it, or `rest` when it runs to the end. */
  repeat?: 'uint8' | 'uint16' | 'rest'
  when?: Condition
  /** A payload may end before this field. */
  optional?: true
}

/** A decoded payload, field by field. */
export type Payload = { [field: string]: PayloadValue | undefined }
/** A field: one value, a structure, or a list of either. */
export type PayloadValue = WireValue | Payload | readonly (WireValue | Payload)[]

type One<P> = P extends { type: 'struct'; fields: infer F extends readonly ParamSpec[] }
  ? PayloadOf<F>
  : P extends { type: infer T extends DataType }
    ? ValueOf<T>
    : Uint8Array
type FieldValue<P> = P extends { type: 'raw' } ? Uint8Array : P extends { repeat: string } ? readonly One<P>[] : One<P>
type Flexible = { optional: true } | { when: Condition }

/** The TypeScript type of a payload with these fields. */
export type PayloadOf<Params extends readonly ParamSpec[]> = {
  [P in Params[number] as P extends Flexible ? never : P['name']]: FieldValue<P>
} & {
  [P in Params[number] as P extends Flexible ? P['name'] : never]?: FieldValue<P>
}

/**
 * Reads a payload. Octets after the last field stay in the reader: a later version of the command may have more.
 * @throws WireError `wire.truncated` and those of `readValue`
 */
export function readPayload(reader: ByteReader, params: readonly ParamSpec[]): Payload {
  const payload: Payload = {}
  for (const param of params) {
    if (param.when && !holds(param.when, payload)) continue
    if (param.optional && reader.remaining === 0) break
    reader.field = param.name
    payload[param.name] = readField(reader, param)
  }
  return payload
}

/**
 * Writes a payload; `where` names the command for errors.
 * @throws InvariantError for a missing, superfluous or unknown field, or a value out of range
 */
export function writePayload(writer: ByteWriter, params: readonly ParamSpec[], payload: Payload, where: string): void {
  refuseUnknown(params, payload, where)
  let ended: string | undefined
  for (const param of params) {
    const value = payload[param.name]
    const name = `${where}.${param.name}`
    if (param.when && !holds(param.when, payload)) {
      if (value !== undefined)
        throw new InvariantError(`${name} is given, but its condition on ${param.when.field} is not met`)
      continue
    }
    if (param.optional && value === undefined) {
      ended ??= param.name
      continue
    }
    if (value === undefined) throw new InvariantError(`${name} is missing`)
    if (ended) throw new InvariantError(`${name} is given, but ${ended} before it is not`)
    writeField(writer, param, value, name)
  }
}

function holds(condition: Condition, payload: Payload): boolean {
  const value = Number(payload[condition.field] ?? Number.NaN)
  if ('has' in condition) return (value & condition.has) === condition.has
  return 'is' in condition ? value === condition.is : value >= condition.atLeast
}

function readField(reader: ByteReader, param: ParamSpec): PayloadValue {
  if (param.repeat === undefined || param.repeat === 'rest') {
    if (param.type === 'raw') return reader.rest().slice()
    if (param.repeat === undefined) return readOne(reader, param)
    const items: (WireValue | Payload)[] = []
    while (reader.remaining > 0) items.push(readOne(reader, param))
    return items
  }
  const count = reader.uint(COUNT_WIDTH[param.repeat])
  if (param.type === 'raw') return reader.bytes(count).slice()
  const items: (WireValue | Payload)[] = []
  for (let i = 0; i < count; i++) items.push(readOne(reader, param))
  return items
}

function readOne(reader: ByteReader, param: ParamSpec): WireValue | Payload {
  if (param.type === 'struct') return readPayload(reader, param.fields ?? [])
  if (param.type === 'raw') return reader.rest().slice()
  return readValue(reader, param.type)
}

function writeField(writer: ByteWriter, param: ParamSpec, value: PayloadValue, name: string): void {
  if (param.type === 'raw') {
    if (!(value instanceof Uint8Array)) throw new InvariantError(`${name}: octets expected`)
    writeCount(writer, param, value.length, name)
    writer.bytes(value)
  } else if (param.repeat) {
    if (!isList(value)) throw new InvariantError(`${name}: a list expected`)
    writeCount(writer, param, value.length, name)
    value.forEach((item, i) => {
      writeOne(writer, param, item, `${name}[${i}]`)
    })
  } else {
    writeOne(writer, param, value, name)
  }
}

function writeOne(writer: ByteWriter, param: ParamSpec, value: PayloadValue, name: string): void {
  if (param.type === 'struct') {
    if (!isPayload(value)) throw new InvariantError(`${name}: an object expected`)
    writePayload(writer, param.fields ?? [], value, name)
  } else if (param.type !== 'raw') {
    if (isList(value)) throw new InvariantError(`${name}: one ${param.type} expected, a list found`)
    writeValue(writer, param.type, value as WireValue, name)
  }
}

const COUNT_WIDTH = { uint8: 1, uint16: 2 }

function writeCount(writer: ByteWriter, param: ParamSpec, count: number, name: string): void {
  if (!param.repeat || param.repeat === 'rest') return
  writeValue(writer, param.repeat, count, `${name} length`)
}

const isList = (value: PayloadValue): value is readonly (WireValue | Payload)[] => Array.isArray(value)
const isPayload = (value: PayloadValue): value is Payload =>
  typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Uint8Array)

function refuseUnknown(params: readonly ParamSpec[], payload: Payload, where: string): void {
  for (const key of Object.keys(payload)) {
    if (params.some(param => param.name === key)) continue
    const near = didYouMean(
      key,
      params.map(param => param.name),
    )
    throw new InvariantError(`${where} has no field ${key}${near ? `; did you mean ${near}?` : ''}`)
  }
}
