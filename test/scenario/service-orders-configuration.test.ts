/** 6.4 to 6.8, 6.12, 6.22, 6.26 and 6.27, row by row of the catalogue: how a meter is configured, from the broker into the meter. */
import { expect } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import type { LoadLimit, VoltageSettings } from '../../src/wan/messages/wan-types.generated.ts'
import type { ClusterName } from '../../src/zcl/clusters.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { answered, esmeOf, gsmeOf, happens, meterOf, reads, settingsOf, taken, writes } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'

const { order, complete } = serviceOrders()

const STARTS = Date.parse('2021-10-13T00:00:00Z')
const set = (cluster: ClusterName, ...attributes: string[]) => [
  ...writes(cluster, ...attributes),
  ...reads(cluster, ...attributes),
]

const VOLTAGES: VoltageSettings = {
  ...{ averagePeriodS: 900, averageOverVoltageDv: 2_540, averageUnderVoltageDv: 2_170 },
  ...{ extremeOverVoltageDv: 2_660, extremeOverVoltagePeriodS: 21, extremeUnderVoltageDv: 2_010 },
  ...{ extremeUnderVoltagePeriodS: 22, sagDv: 1_810, sagPeriodS: 23, swellDv: 2_710, swellPeriodS: 24 },
}
const LIMIT: LoadLimit = { thresholdW: 10, periodS: 60, restorationS: 120, policy: 'POLICY_ARMED' }
const LIMITS = ['LoadLimitThreshold', 'LoadLimitPeriod', 'LoadLimitRestorationPeriod']
const POLICIES = ['SupplyTamperState', 'SupplyDepletionState', 'SupplyUncontrolledFlowState', 'LoadLimitSupplyState']
const QUALITY = [
  ...['AverageRMSVoltageMeasurementPeriod', 'RMSExtremeOverVoltage', 'RMSExtremeOverVoltagePeriod'],
  ...['RMSExtremeUnderVoltage', 'RMSExtremeUnderVoltagePeriod', 'RMSVoltageSag', 'RMSVoltageSagPeriod'],
  ...['RMSVoltageSwell', 'RMSVoltageSwellPeriod'],
]
const AVERAGES = ['AverageRMSOverVoltageThreshold', 'AverageRMSUnderVoltageThreshold']
const COUNTERS = ['AverageRMSOverVoltageCounter', 'AverageRMSUnderVoltageCounter']

