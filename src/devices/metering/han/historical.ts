/**
 * What past and present days, weeks and months took, as attributes of Metering: added up of the log of days.
 * @source ZigBee SE 1.2a, Historical Consumption; days, weeks from Monday on and months by the device's clock, in UTC: assumed
 */
import type { DayValue } from '../day-log.ts'

const DAY_MS = 86_400_000
const FORM = /^(Current|Previous)(Day|Week|Month)(\d*)ConsumptionDelivered$/
/** Greatest values: 24 bits, for months 32. */
const MOST = { Day: 0xff_fffe, Week: 0xff_fffe, Month: 0xffff_fffe } as const
type Every = keyof typeof MOST

/** Days as a device knows them. */
export interface DaysUsed {
  /** Finished days, at most `count`, newest first. */
  finished(count: number): readonly DayValue[]
  /** The day in progress; undefined: there is none yet. */
  today(): DayValue | undefined
  /** Units as they stand on the registers. */
  toRegister(units: number): number
}

/** The value of such an attribute; undefined for another, and for a time of which the device knows nothing. */
export function historicalAttribute(name: string, { finished, today, toRegister }: DaysUsed): number | undefined {
  const [, which, every, number] = FORM.exec(name) ?? []
  const now = today()
  if (!isPeriod(every) || !now) return
  const back = which === 'Current' ? 0 : Math.max(1, Number(number))
  const fromMs = startOf(every, now.startMs, back)
  const toMs = back === 0 ? Number.POSITIVE_INFINITY : startOf(every, now.startMs, back - 1)
  const known = finished(Math.ceil((now.startMs - fromMs) / DAY_MS)).filter(
    ({ startMs }) => startMs >= fromMs && startMs < toMs,
  )
  if (known.length === 0 && back > 0) return
  const units = known.reduce((sum, { value }) => sum + value, back === 0 ? now.value : 0)
  return Math.min(toRegister(units), MOST[every])
}

const isPeriod = (every: string | undefined): every is Every => every !== undefined && Object.hasOwn(MOST, every)

/** When a period began, so many before the one a day lies in. Unix ms. */
function startOf(every: Every, dayMs: number, back: number): number {
  switch (every) {
    case 'Day':
      return dayMs - back * DAY_MS
    case 'Week':
      // 1970 began on a Thursday.
      return dayMs - (((dayMs / DAY_MS + 3) % 7) + 7 * back) * DAY_MS
    case 'Month': {
      const day = new Date(dayMs)
      return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - back)
    }
    default:
      return every satisfies never
  }
}
