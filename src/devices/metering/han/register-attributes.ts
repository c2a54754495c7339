/** The registers of a meter as attributes of Metering: long families of them, worked out by name. */
import { periodOf } from '../../meter-registers.ts'
import { utcOf } from '../../zigbee-time.ts'
import { historicalAttribute } from './historical.ts'
import type { MeterView } from './meter-view.ts'

/** 24 bits. */
const MOST_24 = 0xff_fffe
/** Pence: two digits right of the point of a pound. @source ZigBee SE 1.1, BillDeliveredTrailingDigit */
const BILL_DIGITS = 2 << 4

type Value = number | undefined
type Family = readonly [RegExp, (view: MeterView, ...numbers: number[]) => Value]

/**
 * By time of use and block. Blocks without tiers are those of the present block period: a meter has no other attribute for block
 * counters. @source ZigBee SE 1.1, TOU and block information sets; what resets blocks without tiers: assumed
 */
const FAMILIES: readonly Family[] = [
  [
    /^CurrentTier(\d+)SummationDelivered$/,
    ({ measurement, toRegister, limits }, register = 0) =>
      register <= limits.registers ? toRegister(measurement.registers()[register - 1] ?? 0) : undefined,
  ],
  [
    /^CurrentTier(\d+)Block(\d)SummationDelivered$/,
    ({ measurement, toRegister, limits }, register = 0, block = 0) =>
      limits.registersWithBlocks > 1 && register <= limits.registersWithBlocks && block <= limits.blocks
        ? toRegister(measurement.blockUnits(register, block).total)
        : undefined,
  ],
  [
    /^CurrentNoTierBlock(\d)SummationDelivered$/,
    ({ measurement, toRegister, limits }, block = 0) =>
      limits.registersWithBlocks === 1 && block <= limits.blocks
        ? toRegister(measurement.blockUnits(1, block).counter)
        : undefined,
  ],
]

const SINGLE: Readonly<Record<string, (view: MeterView) => Value>> = {
  CurrentSummationReceived: view => exported(view, view.measurement.totals()[1]),
  CurrentMaxDemandDelivered: ({ measurement, toRegister }) => {
    const demand = measurement.maximumDemand()
    return demand && toRegister(demand.rate)
  },
  CurrentMaxDemandDeliveredTime: ({ measurement }) => {
    const demand = measurement.maximumDemand()
    return demand && utcOf(demand.atMs)
  },
  ProfileIntervalPeriod: ({ intervalMin }) => periodOf(intervalMin),
  // 0: no blocks in use. @source ZigBee SE 1.1, CurrentBlock
  CurrentBlock: ({ measurement }) => ((measurement.tariff.prices[0]?.length ?? 1) > 1 ? measurement.block : 0),
  CurrentBlockPeriodConsumptionDelivered: ({ measurement, toRegister }) => toRegister(measurement.blockPeriodUnits()),
  ActiveRegisterTierDelivered: ({ measurement }) => measurement.register,
  CurrentPartialProfileIntervalStartTimeDelivered: ({ measurement }) => utcOf(measurement.partialInterval().startMs),
  CurrentPartialProfileIntervalValueDelivered: ({ measurement, toRegister }) =>
    Math.min(toRegister(measurement.partialInterval().value), MOST_24),
  BillToDateDelivered: ({ measurement }) => Math.floor(measurement.cost / 1_000),
  BillToDateTimeStampDelivered: ({ clock }) => utcOf(clock.unixMs()),
  BillDeliveredTrailingDigit: () => BILL_DIGITS,
}

/** The value of an attribute of Metering; undefined for one that this meter does not have. */
export function registerAttribute(view: MeterView, name: string): Value {
  const single = SINGLE[name]
  if (single) return single(view)
  for (const [form, value] of FAMILIES) {
    const found = form.exec(name)
    if (found) return value(view, ...found.slice(1).map(Number))
  }
  const { measurement, toRegister } = view
  const today = () => measurement.today()
  return historicalAttribute(name, { finished: count => measurement.dailyConsumption(count), today, toRegister })
}

const exported = ({ channels, toRegister }: MeterView, units: number): Value =>
  channels.includes('received') ? toRegister(units) : undefined
