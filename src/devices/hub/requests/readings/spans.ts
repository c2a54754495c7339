/** The span of time a reading is asked for, and how much of it may be given at once. */
import type { ProfileEntry } from '../../../../wan/messages/wan-types.generated.ts'
import { isSayable } from '../../../zigbee-time.ts'

const MAX_ENTRIES = 1_000
/** Most in one interval; more is no reading. So that as many entries as may be asked for fit one message. */
const MOST_IN_INTERVAL = 2 ** 28 - 1

export interface Span {
  fromMs: number
  toMs: number
}

/** What is wrong with a span, with the field; undefined: nothing. */
export function spanFault({ fromMs, toMs }: Span): string | undefined {
  if (toMs <= fromMs) return 'to_ms: later than from_ms expected'
  // A second after 2000 began: 0 would ask for the newest.
  return isSayable(toMs - 1_000) ? undefined : `to_ms: an instant from 2000 to 2136 expected, found ${toMs}`
}

/** The same of a span of which no more than `maxEntries` are wanted. */
export function profileFault(parameters: Span & { maxEntries: number }): string | undefined {
  const { maxEntries } = parameters
  if (maxEntries < 1 || maxEntries > MAX_ENTRIES) {
    return `max_entries: 1 to ${MAX_ENTRIES} expected, found ${maxEntries}`
  }
  return spanFault(parameters)
}

/** The oldest that may be given, and whether there are later ones. */
export function oldestOf(all: readonly ProfileEntry[], maxEntries: number): { entries: ProfileEntry[]; more: boolean } {
  const found = all.filter(({ value }) => value <= MOST_IN_INTERVAL)
  return { entries: found.slice(0, maxEntries), more: found.length > maxEntries }
}
