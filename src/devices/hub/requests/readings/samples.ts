/** 4.10, 4.17: logs of one value at regular times, as samples of the meter; days of gas as the gas proxy noted them. */
import { fromZigbeeUtc } from '../../../../base/time.ts'
import type { IntervalLength, ProfileEntry, Unit } from '../../../../wan/messages/wan-types.generated.ts'
import { fromRegister, UNIT } from '../../../meter-registers.ts'
import { DAY_PERIOD, UNKNOWN_SAMPLE } from '../../../metering/han/samples.ts'
import { utcOf } from '../../../zigbee-time.ts'
import { askOrNone, whenReachable } from '../asking.ts'
import type { Call } from '../service.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { type Found, fixedFields, gather, scaleOf } from './gather.ts'
import { gasMeterOf, mirroredLog } from './mirrored.ts'
import { oldestOf, profileFault, type Span, spanFault } from './spans.ts'

type SampleCall = Call<'readNetworkData'> | Call<'readDailyConsumption'>

const ALL_SAMPLES = 0xffff
const DAY_S = 86_400
/** Answers put together for one request. */
const MAX_PAGES = 400

export function readNetworkData(call: Call<'readNetworkData'>): void {
  const { parameters, succeed, fail } = call
  const fault = profileFault(parameters)
  if (fault) return fail('S1RIG_PARAMETER', fault)
  const { fromMs, toMs, maxEntries } = parameters
  const mirrored = mirroredLog(call, ({ network }) => network)
  if (mirrored) {
    const { intervalS, entries } = mirrored.value
    const wanted = entries.filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
    const lengths = wanted.slice(0, 1).map(({ startMs }) => ({ fromMs: startMs, intervalS }))
    return succeed({ intervalS, lengths, ...oldestOf(wanted, maxEntries), unit: mirrored.unit, ...mirrored.from })
  }
  const asked = gasMeterOf(call)
  if (!asked) return fail('E21', 'there is no gas meter here')
  readSamples(asked, { ...parameters, most: maxEntries }, ({ lengths, entries, unit, found }) => {
    const [overVoltage, underVoltage] = [found.get('overVoltage'), found.get('underVoltage')]
    const counters = { sags: found.get('sags') ?? 0, swells: found.get('swells') ?? 0 }
    const given = oldestOf(entries, maxEntries)
    const lastMs = given.entries.at(-1)?.startMs ?? 0
    const givenLengths = lengths.filter(({ fromMs }) => fromMs <= lastMs)
    succeed({
      ...{
        intervalS: givenLengths.at(-1)?.intervalS ?? 0,
        lengths: givenLengths,
        ...given,
        unit: asked.target === 'ESME' ? 'DECIVOLT' : unit,
        ...{ source: 'DEVICE', dataAgeS: 0 },
      },
      ...(overVoltage !== undefined &&
        underVoltage !== undefined && { counters: { overVoltage, underVoltage, ...counters } }),
    })
  })
}

export function readDailyConsumption(call: Call<'readDailyConsumption'>): void {
  const { hub, target, parameters, succeed, fail } = call
  const fault = spanFault(parameters)
  if (fault) return fail('S1RIG_PARAMETER', fault)
  if (target !== 'ESME') {
    const { fromMs, toMs } = parameters
    const entries = hub.mirror.dailyConsumption().filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
    return succeed({ entries, unit: hub.mirror.unit, source: 'MIRROR' })
  }
  readSamples(call, { ...parameters, most: ALL_SAMPLES }, ({ entries, unit }) =>
    succeed({ entries, unit, source: 'DEVICE' }),
  )
}

interface Samples {
  /** How long intervals are, and from when on. */
  lengths: IntervalLength[]
  /** Oldest first, in thousandths of the unit. */
  entries: ProfileEntry[]
  unit: Unit
  /** What the steps have read. */
  found: Found
}

function readSamples(call: SampleCall, span: Span & { most: number }, use: (samples: Samples) => void): void {
  const steps = stepsFor(call)
  const fixed = fixedFields(steps, 'Metering.GetSampledData') ?? {}
  whenReachable(call, () =>
    gather(call, steps, found => {
      const unit = found.get('_unit') === UNIT.m3 ? 'DM3' : 'WH'
      const scale = scaleOf(found)
      const isScaled = scale.divisor !== undefined
      const entries: ProfileEntry[] = []
      const lengths: IntervalLength[] = []
      const next = (earliestMs: number, pages: number): void => {
        const done = () => use({ lengths, entries, unit, found })
        if (earliestMs >= span.toMs || entries.length > span.most || pages >= MAX_PAGES) return done()
        const earliest = { earliestSampleTime: utcOf(earliestMs), numberOfSamples: ALL_SAMPLES }
        const question = { sampleId: 0, sampleType: 0, ...fixed, ...earliest }
        askOrNone(call, 'Metering', 'GetSampledData', question, response => {
          if (!response || response.payload.samples.length === 0) return done()
          const { sampleStartTime, sampleRequestInterval, samples } = response.payload
          const intervalS = sampleRequestInterval === DAY_PERIOD ? DAY_S : sampleRequestInterval
          const startMs = fromZigbeeUtc(sampleStartTime)
          if (lengths.at(-1)?.intervalS !== intervalS) lengths.push({ fromMs: startMs, intervalS })
          for (const [at, sample] of samples.entries()) {
            const atMs = startMs + at * intervalS * 1_000
            const value = sample === UNKNOWN_SAMPLE ? undefined : isScaled ? fromRegister(sample, scale) : sample
            if (value !== undefined && atMs >= span.fromMs && atMs < span.toMs) entries.push({ startMs: atMs, value })
          }
          const endMs = startMs + samples.length * intervalS * 1_000
          if (endMs <= earliestMs) return call.fail('E21', 'the meter gives other samples than it was asked for')
          next(endMs, pages + 1)
        })
      }
      next(span.fromMs, 0)
    }),
  )
}
