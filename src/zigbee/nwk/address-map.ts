/** Which node has which short address, as this node has learnt it. Bounded; what was confirmed longest ago goes first. */
import type { Eui64 } from '../../base/ids.ts'

const ENTRIES = 512

export class AddressMap {
  private readonly byDevice = new Map<Eui64, number>()
  private readonly byAddress = new Map<number, Eui64>()
  /** Confirmed last: a node that speaks again need not be moved up again. */
  private latest: Eui64 | undefined

  learn(device: Eui64, address: number): void {
    if (device === this.latest && this.byDevice.get(device) === address) return
    this.latest = device
    this.forget(device)
    const before = this.byAddress.get(address)
    if (before !== undefined) this.forget(before)
    this.byDevice.set(device, address)
    this.byAddress.set(address, device)
    if (this.byDevice.size <= ENTRIES) return
    const oldest = this.byDevice.keys().next()
    if (!oldest.done) this.forget(oldest.value)
  }
  forget(device: Eui64): void {
    const address = this.byDevice.get(device)
    if (address === undefined) return
    this.byDevice.delete(device)
    this.byAddress.delete(address)
  }
  addressOf(device: Eui64): number | undefined {
    return this.byDevice.get(device)
  }
  eui64Of(address: number): Eui64 | undefined {
    return this.byAddress.get(address)
  }
  /** All of it, what was confirmed longest ago first. */
  list(): [device: Eui64, address: number][] {
    return [...this.byDevice]
  }
  clear(): void {
    this.byDevice.clear()
    this.byAddress.clear()
  }
}
