/** The supply and its limits, row by row of the catalogue: a home with a roof whose load pushes reactive power into the network. */
import { afterAll, beforeAll, expect } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { esmeOf, gsmeOf } from '../helpers/home-meters.ts'
import { isOneOf, READINGS } from '../helpers/reading-sets.ts'
import { expectBetween, reads } from '../helpers/reading-words.ts'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

const MODEL = { generation: { annualKWh: 3_500 }, load: { powerFactor: -0.9 } }

let home: RequestHome
beforeAll(async () => {
  home = await requestHome({
    facts: { 'honeywell-elster/as300p/1.4.2': MODEL },
    edit: rig => ({ ...rig, startsAt: '2021-10-13T15:30:00Z' }),
  })
  await home.pass(hours(1))
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

row('export, active and reactive', {
  ...{ kind: 'readExportRegisters', of: 'ESME', asks: {} },
  han: [
    ...reads('Metering', 'CurrentSummationReceived', 'Multiplier', 'Divisor'),
    ...reads('MeterReadings', 'ReactiveExport'),
  ],
  holds: at => {
    const [, active, , reactive] = esmeOf(at).measurement.totals()
    return [active, reactive]
  },
  proves: (result, held, before, { home: { hub } }) => {
    for (const register of before) expect(register).toBeGreaterThan(100_000)
    expectBetween([result.activeExport, result.reactiveExport], before, held)
    expect(result.readAtMs).toBe(hub.clock.unixMs())
  },
})

row('the power of the moment', {
  ...{ kind: 'readActivePowerImport', of: 'ESME', asks: {}, han: reads('ElectricalMeasurement', 'ActivePower') },
  holds: at => esmeOf(at).measurement.sample().delivered,
  proves: (result, activePowerW, before, { home: { hub } }) => {
    expect([activePowerW > 0, before]).toEqual([true, activePowerW])
    expect(result).toEqual({ activePowerW, readAtMs: hub.clock.unixMs() })
  },
})

row('the load limit, and how often it interrupted the supply', {
  ...{ kind: 'readLoadLimitData', of: 'ESME', asks: {} },
  given: async at => {
    const limit = { thresholdW: 60, periodS: 45, restorationS: 90, policy: 'POLICY_ARMED' } as const
    await at.ask('setLoadLimit', 'ESME', limit)
    await at.pass(minutes(8))
  },
  han: [
    ...reads('MeterSettings', 'LoadLimitThreshold', 'LoadLimitPeriod', 'LoadLimitRestorationPeriod'),
    ...reads('Metering', 'LoadLimitCounter'),
  ],
  holds: at => {
    const { settings } = esmeOf(at)
    return {
      thresholdW: settings.get('loadLimitW'),
      periodS: settings.get('loadLimitPeriodS'),
      restorationS: settings.get('loadLimitRestorationS'),
      counter: esmeOf(at).memory().loadLimit?.counter,
    }
  },
  proves: (result, held) => {
    expect(held).toMatchObject({ thresholdW: 60, periodS: 45, restorationS: 90 })
    expect(held.counter).toBeGreaterThan(1)
    expect(result).toEqual(held)
  },
})

const VOLTAGES = {
  ...{ averagePeriodS: 900, averageOverVoltageDv: 2_531, averageUnderVoltageDv: 2_163 },
  ...{ extremeOverVoltageDv: 2_652, extremeOverVoltagePeriodS: 21, swellDv: 2_703, swellPeriodS: 22 },
  ...{ extremeUnderVoltageDv: 2_004, extremeUnderVoltagePeriodS: 23, sagDv: 1_805, sagPeriodS: 24 },
}
row('thresholds and periods of voltage', {
  ...{ kind: 'readVoltageSettings', of: 'ESME', asks: {}, given: at => at.ask('setVoltageSettings', 'ESME', VOLTAGES) },
  han: [
    ...reads(
      'ElectricalMeasurement',
      ...['AverageRMSVoltageMeasurementPeriod', 'RMSExtremeOverVoltage', 'RMSExtremeOverVoltagePeriod'],
      ...['RMSExtremeUnderVoltage', 'RMSExtremeUnderVoltagePeriod', 'RMSVoltageSag', 'RMSVoltageSagPeriod'],
      ...['RMSVoltageSwell', 'RMSVoltageSwellPeriod'],
    ),
    ...reads('MeterSettings', 'AverageRMSOverVoltageThreshold', 'AverageRMSUnderVoltageThreshold'),
  ],
  holds: at => {
    const { settings } = esmeOf(at)
    const { averagePeriodS: _, ...others } = VOLTAGES
    const named = Object.keys(others) as (keyof typeof others)[]
    return {
      averagePeriodS: settings.get('averageVoltagePeriodS'),
      ...Object.fromEntries(named.map(name => [name, settings.get(name)])),
    }
  },
  proves: (result, held) => {
    expect(held).toEqual(VOLTAGES)
    expect(result).toEqual(held)
  },
})

row('where a display shows low, medium and high power', {
  ...{ kind: 'readPowerThresholds', of: 'ESME', asks: {} },
  given: at => at.ask('setPowerThresholds', 'ESME', { lowMediumW: 432, mediumHighW: 3_210 }),
  han: reads('MeterSettings', 'LowMediumPowerThreshold', 'MediumHighPowerThreshold'),
  holds: at => {
    const { settings } = esmeOf(at)
    return { lowMediumW: settings.get('lowMediumPowerW'), mediumHighW: settings.get('mediumHighPowerW') }
  },
  proves: (result, held) => {
    expect(held).toEqual({ lowMediumW: 432, mediumHighW: 3_210 })
    expect(result).toEqual(held)
  },
})

const SUPPLY = reads('Metering', 'SupplyStatus')
row('that the supply is armed', {
  ...{ kind: 'readSupplyStatus', of: 'ESME', asks: {}, han: SUPPLY, holds: at => esmeOf(at).supply.state },
  given: async at => {
    await at.ask('disableSupply', 'ESME', {})
    await at.ask('armSupply', 'ESME', {})
  },
  proves: (result, state) => {
    expect(state).toBe('ARMED')
    expect(result).toEqual({ state: `SUPPLY_${state}` })
  },
})
row('that the valve is closed', {
  ...{ kind: 'readSupplyStatus', of: 'GSME', asks: {}, han: SUPPLY, holds: at => gsmeOf(at).supply.state },
  given: at => at.ask('disableSupply', 'GSME', {}),
  proves: (result, state) => {
    expect(state).toBe('OFF')
    expect(result).toEqual({ state: `SUPPLY_${state}` })
  },
})

complete(isOneOf(READINGS.supply))
