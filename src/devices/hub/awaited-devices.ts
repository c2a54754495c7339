/** Who waits for a device of the HAN to be heard: sleepers are spoken to when they wake. */
import type { Eui64, Micros } from '../../base/ids.ts'
import type { Timer, Timers } from '../../ports/time.ts'

export class AwaitedDevices {
  private readonly timers: Timers
  private readonly awaited = new Map<Eui64, Set<() => void>>()

  constructor(timers: Timers) {
    this.timers = timers
  }

  /** Calls `act` when the device is next heard, `tooLate` when that takes longer than `withinUs`. */
  whenAwake(device: Eui64, withinUs: Micros, act: () => void, tooLate: () => void): void {
    const waiting = this.awaited.get(device) ?? new Set()
    this.awaited.set(device, waiting)
    let deadline: Timer | undefined
    const awake = () => {
      deadline?.cancel()
      act()
    }
    deadline = this.timers.after(withinUs, 'hub sleeper timeout', () => {
      waiting.delete(awake)
      tooLate()
    })
    waiting.add(awake)
  }

  heard(device: Eui64): void {
    const waiting = this.awaited.get(device)
    if (!waiting?.size) return
    this.awaited.delete(device)
    for (const act of waiting) act()
  }
}
