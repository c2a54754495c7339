/**
 * 1.1.1 and 1.2.1: tariffs and prices, in thousandths of a penny. A season of a stated year begins in every year, a block period is a
 * month, and a tariff is numbered by the second it was sent in: the DUIS has no other for what a meter here asks. Of a hybrid tariff
 * the registers with blocks come first, then those without, whose blocks are of one price.
 * @source DUIS schema; that electricity's prices are pounds by a power of ten: assumed
 */
import type {
  DayProfile,
  Season,
  SpecialDay,
  TariffRates,
  UpdatePrice,
  UpdateTariff,
  WeekProfile,
} from '../../wan/messages/wan-types.generated.ts'
import { type About, Fields, refuse, wholeOf } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'
import { dateIn, fromIn, minuteOf } from './dates.ts'
import { inOrder, listIn } from './lists.ts'

const MOST_PRICE = 10_000_000
const MOST = { days: 16, schedules: 48, weeks: 4, seasons: 4, specialDays: 50, registers: 48, blocks: 8 }
const UNSIGNED = 4_294_967_295

interface Prices {
  standingCharge: number
  /** By register, then by block. */
  prices: number[][]
  /** Of a hybrid tariff, how many registers have blocks: the first ones. */
  withBlocks?: number
}

export function updatePrice(fields: Fields): UpdatePrice {
  const from = fromIn(fields)
  const { standingCharge, prices } = fields.inside('PriceElements', pricesIn)
  return { standingCharge, prices: prices.map(blocks => ({ prices: blocks })), ...from }
}

export function updateTariff(fields: Fields, { nowMs }: About): UpdateTariff {
  const from = fromIn(fields)
  const { standingCharge, prices, withBlocks } = fields.inside('PriceElements', pricesIn)
  const { name, element } = fields.oneOf(['ElecTariffElements', 'GasTariffElements'])
  const tariff = Fields.read(element, elements => {
    elements.unused('CurrencyUnits')
    const switching = elements.inside('SwitchingTable', table => ({
      days: listIn(table, 'DayProfiles', 'DayProfile', MOST.days, day => dayProfile(day, withBlocks)),
      weeks: listIn(table, 'WeekProfiles', 'WeekProfile', MOST.weeks, weekProfile),
      seasons: listIn(table, 'Seasons', 'Season', MOST.seasons, season),
    }))
    const specialDays = listIn(elements, 'SpecialDays', 'SpecialDay', MOST.specialDays, specialDay)
    const thresholds = thresholdsIn(elements.required('ThresholdMatrix'), name === 'GasTariffElements')
    const rates: TariffRates[] = prices.map((blocks, index) => {
      const isOfOnePrice = withBlocks !== undefined && index >= withBlocks
      const ends = isOfOnePrice ? blocks.map((_, at) => UNSIGNED - blocks.length + 2 + at) : (thresholds[index] ?? [])
      return { prices: blocks, thresholds: ends.slice(0, blocks.length - 1) }
    })
    return { switching: { ...switching, specialDays }, rates }
  })
  const number = { tariffId: Math.floor(nowMs / 1_000), label: '', blockPeriod: 'BLOCK_PERIOD_MONTH' } as const
  return { tariff: { ...number, ...tariff, standingCharge }, ...from }
}

function pricesIn(fields: Fields): Prices {
  const { name, element } = fields.oneOf(['ElectricityPriceElements', 'GasPriceElements'])
  const isGas = name === 'GasPriceElements'
  return Fields.read(element, elements => {
    elements.unused('CurrencyUnits')
    const scale = (of: string) => (isGas ? 1 : 10 ** (5 + elements.whole(of, -5, 4)))
    const chargeUnit = scale('StandingChargeScale')
    const unit = scale('PriceScale')
    const money = (one: XmlElement, by: number) => wholeOf(one, 0, Math.floor(MOST_PRICE / by)) * by
    const standingCharge = money(elements.required('StandingCharge'), chargeUnit)
    const tariff = elements.oneOf(isGas ? ['TOUTariff', 'BlockTariff'] : ['TOUTariff', 'BlockTariff', 'HybridTariff'])
    let withBlocks: number | undefined
    const prices = Fields.read(tariff.element, inside => {
      const times = () => inOrder(inside.all('TOUPrice', MOST.registers)).map(one => money(one, unit))
      if (tariff.name === 'TOUTariff') return times().map(price => [price])
      const blocksOf = (of: Fields) => inOrder(of.all('BlockPrice', MOST.blocks)).map(one => money(one, unit))
      inside.unused('NumberOfThresholds')
      if (isGas) return [blocksOf(inside)]
      const blocks = inOrder(inside.all('BlockPrices', MOST.registers)).map(one => Fields.read(one, blocksOf))
      if (tariff.name === 'BlockTariff') return blocks
      withBlocks = blocks.length
      return [...blocks, ...times().map(price => (blocks[0] ?? [0]).map(() => price))]
    })
    if (prices.length === 0) refuse(tariff.element, 'prices', 'none', 'duis.missing')
    return { standingCharge, prices, ...(withBlocks !== undefined && { withBlocks }) }
  })
}

/** `withBlocks`: registers of a hybrid tariff before those without blocks. */
function dayProfile(day: Fields, withBlocks = 0): DayProfile {
  const id = day.whole('DayName', 1, 255)
  const registerOf = (of: Fields) => {
    const { name, element } = of.oneOf(['TOUTariffAction', 'BlockTariffAction', 'BlockTariff'])
    if (name === 'BlockTariff') return 1
    return wholeOf(element, 1, MOST.registers) + (name === 'TOUTariffAction' ? withBlocks : 0)
  }
  if (!day.has('ProfileSchedule')) return { id, switches: [{ startMin: 0, register: registerOf(day) }] }
  const switches = day.all('ProfileSchedule', MOST.schedules).map(one =>
    Fields.read(one, schedule => ({
      startMin: minuteOf(schedule.required('StartTime')),
      register: registerOf(schedule),
    })),
  )
  const last = switches.at(-1)
  // What began last on the day before goes on over midnight.
  return { id, switches: switches[0]?.startMin === 0 || !last ? switches : [{ ...last, startMin: 0 }, ...switches] }
}

const weekProfile = (week: Fields): WeekProfile => ({
  id: week.whole('WeekName', 1, 255),
  dayIds: inOrder(week.all('ReferencedDayName', 7)).map(one => wholeOf(one, 1, 255)),
})

function season(fields: Fields): Season {
  fields.unused('SeasonName')
  const { month, day } = fields.inside('SeasonStartDate', dateIn)
  return { month, day, weekId: fields.whole('ReferencedWeekName', 1, 255) }
}

const specialDay = (fields: Fields): SpecialDay => ({
  ...fields.inside('Date', dateIn),
  dayId: fields.whole('ReferencedDayName', 1, 255),
})

/** Upper ends of blocks, by register. */
function thresholdsIn(element: XmlElement, isGas: boolean): number[][] {
  const ends = (of: Fields) => inOrder(of.all('BlockThreshold', MOST.blocks)).map(one => wholeOf(one, 0, UNSIGNED))
  return Fields.read(element, matrix =>
    isGas ? [ends(matrix)] : inOrder(matrix.all('Thresholds', MOST.registers)).map(one => Fields.read(one, ends)),
  )
}
