/**
 * Who carries out each kind of request, and what is refused before: the catalogue says which devices it may be asked of, by whom and when.
 * @source response codes: DUIS, their order assumed; the operations: assumed, the S1SR's matrix of equivalent steps is not public
 */
import type { Eui64 } from '../../../base/ids.ts'
import { seconds } from '../../../base/time.ts'
import { type AcceptedRequest, response } from '../../../wan/hub-session.ts'
import { kindOf, type RequestKind, resultOf } from '../../../wan/messages/requests.ts'
import type { ResponseCode } from '../../../wan/messages/response-codes.ts'
import type { Request, Response } from '../../../wan/messages/wan-types.generated.ts'
import { mayAsk, needsCommissioning, passesDco } from '../../../wan/originator-roles.ts'
import { SERVICE_CATALOGUE, whyNotServed } from '../../../wan/service-catalogue.ts'
import type { Hub } from '../hub.ts'
import { activateEmergencyCredit, topUpDevice, updateMeterBalance, updatePaymentMode } from './account.ts'
import { readDeviceLog, readLog, rotateCredentials, setApn, updateDeviceLog } from './administration.ts'
import type { Target } from './asking.ts'
import { commissionDevice, synchroniseClock } from './clock.ts'
import { changeSupplier, readCredentials, requestHandover, updateCredentials } from './credentials.ts'
import { displayMessage } from './display-message.ts'
import { readEventBehaviours, setEventBehaviours } from './event-behaviours.ts'
import { activateFirmware, discardFirmware, readDistribution, updateFirmware } from './firmware.ts'
import { readGasSettings, readMpxn, setImportMpxn } from './gas-proxy.ts'
import { readFirmwareVersion, readIdentity } from './identity.ts'
import { joinDevice, unjoinDevice } from './joining.ts'
import { readMeterBalance, readPrepayConfiguration, readPrepayDailyLog, readPrepayValues } from './prepay-reads.ts'
import { updateDebt, updatePrepayConfiguration } from './prepay-setup.ts'
import { readActivePowerImport, readLoadLimitData } from './readings/now.ts'
import { readExportProfile, readImportProfile, readReactiveImportProfile } from './readings/profiles.ts'
import {
  readExportRegisters,
  readImportBlockCounters,
  readImportRegisters,
  readImportTou,
  readImportTouBlocks,
} from './readings/registers.ts'
import { readDailyConsumption, readNetworkData } from './readings/samples.ts'
import { readBillingDataLog, readExportDailyLog, readImportDailyLog } from './readings/snapshots.ts'
import { readTariff } from './readings/tariff.ts'
import type { Service } from './service.ts'
import { settingsServices } from './settings.ts'
import { resetBlockCounters, updatePrice, updateTariff } from './tariff.ts'

const services: { readonly [K in RequestKind]: Service<K> } = {
  readIdentity,
  readFirmwareVersion,
  readDeviceLog,
  updateDeviceLog,
  synchroniseClock,
  commissionDevice,
  readImportRegisters,
  readImportProfile,
  readImportTou,
  readImportTouBlocks,
  readImportBlockCounters,
  readExportRegisters,
  readBillingDataLog,
  readImportDailyLog,
  readExportDailyLog,
  readReactiveImportProfile,
  readExportProfile,
  readNetworkData,
  readTariff,
  readLoadLimitData,
  readActivePowerImport,
  readDailyConsumption,
  readLog,
  updateMeterBalance,
  updatePaymentMode,
  updatePrepayConfiguration,
  topUpDevice,
  updateDebt,
  activateEmergencyCredit,
  updateTariff,
  updatePrice,
  resetBlockCounters,
  readPrepayValues,
  readPrepayConfiguration,
  readPrepayDailyLog,
  readMeterBalance,
  setApn,
  rotateCredentials,
  updateFirmware,
  readDistribution,
  activateFirmware,
  discardFirmware,
  ...settingsServices,
  displayMessage,
  readMpxn,
  readGasSettings,
  setImportMpxn,
  readEventBehaviours,
  setEventBehaviours,
  readCredentials,
  updateCredentials,
  requestHandover,
  changeSupplier,
  joinDevice,
  unjoinDevice,
}

/** Of a refusal in the event log, characters: an entry with the device behind it has 120 octets. */
const MOST_TEXT = 100

/** What is written down of a critical request that the DCO has not authenticated. @source codes: GBCS alert codes */
const UNSIGNED = {
  absent: ['8F30', 'the DCO has not authenticated it'],
  wrong: ['8F3D', "the DCO's authentication does not match"],
} as const

/** Carries out a request that the session let through, and answers it once. */
export function serveRequest(hub: Hub, accepted: AcceptedRequest, answer: (response: Response) => void): void {
  const { request, targetDevice: device, originator, taken, orderNumber } = accepted
  const variant = request.serviceReferenceVariant
  const fail = (code: ResponseCode, detail?: string) => answer(response(request, code, detail))
  const kind = kindOf(request)
  const row = SERVICE_CATALOGUE.get(variant)
  if (!kind || !row) return fail('E11', whyNotServed(variant))
  const target = targetOf(hub, device)
  if (!target) return fail('E19', `no device ${device} here`)
  if (!row.devices.includes(target)) return fail('E11', `${variant} is not for a ${target}`)
  if (!mayAsk(originator, row)) return fail('E4', `${variant} is not for ${originator} to ask`)
  if (needsCommissioning(originator, row) && hub.awaitsCommissioning(device)) {
    return fail('E5', `${device} is not commissioned`)
  }
  if (hub.asksDco && accepted.countersigned !== 'right' && passesDco(originator, variant)) {
    const [alert, why] = UNSIGNED[accepted.countersigned]
    hub.alerts.refused(alert, `${variant} of ${originator}: ${why}`, device)
    return fail('S1RIG_AUTHENTICATION', why)
  }
  serve(kind, target)

  function serve<K extends RequestKind>(of: K, target: Target): void {
    services[of]({
      hub,
      device,
      target,
      variant,
      originator,
      taken,
      orderNumber,
      parameters: request[of] as NonNullable<Request[K]>,
      sleeperDeadlineUs: taken.atUs + seconds(hub.profile.han.sleeperTimeoutS),
      succeed: result => answer(resultOf(of, result, variant)),
      fail: (code, detail = '') => {
        // What is asked wrongly, or not to be done, is written down: the device may never have heard of it.
        if (code === 'S1RIG_PARAMETER' || code === 'S1RIG_REFUSED') {
          hub.raise('8155', `${variant} ${detail}`.slice(0, MOST_TEXT), device)
        }
        fail(code, detail)
      },
    })
  }
}

function targetOf(hub: Hub, device: Eui64): Target | undefined {
  if (device === hub.deviceId) return 'CHF'
  return device === hub.gpfId ? 'GPF' : hub.inventory.get(device)
}
