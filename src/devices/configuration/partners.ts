/** Which devices of the home may act on a meter or on the gas proxy: those joined to it. */
import type { Eui64 } from '../../base/ids.ts'

/** @source assumed */
const MOST_JOINED = 4

export class Partners {
  private devices: readonly Eui64[] | undefined

  /** `devices`: joined by the installer, or from before a loss of power; undefined: nobody was, and anybody may act. */
  constructor(devices: readonly Eui64[] | undefined) {
    this.devices = devices
  }

  /** As long as nobody was ever joined, who is on the HAN may act. @source assumed */
  has(device: Eui64): boolean {
    return this.devices?.includes(device) ?? true
  }
  get list(): readonly Eui64[] {
    return this.devices ?? []
  }
  memory(): readonly Eui64[] | undefined {
    return this.devices
  }

  join(device: Eui64): 'joined' | 'there' | 'full' {
    if (this.list.includes(device)) return 'there'
    if (this.list.length >= MOST_JOINED) return 'full'
    this.devices = [...this.list, device]
    return 'joined'
  }
  /** False when it was not joined. */
  unjoin(device: Eui64): boolean {
    if (!this.list.includes(device)) return false
    this.devices = this.list.filter(one => one !== device)
    return true
  }
}
