/**
 * What a meter is configured with: each setting once, with the attribute it is read and written by, what it begins with and what it
 * may be. Smart Energy's own attributes where it has them, else those of a cluster of ours.
 * @source attributes: ZigBee Smart Energy, Metering and Electrical Measurement; which settings there are: DUIS, device configuration;
 * what they begin with and their bounds: assumed
 */
import type { ClusterName } from '../../zcl/clusters.ts'
import { FACTORY_VOLTAGE_PERIOD_S } from '../metering/voltage-log.ts'

/** A number within bounds, a text or octets (as hex) of so many octets at most, a switch, or a name by the number it has on the HAN. */
export type Form =
  | { is: 'number'; least: number; most: number }
  | { is: 'text'; most: number }
  | { is: 'octets'; most: number }
  | { is: 'switch' }
  | { is: 'time' }
  | { is: 'device' }
  | { is: 'name'; of: readonly string[] }

export interface SettingSpec {
  cluster: ClusterName
  attribute: string
  initial: number | string | boolean
  form: Form
  /** Written by its attribute; others are set by a command, and only read. */
  writable: boolean
}

const number = (cluster: ClusterName, attribute: string, initial: number, [least, most]: readonly [number, number]) =>
  ({ cluster, attribute, initial, form: { is: 'number', least, most }, writable: true }) as const
const voltage = (attribute: string, initial: number) => number('ElectricalMeasurement', attribute, initial, [0, 4_000])
const span = (attribute: string, initial: number) => number('ElectricalMeasurement', attribute, initial, [1, 7_200])
const ours = (attribute: string, initial: number, bounds: readonly [number, number]) =>
  number('MeterSettings', attribute, initial, bounds)
const text = (attribute: string, most: number, cluster: ClusterName = 'MeterSettings') =>
  ({ cluster, attribute, initial: '', form: { is: 'text', most }, writable: true }) as const
const onOff = (attribute: string, initial = false) =>
  ({ cluster: 'MeterSettings', attribute, initial, form: { is: 'switch' }, writable: true }) as const
const device = (attribute: string) =>
  ({ cluster: 'MeterSettings', attribute, initial: NOBODY, form: { is: 'device' }, writable: true }) as const
const certificate = (attribute: string) =>
  ({ cluster: 'MeterSettings', attribute, initial: '', form: { is: 'octets', most: 16 }, writable: true }) as const
const time = (attribute: string) =>
  ({ cluster: 'MeterSettings', attribute, initial: 0, form: { is: 'time' }, writable: true }) as const
const byCommand = <S extends SettingSpec>(spec: S): Omit<S, 'writable'> & { writable: false } => ({
  ...spec,
  writable: false,
})

/** No device has this EUI-64. */
const NOBODY = '0000000000000000'

export const PERIODICITIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'SIX_MONTHLY', 'YEARLY'] as const
/** Who controls a device: the DCC, on behalf of a supplier that has not taken it over, or a supplier. */
export const CREDENTIAL_HOLDERS = ['DCC', 'SUPPLIER'] as const

/** Of every meter. */
export const COMMON_SETTINGS = {
  importMpxn: byCommand(text('SiteId', 32, 'Metering')),
  supplierName: byCommand(text('SupplierName', 15)),
  privacyPin: onOff('PrivacyPinEnabled'),
  /** Civil time, Unix ms, before which the home may not look at what was used. */
  historyNotBeforeMs: time('HistoryNotBefore'),
  billingStartMs: time('BillingPeriodStart'),
  billingPeriodicity: {
    ...{ cluster: 'MeterSettings', attribute: 'BillingPeriodicity', initial: 'MONTHLY' },
    ...{ form: { is: 'name', of: PERIODICITIES }, writable: true },
  },
  supplierId: device('SupplierId'),
  supplierCertificate: certificate('SupplierCertificate'),
  networkOperatorId: device('NetworkOperatorId'),
  networkOperatorCertificate: certificate('NetworkOperatorCertificate'),
  controlledBy: {
    ...{ cluster: 'MeterSettings', attribute: 'CredentialsControl', initial: 'DCC' },
    ...{ form: { is: 'name', of: CREDENTIAL_HOLDERS }, writable: true },
  },
} as const satisfies Record<string, SettingSpec>