order('interrupts what takes too much', {
  ...{ kind: 'setLoadLimit', of: 'ESME', asks: LIMIT },
  refuses: [
    ['threshold_w: 0 to 100000 expected, found 100001', { ...LIMIT, thresholdW: 100_001 }],
    ['period_s: 0 to 7200', { ...LIMIT, periodS: 7_201 }],
    ['restoration_s: 0 to 86400', { ...LIMIT, restorationS: 86_401 }],
    ['policy: POLICY_OFF, POLICY_ARMED', { ...LIMIT, policy: 'POLICY_ON' }],
  ],
  han: [
    ...reads('Metering', ...POLICIES),
    ...writes('MeterSettings', ...LIMITS),
    ...taken('Metering.SetSupplyStatus'),
    ...reads('MeterSettings', ...LIMITS),
    ...reads('Metering', 'LoadLimitSupplyState'),
  ],
  holds: at => {
    const { settings, keeping } = esmeOf(at)
    const limit = [settings.get('loadLimitW'), settings.get('loadLimitPeriodS'), settings.get('loadLimitRestorationS')]
    return { limit, policy: keeping.memory().policies['load-limit'] }
  },
  proves: (result, held, before) => {
    expect(before.limit[0]).toBe(0)
    expect(held).toEqual({ limit: [10, 60, 120], policy: 'ARMED' })
    expect(result).toEqual(LIMIT)
  },
})
order('counts anew', {
  ...{ kind: 'resetLoadLimitCounter', of: 'ESME', asks: {} },
  given: at => at.until(() => (esmeOf(at).memory().loadLimit?.counter ?? 0) > 0, minutes(10)),
  han: [...taken('Metering.ResetLoadLimitCounter'), ...reads('Metering', 'LoadLimitCounter')],
  holds: at => esmeOf(at).memory().loadLimit?.counter,
  proves: (result, held, before) => {
    expect([before, held, result]).toEqual([1, 0, { counter: 0 }])
  },
})
order('counts and tells of other voltages', {
  ...{ kind: 'setVoltageSettings', of: 'ESME', asks: VOLTAGES },
  refuses: [
    ['swell_dv: 0 to 4000 expected, found 4001', { ...VOLTAGES, swellDv: 4_001 }],
    ['sag_period_s: 1 to 7200', { ...VOLTAGES, sagPeriodS: 0 }],
    ['sag_dv: at most average_under_voltage_dv (2170) expected', { ...VOLTAGES, sagDv: 2_200 }],
    ['average_under_voltage_dv: at most average_over_voltage_dv (2000)', { ...VOLTAGES, averageOverVoltageDv: 2_000 }],
  ],
  han: [
    ...writes('ElectricalMeasurement', ...QUALITY),
    ...writes('MeterSettings', ...AVERAGES),
    ...reads('ElectricalMeasurement', ...QUALITY),
    ...reads('MeterSettings', ...AVERAGES),
  ],
  holds: at => {
    const { settings } = esmeOf(at)
    return {
      averagePeriodS: settings.get('averageVoltagePeriodS'),
      averageOverVoltageDv: settings.get('averageOverVoltageDv'),
      averageUnderVoltageDv: settings.get('averageUnderVoltageDv'),
      extremeOverVoltageDv: settings.get('extremeOverVoltageDv'),
      extremeOverVoltagePeriodS: settings.get('extremeOverVoltagePeriodS'),
      extremeUnderVoltageDv: settings.get('extremeUnderVoltageDv'),
      extremeUnderVoltagePeriodS: settings.get('extremeUnderVoltagePeriodS'),
      ...{ sagDv: settings.get('sagDv'), sagPeriodS: settings.get('sagPeriodS') },
      ...{ swellDv: settings.get('swellDv'), swellPeriodS: settings.get('swellPeriodS') },
    }
  },
  proves: (result, held, before) => {
    expect(before).not.toEqual(VOLTAGES)
    expect([held, result]).toEqual([VOLTAGES, VOLTAGES])
  },
})
order('counts averages anew', {
  ...{ kind: 'resetVoltageCounters', of: 'ESME', asks: {} },
  given: at =>
    happens(at, () => {
      esmeOf(at).settings.set('averageOverVoltageCounter', 3)
      esmeOf(at).settings.set('averageUnderVoltageCounter', 4)
    }),
  han: set('ElectricalMeasurement', ...COUNTERS),
  holds: at => {
    const { settings } = esmeOf(at)
    return [settings.get('averageOverVoltageCounter'), settings.get('averageUnderVoltageCounter')]
  },
  proves: (result, held, before) => {
    expect([before, held]).toEqual([
      [3, 4],
      [0, 0],
    ])
    expect(result).toEqual({ overVoltage: 0, underVoltage: 0 })
  },
})
order('makes energy of volume as it is told', {
  ...{ kind: 'setGasConversion', of: 'GSME', asks: { calorificValue: 3_911, conversionFactor: 102_000 } },
  refuses: [
    ['calorific_value: 1000 to 9999', { calorificValue: 999, conversionFactor: 102_264 }],
    ['conversion_factor: 50000 to 200000', { calorificValue: 3_900, conversionFactor: 1 }],
  ],
  han: set('MeterSettings', 'CalorificValue', 'ConversionFactor'),
  holds: at => [gsmeOf(at).settings.get('calorificValue'), gsmeOf(at).settings.get('conversionFactor')],
  proves: (result, held, before) => {
    expect(before).not.toEqual(held)
    expect(held).toEqual([3_911, 102_000])
    expect(result).toEqual({ calorificValue: 3_911, conversionFactor: 102_000 })
  },
})
const FLOW = { flowThresholdDm3PerH: 2_000, stabilisationS: 20, measurementS: 90 }
order('watches for what flows when nothing should', {
  ...{ kind: 'setGasFlow', of: 'GSME', asks: FLOW },
  refuses: [
    ['flow_threshold_dm3_per_h: 0 to 65534', { ...FLOW, flowThresholdDm3PerH: 65_535 }],
    ['stabilisation_s: 1 to 254', { ...FLOW, stabilisationS: 255 }],
    ['measurement_s: 1 to 65534', { ...FLOW, measurementS: 0 }],
  ],
  han: [
    ...taken('Metering.SetUncontrolledFlowThreshold'),
    ...reads('MeterSettings', 'UncontrolledFlowThreshold', 'StabilisationPeriod', 'FlowMeasurementPeriod'),
  ],
  holds: at => {
    const { settings } = gsmeOf(at)
    return [settings.get('flowThresholdDm3PerH'), settings.get('stabilisationS'), settings.get('flowMeasurementS')]
  },
  proves: (result, held, before) => {
    expect([before[0], held, result]).toEqual([0, [2_000, 20, 90], FLOW])
  },
})
for (const of of ['ESME', 'GSME'] as const) {
  order('is billed by another calendar', {
    ...{ kind: 'setBillingCalendar', of, asks: { startMs: STARTS, periodicity: 'BILLED_WEEKLY' } },
    refuses: [
      ['start_ms: 0 or an instant from 2000', { startMs: 1, periodicity: 'BILLED_DAILY' }],
      ['periodicity: BILLED_DAILY', { startMs: STARTS, periodicity: 'BILLING_PERIODICITY_UNSPECIFIED' }],
    ],
    han: set('MeterSettings', 'BillingPeriodStart', 'BillingPeriodicity'),
    holds: at => [settingsOf(at, of).get('billingStartMs'), settingsOf(at, of).get('billingPeriodicity')],
    proves: (result, held, before) => {
      expect([before, held]).toEqual([
        [0, 'MONTHLY'],
        [STARTS, 'WEEKLY'],
      ])
      expect(result).toEqual({ startMs: STARTS, periodicity: 'BILLED_WEEKLY' })
    },
  } satisfies Order<'setBillingCalendar', (number | string)[]>)

  const behaviours = [
    { code: '8F32', logged: false, toWan: true, toHan: false },
    { code: '8F75', logged: true, toWan: false, toHan: true },
  ]
  order('does something else with its events', {
    ...{ kind: 'setEventBehaviours', of, asks: { behaviours } },
    refuses: [
      ['behaviours: 1 to 16 expected, found 0', { behaviours: [] }],
      ['behaviours: codes of the table expected', { behaviours: behaviours.map(one => ({ ...one, code: 'FFFF' })) }],
      ['behaviours: codes that differ expected', { behaviours: [...behaviours, ...behaviours] }],
    ],
    han: [
      ...taken('DeviceManagement.SetEventConfiguration'),
      ...taken('DeviceManagement.SetEventConfiguration'),
      ...answered('DeviceManagement', 'GetEventConfiguration', 'ReportEventConfiguration'),
      ...answered('DeviceManagement', 'GetEventConfiguration', 'ReportEventConfiguration'),
    ],
    holds: at => behaviours.map(({ code }) => meterOf(at, of).events.configurationOf(code)),
    proves: (result, held, before) => {
      expect(before).not.toEqual(held)
      // Told over the WAN, in no log; in the security log, told to the home.
      expect(held).toEqual([0x08, 0x14])
      expect(result).toEqual({ behaviours })
    },
  } satisfies Order<'setEventBehaviours', number[]>)
}
order('shows low, medium and high power elsewhere', {
  ...{ kind: 'setPowerThresholds', of: 'ESME', asks: { lowMediumW: 400, mediumHighW: 1_500 } },
  refuses: [
    ['low_medium_w: at most medium_high_w (500) expected', { lowMediumW: 2_000, mediumHighW: 500 }],
    ['medium_high_w: 0 to 100000', { lowMediumW: 1, mediumHighW: 100_001 }],
  ],
  han: set('MeterSettings', 'LowMediumPowerThreshold', 'MediumHighPowerThreshold'),
  holds: at => [esmeOf(at).settings.get('lowMediumPowerW'), esmeOf(at).settings.get('mediumHighPowerW')],
  proves: (result, held, before) => {
    expect([before, held]).toEqual([
      [500, 2_000],
      [400, 1_500],
    ])
    expect(result).toEqual({ lowMediumW: 400, mediumHighW: 1_500 })
  },
})
order('counts blocks anew each day', {
  ...{
    kind: 'setBlockCounterReset',
    of: 'ESME',
    asks: { daily: true },
    han: set('MeterSettings', 'BlockCounterDailyReset'),
  },
  holds: at => esmeOf(at).settings.get('blockCounterDailyReset'),
  proves: (result, held, before) => {
    expect([before, held, result]).toEqual([false, true, { daily: true }])
  },
})

complete(isOneOf(ORDERS.configuration))
