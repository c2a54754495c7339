/** Registers and tariffs, row by row of the catalogue: electricity by time of use with blocks, gas with blocks. */
import { afterAll, beforeAll, expect } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import type { Measurement } from '../../src/devices/metering/measurement.ts'
import type { Tariff } from '../../src/wan/messages/wan-types.generated.ts'
import { esmeOf, gsmeOf } from '../helpers/home-meters.ts'
import { isOneOf, READINGS } from '../helpers/reading-sets.ts'
import { exchanges, expectBetween, mirrored, reads, readsInPages } from '../helpers/reading-words.ts'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

const COMMON = { blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 40_000 } as const
const ALL_DAY = { days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] }
const ELECTRICITY: Tariff = {
  ...{ ...COMMON, tariffId: 7, label: 'Evenings' },
  switching: {
    days: [
      {
        id: 1,
        switches: [
          { startMin: 0, register: 1 },
          { startMin: 1_050, register: 2 },
          { startMin: 1_110, register: 3 },
        ],
      },
      { id: 2, switches: [{ startMin: 0, register: 3 }] },
    ],
    weeks: [{ id: 1, dayIds: [1, 1, 1, 1, 1, 2, 2] }],
    seasons: [{ month: 1, day: 1, weekId: 1 }],
    specialDays: [{ month: 12, day: 25, dayId: 2 }],
  },
  rates: [
    { prices: [30_000, 20_000, 10_000], thresholds: [100, 300] },
    { prices: [31_000, 21_000, 11_000], thresholds: [150, 350] },
    { prices: [9_000, 8_000, 7_000], thresholds: [50, 250] },
  ],
}
const GAS: Tariff = {
  ...{ ...COMMON, tariffId: 8, label: 'Gas blocks', switching: ALL_DAY },
  rates: [{ prices: [5_000, 4_000, 3_000], thresholds: [50, 100] }],
}

/** Another register from now on. */
const GAS_BY_TIME: Tariff = {
  ...{ ...COMMON, tariffId: 9, label: 'Gas by time' },
  switching: {
    ...ALL_DAY,
    days: [
      {
        id: 1,
        switches: [
          { startMin: 0, register: 1 },
          { startMin: 1_200, register: 2 },
        ],
      },
    ],
  },
  rates: [
    { prices: [5_000], thresholds: [] },
    { prices: [4_000], thresholds: [] },
  ],
}

