/** A meter's measuring part alone, in a time of its own: with the load of a home, or with what a test lets flow. */
import { DeviceClock } from '../../src/devices/device-clock.ts'
import type { Flow, Sample } from '../../src/devices/metering/flow.ts'
import { Load } from '../../src/devices/metering/load.ts'
import { Measurement, type MeasurementFacts, type MeasurementMemory } from '../../src/devices/metering/measurement.ts'
import type { VoltageEvent } from '../../src/devices/metering/voltage-watch.ts'
import { SupplySwitch } from '../../src/devices/supply/supply-switch.ts'
import { flatTariff, TARIFF_LIMITS } from '../../src/devices/tariff/tariff.ts'
import { Kernel } from '../../src/kernel/kernel.ts'

export const T0 = Date.parse('2021-10-13T06:00:00Z')
export const FLAT = flatTariff(28_620, 53_350)
const EVENING = Array.from({ length: 48 }, (_, i) => (i >= 34 && i < 44 ? 0.06 : 0.4 / 38))
const MONTHS = Array.from({ length: 12 }, () => 1)
const shaped = (shapeWeights: readonly number[]) => ({ shape: 'test', shapeWeights, shapeMonths: MONTHS })

export const LOAD = { ...shaped(EVENING), annualKWh: 2_900, nominalVoltageV: 230, powerFactor: 0.95 }
export const NO_ROOF = { ...shaped(EVENING.map(() => 1 / 48)), annualKWh: 0 }
const BAND = {
  averageOver: 2_530,
  averageUnder: 2_162,
  sag: 2_070,
  swell: 2_645,
  extremeOver: 2_760,
  extremeUnder: 1_950,
}

/** Always the same. */
export const steady = (sample: Partial<Sample> = {}): Flow => {
  const none = { received: 0, reactiveDelivered: 0, reactiveReceived: 0, deciVolts: 2_300, milliAmps: 0 }
  const always = { delivered: 720, ...none, ...sample }
  return { at: () => always, usual: () => always }
}

export interface BenchOptions {
  seed?: string
  driftPpm?: number
  startUnixMs?: number
  facts?: Partial<MeasurementFacts>
  memory?: MeasurementMemory
  /** Of a rig that was there before. */
  startUs?: number
}

export function measuring(options: BenchOptions = {}) {
  const { seed = 'meter', driftPpm = 0, startUnixMs = T0, startUs = 0 } = options
  const kernel = new Kernel({ seed, startUnixMs, startUs })
  const clock = new DeviceClock(kernel, driftPpm)
  const supply = new SupplySwitch({ initialState: 'ON', closesOnCommand: true })
  const facts: MeasurementFacts = {
    flow: dice => new Load({ load: LOAD, generation: NO_ROOF }, dice),
    ...{ intervalMin: 30, entries: 19_056, otherEntries: 4_464, tariff: FLAT, limits: TARIFF_LIMITS.electricity },
    ...{ milliWhPerUnit: 1_000, maximumDemand: true },
    voltageEntries: 4_320,
    ...options.facts,
  }
  const random = kernel.random.stream('load')
  const averages = { over: 0, under: 0 }
  const told: VoltageEvent[] = []
  const voltage = {
    thresholds: () => BAND,
    onAverage: (was: 'over' | 'under') => void averages[was]++,
    onEvent: (event: VoltageEvent) => void told.push(event),
  }
  const { memory } = options
  const measurement = new Measurement({ truth: kernel, clock, supply, random, facts, voltage, memory })
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  return { kernel, clock, supply, measurement, averages, told, run }
}

export const ALL = Number.MAX_SAFE_INTEGER
