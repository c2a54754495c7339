/**
 * Who may be on a home automation network, and who is: joiners come with preconfigured link keys and prove nothing by
 * certificates; each may get a link key of its own.
 */
import type { Eui64 } from '../base/ids.ts'
import type { DeviceArrival } from '../ports/network-processor.ts'
import type { Random, Timers } from '../ports/time.ts'
import type { ApsSource, CommandProtection } from './aps/aps.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import { JoiningKeys, type JoiningKeysMemory } from './joining-keys.ts'
import { LinkKeyExchange } from './link-key-exchange.ts'
import type { Arrival } from './nwk/parenthood.ts'
import { Residents, type ResidentsMemory } from './residents.ts'
import type { ZigbeeStack } from './stack.ts'
import { TrustCentre, type TrustCentreMemory, type UpdateStatus } from './trust-centre.ts'

/** What survives a restart, the keys for joiners besides. */
export interface HomeTrustMemory {
  centre: TrustCentreMemory
  residents: ResidentsMemory
}

export interface HomeTrustOptions {
  stack: ZigbeeStack
  timers: Timers
  random: Random
  joiningKeys: JoiningKeysMemory | undefined
  /** The door of this node is open. */
  isOpen: () => boolean
  onArrival: (arrival: DeviceArrival) => void
  onDeparture: (device: Eui64, address: number) => void
}

const HOW = {
  association: 'joined',
  'unsecured join': 'joined',
  'secured rejoin': 'secured-rejoin',
  'trust centre rejoin': 'trust-centre-rejoin',
} as const satisfies Record<Arrival | Exclude<UpdateStatus, 'left'>, DeviceArrival['how']>

export class HomeTrust {
  readonly joiningKeys: JoiningKeys
  private readonly options: HomeTrustOptions
  private readonly stack: ZigbeeStack
  private readonly centre: TrustCentre
  private readonly exchange: LinkKeyExchange
  private readonly residents: Residents

  constructor(options: HomeTrustOptions) {
    const { stack, timers, random, joiningKeys } = options
    const { nwk, aps, linkKeys } = stack
    const { eui64 } = nwk
    this.options = options
    this.stack = stack
    this.joiningKeys = new JoiningKeys(joiningKeys)
    this.residents = new Residents({ timers, onGone: (device, address) => this.departed(device, address) })
    this.centre = new TrustCentre({
      ...{ eui64, nwk, aps, linkKeys, timers, random: random.stream('trust centre') },
      onExpelled: () => {},
      onLeft: device => this.residents.gone(device),
      keyFor: (device, how) => this.keyFor(device, how),
      onMoved: (device, address, parent, how) => {
        nwk.learn(device, address)
        this.tell({ device, address, parent, how: HOW[how] })
      },
    })
    this.exchange = new LinkKeyExchange({
      ...{ eui64, aps, linkKeys, random: random.stream('link key exchange') },
      admits: device => this.centre.isListed(device),
    })
  }

  /** A device has an address at this node. */
  arrived(device: Eui64, address: number, how: Arrival): void {
    if (this.centre.arrived(device, address, how)) this.tell({ device, address, parent: 0, how: HOW[how] })
  }
  /** A frame of the device proved authentic. Devices of a network that came from a backup are known by what they send. */
  heard(device: Eui64): void {
    const address = this.stack.nwk.addressOf(device)
    if (this.residents.has(device)) this.residents.proved(device)
    else if (address !== undefined) this.settle(device, address, true)
  }
  /** A device said that it leaves, or collected the order to. */
  left(device: Eui64): void {
    this.residents.gone(device)
    // Its farewell, after the order to leave, showed its address again.
    this.stack.nwk.addresses.forget(device)
  }
  /** True when it was a command for a trust centre. */
  obey(from: ApsSource, command: ApsCommand, how: CommandProtection): boolean {
    return this.exchange.obey(from, command, how) || this.centre.obey(from, command, how)
  }

  /** Sends a device off the network; it counts as gone after a while even if nobody says so. */
  remove(device: Eui64): void {
    const { nwk, zdo } = this.stack
    if (!this.residents.has(device)) return
    const address = nwk.addressOf(device)
    const hasParent = nwk.children.of(device) !== undefined || this.centre.parentOf(device) !== undefined
    if (hasParent) this.centre.remove(device)
    else {
      // Nobody knows whose child it is: it is asked itself.
      const request = { name: 'ManagementLeaveRequest', device, removeChildren: false, rejoin: false } as const
      if (address !== undefined) zdo.ask(address, request, () => {})
      this.centre.forget(device)
    }
    this.residents.sendAway(device, () => {
      // A router that is off never collects the order; a sleeper may.
      if (nwk.children.of(device)?.router) nwk.disown(device)
    })
  }
  /** The network is no more. Keys for joiners stay. */
  forget(): void {
    this.residents.clear()
    this.centre.clear()
  }

  memory(): HomeTrustMemory {
    return { centre: this.centre.memory(), residents: this.residents.list() }
  }
  restore({ centre, residents }: HomeTrustMemory): void {
    this.centre.remember(centre, [])
    for (const [device, address] of residents) this.residents.came(device, address, true)
  }
  /** For opening captures. */
  testKeys(): { key: Uint8Array; label: string }[] {
    const joining = this.centre.preconfigured.map(({ device, key }) => ({ key, label: `joining key ${device}` }))
    const own = this.residents.list().flatMap(([device]) => {
      const key = this.stack.linkKeys.get(device)
      return key?.state === 'verified' ? [{ key: key.octets('data'), label: `link key ${device}` }] : []
    })
    return [...joining, ...own]
  }

  /** Any time for who associates, since its parent had the door open; while this door is open, for strangers that come back. */
  private keyFor(device: Eui64, how: 'unsecured join' | 'trust centre rejoin'): Uint8Array | undefined {
    const key = this.joiningKeys.of(device)
    if (!key || (how === 'trust centre rejoin' && !this.options.isOpen())) return undefined
    // Who joins anew counts its frames anew.
    this.stack.linkKeys.delete(device)
    this.exchange.forget(device)
    return key
  }

  private tell(arrival: DeviceArrival): void {
    this.settle(arrival.device, arrival.address, arrival.how === 'secured-rejoin')
    this.options.onArrival(arrival)
  }
  /** Of too many devices one is forgotten. */
  private settle(device: Eui64, address: number, proved: boolean): void {
    const forgotten = this.residents.came(device, address, proved)
    if (forgotten !== undefined) this.centre.forget(forgotten)
  }
  private departed(device: Eui64, address: number): void {
    this.centre.forget(device)
    this.exchange.forget(device)
    this.stack.nwk.addresses.forget(device)
    this.options.onDeparture(device, address)
  }
}
