/**
 * What each request usually becomes on the HAN, by service reference variant; a profile may say otherwise for its model. A variant
 * with a type of device holds for that type.
 * @source ZigBee Smart Energy, where it has the operation; MeterSettings is ours: assumed
 */
import type { SendStep, Step } from '../../../../profiles/step-facts.ts'
import { CONTROL } from '../../../prepayment/account-attributes.ts'
import { CANCEL } from '../../../zigbee-time.ts'
import { USUAL_MANAGEMENT } from './usual-management.ts'
import { USUAL_PREPAYMENT } from './usual-prepayment.ts'
import { USUAL_READINGS } from './usual-readings.ts'
import { USUAL_TARIFF } from './usual-tariff.ts'

const ORDER = { issuerEventId: '$now', providerId: 0 } as const
/** Event log, all of it. @source ZigBee Smart Energy 1.2a, Get Event Log */
const ALL_EVENTS = { eventControlLogId: 3, eventId: 0, startTime: 0, endTime: 0, numberOfEvents: 1, eventOffset: 0 }
/** Historical data are not to be shown. @source ZigBee Smart Energy 1.2a, Proposed Tenancy Change Control */
const BLOCK_HISTORY = 0x80
/** @source ZigBee Smart Energy, units of measure */
const CUBIC_METRES = 1

const changeSupply = (proposedSupplyStatus: 0 | 1 | 2): Step => ({
  send: 'Metering.ChangeSupply',
  with: { ...ORDER, requestDateTime: '$now', implementationDateTime: 0, proposedSupplyStatus, supplyControlBits: 1 },
  answer: { supplyStatus: 'state' },
})

/** All four policies go in one command: those that stay are read before. */
const POLICIES: Step = {
  read: 'Metering',
  attributes: {
    SupplyTamperState: '_tamper',
    SupplyDepletionState: '_depletion',
    SupplyUncontrolledFlowState: '_flow',
    LoadLimitSupplyState: '_load',
  },
}
const setPolicies = (changed: Readonly<Record<string, '$policy'>>): Step => ({
  send: 'Metering.SetSupplyStatus',
  with: {
    issuerEventId: '$now',
    ...{ supplyTamperState: '$_tamper', supplyDepletionState: '$_depletion' },
    ...{ supplyUncontrolledFlowState: '$_flow', loadLimitSupplyState: '$_load' },
    ...changed,
  },
  answer: {},
})

const VOLTAGES = {
  AverageRMSVoltageMeasurementPeriod: 'averagePeriodS',
  RMSExtremeOverVoltage: 'extremeOverVoltageDv',
  RMSExtremeOverVoltagePeriod: 'extremeOverVoltagePeriodS',
  RMSExtremeUnderVoltage: 'extremeUnderVoltageDv',
  RMSExtremeUnderVoltagePeriod: 'extremeUnderVoltagePeriodS',
  RMSVoltageSag: 'sagDv',
  RMSVoltageSagPeriod: 'sagPeriodS',
  RMSVoltageSwell: 'swellDv',
  RMSVoltageSwellPeriod: 'swellPeriodS',
}
const AVERAGES = {
  AverageRMSOverVoltageThreshold: 'averageOverVoltageDv',
  AverageRMSUnderVoltageThreshold: 'averageUnderVoltageDv',
}
const COUNTERS = { AverageRMSOverVoltageCounter: 'overVoltage', AverageRMSUnderVoltageCounter: 'underVoltage' }
const BILLING = { BillingPeriodStart: 'startMs', BillingPeriodicity: 'periodicity' }
const POWER = { LowMediumPowerThreshold: 'lowMediumW', MediumHighPowerThreshold: 'mediumHighW' }
const CONVERSION = { CalorificValue: 'calorificValue', ConversionFactor: 'conversionFactor' }
const FLOW = {
  UncontrolledFlowThreshold: 'flowThresholdDm3PerH',
  StabilisationPeriod: 'stabilisationS',
  FlowMeasurementPeriod: 'measurementS',
}
const LIMIT = {
  LoadLimitThreshold: 'thresholdW',
  LoadLimitPeriod: 'periodS',
  LoadLimitRestorationPeriod: 'restorationS',
}
const SUPPLIER = { SupplierId: '$entityId', SupplierCertificate: '$certificate' }

