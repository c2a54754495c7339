/**
 * A tariff in the commands that publish it, each alone and all of them in the order in which they are taken.
 * @source ZigBee SE 1.2a, Price and Calendar
 */
import type { CommandName, CommandPayload } from '../../../zcl/clusters.ts'
import { UNIT } from '../../meter-registers.ts'
import { LABEL_OCTETS } from '../../notices.ts'
import type { DayProfile, Tariff, WeekProfile } from '../tariff.ts'
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

type Price<N extends CommandName<'Price', 'toClient'>> = CommandPayload<'Price', N, 'toClient'>
type Calendar<N extends CommandName<'Calendar', 'toClient'>> = CommandPayload<'Calendar', N, 'toClient'>

/** What is published: a tariff, since when it holds (ZigBee UTC), and the number of the event. */
export interface Publication {
  tariff: Tariff
  startUtc: number
  eventId: number
}

/** Sends one command of Price or Calendar. */
export type Publish = <C extends 'Price' | 'Calendar', N extends CommandName<C, 'toClient'>>(
  cluster: C,
  command: N,
  payload: CommandPayload<C, N, 'toClient'>,
) => void

/** @source ZigBee SE 1.2a, Tariff Resolution Period */
const NOT_DEFINED = 0x00
const ONE_COMMAND = { commandIndex: 0, numberOfCommands: 1 } as const
const ONE_OF_CALENDAR = { commandIndex: 0, totalNumberOfCommands: 1 } as const

const issued = ({ eventId }: Publication) => ({ providerId: 0, issuerEventId: eventId })
const ofCalendar = (of: Publication) => ({ ...issued(of), issuerCalendarId: of.tariff.id })
const labelOf = ({ label }: Tariff): Uint8Array => new TextEncoder().encode(label).slice(0, LABEL_OCTETS)
const blocksOf = ({ prices }: Tariff): number => prices[0]?.length ?? 1

export function tariffInformation(of: Publication): Price<'PublishTariffInformation'> {
  const { tariff, startUtc } = of
  const blocks = blocksOf(tariff)
  const scheme = blocks === 1 ? SCHEME.tou : tariff.prices.length === 1 ? SCHEME.block : SCHEME.combined
  return {
    ...issued(of),
    issuerTariffId: tariff.id,
    startTime: startUtc,
    tariffTypeChargingScheme: (scheme << 4) | DELIVERED,
    tariffLabel: labelOf(tariff),
    numberOfPriceTiersInUse: tariff.prices.length,
    numberOfBlockThresholdsInUse: blocks - 1,
    ...{ unitOfMeasure: UNIT.kWh, currency: CURRENCY, priceTrailingDigit: PRICE_DIGITS << 4 },
    standingCharge: tariff.standingCharge,
    tierBlockMode: blocks > 1 ? BLOCK_MODE.ofTier : BLOCK_MODE.none,
    ...{ blockThresholdMultiplier: 1, blockThresholdDivisor: 1_000 },
  }
}

export function priceMatrix(of: Publication): Price<'PublishPriceMatrix'> {
  const { tariff, startUtc } = of
  const payload = tariff.prices.flatMap((row, register) =>
    row.map((price, block) => ({ tierBlockId: tierBlockId(tariff, register + 1, block + 1), price })),
  )
  const subPayloadControl = blocksOf(tariff) === 1 ? 1 : 0
  return {
    ...{ ...issued(of), startTime: startUtc, issuerTariffId: tariff.id, ...ONE_COMMAND, subPayloadControl, payload },
  }
}

/** Undefined for a tariff without blocks. */
export function blockThresholds(of: Publication): Price<'PublishBlockThresholds'> | undefined {
  const { tariff, startUtc } = of
  if ((tariff.thresholds[0]?.length ?? 0) === 0) return
  return {
    ...{ ...issued(of), startTime: startUtc, issuerTariffId: tariff.id, ...ONE_COMMAND, subPayloadControl: 0 },
    payload: toThresholds(tariff.thresholds),
  }
}

