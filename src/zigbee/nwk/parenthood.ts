/**
 * A coordinator's or router's duties as a parent: answering scans, letting joiners associate, taking rejoiners back.
 * @source ZigBee PRO, 3.6.1 (network and device maintenance)
 */
import type { Eui64 } from '../../base/ids.ts'
import type { RandomStream } from '../../ports/time.ts'
import type { ZigbeeBeacon } from '../../radio/beacon.ts'
import type { Capability } from '../frames/capability.ts'
import type { ChildCare } from './child-care.ts'
import type { NwkManager } from './nwk-options.ts'
import type { NetworkSettings, Place } from './place.ts'

/** How a device came to its parent. */
export type Arrival = 'association' | 'secured rejoin' | 'trust centre rejoin'

export interface ParenthoodOptions {
  care: ChildCare
  random: RandomStream
  place: Place
  manager: NwkManager
}

/** Addresses a node may have end below the reserved ones. */
const HIGHEST_ADDRESS = 0xfff7

export class Parenthood {
  readonly care: ChildCare
  open = false
  private readonly options: ParenthoodOptions
  private readonly arriving = new Map<Eui64, Capability>()

  constructor(options: ParenthoodOptions) {
    this.options = options
    this.care = options.care
  }

  beacon(
    { extendedPanId, updateId = 0 }: NetworkSettings,
    depth: number,
  ): { associationPermitted: boolean; network: ZigbeeBeacon } {
    const room = !this.care.children.full
    return {
      associationPermitted: this.open && room,
      network: {
        protocolId: 0,
        network: {
          stackProfile: 2,
          protocolVersion: 2,
          routerCapacity: room,
          deviceDepth: depth,
          endDeviceCapacity: room,
        },
        extendedPanId,
        txOffset: 0xffffff,
        updateId,
      },
    }
  }

  /** @source IEEE 802.15.4: status 1 PAN at capacity, 2 access denied */
  associate(device: Eui64, capability: Capability): { address: number } | { status: 1 | 2 } {
    if (!this.open || this.options.manager.mayAssociate?.(device) === false) return { status: 2 }
    const known = this.care.children.of(device)
    if (this.care.children.full && !known) return { status: 1 }
    const address = known?.address ?? this.freeAddress()
    this.adopt(device, address, capability, false)
    this.arriving.set(device, capability)
    return { address }
  }

  /** The joiner has collected its address. */
  associated(device: Eui64, address: number): void {
    const capability = this.arriving.get(device)
    this.arriving.delete(device)
    if (capability) this.options.manager.onArrival?.(device, address, capability, 'association')
  }

  /** It has not: the address is free again. */
  notAssociated(device: Eui64): void {
    this.arriving.delete(device)
    if (this.care.children.of(device)?.life === 'arriving') this.care.happened(device, 'overdue')
  }

  /**
   * The address the device has from now on: the one it had, when that is known. Anybody can ask without security in a child's
   * name: what is known of a child stays as it is until it shows that it holds the key.
   */
  rejoined(device: Eui64, claimed: number, capability: Capability, secured: boolean): number {
    const child = this.care.children.of(device)
    const known = this.options.place.addressOf(device) ?? child?.address
    const address = known ?? (claimed <= HIGHEST_ADDRESS ? claimed : this.freeAddress())
    if (secured || !child) this.adopt(device, address, capability, secured)
    // Whoever was its parent before may not have heard it go.
    if (!capability.fullFunctionDevice) this.care.announce(device)
    this.options.manager.onArrival?.(device, address, capability, secured ? 'secured rejoin' : 'trust centre rejoin')
    return address
  }

  private adopt(device: Eui64, address: number, capability: Capability, authenticated: boolean): void {
    this.options.place.learn(device, address)
    const child = { device, address, sleepy: !capability.rxOnWhenIdle, router: capability.fullFunctionDevice }
    this.care.adopt(child, authenticated)
  }

  private freeAddress(): number {
    for (;;) {
      const address = 1 + this.options.random.int(HIGHEST_ADDRESS)
      if (this.options.place.eui64Of(address) === undefined) return address
    }
  }
}
