/** What is asked of the hub itself: its device log, its event log, its access point, the keys it holds. */
import { seconds } from '../../../base/time.ts'
import { isInstallCode } from '../../../crypto/install-code.ts'
import { unwrapKey } from '../../../wan/messages/key-wrap.ts'
import { readMeterLog } from './meter-log.ts'
import type { Call } from './service.ts'

const MAX_LOG_ENTRIES = 100
const EUI64 = /^[0-9a-f]{16}$/
/** Addresses that no device has. */
const NOBODY = /^(?:0{16}|f{16})$/

export function readDeviceLog({ hub, succeed }: Call<'readDeviceLog'>): void {
  succeed({ entries: hub.deviceLog.list() })
}

export function updateDeviceLog({ hub, parameters, succeed, fail }: Call<'updateDeviceLog'>): void {
  const { add, remove } = parameters
  const deviceId = (add ?? remove)?.deviceId
  if (deviceId === undefined) return fail('S1RIG_PARAMETER', 'add or remove expected')
  if (!EUI64.test(deviceId)) return fail('S1RIG_PARAMETER', 'device_id: 16 lower-case hex digits expected')
  if (!add) {
    if (!hub.whitelist.remove(deviceId)) return fail('S1RIG_REFUSED', `${deviceId} is not listed`)
    return succeed({ entries: hub.deviceLog.list() })
  }
  if (deviceId === hub.deviceId || deviceId === hub.gpfId || NOBODY.test(deviceId)) {
    return fail('S1RIG_PARAMETER', 'device_id: a device other than the hub itself expected')
  }
  if (!isInstallCode(add.installCode)) {
    return fail('S1RIG_PARAMETER', 'install_code: 6, 8, 12 or 16 octets and their CRC expected')
  }
  const longest = hub.profile.joinWindow.maxS
  if (add.joinWindowS < 1 || add.joinWindowS > longest) {
    return fail('S1RIG_PARAMETER', `join_window_s: 1 to ${longest} expected, found ${add.joinWindowS}`)
  }
  // In the first half of the window a device that was listed before comes back with its link key too. @source GBCS CCS01 [public]
  if (hub.whitelist.add(deviceId, add.installCode, seconds(add.joinWindowS) / 2) === 'full') {
    return fail('S1RIG_LOG_FULL', `the device log holds ${hub.deviceLog.capacity}`)
  }
  hub.whitelist.open(seconds(add.joinWindowS))
  succeed({ entries: hub.deviceLog.list() })
}

export function readLog(call: Call<'readLog'>): void {
  const { hub, target, device, parameters, succeed, fail } = call
  const { log, maxEntries } = parameters
  if (log !== 'EVENT' && log !== 'SECURITY') return fail('S1RIG_PARAMETER', 'log: EVENT or SECURITY expected')
  if (maxEntries < 1 || maxEntries > MAX_LOG_ENTRIES) {
    return fail('S1RIG_PARAMETER', `max_entries: 1 to ${MAX_LOG_ENTRIES} expected, found ${maxEntries}`)
  }
  if (target !== 'CHF' && target !== 'GPF') return readMeterLog(call)
  const refused = () => hub.alerts.refusals(target === 'GPF' ? device : undefined).slice(-maxEntries)
  succeed({ log, entries: log === 'EVENT' ? hub.alerts.eventLog.newest(maxEntries) : refused() })
}

export function setApn({ hub, parameters, succeed, fail }: Call<'setApn'>): void {
  const { apn } = parameters
  const { session } = hub
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/.test(apn)) {
    return fail('S1RIG_PARAMETER', 'apn: an access point name expected')
  }
  if (session.switchingApn) return fail('S1RIG_REFUSED', `a change to ${session.apn} is under way`)
  if (apn === session.apn) return fail('S1RIG_REFUSED', `${apn} is the access point in use`)
  hub.raise('APN_SET', `access point ${apn} ordered`, hub.deviceId)
  succeed({ previousApn: session.switchApn(apn) })
}

export function rotateCredentials({ hub, originator, parameters, succeed, fail }: Call<'rotateCredentials'>): void {
  const { session } = hub
  const name = parameters.originator
  if (!/^[a-z0-9-]{1,32}$/.test(name)) return fail('S1RIG_PARAMETER', 'originator: 1 to 32 of a-z, 0-9 and - expected')
  if (parameters.remove) {
    if (name === originator) return fail('S1RIG_REFUSED', 'an originator cannot remove its own key')
    if (!session.removeKey(name)) return fail('S1RIG_REFUSED', `no key for ${name} is held`)
    hub.raise('8F70', `credentials of ${name} removed`, hub.deviceId)
    return succeed({ originators: session.originators.names })
  }
  const own = session.originators.keyOf(originator)
  const key = own && parameters.wrappedKey && unwrapKey(own, parameters.wrappedKey)
  if (!key) return fail('S1RIG_KEY', "wrapped_key: a 32-octet key wrapped under the sender's current key expected")
  if (session.setKey(name, key) === 'full') {
    return fail('S1RIG_REFUSED', `keys are held for ${session.originators.names.join(', ')}: remove one first`)
  }
  hub.raise('8F70', `credentials of ${name} updated`, hub.deviceId)
  succeed({ originators: session.originators.names })
}
