/** Broadcasts this node has seen, so that each is taken and passed on once. @source ZigBee PRO, 3.6.5 */
import { seconds } from '../../base/time.ts'
import type { Timers } from '../../ports/time.ts'

/** nwkNetworkBroadcastDeliveryTime, of the order of 9 s. @source ZigBee PRO, 3.5.2 */
const DELIVERY_US = seconds(9)
const ENTRIES = 64

export class BroadcastTable {
  private readonly seen = new Set<string>()
  private readonly timers: Timers

  constructor(timers: Timers) {
    this.timers = timers
  }

  /** True the first time. A full table takes nothing: the flood is the network's fault, not ours to carry on. */
  isNew(source: number, sequence: number): boolean {
    const name = `${source} ${sequence}`
    if (this.seen.has(name) || this.seen.size >= ENTRIES) return false
    this.seen.add(name)
    this.timers.after(DELIVERY_US, 'nwk broadcast entry', () => this.seen.delete(name))
    return true
  }
}
