/** What a meter holds that has just been put into a rig: registers and logs in progress agree with its past. */
import type { AccountsMemory } from '../tariff/accounts.ts'
import { blockPeriodStart } from '../tariff/block-period.ts'
import { billingPeriodStart } from './billing-log.ts'
import { CHANNELS, type Flow } from './flow.ts'
import type { IntervalLogMemory } from './interval-log.ts'
import type { LedgerMemory } from './ledger.ts'
import type { MeasurementFacts } from './measurement.ts'
import type { MetrologyMemory, Totals } from './metrology.ts'
import type { Birth, Past } from './past.ts'

const DAY_MS = 86_400_000
const PARTS_PER_MINUTE = 60_000_000
const PARTS_PER_UNIT = 3_600_000_000
const EMPTY = { first: 0, pages: [] }

/** Registers now: what passed in the interval in progress, to the minute, is on them. `nowMs`: by the meter's clock. */
export function firstCount(flow: Flow, { index, lengthMin, totals }: Birth, nowMs: number): MetrologyMemory {
  const parts: Totals = [0, 0, 0, 0]
  for (let minute = index * lengthMin; minute < Math.floor(nowMs / 60_000); minute++) {
    const sample = flow.at(minute)
    for (const [at, channel] of CHANNELS.entries()) parts[at] = (parts[at] ?? 0) + sample[channel] * PARTS_PER_MINUTE
  }
  const units = parts.map(sum => Math.floor(sum / PARTS_PER_UNIT))
  return {
    totals: totals.map((total, at) => total + (units[at] ?? 0)) as Totals,
    parts: parts.map(sum => sum % PARTS_PER_UNIT) as Totals,
  }
}

export function firstLedger(
  facts: MeasurementFacts,
  { flow, past, birth, nowMs }: { flow: Flow; past: Past; birth: Birth; nowMs: number },
): LedgerMemory {
  const { tariff, network } = facts
  const intervals: IntervalLogMemory = { index: birth.index, from: birth.totals, log: EMPTY }
  const day = Math.floor(nowMs / DAY_MS)
  const shortInterval = (lengthMin: number): IntervalLogMemory => {
    const index = Math.floor(nowMs / (lengthMin * 60_000))
    return { index, from: firstCount(flow, birth, index * lengthMin * 60_000).totals, log: EMPTY }
  }
  const monthly = { every: 'month', day: 1 } as const
  return {
    accounts: firstAccounts(birth, firstCount(flow, birth, nowMs)),
    tariff: { tariff },
    blocksSinceMs: blockPeriodStart(tariff.blockPeriod, nowMs),
    intervals,
    ...(network && { network: shortInterval(network.lengthMin) }),
    days: { day, from: past.at(day)?.totals[0] ?? birth.totals[0], reads: EMPTY, consumptions: EMPTY },
    billing: { calendar: monthly, sinceMs: billingPeriodStart(monthly, nowMs), log: EMPTY },
  }
}

/** What the interval in progress has brought is on the first register: at most some units too many there. */
function firstAccounts({ registers, totals }: Birth, count: MetrologyMemory): AccountsMemory {
  const [first = 0, ...others] = registers
  return {
    registers: [first + count.totals[0] - totals[0], ...others],
    ...{ blocks: [], counters: [], cost: 0, costParts: 0, standing: 0 },
  }
}