export function blockPeriod(of: Publication): Price<'PublishBlockPeriod'> {
  const { duration, type } = periodWords(of.tariff.blockPeriod)
  return {
    ...{ ...issued(of), blockPeriodStartTime: of.startUtc, blockPeriodDuration: duration, blockPeriodControl: 0 },
    ...{ blockPeriodDurationType: type, tariffType: DELIVERED, tariffResolutionPeriod: NOT_DEFINED },
  }
}

export function calendar(of: Publication): Calendar<'PublishCalendar'> {
  const { days, weeks, seasons } = of.tariff.switching
  return {
    ...ofCalendar(of),
    startTime: of.startUtc,
    ...{ calendarType: DELIVERED, calendarTimeReference: 0, calendarName: labelOf(of.tariff) },
    numberOfSeasons: seasons.length,
    numberOfWeekProfiles: weeks.length,
    numberOfDayProfiles: days.length,
  }
}

export const dayProfile = (of: Publication, { id, switches }: DayProfile): Calendar<'PublishDayProfile'> => ({
  ...{ ...ofCalendar(of), dayId: id, totalNumberOfScheduleEntries: switches.length, ...ONE_OF_CALENDAR },
  calendarType: DELIVERED,
  dayScheduleEntries: switches.map(({ startMin, register }) => ({
    startTime: startMin,
    activePriceTierOrFriendlyCreditEnable: register,
  })),
})

export function weekProfile(of: Publication, { id, dayIds }: WeekProfile): Calendar<'PublishWeekProfile'> {
  const [monday = 0, tuesday = 0, wednesday = 0, thursday = 0, friday = 0, saturday = 0, sunday = 0] = dayIds
  return {
    ...{ ...ofCalendar(of), weekId: id, dayIdRefMonday: monday, dayIdRefTuesday: tuesday },
    ...{ dayIdRefWednesday: wednesday, dayIdRefThursday: thursday, dayIdRefFriday: friday },
    ...{ dayIdRefSaturday: saturday, dayIdRefSunday: sunday },
  }
}

/** Undefined for a table without seasons. */
export function seasons(of: Publication): Calendar<'PublishSeasons'> | undefined {
  const { switching } = of.tariff
  if (switching.seasons.length === 0) return
  const seasonEntries = switching.seasons.map(({ month, day, weekId }) => ({
    ...{ seasonStartDate: dateOf({ month, day }), weekIdRef: weekId },
  }))
  return { ...ofCalendar(of), ...ONE_OF_CALENDAR, seasonEntries }
}

/** Undefined for a table without special days. */
export function specialDays(of: Publication): Calendar<'PublishSpecialDays'> | undefined {
  const { switching } = of.tariff
  if (switching.specialDays.length === 0) return
  return {
    ...{ ...ofCalendar(of), startTime: of.startUtc, calendarType: DELIVERED },
    totalNumberOfSpecialDays: switching.specialDays.length,
    ...ONE_OF_CALENDAR,
    specialDayEntries: switching.specialDays.map(one => ({ specialDayDate: dateOf(one), dayIdRef: one.dayId })),
  }
}

/** All of a tariff, one command each; whoever takes it has it whole with the last. */
export function publications(of: Publication): ((publish: Publish) => void)[] {
  const { days, weeks } = of.tariff.switching
  const [inSeasons, onSpecialDays, thresholds] = [seasons(of), specialDays(of), blockThresholds(of)]
  return [
    publish => publish('Calendar', 'PublishCalendar', calendar(of)),
    ...days.map(day => (publish: Publish) => publish('Calendar', 'PublishDayProfile', dayProfile(of, day))),
    ...weeks.map(week => (publish: Publish) => publish('Calendar', 'PublishWeekProfile', weekProfile(of, week))),
    ...(inSeasons ? [(publish: Publish) => publish('Calendar', 'PublishSeasons', inSeasons)] : []),
    ...(onSpecialDays ? [(publish: Publish) => publish('Calendar', 'PublishSpecialDays', onSpecialDays)] : []),
    publish => publish('Price', 'PublishBlockPeriod', blockPeriod(of)),
    ...(thresholds ? [(publish: Publish) => publish('Price', 'PublishBlockThresholds', thresholds)] : []),
    publish => publish('Price', 'PublishTariffInformation', tariffInformation(of)),
    publish => publish('Price', 'PublishPriceMatrix', priceMatrix(of)),
  ]
}
