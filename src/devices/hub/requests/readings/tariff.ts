/** 4.11.1: the tariff in force, put together from what Price and Calendar of the meter say; a sleeping one is asked when it wakes. */
import type {
  BlockPeriod,
  DayProfile,
  Season,
  SpecialDay,
  SwitchingTable,
  Tariff,
  TariffRates,
  WeekProfile,
} from '../../../../wan/messages/wan-types.generated.ts'
import type { CommandPayload } from '../../../../zcl/clusters.ts'
import { fromDate, periodOfWords, thresholdsOf } from '../../../tariff/han/tariff-words.ts'
import { askOrNone, whenReachable } from '../asking.ts'
import type { Call } from '../service.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { fixedFields, gather } from './gather.ts'
import { gasMeterOf } from './mirrored.ts'

type Information = CommandPayload<'Price', 'PublishTariffInformation', 'toClient'>
type Matrix = CommandPayload<'Price', 'PublishPriceMatrix', 'toClient'>

const UTF8 = new TextDecoder()
const PERIODS: Readonly<Record<string, BlockPeriod>> = {
  day: 'BLOCK_PERIOD_DAY',
  week: 'BLOCK_PERIOD_WEEK',
  month: 'BLOCK_PERIOD_MONTH',
  quarter: 'BLOCK_PERIOD_QUARTER',
}
/** Day and week profiles asked for: more than a table has. */
const MOST_PROFILES = 32
const DELIVERED_NOW = { earliestStartTime: 0, minIssuerEventId: 0, numberOfCommands: 1, tariffType: 0 }

export function readTariff(call: Call<'readTariff'>): void {
  const asked = gasMeterOf(call)
  if (!asked) return call.fail('E21', 'there is no gas meter here')
  const steps = stepsFor(asked)
  whenReachable(asked, () =>
    gather(asked, steps, found =>
      askOrNone(asked, 'Price', 'GetTariffInformation', DELIVERED_NOW, information => {
        if (!information) return call.fail('E21', 'the meter gives no tariff')
        const { payload } = information
        readRates(asked, payload, rates =>
          readTable(asked, payload.issuerTariffId, switching => {
            const activeRegister = found.get('activeRegister') ?? 1
            const activeBlock = Math.max(1, found.get('activeBlock') ?? 1)
            const period = periodOfWords(found.get('blockPeriod') ?? 0, found.get('blockPeriodType') ?? 0)
            const tariff: Tariff = {
              tariffId: payload.issuerTariffId,
              label: payload.tariffLabel ? UTF8.decode(payload.tariffLabel) : '',
              switching,
              rates,
              blockPeriod: PERIODS[period ?? ''] ?? 'BLOCK_PERIOD_UNSPECIFIED',
              standingCharge: payload.standingCharge,
            }
            const price = rates[activeRegister - 1]?.prices[activeBlock - 1] ?? 0
            call.succeed({ tariff, activeRegister, activeBlock, price })
          }),
        )
      }),
    ),
  )
}

function readRates(call: Call<'readTariff'>, information: Information, use: (rates: TariffRates[]) => void): void {
  const { issuerTariffId, numberOfPriceTiersInUse: tiers, numberOfBlockThresholdsInUse: thresholds } = information
  askOrNone(call, 'Price', 'GetPriceMatrix', { issuerTariffId }, matrix =>
    askOrNone(call, 'Price', 'GetBlockThresholds', { issuerTariffId }, blocks => {
      const prices = pricesOf(matrix?.payload.payload ?? [], { tiers, blocks: thresholds + 1 })
      const ends = thresholdsOf(blocks?.payload.payload ?? new Uint8Array())
      if (!ends) return call.fail('E21', 'the block thresholds of the meter do not decode')
      use(prices.map((row, at) => ({ prices: row, thresholds: ends.get(at + 1) ?? [] })))
    }),
  )
}

function pricesOf(matrix: Matrix['payload'], { tiers, blocks }: { tiers: number; blocks: number }): number[][] {
  const byId = new Map(matrix.map(({ tierBlockId, price }) => [tierBlockId, price]))
  return Array.from({ length: tiers }, (_, tier) =>
    Array.from(
      { length: blocks },
      (_, block) => byId.get(blocks === 1 ? tier + 1 : ((tier + 1) << 4) | (block + 1)) ?? 0,
    ),
  )
}

function readTable(call: Call<'readTariff'>, calendarId: number, use: (table: SwitchingTable) => void): void {
  const ids = { providerId: 0, issuerCalendarId: calendarId }
  const table = {
    days: [] as DayProfile[],
    weeks: [] as WeekProfile[],
    seasons: [] as Season[],
    specialDays: [] as SpecialDay[],
  }
  if (!fixedFields(stepsFor(call), 'Calendar.GetDayProfiles')) return use(table)
  const days = (startDayId: number): void =>
    askOrNone(call, 'Calendar', 'GetDayProfiles', { ...ids, startDayId, numberOfDays: 1 }, response => {
      if (!response || table.days.length >= MOST_PROFILES) return weeks(0)
      const { dayId, dayScheduleEntries } = response.payload
      table.days.push({
        id: dayId,
        switches: dayScheduleEntries.map(({ startTime, activePriceTierOrFriendlyCreditEnable }) => ({
          ...{ startMin: startTime, register: activePriceTierOrFriendlyCreditEnable },
        })),
      })
      days(dayId + 1)
    })
  const weeks = (startWeekId: number): void =>
    askOrNone(call, 'Calendar', 'GetWeekProfiles', { ...ids, startWeekId, numberOfWeeks: 1 }, response => {
      if (!response || table.weeks.length >= MOST_PROFILES) return seasons()
      const { payload: week } = response
      const dayIds = [week.dayIdRefMonday, week.dayIdRefTuesday, week.dayIdRefWednesday, week.dayIdRefThursday]
      table.weeks.push({
        id: week.weekId,
        dayIds: [...dayIds, week.dayIdRefFriday, week.dayIdRefSaturday, week.dayIdRefSunday],
      })
      weeks(week.weekId + 1)
    })
  const seasons = (): void =>
    askOrNone(call, 'Calendar', 'GetSeasons', ids, response => {
      for (const { seasonStartDate, weekIdRef } of response?.payload.seasonEntries ?? []) {
        const { month, day } = fromDate(seasonStartDate)
        table.seasons.push({ month, day, weekId: weekIdRef })
      }
      specialDays()
    })
  const specialDays = (): void => {
    const question = { ...ids, startTime: 0, numberOfEvents: 0, calendarType: 0 }
    askOrNone(call, 'Calendar', 'GetSpecialDays', question, response => {
      for (const { specialDayDate, dayIdRef } of response?.payload.specialDayEntries ?? []) {
        table.specialDays.push({ ...fromDate(specialDayDate), dayId: dayIdRef })
      }
      use(table)
    })
  }
  days(1)
}