const settings = (attributes: Record<string, string>): Step => ({ read: 'MeterSettings', attributes })
const voltages = (attributes: Record<string, string>): Step => ({ read: 'ElectricalMeasurement', attributes })
/** The attributes of a reading, written from the parameters of the same names. */
const written = (cluster: string, attributes: Record<string, string>): Step => ({
  write: cluster,
  attributes: Object.fromEntries(Object.entries(attributes).map(([name, field]) => [name, `$${field}`])),
})

const CREDENTIALS = settings({
  SupplierId: 'supplierId',
  SupplierCertificate: 'supplierCertificate',
  NetworkOperatorId: 'networkOperatorId',
  NetworkOperatorCertificate: 'networkOperatorCertificate',
  CredentialsControl: 'control',
})
const SITE: Step = { read: 'Metering', attributes: { SiteId: 'importMpxn' } }
const SET_SITE: Step = {
  send: 'DeviceManagement.UpdateSiteId',
  with: { ...ORDER, siteIdTime: '$now', siteId: '$importMpxn' },
  answer: {},
}
const EXPORT_SITE = settings({ ExportSiteId: 'exportMpan' })
/** Smart Energy has no command that dates a limit. */
const holdLimit = (fields: SendStep['with'], more: Pick<SendStep, 'blames' | 'optional'>): Step => ({
  ...{ send: 'MeterSettings.HoldLoadLimit', with: fields, answer: {} },
  ...more,
})
const NO_EXPORT: Step = { give: { exportMpan: '' } }

