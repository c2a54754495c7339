/** When each fault of one installation sets in and lifts: at moments of the run, or so long after them. */
import type { SimPlatform } from '../../wan/sim-platform.ts'
import type { Installation } from '../installation.ts'
import type { FaultMoment } from './fault-kind.ts'
import type { Fault } from './faults.ts'

export interface FaultTimetableOptions {
  installation: Installation
  sims: SimPlatform
  /** Of the whole run; those of other installations are left out. */
  faults: readonly Fault[]
  /** Something was put on the clock of the installation. */
  onChange: () => void
}

export class FaultTimetable {
  private readonly options: FaultTimetableOptions
  private readonly faults: readonly Fault[]
  /** Faults in force, and what lifts them. */
  private readonly inForce = new Map<Fault, () => void>()

  constructor(options: FaultTimetableOptions) {
    const { id } = options.installation
    this.options = options
    this.faults = options.faults.filter(fault => (fault.installation ?? id) === id)
  }

  /** Those that precede a migration: whoever lets time pass sets them one by one. */
  get preceding(): readonly Fault[] {
    return this.faults.filter(fault => fault.sets === 'settled')
  }

  /** A moment has come: what ends with it lifts, what begins with it sets in. */
  reach(moment: Exclude<FaultMoment, 'settled'>): void {
    for (const fault of [...this.inForce.keys()]) if (fault.lifts === moment) this.lift(fault)
    for (const fault of this.faults) if (fault.sets === moment) this.set(fault)
  }

  /** Sets a fault in, now or so long from now as it says. */
  set(fault: Fault): void {
    const { installation, onChange } = this.options
    if (fault.afterUs === undefined) this.begin(fault)
    else installation.kernel.after(fault.afterUs, 'fault sets in', () => this.begin(fault))
    onChange()
  }

  private begin(fault: Fault): void {
    const { installation, sims } = this.options
    const { kernel, tracer } = installation
    tracer.part('fault').emit({ kind: 'fault.injected', fault: fault.text })
    const lift = fault.inject(installation, sims)
    if (lift) this.inForce.set(fault, lift)
    if (fault.forUs !== undefined) kernel.after(fault.forUs, 'fault lifts', () => this.lift(fault))
  }

  private lift(fault: Fault): void {
    const lift = this.inForce.get(fault)
    if (!lift) return
    this.inForce.delete(fault)
    lift()
    this.options.installation.tracer.part('fault').emit({ kind: 'fault.lifted', fault: fault.text })
  }
}
