/**
 * Plain records (the generated interfaces) to protobufjs messages and back, both directions from the reflected
 * schema: uint64 as number, enum values by name, what is absent absent.
 */
import protobuf from 'protobufjs'
import { didYouMean, InvariantError, WireError } from '../../base/errors.ts'

type Fields = Record<string, unknown>

/**
 * A decoded protobufjs message as a plain record.
 * `path` names the message in errors, in the contract's field names, '' at the top.
 * Throws WireError `wan.counter-range` for a uint64 above 2^53 - 1, `wan.malformed` for an enum value the contract
 * does not have.
 */
export function toPlain(type: protobuf.Type, message: object, path = ''): Fields {
  const found = message as Fields
  const plain: Fields = {}
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(found, field.name) ? found[field.name] : undefined
    const where = at(path, field.protoName ?? field.name)
    if (field.repeated) {
      const items = Array.isArray(value) ? value : []
      plain[field.name] = items.map((item, i) => plainValue(field, item, `${where}[${i}]`))
    } else if (value !== undefined) plain[field.name] = plainValue(field, value, where)
    else if (!field.hasPresence) plain[field.name] = defaultValue(field)
  }
  return plain
}

/**
 * A plain record as an object protobufjs encodes. Undefined members count as absent.
 * Throws InvariantError, naming the field, for an unknown or missing member or a value of another type or range.
 */
export function fromPlain(type: protobuf.Type, plain: unknown, path = ''): Fields {
  if (typeof plain !== 'object' || plain === null) unfit(path, type.name, plain)
  const given = plain as Fields
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(type.fields, key)) {
      const near = didYouMean(key, Object.keys(type.fields))
      throw new InvariantError(
        `${at(path, key)}: ${type.name} has no such field${near ? `, did you mean ${near}?` : ''}`,
      )
    }
  }
  for (const oneof of type.oneofsArray) {
    const present = oneof.fieldsArray.filter(field => given[field.name] !== undefined)
    if (present.length > 1) throw new InvariantError(`${at(path, oneof.name)}: one expected, found ${names(present)}`)
  }
  const message: Fields = {}
  for (const field of type.fieldsArray) {
    const value = given[field.name]
    const where = at(path, field.name)
    if (value === undefined) {
      if (!field.hasPresence) unfit(where, field.repeated ? `${field.type}[]` : field.type, value)
    } else if (field.repeated) {
      if (!Array.isArray(value)) unfit(where, `${field.type}[]`, value)
      message[field.name] = value.map((item, i) => wireValue(field, item, `${where}[${i}]`))
    } else message[field.name] = wireValue(field, value, where)
  }
  return message
}

function plainValue(field: protobuf.Field, value: unknown, where: string): unknown {
  const { resolvedType } = field
  if (resolvedType instanceof protobuf.Type) return toPlain(resolvedType, value as object, where)
  if (resolvedType instanceof protobuf.Enum) {
    const name = resolvedType.valuesById[Number(value)]
    return name ?? malformed(where, `${value} is not a value of ${resolvedType.name}`)
  }
  if (field.type === 'uint64') return safeInteger(value, where)
  return field.type === 'bytes' ? Uint8Array.from(value as Uint8Array) : value
}

function defaultValue(field: protobuf.Field): unknown {
  if (field.resolvedType instanceof protobuf.Enum) return field.resolvedType.valuesById[0]
  if (field.type === 'bytes') return new Uint8Array()
  return field.type === 'uint64' ? 0 : field.typeDefault
}

function wireValue(field: protobuf.Field, value: unknown, where: string): unknown {
  const { resolvedType } = field
  if (resolvedType instanceof protobuf.Type) return fromPlain(resolvedType, value, where)
  if (resolvedType instanceof protobuf.Enum) {
    const number = typeof value === 'string' ? resolvedType.values[value] : undefined
    return number ?? unfit(where, Object.keys(resolvedType.values).join(' | '), value)
  }
  return fits(field.type, value) ? value : unfit(where, field.type, value)
}

function fits(type: string, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string' && value.isWellFormed()
    case 'bool':
      return typeof value === 'boolean'
    case 'bytes':
      return value instanceof Uint8Array
    case 'uint32':
      return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32
    case 'sint32':
      return Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31
    default:
      return Number.isSafeInteger(value) && Number(value) >= 0
  }
}

/** protobufjs reads a uint64 as two halves. */
function safeInteger(value: unknown, where: string): number {
  const { high, low } = value as { high: number; low: number }
  const whole = (high >>> 0) * 2 ** 32 + (low >>> 0)
  if (Number.isSafeInteger(whole)) return whole
  throw new WireError('wan.counter-range', {
    offset: 0,
    field: where,
    message: `at most 2^53 - 1 expected, found ${(BigInt(high >>> 0) << 32n) + BigInt(low >>> 0)}`,
  })
}

const at = (path: string, name: string) => (path === '' ? name : `${path}.${name}`)
const names = (fields: protobuf.Field[]) => fields.map(field => field.name).join(' and ')

function malformed(field: string, message: string): never {
  throw new WireError('wan.malformed', { offset: 0, field, message })
}

function unfit(where: string, expected: string, found: unknown): never {
  throw new InvariantError(`${where || 'message'}: ${expected} expected, found ${describe(found)}`)
}

function describe(found: unknown): string {
  return typeof found === 'object' && found !== null ? 'an object' : `${typeof found} ${String(found)}`
}
