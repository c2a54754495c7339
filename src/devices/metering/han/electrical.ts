/** Voltage, current and power as they are now, and what no cluster of Smart Energy has an attribute for. */
import type { SideOptions } from '../../../zcl/endpoint-types.ts'
import type { MeterView } from './meter-view.ts'

type Attributes<C extends 'ElectricalMeasurement' | 'MeterReadings'> = NonNullable<
  SideOptions<C, 'server', 'toServer'>['attributes']
>

const MOST_16 = 0xfffe
const MOST_SIGNED_16 = 0x7fff
const signed16 = (value: number): number => Math.max(-MOST_SIGNED_16, Math.min(value, MOST_SIGNED_16))

/** Tenths of a volt, hundredths of an ampere, W and var; export is negative. @source ZigBee Cluster Library, Electrical Measurement */
export function electricalAttributes({
  measurement,
}: Pick<MeterView, 'measurement'>): Attributes<'ElectricalMeasurement'> {
  const now = () => measurement.sample()
  const activeW = () => now().delivered - now().received
  const reactiveVar = () => now().reactiveDelivered - now().reactiveReceived
  return {
    RMSVoltage: () => now().deciVolts,
    RMSCurrent: () => Math.min(Math.round(now().milliAmps / 10), MOST_16),
    ActivePower: () => signed16(activeW()),
    ReactivePower: () => signed16(reactiveVar()),
    PowerFactor: () => {
      const apparent = Math.hypot(activeW(), reactiveVar())
      return apparent === 0 ? 100 : Math.round((activeW() / apparent) * 100)
    },
    ...{ ACVoltageMultiplier: 1, ACVoltageDivisor: 10 },
    ...{ ACCurrentMultiplier: 1, ACCurrentDivisor: 100 },
    ...{ ACPowerMultiplier: 1, ACPowerDivisor: 1 },
  }
}

/** Smart Energy has no attribute for these. @source assumed: a cluster of the manufacturer's range */
export function readingAttributes({ measurement, toRegister }: MeterView): Attributes<'MeterReadings'> {
  return {
    ReactiveImport: () => toRegister(measurement.totals()[2]),
    ReactiveExport: () => toRegister(measurement.totals()[3]),
    VoltageSags: () => Math.min(measurement.voltage?.sags ?? 0, MOST_16),
    VoltageSwells: () => Math.min(measurement.voltage?.swells ?? 0, MOST_16),
  }
}
