/** Which device has which short address on a stick's network, and how that is found out. */
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { Timers } from '../../ports/time.ts'
import type { StickOrder } from './stick-messages.ts'

/** How long a device may take to say where it is. @source assumed */
const FOUND_US = seconds(5)
/** Questions under way; who asks beyond that is told nothing. */
const MOST_ASKED = 64

export class StickAddresses {
  private readonly timers: Timers
  private readonly order: (order: StickOrder) => void
  private readonly known = new Map<Eui64, number>()
  /** Who waits for an address, by device. */
  private readonly sought = new Map<Eui64, ((address: number | undefined) => void)[]>()
  /** Who waits for a device, by short address. */
  private readonly nameless = new Map<number, ((device: Eui64 | undefined) => void)[]>()

  constructor({ timers, order }: { timers: Timers; order: (order: StickOrder) => void }) {
    this.timers = timers
    this.order = order
  }

  of(device: Eui64): number | undefined {
    return this.known.get(device)
  }
  at(address: number | undefined): Eui64 | undefined {
    for (const [device, its] of this.known) if (its === address) return device
    return undefined
  }

  /** A device has this address, and no other device has. */
  learn(device: Eui64, address: number): void {
    const before = this.at(address)
    if (before !== undefined && before !== device) this.known.delete(before)
    this.known.set(device, address)
    this.settle(this.sought, device, address)
    this.settle(this.nameless, address, device)
  }
  forget(device: Eui64): void {
    this.known.delete(device)
  }

  /** `onFound` is called once; at once for a device that is known. */
  find(device: Eui64, onFound: (address: number | undefined) => void): void {
    const address = this.of(device)
    if (address !== undefined) return onFound(address)
    this.ask(this.sought, device, onFound, () => this.order({ do: 'locate', device }))
  }
  /** `onKnown` is called once; at once for an address that is known. */
  deviceAt(address: number, onKnown: (device: Eui64 | undefined) => void): void {
    const device = this.at(address)
    if (device !== undefined) return onKnown(device)
    this.ask(this.nameless, address, onKnown, () => this.order({ do: 'identify', address }))
  }

  private ask<K, V>(
    asked: Map<K, ((value: V | undefined) => void)[]>,
    key: K,
    onAnswer: (value: V | undefined) => void,
    question: () => void,
  ): void {
    const waiting = asked.get(key)
    const full = waiting ? waiting.length >= MOST_ASKED : asked.size >= MOST_ASKED
    if (full) return void this.timers.after(0, 'stick address', () => onAnswer(undefined))
    if (waiting) return void waiting.push(onAnswer)
    asked.set(key, [onAnswer])
    this.timers.after(FOUND_US, 'stick address', () => this.settle(asked, key, undefined))
    question()
  }
  private settle<K, V>(asked: Map<K, ((value: V | undefined) => void)[]>, key: K, value: V | undefined): void {
    const waiting = asked.get(key) ?? []
    asked.delete(key)
    for (const tell of waiting) tell(value)
  }
}
