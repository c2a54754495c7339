/** The hub's device log: who may use the HAN (the whitelist), and when each was last heard. */
import type { Eui64 } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'

export interface DeviceLogEntry {
  deviceId: Eui64
  /** By the hub's clock, Unix ms; absent: never. */
  lastCommunicationMs?: number
  joined: boolean
}

export class DeviceLog {
  private readonly entries = new Map<Eui64, DeviceLogEntry>()
  private readonly clock: Clock
  readonly capacity: number

  constructor(options: { clock: Clock; capacity: number }) {
    this.clock = options.clock
    this.capacity = options.capacity
  }

  get full(): boolean {
    return this.entries.size >= this.capacity
  }
  has(device: Eui64): boolean {
    return this.entries.has(device)
  }
  /** False when it is full. */
  add(device: Eui64): boolean {
    if (this.full) return false
    this.entries.set(device, { deviceId: device, joined: false })
    return true
  }
  remove(device: Eui64): boolean {
    return this.entries.delete(device)
  }
  heard(device: Eui64): void {
    const entry = this.entries.get(device)
    if (entry) entry.lastCommunicationMs = this.clock.unixMs()
  }
  setJoined(device: Eui64, joined: boolean): void {
    const entry = this.entries.get(device)
    if (entry) entry.joined = joined
  }
  list(): DeviceLogEntry[] {
    return [...this.entries.values()].map(entry => ({ ...entry }))
  }
}
