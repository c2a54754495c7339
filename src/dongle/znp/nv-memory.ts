/**
 * The non-volatile memory of a ZNP: items, and tables whose rows are there from the beginning. It knows no meaning; who
 * keeps something in it writes it here. @source Z-Stack, OSAL_Nv.c, nvintf.h; sizes assumed
 */
import { fromHex, toHex } from '../../base/bytes.ts'
import { NV_TABLE } from '../../wire/znp/nv.ts'
import { STATUS } from '../../wire/znp/status.ts'

/** Where something stands: an item, or a row of a table. */
export type NvPlace = number | { system: number; item: number; subId: number }

/** Octets in hex by place, as JSON: items `0021`, rows `1.0007.0000`. */
export type NvImage = Readonly<Record<string, string>>

/** Octets of all that is kept, with what each place costs. @source assumed: four flash pages of 8 KiB and half of it free */
const MOST_OCTETS = 65_536
const PLACE_OCTETS = 8
/** Longest item. @source Z-Stack, nvintf: 12 bits of length */
const LONGEST_ITEM = 4_095

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
const keyOf = (place: NvPlace): string =>
  typeof place === 'number' ? hex(place, 4) : `${place.system}.${hex(place.item, 4)}.${hex(place.subId, 4)}`

/** Rows that are there without being written, and what an empty one holds. @source Z-Stack 3.x.0; numbers of rows assumed */
const TABLES: ReadonlyMap<number, { rows: number; empty: Uint8Array }> = new Map([
  [NV_TABLE.ADDRMGR, { rows: 200, empty: fromHex('00ffffffffffffffffffff') }],
  [NV_TABLE.TCLK, { rows: 200, empty: new Uint8Array(19) }],
  [NV_TABLE.APS_KEY_DATA, { rows: 200, empty: new Uint8Array(24) }],
  [NV_TABLE.NWK_SEC_MATERIAL, { rows: 12, empty: new Uint8Array(12) }],
])
/** How many rows a table has. */
export const rowsOf = (table: number): number => TABLES.get(table)?.rows ?? 0

export class NvMemory {
  private readonly places = new Map<string, Uint8Array>()
  private octets = 0

  constructor(image: NvImage = {}) {
    for (const [key, content] of Object.entries(image)) this.put(key, fromHex(content))
  }

  /** What stands there, undefined when there is no such item or row. Not to be changed. */
  get(place: NvPlace): Readonly<Uint8Array> | undefined {
    return this.places.get(keyOf(place)) ?? this.emptyRow(place)
  }
  lengthOf(place: NvPlace): number {
    return this.get(place)?.length ?? 0
  }
  /** As much as there is from `offset` on; undefined when it begins behind the end, or there is nothing. */
  read(place: NvPlace, offset: number, length = Number.POSITIVE_INFINITY): Uint8Array | undefined {
    const content = this.get(place)
    if (!content || offset > content.length || (offset === content.length && length > 0)) return undefined
    return content.slice(offset, offset + length)
  }

  /** Replaces all that stands there, whatever its length. False when memory is full. */
  put(place: NvPlace | string, content: Uint8Array): boolean {
    const key = typeof place === 'string' ? place : keyOf(place)
    const before = this.places.get(key)
    const more = content.length + PLACE_OCTETS - (before ? before.length + PLACE_OCTETS : 0)
    if (content.length > LONGEST_ITEM || this.octets + more > MOST_OCTETS) return false
    this.octets += more
    this.places.set(key, content.slice())
    return true
  }
  remove(place: NvPlace): boolean {
    const key = keyOf(place)
    const before = this.places.get(key)
    if (!before) return false
    this.octets -= before.length + PLACE_OCTETS
    return this.places.delete(key)
  }

  /** Makes room for an item, all ones behind its first octets; the status says whether it was there before. */
  create(place: NvPlace, length: number, content: Uint8Array = new Uint8Array()): number {
    const before = this.get(place)
    if (before) return before.length === length ? STATUS.SUCCESS : STATUS.NV_BAD_ITEM_LEN
    if (length === 0 || length > LONGEST_ITEM) return STATUS.NV_OPER_FAILED
    const whole = new Uint8Array(length).fill(0xff)
    whole.set(content.subarray(0, length))
    return this.put(place, whole) ? STATUS.NV_ITEM_UNINIT : STATUS.NV_OPER_FAILED
  }
  /** Writes into what is there; the status of a refusal says why. */
  write(place: NvPlace, offset: number, content: Uint8Array): number {
    const before = this.get(place)
    if (!before) return STATUS.NV_ITEM_UNINIT
    if (offset + content.length > before.length) return STATUS.NV_BAD_ITEM_LEN
    const whole = before.slice()
    whole.set(content, offset)
    return this.put(place, whole) ? STATUS.SUCCESS : STATUS.NV_OPER_FAILED
  }
  /** Only who knows its length deletes an item. */
  delete(place: NvPlace, length: number): number {
    const before = this.get(place)
    if (!before) return STATUS.NV_ITEM_UNINIT
    if (before.length !== length) return STATUS.NV_BAD_ITEM_LEN
    this.remove(place)
    return STATUS.SUCCESS
  }

  image(): NvImage {
    return Object.fromEntries([...this.places].map(([key, content]) => [key, toHex(content)]))
  }

  private emptyRow(place: NvPlace): Uint8Array | undefined {
    if (typeof place === 'number' || place.system !== 1) return undefined
    const table = TABLES.get(place.item)
    return table && place.subId < table.rows ? table.empty : undefined
  }
}
