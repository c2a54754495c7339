/**
 * What becomes of a service request: the requests over the SM WAN that stand for it, in order. One row for each variant:
 * the body element it must have, and how that is read. To add one, write a function in `bodies/` and a row here.
 * @source body elements: the DUIS schema; which operations stand for them: assumed
 */
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { encodeMessage } from '../wan/messages/codec.ts'
import { type RequestKind, requestOf } from '../wan/messages/requests.ts'
import type { EventBehaviour, Request, Response } from '../wan/messages/wan-types.generated.ts'
import { SERVICE_CATALOGUE } from '../wan/service-catalogue.ts'
import { commissionDevice, synchroniseClock } from './bodies/clock.ts'
import {
  billingCalendar,
  blockCounterReset,
  clearEventLog,
  displayMessage,
  gasConversion,
  gasFlow,
  loadLimit,
  powerThresholds,
  restrictAccess,
  setExportMpan,
  setImportMpxn,
  supplierName,
  tamperPolicy,
  voltageSettings,
} from './bodies/configuration.ts'
import { changeSupplier, readCredentials, requestHandover, updateCredentials } from './bodies/credentials.ts'
import { updateDeviceLog } from './bodies/device-log.ts'
import { behaviourChanges, codesOf } from './bodies/event-behaviours.ts'
import { activateFirmware, deliveries } from './bodies/firmware.ts'
import { identificationNumber, otherDevice } from './bodies/home.ts'
import { nextPart, readBillingDataLog, readEventOrSecurityLog, readLogPeriod, readProfile } from './bodies/logs.ts'
import { nothing } from './bodies/nothing.ts'
import {
  topUpDevice,
  updateDebt,
  updateMeterBalance,
  updatePaymentMode,
  updatePrepayConfiguration,
} from './bodies/prepayment.ts'
import { updatePrice, updateTariff } from './bodies/tariff.ts'
import { type About, Fields, refuse } from './fields.ts'
import type { ServiceRequest } from './service-request.ts'
import type { XmlElement } from './xml-reader.ts'

/** One request over the SM WAN. */
export interface Step {
  device: Eui64
  request: Request
  /** What is asked next when an answer holds a part only; undefined when it was the last part. */
  further?: ((answered: Response) => Request | undefined) | undefined
}

/** What a row makes of a body. */
type Reading<K extends RequestKind> = (fields: Fields, about: About) => NonNullable<Request[K]>
/** The parameters for the next part. */
type Further<K extends RequestKind> = (
  result: NonNullable<Response[K]>,
  asked: NonNullable<Request[K]>,
) => NonNullable<Request[K]> | undefined

interface Row {
  body: string
  /** What it does not read of the body is an error, but for `ExecutionDateTime`. */
  steps: (fields: Fields, about: About) => Step[]
}

