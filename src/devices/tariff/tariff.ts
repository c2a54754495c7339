/**
 * What a supplier asks for energy, as a meter holds it: which register counts when, up to where a block goes, what a unit costs.
 * Civil times are by the meter's clock, UTC. @source SMETS1 registers and matrices: MMC schema v5.4, log capacities [public]; the form: assumed
 */

/** From this minute of the day on, this register counts. */
export interface Switch {
  /** Minutes after midnight, UTC: 0 to 1439. */
  startMin: number
  /** Time-of-use register, from 1. */
  register: number
}

/** One kind of day: its switches in order, the first at midnight. */
export interface DayProfile {
  id: number
  switches: readonly Switch[]
}

/** One kind of week: the day profiles of Monday to Sunday. */
export interface WeekProfile {
  id: number
  dayIds: readonly number[]
}

/** From this date of each year on, this kind of week. */
export interface Season {
  /** 1 to 12. */
  month: number
  /** 1 to 31. */
  day: number
  weekId: number
}

/** A date with a day profile of its own; each year unless a year is given. */
export interface SpecialDay {
  year?: number
  month: number
  day: number
  dayId: number
}

/** Which register counts when. Without seasons the first week holds all year; without weeks the first day profile every day. */
export interface SwitchingTable {
  days: readonly DayProfile[]
  weeks: readonly WeekProfile[]
  seasons: readonly Season[]
  specialDays: readonly SpecialDay[]
}

/** How long block counters count before they begin again, from midnight UTC on. */
export type BlockPeriod = 'day' | 'week' | 'month' | 'quarter'

/**
 * A whole tariff. Money is in thousandths of a penny, amounts of energy in kWh (of gas: by calorific value), thresholds in
 * Wh (electricity) or dm3 (gas).
 */
export interface Tariff {
  /** The supplier's own number for it. */
  id: number
  /** At most 12 octets, for screens. */
  label: string
  switching: SwitchingTable
  /** For each register the upper ends of its blocks but the last, rising; all empty: no blocks. */
  thresholds: readonly (readonly number[])[]
  blockPeriod: BlockPeriod
  /** For each register the price per kWh in each of its blocks: one where there are no blocks. */
  prices: readonly (readonly number[])[]
  /** Per day. */
  standingCharge: number
}

/** How much a meter's tariff may hold. */
export interface TariffLimits {
  registers: number
  /** Registers where there are blocks. */
  registersWithBlocks: number
  blocks: number
}

/** @source MMC schema v5.4: 48 registers, 4 matrices of blocks by 8 registers; gas: 4 registers, or 4 blocks [public] */
export const TARIFF_LIMITS = {
  electricity: { registers: 48, registersWithBlocks: 8, blocks: 4 },
  gas: { registers: 4, registersWithBlocks: 1, blocks: 4 },
} as const satisfies Record<string, TariffLimits>

/** @source assumed; DUIS schema v5.4 names 16 day profiles, 4 seasons, 4 week profiles and 50 special days */
export const TABLE_LIMITS = { days: 16, weeks: 4, seasons: 4, specialDays: 50, switchesADay: 48 } as const

/** 100 pounds: more for a kWh, or for a day, is a slip. @source assumed */
export const MOST_PRICE = 10_000_000
/** Wh or dm3. @source assumed: 32 bits, as Block Threshold attributes have 48 */
export const MOST_THRESHOLD = 0xffff_ffff

/** One price at all times, the standing charge beside it. */
export const flatTariff = (price: number, standingCharge: number): Tariff => ({
  id: 0,
  label: 'Flat',
  switching: { days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] },
  thresholds: [[]],
  blockPeriod: 'month',
  prices: [[price]],
  standingCharge,
})

/** What a tariff is in one word. */
export type TariffKind = 'flat' | 'tou' | 'block' | 'tou-with-blocks'

export function kindOfTariff({ prices }: Tariff): TariffKind {
  const blocks = (prices[0]?.length ?? 1) > 1
  if (prices.length > 1) return blocks ? 'tou-with-blocks' : 'tou'
  return blocks ? 'block' : 'flat'
}
