/** How a node comes onto a network, back onto it, and off it. @source ZigBee PRO, 3.6.1 (network and device maintenance) */
import { seconds } from '../../base/time.ts'
import type { Timers } from '../../ports/time.ts'
import type { Capability } from '../frames/capability.ts'
import type { HeardBeacon, MacService } from '../mac-service.ts'
import { NWK_BROADCAST } from '../nwk-service.ts'
import type { NwkCommands } from './nwk-command-handler.ts'
import type { NwkRole } from './nwk-options.ts'
import { type NetworkSettings, NO_ADDRESS, type Place } from './place.ts'
import type { Transmitter } from './transmitter.ts'

export interface MembershipOptions {
  mac: MacService
  timers: Timers
  role: NwkRole
  sleepy: boolean
  place: Place
  transmitter: Transmitter
  commands: NwkCommands
  /** A parent was chosen. */
  onParent: (address: number, lqi: number) => void
  /** The node has an address. */
  onSettled: () => void
  /** The node has none any more. */
  onGone: () => void
}

export interface RejoinOptions {
  unsecured: boolean
  /** Channels looked at. */
  channels: readonly number[]
}

/** Wait for a rejoin response. @source apsSecurityTimeOutPeriod, of the order of 10 s */
const REJOIN_US = seconds(10)

export class Membership {
  private readonly options: MembershipOptions

  constructor(options: MembershipOptions) {
    this.options = options
  }

  /** Coordinator: the network begins here. */
  form(network: NetworkSettings): void {
    this.settle(network, 0x0000)
  }

  /** Looks for open networks and associates with the best parent. The network key is still to come. */
  join(channels: readonly number[], onDone: (outcome: 'associated' | 'no-network' | 'refused') => void): void {
    const { mac } = this.options
    mac.scan({ channels }, heard => {
      const best = heard.find(beacon => beacon.associationPermitted && this.hasRoom(beacon))
      if (!best) return onDone('no-network')
      const { channel, panId, address: parent } = best
      mac.associate({ channel, panId, parent, capability: this.capability() }, outcome => {
        if (outcome.is !== 'associated') return onDone(outcome.is === 'refused' ? 'refused' : 'no-network')
        this.choose(best)
        this.settle({ panId, channel, extendedPanId: best.network.extendedPanId }, outcome.address)
        onDone('associated')
      })
    })
  }

  /**
   * Back onto the known network, under the network key or, `unsecured`, in the hope of a new one. It may have moved to another
   * of `channels`, or to another PAN id.
   */
  rejoin({ unsecured, channels }: RejoinOptions, onDone: (done: boolean) => void): void {
    const { mac, timers, place, commands, transmitter } = this.options
    const { network } = place
    if (!network) return void timers.after(0, 'nwk rejoin', () => onDone(false))
    mac.scan({ channels }, heard => {
      if (place.network !== network) return onDone(false)
      const ours = heard.filter(beacon => beacon.network.extendedPanId === network.extendedPanId)
      // A new network key comes from the trust centre, which routers that have the old one may not reach.
      const best = (unsecured && ours.find(({ network: { network: own } }) => own.deviceDepth === 0)) || ours[0]
      if (!best) return onDone(false)
      const { channel, panId } = best
      this.choose(best)
      mac.configure({ channel, panId, address: place.address, rxOnWhenIdle: !this.options.sleepy })
      const finish = (address: number | undefined) => {
        deadline.cancel()
        commands.awaitRejoin(undefined)
        if (place.network === network) {
          if (address === undefined) mac.configure({ channel: network.channel, panId: network.panId })
          else this.settle({ ...network, channel, panId }, address)
        }
        onDone(address !== undefined)
      }
      const deadline = timers.after(REJOIN_US, 'nwk rejoin response', () => finish(undefined))
      commands.awaitRejoin({ unsecured, finish })
      const how = { unsecured, sourceEui64: true, radius: 1 }
      transmitter.command({ name: 'RejoinRequest', capability: this.capability() }, best.address, how)
    })
  }

  /** Tells the others and is off the network. */
  leave(onDone: () => void): void {
    const { timers, place, transmitter } = this.options
    const gone = () => {
      this.abandon()
      onDone()
    }
    if (!place.isOnNetwork) return void timers.after(0, 'nwk left', gone)
    const command = { name: 'Leave', rejoin: false, request: false, removeChildren: false } as const
    transmitter.command(command, NWK_BROADCAST.rxOnWhenIdle, { sourceEui64: true, radius: 1 }, gone)
  }

  /** Forgets the network. */
  abandon(): void {
    this.options.commands.awaitRejoin(undefined)
    this.options.place.forget()
    this.options.onGone()
    this.options.mac.configure({ address: NO_ADDRESS, panId: 0xffff })
  }

  /** What this node says of itself when it joins and announces itself. */
  capability(): Capability {
    const router = this.options.role !== 'end-device'
    return {
      alternatePanCoordinator: false,
      fullFunctionDevice: router,
      mainsPowered: router,
      rxOnWhenIdle: !this.options.sleepy,
      security: false,
      allocateAddress: true,
    }
  }

  private choose({ address, lqi }: HeardBeacon): void {
    this.options.place.parent = address
    this.options.onParent(address, lqi)
  }

  private settle(network: NetworkSettings, address: number): void {
    const { place, mac, sleepy, onSettled } = this.options
    place.network = network
    place.address = address
    mac.configure({ channel: network.channel, panId: network.panId, address, rxOnWhenIdle: !sleepy })
    onSettled()
  }

  private hasRoom({ network }: HeardBeacon): boolean {
    const { routerCapacity, endDeviceCapacity } = network.network
    return this.options.role === 'end-device' ? endDeviceCapacity : routerCapacity
  }
}
