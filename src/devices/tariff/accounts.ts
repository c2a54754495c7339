/**
 * Where counted energy goes, and what it costs: each whole unit (Wh, dm3) falls into one time-of-use register and one block, so
 * that they add up to the total; money is exact, in thousandths of a penny.
 */
import type { Tariff } from './tariff.ts'

/** What survives a power cut. Registers and blocks count from 0 here. */
export interface AccountsMemory {
  /** Of each register, since the meter was made. */
  registers: readonly number[]
  /** Of each register and block, since the meter was made, under tariffs with blocks. */
  blocks: readonly (readonly number[])[]
  /** The same in the present block period. */
  counters: readonly (readonly number[])[]
  cost: number
  /** Parts of a thousandth of a penny not yet in `cost`: price x mWh, below 1,000,000. */
  costParts: number
  standing: number
}

const MILLI_WH_PER_KWH = 1_000_000

export class Accounts {
  private readonly registers: number[]
  private readonly blocks: number[][]
  private counters: number[][]
  private costWhole: number
  private costParts: number
  private standing: number
  /** mWh in a unit: 1,000 for a Wh; for a dm3 of gas what it holds by its calorific value. */
  private milliWhPerUnit: number

  constructor(milliWhPerUnit: number, memory?: AccountsMemory) {
    this.milliWhPerUnit = milliWhPerUnit
    this.registers = [...(memory?.registers ?? [])]
    this.blocks = (memory?.blocks ?? []).map(row => [...row])
    this.counters = (memory?.counters ?? []).map(row => [...row])
    this.costWhole = memory?.cost ?? 0
    this.costParts = memory?.costParts ?? 0
    this.standing = memory?.standing ?? 0
  }

  memory(): AccountsMemory {
    return {
      registers: [...this.registers],
      blocks: this.blocks.map(row => [...row]),
      counters: this.counters.map(row => [...row]),
      cost: this.costWhole,
      costParts: this.costParts,
      standing: this.standing,
    }
  }

  /** Thousandths of a penny since the meter was made, standing charge included; only grows. */
  get cost(): number {
    return this.costWhole
  }
  /** Of which standing charge. */
  get standingCharges(): number {
    return this.standing
  }
  /** Units on a register (from 1) since the meter was made. */
  register(register: number): number {
    return this.registers[register - 1] ?? 0
  }
  /** The highest register that anything was put down on, 0 for none. */
  get registersUsed(): number {
    return this.registers.length
  }
  /** Units on registers 1 to `count`. */
  registerValues(count: number): number[] {
    return Array.from({ length: count }, (_, at) => this.registers[at] ?? 0)
  }
  /** Units in a block of a register, both from 1, since the meter was made. */
  block(register: number, block: number): number {
    return this.blocks[register - 1]?.[block - 1] ?? 0
  }
  /** The same in the present block period. */
  counter(register: number, block: number): number {
    return this.counters[register - 1]?.[block - 1] ?? 0
  }

  /** Units in all blocks of the present block period. */
  get counted(): number {
    return sum(this.counters.map(sum))
  }

  /** The block (from 1) that the next unit of a register falls into. */
  currentBlock(tariff: Tariff, register: number): number {
    const thresholds = tariff.thresholds[register - 1] ?? []
    const used = sum(this.counters[register - 1] ?? [])
    const at = thresholds.findIndex(threshold => used < threshold)
    return (at < 0 ? thresholds.length : at) + 1
  }

  /** Puts whole units down where the tariff says, each block filled in its turn. */
  add(tariff: Tariff, register: number, units: number): void {
    grow(this.registers, register - 1, units)
    const thresholds = tariff.thresholds[register - 1] ?? []
    if (thresholds.length === 0) return this.charge(units, tariff.prices[register - 1]?.[0] ?? 0)
    let left = units
    while (left > 0) {
      const block = this.currentBlock(tariff, register)
      const room = (thresholds[block - 1] ?? Number.POSITIVE_INFINITY) - sum(this.counters[register - 1] ?? [])
      const here = Math.min(left, room)
      growAt(this.blocks, register - 1, block - 1, here)
      growAt(this.counters, register - 1, block - 1, here)
      this.charge(here, tariff.prices[register - 1]?.[block - 1] ?? 0)
      left -= here
    }
  }

  /** Charges so many days of standing charge. */
  addDays(tariff: Tariff, days: number): void {
    this.costWhole += tariff.standingCharge * days
    this.standing += tariff.standingCharge * days
  }

  /** A new block period, or a new tariff: counters begin again. */
  resetCounters(): void {
    this.counters = []
  }

  /** What a unit holds from now on, in mWh: a new calorific value. */
  get energyPerUnit(): number {
    return this.milliWhPerUnit
  }
  setEnergyPerUnit(milliWhPerUnit: number): void {
    this.milliWhPerUnit = milliWhPerUnit
  }

  private charge(units: number, price: number): void {
    const parts = this.costParts + units * this.milliWhPerUnit * price
    this.costWhole += Math.floor(parts / MILLI_WH_PER_KWH)
    this.costParts = parts % MILLI_WH_PER_KWH
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function grow(values: number[], at: number, by: number): void {
  while (values.length <= at) values.push(0)
  values[at] = (values[at] ?? 0) + by
}

function growAt(rows: number[][], row: number, column: number, by: number): void {
  while (rows.length <= row) rows.push([])
  grow(rows[row] ?? [], column, by)
}
