/**
 * Requests for routes this node has seen: which way the best copy of each came, so that a better copy is passed on and a
 * reply finds its way back.
 * @source ZigBee PRO, 3.6.1.8 route discovery table
 */
import { seconds } from '../../base/time.ts'
import type { Timers } from '../../ports/time.ts'

/** @source ZigBee PRO, 3.5.1: nwkcRouteDiscoveryTime 10 s */
const KEPT_US = seconds(10)
const ENTRIES = 32

export interface SeenRequest {
  /** Neighbour that brought the best copy. */
  back: number
  /** Cost from the originator to here. */
  cost: number
  /** Cost from here to the destination by the best reply so far. */
  replied: number
  /** It waits to be passed on. */
  passing: boolean
}

export class RouteRequests {
  private readonly seen = new Map<string, SeenRequest>()
  private readonly timers: Timers

  constructor(timers: Timers) {
    this.timers = timers
  }

  /** A copy came; undefined when one at least as good came before. `isNew`: it is the first. */
  came(originator: number, id: number, { back, cost }: { back: number; cost: number }) {
    const name = nameOf(originator, id)
    const before = this.seen.get(name)
    if (before) {
      if (before.cost <= cost) return undefined
      before.back = back
      before.cost = cost
      return { request: before, isNew: false }
    }
    if (this.seen.size >= ENTRIES) return undefined
    const request: SeenRequest = { back, cost, replied: Number.POSITIVE_INFINITY, passing: false }
    this.seen.set(name, request)
    this.timers.after(KEPT_US, 'nwk route request entry', () => this.seen.delete(name))
    return { request, isNew: true }
  }

  get(originator: number, id: number): SeenRequest | undefined {
    return this.seen.get(nameOf(originator, id))
  }
}

const nameOf = (originator: number, id: number): string => `${originator} ${id}`
