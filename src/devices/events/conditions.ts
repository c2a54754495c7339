/** What may be wrong with a meter for a while, and what it writes down when it sees that begin and end. */
import type { SupplyIncident } from '../supply/supply-policies.ts'
import type { AlertCode } from './alert-codes.ts'

interface ConditionKind {
  begins: AlertCode
  /** Absent: nobody is told. */
  ends?: AlertCode
  /** What it means for the supply. */
  incident: SupplyIncident
}

/** @source GBCS alert codes; that a meter sees the end of some: assumed */
const CONDITIONS = {
  cover: { begins: '8F74', ends: '81B9', incident: 'tamper' },
  terminal: { begins: '8F76', ends: '81C1', incident: 'tamper' },
  magnet: { begins: '8F75', ends: '81BC', incident: 'tamper' },
  'battery-cover': { begins: '8F73', ends: '81A1', incident: 'tamper' },
  other: { begins: '8F78', incident: 'tamper' },
  'low-battery': { begins: '8F1F', ends: '8F82', incident: 'depletion' },
} as const satisfies Record<string, ConditionKind>

/** A cover that is off, a magnet that is there, a battery that runs out. */
export type Condition = keyof typeof CONDITIONS

/** What it saw last, over a loss of power too. */
export type ConditionsMemory = readonly Condition[]

export interface ConditionsOptions {
  raise: (code: AlertCode) => void
  incident: (kind: SupplyIncident, code: AlertCode) => void
  memory?: ConditionsMemory | undefined
}

export class Conditions {
  private readonly options: ConditionsOptions
  private seen: readonly Condition[]

  constructor(options: ConditionsOptions) {
    this.options = options
    this.seen = options.memory ?? []
  }

  memory(): ConditionsMemory {
    return this.seen
  }
  has(condition: Condition): boolean {
    return this.seen.includes(condition)
  }

  /** Sees how things stand: what is new has begun, what is there no more has ended. */
  see(now: readonly Condition[]): void {
    const { raise, incident } = this.options
    const before = this.seen
    this.seen = now
    for (const condition of before) {
      const { ends }: ConditionKind = CONDITIONS[condition]
      if (ends && !now.includes(condition)) raise(ends)
    }
    for (const condition of now) {
      const { begins, incident: kind } = CONDITIONS[condition]
      if (!before.includes(condition)) incident(kind, begins)
    }
  }
}
