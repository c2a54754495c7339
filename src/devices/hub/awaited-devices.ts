/** Who waits for a device of the HAN to be heard: sleepers are spoken to when they wake, others when they are back. */
import type { Eui64, Micros } from '../../base/ids.ts'
import { minutes, seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'

/** After a restart: a device that was heard again has found its parent and its keys by then, and this is the longest wait. Assumed. */
const SETTLED_US = seconds(3)
const BACK_WITHIN_US = minutes(1)

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

  /** After a restart: calls `act` when the device has been heard again and has had time to settle, or soon in any case. */
  whenBack(device: Eui64, act: () => void): void {
    const settled = () => void this.timers.after(SETTLED_US, 'hub device back', act)
    this.whenAwake(device, BACK_WITHIN_US, settled, act)
  }

  heard(device: Eui64): void {
    const waiting = this.awaited.get(device)
    if (!waiting?.size) return
    this.awaited.delete(device)
    for (const act of waiting) act()
  }
}
