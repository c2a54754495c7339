/** 1.1.1, 1.2.1, 1.7: what the supplier asks for energy. A tariff that does not hold together never leaves the hub. */
import type { Tariff as TariffWord, UpdatePrice } from '../../../wan/messages/wan-types.generated.ts'
import { tariffFault } from '../../tariff/check-tariff.ts'
import { pricePieces, tariffPieces } from '../../tariff/han/tariff-pieces.ts'
import { type BlockPeriod, flatTariff, TARIFF_LIMITS, type Tariff } from '../../tariff/tariff.ts'
import type { Asking } from './asking.ts'
import { cancelPrices, cancelTariff, timeFault } from './held.ts'
import type { Call } from './service.ts'
import { carryOutSteps, type Fields } from './steps/carry-out.ts'
import { stepsFor } from './steps/steps-for.ts'

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

export function updateTariff(call: Call<'updateTariff'>): void {
  const { parameters, target, succeed, fail } = call
  const { tariff: word, fromMs } = parameters
  if (parameters.cancelHeld) return cancelTariff(call)
  const wrongTime = timeFault(fromMs)
  if (wrongTime) return fail('S1RIG_PARAMETER', wrongTime)
  const tariff = tariffOf(word)
  const fault = idFault(tariff.switching) ?? tariffFault(tariff, limitsOf(target))
  if (fault) return fail('S1RIG_PARAMETER', `tariff.${inContract(fault)}`)
  const pieces = { ...published(call, fromMs), ...tariffPieces(tariff) }
  carryOutSteps({ ...call, parameters: pieces }, stepsFor(call), () => succeed({}))
}

export function updatePrice(call: Call<'updatePrice'>): void {
  const { parameters, target, succeed, fail } = call
  if (parameters.cancelHeld) return cancelPrices(call)
  const wrongTime = timeFault(parameters.fromMs)
  if (wrongTime) return fail('S1RIG_PARAMETER', wrongTime)
  const tariff = pricedAs(parameters)
  const fault = tariffFault(tariff, limitsOf(target))
  if (fault) return fail('S1RIG_PARAMETER', withoutRates(fault))
  const prepare = (said: Fields): Fields | undefined => {
    const { _tariffId: id, _label: label, _registers: registers, _thresholds: thresholds } = said
    if (typeof id !== 'number') return void fail('E21', 'the meter gives no tariff')
    const blocks = tariff.prices[0]?.length
    if (tariff.prices.length !== registers || blocks !== Number(thresholds) + 1) {
      const expected = `${registers} registers of ${Number(thresholds) + 1} blocks as the meter's tariff has them`
      return void fail('S1RIG_PARAMETER', `prices: ${expected} expected, found ${tariff.prices.length} of ${blocks}`)
    }
    const priced = pricePieces({ ...tariff, id, label: typeof label === 'string' ? label : '' })
    return { ...published(call, parameters.fromMs), ...priced }
  }
  carryOutSteps({ ...call, prepare }, stepsFor(call), () => succeed({}))
}

export function resetBlockCounters(call: Call<'resetBlockCounters'>): void {
  carryOutSteps(call, stepsFor(call), () => call.succeed({}))
}

/** From when on, and one number for all pieces: the meter takes the whole with the last. */
const published = ({ hub }: Asking, fromMs = 0) => ({ fromMs, eventId: hub.notices.nextEventId() })
const limitsOf = (target: string) => TARIFF_LIMITS[target === 'GSME' ? 'gas' : 'electricity']

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
