/**
 * The network keys of one node and the frame counters that belong to them. A frame is taken only under a known key and
 * with a counter above the last one taken from that sender.
 * @source ZigBee PRO, 4.3.1 frame security, 4.3.3 network security material
 */
import type { Eui64 } from '../../base/ids.ts'

/** Counters kept; the sender heard longest ago goes first. */
const SENDERS = 256
/** Counters a restored node leaves out, so that none is ever used twice. */
const COUNTER_MARGIN = 1_024

export interface NetworkKey {
  /** 16 octets. */
  key: Uint8Array
  sequence: number
}

/** What survives a restart. */
export interface NetworkKeyMemory {
  active?: NetworkKey
  alternate?: NetworkKey
  outgoing: number
}

export class NetworkKeys {
  private active: NetworkKey | undefined
  private alternate: NetworkKey | undefined
  private outgoing = 0
  private readonly incoming = new Map<string, number>()
  private readonly onFirst: () => void

  /** `onFirst`: there is a key, where there was none. */
  constructor(onFirst: () => void = () => {}) {
    this.onFirst = onFirst
  }

  get current(): NetworkKey | undefined {
    return this.active
  }

  /** The first key is used at once; a later one waits for `switchTo`, unless it renews the active one. */
  install(key: NetworkKey): void {
    const copy = { key: key.key.slice(), sequence: key.sequence }
    const isFirst = !this.active
    if (!this.active || this.active.sequence === key.sequence) this.active = copy
    else this.alternate = copy
    if (isFirst) this.onFirst()
  }

  /** True when that key is the active one now. */
  switchTo(sequence: number): boolean {
    if (this.alternate?.sequence === sequence) {
      const before = this.active
      this.active = this.alternate
      this.alternate = before
    }
    return this.active?.sequence === sequence
  }

  /** Whether that key follows the active one: who lags behind still uses the one before. */
  isNext(sequence: number): boolean {
    return this.active !== undefined && ((sequence - this.active.sequence - 1) & 0xff) < 0x7f
  }

  forget(): void {
    this.active = undefined
    this.alternate = undefined
    this.incoming.clear()
  }

  bySequence(sequence: number): NetworkKey | undefined {
    return [this.active, this.alternate].find(key => key?.sequence === sequence)
  }

  /** The counter of the next frame out; never the same one twice under a key. */
  nextCounter(): number {
    return this.outgoing++
  }

  /**
   * Fault: the counter goes back, as of a node that lost its memory. The others drop its frames as replays until it has
   * counted past what they remember, until a new network key is in use, or until the function returned puts it right.
   */
  setBack(to: number): () => void {
    const before = this.outgoing
    this.outgoing = Math.min(to, before)
    return () => {
      this.outgoing = Math.max(this.outgoing, before)
    }
  }

  isFresh(sender: Eui64, sequence: number, counter: number): boolean {
    return counter >= (this.incoming.get(`${sender} ${sequence}`) ?? 0)
  }
  /** Call once the frame has proved authentic. */
  taken(sender: Eui64, sequence: number, counter: number): void {
    const name = `${sender} ${sequence}`
    this.incoming.delete(name)
    this.incoming.set(name, counter + 1)
    const oldest = this.incoming.keys().next()
    if (this.incoming.size > SENDERS && !oldest.done) this.incoming.delete(oldest.value)
  }

  save(): NetworkKeyMemory {
    return {
      ...(this.active && { active: this.active }),
      ...(this.alternate && { alternate: this.alternate }),
      outgoing: this.outgoing,
    }
  }
  restore(memory: NetworkKeyMemory): void {
    this.active = memory.active
    this.alternate = memory.alternate
    this.outgoing = memory.outgoing + COUNTER_MARGIN
  }
}
