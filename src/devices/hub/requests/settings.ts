/**
 * Requests that are a list of steps and nothing else: their parameters are looked at, the device is asked, and what it says then is
 * the result.
 */

import type { RequestKind } from '../../../wan/messages/requests.ts'
import { ELECTRICITY_SETTINGS } from '../../configuration/settings.ts'
import { cancelLoadLimit, holdLoadLimit } from './held.ts'
import type { Call, Service } from './service.ts'
import { carryOutSteps, type Fields } from './steps/carry-out.ts'
import {
  BILLING_RULES,
  CONVERSION_RULES,
  contractName,
  FLOW_RULES,
  flawIn,
  LOAD_LIMIT_RULES,
  MPAN,
  POWER_RULES,
  type Rules,
  TAMPER_RULES,
  VOLTAGE_RULES,
} from './steps/parameter-rules.ts'
import { stepsFor } from './steps/steps-for.ts'

interface Row<K extends RequestKind> {
  rules?: Rules
  /** What is done besides when it has succeeded. */
  after?: (call: Call<K>) => void
  /** The result where it is not what the steps have found, word for word. */
  result?: (found: Fields) => Fields
  /** What parameters that are sound one by one say against each other. */
  conflict?: (parameters: Call<K>['parameters'], call: Call<K>) => string | undefined
}

/** The service of a kind whose result is what its steps have found. */
function service<K extends RequestKind>({ rules = {}, conflict, after, result }: Row<K>): Service<K> {
  return call => {
    const flaw = flawIn(call.parameters, rules) ?? conflict?.(call.parameters, call)
    if (flaw) return call.fail('S1RIG_PARAMETER', flaw)
    carryOutSteps(call, stepsFor(call), found => {
      after?.(call)
      call.succeed((result?.(found) ?? found) as never)
    })
  }
}

/** Fields that must not go down from one to the next. */
function ascending(parameters: object, fields: readonly string[]): string | undefined {
  const values = parameters as Fields
  const index = fields.findIndex((field, i) => i > 0 && Number(values[field]) < Number(values[fields[i - 1] ?? '']))
  if (index < 0) return undefined
  const before = fields[index - 1] ?? ''
  const [low, high] = [before, fields[index] ?? ''].map(field => `${contractName(field)} (${values[field]})`)
  return `${contractName(before)}: at most ${high} expected, found ${low}`
}

const UP_TO_15_OCTETS: Rules = { name: { is: 'like', pattern: /^.+$/u, expected: '1 to 15 octets' } }

/** What the gas proxy knew is not so any more. */
const forgetGas = ({ hub }: Pick<Call<'setGasFlow'>, 'hub'>): void => void hub.settings.gasFacts.delete('6.2.8')
/** @source ZigBee Smart Energy, Payment Control Configuration: Prepayment Enabled */
const PREPAYMENT = 0x0002

const loadLimitNow = service<'setLoadLimit'>({ rules: LOAD_LIMIT_RULES })

export const settingsServices = {
  restrictAccess: service<'restrictAccess'>({
    rules: { notBeforeMs: ELECTRICITY_SETTINGS.historyNotBeforeMs.form },
    conflict: ({ notBeforeMs }, { hub }) =>
      notBeforeMs > hub.clock.unixMs()
        ? `not_before_ms: at most the present time expected, found ${notBeforeMs}`
        : undefined,
  }),
  clearEventLog: service<'clearEventLog'>({}),
  updateSupplierName: service<'updateSupplierName'>({
    rules: UP_TO_15_OCTETS,
    conflict: ({ name }) =>
      Buffer.byteLength(name) > 15 ? `name: 1 to 15 octets expected, found ${Buffer.byteLength(name)}` : undefined,
  }),
  disablePrivacyPin: service<'disablePrivacyPin'>({}),
  readVoltageSettings: service<'readVoltageSettings'>({}),
  readRandomisation: service<'readRandomisation'>({}),
  readBillingCalendar: service<'readBillingCalendar'>({}),
  readPowerThresholds: service<'readPowerThresholds'>({}),
  setLoadLimit: (call: Call<'setLoadLimit'>) => {
    if (call.parameters.cancelHeld) return cancelLoadLimit(call)
    if (call.parameters.fromMs === undefined) return loadLimitNow(call)
    const flaw = flawIn(call.parameters, LOAD_LIMIT_RULES)
    return flaw ? call.fail('S1RIG_PARAMETER', flaw) : holdLoadLimit(call)
  },
  resetLoadLimitCounter: service<'resetLoadLimitCounter'>({}),
  setVoltageSettings: service<'setVoltageSettings'>({
    rules: VOLTAGE_RULES,
    conflict: parameters =>
      ascending(parameters, [
        'extremeUnderVoltageDv',
        'averageUnderVoltageDv',
        'averageOverVoltageDv',
        'extremeOverVoltageDv',
      ]) ?? ascending(parameters, ['sagDv', 'averageUnderVoltageDv', 'averageOverVoltageDv', 'swellDv']),
  }),
  setBillingCalendar: service<'setBillingCalendar'>({ rules: BILLING_RULES }),
  setPowerThresholds: service<'setPowerThresholds'>({
    rules: POWER_RULES,
    conflict: parameters => ascending(parameters, ['lowMediumW', 'mediumHighW']),
  }),
  setExportMpan: service<'setExportMpan'>({ rules: { exportMpan: MPAN } }),
  setTamperPolicy: service<'setTamperPolicy'>({ rules: TAMPER_RULES }),
  setBlockCounterReset: service<'setBlockCounterReset'>({}),
  resetVoltageCounters: service<'resetVoltageCounters'>({}),
  enableSupply: service<'enableSupply'>({}),
  disableSupply: service<'disableSupply'>({}),
  armSupply: service<'armSupply'>({}),
  readSupplyStatus: service<'readSupplyStatus'>({}),
  requestCustomerIdentification: service<'requestCustomerIdentification'>({
    rules: { number: { is: 'like', pattern: /^\d{4}$/, expected: '4 digits' } },
  }),
  setGasConversion: service<'setGasConversion'>({ rules: CONVERSION_RULES, after: forgetGas }),
  setGasFlow: service<'setGasFlow'>({ rules: FLOW_RULES, after: forgetGas }),
  readPaymentMode: service<'readPaymentMode'>({
    result: ({ control }) => ({ prepayment: (Number(control) & PREPAYMENT) !== 0 }),
  }),
}
