/**
 * The NWK layer of one node: frames between nodes that may be several hops apart, under the network key.
 * @source ZigBee PRO, chapter 3; security 4.3
 */
import type { Eui64 } from '../../base/ids.ts'
import type { Capability } from '../frames/capability.ts'
import { encodeNwkCommand } from '../frames/nwk-commands.ts'
import type { MacService } from '../mac-service.ts'
import { NWK_BROADCAST, type NwkListener, type NwkOutcome, type NwkService } from '../nwk-service.ts'
import type { AddressMap } from './address-map.ts'
import { Broadcasting } from './broadcasting.ts'
import type { Children } from './children.ts'
import { Concentrator } from './concentrator.ts'
import { LinkStatus } from './link-status.ts'
import { Membership, type RejoinOptions } from './membership.ts'
import { Neighbours } from './neighbours.ts'
import type { NetworkKeys } from './network-keys.ts'
import { NwkCommands } from './nwk-command-handler.ts'
import type { NwkOptions } from './nwk-options.ts'
import { NwkSecurity } from './nwk-security.ts'
import { Parenthood } from './parenthood.ts'
import { type NetworkSettings, Place } from './place.ts'
import { Receiver, strip } from './receiver.ts'
import { Routing } from './routing.ts'
import { MOST_RELAYS } from './source-routes.ts'
import { Transmitter } from './transmitter.ts'

export type { NwkManager, NwkOptions, NwkRole } from './nwk-options.ts'
export type { NetworkSettings } from './place.ts'

export class Nwk implements NwkService {
  readonly eui64: Eui64
  /** Frames refused, by reason. */
  readonly refused = new Map<string, number>()
  private readonly options: NwkOptions
  private readonly mac: MacService
  private readonly place: Place
  private readonly security: NwkSecurity
  private readonly parenthood: Parenthood
  private readonly routing: Routing
  private readonly transmitter: Transmitter
  private readonly linkStatus: LinkStatus
  private readonly concentrator: Concentrator
  private readonly membership: Membership
  private readonly neighbours: Neighbours
  private listener: NwkListener = { onData: () => {} }

  constructor(options: NwkOptions) {
    this.options = options
    const { mac, timers, random, role, manager, sleepy = false } = options
    this.mac = mac
    this.eui64 = mac.eui64
    const place = new Place(mac.eui64)
    this.place = place
    const onRefused = (reason: string) => void this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
    const security = new NwkSecurity({
      eui64: mac.eui64,
      ccm: options.ccm,
      onRefused,
      onKeySwitched: sequence => manager.onKeySwitched?.(sequence),
    })
    this.security = security
    const routes = role !== 'end-device'
    const concentrates = options.concentrator ?? role === 'coordinator'
    const parenthood = new Parenthood({
      mac,
      random,
      place,
      manager,
      command: (command, to, how, onDone) => this.transmitter.command(command, to, how, onDone),
    })
    this.parenthood = parenthood
    const { children } = parenthood
    const broadcasting = new Broadcasting({
      mac,
      timers,
      random,
      children: () => children.list(),
      floods: routes,
      seal: (header, payload) => (place.isOnNetwork ? security.seal(header, payload) : undefined),
    })
    const neighbours = new Neighbours(address => routing.lost(address))
    this.neighbours = neighbours
    const routing: Routing = new Routing({
      timers,
      random,
      routes,
      concentrates,
      place,
      neighbours,
      isInCare: address => {
        const child = children.at(address)
        return child !== undefined && !(child.router && child.authenticated)
      },
      request: command => {
        const radius = command.manyToOne === 'no' ? {} : { radius: MOST_RELAYS }
        this.transmitter.command(command, NWK_BROADCAST.routers, radius)
      },
      reply: (command, hop) => this.transmitter.command(command, hop),
      passOn: (header, command) => broadcasting.flood(strip(header), encodeNwkCommand(command)),
      onFailure: () => {
        if (concentrates) this.concentrator.renew()
      },
    })
    this.routing = routing
    const transmitter = new Transmitter({
      mac,
      timers,
      random,
      role,
      place,
      security,
      children,
      routing,
      broadcasting,
      onLost: hop => {
        neighbours.forget(hop)
        routing.lost(hop)
      },
    })
    this.transmitter = transmitter
    const commands = new NwkCommands({
      eui64: mac.eui64,
      routing,
      neighbours,
      own: () => place.address,
      children,
      parent: () => place.parent,
      eui64Of: address => place.eui64Of(address),
      send: (command, to, how) => transmitter.command(command, to, { ...how, radius: 1 }),
      rejoined: (device, claimed, capability, secured) =>
        routes && place.isOnNetwork ? parenthood.rejoined(device, claimed, capability, secured) : undefined,
      left: (device, address, rejoin) => {
        children.remove(device)
        if (address !== undefined) neighbours.forget(address)
        manager.onLeave?.(device, rejoin)
      },
      onRefused,
    })
    this.linkStatus = new LinkStatus({
      timers,
      random,
      neighbours,
      send: command => transmitter.command(command, NWK_BROADCAST.routers, { radius: 1 }),
    })
    this.concentrator = new Concentrator({ timers, random, request: () => routing.requestMany() })
    this.membership = new Membership({
      mac,
      timers,
      role,
      sleepy,
      place,
      transmitter,
      commands,
      onParent: (address, lqi) => neighbours.heard(address, lqi),
      onSettled: () => {
        if (routes) this.linkStatus.start()
        if (concentrates) this.concentrator.start()
      },
      onGone: () => this.forget(),
    })
    const receiver = new Receiver({
      role,
      sleepy,
      manager,
      place,
      neighbours,
      security,
      parenthood,
      broadcasting,
      transmitter,
      commands,
      listener: () => this.listener,
      onRefused,
    })
    mac.listen({
      onData: (npdu, from) => receiver.receive(npdu, from),
      onAssociation: (device, capability) => parenthood.associate(device, capability),
      onAssociated: (device, address) => parenthood.associated(device, address),
      onPolled: child => parenthood.polled(child),
      beacon: () => this.beacon(),
    })
  }

