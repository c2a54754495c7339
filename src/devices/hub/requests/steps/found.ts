/** What a service makes of what its steps have found: a profile may have others than the usual ones, which find less. */
import type { Asking } from '../asking.ts'
import type { Fields } from './carry-out.ts'

/** Calls `use` with numbers there must be; E21 when a step has not found one of them. */
export function withNumbers<N extends string>(
  call: Asking,
  found: Fields,
  names: readonly N[],
  use: (numbers: Readonly<Record<N, number>>) => void,
): void {
  const missing = names.find(name => typeof found[name] !== 'number')
  if (missing !== undefined) call.fail('E21', `the device says nothing of ${missing}`)
  else use(found as Record<N, number>)
}

/** A number that may be missing: 0 then. */
export const numberIn = (found: Fields, name: string): number => {
  const value = found[name]
  return typeof value === 'number' ? value : 0
}

/** Entries of a list; none when there is no list. */
export const entriesIn = (found: Fields, name: string): readonly Fields[] => {
  const list = found[name]
  return Array.isArray(list) ? (list as Fields[]) : []
}
