/**
 * The NWK layer of one node: frames between nodes that may be several hops apart, under the network key.
 * @source ZigBee PRO, chapter 3; security 4.3
 */
import type { Eui64 } from '../../base/ids.ts'
import type { Capability } from '../frames/capability.ts'
import type { NwkListener, NwkOutcome, NwkService } from '../nwk-service.ts'
import type { AddressMap } from './address-map.ts'
import { assemble, type NwkParts } from './assembly.ts'
import type { ChildMemory, Children } from './children.ts'
import type { RejoinOptions } from './membership.ts'
import type { NetworkKeyMemory, NetworkKeys } from './network-keys.ts'
import type { NwkOptions } from './nwk-options.ts'
import type { NetworkSettings } from './place.ts'
import { neighbourTable, routeTable } from './tables.ts'

export type { NwkManager, NwkOptions, NwkRole } from './nwk-options.ts'
export type { NetworkSettings } from './place.ts'

/** What survives a restart. */
export interface NwkMemory {
  network: NetworkSettings
  address: number
  parent?: number
  addresses: readonly (readonly [device: Eui64, address: number])[]
  keys: NetworkKeyMemory
  children: readonly ChildMemory[]
}

export class Nwk implements NwkService {
  readonly eui64: Eui64
  /** Frames refused, by reason. */
  readonly refused = new Map<string, number>()
  private readonly options: NwkOptions
  private readonly parts: NwkParts
  private listener: NwkListener = { onData: () => {} }

  constructor(options: NwkOptions) {
    this.options = options
    this.eui64 = options.mac.eui64
    this.parts = assemble(options, {
      listener: () => this.listener,
      onRefused: reason => void this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1),
    })
  }

  get address(): number {
    return this.parts.place.address
  }
  get addresses(): AddressMap {
    return this.parts.place.addresses
  }
  get settings(): NetworkSettings | undefined {
    return this.parts.place.network
  }
  get parentAddress(): number | undefined {
    return this.parts.place.parent
  }
  get keys(): NetworkKeys {
    return this.parts.security.keys
  }
  get children(): Children {
    return this.parts.care.children
  }

  listen(listener: NwkListener): void {
    this.listener = listener
  }

  /** Coordinator: the network begins here. */
  form(network: NetworkSettings, key: { key: Uint8Array; sequence: number }): void {
    this.keys.install(key)
    this.parts.membership.form(network)
  }

  /** Answers scans with an open door, or a closed one. */
  permitJoining(open: boolean): void {
    this.parts.parenthood.open = open
  }

  /** Looks for open networks and associates with the best parent. The network key is still to come. */
  join(channels: readonly number[], onDone: (outcome: 'associated' | 'no-network' | 'refused') => void): void {
    this.parts.membership.join(channels, onDone)
  }

  /** Back onto the known network, under the network key or, `unsecured`, in the hope of a new one. */
  rejoin(options: RejoinOptions, onDone: (done: boolean) => void): void {
    this.parts.membership.rejoin(options, onDone)
  }

  /** Tells the others and is off the network. */
  leave(onDone: () => void = () => {}): void {
    this.parts.membership.leave(onDone)
  }

  /** Forgets the network: keys, addresses, children. */
  abandon(): void {
    this.parts.membership.abandon()
  }

  /** Parent: takes a child off the network. A sleeper is told when it next polls. */
  dismiss(device: Eui64): void {
    this.parts.care.happened(device, 'dismiss')
  }
  /** Parent: a child has found another parent. */
  disown(device: Eui64): void {
    this.parts.care.happened(device, 'moved')
  }
  /** A node announced its address, itself: it may be a child elsewhere now, and reached by another way. */
  announced(device: Eui64, address: number): void {
    this.parts.care.announced(device, address)
    this.parts.routing.moved(address)
  }
  /** Parent: another announces these children. Returns those that are children here instead. */
  claimed(devices: readonly Eui64[]): Eui64[] {
    return this.parts.care.claimed(devices)
  }
  /** Parent: another says that these children are its own, though they were announced from here. */
  contested(devices: readonly Eui64[]): void {
    for (const device of devices) this.parts.care.happened(device, 'contested')
  }

  /** What is to be kept over a restart; undefined while on no network. */
  memory(): NwkMemory | undefined {
    const { place, care } = this.parts
    const { network, address, parent } = place
    if (!network) return undefined
    return {
      ...{ network, address, ...(parent !== undefined && { parent }) },
      addresses: place.addresses.list(),
      keys: this.keys.save(),
      children: care.memory(),
    }
  }
  /** A node that was on a network, and has to find back to it: by `resume` or `rejoin`. */
  restore({ network, address, parent, addresses, keys, children }: NwkMemory): void {
    const { place, care } = this.parts
    place.network = network
    place.address = address
    place.parent = parent
    for (const [device, at] of addresses) place.learn(device, at)
    this.keys.restore(keys)
    care.restore(children)
  }
  /** Coordinator: goes on where it was. */
  resume(): void {
    const { network } = this.parts.place
    if (network) this.parts.membership.form(network)
  }

  /** Parent: a child is to leave the network and to come back. */
  sendRound(device: Eui64): void {
    this.parts.care.sendRound(device)
  }

  /** As others may read them. */
  neighbourTable(): ReturnType<typeof neighbourTable> {
    return neighbourTable(this.parts)
  }
  routeTable(): ReturnType<typeof routeTable> {
    return routeTable(this.parts)
  }

  /** Collects what the parent holds. */
  poll(onDone?: (result: { acked: boolean; received: boolean }) => void): void {
    const { parent } = this.parts.place
    if (parent !== undefined) return this.options.mac.poll(parent, onDone)
    this.options.timers.after(0, 'nwk poll', () => onDone?.({ acked: false, received: false }))
  }

  send(
    to: number,
    apdu: Uint8Array,
    { unsecured = false }: { unsecured?: boolean } = {},
    onDone: (outcome: NwkOutcome) => void = () => {},
  ): void {
    if (this.parts.place.isOnNetwork) this.parts.transmitter.data(to, apdu, !unsecured, onDone)
    else this.options.timers.after(0, 'nwk send', () => onDone('not-joined'))
  }

  broadcast(to: number, apdu: Uint8Array): void {
    if (this.parts.place.isOnNetwork) this.parts.transmitter.broadcast(to, apdu)
  }

  addressOf(device: Eui64): number | undefined {
    return this.parts.place.addressOf(device)
  }
  eui64Of(address: number): Eui64 | undefined {
    return this.parts.place.eui64Of(address)
  }
  learn(device: Eui64, address: number): void {
    this.parts.place.learn(device, address)
  }

  /** What this node says of itself when it joins and announces itself. */
  capability(): Capability {
    return this.parts.membership.capability()
  }
}
