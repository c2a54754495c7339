/** The air of one in-memory HAN: which nodes there are, who can reach whom, and how long a hop takes. */
import { InvariantError } from '../base/errors.ts'
import { type Eui64, type Micros, parseEui64 } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type { Clock, RandomStream, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { MemoryHanCoordinator, type MemoryHanNode } from './memory-han-node.ts'

/** One hop through stack and air: assumed, of the order of a measured stick's 5..15 ms. */
const HOP_US = { least: milliseconds(4), spread: milliseconds(6) }

export interface MemoryAirOptions {
  clock: Clock
  timers: Timers
  random: RandomStream
  trace: Trace
  /** Share of single transmissions that get lost, 0..1. Nothing is lost when left out. */
  loss?: number
}

export class MemoryAir {
  readonly timers: Timers
  readonly trace: Trace
  private readonly clock: Clock
  private readonly random: RandomStream
  private readonly loss: number
  private readonly nodesByEui64 = new Map<Eui64, MemoryHanNode>()
  private readonly silenced = new Set<Eui64>()
  private readonly busyUntil = new Map<Eui64, Micros>()
  private trustCentre: MemoryHanCoordinator | undefined

  constructor(options: MemoryAirOptions) {
    const loss = options.loss ?? 0
    if (!(loss >= 0 && loss <= 1)) throw new InvariantError(`HAN: loss is ${loss}, a share from 0 to 1 expected`)
    this.timers = options.timers
    this.trace = options.trace
    this.clock = options.clock
    this.random = options.random
    this.loss = loss
  }

  add(node: MemoryHanNode): void {
    const { eui64 } = node
    if (parseEui64(eui64) !== eui64) {
      throw new InvariantError(`HAN: "${eui64}" is no EUI-64: 16 lower-case hex digits expected`)
    }
    if (this.nodesByEui64.has(eui64)) throw new InvariantError(`HAN: there is a node ${eui64} already`)
    if (node instanceof MemoryHanCoordinator) {
      if (this.trustCentre) {
        throw new InvariantError(`HAN: ${this.trustCentre.eui64} coordinates already, ${eui64} cannot as well`)
      }
      this.trustCentre = node
    }
    this.nodesByEui64.set(eui64, node)
  }
  find(eui64: Eui64): MemoryHanNode | undefined {
    return this.nodesByEui64.get(eui64)
  }
  nodes(): MemoryHanNode[] {
    return [...this.nodesByEui64.values()]
  }
  get centre(): MemoryHanCoordinator | undefined {
    return this.trustCentre
  }

  silence(eui64: Eui64): void {
    this.mustExist(eui64)
    this.silenced.add(eui64)
  }
  hear(eui64: Eui64): void {
    this.mustExist(eui64)
    this.silenced.delete(eui64)
  }

  /** Both hold the network key, the trust centre agrees, and nothing keeps them apart. */
  connects(a: MemoryHanNode, b: MemoryHanNode): boolean {
    return this.onNetwork(a) && this.onNetwork(b) && this.audible(a, b)
  }
  /** Whether one transmission arrives; throws the dice of loss. */
  carries(from: MemoryHanNode, to: MemoryHanNode): boolean {
    return this.audible(from, to) && !(this.loss > 0 && this.random.next() < this.loss)
  }
  audible(a: MemoryHanNode, b: MemoryHanNode): boolean {
    return !this.silenced.has(a.eui64) && !this.silenced.has(b.eui64)
  }
  /** The trust centre, when it has formed its network and the node can reach it. */
  centreInReachOf(node: MemoryHanNode): MemoryHanCoordinator | undefined {
    const centre = this.trustCentre
    return centre?.joined && this.audible(node, centre) ? centre : undefined
  }
  /** The trust centre counts the node in: its frames are taken. */
  admits(eui64: Eui64): boolean {
    const centre = this.trustCentre
    return centre !== undefined && (eui64 === centre.eui64 ? centre.joined : centre.admits(eui64))
  }
  /**
   * A node that was removed without hearing of it, and now speaks within reach, is told to leave.
   * @source ZigBee PRO: a parent answers an unknown child with NWK Leave
   */
  turnAwayStranger(node: MemoryHanNode): void {
    if (node.joined && !this.admits(node.eui64) && this.centreInReachOf(node)) node.becomeLeft()
  }
  /** The node was on the air: the trust centre, if in reach, heard it. */
  heard(node: MemoryHanNode): void {
    const centre = this.centreInReachOf(node)
    if (centre && node !== centre) centre.deviceHeard(node.eui64)
  }

  hop(): Micros {
    return HOP_US.least + this.random.int(HOP_US.spread)
  }
  /** How long until the sender's next frame arrives: its frames leave one after the other and cannot overtake. */
  nextArrival(sender: MemoryHanNode): Micros {
    const now = this.clock.nowUs()
    const start = Math.max(now, this.busyUntil.get(sender.eui64) ?? 0)
    this.busyUntil.set(sender.eui64, start + HOP_US.spread)
    return start - now + this.hop()
  }

  private onNetwork(node: MemoryHanNode): boolean {
    return node.joined && this.admits(node.eui64)
  }
  private mustExist(eui64: Eui64): void {
    if (this.nodesByEui64.has(eui64)) return
    throw new InvariantError(`HAN: no node ${eui64}; there are ${[...this.nodesByEui64.keys()].join(', ') || 'none'}`)
  }
}
