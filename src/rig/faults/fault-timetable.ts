/** When each fault of one installation sets in and lifts: at moments of the run, or so long after them. */
import type { Micros } from '../../base/ids.ts'
import type { Installation } from '../installation.ts'
import type { FaultMoment, FaultSurroundings } from './fault-kind.ts'
import type { Fault } from './faults.ts'

export interface FaultTimetableOptions {
  installation: Installation
  around: FaultSurroundings
  /** Of the whole run; those of other installations are left out. */
  faults: readonly Fault[]
  /** Those of an earlier life that are no more. */
  ended?: readonly Fault[] | undefined
  /** How far they had come in an earlier life; those it does not have are new. */
  memory?: FaultsMemory | undefined
  /** Something was put on the clock of the installation. */
  onChange: () => void
}

/** How far faults have come, by their text: plain values. A fault whose moment has not come is not in it. */
export type FaultsMemory = Readonly<Record<string, FaultStanding>>
type FaultStanding =
  | { is: 'awaited'; dueUs: Micros }
  | { is: 'in-force'; sinceUs: Micros; liftsUs?: Micros }
  /** Lifted, or done with once and for all. */
  | { is: 'over'; sinceUs: Micros }

export class FaultTimetable {
  private readonly options: FaultTimetableOptions
  private readonly faults: readonly Fault[]
  private readonly standings = new Map<Fault, FaultStanding>()
  /** What lifts those in force. */
  private readonly lifts = new Map<Fault, () => void>()

  constructor(options: FaultTimetableOptions) {
    const { id } = options.installation
    this.options = options
    this.faults = options.faults.filter(fault => (fault.installation ?? id) === id)
  }

  /** Those that precede a migration: whoever lets time pass sets them one by one. */
  get preceding(): readonly Fault[] {
    return this.faults.filter(fault => fault.sets === 'settled')
  }

  /** What is to be kept when the process dies. */
  memory(): FaultsMemory {
    return Object.fromEntries([...this.standings].map(([{ text }, standing]) => [text, standing]))
  }

  /** After an earlier life: what was in force is again, for as long as it still has, and what was to come will. */
  resume(): void {
    const { memory = {}, ended = [], installation, around, onChange } = this.options
    for (const fault of ended) {
      const isOurs = (fault.installation ?? installation.id) === installation.id
      if (!isOurs || memory[fault.text]?.is !== 'in-force') continue
      fault.inject(installation, around)?.()
      installation.tracer.part('fault').emit({ kind: 'fault.lifted', fault: fault.text })
    }
    for (const fault of this.faults) {
      const standing = memory[fault.text]
      if (standing?.is === 'over') this.standings.set(fault, standing)
      else if (standing?.is === 'awaited') this.expect(fault, standing.dueUs)
      else if (standing?.is === 'in-force') this.begin(fault, standing)
    }
    if (installation.kernel.nextAtUs !== undefined) onChange()
  }

  /** A moment has come: what ends with it lifts, what begins with it and has not begun yet sets in. */
  reach(moment: Exclude<FaultMoment, 'settled'>): void {
    for (const fault of [...this.lifts.keys()]) if (fault.lifts === moment) this.lift(fault)
    for (const fault of this.faults) if (fault.sets === moment) this.set(fault)
  }

  /** Whether it has set in, or will by itself. */
  has(fault: Fault): boolean {
    return this.standings.has(fault)
  }

  /** Sets a fault in, now or so long from now as it says; returns when that was or will be. Once only. */
  set(fault: Fault): Micros {
    const { installation, onChange } = this.options
    const nowUs = installation.kernel.nowUs()
    const standing = this.standings.get(fault)
    if (standing) return standing.is === 'awaited' ? standing.dueUs : standing.sinceUs
    if (fault.afterUs === undefined) this.begin(fault)
    else this.expect(fault, nowUs + fault.afterUs)
    onChange()
    return nowUs
  }

  private expect(fault: Fault, dueUs: Micros): void {
    const { kernel } = this.options.installation
    this.standings.set(fault, { is: 'awaited', dueUs })
    kernel.after(Math.max(0, dueUs - kernel.nowUs()), 'fault sets in', () => this.begin(fault))
  }

  /** `before`: it was in force in an earlier life. */
  private begin(fault: Fault, before?: { sinceUs: Micros; liftsUs?: Micros }): void {
    const { installation, around } = this.options
    const { kernel, tracer } = installation
    tracer.part('fault').emit({ kind: 'fault.injected', fault: fault.text })
    const lift = fault.inject(installation, around)
    const nowUs = kernel.nowUs()
    const { sinceUs } = before ?? { sinceUs: nowUs }
    if (!lift) return void this.standings.set(fault, { is: 'over', sinceUs })
    const liftsUs = before ? before.liftsUs : fault.forUs !== undefined ? nowUs + fault.forUs : undefined
    this.lifts.set(fault, lift)
    this.standings.set(fault, { is: 'in-force', sinceUs, ...(liftsUs !== undefined && { liftsUs }) })
    if (liftsUs !== undefined) kernel.after(Math.max(0, liftsUs - nowUs), 'fault lifts', () => this.lift(fault))
  }

  private lift(fault: Fault): void {
    const [lift, standing] = [this.lifts.get(fault), this.standings.get(fault)]
    if (!lift || standing?.is !== 'in-force') return
    this.lifts.delete(fault)
    this.standings.set(fault, { is: 'over', sinceUs: standing.sinceUs })
    // Told first, as when it sets in: what comes of it comes after.
    this.options.installation.tracer.part('fault').emit({ kind: 'fault.lifted', fault: fault.text })
    lift()
  }
}
