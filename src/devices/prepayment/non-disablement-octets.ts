/** Times at which nothing is cut, as octets of the attribute that Smart Energy 1.1 does not have. @source assumed: ours */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { MOST_PERIODS, MOST_SPECIAL_DAYS, type NonDisablement } from './non-disablement.ts'

const PERIOD = 5
const SPECIAL_DAY = 4

/** Number of periods; of each days, first and last minute; then of each special day year (0: every), month, day. */
export function encodeNonDisablement({ periods, specialDays }: NonDisablement): Uint8Array {
  const writer = new ByteWriter().uint(1, periods.length)
  for (const { days, fromMin, toMin } of periods) writer.uint(1, days).uint(2, fromMin).uint(2, toMin)
  for (const { year, month, day } of specialDays)
    writer
      .uint(2, year ?? 0)
      .uint(1, month)
      .uint(1, day)
  return writer.finish()
}

/** Undefined for octets that are none. Whether the times hold together is another question. */
export function decodeNonDisablement(octets: Uint8Array): NonDisablement | undefined {
  const count = octets[0] ?? MOST_PERIODS + 1
  const left = octets.length - 1 - PERIOD * count
  if (count > MOST_PERIODS || left < 0 || left % SPECIAL_DAY !== 0 || left > SPECIAL_DAY * MOST_SPECIAL_DAYS) {
    return undefined
  }
  const reader = new ByteReader(octets.subarray(1))
  const periods = Array.from({ length: count }, () => ({
    days: reader.uint(1),
    fromMin: reader.uint(2),
    toMin: reader.uint(2),
  }))
  const specialDays = Array.from({ length: left / SPECIAL_DAY }, () => {
    const year = reader.uint(2)
    return { ...(year > 0 && { year }), month: reader.uint(1), day: reader.uint(1) }
  })
  return { periods, specialDays }
}
