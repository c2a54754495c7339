/**
 * 3.x, 6.2.10, 6.4.1, 6.5 to 6.8, 6.12, 6.20.x, 6.22, 6.25, 6.26: how meters are set up, and what they show.
 * @source DUIS schema; units of voltage (volts), of periods (seconds) and of gas flow (a tenth of a dm3 an hour): assumed
 */
import type {
  AccessRestriction,
  BillingCalendar,
  BillingPeriodicity,
  BlockCounterReset,
  ClearEventLog,
  DisplayMessage,
  GasConversion,
  GasFlow,
  LoadLimit,
  PowerThresholds,
  SetExportMpan,
  SetImportMpxn,
  SupplierName,
  TamperPolicy,
  VoltageSettings,
} from '../../wan/messages/wan-types.generated.ts'
import { type About, decimalOf, Fields, refuse, textOf, wholeOf } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'
import { fromIn, msOfDay } from './dates.ts'

const MOST_WATTS = 100_000

export const displayMessage = (fields: Fields): DisplayMessage => ({
  text: fields.text('SupplierMessage'),
  confirm: false,
})

export const restrictAccess = (fields: Fields): AccessRestriction => ({
  notBeforeMs: fields.instant('RestrictionDateTime'),
})

/** A meter has the one log; its other events are of auxiliary loads. */
export function clearEventLog(fields: Fields): ClearEventLog {
  if (fields.has('ESMEEventLogType')) fields.choice('ESMEEventLogType', ['ESME'])
  return {}
}

export function supplierName(fields: Fields): SupplierName {
  // A meter shows the name alone.
  fields.unused('SupplierTelephoneNumber')
  return { name: fields.text('SupplierName') }
}

export const loadLimit = (fields: Fields): LoadLimit => ({
  ...fromIn(fields),
  periodS: fields.whole('LoadLimitPeriod', 0, 7_200),
  thresholdW: fields.whole('LoadLimitPowerThreshold', 0, MOST_WATTS),
  restorationS: fields.whole('LoadLimitRestorationPeriod', 0, 86_400),
  policy:
    fields.choice('LoadLimitSupplyState', ['Disable', 'Unchanged']) === 'Disable' ? 'POLICY_OFF' : 'POLICY_UNCHANGED',
})

/** Of one phase: SMETS1 meters with more are none of ours. */
export function voltageSettings(fields: Fields): VoltageSettings {
  // Nothing is reset unless 6.27 asks.
  fields.present('RMSVoltageCountersNotReset')
  const volts = (from: Fields, name: string) => decimalOf(from.required(name), 1, 0, 4_000)
  const period = (from: Fields, name: string) => from.whole(name, 1, 7_200)
  const extremes = fields.inside('RMSVoltageSettings', rms => ({
    extremeOverVoltageDv: volts(rms, 'RMSExtremeOverVoltageThreshold'),
    extremeOverVoltagePeriodS: period(rms, 'RMSExtremeOverVoltageMeasurementPeriod'),
    extremeUnderVoltageDv: volts(rms, 'RMSExtremeUnderVoltageThreshold'),
    extremeUnderVoltagePeriodS: period(rms, 'RMSExtremeUnderVoltageMeasurementPeriod'),
    sagDv: volts(rms, 'RMSVoltageSagThreshold'),
    sagPeriodS: period(rms, 'RMSVoltageSagMeasurementPeriod'),
    swellDv: volts(rms, 'RMSVoltageSwellThreshold'),
    swellPeriodS: period(rms, 'RMSVoltageSwellMeasurementPeriod'),
  }))
  const averages = fields.inside('SinglePhaseVoltageSettings', average => ({
    averageOverVoltageDv: volts(average, 'AverageRMSOverVoltageThreshold'),
    averageUnderVoltageDv: volts(average, 'AverageRMSUnderVoltageThreshold'),
    averagePeriodS: period(average, 'AverageRMSVoltageMeasurementPeriod'),
  }))
  return { ...extremes, ...averages }
}

export const gasConversion = (fields: Fields): GasConversion => ({
  calorificValue: decimalOf(fields.required('CalorificValue'), 2, 1_000, 9_999),
  conversionFactor: decimalOf(fields.required('ConversionFactor'), 5, 50_000, 200_000),
})

/** The rate is a decimal of m3 an hour, or a whole number of ten-thousandths of it. */
export function gasFlow(fields: Fields): GasFlow {
  fields.choice('SupplyDepletionState', ['Unchanged'])
  fields.choice('SupplyTamperState', ['Unchanged'])
  const { name, element } = fields.oneOf(['UncontrolledGasFlowRate', 'UncontrolledGasFlowRateDecimal'])
  const most = 655_340
  const rate = name === 'UncontrolledGasFlowRate' ? wholeOf(element, 0, most) : decimalOf(element, 4, 0, most)
  return {
    flowThresholdDm3PerH: Math.round(rate / 10),
    stabilisationS: fields.whole('StabilisationPeriod', 1, 254),
    measurementS: fields.whole('MeasurementPeriod', 1, 65_534),
  }
}

