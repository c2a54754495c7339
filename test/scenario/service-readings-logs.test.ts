/**
 * Logs and profiles, row by row of the catalogue: a home with a roof over the end of a month, with another tariff and another mode of
 * payment the evening before.
 */
import { afterAll, beforeAll, expect } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import type { Tariff, UpdatePaymentMode } from '../../src/wan/messages/wan-types.generated.ts'
import type { DeviceType } from '../../src/wan/service-catalogue.ts'
import { isOneOf, READINGS } from '../helpers/reading-sets.ts'
import { exchanges, mirrored, ROOF, reads } from '../helpers/reading-words.ts'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

const DAY = 86_400_000
const HALF_HOUR = 1_800_000
const MIDNIGHT = Date.UTC(2021, 10, 1)
const RIG_STARTS = MIDNIGHT - 15 * HALF_HOUR
/** Half hours of the day before, most of them before the rig. */
const DAYTIME = { fromMs: MIDNIGHT - DAY, toMs: MIDNIGHT + HALF_HOUR, maxEntries: 100 }
const MIDNIGHTS = { fromMs: MIDNIGHT - 3 * DAY, toMs: MIDNIGHT + DAY }
const VOLTAGES = {
  ...{ averagePeriodS: 600, averageOverVoltageDv: 2_310, averageUnderVoltageDv: 2_290 },
  ...{ extremeOverVoltageDv: 2_650, extremeOverVoltagePeriodS: 20, swellDv: 2_350, swellPeriodS: 20 },
  ...{ extremeUnderVoltageDv: 2_000, extremeUnderVoltagePeriodS: 20, sagDv: 2_250, sagPeriodS: 20 },
}
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
/** Each report of the gas meter: when, by the hub's clock, and what it held then. */
const reports: { atMs: number; total: number; registers: number[] }[] = []
beforeAll(async () => {
  const edit = (rig: object) => ({ ...rig, startsAt: new Date(RIG_STARTS).toISOString(), settleMin: 20 })
  home = await requestHome({ facts: ROOF, edit })
  home.whenever('GSME', '< ReportAttributes Metering', () => {
    const { measurement } = gsme(home)
    const atMs = home.home.hub.clock.unixMs()
    const report = { atMs, total: measurement.totals()[0], registers: measurement.registers() }
    // Two reports at once, one of them of block counters.
    if (atMs - (reports.at(-1)?.atMs ?? 0) > 60_000) reports.push(report)
    else reports[reports.length - 1] = report
  })
  await home.ask('setVoltageSettings', 'ESME', VOLTAGES)
  await home.pass(hours(2))
  for (const of of ['ESME', 'GSME'] as const) {
    await home.ask('updateTariff', of, { tariff: IN_BLOCKS })
    await home.pass(minutes(40))
    await home.ask('updatePaymentMode', of, PREPAYMENT)
  }
  await home.until(() => home.unixMs() > MIDNIGHT + 40 * 60_000, hours(9))
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

const esme = ({ devices }: RequestHome) => present(devices.esme)
const gsme = ({ devices }: RequestHome) => present(devices.gsme)
function present<T>(device: T | undefined): T {
  if (!device) throw new Error('the home has no such meter')
  return device
}
/** Who supplied it: the meter, or the proxy what the meter told it with its last report. */
function supplied(of: DeviceType, at: RequestHome) {
  if (of !== 'GPF') return { source: 'DEVICE', dataAgeS: 0 }
  const { source, dataAgeS } = mirrored(at, present(reports.at(-1)).atMs)
  return { source, dataAgeS }
}
const within =
  ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
  ({ startMs, atMs = startMs ?? 0 }: { startMs?: number; atMs?: number }) =>
    atMs >= fromMs && atMs < toMs
const scale = reads('Metering', 'Multiplier', 'Divisor')
const unit = reads('Metering', 'UnitOfMeasure')
/** Snapshots of a meter of export are two each. */
const snapshots = (count: number) => [
  ...scale,
  ...unit,
  ...exchanges('Metering', 'GetSnapshot', 'PublishSnapshot', count),
]

// Network data

const NETWORK = { fromMs: MIDNIGHT - 9 * HALF_HOUR - DAY / 2, toMs: MIDNIGHT + HALF_HOUR, maxEntries: 60 }
row('average voltages, of the period before and of the present one, and how often they were out of bounds', {
  ...{ kind: 'readNetworkData', of: 'ESME', asks: NETWORK },
  han: [
    ...reads('ElectricalMeasurement', 'AverageRMSOverVoltageCounter', 'AverageRMSUnderVoltageCounter'),
    ...[...reads('MeterReadings', 'VoltageSags', 'VoltageSwells'), ...unit],
    ...exchanges('Metering', 'GetSampledData', 'GetSampledDataResponse', 4),
  ],
  holds: at => {
    const { measurement, settings } = esme(at)
    const { sags = 0, swells = 0 } = measurement.voltage?.memory() ?? {}
    return {
      voltages: measurement.voltages(NETWORK.fromMs, NETWORK.maxEntries).filter(within(NETWORK)),
      ...{ overVoltage: settings.get('averageOverVoltageCounter'), sags, swells },
      underVoltage: settings.get('averageUnderVoltageCounter'),
    }
  },
  proves: (result, { voltages, ...counters }) => {
    const entries = voltages.map(({ startMs, value }) => ({ startMs, value }))
    const change = present(voltages.find(({ periodMs }) => periodMs === 600_000)).startMs
    const lengths = [
      { fromMs: NETWORK.fromMs, intervalS: 1_800 },
      { fromMs: change, intervalS: 600 },
    ]
    const shape = { unit: 'DECIVOLT', more: true, source: 'DEVICE', dataAgeS: 0 }
    expect(result).toEqual({ intervalS: 600, lengths, entries, counters, ...shape })
    for (const counter of [counters.overVoltage, counters.underVoltage, counters.sags])
      expect(counter).toBeGreaterThan(0)
  },
})
/** It keeps four hours of that. */
const EVENING = { fromMs: MIDNIGHT - 4 * HALF_HOUR, toMs: MIDNIGHT - HALF_HOUR, maxEntries: 30 }
for (const of of ['GSME', 'GPF'] as const) {
  row(`what passed in each six minutes, ${of === 'GSME' ? 'from the meter itself when it wakes' : 'as it last told'}`, {
    ...{ kind: 'readNetworkData', of, at: 'GSME', asks: EVENING },
    han: of === 'GSME' ? [...scale, ...unit, ...exchanges('Metering', 'GetSampledData', 'GetSampledDataResponse')] : [],
    holds: at => present(gsme(at).measurement.networkData(EVENING.fromMs, 15)),
    proves: (result, { lengthMs, values }, _before, at) => {
      const lengths = [{ fromMs: EVENING.fromMs, intervalS: lengthMs / 1_000 }]
      expect(values.some(({ value }) => value > 0)).toBe(true)
      const shape = { intervalS: lengthMs / 1_000, unit: 'DM3', more: false, ...supplied(of, at) }
      expect(result).toEqual({ lengths, entries: values, ...shape })
    },
  })
}

// Bills

const CAUSES = {
  'billing-calendar': 'BILLING_CALENDAR',
  'tariff-change': 'TARIFF_CHANGE',
  'mode-change': 'MODE_CHANGE',
} as const
const bills = (meter: typeof esme | typeof gsme, of: readonly (keyof typeof CAUSES)[]) => (at: RequestHome) =>
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
  ['ESME', esme, 'ESME', 2],
  ['GSME', gsme, 'GSME', 1],
  ['GPF', gsme, 'GSME', 1],
] as const) {
  const common = { kind: 'readBillingDataLog', of, at: asked, asks: {} } as const
  const shape = { unit: of === 'ESME' ? ('WH' as const) : ('DM3' as const), payments: [] }
  const said = (count: number) => (of === 'GPF' ? [] : snapshots(count * each))
  row('what stood when tariff and mode changed', {
    ...{ ...common, variant: '4.4.2', han: said(2), holds: bills(meter, ['tariff-change', 'mode-change']) },
    proves: (result, entries, _before, at) => {
      expect(entries.map(({ cause }) => cause)).toEqual(['MODE_CHANGE', 'TARIFF_CHANGE'])
      expect(result).toEqual({ entries, ...shape, ...supplied(of, at) })
    },
  })
  row('what stood at the end of each month, the last one by blocks', {
    ...{ ...common, variant: '4.4.3', han: said(10), holds: bills(meter, ['billing-calendar']) },
    proves: (result, entries, _before, at) => {
      expect(entries[0]).toMatchObject({ atMs: MIDNIGHT, blocks: { length: 2 } })
      expect(result).toEqual({ entries, ...shape, ...supplied(of, at) })
    },
  })
}

