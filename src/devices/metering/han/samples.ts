/**
 * Logs of one value at regular times, as Get Sampled Data gives them.
 * @source ZigBee SE 1.2a, Get Sampled Data; which log has which number, type and period: assumed
 */
import { fromZigbeeUtc } from '../../../base/time.ts'
import type { CommandPayload } from '../../../zcl/clusters.ts'
import { utcOf } from '../../zigbee-time.ts'
import type { MeterView } from './meter-view.ts'

/** Numbers of the logs. */
export const SAMPLES = { dailyConsumption: 1, averageVoltage: 2, networkData: 3 } as const
/** A period of a day does not fit the field's 16 bits. */
export const DAY_PERIOD = 0
const DAY_MS = 86_400_000
/** 0 is consumption delivered. */
const SAMPLE_TYPE = { consumption: 0x00, voltage: 0xe0 } as const
/** 24-bit values that fit one unfragmented frame. */
const MOST_SAMPLES = 20
/** A sample that is not known. */
export const UNKNOWN_SAMPLE = 0xff_ffff

interface Log {
  type: number
  periodMs: number
  /** Oldest first. */
  values: readonly { startMs: number; value: number }[]
}

/** When the last of some samples ended, Unix ms by the meter's clock. */
export function samplesEndMs({
  sampleStartTime,
  sampleRequestInterval,
  samples,
}: CommandPayload<'Metering', 'GetSampledDataResponse', 'toClient'>): number {
  const periodMs = sampleRequestInterval === DAY_PERIOD ? DAY_MS : sampleRequestInterval * 1_000
  return fromZigbeeUtc(sampleStartTime) + samples.length * periodMs
}

/** The samples from the earliest time on, oldest first; undefined when there are none. */
export function sampledData(
  view: MeterView,
  { sampleId, earliestSampleTime, numberOfSamples }: CommandPayload<'Metering', 'GetSampledData'>,
): CommandPayload<'Metering', 'GetSampledDataResponse', 'toClient'> | undefined {
  const most = Math.min(numberOfSamples, MOST_SAMPLES)
  const log = logOf(view, sampleId, { fromMs: fromZigbeeUtc(earliestSampleTime), most })
  const first = log?.values[0]
  if (!log || !first) return
  const known = new Map(log.values.map(({ startMs, value }) => [startMs, value]))
  const last = log.values.at(-1) ?? first
  const length = Math.min(most, Math.round((last.startMs - first.startMs) / log.periodMs) + 1)
  return {
    sampleId,
    sampleStartTime: utcOf(first.startMs),
    sampleType: log.type,
    sampleRequestInterval: log.periodMs === DAY_MS ? DAY_PERIOD : log.periodMs / 1_000,
    samples: Array.from({ length }, (_, at) =>
      Math.min(known.get(first.startMs + at * log.periodMs) ?? UNKNOWN_SAMPLE, UNKNOWN_SAMPLE),
    ),
  }
}

function logOf(view: MeterView, sampleId: number, { fromMs, most }: { fromMs: number; most: number }): Log | undefined {
  const { measurement, toRegister } = view
  const registered = (values: readonly { startMs: number; value: number }[]) =>
    values.map(({ startMs, value }) => ({ startMs, value: toRegister(value) }))
  switch (sampleId) {
    case SAMPLES.dailyConsumption: {
      const days = measurement
        .dailyConsumption()
        .toReversed()
        .filter(({ startMs }) => startMs >= fromMs)
      return { type: SAMPLE_TYPE.consumption, periodMs: DAY_MS, values: registered(days.slice(0, most)) }
    }
    case SAMPLES.averageVoltage: {
      const values = measurement.voltages(fromMs, most)
      const periodMs = values[0]?.periodMs ?? 0
      // Samples of another period are another answer.
      const change = values.findIndex(value => value.periodMs !== periodMs)
      return { type: SAMPLE_TYPE.voltage, periodMs, values: change < 0 ? values : values.slice(0, change) }
    }
    case SAMPLES.networkData: {
      const log = measurement.networkData(fromMs, most)
      return log && { type: SAMPLE_TYPE.consumption, periodMs: log.lengthMs, values: registered(log.values) }
    }
    default:
      return
  }
}
