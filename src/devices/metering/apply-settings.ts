/** What a meter is configured with that changes how it measures and what it keeps. */
import type { PERIODICITIES } from '../configuration/settings.ts'
import type { BillingCalendar } from './billing-log.ts'
import { milliWhPerDm3 } from './home-facts.ts'
import type { Measurement } from './measurement.ts'

const MONTHS = { QUARTERLY: 3, SIX_MONTHLY: 6, YEARLY: 12 } as const

/** Settings as they stand; a meter has not all of them. */
export interface MeasuringSettings {
  billingPeriodicity: (typeof PERIODICITIES)[number]
  /** When billing periods begin, Unix ms; 0: not set. */
  billingStartMs: number
  /** Block counters begin again each day. */
  blockCounterDailyReset?: boolean
  /** Over which voltages are averaged. */
  averageVoltagePeriodS?: number
  /** Of the offset by which this meter switches registers late. */
  randomisedOffsetLimitS?: number
  /** Of gas: hundredths of a MJ per m3, and hundred-thousandths. */
  calorificValue?: number
  conversionFactor?: number
}

export function applySettings(measurement: Measurement, settings: MeasuringSettings): void {
  const calendar = calendarOf(settings)
  if (JSON.stringify(calendar) !== JSON.stringify(measurement.billingCalendar)) measurement.setBillingCalendar(calendar)
  const { blockCounterDailyReset = false, averageVoltagePeriodS, calorificValue, conversionFactor } = settings
  if (averageVoltagePeriodS !== undefined) measurement.setVoltagePeriod(averageVoltagePeriodS)
  measurement.countBlocksDaily(blockCounterDailyReset)
  measurement.limitOffset(settings.randomisedOffsetLimitS ?? 0)
  if (calorificValue === undefined || conversionFactor === undefined) return
  const gas = { calorificValueMJPerM3: calorificValue / 100, conversionFactor: conversionFactor / 100_000 }
  measurement.setEnergyPerUnit(milliWhPerDm3({ gas }))
}

/** Periods begin on the day of the week, month or year that their start lies in; on the first where none is set. Assumed. */
function calendarOf({ billingPeriodicity, billingStartMs }: MeasuringSettings): BillingCalendar {
  const start = new Date(billingStartMs)
  switch (billingPeriodicity) {
    case 'DAILY':
      return { every: 'day' }
    case 'WEEKLY':
      return { every: 'week', weekday: billingStartMs === 0 ? 1 : ((start.getUTCDay() + 6) % 7) + 1 }
    case 'MONTHLY':
      return { every: 'month', day: billingStartMs === 0 ? 1 : start.getUTCDate() }
    case 'QUARTERLY':
    case 'SIX_MONTHLY':
    case 'YEARLY': {
      const [month, day] = billingStartMs === 0 ? [1, 1] : [start.getUTCMonth() + 1, start.getUTCDate()]
      return { every: 'months', count: MONTHS[billingPeriodicity], month, day }
    }
    default:
      return billingPeriodicity satisfies never
  }
}