// Midnights and days

row('registers at midnight', {
  ...{ kind: 'readImportDailyLog', of: 'ESME', asks: MIDNIGHTS, han: snapshots(8) },
  holds: at => esme(at).measurement.dailyReads().filter(within(MIDNIGHTS)).toReversed(),
  proves: (result, held) => {
    const entries = held.map(({ atMs, totals, registers }) => ({ atMs, value: totals[0], registers }))
    expect(result).toEqual({ entries, unit: 'WH', source: 'DEVICE' })
    expect(entries.at(-1)?.atMs).toBe(MIDNIGHT)
  },
})
row('the export register at midnight', {
  ...{ kind: 'readExportDailyLog', of: 'ESME', asks: MIDNIGHTS, han: snapshots(8) },
  holds: at => esme(at).measurement.dailyReads().filter(within(MIDNIGHTS)).toReversed(),
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
  holds: at => esme(at).measurement.dailyConsumption().filter(within(MIDNIGHTS)).toReversed(),
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
    holds: at => gsme(at).measurement.dailyReads().filter(within(MIDNIGHTS)).toReversed(),
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
    holds: at => gsme(at).measurement,
    proves: (result, held) => {
      const before = held.dailyConsumption().filter(within(MIDNIGHTS)).toReversed().slice(0, -1)
      const from = present(held.dailyReads().find(({ atMs }) => atMs === MIDNIGHT - DAY)).totals[0]
      const entries = [...before, { startMs: MIDNIGHT - DAY, value: firstAfter().total - from }]
      expect(result).toEqual({ entries, unit: 'DM3', source: 'MIRROR' })
    },
  })
}

