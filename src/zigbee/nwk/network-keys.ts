/**
 * The network keys of one node and the frame counters that belong to them. A frame is taken only under a known key and
 * with a counter above the last one taken from that sender.
 * @source ZigBee PRO, 4.3.1 frame security, 4.3.3 network security material
 */
import { fromHex, toHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'

/** Counters kept under a key; the sender heard longest ago goes first. */
const SENDERS = 512
/** Keys they are kept for: the active one, the one before or after it, and the last that were. */
const KEYS = 4
/** Counters a restored node leaves out, so that none is ever used twice. */
const COUNTER_MARGIN = 1_024

export interface NetworkKey {
  /** 16 octets. */
  key: Uint8Array
  sequence: number
}

/** What survives a restart. `key`: 32 hex digits. */
export interface NetworkKeyMemory {
  active?: { key: string; sequence: number }
  alternate?: { key: string; sequence: number }
  /** Counter of the next frame out. */
  outgoing: number
  /** Lowest counter taken, by sender and key sequence. */
  incoming: readonly (readonly [string, number])[]
}

export class NetworkKeys {
  private active: NetworkKey | undefined
  private alternate: NetworkKey | undefined
  private outgoing = 0
  /** Lowest counter taken, by key sequence and sender. */
  private readonly incoming = new Map<number, Map<Eui64, number>>()
  private readonly onFirst: () => void

  /** `onFirst`: there is a key, where there was none. */
  constructor(onFirst: () => void = () => {}) {
    this.onFirst = onFirst
  }

  get current(): NetworkKey | undefined {
    return this.active
  }

  /** The key that is to follow the active one, where it is here already. */
  get next(): NetworkKey | undefined {
    return this.alternate && this.isNext(this.alternate.sequence) ? this.alternate : undefined
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
    const { active, alternate } = this
    return active?.sequence === sequence ? active : alternate?.sequence === sequence ? alternate : undefined
  }

  /** The counter that the next frame out will have. */
  get nextOutgoing(): number {
    return this.outgoing
  }
  /** Leaves out the counters below this one. */
  skipTo(counter: number): void {
    this.outgoing = Math.max(this.outgoing, counter)
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
    return counter >= (this.incoming.get(sequence)?.get(sender) ?? 0)
  }
  /** Call once the frame has proved authentic. */
  taken(sender: Eui64, sequence: number, counter: number): void {
    const counters = this.incoming.get(sequence) ?? this.under(sequence)
    // The sender heard longest ago comes first in the map, and is forgotten first.
    counters.delete(sender)
    counters.set(sender, counter + 1)
    if (counters.size <= SENDERS) return
    const oldest = counters.keys().next()
    if (!oldest.done) counters.delete(oldest.value)
  }

  /** Counters under a key that nothing came under before. */
  private under(sequence: number): Map<Eui64, number> {
    const counters = new Map<Eui64, number>()
    this.incoming.set(sequence, counters)
    // Of a key in use none is forgotten: its frames of before would be taken again.
    const unused = [...this.incoming.keys()].find(known => !this.bySequence(known))
    if (this.incoming.size > KEYS && unused !== undefined) this.incoming.delete(unused)
    return counters
  }

  save(): NetworkKeyMemory {
    const { active, alternate, outgoing } = this
    return {
      ...(active && { active: { ...active, key: toHex(active.key) } }),
      ...(alternate && { alternate: { ...alternate, key: toHex(alternate.key) } }),
      outgoing,
      incoming: [...this.incoming].flatMap(([sequence, counters]) =>
        [...counters].map(([sender, counter]) => [`${sender} ${sequence}`, counter] as const),
      ),
    }
  }
  /** Replaces everything. The counter of frames out jumps, for what was sent after the last `save` is not known. */
  restore({ active, alternate, outgoing, incoming }: NetworkKeyMemory): void {
    this.active = active && { ...active, key: fromHex(active.key) }
    this.alternate = alternate && { ...alternate, key: fromHex(alternate.key) }
    this.outgoing = outgoing + COUNTER_MARGIN
    this.incoming.clear()
    for (const [name, counter] of incoming) {
      const [sender = '', sequence] = name.split(' ')
      this.taken(sender, Number(sequence), counter - 1)
    }
  }
}
