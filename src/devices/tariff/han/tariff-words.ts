/** How Price and Calendar say a tariff: the codes both ends use. @source ZigBee SE 1.2a, Price and Calendar, unless marked */
import { ByteReader, ByteWriter } from '../../../base/bytes.ts'
import { WireError } from '../../../base/errors.ts'
import type { CalendarDate } from '../../../zcl/data-types.ts'
import type { BlockPeriod, Tariff } from '../tariff.ts'

/** Of what is delivered. */
export const DELIVERED = 0
/** Tariff Charging Scheme, the high nibble. */
export const SCHEME = { tou: 0, block: 1, combined: 3 } as const
/** Of the pound sterling, in thousandths of a penny. */
export const CURRENCY = 826
export const PRICE_DIGITS = 5
/** Tier Block Mode: the block is that of the active tier; or not used. */
export const BLOCK_MODE = { ofTier: 1, none: 0xff } as const
/** Year of a date that holds each year. @source ZigBee Cluster Library, date: unspecified */
const EACH_YEAR = 0xff

/** Block Period Duration Type: units in the low nibble. A quarter is three months. */
const PERIODS: Readonly<Record<BlockPeriod, { duration: number; type: number }>> = {
  day: { duration: 1, type: 1 },
  week: { duration: 1, type: 2 },
  month: { duration: 1, type: 3 },
  quarter: { duration: 3, type: 3 },
}

export const periodWords = (period: BlockPeriod): { duration: number; type: number } => PERIODS[period]
export const periodOfWords = (duration: number, type: number): BlockPeriod | undefined =>
  (Object.keys(PERIODS) as BlockPeriod[]).find(
    period => PERIODS[period].duration === duration && PERIODS[period].type === (type & 0x0f),
  )

export const dateOf = ({ year, month, day }: { year?: number; month: number; day: number }): CalendarDate => ({
  yearSince1900: year === undefined ? EACH_YEAR : year - 1_900,
  ...{ month, day, weekday: 0xff },
})
export const fromDate = ({
  yearSince1900,
  month,
  day,
}: CalendarDate): { year?: number; month: number; day: number } => ({
  ...(yearSince1900 !== EACH_YEAR && { year: yearSince1900 + 1_900 }),
  ...{ month, day },
})

/** Tier of a price in the high nibble, block in the low one; of prices by time of use alone the tier. */
export const tierBlockId = (tariff: Tariff, register: number, block: number): number =>
  (tariff.prices[0]?.length ?? 1) > 1 ? (register << 4) | block : register

/** Thresholds of each register, from 1: its number and how many in one octet, then each in six. */
export function toThresholds(thresholds: Tariff['thresholds']): Uint8Array {
  const writer = new ByteWriter()
  for (const [register, row] of thresholds.entries()) {
    writer.uint(1, ((register + 1) << 4) | row.length)
    for (const threshold of row) writer.uint(6, threshold)
  }
  return writer.finish()
}

/** By register, from 1; undefined for octets that do not decode. */
export function thresholdsOf(octets: Uint8Array): Map<number, number[]> | undefined {
  const reader = new ByteReader(octets)
  const found = new Map<number, number[]>()
  try {
    while (reader.remaining > 0) {
      const head = reader.uint(1)
      found.set(
        head >> 4,
        Array.from({ length: head & 0x0f }, () => reader.uint(6)),
      )
    }
    return found
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}
