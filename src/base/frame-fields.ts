/** The fields frames are made of: integers, addresses, octets, lists. */
import { ByteWriter } from './bytes.ts'
import { InvariantError, WireError } from './errors.ts'
import { type Field, writeItems } from './frame.ts'
import { choice } from './frame-control.ts'
import type { Eui64 } from './ids.ts'

/** Unsigned integer of 1..6 octets, little-endian. */
export function uint(width: number): Field<number> {
  const highest = 2 ** (8 * width) - 1
  return {
    read: reader => reader.uint(width),
    write(writer, value, where) {
      if (!Number.isInteger(value) || value < 0 || value > highest) {
        throw new InvariantError(`${where}: ${value} found, a whole number 0..${highest} expected`)
      }
      writer.uint(width, value)
    },
  }
}
export const u8 = uint(1)
export const u16 = uint(2)
export const u24 = uint(3)
export const u32 = uint(4)

/** Signed, -128..127. */
export const i8: Field<number> = {
  read: reader => reader.int(1),
  write(writer, value, where) {
    if (!Number.isInteger(value) || value < -128 || value > 127) {
      throw new InvariantError(`${where}: ${value} found, a whole number -128..127 expected`)
    }
    writer.int(1, value)
  },
}

/** One octet with names for its values; a value without a name is refused. */
export function named<const C extends Readonly<Record<string, number>>>(codes: C): Field<keyof C & string> {
  const { decode, encode, expected } = choice(0, 8, codes)
  return {
    read(reader) {
      const code = reader.uint(1)
      const name = decode(code)
      if (name !== undefined) return name
      const message = `${code} found, ${expected} expected`
      throw new WireError('wire.reserved-value', { offset: reader.offset - 1, field: reader.field, message })
    },
    write(writer, value, where) {
      const code = encode(value)
      if (code === undefined) throw new InvariantError(`${where}: ${String(value)} found, ${expected} expected`)
      writer.uint(1, code)
    },
  }
}

const noOrYes = named({ no: 0, yes: 1 })
/** One octet: 0 is false, 1 is true. */
export const bool: Field<boolean> = {
  read: reader => noOrYes.read(reader) === 'yes',
  write: (writer, value, where) => noOrYes.write(writer, value ? 'yes' : 'no', where),
}

/** EUI-64, little-endian on the air. */
export const eui64: Field<Eui64> = {
  read: reader => reader.eui64(),
  write(writer, value, where) {
    if (!/^[0-9a-f]{16}$/.test(value)) {
      throw new InvariantError(`${where}: "${value}" found, an EUI-64 as 16 lower-case hex digits expected`)
    }
    writer.eui64(value)
  },
}

/** Exactly `length` octets. */
export const bytes = (length: number): Field<Uint8Array> => ({
  read: reader => reader.bytes(length).slice(),
  write(writer, value, where) {
    if (value.length !== length) throw new InvariantError(`${where}: ${value.length} octets found, ${length} expected`)
    writer.bytes(value)
  },
})

/** All octets that are left. */
export const rest: Field<Uint8Array> = {
  read: reader => reader.rest().slice(),
  write: (writer, value) => void writer.bytes(value),
}

/** Octets behind their number, which is another field. */
export const octetsBehind = (length: Field<number>): Field<Uint8Array> => ({
  read: reader => reader.bytes(length.read(reader)).slice(),
  write(writer, value, where) {
    length.write(writer, value.length, `${where} length`)
    writer.bytes(value)
  },
})

/** A list behind an octet with its length. */
export const list = <T>(item: Field<T>): Field<readonly T[]> => ({
  read(reader) {
    const length = reader.uint(1)
    return Array.from({ length }, () => item.read(reader))
  },
  write(writer, value, where) {
    if (value.length > 255) throw new InvariantError(`${where}: ${value.length} items found, at most 255 expected`)
    writer.uint(1, value.length)
    writeItems(writer, item, value, where)
  },
})

/** A field behind an octet with its length; null has length 0. */
export const sized = <T>(field: Field<T>): Field<T | null> => ({
  read(reader) {
    const length = reader.uint(1)
    if (length === 0) return null
    const name = reader.field
    const start = reader.offset
    const value = field.read(reader)
    const used = reader.offset - start
    if (used !== length) {
      const message = `length ${length} found, but the field takes ${used} octets`
      throw new WireError('wire.length', { offset: start - 1, field: name, message })
    }
    return value
  },
  write(writer, value, where) {
    const inner = new ByteWriter()
    if (value !== null) field.write(inner, value, where)
    const octets = inner.finish()
    if (octets.length > 255) throw new InvariantError(`${where}: ${octets.length} octets found, at most 255 expected`)
    writer.uint(1, octets.length).bytes(octets)
  },
})
