/** Whether a tariff holds together. It is taken or refused as a whole: the first thing that is wrong is named with its field. */
import {
  type DayProfile,
  MOST_PRICE,
  MOST_THRESHOLD,
  type SwitchingTable,
  TABLE_LIMITS,
  type Tariff,
  type TariffLimits,
} from './tariff.ts'

const MINUTES_A_DAY = 1_440
const MOST_ID = 0xffff_ffff
const LABEL_OCTETS = 12
/** Numbers of day and week profiles have 8 bits. */
const MOST_TABLE_ID = 255
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** What is wrong with it, beginning with the field's path; undefined: nothing. */
export function tariffFault(tariff: Tariff, limits: TariffLimits): string | undefined {
  const { id, label, prices, standingCharge } = tariff
  return (
    outside('id', id, 0, MOST_ID) ??
    (new TextEncoder().encode(label).length > LABEL_OCTETS
      ? `label: at most ${LABEL_OCTETS} octets expected`
      : undefined) ??
    outside('standing_charge', standingCharge, 0, MOST_PRICE) ??
    pricesFault(tariff, limits) ??
    thresholdsFault(tariff) ??
    tableFault(tariff.switching, prices.length)
  )
}

function pricesFault({ prices }: Tariff, { registers, registersWithBlocks, blocks }: TariffLimits): string | undefined {
  const perRegister = prices[0]?.length ?? 0
  const most = perRegister > 1 ? registersWithBlocks : registers
  if (prices.length < 1 || prices.length > most) {
    return `prices: 1 to ${most} registers${perRegister > 1 ? ' with blocks' : ''} expected, found ${prices.length}`
  }
  for (const [at, row] of prices.entries()) {
    const where = `prices[${at}]`
    if (row.length < 1 || row.length > blocks) return `${where}: 1 to ${blocks} prices expected, found ${row.length}`
    if (row.length !== perRegister)
      return `${where}: ${perRegister} prices expected as at the others, found ${row.length}`
    const fault = first(row, (price, block) => outside(`${where}[${block}]`, price, 0, MOST_PRICE))
    if (fault) return fault
  }
  return
}

function thresholdsFault({ thresholds, prices }: Tariff): string | undefined {
  if (thresholds.length !== prices.length) {
    return `thresholds: as many as prices (${prices.length}) expected, found ${thresholds.length}`
  }
  return first(thresholds, (row, at) => {
    const expected = (prices[at]?.length ?? 1) - 1
    if (row.length !== expected) {
      return `thresholds[${at}]: one fewer than its prices (${expected}) expected, found ${row.length}`
    }
    return first(row, (threshold, block) => {
      const least = (row[block - 1] ?? 0) + 1
      return outside(`thresholds[${at}][${block}]`, threshold, least, MOST_THRESHOLD)
    })
  })
}

function tableFault(table: SwitchingTable, registers: number): string | undefined {
  const { days, weeks, seasons, specialDays } = table
  if (days.length === 0) return 'switching.days: at least one expected, found none'
  for (const name of ['days', 'weeks', 'seasons', 'specialDays'] as const) {
    const [found, most] = [table[name].length, TABLE_LIMITS[name]]
    if (found > most) return `switching.${name}: at most ${most} expected, found ${found}`
  }
  if (seasons.length > 0 && weeks.length === 0) return 'switching.weeks: at least one expected where there are seasons'
  const dayIds = days.map(({ id }) => id)
  const weekIds = weeks.map(({ id }) => id)
  return (
    first(dayIds, (id, at) => outside(`switching.days[${at}].id`, id, 1, MOST_TABLE_ID)) ??
    first(weekIds, (id, at) => outside(`switching.weeks[${at}].id`, id, 1, MOST_TABLE_ID)) ??
    repeated('switching.days', dayIds) ??
    repeated('switching.weeks', weekIds) ??
    first(days, (day, at) => dayFault(`switching.days[${at}]`, day, registers)) ??
    first(weeks, (week, at) => {
      const where = `switching.weeks[${at}].dayIds`
      if (week.dayIds.length !== 7) return `${where}: 7 expected, found ${week.dayIds.length}`
      return first(week.dayIds, (dayId, day) => unknown(`${where}[${day}]`, dayId, dayIds))
    }) ??
    first(seasons, ({ month, day, weekId }, at) => {
      const where = `switching.seasons[${at}]`
      return dateFault(where, month, day) ?? unknown(`${where}.weekId`, weekId, weekIds)
    }) ??
    repeatedDate('switching.seasons', seasons) ??
    first(specialDays, ({ year, month, day, dayId }, at) => {
      const where = `switching.specialDays[${at}]`
      return (
        (year === undefined ? undefined : outside(`${where}.year`, year, 2000, 2135)) ??
        dateFault(where, month, day) ??
        unknown(`${where}.dayId`, dayId, dayIds)
      )
    }) ??
    repeatedDate('switching.specialDays', specialDays)
  )
}

function dayFault(where: string, { switches }: DayProfile, registers: number): string | undefined {
  if (switches.length < 1 || switches.length > TABLE_LIMITS.switchesADay) {
    return `${where}.switches: 1 to ${TABLE_LIMITS.switchesADay} expected, found ${switches.length}`
  }
  if (switches[0]?.startMin !== 0) {
    return `${where}.switches[0].startMin: 0 expected so that the table covers the day, found ${switches[0]?.startMin}`
  }
  return first(switches, ({ startMin, register }, at) => {
    const least = at === 0 ? 0 : (switches[at - 1]?.startMin ?? 0) + 1
    return (
      outside(`${where}.switches[${at}].startMin`, startMin, least, MINUTES_A_DAY - 1) ??
      outside(`${where}.switches[${at}].register`, register, 1, registers)
    )
  })
}

const dateFault = (where: string, month: number, day: number): string | undefined =>
  outside(`${where}.month`, month, 1, 12) ?? outside(`${where}.day`, day, 1, LONGEST_MONTHS[month - 1] ?? 31)

function outside(where: string, value: number, least: number, most: number): string | undefined {
  if (Number.isInteger(value) && value >= least && value <= most) return
  return `${where}: ${least} to ${most} expected, found ${value}`
}

const unknown = (where: string, id: number, known: readonly number[]): string | undefined =>
  known.includes(id) ? undefined : `${where}: one of ${known.join(', ')} expected, found ${id}`

function repeated(where: string, ids: readonly number[]): string | undefined {
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  return twice === undefined ? undefined : `${where}: each id once expected, found ${twice} twice`
}

function repeatedDate(
  where: string,
  dates: readonly { year?: number; month: number; day: number }[],
): string | undefined {
  const texts = dates.map(({ year, month, day }) => `${year ?? '*'}-${month}-${day}`)
  const twice = texts.find((text, at) => texts.indexOf(text) !== at)
  return twice === undefined ? undefined : `${where}: each date once expected, found ${twice} twice`
}

function first<T>(all: readonly T[], check: (one: T, at: number) => string | undefined): string | undefined {
  for (const [at, one] of all.entries()) {
    const fault = check(one, at)
    if (fault !== undefined) return fault
  }
  return
}
