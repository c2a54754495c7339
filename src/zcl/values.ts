/** Values of ZCL data types, octets to TypeScript and back. @source ZigBee Cluster Library, 2.6.2 data types */
import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { InvariantError, WireError } from '../base/errors.ts'
import { type DataType, dataTypeRow, type WireValue } from './data-types.ts'

/**
 * Reads one value. `reader.field` should name it.
 * @throws WireError `wire.truncated`, `zcl.bad-bool`, `zcl.bad-utf8`
 */
export function readValue(reader: ByteReader, type: DataType): WireValue {
  const { kind, width } = dataTypeRow(type)
  switch (kind) {
    case 'uint':
      return width > 6 ? readBigUint(reader, width) : reader.uint(width)
    case 'int':
      return width > 6 ? BigInt.asIntN(8 * width, readBigUint(reader, width)) : reader.int(width)
    case 'bool':
      return readBool(reader)
    case 'float':
      return readFloat(reader, width)
    case 'octets':
      return readCounted(reader, width)?.slice() ?? null
    case 'text':
      return readText(reader, width)
    case 'time': {
      const [hours = 0, minutes = 0, seconds = 0, hundredths = 0] = reader.bytes(4)
      return { hours, minutes, seconds, hundredths }
    }
    case 'date': {
      const [yearSince1900 = 0, month = 0, day = 0, weekday = 0] = reader.bytes(4)
      return { yearSince1900, month, day, weekday }
    }
    case 'eui64':
      return reader.eui64()
    case 'key':
      return reader.bytes(width).slice()
    default:
      return kind satisfies never
  }
}

/**
 * Writes one value. `where` names it for the error.
 * @throws InvariantError when the value is not of the type or out of its range
 */
export function writeValue(writer: ByteWriter, type: DataType, value: WireValue | undefined, where: string): void {
  const { kind, width } = dataTypeRow(type)
  const not = (expected: string) => new InvariantError(`${where}: ${show(value)} is not ${type} (${expected})`)
  switch (kind) {
    case 'uint':
    case 'int':
      if (width > 6) writeBig(writer, kind, width, value, not)
      else writeNumber(writer, kind, width, value, not)
      break
    case 'bool':
      if (typeof value !== 'boolean' && value !== null) throw not('true, false or null')
      writer.uint(1, value === null ? 0xff : Number(value))
      break
    case 'float': {
      if (typeof value !== 'number') throw not('a number')
      const octets = new DataView(new ArrayBuffer(width))
      if (width === 4) octets.setFloat32(0, value, true)
      else octets.setFloat64(0, value, true)
      writer.bytes(new Uint8Array(octets.buffer))
      break
    }
    case 'octets':
      if (!(value instanceof Uint8Array) && value !== null) throw not('octets or null')
      writeCounted(writer, width, value, not)
      break
    case 'text':
      if (typeof value !== 'string' && value !== null) throw not('text or null')
      writeCounted(writer, width, value === null ? null : Buffer.from(value, 'utf8'), not)
      break
    case 'time':
    case 'date': {
      const names = kind === 'time' ? TIME_FIELDS : DATE_FIELDS
      if (typeof value !== 'object' || value === null || value instanceof Uint8Array) throw not(names.join(', '))
      const fields = new Map(Object.entries(value))
      for (const name of names) writeValue(writer, 'uint8', fields.get(name), `${where}.${name}`)
      break
    }
    case 'eui64':
      if (typeof value !== 'string' || !/^[0-9a-f]{16}$/.test(value)) throw not('16 lower-case hex digits')
      writer.eui64(value)
      break
    case 'key':
      if (!(value instanceof Uint8Array) || value.length !== width) throw not(`${width} octets`)
      writer.bytes(value)
      break
    default:
      kind satisfies never
  }
}

const TIME_FIELDS = ['hours', 'minutes', 'seconds', 'hundredths']
const DATE_FIELDS = ['yearSince1900', 'month', 'day', 'weekday']
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Not = (expected: string) => InvariantError

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} octets`
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function readBigUint(reader: ByteReader, width: number): bigint {
  const low = reader.uint(4)
  return BigInt(low) + (BigInt(reader.uint(width - 4)) << 32n)
}

function readBool(reader: ByteReader): boolean | null {
  const octet = reader.uint(1)
  if (octet === 0xff) return null
  if (octet > 1) throw wrong(reader, 1, 'zcl.bad-bool', `0x${octet.toString(16)} found, 0, 1 or 0xff expected`)
  return octet === 1
}

function readFloat(reader: ByteReader, width: number): number {
  const octets = reader.bytes(width)
  const view = new DataView(octets.buffer, octets.byteOffset, width)
  return width === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)
}

function readCounted(reader: ByteReader, width: number): Uint8Array | undefined {
  const length = reader.uint(width)
  return length === 2 ** (8 * width) - 1 ? undefined : reader.bytes(length)
}

function readText(reader: ByteReader, width: number): string | null {
  const octets = readCounted(reader, width)
  if (!octets) return null
  try {
    return UTF8.decode(octets)
  } catch {
    throw wrong(reader, octets.length, 'zcl.bad-utf8', `${octets.length} octets are not UTF-8 text`)
  }
}

const wrong = (reader: ByteReader, back: number, code: string, message: string): WireError =>
  new WireError(code, { offset: reader.offset - back, field: reader.field, message })

type Value = WireValue | undefined

function writeNumber(writer: ByteWriter, kind: 'uint' | 'int', width: number, value: Value, not: Not): void {
  const span = 2 ** (8 * width)
  const low = kind === 'int' ? -span / 2 : 0
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value >= low + span) {
    throw not(`a whole number ${low}..${low + span - 1}`)
  }
  writer.int(width, value)
}

function writeBig(writer: ByteWriter, kind: 'uint' | 'int', width: number, value: Value, not: Not): void {
  const span = 2n ** BigInt(8 * width)
  const low = kind === 'int' ? -span / 2n : 0n
  if (typeof value !== 'bigint' || value < low || value >= low + span) throw not(`a bigint ${low}..${low + span - 1n}`)
  const octets = BigInt.asUintN(8 * width, value)
  writer.uint(4, Number(octets & 0xffffffffn)).uint(width - 4, Number(octets >> 32n))
}

function writeCounted(writer: ByteWriter, width: number, value: Uint8Array | null, not: Not): void {
  const none = 2 ** (8 * width) - 1
  if (value === null) {
    writer.uint(width, none)
    return
  }
  if (value.length >= none) throw not(`at most ${none - 1} octets`)
  writer.uint(width, value.length).bytes(value)
}
