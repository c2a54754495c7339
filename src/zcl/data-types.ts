/** ZCL data types: one row per type. @source ZigBee Cluster Library, 2.6.2 data types */
import type { Eui64 } from '../base/ids.ts'

type Kind = 'uint' | 'int' | 'bool' | 'float' | 'octets' | 'text' | 'time' | 'date' | 'eui64' | 'key'

/** What the codec knows of a type. */
export interface DataTypeRow {
  /** Type id on the air. */
  id: number
  kind: Kind
  /** Octets of the value, or of the length before a string. */
  width: number
  /** Analog: reported when it moved far enough. The others are discrete: reported when they changed. */
  analog: boolean
  /** Has a value that means "invalid". */
  nullable: boolean
}

const row = <K extends Kind>(id: number, kind: K, width: number, analog = false, nullable = true) => ({
  id,
  kind,
  width,
  analog,
  nullable,
})

const ROWS = {
  data8: row(0x08, 'uint', 1, false, false),
  data16: row(0x09, 'uint', 2, false, false),
  data24: row(0x0a, 'uint', 3, false, false),
  data32: row(0x0b, 'uint', 4, false, false),
  bool: row(0x10, 'bool', 1),
  map8: row(0x18, 'uint', 1, false, false),
  map16: row(0x19, 'uint', 2, false, false),
  map24: row(0x1a, 'uint', 3, false, false),
  map32: row(0x1b, 'uint', 4, false, false),
  map40: row(0x1c, 'uint', 5, false, false),
  map48: row(0x1d, 'uint', 6, false, false),
  map56: row(0x1e, 'uint', 7, false, false),
  map64: row(0x1f, 'uint', 8, false, false),
  uint8: row(0x20, 'uint', 1, true),
  uint16: row(0x21, 'uint', 2, true),
  uint24: row(0x22, 'uint', 3, true),
  uint32: row(0x23, 'uint', 4, true),
  uint40: row(0x24, 'uint', 5, true),
  uint48: row(0x25, 'uint', 6, true),
  uint56: row(0x26, 'uint', 7, true),
  uint64: row(0x27, 'uint', 8, true),
  int8: row(0x28, 'int', 1, true),
  int16: row(0x29, 'int', 2, true),
  int24: row(0x2a, 'int', 3, true),
  int32: row(0x2b, 'int', 4, true),
  int40: row(0x2c, 'int', 5, true),
  int48: row(0x2d, 'int', 6, true),
  int56: row(0x2e, 'int', 7, true),
  int64: row(0x2f, 'int', 8, true),
  enum8: row(0x30, 'uint', 1),
  enum16: row(0x31, 'uint', 2),
  single: row(0x39, 'float', 4, true),
  double: row(0x3a, 'float', 8, true),
  octstr: row(0x41, 'octets', 1),
  string: row(0x42, 'text', 1),
  octstr16: row(0x43, 'octets', 2),
  string16: row(0x44, 'text', 2),
  ToD: row(0xe0, 'time', 4, true),
  date: row(0xe1, 'date', 4, true),
  UTC: row(0xe2, 'uint', 4, true),
  clusterId: row(0xe8, 'uint', 2),
  attribId: row(0xe9, 'uint', 2),
  EUI64: row(0xf0, 'eui64', 8),
  key128: row(0xf1, 'key', 16, false, false),
}

/** Name of a ZCL data type. */
export type DataType = keyof typeof ROWS

/** Time of day; 0xff in a field means unspecified. */
export interface TimeOfDay {
  hours: number
  minutes: number
  seconds: number
  hundredths: number
}

/** Calendar date; 0xff in a field means unspecified. `yearSince1900` as on the air, weekday 1 is Monday. */
export interface CalendarDate {
  yearSince1900: number
  month: number
  day: number
  weekday: number
}

/** Any value of any type. `null` is an invalid bool or string; invalid numbers stay numbers (see `isInvalid`). */
export type WireValue = number | bigint | boolean | string | Uint8Array | TimeOfDay | CalendarDate | null

type Big = 'map56' | 'map64' | 'uint56' | 'uint64' | 'int56' | 'int64'

/** The TypeScript type of a value: numbers up to 48 bits, bigint for 56 and 64. */
export type ValueOf<T extends DataType> = T extends Big
  ? bigint
  : {
      uint: number
      int: number
      float: number
      bool: boolean | null
      octets: Uint8Array | null
      text: string | null
      time: TimeOfDay
      date: CalendarDate
      eui64: Eui64
      key: Uint8Array
    }[(typeof ROWS)[T]['kind']]

const TYPES: Record<DataType, DataTypeRow> = ROWS
const BY_ID: ReadonlyMap<number, DataType> = new Map(dataTypeNames().map(name => [ROWS[name].id, name]))

/** Every type this codec knows. */
export function dataTypeNames(): DataType[] {
  return Object.keys(ROWS) as DataType[]
}

/** How a type is laid out. */
export const dataTypeRow = (type: DataType): DataTypeRow => TYPES[type]
/** Type id on the air, e.g. 0x25 for uint48. */
export const dataTypeId = (type: DataType): number => TYPES[type].id
/** The type of an id on the air; undefined when this codec does not know it. */
export const dataTypeOf = (id: number): DataType | undefined => BY_ID.get(id)
/** Whether reports of this type carry a reportable change. */
export const isAnalog = (type: DataType): boolean => TYPES[type].analog

/** Whether both types decode to the same kind of TypeScript value. */
export const sameShape = (a: DataType, b: DataType): boolean => shapeOf(a) === shapeOf(b)

function shapeOf(type: DataType): string {
  const { kind, width } = TYPES[type]
  return kind === 'uint' || kind === 'int' || kind === 'float'
    ? kind !== 'float' && width > 6
      ? 'big'
      : 'number'
    : kind
}

/** The value that means "invalid" or "unknown" for a type; undefined when the type has none. */
export function invalidValue<T extends DataType>(type: T): ValueOf<T> | undefined
export function invalidValue(type: DataType): WireValue | undefined {
  const { kind, width, nullable } = TYPES[type]
  if (!nullable) return undefined
  switch (kind) {
    case 'uint':
      return width > 6 ? 2n ** BigInt(8 * width) - 1n : 2 ** (8 * width) - 1
    case 'int':
      return width > 6 ? -(2n ** BigInt(8 * width - 1)) : -(2 ** (8 * width - 1))
    case 'float':
      return Number.NaN
    case 'time':
      return { hours: 0xff, minutes: 0xff, seconds: 0xff, hundredths: 0xff }
    case 'date':
      return { yearSince1900: 0xff, month: 0xff, day: 0xff, weekday: 0xff }
    case 'eui64':
      return 'ffffffffffffffff'
    case 'bool':
    case 'octets':
    case 'text':
      return null
    case 'key':
      return undefined
    default:
      return kind satisfies never
  }
}

/** Whether a value is the one that means "invalid" or "unknown" for its type. */
export function isInvalid(type: DataType, value: WireValue): boolean {
  const invalid = invalidValue(type)
  if (typeof invalid === 'object' && invalid !== null) return Object.values(value ?? {}).every(part => part === 0xff)
  return invalid !== undefined && Object.is(value, invalid)
}
