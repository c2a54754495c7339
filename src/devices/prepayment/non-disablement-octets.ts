/** Times at which nothing is cut, as octets of the attribute that Smart Energy 1.1 does not have. @source assumed: ours */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import { MOST_PERIODS, MOST_SPECIAL_DAYS, type NonDisablement } from './non-disablement.ts'
import { type CalendarDay, MOST_SWITCH_DAYS, MOST_SWITCHES, type Schedule } from './non-disablement-schedule.ts'

/** In the minute of a switch: it starts. */
const START = 0x8000

/**
 * Number of periods; of each days, first and last minute; number of special days; of each year (0: every), month (0: there is none), day.
 * A schedule follows: its special days likewise, number of switches; of each minute and `START`, days, a bit for each special day, and
 * the first and last day.
 */
export function encodeNonDisablement({ periods, specialDays, schedule }: NonDisablement): Uint8Array {
  const writer = new ByteWriter()
  writer.uint(1, periods.length)
  for (const { days, fromMin, toMin } of periods) writer.uint(1, days).uint(2, fromMin).uint(2, toMin)
  writeDays(writer, specialDays)
  if (schedule) writeSchedule(writer, schedule)
  return writer.finish()
}

function writeSchedule(writer: ByteWriter, { switches, specialDays }: Schedule): void {
  writeDays(writer, specialDays)
  writer.uint(1, switches.length)
  for (const { atMin, start, days, specialDays: numbers, from, to } of switches) {
    const bits = [...new Set(numbers)].reduce((sum, number) => sum + 2 ** (number - 1), 0)
    writer
      .uint(2, start ? START + atMin : atMin)
      .uint(1, days)
      .uint(3, bits)
    writeDay(writer, from)
    writeDay(writer, to)
  }
}

function writeDays(writer: ByteWriter, days: readonly CalendarDay[]): void {
  writer.uint(1, days.length)
  for (const day of days) writeDay(writer, day)
}

const writeDay = (writer: ByteWriter, { year = 0, month, day }: CalendarDay = NO_DAY): ByteWriter =>
  writer.uint(2, year).uint(1, month).uint(1, day)
const NO_DAY: CalendarDay = { month: 0, day: 0 }

/** Undefined for octets that are none. Whether the times hold together is another question. */
export function decodeNonDisablement(octets: Uint8Array): NonDisablement | undefined {
  const reader = new ByteReader(octets)
  try {
    const periods = list(reader, MOST_PERIODS, () => ({
      days: reader.uint(1),
      fromMin: reader.uint(2),
      toMin: reader.uint(2),
    }))
    const specialDays = list(reader, MOST_SPECIAL_DAYS, () => readDay(reader) ?? NO_DAY)
    const schedule = reader.remaining > 0 ? readSchedule(reader) : undefined
    return reader.remaining > 0 ? undefined : { periods, specialDays, ...(schedule && { schedule }) }
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

function readSchedule(reader: ByteReader): Schedule {
  const specialDays = list(reader, MOST_SWITCH_DAYS, () => readDay(reader) ?? NO_DAY)
  const switches = list(reader, MOST_SWITCHES, () => {
    const minute = reader.uint(2)
    const days = reader.uint(1)
    const bits = reader.uint(3)
    const [from, to] = [readDay(reader), readDay(reader)]
    return {
      ...{ atMin: minute % START, start: minute >= START, days },
      specialDays: Array.from({ length: 24 }, (_, at) => at + 1).filter(number => (bits >> (number - 1)) & 1),
      ...(from && { from }),
      ...(to && { to }),
    }
  })
  return { switches, specialDays }
}

function readDay(reader: ByteReader): CalendarDay | undefined {
  const [year, month, day] = [reader.uint(2), reader.uint(1), reader.uint(1)]
  return month === 0 ? undefined : { ...(year > 0 && { year }), month, day }
}

/** @throws WireError for more than there can be */
function list<T>(reader: ByteReader, most: number, read: () => T): T[] {
  const count = reader.uint(1)
  if (count > most) {
    throw new WireError('calendar.count', { offset: reader.offset, field: 'count', message: `${count} of ${most}` })
  }
  return Array.from({ length: count }, read)
}