// Half hours

const profile = (pages: number) => [...scale, ...exchanges('Metering', 'GetProfile', 'GetProfileResponse', pages)]
for (const [kind, channel, unit] of [
  ['readImportProfile', 'delivered', 'WH'],
  ['readReactiveImportProfile', 'reactiveDelivered', 'VARH'],
  ['readExportProfile', 'received', 'WH'],
] as const) {
  row(`half hours, ${channel}`, {
    ...{ kind, of: 'ESME', asks: DAYTIME, han: profile(4) },
    holds: at => esme(at).measurement.profile(channel, DAYTIME.toMs, 49).toReversed(),
    proves: (result, entries) => {
      expect(entries.filter(({ value }) => value > 0).length).toBeGreaterThan(10)
      expect(result).toEqual({ intervalS: 1_800, entries, unit, source: 'DEVICE', more: false })
    },
  })
}
for (const of of ['GSME', 'GPF'] as const) {
  row('half hours that the meter kept before the rig, and what passed between its reports since', {
    ...{ kind: 'readImportProfile', of, at: 'GSME', asks: DAYTIME, han: [] },
    holds: at => gsme(at).measurement.profile('delivered', RIG_STARTS, 100).filter(within(DAYTIME)).toReversed(),
    proves: (result, before) => {
      expect(result).toMatchObject({ intervalS: 1_800, unit: 'DM3', source: 'MIRROR', more: false })
      const since = reports.slice(1).map(({ total }, at) => {
        const { atMs, total: from } = present(reports[at])
        return { startMs: Math.floor(atMs / HALF_HOUR) * HALF_HOUR, value: total - from }
      })
      const live = since.filter(within(DAYTIME))
      expect([before.length, live.length > 10]).toEqual([33, true])
      expect(result.entries.filter(({ startMs }) => startMs < RIG_STARTS)).toEqual(before)
      expect(result.entries.slice(-live.length)).toEqual(live)
    },
  })
}

complete(isOneOf(READINGS.logs))
