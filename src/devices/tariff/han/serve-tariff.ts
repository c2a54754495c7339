/**
 * The tariff of a meter on its HAN: Price has prices, thresholds and standing charge, Calendar when which register counts.
 * @source ZigBee SE 1.2a, Price and Calendar; that a meter serves both itself: assumed
 */
import type { ZclEndpoint } from '../../../zcl/node.ts'
import { Status } from '../../../zcl/status.ts'
import type { DeviceClock } from '../../device-clock.ts'
import { type Fuel, type PublishPrice, toPublishPrice, UNTIL_CHANGED } from '../../notices.ts'
import { utcOf } from '../../zigbee-time.ts'
import { blockPeriodStart } from '../block-period.ts'
import type { Charging } from '../charging.ts'
import {
  blockThresholds,
  calendar,
  dayProfile,
  type Publication,
  priceMatrix,
  seasons,
  specialDays,
  tariffInformation,
  weekProfile,
} from './tariff-publications.ts'
import { CURRENCY, PRICE_DIGITS, periodWords } from './tariff-words.ts'

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

/** What it is published as: one event for each tariff, its number. */
const published = ({ charging: { tariff, tariffSinceMs } }: TariffPlace): Publication => ({
  ...{ tariff, startUtc: utcOf(tariffSinceMs ?? 0), eventId: tariff.id },
})

function servePrice(place: TariffPlace): void {
  const { endpoint, charging, clock } = place
  const current = (tariffId: number) => (charging.tariff.id === tariffId ? published(place) : undefined)
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
      GetTariffInformation: (_question, _from, reply) =>
        reply('PublishTariffInformation', tariffInformation(published(place))),
      GetPriceMatrix: ({ issuerTariffId }, _from, reply) => {
        const asked = current(issuerTariffId)
        if (!asked) return Status.NOT_FOUND
        reply('PublishPriceMatrix', priceMatrix(asked))
        return
      },
      GetBlockThresholds: ({ issuerTariffId }, _from, reply) => {
        const asked = current(issuerTariffId)
        const found = asked && blockThresholds(asked)
        if (!found) return Status.NOT_FOUND
        reply('PublishBlockThresholds', found)
        return
      },
    },
  })
}

function serveCalendar(place: TariffPlace): void {
  const { endpoint, charging } = place
  endpoint.serve('Calendar', {
    commands: {
      GetCalendar: (_question, _from, reply) => reply('PublishCalendar', calendar(published(place))),
      // The first from this number on, one at a time.
      GetDayProfiles: ({ startDayId }, _from, reply) => {
        const day = nextOf(charging.tariff.switching.days, startDayId)
        if (!day) return Status.NOT_FOUND
        reply('PublishDayProfile', dayProfile(published(place), day))
        return
      },
      GetWeekProfiles: ({ startWeekId }, _from, reply) => {
        const week = nextOf(charging.tariff.switching.weeks, startWeekId)
        if (!week) return Status.NOT_FOUND
        reply('PublishWeekProfile', weekProfile(published(place), week))
        return
      },
      GetSeasons: (_question, _from, reply) => {
        const found = seasons(published(place))
        if (!found) return Status.NOT_FOUND
        reply('PublishSeasons', found)
        return
      },
      GetSpecialDays: (_question, _from, reply) => {
        const found = specialDays(published(place))
        if (!found) return Status.NOT_FOUND
        reply('PublishSpecialDays', found)
        return
      },
    },
  })
}

const nextOf = <T extends { id: number }>(all: readonly T[], from: number): T | undefined =>
  all.toSorted((a, b) => a.id - b.id).find(({ id }) => id >= from)
