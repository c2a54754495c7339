/** Which register a switching table has count at an instant, and until when. */
import type { DayProfile, SwitchingTable } from './tariff.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** The register that counts from now on, and when that may change next: Unix ms of the table's clock. */
export interface Active {
  register: number
  untilMs: number
}

/** `unixMs`: any instant; the next change is at midnight at the latest. The table must hold together. */
export function activeAt(table: SwitchingTable, unixMs: number): Active {
  const midnightMs = Math.floor(unixMs / DAY_MS) * DAY_MS
  const minute = Math.floor((unixMs - midnightMs) / MINUTE_MS)
  const { switches } = dayProfileAt(table, midnightMs)
  let register = 1
  let untilMs = midnightMs + DAY_MS
  for (const { startMin, register: next } of switches) {
    if (startMin > minute) {
      untilMs = midnightMs + startMin * MINUTE_MS
      break
    }
    register = next
  }
  return { register, untilMs }
}

function dayProfileAt(table: SwitchingTable, midnightMs: number): DayProfile {
  const date = new Date(midnightMs)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  const special = table.specialDays.find(
    one => one.month === month && one.day === day && (one.year === undefined || one.year === year),
  )
  const dayId = special?.dayId ?? weekAt(table, month, day)?.dayIds[(date.getUTCDay() + 6) % 7]
  const found = table.days.find(({ id }) => id === dayId) ?? table.days[0]
  return found ?? { id: 0, switches: [] }
}

/** The season that began last, be it last year. */
function weekAt({ seasons, weeks }: SwitchingTable, month: number, day: number) {
  const place = (one: { month: number; day: number }) => one.month * 32 + one.day
  const inOrder = seasons.toSorted((a, b) => place(a) - place(b))
  const season = inOrder.findLast(one => place(one) <= month * 32 + day) ?? inOrder.at(-1)
  return weeks.find(({ id }) => id === season?.weekId) ?? weeks[0]
}
