/** 4.8.1 to 4.8.3: energy by interval, from the electricity meter itself or from the gas mirror. */
import { fromZigbeeUtc } from '../../../../base/time.ts'
import type { ProfileEntry, Unit } from '../../../../wan/messages/wan-types.generated.ts'
import {
  fromRegister,
  intervalMinutes,
  PROFILE_STATUS,
  type Scale,
  UNKNOWN_INTERVAL,
} from '../../../meter-registers.ts'
import { utcOf } from '../../../zigbee-time.ts'
import { MIRROR_INTERVAL_MS } from '../../gas-mirror.ts'
import { commandTo } from '../asking.ts'
import type { Call } from '../service.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { fixedFields, gather, scaleOf } from './gather.ts'
import { oldestOf, profileFault } from './spans.ts'

type ProfileCall = Call<'readImportProfile'> | Call<'readReactiveImportProfile'> | Call<'readExportProfile'>
type Found = { intervalS: number; entries: ProfileEntry[]; more: boolean }

/** No meter keeps more intervals. @source MMC schema v5.4: 19,056 [public] */
const MOST_INTERVALS = 19_056
/** Answers of the meter put together for one request: more than its whole history takes. */
const MAX_PAGES = 1_000
const ALL_PERIODS = 0xff
const OTHER_TIMES = 'the meter gives other intervals than it was asked for'

export function readImportProfile(call: Call<'readImportProfile'>): void {
  const fault = profileFault(call.parameters)
  if (fault) return call.fail('S1RIG_PARAMETER', fault)
  if (call.target === 'ESME') {
    return readMeter(call, found => call.succeed({ ...found, unit: 'WH', source: 'DEVICE' }))
  }
  const { fromMs, toMs, maxEntries } = call.parameters
  const { mirror } = call.hub
  const found = oldestOf(mirror.intervals(fromMs, toMs, maxEntries + 1), maxEntries)
  call.succeed({ intervalS: MIRROR_INTERVAL_MS / 1_000, unit: mirror.unit, source: 'MIRROR', ...found })
}

export const readReactiveImportProfile = (call: Call<'readReactiveImportProfile'>): void =>
  readChecked(call, 'VARH', call.succeed)
export const readExportProfile = (call: Call<'readExportProfile'>): void => readChecked(call, 'WH', call.succeed)

function readChecked(
  call: ProfileCall,
  unit: Unit,
  succeed: (found: Found & { unit: Unit; source: 'DEVICE' }) => void,
): void {
  const fault = profileFault(call.parameters)
  if (fault) return call.fail('S1RIG_PARAMETER', fault)
  readMeter(call, found => succeed({ ...found, unit, source: 'DEVICE' }))
}

/** Intervals of one channel of one meter. */
interface Meter {
  call: ProfileCall
  fixed: Readonly<Record<string, number>>
  scale: Partial<Scale>
}

/** An answer to Get Profile. */
interface Page {
  intervalMs: number
  /** End of the newest interval, Unix ms. */
  endMs: number
  /** Newest first; undefined where it is not known. */
  values: (number | undefined)[]
}

function readMeter(call: ProfileCall, use: (found: Found) => void): void {
  const { fromMs, toMs, maxEntries } = call.parameters
  const steps = stepsFor(call)
  gather(call, steps, found => {
    const meter = { call, fixed: fixedFields(steps, 'Metering.GetProfile') ?? {}, scale: scaleOf(found) }
    // The newest tell how far back there are any; perhaps they are all that is wanted.
    getProfile(meter, toMs, newest => {
      const { endMs, intervalMs, values } = newest
      if (endMs > toMs) return call.fail('E21', OTHER_TIMES)
      const give = (entries: ProfileEntry[]) => use({ intervalS: intervalMs / 1_000, ...oldestOf(entries, maxEntries) })
      const firstMs = Math.max(fromMs, endMs - MOST_INTERVALS * intervalMs)
      if (endMs - values.length * intervalMs <= firstMs) return give(entriesOf(newest, firstMs).reverse())
      readWindows({ meter, firstMs, lastMs: endMs, intervalMs, most: maxEntries }, give)
    })
  })
}

interface Wanted {
  meter: Meter
  firstMs: number
  lastMs: number
  intervalMs: number
  most: number
}

/** Oldest first, one more than `most` where there are more: Get Profile goes back in time, so the span is asked for in windows. */
function readWindows(
  { meter, firstMs, lastMs, intervalMs, most }: Wanted,
  use: (entries: ProfileEntry[]) => void,
): void {
  const entries: ProfileEntry[] = []
  let pages = 0
  const window = (startMs: number): void => {
    if (startMs >= lastMs || entries.length > most) return use(entries)
    const endMs = Math.min(startMs + (most - entries.length + 1) * intervalMs, lastMs)
    const newestFirst: ProfileEntry[] = []
    const page = (beforeMs: number): void => {
      if (++pages > MAX_PAGES) return meter.call.fail('E21', 'the meter gives no end of intervals')
      getProfile(meter, beforeMs, found => {
        if (found.endMs > beforeMs) return meter.call.fail('E21', OTHER_TIMES)
        newestFirst.push(...entriesOf(found, startMs))
        const oldestMs = found.endMs - found.values.length * intervalMs
        if (found.values.length > 0 && oldestMs > startMs) return page(oldestMs)
        entries.push(...newestFirst.reverse())
        window(endMs)
      })
    }
    page(endMs)
  }
  window(firstMs)
}

/** Intervals of an answer that are known and begin at `fromMs` or later, newest first. */
function entriesOf({ endMs, intervalMs, values }: Page, fromMs: number): ProfileEntry[] {
  return values.flatMap((value, at) => {
    const startMs = endMs - (at + 1) * intervalMs
    return value === undefined || startMs < fromMs ? [] : [{ startMs, value }]
  })
}

function getProfile({ call, fixed, scale }: Meter, endMs: number, use: (page: Page) => void): void {
  const question = { intervalChannel: 0, ...fixed, endTime: utcOf(endMs), numberOfPeriods: ALL_PERIODS }
  commandTo(call, 'Metering', 'GetProfile', question, ({ payload }) => {
    const { endTime, status, profileIntervalPeriod, intervals } = payload
    const minutes = intervalMinutes(profileIntervalPeriod)
    if (minutes === undefined) return call.fail('E21', `profile interval period ${profileIntervalPeriod} is not known`)
    const intervalMs = minutes * 60_000
    if (status === PROFILE_STATUS.noIntervals) return use({ intervalMs, endMs: 0, values: [] })
    if (status !== PROFILE_STATUS.success) return call.fail('E21', `Get Profile was refused with status ${status}`)
    const values = intervals.map(one => (one === UNKNOWN_INTERVAL ? undefined : fromRegister(one, scale)))
    use({ intervalMs, endMs: fromZigbeeUtc(endTime), values })
  })
}
