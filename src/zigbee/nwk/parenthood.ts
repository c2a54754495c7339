/**
 * A coordinator's or router's duties as a parent: answering scans, letting joiners associate, taking rejoiners back.
 * @source ZigBee PRO, 3.6.1 (network and device maintenance)
 */
import type { Eui64 } from '../../base/ids.ts'
import type { RandomStream } from '../../ports/time.ts'
import type { ZigbeeBeacon } from '../../radio/beacon.ts'
import type { Capability } from '../frames/capability.ts'
import { Children } from './children.ts'

/** How a device came to its parent. */
export type Arrival = 'association' | 'secured rejoin' | 'trust centre rejoin'

export interface ParenthoodOptions {
  random: RandomStream
  /** Address this node knows for a device, and the other way round. */
  addressOf: (device: Eui64) => number | undefined
  eui64Of: (address: number) => Eui64 | undefined
  learn: (device: Eui64, address: number) => void
  mayAssociate: (device: Eui64) => boolean
  /** A device has a short address here; after an association it has no network key yet. */
  onArrival: (device: Eui64, address: number, capability: Capability, how: Arrival) => void
}

/** Addresses a node may have end below the reserved ones. */
const HIGHEST_ADDRESS = 0xfff7

export class Parenthood {
  readonly children = new Children()
  open = false
  private readonly options: ParenthoodOptions
  private readonly arriving = new Map<Eui64, Capability>()

  constructor(options: ParenthoodOptions) {
    this.options = options
  }

  beacon(extendedPanId: Eui64, depth: number): { associationPermitted: boolean; network: ZigbeeBeacon } {
    const room = !this.children.full
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
        updateId: 0,
      },
    }
  }

  /** @source IEEE 802.15.4: status 1 PAN at capacity, 2 access denied */
  associate(device: Eui64, capability: Capability): { address: number } | { status: 1 | 2 } {
    if (!this.open || !this.options.mayAssociate(device)) return { status: 2 }
    const known = this.children.of(device)
    if (this.children.full && !known) return { status: 1 }
    const address = known?.address ?? this.freeAddress()
    this.adopt(device, address, capability, false)
    this.arriving.set(device, capability)
    return { address }
  }

  /** The joiner has collected its address. */
  associated(device: Eui64, address: number): void {
    const capability = this.arriving.get(device)
    this.arriving.delete(device)
    if (capability) this.options.onArrival(device, address, capability, 'association')
  }

  /**
   * The address the device has from now on: the one it had, when that is known. Anybody can ask without security in a child's
   * name: what is known of a child stays as it is until it shows that it holds the key.
   */
  rejoined(device: Eui64, claimed: number, capability: Capability, secured: boolean): number {
    const child = this.children.of(device)
    const known = this.options.addressOf(device) ?? child?.address
    const address = known ?? (claimed <= HIGHEST_ADDRESS ? claimed : this.freeAddress())
    if (secured || !child) this.adopt(device, address, capability, secured)
    this.options.onArrival(device, address, capability, secured ? 'secured rejoin' : 'trust centre rejoin')
    return address
  }

  private adopt(device: Eui64, address: number, capability: Capability, authenticated: boolean): void {
    this.options.learn(device, address)
    this.children.add({
      device,
      address,
      sleepy: !capability.rxOnWhenIdle,
      router: capability.fullFunctionDevice,
      authenticated,
      dismissed: false,
    })
  }

  private freeAddress(): number {
    for (;;) {
      const address = 1 + this.options.random.int(HIGHEST_ADDRESS)
      if (this.options.eui64Of(address) === undefined) return address
    }
  }
}
