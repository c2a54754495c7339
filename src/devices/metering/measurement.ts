/** All that a meter measures and keeps: registers, tariff, logs. One clock turns them all. */
import type { Clock, RandomStream } from '../../ports/time.ts'
import type { DeviceClock } from '../device-clock.ts'
import type { SupplySwitch } from '../supply/supply-switch.ts'
import type { Charging } from '../tariff/charging.ts'
import type { Tariff, TariffLimits } from '../tariff/tariff.ts'
import type { PendingTariff } from '../tariff/tariff-desk.ts'
import type { BillingCalendar, BillingEntry } from './billing-log.ts'
import { birthOf } from './birth.ts'
import type { DayValue, RegisterRead } from './day-log.ts'
import { firstCount, firstLedger } from './first-memory.ts'
import type { Channel, Flow, Sample } from './flow.ts'
import type { IntervalValue } from './interval-log.ts'
import { type Demand, type LedgerMemory, MeterLedger } from './ledger.ts'
import { Metrology, type MetrologyMemory, type Totals } from './metrology.ts'
import { type DiceWords, drawDice, NumberedDice } from './numbered-dice.ts'
import { type Birth, Past } from './past.ts'
import type { VoltageValue } from './voltage-log.ts'
import type { VoltageRules, VoltageWatch } from './voltage-watch.ts'

/** Of the dice of a home: no flow throws it. */
const OFFSET_SERIES = 1_000

/** What a meter measures and keeps, of its kind and model. */
export interface MeasurementFacts {
  /** What flows, from its home's dice. */
  flow: (dice: DiceWords) => Flow
  intervalMin: number
  /** Intervals kept of what is delivered, and of everything else. */
  entries: number
  otherEntries: number
  /** The tariff it came with, and how much one may hold. */
  tariff: Tariff
  limits: TariffLimits
  /** mWh in a unit. */
  milliWhPerUnit: number
  /** Averages kept of a meter that watches the voltage. */
  voltageEntries?: number
  /** A log of short intervals beside the other. */
  network?: { lengthMin: number; capacity: number }
  maximumDemand: boolean
}

/** What survives a power cut. */
export interface MeasurementMemory {
  dice: DiceWords
  birth: Birth
  /** The tariff at birth. */
  bornWith: Tariff
  metrology: MetrologyMemory
  ledger: LedgerMemory
}

export interface MeasurementOptions {
  truth: Clock
  clock: DeviceClock
  supply: Pick<SupplySwitch, 'flows' | 'watch'> | undefined
  random: RandomStream
  facts: MeasurementFacts
  /** Of a meter that watches the voltage. */
  voltage?: VoltageRules | undefined
  memory: MeasurementMemory | undefined
}

export class Measurement implements Charging {
  private readonly facts: MeasurementFacts
  private readonly clock: DeviceClock
  private readonly born: Pick<MeasurementMemory, 'dice' | 'birth' | 'bornWith'>
  private readonly metrology: Metrology
  private readonly ledger: MeterLedger
  /** Its life before the rig. */
  readonly past: Past

  constructor({ truth, clock, supply, random, facts, voltage, memory }: MeasurementOptions) {
    const dice = memory?.dice ?? drawDice(random)
    const flow = facts.flow(dice)
    const birth =
      memory?.birth ?? birthOf(flow, { ...facts, lengthMin: facts.intervalMin, nowMs: clock.unixMs(), random })
    const bornWith = memory?.bornWith ?? facts.tariff
    const past = new Past(flow, birth, bornWith)
    this.past = past
    this.facts = facts
    this.clock = clock
    this.born = { dice, birth, bornWith }
    const nowMs = clock.unixMs()
    const count = memory?.metrology ?? firstCount(flow, birth, nowMs)
    const ledger = memory?.ledger ?? firstLedger(facts, { flow, past, birth, nowMs })
    this.ledger = new MeterLedger(facts, { past, voltage, memory: ledger })
    this.metrology = new Metrology({ truth, clock, flow, supply, ledger: this.ledger, memory: count })
  }

  /** What it would keep if it lost power now. */
  memory(): MeasurementMemory {
    const metrology = this.metrology.memory()
    return { ...this.born, metrology, ledger: this.ledger.memory() }
  }

  /** Works out what has passed since somebody looked last. */
  advance(): void {
    this.metrology.advance()
  }

  // ---- What it shows

  /** Whole units by channel since the meter was made. */
  totals(): Totals {
    return this.metrology.totals()
  }
  /** What flows now. */
  sample(): Sample {
    return this.metrology.now()
  }
  /** Units of each time-of-use register up to the last that has been used, or may be under the present tariff. */
  registers(): number[] {
    return this.upToDate.registers()
  }
  /** Units in a block of a register, both from 1, since the meter was made, and in the present block period. */
  blockUnits(register: number, block: number): { total: number; counter: number } {
    const { accounts } = this.upToDate
    return { total: accounts.block(register, block), counter: accounts.counter(register, block) }
  }
  /** Units in the present block period, of all registers. */
  blockPeriodUnits(): number {
    return this.upToDate.accounts.counted
  }
  /** The greatest demand, where the meter keeps it. */
  maximumDemand(): Demand | undefined {
    return this.upToDate.demand
  }
  /** The interval in progress: when it began by the meter's clock, and what was delivered in it so far. */
  partialInterval(): IntervalValue {
    const delivered = this.metrology.totals()[0]
    const { startMs, from } = this.ledger.intervals.current
    return { startMs, value: delivered - from[0] }
  }

