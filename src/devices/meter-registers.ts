/** How a meter's registers stand on the Metering cluster: scaling, formatting, profile data. */
import { fromZigbeeUtc, toZigbeeUtc } from '../base/time.ts'
import type { Consumption } from './consumption.ts'

export interface Scale {
  multiplier: number
  divisor: number
}

/** Thousandths of the unit (Wh, dm3) to a register value: value x multiplier / divisor = kWh or m3. */
export const toRegister = (thousandths: number, { multiplier, divisor }: Scale): number =>
  Math.floor((thousandths / 1_000) * (divisor / multiplier))
export const fromRegister = (register: number, { multiplier, divisor }: Scale): number =>
  Math.round(register * (multiplier / divisor) * 1_000)

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

export const PROFILE_STATUS = { success: 0, undefinedChannel: 1, unsupportedChannel: 2, noIntervals: 5 } as const

export interface ProfileQuestion {
  intervalChannel: number
  /** ZigBee UTC, 0 for the newest. */
  endTime: number
  numberOfPeriods: number
}

/** Answers Get Profile: the newest interval first, those that ended at or before the end time. */
export function answerGetProfile(
  question: ProfileQuestion,
  meter: { consumption: Consumption; scale: Scale; intervalMin: number },
): { endTime: number; status: number; profileIntervalPeriod: number; intervals: number[] } {
  const profileIntervalPeriod = PERIODS[meter.intervalMin] ?? 0
  const nothing = (status: number) => ({ endTime: 0, status, profileIntervalPeriod, intervals: [] })
  if (question.intervalChannel !== 0) return nothing(PROFILE_STATUS.unsupportedChannel)
  const intervalMs = meter.intervalMin * 60_000
  const lastStart = question.endTime === 0 ? Number.MAX_SAFE_INTEGER : fromZigbeeUtc(question.endTime) - intervalMs + 1
  const count = Math.min(question.numberOfPeriods, PERIODS_PER_ANSWER)
  const found = meter.consumption.intervals(0, lastStart).slice(-count).reverse()
  const newest = found[0]
  if (!newest) return nothing(PROFILE_STATUS.noIntervals)
  return {
    endTime: toZigbeeUtc(newest.startMs + intervalMs),
    status: PROFILE_STATUS.success,
    profileIntervalPeriod,
    intervals: found.map(({ units }) => toRegister(units, meter.scale)),
  }
}

/** Minutes of a ProfileIntervalPeriod; undefined for one that is not known. */
export function intervalMinutes(period: number): number | undefined {
  const found = Object.entries(PERIODS).find(([, code]) => code === period)
  return found && Number(found[0])
}
