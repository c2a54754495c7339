/** Next hops towards nodes that are not neighbours, and what waits while a route is looked for. */
import { seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'

/** A reply in a home of few hops takes a quarter of a second. Assumed; nwkcRouteDiscoveryTime, 10 s, keeps the entry longer. */
const DISCOVERY_US = seconds(2)
const ENTRIES = 64
/** Frames that may wait for one route. Assumed. */
const WAITING = 32

interface Discovery {
  deadline: Timer
  waiting: ((nextHop: number | undefined) => void)[]
}

export class Routes {
  private readonly hops = new Map<number, { nextHop: number; cost: number }>()
  private readonly discoveries = new Map<number, Discovery>()
  private readonly timers: Timers

  constructor(timers: Timers) {
    this.timers = timers
  }

  nextHop(destination: number): number | undefined {
    return this.hops.get(destination)?.nextHop
  }

  /** True when this is a better way than the one known. */
  learn(destination: number, nextHop: number, cost: number): boolean {
    const known = this.hops.get(destination)
    if (known && known.cost <= cost && known.nextHop !== nextHop) return false
    this.hops.delete(destination)
    this.hops.set(destination, { nextHop, cost })
    const oldest = this.hops.keys().next()
    if (this.hops.size > ENTRIES && !oldest.done) this.hops.delete(oldest.value)
    this.settle(destination, nextHop)
    return true
  }

  /** A hop did not acknowledge: every way over it is gone. */
  lost(nextHop: number): void {
    for (const [destination, hop] of this.hops) if (hop.nextHop === nextHop) this.hops.delete(destination)
  }

  /** Calls back with the next hop, or undefined when none is found in time. True when a discovery has to be started. */
  discover(destination: number, onRoute: (nextHop: number | undefined) => void): boolean {
    const under = this.discoveries.get(destination)
    if (under) {
      if (under.waiting.length < WAITING) under.waiting.push(onRoute)
      else this.timers.after(0, 'nwk no room', () => onRoute(undefined))
      return false
    }
    const deadline = this.timers.after(DISCOVERY_US, 'nwk route discovery', () => this.settle(destination, undefined))
    this.discoveries.set(destination, { deadline, waiting: [onRoute] })
    return true
  }

  clear(): void {
    this.hops.clear()
  }

  private settle(destination: number, nextHop: number | undefined): void {
    const discovery = this.discoveries.get(destination)
    if (!discovery) return
    this.discoveries.delete(destination)
    discovery.deadline.cancel()
    for (const onRoute of discovery.waiting) this.timers.after(0, 'nwk route found', () => onRoute(nextHop))
  }
}