const ROWS: Readonly<Record<string, Row>> = {
  '1.1.1': row('UpdateImportTariffPrimaryElement', 'updateTariff', updateTariff),
  '1.2.1': row('UpdatePricePrimaryElement', 'updatePrice', updatePrice),
  '1.5': row('UpdateMeterBalance', 'updateMeterBalance', updateMeterBalance),
  '1.6': row('UpdatePaymentMode', 'updatePaymentMode', updatePaymentMode),
  '1.7': row('ResetTariffBlockCounterMatrix', 'resetBlockCounters', nothing),
  '2.1': row('UpdatePrepayConfiguration', 'updatePrepayConfiguration', updatePrepayConfiguration),
  '2.2': row('TopUpDevice', 'topUpDevice', topUpDevice),
  '2.3': row('UpdateDebt', 'updateDebt', updateDebt),
  '2.5': row('ActivateEmergencyCredit', 'activateEmergencyCredit', nothing),
  '3.1': row('DisplayMessage', 'displayMessage', displayMessage),
  '3.2': row('RestrictAccessForChangeOfTenancy', 'restrictAccess', restrictAccess),
  '3.3': row('ClearEventLog', 'clearEventLog', clearEventLog),
  '3.4': row('UpdateSupplierName', 'updateSupplierName', supplierName),
  '3.5': row('DisablePrivacyPIN', 'disablePrivacyPin', nothing),
  '4.1.1': row('ReadInstantaneousImportRegisters', 'readImportRegisters', nothing),
  '4.1.2': row('ReadInstantaneousImportTOUMatrices', 'readImportTou', nothing),
  '4.1.3': row('ReadInstantaneousImportTOUWithBlocksMatrices', 'readImportTouBlocks', nothing),
  '4.1.4': row('ReadInstantaneousImportBlockCounters', 'readImportBlockCounters', nothing),
  '4.2': row('ReadInstantaneousExportRegisters', 'readExportRegisters', nothing),
  '4.3': row('ReadInstantaneousPrepayValues', 'readPrepayValues', nothing),
  '4.4.2': row('RetrieveCoMOrTariffTriggeredBillingDataLog', 'readBillingDataLog', readBillingDataLog),
  '4.4.3': row('RetrieveBillingCalendarTriggeredBillingDataLog', 'readBillingDataLog', readBillingDataLog),
  '4.4.4': row('RetrieveBillingDataLogDebtPayments', 'readBillingDataLog', readBillingDataLog),
  '4.4.5': row('RetrieveBillingDataLogPrepaymentCredits', 'readBillingDataLog', readBillingDataLog),
  '4.6.1': row('RetrieveImportDailyReadLog', 'readImportDailyLog', readLogPeriod),
  '4.6.2': row('RetrieveExportDailyReadLog', 'readExportDailyLog', readLogPeriod),
  '4.8.1': row('ReadActiveImportProfileData', 'readImportProfile', readProfile, nextPart),
  '4.8.2': row('ReadReactiveImportProfileData', 'readReactiveImportProfile', readProfile, nextPart),
  '4.8.3': row('ReadExportProfileData', 'readExportProfile', readProfile, nextPart),
  '4.10': row('ReadNetworkData', 'readNetworkData', readProfile, nextPart),
  '4.11.1': row('ReadTariffPrimaryElement', 'readTariff', nothing),
  '4.13': row('ReadPrepaymentConfiguration', 'readPrepayConfiguration', nothing),
  '4.14': row('ReadPrepaymentDailyReadLog', 'readPrepayDailyLog', readLogPeriod),
  '4.15': row('ReadLoadLimitData', 'readLoadLimitData', nothing),
  '4.16': row('ReadActivePowerImport', 'readActivePowerImport', nothing),
  '4.17': row('RetrieveDailyConsumptionLog', 'readDailyConsumption', readLogPeriod),
  '4.18': row('ReadMeterBalance', 'readMeterBalance', nothing),
  '6.2.1': row('ReadDeviceConfigurationVoltage', 'readVoltageSettings', nothing),
  '6.2.2': row('ReadDeviceConfigurationRandomisation', 'readRandomisation', nothing),
  '6.2.3': row('ReadDeviceConfigurationBillingCalendar', 'readBillingCalendar', nothing),
  '6.2.4': row('ReadDeviceConfigurationIdentityExcMPxN', 'readIdentity', nothing),
  '6.2.5': row('ReadDeviceConfigurationInstantaneousPowerThresholds', 'readPowerThresholds', nothing),
  '6.2.7': row('ReadDeviceConfigurationMPxN', 'readMpxn', nothing),
  '6.2.8': row('ReadDeviceConfigurationGas', 'readGasSettings', nothing),
  '6.2.9': row('ReadDeviceConfigurationPaymentMode', 'readPaymentMode', nothing),
  '6.2.10': {
    body: 'ReadDeviceConfigurationEventAndAlertBehaviours',
    steps: (_, about) =>
      codesOf(about).map(codes => stepOf(about.target, 'readEventBehaviours', { codes }, about.variant)),
  },
  '6.4.1': row('UpdateDeviceConfigurationLoadLimitingGeneralSettings', 'setLoadLimit', loadLimit),
  '6.4.2': row('UpdateDeviceConfigurationLoadLimitingCounterReset', 'resetLoadLimitCounter', nothing),
  '6.5': row('UpdateDeviceConfigurationVoltage', 'setVoltageSettings', voltageSettings),
  '6.6': row('UpdateDeviceConfigurationGasConversion', 'setGasConversion', gasConversion),
  '6.7': row('UpdateDeviceConfigurationGasFlow', 'setGasFlow', gasFlow),
  '6.8': row('UpdateDeviceConfigurationBillingCalendar', 'setBillingCalendar', billingCalendar),
  '6.11': row('SynchroniseClock', 'synchroniseClock', synchroniseClock),
  '6.12': row('UpdateDeviceConfigurationInstantaneousPowerThreshold', 'setPowerThresholds', powerThresholds),
  '6.13': row('ReadEventOrSecurityLog', 'readLog', readEventOrSecurityLog),
  '6.15.1': row('UpdateSecurityCredentialsKRP', 'updateCredentials', updateCredentials),
  '6.20.1': row('SetDeviceConfigurationImportMPxN', 'setImportMpxn', setImportMpxn),
  '6.20.2': row('SetDeviceConfigurationExportMPAN', 'setExportMpan', setExportMpan),
  '6.21': row('RequestHandoverOfDCCControlledDevice', 'requestHandover', requestHandover),
  '6.22': {
    body: 'ConfigureAlertBehaviour',
    steps: (fields, { target, variant }) =>
      behaviourChanges(fields).map(({ codes, changed, whole }) => {
        const set = (now: readonly EventBehaviour[] = []) => ({
          behaviours: codes.map(code =>
            changed(
              code,
              now.find(one => one.code === code),
            ),
          ),
        })
        if (whole) return stepOf(target, 'setEventBehaviours', set(), variant)
        return {
          device: target,
          request: requestOf('readEventBehaviours', { codes }),
          further: ({ readEventBehaviours: found }) =>
            found && requestOf('setEventBehaviours', set(found.behaviours), variant),
        }
      }),
  },
  '6.23': row('UpdateSecurityCredentialsCoS', 'changeSupplier', changeSupplier),
  '6.24.1': row('RetrieveDeviceSecurityCredentialsKRP', 'readCredentials', readCredentials),
  '6.25': row('SetElectricitySupplyTamperState', 'setTamperPolicy', tamperPolicy),
  '6.26': row(
    'UpdateDeviceConfigurationDailyResettingOfTariffBlockCounterMatrix',
    'setBlockCounterReset',
    blockCounterReset,
  ),
  '6.27': row('UpdateDeviceConfigurationRMSVoltageCounterReset', 'resetVoltageCounters', nothing),
  '7.1': row('EnableSupply', 'enableSupply', nothing),
  '7.2': row('DisableSupply', 'disableSupply', nothing),
  '7.3': row('ArmSupply', 'armSupply', nothing),
  '7.4': row('ReadSupplyStatus', 'readSupplyStatus', nothing),
  '8.1.1': row('CommissionDeviceSynchroniseClock', 'commissionDevice', commissionDevice),
  '8.7.1': row('JoinServiceCritical', 'joinDevice', otherDevice),
  '8.7.2': row('JoinServiceNonCritical', 'joinDevice', otherDevice),
  '8.8.1': row('UnjoinServiceCritical', 'unjoinDevice', otherDevice),
  '8.8.2': row('UnjoinServiceNonCritical', 'unjoinDevice', otherDevice),
  '8.9': row('ReadDeviceLog', 'readDeviceLog', nothing),
  '8.11': row('UpdateHANDeviceLog', 'updateDeviceLog', updateDeviceLog),
  '9.1': row('RequestCustomerIdentificationNumber', 'requestCustomerIdentification', identificationNumber),
  '11.1': {
    body: 'UpdateFirmware',
    steps: (fields, { variant, inventory }) =>
      deliveries(fields, inventory).map(({ hub, announce, after }) =>
        stepOf(hub, 'updateFirmware', { announce }, variant, after),
      ),
  },
  '11.2': row('ReadFirmwareVersion', 'readFirmwareVersion', nothing),
  '11.3': row('ActivateFirmware', 'activateFirmware', activateFirmware),
}

