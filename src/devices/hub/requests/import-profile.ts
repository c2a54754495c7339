/** 4.8.1: import by interval, from the electricity meter itself or from the gas mirror. */
import { fromZigbeeUtc, toZigbeeUtc } from '../../../base/time.ts'
import type { ProfileEntry } from '../../../wan/messages/wan-types.generated.ts'
import { fromRegister, intervalMinutes, PROFILE_STATUS, type Scale, UNKNOWN_INTERVAL } from '../../meter-registers.ts'
import { isSayable, utcOf } from '../../zigbee-time.ts'
import { MIRROR_INTERVAL_MS } from '../gas-mirror.ts'
import { commandTo, readFrom } from './asking.ts'
import type { Call } from './service.ts'

const MAX_ENTRIES = 1_000
/** Most in one interval, Wh or dm3; more is no reading. So that as many entries as may be asked for fit one message. */
const MOST_IN_INTERVAL = 2 ** 28 - 1
/** Answers of the meter put together for one request: more than its whole history. */
const MAX_PAGES = 1_000

type ProfileCall = Call<'readImportProfile'>

export function readImportProfile(call: ProfileCall): void {
  const { target, parameters, fail } = call
  const { fromMs, toMs, maxEntries } = parameters
  if (maxEntries < 1 || maxEntries > MAX_ENTRIES) {
    return fail('S1RIG_PARAMETER', `max_entries: 1 to ${MAX_ENTRIES} expected, found ${maxEntries}`)
  }
  if (toMs <= fromMs) return fail('S1RIG_PARAMETER', 'to_ms: later than from_ms expected')
  // A second after 2000 began: 0 would ask for the newest.
  if (!isSayable(toMs - 1_000))
    return fail('S1RIG_PARAMETER', `to_ms: an instant from 2000 to 2136 expected, found ${toMs}`)
  if (target === 'ESME') readMeter(call)
  else readMirror(call)
}

/** The oldest that may be given, and whether there are later ones. */
function oldest(all: readonly ProfileEntry[], { parameters }: ProfileCall) {
  const found = all.filter(({ value }) => value <= MOST_IN_INTERVAL)
  return { entries: found.slice(0, parameters.maxEntries), more: found.length > parameters.maxEntries }
}

function readMirror(call: ProfileCall): void {
  const { hub, parameters, succeed } = call
  const found = hub.mirror
    .intervals(parameters.fromMs, parameters.toMs)
    .map(({ startMs, dm3 }) => ({ startMs, value: dm3 }))
  succeed({ intervalS: MIRROR_INTERVAL_MS / 1_000, unit: 'DM3', source: 'MIRROR', ...oldest(found, call) })
}

function readMeter(call: ProfileCall): void {
  readFrom(call, 'Metering', ['Multiplier', 'Divisor'], ({ Multiplier, Divisor }) => {
    const scale = { multiplier: Multiplier, divisor: Divisor }
    readPage(call, { scale, endUtc: utcOf(call.parameters.toMs), pages: 0, found: [] })
  })
}

interface Page {
  scale: Partial<Scale>
  /** End of the newest interval still wanted, ZigBee UTC. */
  endUtc: number
  pages: number
  /** Newest first. */
  found: ProfileEntry[]
}

/** Get Profile gives few intervals at a time, newest first: asked again until all are there. */
function readPage(call: ProfileCall, page: Page): void {
  const question = { intervalChannel: 0, endTime: page.endUtc, numberOfPeriods: 0xff }
  commandTo(call, 'Metering', 'GetProfile', question, ({ payload }) => {
    const { endTime, status, profileIntervalPeriod, intervals } = payload
    const minutes = intervalMinutes(profileIntervalPeriod)
    if (minutes === undefined) return call.fail('E21', `profile interval period ${profileIntervalPeriod} is not known`)
    if (status !== PROFILE_STATUS.success && status !== PROFILE_STATUS.noIntervals) {
      return call.fail('E21', `Get Profile was refused with status ${status}`)
    }
    if (status === PROFILE_STATUS.noIntervals || intervals.length === 0) return finish(call, page, minutes)
    if (endTime > page.endUtc || page.pages >= MAX_PAGES) {
      return call.fail('E21', 'the meter gives other intervals than it was asked for')
    }
    let startMs = fromZigbeeUtc(endTime)
    for (const interval of intervals) {
      startMs -= minutes * 60_000
      if (startMs < call.parameters.fromMs) return finish(call, page, minutes)
      const value = interval === UNKNOWN_INTERVAL ? undefined : fromRegister(interval, page.scale)
      if (value !== undefined) page.found.push({ startMs, value })
    }
    if (toZigbeeUtc(startMs) <= 0) return finish(call, page, minutes)
    readPage(call, { ...page, endUtc: toZigbeeUtc(startMs), pages: page.pages + 1 })
  })
}

function finish(call: ProfileCall, page: Page, minutes: number): void {
  call.succeed({ intervalS: minutes * 60, unit: 'WH', source: 'DEVICE', ...oldest(page.found.toReversed(), call) })
}
