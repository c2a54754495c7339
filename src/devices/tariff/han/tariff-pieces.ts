/**
 * A tariff taken apart into what the commands of Price and Calendar say of it: names that equivalent steps use. Entries of lists that
 * commands carry as they are have the commands' own names.
 */
import type { Tariff } from '../tariff.ts'
import { BLOCK_MODE, DELIVERED, dateOf, periodWords, SCHEME, tierBlockId, toThresholds } from './tariff-words.ts'

/** Prices and standing charge alone. */
export function pricePieces(tariff: Tariff) {
  const { id, label, prices, standingCharge } = tariff
  const blocks = prices[0]?.length ?? 1
  const scheme = blocks === 1 ? SCHEME.tou : prices.length === 1 ? SCHEME.block : SCHEME.combined
  return {
    tariffId: id,
    label,
    standingCharge,
    chargingScheme: (scheme << 4) | DELIVERED,
    numberOfRegisters: prices.length,
    numberOfThresholds: blocks - 1,
    blockMode: blocks > 1 ? BLOCK_MODE.ofTier : BLOCK_MODE.none,
    byTier: blocks === 1 ? 1 : 0,
    prices: prices.flatMap((row, register) =>
      row.map((price, block) => ({
        ...{ register: register + 1, block: block + 1, price },
        tierBlockId: tierBlockId(tariff, register + 1, block + 1),
      })),
    ),
  }
}

/** All of it. */
export function tariffPieces(tariff: Tariff) {
  const { thresholds, blockPeriod } = tariff
  const { days, weeks, seasons, specialDays } = tariff.switching
  const { duration, type } = periodWords(blockPeriod)
  return {
    ...pricePieces(tariff),
    days: days.map(({ id, switches }) => ({
      ...{ id, numberOfSwitches: switches.length },
      switches: switches.map(({ startMin, register }) => ({
        ...{ startTime: startMin, activePriceTierOrFriendlyCreditEnable: register },
      })),
    })),
    weeks: weeks.map(({ id, dayIds }) => {
      const [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = dayIds
      return { id, monday, tuesday, wednesday, thursday, friday, saturday, sunday }
    }),
    seasons: seasons.map(season => ({ seasonStartDate: dateOf(season), weekIdRef: season.weekId })),
    specialDays: specialDays.map(one => ({ specialDayDate: dateOf(one), dayIdRef: one.dayId })),
    ...{ numberOfDays: days.length, numberOfWeeks: weeks.length },
    ...{ numberOfSeasons: seasons.length, numberOfSpecialDays: specialDays.length },
    ...{ blockPeriodDuration: duration, blockPeriodType: type },
    /** Without blocks there is none to be told. */
    thresholds: thresholds.every(row => row.length === 0) ? new Uint8Array() : toThresholds(thresholds),
  }
}
