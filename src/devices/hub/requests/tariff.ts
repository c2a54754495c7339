/** 1.1.1, 1.2.1, 1.7: what the supplier asks for energy. A tariff that does not hold together never leaves the hub. */
import type { Tariff as TariffWord, UpdatePrice } from '../../../wan/messages/wan-types.generated.ts'
import { tariffFault } from '../../tariff/check-tariff.ts'
import { priceOrders, type TariffOrder, tariffOrders } from '../../tariff/han/tariff-orders.ts'
import { type BlockPeriod, flatTariff, TARIFF_LIMITS, type Tariff } from '../../tariff/tariff.ts'
import { isSayable, utcOf } from '../../zigbee-time.ts'
import { type Asking, askOrNone, orderTo, whenReachable } from './asking.ts'
import type { Call } from './service.ts'

const PERIODS = {
  BLOCK_PERIOD_UNSPECIFIED: 'month',
  BLOCK_PERIOD_DAY: 'day',
  BLOCK_PERIOD_WEEK: 'week',
  BLOCK_PERIOD_MONTH: 'month',
  BLOCK_PERIOD_QUARTER: 'quarter',
} as const satisfies Record<TariffWord['blockPeriod'], BlockPeriod>
/** Names of fields where the contract has others than a tariff has. */
const FIELDS: readonly (readonly [RegExp, string])[] = [
  [/^id\b/, 'tariff_id'],
  [/^(prices|thresholds)\[(\d+)\]/, 'rates[$2].$1'],
  [/^(prices|thresholds)\b/, 'rates'],
]
const MOST_ID = 0xff
const NOW = { earliestStartTime: 0, minIssuerEventId: 0, numberOfCommands: 1, tariffType: 0 }

export function updateTariff(call: Call<'updateTariff'>): void {
  const { parameters, target, succeed, fail } = call
  const { tariff: word, fromMs } = parameters
  const wrongTime = timeFault(fromMs)
  if (wrongTime) return fail('S1RIG_PARAMETER', wrongTime)
  const tariff = tariffOf(word)
  const fault = idFault(tariff.switching) ?? tariffFault(tariff, limitsOf(target))
  if (fault) return fail('S1RIG_PARAMETER', `tariff.${inContract(fault)}`)
  whenReachable(call, () => publish(call, tariffOrders(tariff, publication(call, fromMs)), () => succeed({})))
}

export function updatePrice(call: Call<'updatePrice'>): void {
  const { parameters, target, succeed, fail } = call
  const wrongTime = timeFault(parameters.fromMs)
  if (wrongTime) return fail('S1RIG_PARAMETER', wrongTime)
  const tariff = pricedAs(parameters)
  const fault = tariffFault(tariff, limitsOf(target))
  if (fault) return fail('S1RIG_PARAMETER', withoutRates(fault))
  whenReachable(call, () =>
    askOrNone(call, 'Price', 'GetTariffInformation', NOW, information => {
      if (!information) return fail('E21', 'the meter gives no tariff')
      const { numberOfPriceTiersInUse: registers, numberOfBlockThresholdsInUse: thresholds } = information.payload
      const blocks = tariff.prices[0]?.length
      if (tariff.prices.length !== registers || blocks !== thresholds + 1) {
        const expected = `${registers} registers of ${thresholds + 1} blocks as the meter's tariff has them`
        return fail('S1RIG_PARAMETER', `prices: ${expected} expected, found ${tariff.prices.length} of ${blocks}`)
      }
      const { issuerTariffId: id, tariffLabel } = information.payload
      const label = new TextDecoder().decode(tariffLabel ?? new Uint8Array())
      publish(call, priceOrders({ ...tariff, id, label }, publication(call, parameters.fromMs)), () => succeed({}))
    }),
  )
}

export function resetBlockCounters(call: Call<'resetBlockCounters'>): void {
  whenReachable(call, () =>
    orderTo(call, 'AccountSettings', 'ResetBlockCounters', {}, 'block counters', () => call.succeed({})),
  )
}

/** One after the other; the meter takes the whole with the last. */
function publish(asking: Asking, [order, ...rest]: readonly TariffOrder[], done: () => void): void {
  if (!order) return done()
  order(
    (cluster, command, payload, taken) => orderTo(asking, cluster, command, payload, 'tariff', () => taken()),
    () => publish(asking, rest, done),
  )
}

const publication = ({ hub }: Asking, fromMs: number | undefined) => ({
  ...{ eventId: hub.notices.nextEventId(), startUtc: fromMs === undefined ? 0 : utcOf(fromMs) },
})
const limitsOf = (target: string) => TARIFF_LIMITS[target === 'GSME' ? 'gas' : 'electricity']

const timeFault = (fromMs: number | undefined): string | undefined =>
  fromMs === undefined || isSayable(fromMs)
    ? undefined
    : `from_ms: an instant from 2000 to 2136 expected, found ${fromMs}`

const tariffOf = ({ tariffId, label, switching, rates, blockPeriod, standingCharge }: TariffWord): Tariff => ({
  ...{ id: tariffId, label, switching, standingCharge },
  thresholds: rates.map(({ thresholds }) => thresholds),
  prices: rates.map(({ prices }) => prices),
  blockPeriod: PERIODS[blockPeriod],
})

/** A tariff with these prices and nothing else to say: for what can be known of them before the meter's is. */
function pricedAs({ prices, standingCharge }: UpdatePrice): Tariff {
  const rows = prices.map(row => row.prices)
  const thresholds = rows.map(row => Array.from({ length: Math.max(0, row.length - 1) }, (_, block) => block + 1))
  return { ...flatTariff(0, standingCharge), prices: rows, thresholds }
}

/** Ids that no frame can say. @source ZigBee SE 1.2a, Calendar: day and week ids have 8 bits */
function idFault({ days, weeks }: Tariff['switching']): string | undefined {
  const outside = ({ id }: { id: number }) => id < 1 || id > MOST_ID
  const [day, week] = [days.findIndex(outside), weeks.findIndex(outside)]
  if (day >= 0) return `switching.days[${day}].id: 1 to ${MOST_ID} expected, found ${days[day]?.id}`
  return week >= 0 ? `switching.weeks[${week}].id: 1 to ${MOST_ID} expected, found ${weeks[week]?.id}` : undefined
}

/** A fault in the words of the contract: `switching.specialDays[0].dayId` is `switching.special_days[0].day_id`. */
function inContract(fault: string): string {
  const end = fault.indexOf(':')
  const path = fault.slice(0, end)
  const [form, name] = FIELDS.find(([known]) => known.test(path)) ?? []
  const named = form && name ? path.replace(form, name) : path
  return named.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`) + fault.slice(end)
}
const withoutRates = (fault: string): string => fault.replace(/^prices\[(\d+)\](\[\d+\])?/, 'prices[$1].prices$2')
