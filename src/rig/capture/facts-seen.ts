/** The facts of a profile that can be seen over the HAN, and how. */
import type { Micros } from '../../base/ids.ts'
import { milliseconds, minutes, seconds } from '../../base/time.ts'
import { intervalMinutes, METERING_DEVICE, SUPPLY_STATUS, UNIT } from '../../devices/meter-registers.ts'
import type { ProfiledDevice } from '../../profiles/facts.ts'
import type { Interviewer } from './interviewer.ts'

/** What was seen of a device. */
export interface Seen {
  /** By pointer, e.g. `/metering/divisor`. */
  facts: Map<string, string | number | boolean>
  /** What it should have told and did not, for people. */
  missing: string[]
}

/** Questions whose delay is measured; the middle one counts. */
const DELAYS = 7
/** Heard so long after the last time, a sleeper has woken up anew. */
const SLEPT_US = seconds(20)
/** The shortest time between two polls that a profile may state. */
const LEAST_POLL_US = milliseconds(100)

/** Interviews a device. `watchUs`: how long a sleeper's wake-ups are watched; 0 leaves them out. */
export async function seeFacts(
  who: Interviewer,
  device: Exclude<ProfiledDevice, 'CHF'>,
  watchUs: Micros,
): Promise<Seen> {
  const seen: Seen = { facts: new Map(), missing: [] }
  const isMeter = device === 'ESME' || device === 'GSME'
  const answersAwake = await who.discover()
  if (!isMeter && answersAwake) seen.facts.set('/han/sleepy', false)
  await seeBasic(who, seen)
  if (isMeter) await seeMetering(who, device, seen)
  if (device === 'GSME') await seeBattery(who, seen)
  await seeDelay(who, seen)
  if (device === 'GSME' && watchUs > 0) seeSleep(await who.watch(watchUs), seen)
  return seen
}

async function seeBasic(who: Interviewer, seen: Seen): Promise<void> {
  const pointers = {
    ManufacturerName: '/identity/manufacturerName',
    ModelIdentifier: '/identity/modelId',
    SwBuildId: '/firmware/version',
    HardwareVersion: '/firmware/hardwareVersion',
  } as const
  const names = Object.keys(pointers) as (keyof typeof pointers)[]
  const values = await who.read('Basic', names)
  if (typeof values === 'string') return void seen.missing.push(`Basic: ${values}`)
  for (const name of names) put(seen, `Basic ${name}`, pointers[name], values[name])
  // A longer one cannot be recognised. @source DUIS schema v5.4: 1..8 characters
  if (values.SwBuildId) seen.facts.set('/firmware/versionRecognised', values.SwBuildId.length <= 8)
}

const METERING = ['Multiplier', 'Divisor', 'UnitOfMeasure', 'SupplyStatus', 'MeteringDeviceType'] as const

async function seeMetering(who: Interviewer, device: 'ESME' | 'GSME', seen: Seen): Promise<void> {
  if (!who.serves('Metering')) return void seen.missing.push('Metering: no endpoint serves it')
  const values = await who.read('Metering', METERING)
  if (typeof values === 'string') return void seen.missing.push(`Metering: ${values}`)
  const { Multiplier, Divisor, UnitOfMeasure, SupplyStatus, MeteringDeviceType } = values
  const expected = device === 'ESME' ? METERING_DEVICE.electric : METERING_DEVICE.gas
  if (MeteringDeviceType !== expected) {
    seen.missing.push(`Metering MeteringDeviceType: ${expected} expected of a ${device}, ${MeteringDeviceType} found`)
  }
  put(seen, 'Metering Multiplier', '/metering/multiplier', Multiplier)
  put(seen, 'Metering Divisor', '/metering/divisor', Divisor)
  const unit = (['m3', 'kWh'] as const).find(name => UNIT[name] === UnitOfMeasure)
  if (device === 'GSME') put(seen, 'Metering UnitOfMeasure', '/gas/registersIn', unit)
  const supply = Object.entries(SUPPLY_STATUS).find(([, code]) => code === SupplyStatus)?.[0]
  put(seen, 'Metering SupplyStatus', '/supply/initialState', supply)
  const period = await who.profilePeriod()
  if (typeof period === 'string') seen.missing.push(`Metering GetProfile: ${period}`)
  else put(seen, 'Metering GetProfile', '/metering/profileIntervalMin', intervalMinutes(period))
}

async function seeBattery(who: Interviewer, seen: Seen): Promise<void> {
  const values = await who.read('PowerConfiguration', ['BatteryPercentageRemaining'])
  if (typeof values === 'string') return void seen.missing.push(`PowerConfiguration: ${values}`)
  const { BatteryPercentageRemaining: halves } = values
  const percent = halves === undefined ? undefined : Math.round(halves / 2)
  put(seen, 'PowerConfiguration BatteryPercentageRemaining', '/battery/initialPercent', percent)
}

async function seeDelay(who: Interviewer, seen: Seen): Promise<void> {
  const delays: Micros[] = []
  for (let asked = 0; asked < DELAYS; asked++) {
    const delayUs = await who.responseDelayUs()
    if (delayUs === undefined) break
    delays.push(delayUs)
  }
  const usual = median(delays)
  put(seen, 'time to answer', '/zcl/responseDelayMs', usual === undefined ? undefined : Math.round(usual / 1_000))
}

/** @param moments when it was heard, in order */
export function seeSleep(moments: readonly Micros[], seen: Seen): void {
  const gaps = moments.slice(1).map((at, index) => at - (moments[index] ?? 0))
  const wakes = moments.filter((_, index) => index > 0 && (gaps[index - 1] ?? 0) > SLEPT_US)
  const cycle = median(wakes.slice(1).map((at, index) => at - (wakes[index] ?? 0)))
  put(seen, 'wake-ups', '/sleep/wakeIntervalMin', cycle && Math.round(cycle / minutes(1)))
  const polls = median(gaps.filter(gap => gap >= LEAST_POLL_US && gap <= SLEPT_US))
  put(seen, 'polls', '/sleep/shortPollMs', polls && Math.round(polls / 10_000) * 10)
}

function put(seen: Seen, what: string, pointer: string, value: string | number | null | undefined): void {
  if (value === undefined || value === null) seen.missing.push(`${what}: nothing that a profile can state`)
  else seen.facts.set(pointer, value)
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
