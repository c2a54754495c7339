/** What a profile says a meter measures and keeps. */
import type { EsmeProfile, GsmeProfile } from '../../profiles/profile.ts'
import { TARIFF_LIMITS, type Tariff } from '../tariff/tariff.ts'
import { GasFlow } from './gas-flow.ts'
import { Load } from './load.ts'
import type { MeasurementFacts } from './measurement.ts'

/** @source MMC schema v5.4: 41 entries; six minutes each, as of SMETS2: assumed */
const NETWORK_INTERVAL_MIN = 6
/** MJ in a kWh. */
const MJ_PER_KWH = 3.6

export function electricityFacts(profile: EsmeProfile): MeasurementFacts {
  return {
    ...intervalFacts(profile),
    flow: dice => new Load(profile, dice),
    tariff: factoryTariff(profile),
    limits: TARIFF_LIMITS.electricity,
    milliWhPerUnit: 1_000,
    voltageEntries: profile.voltage.entries,
  }
}

export function gasFacts(profile: GsmeProfile): MeasurementFacts {
  return {
    ...intervalFacts(profile),
    flow: dice => new GasFlow(profile, dice),
    tariff: factoryTariff(profile),
    limits: TARIFF_LIMITS.gas,
    milliWhPerUnit: milliWhPerDm3(profile),
    network: { lengthMin: NETWORK_INTERVAL_MIN, capacity: profile.gas.networkEntries },
  }
}

/** Energy in a dm3 of gas, mWh. */
export const milliWhPerDm3 = ({
  gas,
}: {
  gas: Pick<GsmeProfile['gas'], 'calorificValueMJPerM3' | 'conversionFactor'>
}): number => Math.round((gas.calorificValueMJPerM3 * gas.conversionFactor * 1_000) / MJ_PER_KWH)

const intervalFacts = ({ metering }: EsmeProfile | GsmeProfile) => ({
  intervalMin: metering.profileIntervalMin,
  entries: metering.profileEntries,
  otherEntries: metering.otherProfileEntries,
  maximumDemand: metering.maximumDemand,
})

function factoryTariff({ tariff }: EsmeProfile | GsmeProfile): Tariff {
  const { pricesPerKWh, switches, standingChargePerDay } = tariff
  const minutesOf = (hhmm: string) => Number(hhmm.slice(0, 2)) * 60 + Number(hhmm.slice(3))
  // A register without a price costs nothing: it is there all the same.
  const registers = Math.max(pricesPerKWh.length, ...switches.map(({ register }) => register))
  const day = switches.length > 0 ? switches : [{ from: '00:00', register: 1 }]
  return {
    id: 0,
    label: registers > 1 ? 'Time of use' : 'Flat',
    switching: {
      days: [{ id: 1, switches: day.map(({ from, register }) => ({ startMin: minutesOf(from), register })) }],
      ...{ weeks: [], seasons: [], specialDays: [] },
    },
    thresholds: Array.from({ length: registers }, () => []),
    blockPeriod: 'month',
    prices: Array.from({ length: registers }, (_, at) => [pricesPerKWh[at] ?? 0]),
    standingCharge: standingChargePerDay,
  }
}
