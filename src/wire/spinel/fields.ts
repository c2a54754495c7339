/** How Spinel packs values. @source draft-rquattle-spinel-unified, section 3 (data packing) */
import { ByteReader, ByteWriter, fromHex, toHex } from '../../base/bytes.ts'
import { InvariantError, WireError } from '../../base/errors.ts'
import type { Field } from '../../base/frame.ts'
import { octetsBehind, u16 } from '../../base/frame-fields.ts'
import type { Eui64 } from '../../base/ids.ts'

/** Three groups of seven bits. @source draft-rquattle-spinel-unified, 3.2: at most 2 097 151 */
const HIGHEST_PACKED = 2 ** 21 - 1

/** `i`: a number in groups of seven bits, the lowest first; the top bit says that more follow. */
export const packedUint: Field<number> = {
  read(reader) {
    const offset = reader.offset
    let value = 0
    for (let shift = 0; shift < 21; shift += 7) {
      const octet = reader.uint(1)
      value |= (octet & 0x7f) << shift
      if (octet < 0x80) return value
    }
    const message = 'more than three octets found'
    throw new WireError('wire.length', { offset, field: reader.field, message })
  },
  write(writer, value, where) {
    if (!Number.isInteger(value) || value < 0 || value > HIGHEST_PACKED) {
      throw new InvariantError(`${where}: ${value} found, a whole number 0..${HIGHEST_PACKED} expected`)
    }
    let left = value
    for (; left >= 0x80; left >>= 7) writer.uint(1, (left & 0x7f) | 0x80)
    writer.uint(1, left)
  },
}

/** `X`: eight octets. */
export const u64: Field<bigint> = {
  read: reader => reader.uint64(),
  write: (writer, value) => void writer.uint64(value),
}

/** `E`: EUI-64, most significant octet first, unlike everything else. */
export const eui64: Field<Eui64> = {
  read: reader => toHex(reader.bytes(8)),
  write: (writer, value) => void writer.bytes(fromHex(value)),
}

/** `U`: text, ended by a zero. */
export const text: Field<string> = {
  read(reader) {
    const octets: number[] = []
    for (let octet = reader.uint(1); octet !== 0; octet = reader.uint(1)) octets.push(octet)
    return new TextDecoder().decode(Uint8Array.from(octets))
  },
  write: (writer, value) => void writer.bytes(new TextEncoder().encode(value)).uint(1, 0),
}

/** `d`: octets behind their number. */
export const data = octetsBehind(u16)

/** `A(…)`: items up to the end of the value. */
export const all = <T>(item: Field<T>): Field<readonly T[]> => ({
  read(reader) {
    const items: T[] = []
    while (reader.remaining > 0) items.push(item.read(reader))
    return items
  },
  write(writer, value, where) {
    for (const [at, one] of value.entries()) item.write(writer, one, `${where}[${at}]`)
  },
})

/** `t(…)`: fields behind their length in octets. What follows the fields known here is left: later versions add to it. */
export const struct = <T>(fields: Field<T>): Field<T> => ({
  read(reader) {
    const offset = reader.offset
    const inner = new ByteReader(data.read(reader))
    inner.field = reader.field
    try {
      return fields.read(inner)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      throw new WireError(error.code, { offset, field: `${error.field} of a structure`, message: error.message })
    }
  },
  write(writer, value, where) {
    const inner = new ByteWriter()
    fields.write(inner, value, where)
    data.write(writer, inner.finish(), where)
  },
})
