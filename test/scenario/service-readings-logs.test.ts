/**
 * Bills, midnights and days, row by row of the catalogue: a home with a roof over the end of a month, with another tariff and another
 * mode of payment the evening before.
 */
import { afterAll, beforeAll, expect } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import type { Tariff, UpdatePaymentMode } from '../../src/wan/messages/wan-types.generated.ts'
import { esmeOf, gsmeOf } from '../helpers/home-meters.ts'
import { isOneOf, READINGS } from '../helpers/reading-sets.ts'
import {
  exchanges,
  type GasReport,
  gasReports,
  present,
  ROOF,
  reads,
  supplied,
  within,
} from '../helpers/reading-words.ts'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

const DAY = 86_400_000
const MIDNIGHT = Date.UTC(2021, 10, 1)
const MIDNIGHTS = { fromMs: MIDNIGHT - 3 * DAY, toMs: MIDNIGHT + DAY }
const IN_BLOCKS: Tariff = {
  ...{ tariffId: 7, label: 'Blocks', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 40_000 },
  rates: [{ prices: [30_000, 20_000], thresholds: [40] }],
  switching: { days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] },
}
/** Deep in debt before anything is cut. */
const PREPAYMENT: UpdatePaymentMode = {
  ...{ mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true, disablementThreshold: -2_000_000 },
}

