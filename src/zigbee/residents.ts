/** Who is on the network, as its coordinator knows: each told once that it came, and once that it has gone. */
import type { Eui64, Micros } from '../base/ids.ts'
import { seconds } from '../base/time.ts'
import type { Timer, Timers } from '../ports/time.ts'

/** What survives a restart. */
export type ResidentsMemory = readonly (readonly [device: Eui64, address: number])[]

/** Devices on one network; who was heard of longest ago is forgotten first. @source assumed */
export const MOST_DEVICES = 512
/** A device that is sent away has gone by then, or sleeps or is off: 7.68 s for a sleeper, and the way back. @source assumed */
const SENT_AWAY_US: Micros = seconds(12)

export class Residents {
  private readonly timers: Timers
  private readonly onGone: (device: Eui64, address: number) => void
  private readonly addresses = new Map<Eui64, number>()
  /** Of them, those that have not shown the network key. Anybody can come that far while the door is open. */
  private readonly unproved = new Set<Eui64>()
  private readonly sentAway = new Map<Eui64, Timer>()

  constructor(options: { timers: Timers; onGone: (device: Eui64, address: number) => void }) {
    this.timers = options.timers
    this.onGone = options.onGone
  }

  has(device: Eui64): boolean {
    return this.addresses.has(device)
  }
  /** It has an address here. Returns a device that is forgotten because there are too many. */
  came(device: Eui64, address: number, proved: boolean): Eui64 | undefined {
    this.drop(device)
    this.addresses.set(device, address)
    if (!proved) this.unproved.add(device)
    if (this.addresses.size <= MOST_DEVICES) return undefined
    const [doubtful] = this.unproved
    const [oldest] = this.addresses.keys()
    const forgotten = doubtful ?? oldest
    if (forgotten !== undefined) this.drop(forgotten)
    return forgotten
  }
  /** It has shown the network key. */
  proved(device: Eui64): void {
    this.unproved.delete(device)
  }
  /** It has left, or so it is believed: told once. */
  gone(device: Eui64): void {
    const address = this.addresses.get(device)
    this.drop(device)
    if (address !== undefined) this.onGone(device, address)
  }
  /** It was told to go: it counts as gone after a while even if nobody says so. */
  sendAway(device: Eui64, onOverdue: () => void): void {
    this.stay(device)
    const overdue = () => {
      onOverdue()
      this.gone(device)
    }
    this.sentAway.set(device, this.timers.after(SENT_AWAY_US, 'zigbee sent away', overdue))
  }

  list(): [device: Eui64, address: number][] {
    return [...this.addresses]
  }
  /** Forgets all, and tells nobody. */
  clear(): void {
    for (const timer of this.sentAway.values()) timer.cancel()
    this.sentAway.clear()
    this.addresses.clear()
    this.unproved.clear()
  }

  private drop(device: Eui64): void {
    this.stay(device)
    this.addresses.delete(device)
    this.unproved.delete(device)
  }

  private stay(device: Eui64): void {
    this.sentAway.get(device)?.cancel()
    this.sentAway.delete(device)
  }
}
