/**
 * Every kind of request a hub knows: which devices it may be asked of, and who carries it out.
 * @source service requests: DUIS; the operations: assumed, the S1SR's matrix of equivalent steps is not public
 */
import type { Eui64 } from '../../../base/ids.ts'
import { seconds } from '../../../base/time.ts'
import { type AcceptedRequest, response } from '../../../wan/hub-session.ts'
import { kindOf, type RequestKind, resultOf } from '../../../wan/messages/requests.ts'
import type { ResponseCode } from '../../../wan/messages/response-codes.ts'
import type { Request, Response } from '../../../wan/messages/wan-types.generated.ts'
import type { Hub } from '../hub.ts'
import { readDeviceLog, readLog, rotateCredentials, setApn, updateDeviceLog } from './administration.ts'
import type { Target } from './asking.ts'
import { commissionDevice, synchroniseClock } from './clock.ts'
import { readFirmwareVersion, readIdentity } from './identity.ts'
import { readImportProfile } from './import-profile.ts'
import { readImportRegisters } from './import-registers.ts'
import type { Service } from './service.ts'

const EVERY: readonly Target[] = ['CHF', 'GPF', 'ESME', 'GSME', 'PPMID', 'IHD', 'CAD']

const services: { readonly [K in RequestKind]: Service<K> } = {
  readIdentity: { of: EVERY, carryOut: readIdentity },
  readFirmwareVersion: { of: EVERY, carryOut: readFirmwareVersion },
  readDeviceLog: { of: ['CHF'], carryOut: readDeviceLog },
  updateDeviceLog: { of: ['CHF'], carryOut: updateDeviceLog },
  synchroniseClock: { of: ['CHF', 'GPF', 'ESME', 'GSME'], carryOut: synchroniseClock },
  commissionDevice: { of: ['GPF', 'ESME', 'GSME'], carryOut: commissionDevice },
  readImportRegisters: { of: ['ESME', 'GSME', 'GPF'], carryOut: readImportRegisters },
  readImportProfile: { of: ['ESME', 'GSME', 'GPF'], carryOut: readImportProfile },
  readLog: { of: ['CHF', 'GPF'], carryOut: readLog },
  setApn: { of: ['CHF'], carryOut: setApn },
  rotateCredentials: { of: ['CHF'], carryOut: rotateCredentials },
}

/** Carries out a request that the session let through, and answers it once. */
export function serveRequest(hub: Hub, accepted: AcceptedRequest, answer: (response: Response) => void): void {
  const { request, targetDevice: device, originator, taken } = accepted
  const fail = (code: ResponseCode, detail?: string) => answer(response(request, code, detail))
  const kind = kindOf(request)
  const target = targetOf(hub, device)
  if (!kind) return fail('E11', 'unknown request')
  if (!target) return fail('E19', `no device ${device} here`)
  if (!services[kind].of.includes(target)) {
    return fail('E11', `${request.serviceReferenceVariant} is not for a ${target}`)
  }
  serve(kind, target)

  function serve<K extends RequestKind>(of: K, target: Target): void {
    services[of].carryOut({
      hub,
      device,
      target,
      originator,
      taken,
      parameters: request[of] as NonNullable<Request[K]>,
      sleeperDeadlineUs: taken.atUs + seconds(hub.profile.han.sleeperTimeoutS),
      succeed: result => answer(resultOf(of, result)),
      fail,
    })
  }
}

function targetOf(hub: Hub, device: Eui64): Target | undefined {
  if (device === hub.deviceId) return 'CHF'
  return device === hub.gpfId ? 'GPF' : hub.inventory.get(device)
}
