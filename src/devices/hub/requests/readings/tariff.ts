/** 4.11.1: the tariff in force, put together from what Price and Calendar of the meter say; a sleeping one is asked when it wakes. */
import type { BlockPeriod, SwitchingTable, TariffRates } from '../../../../wan/messages/wan-types.generated.ts'
import type { CalendarDate } from '../../../../zcl/data-types.ts'
import { fromDate, periodOfWords, thresholdsOf } from '../../../tariff/han/tariff-words.ts'
import { activeAt } from '../../../tariff/switching.ts'
import type { Tariff as MeterTariff } from '../../../tariff/tariff.ts'
import type { Hub } from '../../hub.ts'
import type { Call } from '../service.ts'
import { carryOutSteps, type Fields } from '../steps/carry-out.ts'
import { entriesIn, numberIn } from '../steps/found.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { gasMeterOf, mirroredLog } from './mirrored.ts'

const PERIODS: Readonly<Record<string, BlockPeriod>> = {
  day: 'BLOCK_PERIOD_DAY',
  week: 'BLOCK_PERIOD_WEEK',
  month: 'BLOCK_PERIOD_MONTH',
  quarter: 'BLOCK_PERIOD_QUARTER',
}
const WEEK = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

export function readTariff(call: Call<'readTariff'>): void {
  const mirrored = mirroredLog(call, ({ tariff }) => tariff)
  if (mirrored) return call.succeed({ ...inForce(mirrored.value, call.hub), ...mirrored.from })
  const asked = gasMeterOf(call)
  if (!asked) return call.fail('E21', 'there is no gas meter here')
  const lookAt = (found: Fields): Fields | undefined =>
    typeof found.tariffId === 'number' ? found : void call.fail('E21', 'the meter gives no tariff')
  carryOutSteps({ ...asked, prepare: lookAt }, stepsFor(asked), found => {
    // A model's steps may name nothing, so that nobody has looked.
    if (!lookAt(found)) return
    const rates = ratesIn(found)
    if (!rates) return call.fail('E21', 'the block thresholds of the meter do not decode')
    const activeRegister = Math.max(1, numberIn(found, 'activeRegister'))
    const activeBlock = Math.max(1, numberIn(found, 'activeBlock'))
    const period = periodOfWords(numberIn(found, 'blockPeriod'), numberIn(found, 'blockPeriodType'))
    call.succeed({
      tariff: {
        tariffId: numberIn(found, 'tariffId'),
        label: typeof found.label === 'string' ? found.label : '',
        switching: tableIn(found),
        rates,
        blockPeriod: PERIODS[period ?? ''] ?? 'BLOCK_PERIOD_UNSPECIFIED',
        standingCharge: numberIn(found, 'standingCharge'),
      },
      ...{ activeRegister, activeBlock, price: rates[activeRegister - 1]?.prices[activeBlock - 1] ?? 0 },
      ...{ source: 'DEVICE', dataAgeS: 0 },
    })
  })
}

/** Which register counts now by the table, and which block by the meter's last report. */
function inForce({ id, label, switching, thresholds, prices, blockPeriod, standingCharge }: MeterTariff, hub: Hub) {
  const { register: activeRegister } = activeAt(switching, hub.clock.unixMs())
  const ends = thresholds[activeRegister - 1] ?? []
  const used = (hub.mirror.reading?.blocks ?? []).reduce((sum, units) => sum + units, 0)
  const activeBlock = ends.filter(end => end <= used).length + 1
  const rates = prices.map((row, at) => ({ prices: [...row], thresholds: [...(thresholds[at] ?? [])] }))
  const tariff = {
    ...{ tariffId: id, label, switching: structuredClone(switching) as SwitchingTable, rates, standingCharge },
    blockPeriod: PERIODS[blockPeriod] ?? 'BLOCK_PERIOD_UNSPECIFIED',
  }
  return { tariff, activeRegister, activeBlock, price: rates[activeRegister - 1]?.prices[activeBlock - 1] ?? 0 }
}

/** Undefined for thresholds that do not decode. */
function ratesIn(found: Fields): TariffRates[] | undefined {
  const { thresholds: octets } = found
  const ends = thresholdsOf(octets instanceof Uint8Array ? octets : new Uint8Array())
  if (!ends) return undefined
  const blocks = numberIn(found, 'numberOfThresholds') + 1
  const byId = new Map(entriesIn(found, 'prices').map(one => [one.tierBlockId, numberIn(one, 'price')]))
  const idOf = (register: number, block: number) => (blocks === 1 ? register : (register << 4) | block)
  return Array.from({ length: numberIn(found, 'registers') }, (_, at) => ({
    prices: Array.from({ length: blocks }, (_, block) => byId.get(idOf(at + 1, block + 1)) ?? 0),
    thresholds: ends.get(at + 1) ?? [],
  }))
}

const tableIn = (found: Fields): SwitchingTable => ({
  days: entriesIn(found, 'days').map(day => ({
    id: numberIn(day, 'id'),
    switches: entriesIn(day, 'switches').map(one => ({
      startMin: numberIn(one, 'startTime'),
      register: numberIn(one, 'activePriceTierOrFriendlyCreditEnable'),
    })),
  })),
  weeks: entriesIn(found, 'weeks').map(week => ({
    id: numberIn(week, 'id'),
    dayIds: WEEK.map(day => numberIn(week, day)),
  })),
  seasons: entriesIn(found, 'seasons').map(season => {
    const { month, day } = dateIn(season)
    return { month, day, weekId: numberIn(season, 'weekId') }
  }),
  specialDays: entriesIn(found, 'specialDays').map(one => ({ ...dateIn(one), dayId: numberIn(one, 'dayId') })),
})

const dateIn = ({ date }: Fields) => fromDate(date as CalendarDate)
