/** What of a rig is kept, under which keys, and how it is found again. */
import type { FaultsMemory } from '../faults/fault-timetable.ts'
import { memoryOf, partsOf } from '../memory-parts.ts'
import type { RigMemory } from '../rig-options.ts'
import type { Running } from '../running.ts'
import type { RigState } from './rig-state.ts'

/** What installations share, in parts. */
export interface SharedParts {
  /** SIMs, as the operator and the network have them. */
  sims: { memory: () => RigMemory['sims'] }
  /** The operator's desk: answers it gave. */
  desk: { memory: () => unknown }
  /** Files of the operator that wait for their other half. */
  returns: { memory: () => unknown }
  /** Of the last notice of presence. */
  epoch: { memory: () => number }
}

/** From now on each commit holds what has become of them. */
export function keepRig(
  state: RigState,
  { running, shared }: { running: ReadonlyMap<string, Running>; shared: SharedParts },
): void {
  state.keeper.add(installation => {
    if (installation === '') return Object.fromEntries(Object.entries(shared).map(([name, of]) => [name, of.memory()]))
    const one = running.get(installation)
    if (!one) return {}
    const { faults, returning } = one
    const isAttached = one.installation.hubHere?.link.session !== undefined || !returning.isOver
    const parts = Object.entries(partsOf(one.installation.memory()))
    return {
      ...Object.fromEntries(parts.map(([name, part]) => [`home/${installation}/${name}`, part])),
      [`faults/${installation}`]: faults.memory(),
      [`attached/${installation}`]: isAttached,
    }
  })
}

/** What an earlier life kept of the rig; undefined where there was none. */
export function keptRig(state: RigState, installations: readonly string[]): RigMemory | undefined {
  const sims = state.get<RigMemory['sims']>('sims')
  if (!sims) return undefined
  const homes = installations.flatMap(id => {
    const home = memoryOf(name => state.get(`home/${id}/${name}`))
    return home ? [[id, home] as const] : []
  })
  return { sims, installations: Object.fromEntries(homes) }
}

/** How far the faults of an installation had come. */
export const keptFaults = (state: RigState | undefined, installation: string): FaultsMemory | undefined =>
  state?.get<FaultsMemory>(`faults/${installation}`)

/** Faults that were in force in any of the installations, by their text. */
export const keptInForce = (state: RigState, installations: readonly string[]): string[] => [
  ...new Set(
    installations.flatMap(id =>
      Object.entries(keptFaults(state, id) ?? {}).flatMap(([text, { is }]) => (is === 'in-force' ? [text] : [])),
    ),
  ),
]

/** Whether its hub had a session, or was to have its first. */
export const wasAttached = (state: RigState | undefined, installation: string): boolean =>
  state !== undefined && (state.get<boolean>(`attached/${installation}`) ?? true)