let home: RequestHome
/** What the gas meter held when it reported last, and when that was. */
let reported: () => { atMs: number; seen: ReturnType<typeof gas> }
beforeAll(async () => {
  home = await requestHome({ edit: rig => ({ ...rig, startsAt: '2021-10-13T15:00:00Z' }) })
  reported = home.whenever('GSME', '< ReportAttributes Metering', () => gas(home))
  await home.ask('updateTariff', 'ESME', { tariff: ELECTRICITY })
  await home.ask('updateTariff', 'GSME', { tariff: GAS })
  await home.pass(hours(4) + minutes(10))
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

async function gasByTime(at: RequestHome): Promise<void> {
  if (gas(at).charges.tariff.tariffId === GAS_BY_TIME.tariffId) return
  await at.ask('updateTariff', 'GSME', { tariff: GAS_BY_TIME })
  await at.pass(hours(2))
}

const counted = (count: number) => Array.from({ length: count }, (_, at) => at + 1)
const TIERS = counted(48).map(tier => `CurrentTier${tier}SummationDelivered`)
const MATRIX = counted(8).flatMap(register => counted(4).map(block => ({ register, block })))
const TIER_BLOCKS = MATRIX.map(({ register, block }) => `CurrentTier${register}Block${block}SummationDelivered`)
const numbered = (registers: readonly number[]) => registers.map((value, at) => ({ register: at + 1, value }))
const values = (registers: readonly { value: number }[]) => registers.map(({ value }) => value)

/** What is charged by, in the words of the contract. */
function charges({ tariff, register, block, price }: Measurement) {
  const { id, label, switching, standingCharge, thresholds } = tariff
  const rates = tariff.prices.map((prices, at) => ({ prices, thresholds: thresholds[at] }))
  return {
    tariff: { tariffId: id, label, switching, rates, blockPeriod: COMMON.blockPeriod, standingCharge },
    ...{ activeRegister: register, activeBlock: block, price },
  }
}
function electricity(at: RequestHome) {
  const { measurement } = esmeOf(at)
  const [total, , reactive] = measurement.totals()
  return {
    ...{ total, reactive, registers: measurement.registers() },
    blocks: MATRIX.map(({ register, block }) => measurement.blockUnits(register, block).total),
    charges: charges(measurement),
  }
}
function gas(at: RequestHome) {
  const { measurement } = gsmeOf(at)
  return {
    ...{ total: measurement.totals()[0], registers: measurement.registers() },
    counters: counted(3).map(block => measurement.blockUnits(1, block).counter),
    charges: charges(measurement),
  }
}

row('the total, active and reactive, and the time-of-use registers in use', {
  ...{ kind: 'readImportRegisters', of: 'ESME', asks: {}, holds: electricity },
  han: [
    ...reads('Metering', 'CurrentSummationDelivered', 'Multiplier', 'Divisor', ...TIERS.slice(0, 4)),
    ...reads('MeterReadings', 'ReactiveImport'),
  ],
  proves: (result, held, before, { home: { hub } }) => {
    expect(held.registers.filter(value => value > 0)).toHaveLength(3)
    expect(result).toMatchObject({ unit: 'WH', source: 'DEVICE', dataAgeS: 0, readAtMs: hub.clock.unixMs() })
    expect(result.tariffRegisters.map(({ register }) => register)).toEqual([1, 2, 3])
    expectBetween(values(result.tariffRegisters), before.registers, held.registers)
    expectBetween(
      [result.activeImport, result.reactiveImport ?? 0],
      [before.total, before.reactive],
      [held.total, held.reactive],
    )
  },
})

row('48 time-of-use registers', {
  ...{ kind: 'readImportTou', of: 'ESME', asks: {}, holds: electricity },
  han: readsInPages('Metering', ['Multiplier', 'Divisor', ...TIERS], [8, 7, 7, 7, 7, 7, 7]),
  proves: (result, held, before) => {
    expect(result).toMatchObject({ unit: 'WH', source: 'DEVICE', dataAgeS: 0 })
    expect(result.registers.map(({ register }) => register)).toEqual(counted(48))
    expectBetween(values(result.registers.slice(0, 3)), before.registers, held.registers)
    expect(values(result.registers.slice(3))).toEqual(Array(45).fill(0))
  },
})

row('8 registers of 4 blocks', {
  ...{ kind: 'readImportTouBlocks', of: 'ESME', asks: {}, holds: electricity },
  han: readsInPages('Metering', ['Multiplier', 'Divisor', ...TIER_BLOCKS], [8, 7, 7, 7, 5]),
  proves: (result, held, before) => {
    // Thresholds are passed in the evening: the first two blocks of registers 1 and 3 are full.
    expect(held.blocks.filter(value => value > 0).length).toBeGreaterThanOrEqual(6)
    expect(result).toMatchObject({ unit: 'WH', source: 'DEVICE' })
    expect(result.blocks.map(({ register, block }) => ({ register, block }))).toEqual(MATRIX)
    expectBetween(values(result.blocks), before.blocks, held.blocks)
  },
})

/** The gas meter as it reported last. */
const report = { asks: {}, at: 'GSME' as const, han: [], holds: () => reported() }
for (const of of ['GPF', 'GSME'] as const) {
  row('its block counters as it reported them', {
    ...{ kind: 'readImportBlockCounters', of, ...report },
    proves: (result, { atMs, seen }, _before, at) => {
      const [first, second, third = 0] = seen.counters
      expect([first, second, third > 0]).toEqual([50, 50, true])
      const blocks = seen.counters.map((value, index) => ({ register: 1, block: index + 1, value }))
      expect(result).toEqual({ blocks, unit: 'DM3', ...mirrored(at, atMs) })
    },
  })
}
const none = (asks: string) => [`> Calendar.${asks}`, '< DefaultResponse Calendar NOT_FOUND']
/** One profile after the other until there is none. */
const profiles = (asks: string, answer: string, count: number) => [
  ...exchanges('Calendar', asks, answer, count),
  ...none(asks),
]
const prices = [
  ...reads('Price', 'BlockPeriodDuration', 'BlockPeriodDurationType'),
  ...reads('Metering', 'ActiveRegisterTierDelivered', 'CurrentBlock'),
  ...exchanges('Price', 'GetTariffInformation', 'PublishTariffInformation'),
  ...exchanges('Price', 'GetPriceMatrix', 'PublishPriceMatrix'),
  ...exchanges('Price', 'GetBlockThresholds', 'PublishBlockThresholds'),
]
row('the tariff with its table, and what counts and costs now', {
  ...{ kind: 'readTariff', of: 'ESME', asks: {}, holds: electricity },
  han: [
    ...prices,
    ...profiles('GetDayProfiles', 'PublishDayProfile', 2),
    ...profiles('GetWeekProfiles', 'PublishWeekProfile', 1),
    ...exchanges('Calendar', 'GetSeasons', 'PublishSeasons'),
    ...exchanges('Calendar', 'GetSpecialDays', 'PublishSpecialDays'),
  ],
  proves: (result, { charges }) => {
    expect(charges).toMatchObject({ tariff: ELECTRICITY, activeRegister: 3, activeBlock: 3, price: 7_000 })
    expect(result).toEqual({ ...charges, source: 'DEVICE', dataAgeS: 0 })
  },
})
for (const of of ['GSME', 'GPF'] as const) {
  row(`the tariff, ${of === 'GSME' ? 'from the meter itself when it wakes' : 'as the meter told it'}`, {
    ...{ kind: 'readTariff', of, at: 'GSME', asks: {}, holds: gas },
    han:
      of === 'GPF'
        ? []
        : [
            ...prices,
            ...profiles('GetDayProfiles', 'PublishDayProfile', 1),
            ...none('GetWeekProfiles'),
            ...none('GetSeasons'),
            ...none('GetSpecialDays'),
          ],
    proves: (result, { charges }) => {
      expect(charges).toMatchObject({ tariff: GAS, activeRegister: 1, activeBlock: 3, price: 3_000 })
      const supplied =
        of === 'GPF' ? { source: 'MIRROR', dataAgeS: expect.any(Number) } : { source: 'DEVICE', dataAgeS: 0 }
      expect(result).toEqual({ ...charges, ...supplied })
    },
  })
}

for (const of of ['GPF', 'GSME'] as const) {
  row('the total as the gas meter reported it, and how long ago', {
    ...{ kind: 'readImportRegisters', of, ...report, given: gasByTime },
    proves: (result, { atMs, seen }, before, at) => {
      expect(before.atMs).toBe(atMs)
      expect(at.unixMs() - atMs).toBeGreaterThan(30_000)
      expect(result).toEqual({
        ...{ activeImport: seen.total, tariffRegisters: numbered(seen.registers) },
        ...{ unit: 'DM3', ...mirrored(at, atMs) },
      })
    },
  })
  row('its registers as it reported them', {
    ...{ kind: 'readImportTou', of, ...report },
    proves: (result, { atMs, seen }, _before, at) => {
      expect(seen.registers.filter(value => value > 0)).toHaveLength(2)
      expect(result).toEqual({ registers: numbered(seen.registers), unit: 'DM3', ...mirrored(at, atMs) })
    },
  })
}
for (const of of ['GPF', 'GSME'] as const) {
  row('that a tariff without blocks counts none', {
    ...{ kind: 'readImportBlockCounters', of, ...report },
    proves: (result, { atMs }, _before, at) =>
      expect(result).toEqual({ blocks: [], unit: 'DM3', ...mirrored(at, atMs) }),
  })
}

complete(isOneOf(READINGS.registers))
