/** What the parameters of a request may be, looked at before anything is asked of a device. */
import { fits } from '../../../configuration/meter-settings.ts'
import { ELECTRICITY_SETTINGS, type Form, GAS_SETTINGS, PERIODICITIES } from '../../../configuration/settings.ts'
import { isSayable } from '../../../zigbee-time.ts'

/** A form that a setting has, or a text of a given form. */
export type Rule = Form | { is: 'like'; pattern: RegExp; expected: string } | { is: 'serial' }
export type Rules = Readonly<Record<string, Rule>>

const E = ELECTRICITY_SETTINGS
const G = GAS_SETTINGS
const like = (expected: string, pattern: RegExp): Rule => ({ is: 'like', pattern, expected })
const policies = (...of: string[]): Rule => ({ is: 'name', of: of.map(one => `POLICY_${one}`) })

export const ENTITY = like('16 lower-case hex digits, not all 0', /^(?!0{16})[0-9a-f]{16}$/)
export const MPAN = like('13 digits', /^\d{13}$/)
export const MPRN = like('6 to 10 digits', /^\d{6,10}$/)
export const CERTIFICATE: Rule = { is: 'serial' }

export const VOLTAGE_RULES: Rules = {
  averagePeriodS: E.averageVoltagePeriodS.form,
  averageOverVoltageDv: E.averageOverVoltageDv.form,
  averageUnderVoltageDv: E.averageUnderVoltageDv.form,
  extremeOverVoltageDv: E.extremeOverVoltageDv.form,
  extremeOverVoltagePeriodS: E.extremeOverVoltagePeriodS.form,
  extremeUnderVoltageDv: E.extremeUnderVoltageDv.form,
  extremeUnderVoltagePeriodS: E.extremeUnderVoltagePeriodS.form,
  sagDv: E.sagDv.form,
  sagPeriodS: E.sagPeriodS.form,
  swellDv: E.swellDv.form,
  swellPeriodS: E.swellPeriodS.form,
}
export const LOAD_LIMIT_RULES: Rules = {
  thresholdW: E.loadLimitW.form,
  periodS: E.loadLimitPeriodS.form,
  restorationS: E.loadLimitRestorationS.form,
  policy: policies('OFF', 'ARMED', 'UNCHANGED'),
}
export const BILLING_RULES: Rules = {
  startMs: E.billingStartMs.form,
  periodicity: { is: 'name', of: PERIODICITIES.map(name => `BILLED_${name}`) },
}
export const POWER_RULES: Rules = { lowMediumW: E.lowMediumPowerW.form, mediumHighW: E.mediumHighPowerW.form }
export const CONVERSION_RULES: Rules = {
  calorificValue: G.calorificValue.form,
  conversionFactor: G.conversionFactor.form,
}
export const FLOW_RULES: Rules = {
  flowThresholdDm3PerH: G.flowThresholdDm3PerH.form,
  stabilisationS: G.stabilisationS.form,
  measurementS: G.flowMeasurementS.form,
}
export const TAMPER_RULES: Rules = { policy: policies('OFF', 'UNCHANGED') }

/** What is wrong with the first parameter that breaks its rule, with its name in the contract; undefined: nothing. */
export function flawIn(parameters: object, rules: Rules): string | undefined {
  for (const [field, rule] of Object.entries(rules)) {
    const value = (parameters as Readonly<Record<string, unknown>>)[field]
    if (!keeps(rule, value)) return `${contractName(field)}: ${expected(rule)} expected, found ${found(value)}`
  }
  return undefined
}

/** `sagPeriodS` is `sag_period_s` in the contract. */
export const contractName = (field: string): string => field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

function keeps(rule: Rule, value: unknown): boolean {
  if (rule.is === 'like') return typeof value === 'string' && rule.pattern.test(value)
  if (rule.is === 'serial') return value instanceof Uint8Array && value.length >= 1 && value.length <= 16
  if (rule.is === 'time') return typeof value === 'number' && (value === 0 || isSayable(value))
  return fits({ form: rule }, value)
}

function expected(rule: Rule): string {
  switch (rule.is) {
    case 'number':
      return `${rule.least} to ${rule.most}`
    case 'text':
    case 'octets':
      return `at most ${rule.most} octets`
    case 'switch':
      return 'true or false'
    case 'time':
      return '0 or an instant from 2000 to 2136'
    case 'device':
      return '16 lower-case hex digits'
    case 'name':
      return rule.of.join(', ')
    case 'like':
      return rule.expected
    case 'serial':
      return '1 to 16 octets'
    default:
      return rule satisfies never
  }
}

/** An answer has an end. */
const found = (value: unknown): string =>
  value instanceof Uint8Array
    ? `${value.length} octets`
    : typeof value === 'string'
      ? JSON.stringify(value.slice(0, 40))
      : `${value}`
