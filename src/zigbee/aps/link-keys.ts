/**
 * The link keys of one node, one for each peer, with the frame counters that belong to them.
 * @source ZigBee PRO, 4.4.1 frame security, 4.4.11 link key descriptors
 */
import { fromHex, toHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'
import { keyLoadKey, keyTransportKey, swapOutKey } from '../../crypto/link-keys.ts'
import { equalOctets } from '../../crypto/octets.ts'

/** Which of the keys made from a link key protects a frame; `data` is the link key itself. */
export type LinkKeyId = 'data' | 'key-transport' | 'key-load'

export type LinkKeyState =
  /** From an install code: good for receiving keys. Smart Energy takes no data under it. */
  | 'preconfigured'
  /** Established by CBKE or handed out by the trust centre: good for data. */
  | 'verified'
  /** Retired: data under it is refused until there is a new one. */
  | 'stale'

/** What survives a restart of one link key. */
export interface LinkKeyRecord {
  /** Absent for the key of a trust centre that has not shown itself yet. */
  peer?: Eui64
  /** 32 hex digits. */
  key: string
  state: LinkKeyState
  /** Frame counter of the next frame out. */
  outgoing: number
  /** Lowest frame counter taken. */
  incoming: number
}
export interface LinkKeyMemory {
  keys: readonly LinkKeyRecord[]
  /** Frame counter from which a preconfigured key begins. */
  floor: number
}

/** 0xffffffff is never used. @source ZigBee PRO, 4.3.1.1 */
const COUNTER_END = 0xffffffff
/** Counters a restored node leaves out, so that none is ever used twice. */
const COUNTER_MARGIN = 1_024

/** Keys of peers that were taken off. @source assumed: as many as a device log has entries */
const MOST_ASIDE = 16

/** One link key. */
export class LinkKey {
  state: LinkKeyState
  private readonly key: Uint8Array
  private readonly derived = new Map<LinkKeyId, Uint8Array>()
  private outgoing: number
  private incoming: number

  constructor(key: Uint8Array, state: LinkKeyState, counters: { outgoing: number; incoming: number }) {
    this.key = key.slice()
    this.state = state
    this.outgoing = counters.outgoing
    this.incoming = counters.incoming
  }

  /** Frame counter of the next frame out. */
  get nextOutgoing(): number {
    return this.outgoing
  }

  /** The 16 octets that protect frames of this key id. */
  octets(keyId: LinkKeyId): Uint8Array {
    if (keyId === 'data') return this.key
    const known = this.derived.get(keyId)
    if (known) return known
    const derived = keyId === 'key-load' ? keyLoadKey(this.key) : keyTransportKey(this.key)
    this.derived.set(keyId, derived)
    return derived
  }

  /** Frame counter for a frame out, never given twice; undefined when the key is used up. */
  takeCounter(): number | undefined {
    return this.outgoing < COUNTER_END ? this.outgoing++ : undefined
  }
  /** Leaves out the counters below this one. */
  skipTo(counter: number): void {
    this.outgoing = Math.max(this.outgoing, counter)
  }
  /** Nothing was taken under this key. */
  get isUnheard(): boolean {
    return this.incoming === 0
  }
  /** Whether a frame with this counter is none that was heard before. */
  isFresh(counter: number): boolean {
    return counter >= this.incoming && counter < COUNTER_END
  }
  /** Call once the frame has proved authentic. */
  taken(counter: number): void {
    this.incoming = counter + 1
  }

  /** The lowest frame counter that is taken next: higher when something was heard meanwhile. */
  get nextIncoming(): number {
    return this.incoming
  }

  equals(octets: Uint8Array): boolean {
    return equalOctets(this.key, octets)
  }
  save(): LinkKeyRecord {
    return { key: toHex(this.key), state: this.state, outgoing: this.outgoing, incoming: this.incoming }
  }
}

export class LinkKeys {
  private readonly byPeer = new Map<Eui64, LinkKey>()
  /** Of keys that were followed by others, until one shows that it has the new key. */
  private readonly predecessors = new Map<Eui64, LinkKey>()
  /** Verified keys of peers that were taken off, oldest first. */
  private readonly aside = new Map<Eui64, LinkKey>()
  private unassigned: LinkKey | undefined
  /** A preconfigured key may come back after it was replaced: its counters must not. */
  private floor = 0

  /** The key shared with a peer. */
  get(peer: Eui64): LinkKey | undefined {
    return this.byPeer.get(peer)
  }

  /**
   * Shares a key (16 octets) with a peer from now on. A new key begins with new counters; the same key again keeps them,
   * for no counter may be used twice under a key.
   */
  set(peer: Eui64, key: Uint8Array, state: LinkKeyState): void {
    const known = this.byPeer.get(peer)
    this.retire(this.predecessors.get(peer))
    this.predecessors.delete(peer)
    if (known?.equals(key)) known.state = state
    else {
      this.retire(known)
      this.byPeer.set(peer, this.fresh(key, state))
    }
  }

  /** A verified key follows the one shared with a peer, which stays good until the peer uses the new one. */
  succeed(peer: Eui64, key: Uint8Array): void {
    const known = this.byPeer.get(peer)
    if (known?.equals(key)) return
    if (known) this.predecessors.set(peer, known)
    this.byPeer.set(peer, this.fresh(key, 'verified'))
  }
  /** The peer has not got the key that followed: the one before it is shared again. */
  recede(peer: Eui64): void {
    const before = this.predecessors.get(peer)
    if (before) this.byPeer.set(peer, before)
    this.predecessors.delete(peer)
  }

  /** Takes a peer's key out of use; a verified one may be taken back. */
  setAside(peer: Eui64): void {
    const key = this.byPeer.get(peer)
    this.delete(peer)
    if (key?.state !== 'verified') return
    this.aside.set(peer, key)
    const [oldest] = this.aside.keys()
    if (oldest !== undefined && this.aside.size > MOST_ASIDE) this.aside.delete(oldest)
  }
  /** Takes a key back that was set aside, counters and all; undefined when there is none. */
  takeBack(peer: Eui64): LinkKey | undefined {
    const key = this.aside.get(peer)
    this.aside.delete(peer)
    if (!key) return undefined
    this.retire(this.byPeer.get(peer))
    this.byPeer.set(peer, key)
    return key
  }

  delete(peer: Eui64): void {
    this.retire(this.byPeer.get(peer))
    this.retire(this.predecessors.get(peer))
    this.byPeer.delete(peer)
    this.predecessors.delete(peer)
  }

  /** Joiner: the preconfigured key under which a trust centre it does not know yet will send the network key. */
  expectTrustCentre(key: Uint8Array): void {
    if (this.unassigned?.equals(key)) return
    this.retire(this.unassigned)
    this.unassigned = this.fresh(key, 'preconfigured')
  }
  /**
   * Joiner that comes back: its trust centre may have been replaced by one that knows only the hash of the link key.
   * @source ZigBee Smart Energy: trust centre swap-out
   */
  expectReplacement(trustCentre: Eui64): void {
    const known = this.byPeer.get(trustCentre)
    if (known) this.expectTrustCentre(swapOutKey(known.octets('data')))
  }
  /** Joiner: the trust centre has shown itself; the key under which it did is the one shared with it. */
  adoptTrustCentre(trustCentre: Eui64): void {
    const { unassigned } = this
    this.unassigned = undefined
    const known = this.byPeer.get(trustCentre)
    // The key of an earlier stay under this trust centre did the work, and it knows what was heard then.
    if (!unassigned || (known && unassigned.isUnheard)) return
    this.retire(known)
    unassigned.skipTo(this.floor)
    this.byPeer.set(trustCentre, unassigned)
  }

  /** Keys under which a frame of this peer may be protected, likeliest first. */
  candidates(peer: Eui64, keyId: LinkKeyId): LinkKey[] {
    const own = this.byPeer.get(peer)
    const before = this.predecessors.get(peer)
    if (before && own?.isUnheard === false) {
      this.retire(before)
      this.predecessors.delete(peer)
    }
    const joining = keyId === 'data' ? undefined : this.unassigned
    return [own, this.predecessors.get(peer), joining].filter(key => key !== undefined)
  }

  /** Everything, for keeping across a restart; it holds the keys themselves. */
  save(): LinkKeyMemory {
    const keys = [...this.byPeer].map(([peer, key]) => ({ peer, ...key.save() }))
    return { keys: this.unassigned ? [...keys, this.unassigned.save()] : keys, floor: this.floor }
  }
  /** Replaces everything. Outgoing counters jump, for what was sent after the last `save` is not known. */
  restore({ keys, floor }: LinkKeyMemory): void {
    this.byPeer.clear()
    this.predecessors.clear()
    this.unassigned = undefined
    this.floor = floor
    for (const { peer, key, state, outgoing, incoming } of keys) {
      const restored = new LinkKey(fromHex(key), state, { outgoing: outgoing + COUNTER_MARGIN, incoming })
      if (peer === undefined) this.unassigned = restored
      else this.byPeer.set(peer, restored)
    }
  }

  private fresh(key: Uint8Array, state: LinkKeyState): LinkKey {
    return new LinkKey(key, state, { outgoing: state === 'preconfigured' ? this.floor : 0, incoming: 0 })
  }
  private retire(key: LinkKey | undefined): void {
    if (key) this.floor = Math.max(this.floor, key.nextOutgoing)
  }
}
