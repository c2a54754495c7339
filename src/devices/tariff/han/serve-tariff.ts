/**
 * The tariff of a meter on its HAN: Price has prices, thresholds and standing charge, Calendar when which register counts.
 * @source ZigBee SE 1.2a, Price and Calendar; that a meter serves both itself: assumed
 */
import type { ZclEndpoint } from '../../../zcl/node.ts'
import { Status } from '../../../zcl/status.ts'
import type { DeviceClock } from '../../device-clock.ts'
import { UNIT } from '../../meter-registers.ts'
import { type Fuel, LABEL_OCTETS, type PublishPrice, toPublishPrice, UNTIL_CHANGED } from '../../notices.ts'
import { utcOf } from '../../zigbee-time.ts'
import { blockPeriodStart } from '../block-period.ts'
import type { Charging } from '../charging.ts'
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

export interface TariffPlace {
  endpoint: ZclEndpoint
  fuel: Fuel
  /** `milliWhPerUnit`: what a Wh or dm3 holds. */
  charging: Charging & { readonly tariffSinceMs: number | undefined; readonly milliWhPerUnit: number }
  clock: DeviceClock
}

export function serveTariff(place: TariffPlace): void {
  servePrice(place)
  serveCalendar(place)
}

/** What a kWh, or a m3 of gas, costs now. @source that a notice prices gas by the m3, as it is metered: assumed */
export function priceNow({ fuel, charging, clock }: Omit<TariffPlace, 'endpoint'>): PublishPrice {
  const { tariff, tariffSinceMs, milliWhPerUnit } = charging
  const nowUtc = utcOf(clock.unixMs())
  const price = Math.min(Math.round((charging.price * milliWhPerUnit) / 1_000), MOST_PRICE)
  const notice = { label: tariff.label, price, digits: PRICE_DIGITS, currency: CURRENCY }
  const startUtc = Math.min(utcOf(tariffSinceMs ?? 0), nowUtc)
  return toPublishPrice(fuel, notice, { nowUtc, startUtc, minutes: UNTIL_CHANGED, eventId: tariff.id })
}
/** 32 bits, of which the greatest value means none. */
const MOST_PRICE = 0xffff_fffe

/** One event for each tariff: its number. */
const issued = ({ id }: Tariff) => ({ providerId: 0, issuerEventId: id })
const labelOf = ({ label }: Tariff): Uint8Array => new TextEncoder().encode(label).slice(0, LABEL_OCTETS)

function servePrice(place: TariffPlace): void {
  const { endpoint, charging, clock } = place
  const sinceUtc = () => utcOf(charging.tariffSinceMs ?? 0)
  const current = (tariffId: number) => (charging.tariff.id === tariffId ? charging.tariff : undefined)
  const whole = { commandIndex: 0, numberOfCommands: 1 }
  const prices = {
    StandingCharge: () => charging.tariff.standingCharge,
    StartOfBlockPeriod: () => utcOf(blockPeriodStart(charging.tariff.blockPeriod, clock.unixMs())),
    BlockPeriodDuration: () => periodWords(charging.tariff.blockPeriod).duration,
    BlockPeriodDurationType: () => periodWords(charging.tariff.blockPeriod).type,
    ...{ ThresholdMultiplier: 1, ThresholdDivisor: 1_000 },
  }
  endpoint.serve('Price', {
    attributes: prices,
    commands: {
      GetCurrentPrice: (_options, _from, reply) => reply('PublishPrice', priceNow(place)),
      GetTariffInformation: (_question, _from, reply) => {
        const { tariff } = charging
        const blocks = tariff.prices[0]?.length ?? 1
        const scheme = blocks === 1 ? SCHEME.tou : tariff.prices.length === 1 ? SCHEME.block : SCHEME.combined
        reply('PublishTariffInformation', {
          ...issued(tariff),
          issuerTariffId: tariff.id,
          startTime: sinceUtc(),
          tariffTypeChargingScheme: (scheme << 4) | DELIVERED,
          tariffLabel: labelOf(tariff),
          numberOfPriceTiersInUse: tariff.prices.length,
          numberOfBlockThresholdsInUse: blocks - 1,
          ...{ unitOfMeasure: UNIT.kWh, currency: CURRENCY, priceTrailingDigit: PRICE_DIGITS << 4 },
          standingCharge: tariff.standingCharge,
          tierBlockMode: blocks > 1 ? BLOCK_MODE.ofTier : BLOCK_MODE.none,
          ...{ blockThresholdMultiplier: 1, blockThresholdDivisor: 1_000 },
        })
      },
      GetPriceMatrix: ({ issuerTariffId }, _from, reply) => {
        const tariff = current(issuerTariffId)
        if (!tariff) return Status.NOT_FOUND
        const payload = tariff.prices.flatMap((row, register) =>
          row.map((price, block) => ({ tierBlockId: tierBlockId(tariff, register + 1, block + 1), price })),
        )
        const byTou = (tariff.prices[0]?.length ?? 1) === 1 ? 1 : 0
        reply('PublishPriceMatrix', {
          ...{ ...issued(tariff), startTime: sinceUtc(), issuerTariffId, ...whole, subPayloadControl: byTou, payload },
        })
        return
      },
      GetBlockThresholds: ({ issuerTariffId }, _from, reply) => {
        const tariff = current(issuerTariffId)
        if (!tariff || (tariff.thresholds[0]?.length ?? 0) === 0) return Status.NOT_FOUND
        reply('PublishBlockThresholds', {
          ...{ ...issued(tariff), startTime: sinceUtc(), issuerTariffId, ...whole, subPayloadControl: 0 },
          payload: toThresholds(tariff.thresholds),
        })
        return
      },
    },
  })
}