  get address(): number {
    return this.place.address
  }
  get addresses(): AddressMap {
    return this.place.addresses
  }
  get settings(): NetworkSettings | undefined {
    return this.place.network
  }
  get parentAddress(): number | undefined {
    return this.place.parent
  }
  get keys(): NetworkKeys {
    return this.security.keys
  }
  get children(): Children {
    return this.parenthood.children
  }

  listen(listener: NwkListener): void {
    this.listener = listener
  }

  /** Coordinator: the network begins here. */
  form(network: NetworkSettings, key: { key: Uint8Array; sequence: number }): void {
    this.keys.install(key)
    this.membership.form(network)
  }

  /** Answers scans with an open door, or a closed one. */
  permitJoining(open: boolean): void {
    this.parenthood.open = open
  }

  /** Looks for open networks and associates with the best parent. The network key is still to come. */
  join(channels: readonly number[], onDone: (outcome: 'associated' | 'no-network' | 'refused') => void): void {
    this.membership.join(channels, onDone)
  }

  /** Back onto the known network, under the network key or, `unsecured`, in the hope of a new one. */
  rejoin(options: RejoinOptions, onDone: (done: boolean) => void): void {
    this.membership.rejoin(options, onDone)
  }

  /** Tells the others and is off the network. */
  leave(onDone: () => void = () => {}): void {
    this.membership.leave(onDone)
  }

  /** Forgets the network: keys, addresses, children. */
  abandon(): void {
    this.membership.abandon()
  }

  /** Parent: takes a child off the network. A sleeper is told when it next polls. */
  dismiss(device: Eui64): void {
    this.parenthood.dismiss(device)
  }

  /** A child has found another parent. */
  disown(device: Eui64): void {
    const child = this.parenthood.disown(device)
    if (child) this.neighbours.forget(child.address)
  }

  /** Collects what the parent holds. */
  poll(onDone?: (result: { acked: boolean; received: boolean }) => void): void {
    const { parent } = this.place
    if (parent !== undefined) return this.mac.poll(parent, onDone)
    this.options.timers.after(0, 'nwk poll', () => onDone?.({ acked: false, received: false }))
  }

  send(
    to: number,
    apdu: Uint8Array,
    { unsecured = false }: { unsecured?: boolean } = {},
    onDone: (outcome: NwkOutcome) => void = () => {},
  ): void {
    if (this.place.isOnNetwork) this.transmitter.data(to, apdu, !unsecured, onDone)
    else this.options.timers.after(0, 'nwk send', () => onDone('not-joined'))
  }

  broadcast(to: number, apdu: Uint8Array): void {
    if (this.place.isOnNetwork) this.transmitter.broadcast(to, apdu)
  }

  addressOf(device: Eui64): number | undefined {
    return this.place.addressOf(device)
  }
  eui64Of(address: number): Eui64 | undefined {
    return this.place.eui64Of(address)
  }
  learn(device: Eui64, address: number): void {
    this.place.learn(device, address)
  }

  /** What this node says of itself when it joins and announces itself. */
  capability(): Capability {
    return this.membership.capability()
  }

  private forget(): void {
    this.linkStatus.stop()
    this.concentrator.stop()
    this.keys.forget()
    this.children.clear()
    this.routing.clear()
    this.neighbours.clear()
  }

  private beacon() {
    const { network, isOnNetwork } = this.place
    const { role } = this.options
    if (!network || !isOnNetwork || role === 'end-device') return undefined
    return this.parenthood.beacon(network.extendedPanId, role === 'coordinator' ? 0 : 1)
  }
}
