/**
 * How a meter gets a tariff over the HAN: piece by piece from its hub, taken as a whole with the last one, the prices. Prices alone,
 * for the tariff it has, change no more than prices and standing charge.
 * @source ZigBee SE 1.2a, Price and Calendar; that a meter takes what is published to it, and the order: assumed
 */
import type { CommandPayload } from '../../../zcl/clusters.ts'
import type { SideOptions } from '../../../zcl/endpoint-types.ts'
import { Status } from '../../../zcl/status.ts'
import type { Peer } from '../../../zcl/transactions.ts'
import { unixMsOf } from '../../zigbee-time.ts'
import type { Charging } from '../charging.ts'
import {
  type BlockPeriod,
  type DayProfile,
  type Season,
  type SpecialDay,
  TABLE_LIMITS,
  type Tariff,
  type WeekProfile,
} from '../tariff.ts'
import { fromDate, periodOfWords, thresholdsOf } from './tariff-words.ts'

export type PriceCommands = NonNullable<SideOptions<'Price', 'client', 'toClient'>['commands']>
export type CalendarCommands = NonNullable<SideOptions<'Calendar', 'client', 'toClient'>['commands']>
type Information = CommandPayload<'Price', 'PublishTariffInformation', 'toClient'>
type Matrix = CommandPayload<'Price', 'PublishPriceMatrix', 'toClient'>

/** What has come of a tariff so far. */
interface Draft {
  eventId: number
  information?: Information
  calendar?: CommandPayload<'Calendar', 'PublishCalendar', 'toClient'>
  days: DayProfile[]
  weeks: WeekProfile[]
  seasons: Season[]
  specialDays: SpecialDay[]
  blockPeriod?: BlockPeriod
  /** By register. */
  thresholds: Map<number, number[]>
}

export interface TariffIntakeOptions {
  charging: Pick<Charging, 'tariff' | 'pending' | 'hold' | 'forget'>
  /** Tariffs come from here only. */
  esi: Peer
  /** What became of it. `fault`: what is wrong with it, beginning with the field. */
  onOutcome: (what: 'tariff' | 'prices' | 'cancelled tariff', fault: string | undefined) => void
}

const UTF8 = new TextDecoder()
/** Whichever tariff waits. @source assumed */
const ANY_TARIFF = 0xffff_ffff

export class TariffIntake {
  private readonly options: TariffIntakeOptions
  private draft: Draft = newDraft(0)

  constructor(options: TariffIntakeOptions) {
    this.options = options
  }

  priceCommands(): PriceCommands {
    return {
      PublishTariffInformation: (information, from) =>
        this.take(from, information, draft => {
          draft.information = information
        }),
      PublishBlockPeriod: (period, from) =>
        this.take(from, period, draft => {
          const found = periodOfWords(period.blockPeriodDuration, period.blockPeriodDurationType ?? 0)
          if (!found) return Status.INVALID_VALUE
          draft.blockPeriod = found
          return Status.SUCCESS
        }),
      PublishBlockThresholds: (thresholds, from) =>
        this.take(from, thresholds, draft => {
          const found = thresholdsOf(thresholds.payload)
          if (!found) return Status.INVALID_VALUE
          draft.thresholds = found
          return Status.SUCCESS
        }),
      PublishPriceMatrix: (matrix, from) => this.take(from, matrix, draft => this.finish(draft, matrix)),
      CancelTariff: ({ issuerTariffId }, from) => {
        const { charging, esi, onOutcome } = this.options
        if (from.device !== esi.device) return Status.NOT_AUTHORIZED
        const isMeant = issuerTariffId === ANY_TARIFF || charging.pending?.tariff.id === issuerTariffId
        if (!isMeant || !charging.forget()) return Status.NOT_FOUND
        onOutcome('cancelled tariff', undefined)
        return Status.SUCCESS
      },
    }
  }

