/** Samples of the requests for messages, configuration, supply and joining: fields as protoc's text format has them, written by hand. */
import type { RequestKind } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'

/** What a message holds: lines of text, and ours. */
interface Side<T> {
  text: readonly string[]
  plain: T
}
/** A kind of request, what it asks and what it gives. */
export interface Row<K extends RequestKind> {
  /** Name in the contract. */
  field: string
  variant: string
  asks: Side<NonNullable<Request[K]>>
  gives: Side<NonNullable<Response[K]>>
}

const ENTITY = '00db1234567890b1'
const CAD = '00db1234567890a7'
/** No fields at all. */
export const nothing = { text: [], plain: {} }
const letters = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

const voltages = {
  text: [
    'average_period_s: 1800',
    'average_over_voltage_dv: 2530',
    'average_under_voltage_dv: 2162',
    'extreme_over_voltage_dv: 2650',
    'extreme_over_voltage_period_s: 20',
    'extreme_under_voltage_dv: 2000',
    'extreme_under_voltage_period_s: 21',
    'sag_dv: 1800',
    'sag_period_s: 22',
    'swell_dv: 2700',
    'swell_period_s: 23',
  ],
  plain: {
    ...{ averagePeriodS: 1_800, averageOverVoltageDv: 2_530, averageUnderVoltageDv: 2_162 },
    ...{ extremeOverVoltageDv: 2_650, extremeOverVoltagePeriodS: 20 },
    ...{ extremeUnderVoltageDv: 2_000, extremeUnderVoltagePeriodS: 21 },
    ...{ sagDv: 1_800, sagPeriodS: 22, swellDv: 2_700, swellPeriodS: 23 },
  },
}
const billing = {
  text: ['start_ms: 1700000000000', 'periodicity: BILLED_MONTHLY'],
  plain: { startMs: 1_700_000_000_000, periodicity: 'BILLED_MONTHLY' as const },
}
const thresholds = {
  text: ['low_medium_w: 500', 'medium_high_w: 2000'],
  plain: { lowMediumW: 500, mediumHighW: 2_000 },
}
const behaviours = {
  text: ['behaviours {', '  code: "8F32"', '  logged: true', '  to_wan: true', '}'],
  plain: { behaviours: [{ code: '8F32', logged: true, toWan: true, toHan: false }] },
}
const limit = {
  text: [
    ...['threshold_w: 5000', 'period_s: 300', 'restoration_s: 1800', 'policy: POLICY_ARMED'],
    ...['from_ms: 1700000000000', 'cancel_held: true', 'was_held: false'],
  ],
  plain: {
    ...{ thresholdW: 5_000, periodS: 300, restorationS: 1_800, policy: 'POLICY_ARMED' as const },
    ...{ fromMs: 1_700_000_000_000, cancelHeld: true, wasHeld: false },
  },
}
const conversion = {
  text: ['calorific_value: 3950', 'conversion_factor: 102264'],
  plain: { calorificValue: 3_950, conversionFactor: 102_264 },
}
const flow = {
  text: ['flow_threshold_dm3_per_h: 2000', 'stabilisation_s: 10', 'measurement_s: 60'],
  plain: { flowThresholdDm3PerH: 2_000, stabilisationS: 10, measurementS: 60 },
}
const party = {
  text: [`entity_id: "${ENTITY}"`, 'certificate: "serial"'],
  plain: { entityId: ENTITY, certificate: letters('serial') },
}
const credentials = {
  text: [
    `supplier_id: "${ENTITY}"`,
    'supplier_certificate: "serial"',
    'network_operator_id: "00db1234567890b2"',
    'network_operator_certificate: "number"',
    'control: CONTROLLED_BY_SUPPLIER',
  ],
  plain: {
    ...{ supplierId: ENTITY, supplierCertificate: letters('serial') },
    ...{ networkOperatorId: '00db1234567890b2', networkOperatorCertificate: letters('number') },
    control: 'CONTROLLED_BY_SUPPLIER' as const,
  },
}
const site = { text: ['import_mpxn: "1200012345601"'], plain: { importMpxn: '1200012345601', exportMpan: '' } }
const tamper = { text: ['policy: POLICY_OFF'], plain: { policy: 'POLICY_OFF' as const } }
const on = { text: ['state: SUPPLY_ON'], plain: { state: 'SUPPLY_ON' as const } }
const off = { text: ['state: SUPPLY_OFF'], plain: { state: 'SUPPLY_OFF' as const } }
const armed = { text: ['state: SUPPLY_ARMED'], plain: { state: 'SUPPLY_ARMED' as const } }
const daily = { text: ['daily: true'], plain: { daily: true } }
const name = { text: ['name: "Example Energy"'], plain: { name: 'Example Energy' } }
const since = { text: ['not_before_ms: 1700000000000'], plain: { notBeforeMs: 1_700_000_000_000 } }
const device = { text: [`device_id: "${CAD}"`], plain: { deviceId: CAD } }
const devices = { text: [`device_ids: "${CAD}"`], plain: { deviceIds: [CAD] } }
const number = { text: ['number: "0417"'], plain: { number: '0417' } }

