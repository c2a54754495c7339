/** What a kind of fault is: how its value is written, when it sets in and lifts, what it does to an installation. */
import type { Eui64, Micros } from '../../base/ids.ts'
import type { Part } from '../../profiles/parts.ts'
import type { Installation as InstallationRecord } from '../../profiles/rig.ts'
import type { SimPlatform } from '../../wan/sim-platform.ts'
import type { Installation } from '../installation.ts'
import type { Outage } from './outage.ts'

/** The device of an installation; undefined when it has none such. */
export function deviceOf({ devices }: Pick<InstallationRecord, 'devices'>, part: Part): Eui64 | undefined {
  return devices[part === 'hub' ? 'chf' : part]?.deviceId
}

/** Moments a fault may be tied to. Phases are those of the Group file. */
export type FaultMoment = 'power-on' | 'settled' | `phase:${string}`

/** A hub's line to the outside: its SIM, and its coverage where that is ours. */
export interface HubLine {
  imsi: string
  wanOutage: Outage | undefined
}

/** What lies around an installation, as far as faults reach it. */
export interface FaultSurroundings {
  sims: SimPlatform
  /** Drops every connection of the broker and lets them come again; undefined where the broker is not ours. */
  restartBroker: (() => void) | undefined
}

/** What a fault does to one installation. */
export interface FaultEffect {
  sets: FaultMoment
  /** It sets in so long after that moment. */
  afterUs?: Micros
  lifts?: FaultMoment
  /** It lifts so long after it set in. */
  forUs?: Micros
  /** How long it lasts before a migration begins. */
  lastsUs?: Micros
  /** Devices it concerns: an installation without them cannot have it. */
  parts?: readonly Part[]
  /** The same done to a hub's line alone, where nothing else of the home is there; absent: it is about something else. */
  onLine?: (line: HubLine, sims: SimPlatform) => (() => void) | undefined
  /** What it returns lifts it. */
  inject: (installation: Installation, around: FaultSurroundings) => (() => void) | undefined
}

/** Why a fault cannot be carried out as written. */
export interface FaultProblem {
  problem: string
  hint?: string | undefined
}

export interface FaultContext {
  /** Plans, phases and access points of the Group file; the access point before comes first. */
  plans: readonly string[]
  phases: readonly string[]
  apns: readonly [before: string, after: string]
}

export interface FaultKind {
  /** Under which name it is listed, when it goes by several; what a value looks like, and what the fault does. */
  listed?: string
  value: string
  does: string
  /** Needs a HAN on the air. */
  onAir?: boolean
  /** May be given more than once: such faults add up. */
  addsUp?: boolean
  /** What it is done to, which must be ours: the air itself, the insides of a part, its power, a party or the broker. */
  to: 'the air' | 'a party' | 'the broker' | { inside: Part } | { power: readonly Part[] }
  effect: (value: string, context: FaultContext) => FaultEffect | FaultProblem
}
