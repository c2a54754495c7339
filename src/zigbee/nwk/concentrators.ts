/**
 * The concentrators a router has heard of, and for which senders the way to each is still to be recorded: once after each
 * request of the concentrator, or with every frame if it keeps no record.
 * @source ZigBee PRO, 3.6.3.5 many-to-one route discovery; once per request: assumed, for a record that is lost is made up for
 * by an ordinary discovery
 */

/** A home has one; assumed. */
const ENTRIES = 4

export interface ConcentratorEntry {
  /** It keeps no record of ways. */
  forgetful: boolean
  recorded: Set<number>
}

export class Concentrators {
  private readonly known = new Map<number, ConcentratorEntry>()

  /** It asked for routes to itself: every way is to be recorded anew. */
  asked(address: number, { forgetful }: { forgetful: boolean }): void {
    this.known.delete(address)
    this.known.set(address, { forgetful, recorded: new Set() })
    const oldest = this.known.keys().next()
    if (this.known.size > ENTRIES && !oldest.done) this.known.delete(oldest.value)
  }
  get(address: number): ConcentratorEntry | undefined {
    return this.known.get(address)
  }
  /** Whether the way of a sender to there is to be recorded now. Who asks, records it. */
  takeDue(address: number, source: number): boolean {
    const entry = this.known.get(address)
    if (!entry || entry.recorded.has(source)) return false
    if (!entry.forgetful) entry.recorded.add(source)
    return true
  }
  clear(): void {
    this.known.clear()
  }
}
