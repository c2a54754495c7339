/**
 * What a concentrator knows of ways because the devices recorded them: relays to each, the one nearest to the device first.
 * @source ZigBee PRO, 3.6.3.2 route record table, 3.6.3.3 upon receipt of a unicast frame (source routing)
 */

/** A home has a dozen devices; assumed. What was recorded longest ago goes first. */
const ENTRIES = 64
/** Longest way; also the radius of a concentrator's request. @source assumed, nwkConcentratorRadius of common coordinators */
export const MOST_RELAYS = 11

/** Source route subframe. `relayIndex`: the relay the frame goes to next. */
export interface SourceRoute {
  relayIndex: number
  relays: readonly number[]
}

export class SourceRoutes {
  private readonly byDestination = new Map<number, readonly number[]>()

  learn(destination: number, relays: readonly number[]): void {
    this.byDestination.delete(destination)
    if (relays.length === 0 || relays.length > MOST_RELAYS || new Set(relays).size < relays.length) return
    this.byDestination.set(destination, [...relays])
    const oldest = this.byDestination.keys().next()
    if (this.byDestination.size > ENTRIES && !oldest.done) this.byDestination.delete(oldest.value)
  }
  get(destination: number): readonly number[] | undefined {
    return this.byDestination.get(destination)
  }
  forget(destination: number): void {
    this.byDestination.delete(destination)
  }
  /** A neighbour cannot be reached: every way that begins with it is gone. */
  lost(hop: number): void {
    for (const [destination, relays] of this.byDestination) {
      if (relays.at(-1) === hop) this.byDestination.delete(destination)
    }
  }
  clear(): void {
    this.byDestination.clear()
  }
}

/** What a relay does with a frame: the next hop, and the subframe it takes there; undefined when the frame is not its own to relay. */
export function relayed(
  { relayIndex, relays }: SourceRoute,
  own: number,
  destination: number,
): { hop: number; sourceRoute: SourceRoute } | undefined {
  if (relays[relayIndex] !== own) return undefined
  const next = relayIndex === 0 ? destination : relays[relayIndex - 1]
  return next === undefined
    ? undefined
    : { hop: next, sourceRoute: { relays, relayIndex: Math.max(relayIndex - 1, 0) } }
}