function serveCalendar({ endpoint, charging }: TariffPlace): void {
  const sinceUtc = () => utcOf(charging.tariffSinceMs ?? 0)
  const common = (tariff: Tariff) => ({ ...issued(tariff), issuerCalendarId: tariff.id })
  const whole = { commandIndex: 0, totalNumberOfCommands: 1 }
  endpoint.serve('Calendar', {
    commands: {
      GetCalendar: (_question, _from, reply) => {
        const { tariff } = charging
        const { days, weeks, seasons } = tariff.switching
        reply('PublishCalendar', {
          ...common(tariff),
          startTime: sinceUtc(),
          ...{ calendarType: DELIVERED, calendarTimeReference: 0, calendarName: labelOf(tariff) },
          numberOfSeasons: seasons.length,
          numberOfWeekProfiles: weeks.length,
          numberOfDayProfiles: days.length,
        })
      },
      // The first from this number on, one at a time.
      GetDayProfiles: ({ startDayId }, _from, reply) => {
        const { tariff } = charging
        const day = nextOf(tariff.switching.days, startDayId)
        if (!day) return Status.NOT_FOUND
        reply('PublishDayProfile', {
          ...{ ...common(tariff), dayId: day.id, totalNumberOfScheduleEntries: day.switches.length, ...whole },
          calendarType: DELIVERED,
          dayScheduleEntries: day.switches.map(({ startMin, register }) => ({
            startTime: startMin,
            activePriceTierOrFriendlyCreditEnable: register,
          })),
        })
        return
      },
      GetWeekProfiles: ({ startWeekId }, _from, reply) => {
        const { tariff } = charging
        const week = nextOf(tariff.switching.weeks, startWeekId)
        if (!week) return Status.NOT_FOUND
        const [monday = 0, tuesday = 0, wednesday = 0, thursday = 0, friday = 0, saturday = 0, sunday = 0] = week.dayIds
        reply('PublishWeekProfile', {
          ...{ ...common(tariff), weekId: week.id, dayIdRefMonday: monday, dayIdRefTuesday: tuesday },
          ...{ dayIdRefWednesday: wednesday, dayIdRefThursday: thursday, dayIdRefFriday: friday },
          ...{ dayIdRefSaturday: saturday, dayIdRefSunday: sunday },
        })
        return
      },
      GetSeasons: (_question, _from, reply) => {
        const { tariff } = charging
        const { seasons } = tariff.switching
        if (seasons.length === 0) return Status.NOT_FOUND
        const seasonEntries = seasons.map(({ month, day, weekId }) => ({
          ...{ seasonStartDate: dateOf({ month, day }), weekIdRef: weekId },
        }))
        reply('PublishSeasons', { ...common(tariff), ...whole, seasonEntries })
        return
      },
      GetSpecialDays: (_question, _from, reply) => {
        const { tariff } = charging
        const { specialDays } = tariff.switching
        if (specialDays.length === 0) return Status.NOT_FOUND
        reply('PublishSpecialDays', {
          ...{ ...common(tariff), startTime: sinceUtc(), calendarType: DELIVERED },
          totalNumberOfSpecialDays: specialDays.length,
          ...whole,
          specialDayEntries: specialDays.map(one => ({ specialDayDate: dateOf(one), dayIdRef: one.dayId })),
        })
        return
      },
    },
  })
}

const nextOf = <T extends { id: number }>(all: readonly T[], from: number): T | undefined =>
  all.toSorted((a, b) => a.id - b.id).find(({ id }) => id >= from)
