/**
 * A coordinator's or router's duties as a parent: answering scans, letting joiners associate, taking rejoiners back.
 * @source ZigBee PRO, 3.6.1 (network and device maintenance)
 */
import type { Eui64 } from '../../base/ids.ts'
import type { RandomStream } from '../../ports/time.ts'
import type { ZigbeeBeacon } from '../../radio/beacon.ts'
import type { Capability } from '../frames/capability.ts'
import type { NwkCommand } from '../frames/nwk-commands.ts'
import type { MacService } from '../mac-service.ts'
import type { NwkOutcome } from '../nwk-service.ts'
import { type Child, Children } from './children.ts'
import type { NwkManager } from './nwk-options.ts'
import type { Place } from './place.ts'
import type { CommandOptions } from './transmitter.ts'

/** How a device came to its parent. */
export type Arrival = 'association' | 'secured rejoin' | 'trust centre rejoin'

export interface ParenthoodOptions {
  mac: MacService
  random: RandomStream
  place: Place
  manager: NwkManager
  command: (command: NwkCommand, to: number, how: CommandOptions, onDone: (outcome: NwkOutcome) => void) => void
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
    if (!this.open || this.options.manager.mayAssociate?.(device) === false) return { status: 2 }
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
    if (capability) this.options.manager.onArrival?.(device, address, capability, 'association')
  }

  /**
   * The address the device has from now on: the one it had, when that is known. Anybody can ask without security in a child's
   * name: what is known of a child stays as it is until it shows that it holds the key.
   */
  rejoined(device: Eui64, claimed: number, capability: Capability, secured: boolean): number {
    const child = this.children.of(device)
    const known = this.options.place.addressOf(device) ?? child?.address
    const address = known ?? (claimed <= HIGHEST_ADDRESS ? claimed : this.freeAddress())
    if (secured || !child) this.adopt(device, address, capability, secured)
    this.options.manager.onArrival?.(device, address, capability, secured ? 'secured rejoin' : 'trust centre rejoin')
    return address
  }

  /** Takes a child off the network. A sleeper is told when it next polls. */
  dismiss(device: Eui64): void {
    const { mac, command } = this.options
    const child = this.children.of(device)
    if (!child) return
    if (!child.dismissed) mac.dropIndirect(child.address)
    child.dismissed = true
    const order: NwkCommand = { name: 'Leave', rejoin: false, request: true, removeChildren: false }
    const how = { sourceEui64: true, destinationEui64: device, radius: 1 }
    command(order, child.address, how, outcome => {
      if (outcome === 'sent' && child.dismissed) this.children.remove(device)
    })
  }

  /** The child has found another parent. Returns what it was here. */
  disown(device: Eui64): Child | undefined {
    const child = this.children.remove(device)
    if (child) this.options.mac.dropIndirect(child.address)
    return child
  }

  /** A node polled, be it a child of this one or not. */
  polled(child: number | Eui64): void {
    const known = typeof child === 'number' ? this.children.at(child) : this.children.of(child)
    if (known?.dismissed) this.dismiss(known.device)
    else if (known?.authenticated) this.options.manager.onHeard?.(known.device)
  }

  private adopt(device: Eui64, address: number, capability: Capability, authenticated: boolean): void {
    this.options.place.learn(device, address)
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
      if (this.options.place.eui64Of(address) === undefined) return address
    }
  }
}
