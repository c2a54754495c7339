/** The tariff a meter charges by, and the one that takes its place later. */
import { blockPeriodStart } from './block-period.ts'
import { tariffFault } from './check-tariff.ts'
import { type Active, activeAt } from './switching.ts'
import type { Tariff, TariffLimits } from './tariff.ts'

/** A tariff that waits: it takes effect when the meter's clock reaches this, Unix ms. */
export interface PendingTariff {
  tariff: Tariff
  fromMs: number
}

/** What survives a power cut. */
export interface TariffMemory {
  tariff: Tariff
  /** Since when by the meter's clock, Unix ms; absent for the one it came with. */
  sinceMs?: number
  pending?: PendingTariff
}

export class TariffDesk {
  readonly limits: TariffLimits
  private active: Tariff
  private sinceMs: number | undefined
  private waiting: PendingTariff | undefined
  /** So much after the times of the switching table the register changes. Configured, so it is not kept here. */
  lateMs = 0

  constructor(limits: TariffLimits, memory: TariffMemory) {
    this.limits = limits
    this.active = memory.tariff
    this.sinceMs = memory.sinceMs
    this.waiting = memory.pending
  }

  memory(): TariffMemory {
    const { active, sinceMs, waiting } = this
    return { tariff: active, ...(sinceMs !== undefined && { sinceMs }), ...(waiting && { pending: waiting }) }
  }

  get tariff(): Tariff {
    return this.active
  }
  get pending(): PendingTariff | undefined {
    return this.waiting
  }
  /** When the tariff took effect, by the meter's clock, Unix ms; undefined: it came with the meter. */
  get effectiveSinceMs(): number | undefined {
    return this.sinceMs
  }

  /** The register that counts at an instant of the meter's clock, and until when that is so. */
  activeAt(unixMs: number): Active {
    const inTable = activeAt(this.active.switching, unixMs - this.lateMs)
    const found = { register: inTable.register, untilMs: inTable.untilMs + this.lateMs }
    const dueMs = this.waiting?.fromMs
    return dueMs !== undefined && dueMs > unixMs && dueMs < found.untilMs ? { ...found, untilMs: dueMs } : found
  }
  /** When the block period an instant lies in began, Unix ms. */
  blockPeriodAt(unixMs: number): number {
    return blockPeriodStart(this.active.blockPeriod, unixMs)
  }

  /**
   * Takes a tariff that holds from `fromMs` by the meter's clock; one that waits already is replaced. Returns what is wrong with
   * it: then nothing has changed.
   */
  hold(tariff: Tariff, fromMs: number): string | undefined {
    const fault = tariffFault(tariff, this.limits)
    if (fault === undefined) this.waiting = { tariff: structuredClone(tariff), fromMs }
    return fault
  }

  /** Gives up the tariff that waits; false: none does. */
  forget(): boolean {
    const wasHeld = this.waiting !== undefined
    this.waiting = undefined
    return wasHeld
  }

  /** Whether the time of the waiting tariff has come. */
  pendingIsDue(unixMs: number): boolean {
    return this.waiting !== undefined && this.waiting.fromMs <= unixMs
  }
  /** Puts the waiting tariff in force when its time has come; true when it did. */
  turn(unixMs: number): boolean {
    if (!this.waiting || !this.pendingIsDue(unixMs)) return false
    this.active = this.waiting.tariff
    this.sinceMs = unixMs
    this.waiting = undefined
    return true
  }
}
