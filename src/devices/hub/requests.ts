/**
 * What a hub does for each request: which devices it may be asked of, and the HAN operations it becomes.
 * @source service requests: DUIS; the operations: assumed, the S1SR's matrix of equivalent steps is not public
 */
import type { Eui64 } from '../../base/ids.ts'
import { fromZigbeeUtc, seconds, toZigbeeUtc } from '../../base/time.ts'
import { isInstallCode } from '../../crypto/install-code.ts'
import { type AcceptedRequest, response } from '../../wan/hub-session.ts'
import { unwrapKey } from '../../wan/messages/key-wrap.ts'
import { kindOf, type RequestKind, resultOf } from '../../wan/messages/requests.ts'
import type { ResponseCode } from '../../wan/messages/response-codes.ts'
import type { Request, Response } from '../../wan/messages/wan-types.generated.ts'
import type { AttributeValues } from '../../zcl/clusters.ts'
import type { Failure, Peer } from '../../zcl/transactions.ts'
import { fromRegister, intervalMinutes, PROFILE_STATUS } from '../meter-registers.ts'
import type { HanDeviceType, Hub } from './hub.ts'

/** Every HAN device of ours keeps its clusters on this endpoint; discovery by descriptor comes with the radio stack. */
const DEVICE_ENDPOINT = 1
const MAX_PROFILE_ENTRIES = 400
const MAX_LOG_ENTRIES = 100

type Target = 'CHF' | 'GPF' | HanDeviceType
type Answer = (response: Response) => void

interface Call<K extends RequestKind> {
  hub: Hub
  device: Eui64
  target: Target
  originator: string
  parameters: NonNullable<Request[K]>
  succeed: (result: NonNullable<Response[K]>) => void
  fail: (code: ResponseCode, detail?: string) => void
}

interface Service<K extends RequestKind> {
  /** Types of device it may be asked of; others get E11. */
  of: readonly Target[]
  carryOut: (call: Call<K>) => void
}

const EVERY: readonly Target[] = ['CHF', 'GPF', 'ESME', 'GSME', 'PPMID', 'IHD', 'CAD']

