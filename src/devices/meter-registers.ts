/** How a meter's registers stand on the Metering cluster: scaling, formatting, profile data. */
import { InvariantError } from '../base/errors.ts'
import { fromZigbeeUtc, toZigbeeUtc } from '../base/time.ts'
import { isInvalid } from '../zcl/data-types.ts'
import type { Channel } from './metering/flow.ts'
import type { Measurement } from './metering/measurement.ts'

export interface Scale {
  multiplier: number
  divisor: number
}

/** Thousandths of the unit (Wh, dm3) to a register value: value x multiplier / divisor = kWh or m3. */
export const toRegister = (thousandths: number, { multiplier, divisor }: Scale): number =>
  Math.floor((thousandths * divisor) / (1_000 * multiplier))

/** A summation that says nothing. @source ZCL, invalid value of unsigned 48-bit integers */
export const UNKNOWN_SUMMATION = 0xffff_ffff_ffff

/** A peer's register in thousandths of its unit; undefined where value and scale make no reading. */
export function fromRegister(register: number | undefined, scale: Partial<Scale>): number | undefined {
  if (register === undefined || isInvalid('uint48', register) || !scale.multiplier || !scale.divisor) return undefined
  const value = Math.round((register * scale.multiplier * 1_000) / scale.divisor)
  return Number.isSafeInteger(value) ? value : undefined
}

/** @source ZCL Metering, UnitOfMeasure */
export const UNIT = { kWh: 0x00, m3: 0x01 } as const
/** @source ZCL Metering, MeteringDeviceType; a mirror adds 127 to it, so mirrored gas is 128 */
export const METERING_DEVICE = { electric: 0, gas: 1, mirroredGas: 128 } as const
/** @source ZCL Metering, SupplyStatus */
export const SUPPLY_STATUS = { OFF: 0x00, ARMED: 0x01, ON: 0x02 } as const
/** Formatting of a summation: no leading zeros, 8 digits left and 3 right of the point. @source ZCL Metering, Formatting */
export const SUMMATION_FORMATTING = 0b1_1000_011

/** @source ZCL Metering, ProfileIntervalPeriod */
const PERIODS: Readonly<Record<number, number>> = { 60: 1, 30: 2, 15: 3, 10: 4, 7.5: 5, 5: 6, 2.5: 7 }
/** Periods in one answer: 24-bit values that fit one unfragmented frame. */
export const PERIODS_PER_ANSWER = 20

/** @source ZCL Metering, Get Profile Response, Status */
export const PROFILE_STATUS = { success: 0, undefinedChannel: 1, unsupportedChannel: 2, noIntervals: 5 } as const
/** An interval that is not known, or too much for its 24 bits. @source ZCL Metering, Get Profile Response, Intervals */
export const UNKNOWN_INTERVAL = 0xff_ffff
/** Most that InstantaneousDemand can say: 24 bits, signed. */
const MOST_DEMAND = 0x7f_ffff

/** Units an hour as InstantaneousDemand. */
export const toDemand = (thousandthsPerHour: number, scale: Scale): number =>
  Math.min(Math.round((thousandthsPerHour * scale.divisor) / (1_000 * scale.multiplier)), MOST_DEMAND)

export interface ProfileQuestion {
  intervalChannel: number
  /** ZigBee UTC, 0 for the newest. */
  endTime: number
  numberOfPeriods: number
}

/** What a meter answers Get Profile from. */
export interface ProfileMeter {
  measurement: Pick<Measurement, 'profile'>
  /** Units (Wh, dm3) as they stand on its registers. */
  toRegister: (units: number) => number
  intervalMin: number
  /** By number of the interval channel. */
  channels: readonly Channel[]
}

/**
 * Answers Get Profile: the newest interval first, those that ended at or before the end time. Half hours that the meter slept
 * through without power, or that its clock jumped over, are not known.
 */
export function answerGetProfile(
  { intervalChannel, endTime, numberOfPeriods }: ProfileQuestion,
  { measurement, toRegister, intervalMin, channels }: ProfileMeter,
): { endTime: number; status: number; profileIntervalPeriod: number; intervals: number[] } {
  const profileIntervalPeriod = periodOf(intervalMin)
  const nothing = (status: number) => ({ endTime: 0, status, profileIntervalPeriod, intervals: [] })
  const channel = channels[intervalChannel]
  if (!channel) return nothing(PROFILE_STATUS.unsupportedChannel)
  const intervalMs = intervalMin * 60_000
  const endMs = endTime === 0 ? Number.MAX_SAFE_INTEGER : fromZigbeeUtc(endTime)
  const count = Math.min(numberOfPeriods, PERIODS_PER_ANSWER)
  const found = count === 0 ? [] : measurement.profile(channel, endMs, count)
  const [newest, oldest] = [found[0], found.at(-1)]
  if (!oldest || !newest) return nothing(PROFILE_STATUS.noIntervals)
  const known = new Map(found.map(interval => [interval.startMs, interval]))
  const back = Math.min(count, (newest.startMs - oldest.startMs) / intervalMs + 1)
  return {
    endTime: toZigbeeUtc(newest.startMs + intervalMs),
    status: PROFILE_STATUS.success,
    profileIntervalPeriod,
    intervals: Array.from({ length: back }, (_, index) => {
      const interval = known.get(newest.startMs - index * intervalMs)
      return interval ? Math.min(toRegister(interval.value), UNKNOWN_INTERVAL) : UNKNOWN_INTERVAL
    }),
  }
}

/** ProfileIntervalPeriod of so many minutes. @throws InvariantError where there is none */
export function periodOf(intervalMin: number): number {
  const period = PERIODS[intervalMin]
  if (period !== undefined) return period
  throw new InvariantError(
    `no ProfileIntervalPeriod for intervals of ${intervalMin} min: ${Object.keys(PERIODS).join(', ')} expected`,
  )
}

/** Minutes of a ProfileIntervalPeriod; undefined for one that is not known. */
export function intervalMinutes(period: number): number | undefined {
  const found = Object.entries(PERIODS).find(([, code]) => code === period)
  return found && Number(found[0])
}