export function billingCalendar(fields: Fields, { nowMs }: About): BillingCalendar {
  const { name, element } = fields.oneOf(['ElectricityBillingCalendar', 'GasBillingCalendar'])
  return Fields.read(element, calendar =>
    name === 'GasBillingCalendar'
      ? {
          startMs: calendar.instant('BillingPeriodStart'),
          periodicity:
            PERIODICITY[calendar.choice('Periodicity', Object.keys(PERIODICITY) as (keyof typeof PERIODICITY)[])],
        }
      : electricityCalendar(calendar, nowMs),
  )
}

/** @source DUIS schema; the name of the last: assumed */
const PERIODICITY = {
  Daily: 'BILLED_DAILY',
  Weekly: 'BILLED_WEEKLY',
  Monthly: 'BILLED_MONTHLY',
  Quarterly: 'BILLED_QUARTERLY',
  SixMonthly: 'BILLED_SIX_MONTHLY',
  Yearly: 'BILLED_YEARLY',
} as const satisfies Record<string, BillingPeriodicity>
/** Of those that begin in a month of the year. */
const MONTHS = { Quarterly: 3, SixMonthly: 6, Yearly: 12 } as const
const DAY_MS = 86_400_000

/** The first such time from now on. Weeks begin on Monday, day 1. */
function electricityCalendar(calendar: Fields, nowMs: number): BillingCalendar {
  const time = calendar.required('BillingTime')
  const { name, element } = calendar.oneOf(['Daily', 'Weekly', 'Monthly', 'Quarterly', 'SixMonthly', 'Yearly'])
  if (name === 'Quarterly' || name === 'SixMonthly' || name === 'Yearly') {
    const startMs = Fields.read(element, from => firstOf(from, { every: MONTHS[name], timeMs: msOfDay(time), nowMs }))
    return { startMs, periodicity: PERIODICITY[name] }
  }
  const day = name === 'Daily' ? 0 : wholeOf(element, 1, name === 'Weekly' ? 7 : 28)
  const midnight = Math.floor(nowMs / DAY_MS) * DAY_MS + msOfDay(time)
  const isDay = (atMs: number) => {
    const at = new Date(atMs)
    if (name === 'Monthly') return at.getUTCDate() === day
    return name === 'Daily' || (at.getUTCDay() + 6) % 7 === day - 1
  }
  const days = Array.from({ length: 33 }, (_, after) => midnight + after * DAY_MS)
  return { startMs: days.find(atMs => atMs >= nowMs && isDay(atMs)) ?? midnight, periodicity: PERIODICITY[name] }
}

/** The first beginning from now on, of periods of so many months. */
function firstOf(from: Fields, { every, timeMs, nowMs }: { every: number; timeMs: number; nowMs: number }): number {
  const day = from.whole('DayOfMonth', 1, 28)
  const month = from.whole('BillingPeriodStartMonth', 1, 12)
  const now = new Date(nowMs)
  const since = (now.getUTCMonth() - (month - 1) + 12) % every
  const startIn = (monthsOn: number) =>
    Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - since + monthsOn, day) + timeMs
  return startIn(0) >= nowMs ? startIn(0) : startIn(every)
}

export const powerThresholds = (fields: Fields): PowerThresholds => ({
  lowMediumW: fields.whole('LowMediumPowerThreshold', 0, MOST_WATTS),
  mediumHighW: fields.whole('MediumHighPowerThreshold', 0, MOST_WATTS),
})

export function setImportMpxn(fields: Fields): SetImportMpxn {
  const { name } = fields.oneOf(['ImportMPANs', 'ImportMPRN'])
  if (name === 'ImportMPRN') return { importMpxn: digits(fields.required('ImportMPRN'), 6, 10) }
  return fields.inside('ImportMPANs', mpans => ({ importMpxn: digits(mpans.required('ImportMPAN'), 13, 13) }))
}

export const setExportMpan = (fields: Fields): SetExportMpan => ({
  exportMpan: digits(fields.required('ExportMPAN'), 13, 13),
})

export const tamperPolicy = (fields: Fields): TamperPolicy => ({
  policy: fields.choice('SupplyTamperState', ['Locked', 'Unchanged']) === 'Locked' ? 'POLICY_OFF' : 'POLICY_UNCHANGED',
})

export const blockCounterReset = (fields: Fields): BlockCounterReset => ({
  daily: fields.flag('DailyTariffBlockCounterMatrixReset'),
})

function digits(element: XmlElement, least: number, greatest: number): string {
  const text = textOf(element)
  if (/^\d+$/.test(text) && text.length >= least && text.length <= greatest) return text
  return refuse(element, least === greatest ? `${least} digits` : `${least} to ${greatest} digits`, text)
}
