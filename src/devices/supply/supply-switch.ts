/**
 * What interrupts a meter's supply: the contactor of an electricity meter, the valve of a gas meter. OFF: only who interrupted it,
 * or a command, ends that. ARMED: the consumer may switch it on by a button. Several reasons may hold it off at once.
 * @source SMETS1 functional requirements, load switch with enable, arm and disable; which reason yields to which: assumed
 */

export type SupplyState = 'ON' | 'ARMED' | 'OFF'
/** Who or what may interrupt a supply. */
export type SupplyReason = 'command' | 'credit' | 'load-limit' | 'tamper' | 'uncontrolled-flow' | 'depletion'
/** What became of an order: done, nothing to do, or another reason holds the supply. */
export type SwitchOutcome = 'changed' | 'unchanged' | 'refused'

export interface SupplyChange {
  from: SupplyState
  to: SupplyState
  /** `consumer`: somebody pressed the button. */
  reason: SupplyReason | 'consumer'
}

/** What survives a loss of power. */
export interface SwitchMemory {
  /** Who holds it off. */
  heldBy: readonly SupplyReason[]
  /** Why it is armed; absent: it is not. */
  armedBy?: SupplyReason
}

export interface SwitchOptions {
  initialState: SupplyState
  /** A contactor closes on command; a valve opens only by the hand of somebody who looks at what burns. */
  closesOnCommand: boolean
  memory?: SwitchMemory | undefined
}

/** Who is told of a change: before it happens, when what is counted under the old state must be worked out, and after. */
export interface SwitchWatch {
  before?: () => void
  after?: (change: SupplyChange) => void
}

export class SupplySwitch {
  private readonly closesOnCommand: boolean
  private standing: SwitchMemory
  private readonly watchers: SwitchWatch[] = []

  constructor({ initialState, closesOnCommand, memory }: SwitchOptions) {
    this.closesOnCommand = closesOnCommand
    this.standing = memory ?? INITIAL[initialState]
  }

  get state(): SupplyState {
    return stateOf(this.standing)
  }
  /** Whether anything can be consumed. */
  flows(): boolean {
    return this.state === 'ON'
  }
  /** Who holds it off now. */
  get heldBy(): readonly SupplyReason[] {
    return this.standing.heldBy
  }
  /** Why it is armed; undefined when it is not. */
  get armedBy(): SupplyReason | undefined {
    return this.standing.armedBy
  }

  watch(watch: SwitchWatch): void {
    this.watchers.push(watch)
  }

  /** What it would keep if it lost power now. */
  memory(): SwitchMemory {
    return this.standing
  }

  /** Interrupts the supply until the same reason, or a command, arms or enables it. */
  disable(reason: SupplyReason): SwitchOutcome {
    return this.stand({ heldBy: [...this.without(reason), reason] }, reason)
  }

  /**
   * Lets the consumer switch it on. By a reason that is an emergency (load, tamper, flow, depletion) a supply that is on is
   * interrupted; a command or a payment changes nothing there. `refused`: it stays off for another reason.
   */
  arm(reason: SupplyReason): SwitchOutcome {
    const isEmergency = reason !== 'command' && reason !== 'credit'
    if (this.state === 'ARMED' || (this.state === 'ON' && !isEmergency)) return 'unchanged'
    return this.released(reason) ?? this.stand({ heldBy: [], armedBy: reason }, reason)
  }

  /**
   * Switches it on. `refused` by a valve, which opens by hand only, and while another reason holds it off: a reason other than a
   * command undoes what it did itself.
   */
  enable(reason: SupplyReason): SwitchOutcome {
    if (this.state === 'ON') return 'unchanged'
    if (!this.closesOnCommand) return 'refused'
    if (this.state === 'ARMED' && reason !== 'command' && this.armedBy !== reason) return 'refused'
    return this.released(reason) ?? this.stand({ heldBy: [] }, reason)
  }

  /** The consumer presses the button, at the meter or on a display. */
  consumerEnables(): SwitchOutcome {
    if (this.state === 'OFF') return 'refused'
    return this.stand({ heldBy: [] }, 'consumer')
  }

  /** Gives up this reason's hold: `refused` while others hold on. A command ends all of them but the want of credit, or none. */
  private released(reason: SupplyReason): 'refused' | undefined {
    const remaining = reason === 'command' ? this.heldBy.filter(hold => hold === 'credit') : this.without(reason)
    if (remaining.length === 0) return undefined
    if (reason !== 'command') this.standing = { heldBy: remaining }
    return 'refused'
  }

  private without(reason: SupplyReason): readonly SupplyReason[] {
    return this.heldBy.filter(hold => hold !== reason)
  }

  private stand(next: SwitchMemory, reason: SupplyChange['reason']): SwitchOutcome {
    const from = this.state
    const to = stateOf(next)
    if (from === to) {
      this.standing = next
      return 'unchanged'
    }
    for (const { before } of this.watchers) before?.()
    this.standing = next
    for (const { after } of this.watchers) after?.({ from, to, reason })
    return 'changed'
  }
}

const INITIAL: Readonly<Record<SupplyState, SwitchMemory>> = {
  ON: { heldBy: [] },
  ARMED: { heldBy: [], armedBy: 'command' },
  OFF: { heldBy: ['command'] },
}

function stateOf({ heldBy, armedBy }: SwitchMemory): SupplyState {
  if (heldBy.length > 0) return 'OFF'
  return armedBy ? 'ARMED' : 'ON'
}