/** Whether a variant can be asked through the door. */
export const isMapped = (variant: string): boolean => Object.hasOwn(ROWS, variant)

export interface Plan {
  steps: Step[]
  /** When the DCC is to have it carried out, Unix ms; absent: now. */
  atMs?: number
}

/** What a request comes to; undefined when the door has no row for its variant. @throws DuisProblem for a body that is not of it */
export function planOf(
  { variant, body, requestId }: ServiceRequest,
  about: Pick<About, 'inventory' | 'nowMs'>,
): Plan | undefined {
  const found = isMapped(variant) ? ROWS[variant] : undefined
  if (!found) return undefined
  if (body.name !== found.body) refuse(body, `${found.body} in a ${variant}`, body.name, 'duis.element')
  return Fields.read(body, fields => {
    const steps = found.steps(fields, { variant, target: requestId.target, ...about })
    for (const step of steps) checkFit(step, body)
    const isHeld = fields.leaves('ExecutionDateTime') && isDated(variant)
    return { steps, ...(isHeld && { atMs: fields.instant('ExecutionDateTime') }) }
  })
}

const NO_KEY = new Uint8Array(32)

/** A text may be longer than any message, a number greater than its field. */
function checkFit({ device: targetDevice, request }: Step, body: XmlElement): void {
  const envelope = { id: 'fit', correlationId: '', originator: 'fit', targetDevice, counter: 0, sentAtMs: 0 }
  try {
    encodeMessage({ ...envelope, request }, NO_KEY, NO_KEY)
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error
    refuse(body, 'values that fit a message over the SM WAN', error.message)
  }
}

/** What a device cannot hold until its time, the door holds for it. */
const isDated = (variant: string): boolean =>
  SERVICE_CATALOGUE.get(variant)?.modes.some(mode => mode.startsWith('FD')) ?? false

/** One request to the device stands for the variant. */
function row<K extends RequestKind>(body: string, kind: K, read: Reading<K>, further?: Further<K>): Row {
  return {
    body,
    steps: (fields, about) => {
      const parameters = read(fields, about)
      const next = further && ((result: NonNullable<Response[K]>) => further(result, parameters))
      return [stepOf(about.target, kind, parameters, about.variant, next)]
    },
  }
}

function stepOf<K extends RequestKind>(
  device: Eui64,
  kind: K,
  parameters: NonNullable<Request[K]>,
  variant: string,
  next?: (result: NonNullable<Response[K]>) => NonNullable<Request[K]> | undefined,
): Step {
  const further = (answered: Response): Request | undefined => {
    const result = answered[kind]
    const after = result && next?.(result as NonNullable<Response[K]>)
    return after && requestOf(kind, after, variant)
  }
  return { device, request: requestOf(kind, parameters, variant), ...(next && { further }) }
}