const services: { [K in RequestKind]: Service<K> } = {
  readIdentity: { of: EVERY, carryOut: readIdentity },
  readFirmwareVersion: { of: EVERY, carryOut: readFirmwareVersion },
  readDeviceLog: { of: ['CHF'], carryOut: ({ hub, succeed }) => succeed({ entries: hub.deviceLog.list() }) },
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
export function serveRequest(hub: Hub, accepted: AcceptedRequest, answer: Answer): void {
  const { request, targetDevice, originator } = accepted
  const fail = (code: ResponseCode, detail?: string) => answer(response(request, code, detail))
  const kind = kindOf(request)
  const target = targetOf(hub, targetDevice)
  if (!kind) return fail('E11', 'unknown request')
  if (!target) return fail('E19', `no device ${targetDevice} here`)
  if (!services[kind].of.includes(target))
    return fail('E11', `${request.serviceReferenceVariant} is not for a ${target}`)
  serve(kind)

  function serve<K extends RequestKind>(of: K): void {
    services[of].carryOut({
      hub,
      device: targetDevice,
      target: target as Target,
      originator,
      parameters: request[of] as NonNullable<Request[K]>,
      succeed: result => answer(resultOf(of, result)),
      fail,
    })
  }
}

function targetOf(hub: Hub, device: Eui64): Target | undefined {
  if (device === hub.deviceId) return 'CHF'
  return device === hub.gpfId ? 'GPF' : hub.inventory.get(device)
}

function readIdentity({ hub, device, target, succeed, fail }: Call<'readIdentity'>): void {
  if (target === 'CHF' || target === 'GPF') {
    const { identity, firmware } = hub.profile
    return succeed({
      manufacturer: identity.manufacturerName,
      model: identity.modelId,
      deviceId: device,
      hardwareVersion: `${firmware.hardwareVersion}`,
    })
  }
  readBasic(hub, device, target, fail, basic =>
    succeed({
      manufacturer: basic.ManufacturerName ?? '',
      model: basic.ModelIdentifier ?? '',
      deviceId: device,
      hardwareVersion: `${basic.HardwareVersion ?? ''}`,
    }),
  )
}

function readFirmwareVersion({ hub, device, target, succeed, fail }: Call<'readFirmwareVersion'>): void {
  if (target === 'CHF' || target === 'GPF') return succeed({ version: hub.firmware })
  readBasic(hub, device, target, fail, basic => succeed({ version: basic.SwBuildId ?? '' }))
}

type BasicFacts = AttributeValues<'Basic', 'server'>

/** A sleeping gas meter's facts come from the mirror; everybody else is asked. */
function readBasic(
  hub: Hub,
  device: Eui64,
  target: HanDeviceType,
  fail: (code: ResponseCode, detail?: string) => void,
  use: (basic: BasicFacts) => void,
): void {
  if (target === 'GSME') {
    const { identity } = hub.mirror
    return identity ? use(identity) : fail('E21', 'the gas meter has not reported yet')
  }
  const wanted = ['ManufacturerName', 'ModelIdentifier', 'HardwareVersion', 'SwBuildId'] as const
  hub.esi.read(peerOf(device), 'Basic', wanted, outcome =>
    outcome.ok ? use(outcome.values) : fail('E21', whyNot(outcome)),
  )
}

function updateDeviceLog({ hub, parameters, succeed, fail }: Call<'updateDeviceLog'>): void {
  const { add, remove } = parameters
  if (remove) {
    if (!hub.unlist(remove.deviceId)) return fail('S1RIG_REFUSED', `${remove.deviceId} is not listed`)
    return succeed({ entries: hub.deviceLog.list() })
  }
  if (!add) return fail('S1RIG_PARAMETER', 'add or remove expected')
  if (!/^[0-9a-f]{16}$/.test(add.deviceId))
    return fail('S1RIG_PARAMETER', 'device_id: 16 lower-case hex digits expected')
  if (!isInstallCode(add.installCode)) {
    return fail('S1RIG_PARAMETER', 'install_code: 6, 8, 12 or 16 octets and their CRC expected')
  }
  const longest = hub.profile.joinWindow.maxS
  if (add.joinWindowS < 1 || add.joinWindowS > longest) {
    return fail('S1RIG_PARAMETER', `join_window_s: 1 to ${longest} expected, found ${add.joinWindowS}`)
  }
  if (hub.list(add.deviceId, add.installCode) === 'full') {
    return fail('S1RIG_LOG_FULL', `the device log holds ${hub.deviceLog.capacity}`)
  }
  hub.openJoinWindow(seconds(add.joinWindowS))
  succeed({ entries: hub.deviceLog.list() })
}

function synchroniseClock(call: Call<'synchroniseClock'>): void {
  const { hub, target, parameters, succeed } = call
  const { setToMs } = parameters
  if (target === 'CHF' || target === 'GPF') {
    const before = hub.clock.unixMs()
    if (setToMs !== undefined) hub.clock.set(setToMs)
    return succeed({
      deviceClockBeforeMs: before,
      deviceClockAfterMs: hub.clock.unixMs(),
      adjusted: setToMs !== undefined,
    })
  }
  whenReachable(call, () =>
    readTime(call, before => {
      if (setToMs === undefined) {
        return succeed({ deviceClockBeforeMs: before, deviceClockAfterMs: before, adjusted: false })
      }
      setTime(call, setToMs, after =>
        succeed({ deviceClockBeforeMs: before, deviceClockAfterMs: after, adjusted: true }),
      )
    }),
  )
}

/** @source GBCS mapping of 8.1.1: the clock is set (ECS70, GCS28) [public] */
function commissionDevice(call: Call<'commissionDevice'>): void {
  const { hub, device, target, succeed } = call
  const done = (deviceClockMs: number) => {
    hub.commissioned.add(device)
    hub.raise('8F69', 'device commissioned', device)
    succeed({ deviceClockMs, commissioned: true })
  }
  if (target === 'GPF') return done(hub.clock.unixMs())
  whenReachable(call, () => setTime(call, hub.clock.unixMs(), done))
}

function readImportRegisters(call: Call<'readImportRegisters'>): void {
  const { hub, target, device, succeed, fail } = call
  const nowMs = hub.clock.unixMs()
  if (target !== 'ESME') {
    const { reading } = hub.mirror
    if (!reading) return fail('E21', 'the gas meter has not reported yet')
    return succeed({
      activeImport: reading.dm3,
      tariffRegisters: [],
      unit: 'DM3',
      readAtMs: nowMs,
      dataAgeS: Math.max(0, Math.floor((nowMs - reading.atMs) / 1_000)),
      source: 'MIRROR',
    })
  }
  const wanted = ['CurrentSummationDelivered', 'CurrentTier1SummationDelivered', 'Multiplier', 'Divisor'] as const
  hub.esi.read(peerOf(device), 'Metering', wanted, outcome => {
    if (!outcome.ok) return fail('E21', whyNot(outcome))
    const {
      CurrentSummationDelivered: total,
      CurrentTier1SummationDelivered: first,
      Multiplier,
      Divisor,
    } = outcome.values
    if (total === undefined) return fail('E21', 'the meter gives no register')
    const scale = { multiplier: Multiplier ?? 1, divisor: Divisor ?? 1_000 }
    succeed({
      activeImport: fromRegister(total, scale),
      tariffRegisters: first === undefined ? [] : [{ register: 1, value: fromRegister(first, scale) }],
      unit: 'WH',
      readAtMs: hub.clock.unixMs(),
      dataAgeS: 0,
      source: 'DEVICE',
    })
  })
}

function readImportProfile(call: Call<'readImportProfile'>): void {
  const { hub, target, parameters, succeed, fail } = call
  const { fromMs, toMs, maxEntries } = parameters
  if (maxEntries < 1 || maxEntries > MAX_PROFILE_ENTRIES) {
    return fail('S1RIG_PARAMETER', `max_entries: 1 to ${MAX_PROFILE_ENTRIES} expected, found ${maxEntries}`)
  }
  if (toMs <= fromMs) return fail('S1RIG_PARAMETER', 'to_ms: later than from_ms expected')
  if (target === 'ESME') return pageProfile(call, { newest: toMs, found: [] })
  const found = hub.mirror.intervals(fromMs, toMs)
  succeed({
    intervalS: 1_800,
    entries: found.slice(-maxEntries).map(({ startMs, dm3 }) => ({ startMs, value: dm3 })),
    unit: 'DM3',
    source: 'MIRROR',
    more: found.length > maxEntries,
  })
}

interface ProfilePage {
  /** End of the newest interval still wanted, Unix ms. */
  newest: number
  /** Newest first. */
  found: { startMs: number; value: number }[]
}

/** Get Profile gives few intervals at a time, newest first: asked again until all are there. */
function pageProfile(call: Call<'readImportProfile'>, page: ProfilePage): void {
  const { hub, device, parameters, succeed, fail } = call
  const { fromMs, maxEntries } = parameters
  const numberOfPeriods = Math.min(255, maxEntries - page.found.length)
  const question = { intervalChannel: 0, endTime: toZigbeeUtc(page.newest), numberOfPeriods }
  const finish = (intervalMin: number, more: boolean) =>
    succeed({ intervalS: intervalMin * 60, entries: page.found.toReversed(), unit: 'WH', source: 'DEVICE', more })
  hub.esi.request(peerOf(device), 'Metering', 'GetProfile', question, outcome => {
    if (!outcome.ok) return fail('E21', whyNot(outcome))
    const { endTime, status, profileIntervalPeriod, intervals } = outcome.response.payload
    const minutes = intervalMinutes(profileIntervalPeriod)
    if (minutes === undefined) return fail('E21', `profile interval period ${profileIntervalPeriod} is not known`)
    if (status !== PROFILE_STATUS.success || intervals.length === 0) return finish(minutes, false)
    const spanMs = minutes * 60_000
    let startMs = fromZigbeeUtc(endTime)
    for (const value of intervals) {
      startMs -= spanMs
      if (startMs < fromMs) return finish(minutes, false)
      page.found.push({ startMs, value })
    }
    if (page.found.length >= maxEntries) return finish(minutes, startMs > fromMs)
    pageProfile(call, { newest: startMs, found: page.found })
  })
}

function readLog({ hub, parameters, succeed, fail }: Call<'readLog'>): void {
  const { log, maxEntries } = parameters
  if (log !== 'EVENT') return fail('S1RIG_PARAMETER', 'log: this hub keeps an EVENT log only')
  if (maxEntries < 1 || maxEntries > MAX_LOG_ENTRIES) {
    return fail('S1RIG_PARAMETER', `max_entries: 1 to ${MAX_LOG_ENTRIES} expected, found ${maxEntries}`)
  }
  succeed({ log, entries: hub.eventLog.newest(maxEntries) })
}

function setApn({ hub, parameters, succeed, fail }: Call<'setApn'>): void {
  const { apn } = parameters
  const { session } = hub
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/.test(apn))
    return fail('S1RIG_PARAMETER', 'apn: an access point name expected')
  if (session.switchingApn) return fail('S1RIG_REFUSED', `a change to ${session.memory.apn} is under way`)
  if (apn === session.memory.apn) return fail('S1RIG_REFUSED', `${apn} is the access point in use`)
  hub.raise('APN_SET', `access point ${apn} ordered`, hub.deviceId)
  succeed({ previousApn: session.switchApn(apn) })
}

