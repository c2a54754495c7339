/** What a meter writes down as its clock goes on: registers by tariff, intervals, days, billing periods, demand, voltage. */
import type { Micros } from '../../base/ids.ts'
import { Accounts, type AccountsMemory } from '../tariff/accounts.ts'
import { blockPeriodStart } from '../tariff/block-period.ts'
import { TariffDesk, type TariffMemory } from '../tariff/tariff-desk.ts'
import { type BillingCause, BillingLog, type BillingMemory } from './billing-log.ts'
import { DayLog, type DayLogMemory } from './day-log.ts'
import type { Sample } from './flow.ts'
import { IntervalLog, type IntervalLogMemory } from './interval-log.ts'
import type { MeasurementFacts } from './measurement.ts'
import type { Ledger, Totals } from './metrology.ts'
import type { Past } from './past.ts'
import { VoltageLog, type VoltageLogMemory } from './voltage-log.ts'
import { type VoltageMemory, type VoltageRules, VoltageWatch } from './voltage-watch.ts'

/** The greatest mean rate of an interval, units an hour, and when that interval ended by the meter's clock, Unix ms. */
export interface Demand {
  rate: number
  atMs: number
}

/** What survives a power cut. */
export interface LedgerMemory {
  accounts: AccountsMemory
  tariff: TariffMemory
  /** When the block period in progress began, by the meter's clock, Unix ms. */
  blocksSinceMs: number
  intervals: IntervalLogMemory
  network?: IntervalLogMemory
  days: DayLogMemory
  billing: BillingMemory
  voltage?: VoltageMemory
  voltageLog?: VoltageLogMemory
  demand?: Demand
}

export class MeterLedger implements Ledger {
  readonly accounts: Accounts
  readonly desk: TariffDesk
  readonly intervals: IntervalLog
  readonly networkLog: IntervalLog | undefined
  readonly days: DayLog
  readonly billing: BillingLog
  readonly voltage: VoltageWatch | undefined
  readonly voltageLog: VoltageLog | undefined
  private readonly keepsDemand: boolean
  private greatest: Demand | undefined
  private blocksSinceMs: number
  private register = 1
  /** Block counters begin again each day: configured, so it is not kept here. */
  private daily = false

  constructor(
    facts: MeasurementFacts,
    { past, voltage, memory }: { past: Past; voltage: VoltageRules | undefined; memory: LedgerMemory },
  ) {
    const { intervalMin, entries, network, maximumDemand, voltageEntries } = facts
    const rows = (lengthMin: number) => (index: number) => past.row(index, lengthMin)
    this.accounts = new Accounts(facts.milliWhPerUnit, memory.accounts)
    this.desk = new TariffDesk(facts.limits, memory.tariff)
    this.intervals = new IntervalLog({
      ...{ lengthMin: intervalMin, capacity: entries },
      ...{ memory: memory.intervals, past: rows(intervalMin) },
    })
    this.networkLog =
      network &&
      memory.network &&
      new IntervalLog({ ...network, memory: memory.network, past: rows(network.lengthMin) })
    this.days = new DayLog(past, memory.days)
    this.billing = new BillingLog(past, memory.billing)
    this.voltage = voltage && new VoltageWatch(voltage, memory.voltage)
    this.voltageLog =
      voltageEntries === undefined
        ? undefined
        : new VoltageLog({ capacity: voltageEntries, past, memory: memory.voltageLog })
    this.keepsDemand = maximumDemand
    this.greatest = memory.demand
    this.blocksSinceMs = memory.blocksSinceMs
  }

  memory(): LedgerMemory {
    const { networkLog, voltage, voltageLog, greatest } = this
    return {
      accounts: this.accounts.memory(),
      tariff: this.desk.memory(),
      blocksSinceMs: this.blocksSinceMs,
      intervals: this.intervals.memory(),
      ...(networkLog && { network: networkLog.memory() }),
      days: this.days.memory(),
      billing: this.billing.memory(),
      ...(voltage && { voltage: voltage.memory() }),
      ...(voltageLog && { voltageLog: voltageLog.memory() }),
      ...(greatest && { demand: greatest }),
    }
  }

  /** The time-of-use register that counts now. */
  get activeRegister(): number {
    return this.register
  }
  /** Undefined where the meter keeps none, or before the first interval has ended. */
  get demand(): Demand | undefined {
    return this.greatest
  }
  /** Units of each register up to the last that has been used, or may be under the present tariff. */
  registers(): number[] {
    return this.accounts.registerValues(Math.max(this.accounts.registersUsed, this.desk.tariff.prices.length))
  }
  /** Makes an entry in the billing data log. */
  note(cause: BillingCause, atMs: number, totals: Readonly<Totals>): void {
    const { blocks } = this.accounts.memory()
    this.billing.add({ atMs, cause, totals: [...totals], registers: this.registers(), blocks })
  }

  countBlocksDaily(daily: boolean): void {
    this.daily = daily
  }

  delivered(units: number): void {
    this.accounts.add(this.desk.tariff, this.register, units)
  }
  passed(sample: Sample, us: Micros): void {
    this.voltage?.passed(sample, us)
  }

  turned(nowMs: number, totals: Readonly<Totals>): number {
    this.turnIntervals(nowMs, totals)
    if (this.desk.pendingIsDue(nowMs)) {
      this.note('tariff-change', nowMs, totals)
      this.desk.turn(nowMs)
      this.accounts.resetCounters()
    }
    const newDays = this.days.turn(nowMs, () => ({ totals: [...totals], registers: this.registers() }))
    if (newDays > 0) this.accounts.addDays(this.desk.tariff, newDays)
    const blocksSinceMs = this.daily ? blockPeriodStart('day', nowMs) : this.desk.blockPeriodAt(nowMs)
    if (blocksSinceMs > this.blocksSinceMs) {
      this.blocksSinceMs = blocksSinceMs
      this.accounts.resetCounters()
    }
    if (this.billing.turn(nowMs)) this.note('billing-calendar', nowMs, totals)
    const { register, untilMs } = this.desk.activeAt(nowMs)
    this.register = register
    const { networkLog, voltageLog } = this
    return Math.min(untilMs, this.intervals.endMs, networkLog?.endMs ?? untilMs, voltageLog?.dueMs ?? untilMs)
  }

  private turnIntervals(nowMs: number, totals: Readonly<Totals>): void {
    this.networkLog?.turn(nowMs, totals)
    const { voltage } = this
    if (voltage)
      this.voltageLog?.turn(
        nowMs,
        () => voltage.average(),
        () => voltage.discard(),
      )
    const { startMs, lengthMs } = { ...this.intervals.current, lengthMs: this.intervals.lengthMs }
    const row = this.intervals.turn(nowMs, totals)
    if (!row || !this.keepsDemand) return
    const rate = Math.round((row[1] * 3_600_000) / lengthMs)
    if (rate > (this.greatest?.rate ?? 0)) this.greatest = { rate, atMs: startMs + lengthMs }
  }
}
