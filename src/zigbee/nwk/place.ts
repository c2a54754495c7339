/** Where a node stands: its network, its own address, its parent, and which addresses the others have. */
import type { Eui64 } from '../../base/ids.ts'
import { AddressMap } from './address-map.ts'

export interface NetworkSettings {
  panId: number
  extendedPanId: Eui64
  channel: number
  /** Of the coordinator's beacons; 0 unless given. */
  updateId?: number
}

/** Address of a node that is on no network. */
export const NO_ADDRESS = 0xffff

export class Place {
  readonly eui64: Eui64
  readonly addresses = new AddressMap()
  network: NetworkSettings | undefined
  address = NO_ADDRESS
  parent: number | undefined

  constructor(eui64: Eui64) {
    this.eui64 = eui64
  }

  get isOnNetwork(): boolean {
    return this.address !== NO_ADDRESS
  }
  addressOf(device: Eui64): number | undefined {
    return device === this.eui64 ? this.address : this.addresses.addressOf(device)
  }
  eui64Of(address: number): Eui64 | undefined {
    return address === this.address ? this.eui64 : this.addresses.eui64Of(address)
  }
  learn(device: Eui64, address: number): void {
    this.addresses.learn(device, address)
  }

  forget(): void {
    this.network = undefined
    this.address = NO_ADDRESS
    this.parent = undefined
    this.addresses.clear()
  }
}