/** Of an electricity meter. Voltages in tenths of a volt. */
export const ELECTRICITY_SETTINGS = {
  ...COMMON_SETTINGS,
  customerId: byCommand(text('CustomerIdNumber', 24, 'Metering')),
  exportMpan: text('ExportSiteId', 32),
  averageVoltagePeriodS: span('AverageRMSVoltageMeasurementPeriod', FACTORY_VOLTAGE_PERIOD_S),
  averageOverVoltageDv: ours('AverageRMSOverVoltageThreshold', 2_530, [0, 4_000]),
  averageUnderVoltageDv: ours('AverageRMSUnderVoltageThreshold', 2_162, [0, 4_000]),
  extremeOverVoltageDv: voltage('RMSExtremeOverVoltage', 2_650),
  extremeOverVoltagePeriodS: span('RMSExtremeOverVoltagePeriod', 20),
  extremeUnderVoltageDv: voltage('RMSExtremeUnderVoltage', 2_000),
  extremeUnderVoltagePeriodS: span('RMSExtremeUnderVoltagePeriod', 20),
  sagDv: voltage('RMSVoltageSag', 1_800),
  sagPeriodS: span('RMSVoltageSagPeriod', 20),
  swellDv: voltage('RMSVoltageSwell', 2_700),
  swellPeriodS: span('RMSVoltageSwellPeriod', 20),
  averageOverVoltageCounter: number('ElectricalMeasurement', 'AverageRMSOverVoltageCounter', 0, [0, 0xfffe]),
  averageUnderVoltageCounter: number('ElectricalMeasurement', 'AverageRMSUnderVoltageCounter', 0, [0, 0xfffe]),
  randomisedOffsetLimitS: ours('RandomisedOffsetLimit', 0, [0, 1_799]),
  lowMediumPowerW: ours('LowMediumPowerThreshold', 500, [0, 100_000]),
  mediumHighPowerW: ours('MediumHighPowerThreshold', 2_000, [0, 100_000]),
  blockCounterDailyReset: onOff('BlockCounterDailyReset'),
  /** 0: there is no limit. */
  loadLimitW: ours('LoadLimitThreshold', 0, [0, 100_000]),
  loadLimitPeriodS: ours('LoadLimitPeriod', 300, [0, 7_200]),
  loadLimitRestorationS: ours('LoadLimitRestorationPeriod', 3_600, [0, 86_400]),
} as const satisfies Record<string, SettingSpec>

/** Of a gas meter. */
export const GAS_SETTINGS = {
  ...COMMON_SETTINGS,
  /** Hundredths of a MJ per m3. */
  calorificValue: ours('CalorificValue', 3_950, [1_000, 9_999]),
  /** Hundred-thousandths. */
  conversionFactor: ours('ConversionFactor', 102_264, [50_000, 200_000]),
  /** dm3 an hour; 0: flow is not checked. */
  flowThresholdDm3PerH: byCommand(ours('UncontrolledFlowThreshold', 0, [0, 65_534])),
  stabilisationS: byCommand(ours('StabilisationPeriod', 10, [1, 254])),
  flowMeasurementS: byCommand(ours('FlowMeasurementPeriod', 60, [1, 65_534])),
} as const satisfies Record<string, SettingSpec>

/** The value a setting of this kind has. */
export type SettingValue<S extends SettingSpec> = S['form'] extends { is: 'name'; of: readonly (infer N)[] }
  ? N
  : S['form'] extends { is: 'switch' }
    ? boolean
    : S['form'] extends { is: 'text' | 'octets' | 'device' }
      ? string
      : number
