/**
 * The concentrators a router knows, and which senders still have their way to each recorded: before every frame, until the
 * concentrator has sent to them along a recorded way, or for ever if it keeps no record. The trust centre is taken for one
 * before it has said so, so that who joins behind a router is reached at once.
 * @source ZigBee PRO, 3.6.3.5 many-to-one route discovery; EmberZNet, source-route.h: remote nodes stop once the concentrator
 * has received a record, and assume that their trust centre is one
 */

/** A home has one; assumed. */
const ENTRIES = 4
/** @source ZigBee PRO: the coordinator is the trust centre of a centralised network */
const TRUST_CENTRE = 0x0000

export interface ConcentratorEntry {
  /** It keeps no record of ways. */
  forgetful: boolean
  /** Senders it has reached by what was recorded. */
  reached: Set<number>
}

export class Concentrators {
  private readonly known = new Map<number, ConcentratorEntry>()

  /** It asked for routes to itself: every way is to be recorded anew. */
  asked(address: number, { forgetful }: { forgetful: boolean }): void {
    this.known.delete(address)
    this.known.set(address, { forgetful, reached: new Set() })
    const oldest = this.known.keys().next()
    if (this.known.size > ENTRIES && !oldest.done) this.known.delete(oldest.value)
  }
  get(address: number): ConcentratorEntry | undefined {
    return this.known.get(address)
  }
  /** Whether the way of a sender to there is to be recorded before its next frame. */
  isDue(address: number, source: number): boolean {
    const entry = this.known.get(address)
    return entry ? !entry.reached.has(source) : address === TRUST_CENTRE
  }
  /** A frame of a node came along the way that was recorded for its destination. */
  cameAlong(address: number, destination: number): void {
    if (!this.known.has(address) && address === TRUST_CENTRE) this.asked(address, { forgetful: false })
    const entry = this.known.get(address)
    if (entry && !entry.forgetful) entry.reached.add(destination)
  }
  /** A sender may be elsewhere now. */
  moved(source: number): void {
    for (const { reached } of this.known.values()) reached.delete(source)
  }
  clear(): void {
    this.known.clear()
  }
}
