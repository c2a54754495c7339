/** The hub's device log: who may use the HAN (the whitelist), and when each was last heard. */
import { toHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'

export interface DeviceLogEntry {
  deviceId: Eui64
  /** By the hub's clock, Unix ms; absent: never. */
  lastCommunicationMs?: number
  joined: boolean
}

/** What survives a restart of one entry. `installCode`: with its CRC, hex. */
export interface ListedDevice extends DeviceLogEntry {
  installCode: string
}

export class DeviceLog {
  private readonly entries: Map<Eui64, ListedDevice>
  private readonly clock: Clock
  readonly capacity: number

  /** `listed`: from before a restart. */
  constructor(options: { clock: Clock; capacity: number; listed?: readonly ListedDevice[] | undefined }) {
    this.clock = options.clock
    this.capacity = options.capacity
    this.entries = new Map(options.listed?.map(entry => [entry.deviceId, { ...entry }]))
  }

  get full(): boolean {
    return this.entries.size >= this.capacity
  }
  has(device: Eui64): boolean {
    return this.entries.has(device)
  }
  /** False when it is full. `installCode`: with its CRC. */
  add(device: Eui64, installCode: Uint8Array): boolean {
    if (this.full) return false
    this.entries.set(device, { deviceId: device, joined: false, installCode: toHex(installCode) })
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
  isJoined(device: Eui64): boolean {
    return this.entries.get(device)?.joined ?? false
  }
  list(): DeviceLogEntry[] {
    return this.memory().map(({ installCode: _, ...entry }) => entry)
  }

  /** What is to be kept over a restart. */
  memory(): ListedDevice[] {
    return [...this.entries.values()].map(entry => ({ ...entry }))
  }
}