  // ---- Logs, newest first

  /** Finished intervals that ended at or before `endMs` by the meter's clock, at most `count`. */
  profile(channel: Channel, endMs: number, count: number): IntervalValue[] {
    const { entries, otherEntries } = this.facts
    return this.upToDate.intervals.newest(channel, endMs, count, channel === 'delivered' ? entries : otherEntries)
  }
  /** Average voltages of periods from `fromMs` on, oldest first. */
  voltages(fromMs: number, count: number): VoltageValue[] {
    return this.upToDate.voltageLog?.oldest(fromMs, count) ?? []
  }
  /** What passed in the short intervals of the network data log from `fromMs` on, oldest first. */
  networkData(fromMs: number, count: number): { lengthMs: number; values: IntervalValue[] } | undefined {
    const { networkLog } = this.upToDate
    return networkLog && { lengthMs: networkLog.lengthMs, values: networkLog.oldest('delivered', fromMs, count) }
  }
  dailyReads(): RegisterRead[] {
    return this.upToDate.days.listReads()
  }
  /** Finished days, at most `count`. */
  dailyConsumption(count?: number): DayValue[] {
    return this.upToDate.days.listConsumptions(count)
  }
  /** Delivered since the meter's clock showed midnight. */
  today(): DayValue {
    const delivered = this.metrology.totals()[0]
    const { startMs, from } = this.ledger.days.today
    return { startMs, value: delivered - from }
  }
  billingEntries(): BillingEntry[] {
    return this.upToDate.billing.list()
  }

  // ---- What is charged

  get cost(): number {
    return this.upToDate.accounts.cost
  }
  get standingCharges(): number {
    return this.upToDate.accounts.standingCharges
  }
  get tariff(): Tariff {
    return this.upToDate.desk.tariff
  }
  get pending(): PendingTariff | undefined {
    return this.upToDate.desk.pending
  }
  /** Since when the tariff holds, by the meter's clock, Unix ms; undefined: it came with the meter. */
  get tariffSinceMs(): number | undefined {
    return this.upToDate.desk.effectiveSinceMs
  }
  get register(): number {
    return this.upToDate.activeRegister
  }
  get block(): number {
    return this.upToDate.accounts.currentBlock(this.tariff, this.register)
  }
  get milliWhPerUnit(): number {
    return this.ledger.accounts.energyPerUnit
  }
  get price(): number {
    return this.tariff.prices[this.register - 1]?.[this.block - 1] ?? 0
  }

  hold(tariff: Tariff, fromMs: number): string | undefined {
    const fault = this.upToDate.desk.hold(tariff, fromMs)
    if (fault === undefined) this.metrology.turnAgain()
    return fault
  }
  forget(): boolean {
    return this.upToDate.desk.forget()
  }

  // ---- What others set

  /** What a unit holds from now on, mWh: a new calorific value. */
  setEnergyPerUnit(milliWh: number): void {
    this.upToDate.accounts.setEnergyPerUnit(milliWh)
  }
  /** Of a meter that watches the voltage. */
  get voltage(): VoltageWatch | undefined {
    return this.upToDate.voltage
  }
  /** Averages of the voltage are of another period from now on. */
  setVoltagePeriod(periodS: number): void {
    const { voltageLog } = this.upToDate
    if (!voltageLog || voltageLog.periodS === periodS) return
    voltageLog.setPeriod(periodS, this.clock.unixMs())
    this.metrology.turnAgain()
  }
  get billingCalendar(): BillingCalendar {
    return this.ledger.billing.billingCalendar
  }
  /** Billing periods begin so from the next one on. */
  setBillingCalendar(calendar: BillingCalendar): void {
    this.upToDate.billing.setCalendar(calendar, this.clock.unixMs())
    this.metrology.turnAgain()
  }
  /** Makes an entry in the billing data log: the mode of payment has changed. */
  noteModeChange(): void {
    this.upToDate.note('mode-change', this.clock.unixMs(), this.metrology.totals())
  }
  /** The register changes late by this meter's own share of the limit: no two meters of a street switch at once. */
  limitOffset(limitS: number): void {
    const lateS = Math.floor(new NumberedDice(this.born.dice).at(OFFSET_SERIES, 0) * (limitS + 1))
    const { desk } = this.upToDate
    if (desk.lateMs === lateS * 1_000) return
    desk.lateMs = lateS * 1_000
    this.metrology.turnAgain()
  }
  /** Block counters begin again each day, whatever the block period of the tariff is; or with that. */
  countBlocksDaily(daily: boolean): void {
    this.upToDate.countBlocksDaily(daily)
  }
  /** Block counters begin again. */
  resetBlockCounters(): void {
    this.upToDate.accounts.resetCounters()
  }

  /** With all that has passed worked out. */
  private get upToDate(): MeterLedger {
    this.metrology.advance()
    return this.ledger
  }
}