let home: RequestHome
let reports: readonly GasReport[]
beforeAll(async () => {
  const edit = (rig: object) => ({ ...rig, startsAt: '2021-10-31T17:10:00Z' })
  home = await requestHome({ facts: ROOF, edit })
  reports = gasReports(home)
  for (const of of ['ESME', 'GSME'] as const) {
    await home.ask('updateTariff', of, { tariff: IN_BLOCKS })
    await home.pass(minutes(40))
    await home.ask('updatePaymentMode', of, PREPAYMENT)
  }
  await home.until(() => home.unixMs() > MIDNIGHT + 40 * 60_000, hours(9))
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

const scale = reads('Metering', 'Multiplier', 'Divisor')
const unit = reads('Metering', 'UnitOfMeasure')
/** Snapshots of a meter of export are two each. */
const snapshots = (count: number) => [
  ...scale,
  ...unit,
  ...exchanges('Metering', 'GetSnapshot', 'PublishSnapshot', count),
]

// Bills

const CAUSES = {
  'billing-calendar': 'BILLING_CALENDAR',
  'tariff-change': 'TARIFF_CHANGE',
  'mode-change': 'MODE_CHANGE',
} as const
const bills = (meter: typeof esmeOf | typeof gsmeOf, of: readonly (keyof typeof CAUSES)[]) => (at: RequestHome) =>
  meter(at)
    .measurement.billingEntries()
    .filter(({ cause }) => of.includes(cause))
    .map(({ atMs, cause, totals, registers, blocks }) => ({
      // The HAN tells whole seconds.
      ...{ atMs: Math.floor(atMs / 1_000) * 1_000, cause: CAUSES[cause], activeImport: totals[0], registers },
      blocks: blocks.flatMap((values, register) =>
        values.map((value, block) => ({ register: register + 1, block: block + 1, value })),
      ),
    }))
for (const [of, meter, asked, each] of [
  ['ESME', esmeOf, 'ESME', 2],
  ['GSME', gsmeOf, 'GSME', 1],
  ['GPF', gsmeOf, 'GSME', 1],
] as const) {
  const common = { kind: 'readBillingDataLog', of, at: asked, asks: {} } as const
  const shape = { unit: of === 'ESME' ? ('WH' as const) : ('DM3' as const), payments: [] }
  const said = (count: number) => (of === 'GPF' ? [] : snapshots(count * each))
  row('what stood when tariff and mode changed', {
    ...{ ...common, variant: '4.4.2', han: said(2), holds: bills(meter, ['tariff-change', 'mode-change']) },
    proves: (result, entries, _before, at) => {
      expect(entries.map(({ cause }) => cause)).toEqual(['MODE_CHANGE', 'TARIFF_CHANGE'])
      expect(result).toEqual({ entries, ...shape, ...supplied(of, at, reports) })
    },
  })
  row('what stood at the end of each month, the last one by blocks', {
    ...{ ...common, variant: '4.4.3', han: said(10), holds: bills(meter, ['billing-calendar']) },
    proves: (result, entries, _before, at) => {
      expect(entries[0]).toMatchObject({ atMs: MIDNIGHT, blocks: { length: 2 } })
      expect(result).toEqual({ entries, ...shape, ...supplied(of, at, reports) })
    },
  })
}

// Midnights and days

row('registers at midnight', {
  ...{ kind: 'readImportDailyLog', of: 'ESME', asks: MIDNIGHTS, han: snapshots(8) },
  holds: at => esmeOf(at).measurement.dailyReads().filter(within(MIDNIGHTS)).toReversed(),
  proves: (result, held) => {
    const entries = held.map(({ atMs, totals, registers }) => ({ atMs, value: totals[0], registers }))
    expect(result).toEqual({ entries, unit: 'WH', source: 'DEVICE' })
    expect(entries.at(-1)?.atMs).toBe(MIDNIGHT)
  },
})
row('the export register at midnight', {
  ...{ kind: 'readExportDailyLog', of: 'ESME', asks: MIDNIGHTS, han: snapshots(8) },
  holds: at => esmeOf(at).measurement.dailyReads().filter(within(MIDNIGHTS)).toReversed(),
  proves: (result, held) => {
    const entries = held.map(({ atMs, totals }) => ({ atMs, value: totals[1], registers: [] }))
    expect(result).toEqual({ entries, unit: 'WH' })
    expect(new Set(entries.map(({ value }) => value)).size).toBe(4)
  },
})
row('what each day took', {
  ...{ kind: 'readDailyConsumption', of: 'ESME', asks: MIDNIGHTS },
  han: [
    ...[...scale, ...unit],
    ...exchanges('Metering', 'GetSampledData', 'GetSampledDataResponse'),
    ...['> Metering.GetSampledData', '< DefaultResponse Metering NOT_FOUND'],
  ],
  holds: at => esmeOf(at).measurement.dailyConsumption().filter(within(MIDNIGHTS)).toReversed(),
  proves: (result, entries) => {
    expect(entries).toHaveLength(3)
    expect(result).toEqual({ entries, unit: 'WH', source: 'DEVICE' })
  },
})
/** The first report after midnight is what the proxy notes of it; before the rig it had noted what the meter held. */
const firstAfter = () => present(reports.find(({ atMs }) => atMs >= MIDNIGHT))
for (const of of ['GSME', 'GPF'] as const) {
  row('registers as reported first after midnight', {
    ...{ kind: 'readImportDailyLog', of, at: 'GSME', asks: MIDNIGHTS, han: [] },
    holds: at => gsmeOf(at).measurement.dailyReads().filter(within(MIDNIGHTS)).toReversed(),
    proves: (result, held) => {
      const before = held.slice(0, -1).map(({ atMs, totals, registers }) => ({ atMs, value: totals[0], registers }))
      const { total, registers } = firstAfter()
      const entries = [...before, { atMs: MIDNIGHT, value: total, registers }]
      expect(result).toEqual({ entries, unit: 'DM3', source: 'MIRROR' })
      expect(total - (held.at(-1)?.totals[0] ?? 0)).toBeLessThan(1_000)
    },
  })
  row('what each day took, up to that report', {
    ...{ kind: 'readDailyConsumption', of, at: 'GSME', asks: MIDNIGHTS, han: [] },
    holds: at => gsmeOf(at).measurement,
    proves: (result, held) => {
      const before = held.dailyConsumption().filter(within(MIDNIGHTS)).toReversed().slice(0, -1)
      const from = present(held.dailyReads().find(({ atMs }) => atMs === MIDNIGHT - DAY)).totals[0]
      const entries = [...before, { startMs: MIDNIGHT - DAY, value: firstAfter().total - from }]
      expect(result).toEqual({ entries, unit: 'DM3', source: 'MIRROR' })
    },
  })
}

complete(isOneOf(READINGS.logs))
