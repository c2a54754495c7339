/** Who may speak to a hub: the key of each, and the last counter accepted from it. */
import { fromHex, toHex } from '../base/bytes.ts'

/** Originators that may hold a key at once. Assumed. */
const MOST_ORIGINATORS = 8

/** What survives a restart. */
export interface OriginatorsMemory {
  /** 64 hex digits each. */
  keys: readonly (readonly [originator: string, key: string])[]
  /** Last counter accepted. */
  counters: readonly (readonly [originator: string, counter: number])[]
}

export class Originators {
  private readonly keys: Map<string, Uint8Array>
  private readonly counters: Map<string, number>

  constructor({ keys, counters }: OriginatorsMemory) {
    this.keys = new Map(keys.map(([originator, key]) => [originator, fromHex(key)]))
    this.counters = new Map(counters)
  }

  /** In alphabetical order. */
  get names(): string[] {
    return [...this.keys.keys()].sort()
  }
  keyOf(originator: string): Uint8Array | undefined {
    return this.keys.get(originator)
  }
  /** A new one starts its counter anew; renewing a key does not reopen old messages. */
  setKey(originator: string, key: Uint8Array): 'set' | 'full' {
    if (!this.keys.has(originator) && this.keys.size >= MOST_ORIGINATORS) return 'full'
    this.keys.set(originator, key.slice())
    return 'set'
  }
  /** False when it holds no key. */
  remove(originator: string): boolean {
    this.counters.delete(originator)
    return this.keys.delete(originator)
  }

  /** The last counter accepted; 0 for none. */
  lastCounter(originator: string): number {
    return this.counters.get(originator) ?? 0
  }
  /** False when it is not above the last one. */
  takeCounter(originator: string, counter: number): boolean {
    if (counter <= this.lastCounter(originator)) return false
    this.counters.set(originator, counter)
    return true
  }

  memory(): OriginatorsMemory {
    return {
      keys: [...this.keys].map(([originator, key]) => [originator, toHex(key)]),
      counters: [...this.counters],
    }
  }
}