function rotateCredentials({ hub, originator, parameters, succeed, fail }: Call<'rotateCredentials'>): void {
  const { session } = hub
  const name = parameters.originator
  if (!/^[a-z0-9-]{1,32}$/.test(name)) return fail('S1RIG_PARAMETER', 'originator: 1 to 32 of a-z, 0-9 and - expected')
  if (parameters.remove) {
    if (name === originator) return fail('S1RIG_REFUSED', 'an originator cannot remove its own key')
    if (!session.removeKey(name)) return fail('S1RIG_REFUSED', `no key for ${name} is held`)
    hub.raise('8F70', `credentials of ${name} removed`, hub.deviceId)
    return succeed({ originators: session.originators })
  }
  const own = session.memory.keys.get(originator)
  const key = own && parameters.wrappedKey && unwrapKey(own, parameters.wrappedKey)
  if (!key) return fail('S1RIG_KEY', "wrapped_key: a 32-octet key wrapped under the sender's current key expected")
  if (session.setKey(name, key) === 'full') {
    return fail('S1RIG_REFUSED', `keys are held for ${session.originators.join(', ')}: remove one first`)
  }
  hub.raise('8F70', `credentials of ${name} updated`, hub.deviceId)
  succeed({ originators: session.originators })
}

/** Now for a device that listens; when it wakes for a sleeper, E21 when it does not in time. */
function whenReachable<K extends RequestKind>({ hub, device, target, fail }: Call<K>, act: () => void): void {
  if (target !== 'GSME') return act()
  const within = seconds(hub.profile.han.sleeperTimeoutS)
  hub.whenAwake(device, within, act, () => fail('E21', `not heard for ${hub.profile.han.sleeperTimeoutS} s`))
}

function readTime<K extends RequestKind>({ hub, device, fail }: Call<K>, use: (unixMs: number) => void): void {
  hub.esi.read(peerOf(device), 'Time', ['Time'], outcome => {
    if (!outcome.ok) return fail('E21', whyNot(outcome))
    const { Time } = outcome.values
    if (Time === undefined) return fail('E21', 'the device shows no time')
    use(fromZigbeeUtc(Time))
  })
}

/** Writes the time and reads it back. */
function setTime<K extends RequestKind>(call: Call<K>, unixMs: number, use: (afterMs: number) => void): void {
  const { hub, device, fail } = call
  hub.esi.write(peerOf(device), 'Time', { Time: toZigbeeUtc(unixMs) }, outcome =>
    outcome.ok ? readTime(call, use) : fail('E21', outcome.reason),
  )
}

const peerOf = (device: Eui64): Peer => ({ device, endpoint: DEVICE_ENDPOINT })
const whyNot = (failure: Failure): string => failure.reason