/** By kind of request. */
export const CONFIGURATION_MESSAGES = {
  displayMessage: {
    field: 'display_message',
    variant: '3.1',
    asks: {
      text: ['text: "Power cut on Friday"', 'for_min: 60', 'confirm: true'],
      plain: { text: 'Power cut on Friday', forMin: 60, confirm: true },
    },
    gives: { text: ['message_id: 700000000'], plain: { messageId: 700_000_000 } },
  },
  restrictAccess: { field: 'restrict_access', variant: '3.2', asks: since, gives: since },
  clearEventLog: {
    ...{ field: 'clear_event_log', variant: '3.3', asks: nothing },
    gives: { text: ['entries: 1'], plain: { entries: 1 } },
  },
  updateSupplierName: { field: 'update_supplier_name', variant: '3.4', asks: name, gives: name },
  disablePrivacyPin: {
    ...{ field: 'disable_privacy_pin', variant: '3.5', asks: nothing },
    gives: { text: [], plain: { enabled: false } },
  },
  readVoltageSettings: { field: 'read_voltage_settings', variant: '6.2.1', asks: nothing, gives: voltages },
  readRandomisation: {
    ...{ field: 'read_randomisation', variant: '6.2.2', asks: nothing },
    gives: { text: ['offset_limit_s: 600'], plain: { offsetLimitS: 600 } },
  },
  readBillingCalendar: { field: 'read_billing_calendar', variant: '6.2.3', asks: nothing, gives: billing },
  readPowerThresholds: { field: 'read_power_thresholds', variant: '6.2.5', asks: nothing, gives: thresholds },
  readMpxn: { field: 'read_mpxn', variant: '6.2.7', asks: nothing, gives: site },
  readGasSettings: {
    ...{ field: 'read_gas_settings', variant: '6.2.8', asks: nothing },
    gives: { text: [...conversion.text, ...flow.text], plain: { ...conversion.plain, ...flow.plain } },
  },
  readPaymentMode: {
    ...{ field: 'read_payment_mode', variant: '6.2.9', asks: nothing },
    gives: { text: ['prepayment: true'], plain: { prepayment: true } },
  },
  readEventBehaviours: {
    ...{ field: 'read_event_behaviours', variant: '6.2.10', gives: behaviours },
    asks: { text: ['codes: "8F32"', 'codes: "8F3F"'], plain: { codes: ['8F32', '8F3F'] } },
  },
  setLoadLimit: { field: 'set_load_limit', variant: '6.4.1', asks: limit, gives: limit },
  resetLoadLimitCounter: {
    ...{ field: 'reset_load_limit_counter', variant: '6.4.2', asks: nothing },
    gives: { text: ['counter: 3'], plain: { counter: 3 } },
  },
  setVoltageSettings: { field: 'set_voltage_settings', variant: '6.5', asks: voltages, gives: voltages },
  setGasConversion: { field: 'set_gas_conversion', variant: '6.6', asks: conversion, gives: conversion },
  setGasFlow: { field: 'set_gas_flow', variant: '6.7', asks: flow, gives: flow },
  setBillingCalendar: { field: 'set_billing_calendar', variant: '6.8', asks: billing, gives: billing },
  setPowerThresholds: { field: 'set_power_thresholds', variant: '6.12', asks: thresholds, gives: thresholds },
  updateCredentials: {
    ...{ field: 'update_credentials', variant: '6.15.1', gives: credentials },
    asks: { text: ['role: SUPPLIER', ...party.text], plain: { role: 'SUPPLIER', ...party.plain } },
  },
  setImportMpxn: {
    ...{ field: 'set_import_mpxn', variant: '6.20.1', gives: site },
    asks: { text: site.text, plain: { importMpxn: '1200012345601' } },
  },
  setExportMpan: {
    ...{ field: 'set_export_mpan', variant: '6.20.2' },
    asks: { text: ['export_mpan: "1200012345602"'], plain: { exportMpan: '1200012345602' } },
    gives: { text: ['export_mpan: "1200012345602"'], plain: { exportMpan: '1200012345602' } },
  },
  requestHandover: { field: 'request_handover', variant: '6.21', asks: party, gives: credentials },
  setEventBehaviours: { field: 'set_event_behaviours', variant: '6.22', asks: behaviours, gives: behaviours },
  changeSupplier: { field: 'change_supplier', variant: '6.23', asks: party, gives: credentials },
  readCredentials: { field: 'read_credentials', variant: '6.24.1', asks: nothing, gives: credentials },
  setTamperPolicy: { field: 'set_tamper_policy', variant: '6.25', asks: tamper, gives: tamper },
  setBlockCounterReset: { field: 'set_block_counter_reset', variant: '6.26', asks: daily, gives: daily },
  resetVoltageCounters: {
    ...{ field: 'reset_voltage_counters', variant: '6.27', asks: nothing },
    gives: { text: ['over_voltage: 1', 'under_voltage: 2'], plain: { overVoltage: 1, underVoltage: 2 } },
  },
  enableSupply: { field: 'enable_supply', variant: '7.1', asks: nothing, gives: on },
  disableSupply: { field: 'disable_supply', variant: '7.2', asks: nothing, gives: off },
  armSupply: { field: 'arm_supply', variant: '7.3', asks: nothing, gives: armed },
  readSupplyStatus: { field: 'read_supply_status', variant: '7.4', asks: nothing, gives: on },
  joinDevice: { field: 'join_device', variant: '8.7.1', asks: device, gives: devices },
  unjoinDevice: { field: 'unjoin_device', variant: '8.8.1', asks: device, gives: devices },
  requestCustomerIdentification: {
    ...{ field: 'request_customer_identification', variant: '9.1', asks: number, gives: number },
  },
} satisfies { [K in RequestKind]?: Row<K> }

/** The lines of one field. */
export const textOf = (field: string, lines: readonly string[]): string =>
  `${field} {\n${lines.map(line => `  ${line}\n`).join('')}}`
