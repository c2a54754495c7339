/** Half hours and network data, row by row of the catalogue: an evening of a home with a roof, and the time before the rig. */
import { afterAll, beforeAll, expect } from 'vitest'
import { hours } from '../../src/base/time.ts'
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
const HALF_HOUR = 1_800_000
const MIDNIGHT = Date.UTC(2021, 10, 1)
const RIG_STARTS = MIDNIGHT - 15 * HALF_HOUR
/** Half hours of the day before, most of them before the rig. */
const DAYTIME = { fromMs: MIDNIGHT - DAY, toMs: MIDNIGHT + HALF_HOUR, maxEntries: 100 }
const VOLTAGES = {
  ...{ averagePeriodS: 600, averageOverVoltageDv: 2_310, averageUnderVoltageDv: 2_290 },
  ...{ extremeOverVoltageDv: 2_650, extremeOverVoltagePeriodS: 20, swellDv: 2_350, swellPeriodS: 20 },
  ...{ extremeUnderVoltageDv: 2_000, extremeUnderVoltagePeriodS: 20, sagDv: 2_250, sagPeriodS: 20 },
}

let home: RequestHome
let reports: readonly GasReport[]
beforeAll(async () => {
  const edit = (rig: object) => ({ ...rig, startsAt: new Date(RIG_STARTS).toISOString(), settleMin: 20 })
  home = await requestHome({ facts: ROOF, edit })
  reports = gasReports(home)
  await home.ask('setVoltageSettings', 'ESME', VOLTAGES)
  // Its block counters are reported besides, from the next wake-up on.
  await home.ask('updateTariff', 'GSME', {
    tariff: {
      ...{ tariffId: 7, label: 'Blocks', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 40_000 },
      rates: [{ prices: [30_000, 20_000], thresholds: [40] }],
      switching: {
        ...{ days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] },
      },
    },
  })
  // In the middle of a period of averages.
  await home.until(() => home.unixMs() > MIDNIGHT + 43 * 60_000, hours(9))
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

const scale = reads('Metering', 'Multiplier', 'Divisor')
const unit = reads('Metering', 'UnitOfMeasure')

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
    const { measurement, settings } = esmeOf(at)
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
    holds: at => present(gsmeOf(at).measurement.networkData(EVENING.fromMs, 15)),
    proves: (result, { lengthMs, values }, _before, at) => {
      const lengths = [{ fromMs: EVENING.fromMs, intervalS: lengthMs / 1_000 }]
      expect(values.some(({ value }) => value > 0)).toBe(true)
      const shape = { intervalS: lengthMs / 1_000, unit: 'DM3', more: false, ...supplied(of, at, reports) }
      expect(result).toEqual({ lengths, entries: values, ...shape })
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
    holds: at => esmeOf(at).measurement.profile(channel, DAYTIME.toMs, 49).toReversed(),
    proves: (result, entries) => {
      expect(entries.filter(({ value }) => value > 0).length).toBeGreaterThan(10)
      expect(result).toEqual({ intervalS: 1_800, entries, unit, source: 'DEVICE', more: false })
    },
  })
}
for (const of of ['GSME', 'GPF'] as const) {
  row('half hours that the meter kept before the rig, and what passed between its reports since', {
    ...{ kind: 'readImportProfile', of, at: 'GSME', asks: DAYTIME, han: [] },
    holds: at => gsmeOf(at).measurement.profile('delivered', RIG_STARTS, 100).filter(within(DAYTIME)).toReversed(),
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

complete(isOneOf(READINGS.profiles))
