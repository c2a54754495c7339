/** A tariff as the commands a hub publishes it by, in the order in which a meter takes them. */
import type { CommandName, CommandPayload } from '../../../zcl/clusters.ts'
import { UNIT } from '../../meter-registers.ts'
import type { Tariff } from '../tariff.ts'
import {
  BLOCK_MODE,
  CURRENCY,
  DELIVERED,
  dateOf,
  PRICE_DIGITS,
  periodWords,
  SCHEME,
  tierBlockId,
  toThresholds,
} from './tariff-words.ts'

/** Sends one command of the hub's Price or Calendar, and goes on when it was taken. */
export type Publisher = <C extends 'Price' | 'Calendar', N extends CommandName<C>>(
  cluster: C,
  command: N,
  payload: CommandPayload<C, N>,
  done: () => void,
) => void
/** One command that is to be sent. */
export type TariffOrder = (publish: Publisher, done: () => void) => void

const order =
  <C extends 'Price' | 'Calendar', N extends CommandName<C>>(
    cluster: C,
    command: N,
    payload: CommandPayload<C, N>,
  ): TariffOrder =>
  (publish, done) =>
    publish(cluster, command, payload, done)

/** `eventId`: one number for all of them. `startUtc`: ZigBee UTC, 0 for now. */
export interface Publication {
  eventId: number
  startUtc: number
}

/** All of a tariff. */
export function tariffOrders(tariff: Tariff, publication: Publication): TariffOrder[] {
  return [
    ...calendarOrders(tariff, publication),
    ...blockOrders(tariff, publication),
    ...priceOrders(tariff, publication),
  ]
}

/** Prices and standing charge alone. */
export function priceOrders(tariff: Tariff, { eventId, startUtc }: Publication): TariffOrder[] {
  const { id, label, prices, standingCharge } = tariff
  const blocks = prices[0]?.length ?? 1
  const scheme = blocks === 1 ? SCHEME.tou : prices.length === 1 ? SCHEME.block : SCHEME.combined
  const common = { providerId: 0, issuerEventId: eventId, issuerTariffId: id }
  return [
    order('Price', 'PublishTariffInformation', {
      ...{ ...common, startTime: startUtc, tariffTypeChargingScheme: (scheme << 4) | DELIVERED },
      tariffLabel: new TextEncoder().encode(label),
      ...{ numberOfPriceTiersInUse: prices.length, numberOfBlockThresholdsInUse: blocks - 1 },
      ...{ unitOfMeasure: UNIT.kWh, currency: CURRENCY, priceTrailingDigit: PRICE_DIGITS << 4, standingCharge },
      tierBlockMode: blocks > 1 ? BLOCK_MODE.ofTier : BLOCK_MODE.none,
      ...{ blockThresholdMultiplier: 1, blockThresholdDivisor: 1_000 },
    }),
    order('Price', 'PublishPriceMatrix', {
      ...{ ...common, startTime: startUtc, commandIndex: 0, numberOfCommands: 1 },
      subPayloadControl: blocks === 1 ? 1 : 0,
      payload: prices.flatMap((row, register) =>
        row.map((price, block) => ({ tierBlockId: tierBlockId(tariff, register + 1, block + 1), price })),
      ),
    }),
  ]
}

function blockOrders({ id, thresholds, blockPeriod }: Tariff, { eventId, startUtc }: Publication): TariffOrder[] {
  const common = { providerId: 0, issuerEventId: eventId }
  const { duration, type } = periodWords(blockPeriod)
  const period = order('Price', 'PublishBlockPeriod', {
    ...{ ...common, blockPeriodStartTime: startUtc, blockPeriodDuration: duration, blockPeriodControl: 0 },
    ...{ blockPeriodDurationType: type, tariffType: DELIVERED },
  })
  if (thresholds.every(row => row.length === 0)) return [period]
  return [
    period,
    order('Price', 'PublishBlockThresholds', {
      ...{ ...common, startTime: startUtc, issuerTariffId: id, commandIndex: 0, numberOfCommands: 1 },
      ...{ subPayloadControl: 0, payload: toThresholds(thresholds) },
    }),
  ]
}

function calendarOrders({ id, label, switching }: Tariff, { eventId, startUtc }: Publication): TariffOrder[] {
  const { days, weeks, seasons, specialDays } = switching
  const common = { providerId: 0, issuerEventId: eventId, issuerCalendarId: id }
  const whole = { commandIndex: 0, totalNumberOfCommands: 1 }
  const orders: TariffOrder[] = [
    order('Calendar', 'PublishCalendar', {
      ...{ ...common, startTime: startUtc, calendarType: DELIVERED, calendarTimeReference: 0 },
      calendarName: new TextEncoder().encode(label),
      ...{ numberOfSeasons: seasons.length, numberOfWeekProfiles: weeks.length, numberOfDayProfiles: days.length },
    }),
  ]
  for (const day of days) {
    orders.push(
      order('Calendar', 'PublishDayProfile', {
        ...{ ...common, dayId: day.id, totalNumberOfScheduleEntries: day.switches.length, ...whole },
        calendarType: DELIVERED,
        dayScheduleEntries: day.switches.map(({ startMin, register }) => ({
          ...{ startTime: startMin, activePriceTierOrFriendlyCreditEnable: register },
        })),
      }),
    )
  }
  for (const week of weeks) {
    const [monday = 0, tuesday = 0, wednesday = 0, thursday = 0, friday = 0, saturday = 0, sunday = 0] = week.dayIds
    orders.push(
      order('Calendar', 'PublishWeekProfile', {
        ...{ ...common, weekId: week.id, dayIdRefMonday: monday, dayIdRefTuesday: tuesday },
        ...{ dayIdRefWednesday: wednesday, dayIdRefThursday: thursday, dayIdRefFriday: friday },
        ...{ dayIdRefSaturday: saturday, dayIdRefSunday: sunday },
      }),
    )
  }
  if (seasons.length > 0) {
    const seasonEntries = seasons.map(season => ({ seasonStartDate: dateOf(season), weekIdRef: season.weekId }))
    orders.push(order('Calendar', 'PublishSeasons', { ...common, ...whole, seasonEntries }))
  }
  if (specialDays.length > 0) {
    orders.push(
      order('Calendar', 'PublishSpecialDays', {
        ...{ ...common, startTime: startUtc, calendarType: DELIVERED, totalNumberOfSpecialDays: specialDays.length },
        ...whole,
        specialDayEntries: specialDays.map(one => ({ specialDayDate: dateOf(one), dayIdRef: one.dayId })),
      }),
    )
  }
  return orders
}