  calendarCommands(): CalendarCommands {
    return {
      PublishCalendar: (calendar, from) =>
        this.take(from, calendar, draft => {
          draft.calendar = calendar
        }),
      PublishDayProfile: (day, from) =>
        this.take(from, day, draft => {
          if (draft.days.length >= TABLE_LIMITS.days) return Status.INVALID_VALUE
          const switches = day.dayScheduleEntries.map(entry => ({
            ...{ startMin: entry.startTime, register: entry.activePriceTierOrFriendlyCreditEnable },
          }))
          draft.days.push({ id: day.dayId, switches })
          return Status.SUCCESS
        }),
      PublishWeekProfile: (week, from) =>
        this.take(from, week, draft => {
          if (draft.weeks.length >= TABLE_LIMITS.weeks) return Status.INVALID_VALUE
          const { dayIdRefMonday, dayIdRefTuesday, dayIdRefWednesday, dayIdRefThursday, dayIdRefFriday } = week
          const dayIds = [dayIdRefMonday, dayIdRefTuesday, dayIdRefWednesday, dayIdRefThursday, dayIdRefFriday]
          draft.weeks.push({ id: week.weekId, dayIds: [...dayIds, week.dayIdRefSaturday, week.dayIdRefSunday] })
          return Status.SUCCESS
        }),
      PublishSeasons: (seasons, from) =>
        this.take(from, seasons, draft => {
          draft.seasons = seasons.seasonEntries.map(({ seasonStartDate, weekIdRef }) => {
            const { month, day } = fromDate(seasonStartDate)
            return { month, day, weekId: weekIdRef }
          })
        }),
      PublishSpecialDays: (days, from) =>
        this.take(from, days, draft => {
          draft.specialDays = days.specialDayEntries.map(({ specialDayDate, dayIdRef }) => ({
            ...{ ...fromDate(specialDayDate), dayId: dayIdRef },
          }))
        }),
    }
  }

  private take(
    from: Peer,
    { issuerEventId }: { issuerEventId: number },
    put: (draft: Draft) => number | undefined,
  ): number {
    if (from.device !== this.options.esi.device) return Status.NOT_AUTHORIZED
    if (this.draft.eventId !== issuerEventId) this.draft = newDraft(issuerEventId)
    return put(this.draft) ?? Status.SUCCESS
  }

  private finish(draft: Draft, matrix: Matrix): number {
    const { charging, onOutcome } = this.options
    const what = draft.calendar ? 'tariff' : 'prices'
    this.draft = newDraft(0)
    const tariff = tariffOf(draft, matrix, charging.tariff)
    const fault =
      typeof tariff === 'string' ? tariff : charging.hold(tariff, unixMsOf(draft.information?.startTime ?? 0) ?? 0)
    onOutcome(what, fault)
    return fault === undefined ? Status.SUCCESS : Status.INVALID_VALUE
  }
}

const newDraft = (eventId: number): Draft => ({
  ...{ eventId, days: [], weeks: [], seasons: [], specialDays: [], thresholds: new Map() },
})

/** The tariff of a draft; a text says what is missing. Without a calendar it is the present one with other prices. */
function tariffOf(draft: Draft, matrix: Matrix, present: Tariff): Tariff | string {
  const { information, calendar } = draft
  if (!information) return 'tariff: its information before its prices expected'
  const registers = information.numberOfPriceTiersInUse
  const blocks = information.numberOfBlockThresholdsInUse + 1
  const byId = new Map(matrix.payload.map(({ tierBlockId, price }) => [tierBlockId, price]))
  const idOf = (register: number, block: number) => (blocks === 1 ? register : (register << 4) | block)
  const prices = Array.from({ length: registers }, (_, register) =>
    Array.from({ length: blocks }, (_, block) => byId.get(idOf(register + 1, block + 1)) ?? Number.NaN),
  )
  const { standingCharge } = information
  if (!calendar) return { ...present, prices, standingCharge }
  if (draft.days.length !== calendar.numberOfDayProfiles) return 'switching.days: all of them expected'
  if (draft.weeks.length !== calendar.numberOfWeekProfiles) return 'switching.weeks: all of them expected'
  if (draft.seasons.length !== calendar.numberOfSeasons) return 'switching.seasons: all of them expected'
  const { days, weeks, seasons, specialDays } = draft
  return {
    id: information.issuerTariffId,
    label: information.tariffLabel ? UTF8.decode(information.tariffLabel) : '',
    switching: { days, weeks, seasons, specialDays },
    thresholds: prices.map((_, register) => draft.thresholds.get(register + 1) ?? []),
    blockPeriod: draft.blockPeriod ?? 'month',
    ...{ prices, standingCharge },
  }
}
