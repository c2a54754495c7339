/** What a screen shows of use in the past: this day, week and month, and the last ones, in the meter's registers. */
import type { ZclEndpoint } from '../zcl/node.ts'
import type { Peer } from '../zcl/transactions.ts'

const SHOWN = {
  CurrentDayConsumptionDelivered: 'day',
  PreviousDayConsumptionDelivered: 'lastDay',
  CurrentWeekConsumptionDelivered: 'week',
  PreviousWeekConsumptionDelivered: 'lastWeek',
  CurrentMonthConsumptionDelivered: 'month',
  PreviousMonthConsumptionDelivered: 'lastMonth',
} as const
type Attribute = keyof typeof SHOWN
const NAMES = Object.keys(SHOWN) as Attribute[]

/** What the meter, or the mirror, does not know is not there. */
export type ShownHistory = { readonly [K in (typeof SHOWN)[Attribute]]?: number }

/** Reads it; undefined where there was no answer. */
export function readHistory(
  endpoint: ZclEndpoint,
  meter: Peer,
  use: (history: ShownHistory | undefined) => void,
): void {
  endpoint.read(meter, 'Metering', NAMES, outcome => {
    if (!outcome.ok) return use(undefined)
    const found = NAMES.flatMap(name => {
      const value = outcome.values[name]
      return value === undefined ? [] : [[SHOWN[name], value]]
    })
    use(Object.fromEntries(found))
  })
}