export const USUAL_STEPS: Readonly<Record<string, readonly Step[]>> = {
  ...USUAL_READINGS,
  ...USUAL_MANAGEMENT,
  ...USUAL_PREPAYMENT,
  ...USUAL_TARIFF,
  '3.1': [
    {
      send: 'Messaging.DisplayMessage',
      with: {
        ...{ messageId: '$messageId', messageControl: '$messageControl', startTime: 0 },
        ...{ durationInMinutes: '$durationInMinutes', message: '$text' },
      },
      answer: {},
    },
  ],
  '3.2': [
    {
      send: 'DeviceManagement.PublishChangeOfTenancy',
      with: {
        ...{ ...ORDER, tariffType: 0, implementationDateTime: '$notBeforeMs' },
        proposedTenancyChangeControl: BLOCK_HISTORY,
      },
      answer: {},
    },
    settings({ HistoryNotBefore: 'notBeforeMs' }),
  ],
  '3.2 GPF': [
    written('MeterSettings', { HistoryNotBefore: 'notBeforeMs' }),
    settings({ HistoryNotBefore: 'notBeforeMs' }),
  ],
  '3.3': [
    { send: 'Events.ClearEventLogRequest', with: { logId: 3 }, answer: {} },
    { send: 'Events.GetEventLog', with: ALL_EVENTS, answer: { totalNumberOfEvents: 'entries' } },
  ],
  '3.4': [
    {
      send: 'DeviceManagement.PublishChangeOfSupplier',
      with: {
        ...{ currentProviderId: 0, issuerEventId: '$now', tariffType: 0, proposedProviderId: 0 },
        ...{ providerChangeImplementationTime: '$now', providerChangeControl: 0 },
        ...{ proposedProviderName: '$name', proposedProviderContactDetails: null },
      },
      answer: {},
    },
    settings({ SupplierName: 'name' }),
  ],
  '3.5': [
    { write: 'MeterSettings', attributes: { PrivacyPinEnabled: false } },
    settings({ PrivacyPinEnabled: 'enabled' }),
  ],
  '6.2.1': [voltages(VOLTAGES), settings(AVERAGES)],
  '6.2.2': [settings({ RandomisedOffsetLimit: 'offsetLimitS' })],
  '6.2.3': [settings(BILLING)],
  '6.2.5': [settings(POWER)],
  '6.2.7': [SITE, EXPORT_SITE],
  '6.2.7 GSME': [SITE, NO_EXPORT],
  '6.2.8': [settings({ ...CONVERSION, ...FLOW })],
  '6.2.9': [{ read: 'Prepayment', attributes: CONTROL }],
  '6.4.1': [
    POLICIES,
    written('MeterSettings', LIMIT),
    setPolicies({ loadLimitSupplyState: '$policy' }),
    settings(LIMIT),
    { read: 'Metering', attributes: { LoadLimitSupplyState: 'policy' } },
  ],
  '6.4.1 hold': [
    holdLimit(
      {
        ...{ implementationDateTime: '$fromMs', loadLimitThreshold: '$thresholdW', loadLimitPeriod: '$periodS' },
        ...{ loadLimitRestorationPeriod: '$restorationS', loadLimitSupplyState: '$policy' },
      },
      { blames: 'threshold_w' },
    ),
  ],
  '6.4.1 cancel': [
    holdLimit(
      {
        ...{ implementationDateTime: CANCEL, loadLimitThreshold: 0, loadLimitPeriod: 0 },
        ...{ loadLimitRestorationPeriod: 0, loadLimitSupplyState: 0 },
      },
      { optional: 'wasHeld' },
    ),
    settings(LIMIT),
    { read: 'Metering', attributes: { LoadLimitSupplyState: 'policy' } },
  ],
  '6.4.2': [
    { send: 'Metering.ResetLoadLimitCounter', with: ORDER, answer: {} },
    { read: 'Metering', attributes: { LoadLimitCounter: 'counter' } },
  ],
  '6.5': [
    written('ElectricalMeasurement', VOLTAGES),
    written('MeterSettings', AVERAGES),
    voltages(VOLTAGES),
    settings(AVERAGES),
  ],
  '6.6': [written('MeterSettings', CONVERSION), settings(CONVERSION)],
  '6.7': [
    {
      send: 'Metering.SetUncontrolledFlowThreshold',
      with: {
        ...{ ...ORDER, uncontrolledFlowThreshold: '$flowThresholdDm3PerH', unitOfMeasure: CUBIC_METRES },
        ...{
          multiplier: 1,
          divisor: 1_000,
          stabilisationPeriod: '$stabilisationS',
          measurementPeriod: '$measurementS',
        },
      },
      answer: {},
    },
    settings(FLOW),
  ],
  '6.8': [written('MeterSettings', BILLING), settings(BILLING)],
  '6.12': [written('MeterSettings', POWER), settings(POWER)],
  '6.15.1 SUPPLIER': [{ write: 'MeterSettings', attributes: SUPPLIER }, CREDENTIALS],
  '6.15.1 NETWORK_OPERATOR': [
    {
      write: 'MeterSettings',
      attributes: { NetworkOperatorId: '$entityId', NetworkOperatorCertificate: '$certificate' },
    },
    CREDENTIALS,
  ],
  '6.20.1': [SET_SITE, SITE, EXPORT_SITE],
  '6.20.1 GSME': [SET_SITE, SITE, NO_EXPORT],
  '6.20.2': [written('MeterSettings', { ExportSiteId: 'exportMpan' }), EXPORT_SITE],
  '6.21': [{ write: 'MeterSettings', attributes: { ...SUPPLIER, CredentialsControl: 1 } }, CREDENTIALS],
  '6.23': [{ write: 'MeterSettings', attributes: SUPPLIER }, CREDENTIALS],
  '6.24.1': [CREDENTIALS],
  '6.25': [
    POLICIES,
    setPolicies({ supplyTamperState: '$policy' }),
    { read: 'Metering', attributes: { SupplyTamperState: 'policy' } },
  ],
  '6.26': [
    written('MeterSettings', { BlockCounterDailyReset: 'daily' }),
    settings({ BlockCounterDailyReset: 'daily' }),
  ],
  '6.27': [
    {
      write: 'ElectricalMeasurement',
      attributes: { AverageRMSOverVoltageCounter: 0, AverageRMSUnderVoltageCounter: 0 },
    },
    voltages(COUNTERS),
  ],
  '7.1': [changeSupply(2)],
  '7.2': [changeSupply(0)],
  '7.3': [changeSupply(1)],
  '7.4': [{ read: 'Metering', attributes: { SupplyStatus: 'state' } }],
  '8.7': [{ send: 'MeterSettings.JoinDevice', with: { device: '$deviceId' }, answer: { devices: 'deviceIds' } }],
  '8.8': [{ send: 'MeterSettings.UnjoinDevice', with: { device: '$deviceId' }, answer: { devices: 'deviceIds' } }],
  '9.1': [
    {
      send: 'DeviceManagement.UpdateCIN',
      with: { ...ORDER, implementationTime: '$now', customerIdNumber: '$number' },
      answer: {},
    },
    { read: 'Metering', attributes: { CustomerIdNumber: 'number' } },
  ],
}
