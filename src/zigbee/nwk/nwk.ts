/**
 * The NWK layer of one node: frames between nodes that may be several hops apart, under the network key.
 * @source ZigBee PRO, chapter 3; security 4.3
 */
import { WireError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import { isBroadcast } from '../frames/addresses.ts'
import type { Capability } from '../frames/capability.ts'
import { decodeNwkCommand, encodeNwkCommand, type NwkCommand } from '../frames/nwk-commands.ts'
import { decodeNwk, encodeNwk, type NwkHeader } from '../frames/nwk-frame.ts'
import type { Ccm } from '../frames/security.ts'
import type { HeardBeacon, MacOutcome, MacService } from '../mac-service.ts'
import { NWK_BROADCAST, type NwkListener, type NwkOutcome, type NwkService } from '../nwk-service.ts'
import { AddressMap } from './address-map.ts'
import { Broadcasting } from './broadcasting.ts'
import type { Children } from './children.ts'
import type { NetworkKeys } from './network-keys.ts'
import { NwkCommands } from './nwk-command-handler.ts'
import { NwkSecurity, type Opened } from './nwk-security.ts'
import { type Arrival, Parenthood } from './parenthood.ts'
import { Routing } from './routing.ts'

export type NwkRole = 'coordinator' | 'router' | 'end-device'

/** What the owner of the layer hears besides data. */
export interface NwkManager {
  /** Whether frames of a node that holds the network key are taken at all. */
  mayCommunicate?(device: Eui64): boolean
  /** Parent: whether a joiner may associate. */
  mayAssociate?(device: Eui64): boolean
  /** Parent: a device has a short address here; after an association it has no network key yet. */
  onArrival?(device: Eui64, address: number, capability: Capability, how: Arrival): void
  /** A node said that it leaves, or this node was told to (`device` is its own then). */
  onLeave?(device: Eui64, rejoin: boolean): void
  /** A frame of the node proved authentic, or it polled. */
  onHeard?(device: Eui64): void
  /** The network key of that sequence is in use now. */
  onKeySwitched?(sequence: number): void
}

export interface NwkOptions {
  mac: MacService
  timers: Timers
  random: RandomStream
  ccm: Ccm
  role: NwkRole
  /** Listens only after polling. */
  sleepy?: boolean
  manager: NwkManager
}

export interface NetworkSettings {
  panId: number
  extendedPanId: Eui64
  channel: number
}

const PROTOCOL_VERSION = 2
const RADIUS = 30
/** @source ZigBee PRO, 3.5.2: nwkLinkStatusPeriod 15 s */
const LINK_STATUS_US = seconds(15)
const LINK_STATUS_JITTER_US = seconds(1)
/** Wait for a rejoin response. @source apsSecurityTimeOutPeriod, of the order of 10 s */
const REJOIN_US = seconds(10)
const NO_ADDRESS = 0xffff

export class Nwk implements NwkService {
  readonly eui64: Eui64
  readonly addresses = new AddressMap()
  /** Frames refused, by reason. */
  readonly refused = new Map<string, number>()
  private readonly options: NwkOptions
  private readonly mac: MacService
  private readonly security: NwkSecurity
  private readonly parenthood: Parenthood
  private readonly broadcasting: Broadcasting
  private readonly routing: Routing
  private readonly commands: NwkCommands
  private listener: NwkListener = { onData: () => {} }
  private network: NetworkSettings | undefined
  private own = NO_ADDRESS
  private parent: number | undefined
  private sequence: number
  private linkStatusOn = false
  private readonly neighbours = new Set<number>()

  constructor(options: NwkOptions) {
    this.options = options
    this.mac = options.mac
    this.eui64 = options.mac.eui64
    const { manager } = options
    this.security = new NwkSecurity({
      eui64: this.eui64,
      ccm: options.ccm,
      onRefused: reason => this.refuse(reason),
      onKeySwitched: sequence => manager.onKeySwitched?.(sequence),
    })
    this.parenthood = new Parenthood({
      random: options.random,
      addressOf: device => this.addressOf(device),
      eui64Of: address => this.eui64Of(address),
      learn: (device, address) => this.learn(device, address),
      mayAssociate: device => manager.mayAssociate?.(device) !== false,
      onArrival: (device, address, capability, how) => manager.onArrival?.(device, address, capability, how),
    })
    this.broadcasting = new Broadcasting({
      mac: this.mac,
      timers: options.timers,
      random: options.random,
      children: () => this.children.list(),
      floods: options.role !== 'end-device',
      seal: (header, payload) => (this.own === NO_ADDRESS ? undefined : this.security.seal(header, payload)),
    })
    this.routing = new Routing({
      timers: options.timers,
      random: options.random,
      routes: options.role !== 'end-device',
      parent: () => this.parent,
      own: () => this.own,
      isChild: address => this.children.at(address) !== undefined,
      isNear: address => this.children.at(address) !== undefined || this.neighbours.has(address),
      request: command => this.command(command, NWK_BROADCAST.routers),
      reply: (command, hop) => this.command(command, hop),
      passOn: (header, command) => this.broadcasting.flood(strip(header), encodeNwkCommand(command)),
    })
    this.commands = new NwkCommands({
      eui64: this.eui64,
      routing: this.routing,
      children: this.children,
      parent: () => this.parent,
      eui64Of: address => this.eui64Of(address),
      send: (command, to, how) => this.command(command, to, { ...how, radius: 1 }),
      rejoined: (device, claimed, capability, secured) =>
        options.role === 'end-device' || this.own === NO_ADDRESS
          ? undefined
          : this.parenthood.rejoined(device, claimed, capability, secured),
      left: (device, address, rejoin) => {
        this.children.remove(device)
        if (address !== undefined) this.neighbours.delete(address)
        manager.onLeave?.(device, rejoin)
      },
      onRefused: reason => this.refuse(reason),
    })
    this.sequence = options.random.int(256)
    this.mac.listen({
      onData: (npdu, from) => this.receive(npdu, from),
      onAssociation: (device, capability) => this.parenthood.associate(device, capability),
      onAssociated: (device, address) => this.parenthood.associated(device, address),
      onPolled: child => this.onPolled(child),
      beacon: () => this.beacon(),
    })
  }

  get address(): number {
    return this.own
  }
  get settings(): NetworkSettings | undefined {
    return this.network
  }
  get parentAddress(): number | undefined {
    return this.parent
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
    this.settle(network, 0x0000)
  }

  /** Answers scans with an open door, or a closed one. */
  permitJoining(open: boolean): void {
    this.parenthood.open = open
  }

  /** Looks for open networks and associates with the best parent. The network key is still to come. */
  join(channels: readonly number[], onDone: (outcome: 'associated' | 'no-network' | 'refused') => void): void {
    this.mac.scan({ channels }, heard => {
      const best = heard.find(beacon => beacon.associationPermitted && this.hasRoom(beacon))
      if (!best) return onDone('no-network')
      const { channel, panId, address: parent } = best
      this.mac.associate({ channel, panId, parent, capability: this.capability() }, outcome => {
        if (outcome.is !== 'associated') return onDone(outcome.is === 'refused' ? 'refused' : 'no-network')
        this.parent = parent
        this.neighbours.add(parent)
        this.settle({ panId, channel, extendedPanId: best.network.extendedPanId }, outcome.address)
        onDone('associated')
      })
    })
  }

  /** Back onto the known network, under the network key or, `unsecured`, in the hope of a new one. */
  rejoin(options: { unsecured: boolean }, onDone: (done: boolean) => void): void {
    const { network } = this
    if (!network) return void this.options.timers.after(0, 'nwk rejoin', () => onDone(false))
    this.mac.scan({ channels: [network.channel] }, heard => {
      const best = heard.find(b => b.panId === network.panId && b.network.extendedPanId === network.extendedPanId)
      if (!best) return onDone(false)
      this.parent = best.address
      this.neighbours.add(best.address)
      const finish = (address: number | undefined) => {
        deadline.cancel()
        this.commands.awaitRejoin(undefined)
        if (address !== undefined) this.settle(network, address)
        onDone(address !== undefined)
      }
      const deadline = this.options.timers.after(REJOIN_US, 'nwk rejoin response', () => finish(undefined))
      this.commands.awaitRejoin({ unsecured: options.unsecured, finish })
      this.command({ name: 'RejoinRequest', capability: this.capability() }, best.address, {
        unsecured: options.unsecured,
        sourceEui64: true,
        radius: 1,
      })
    })
  }

  /** Tells the others and is off the network. */
  leave(onDone: () => void = () => {}): void {
    const gone = () => {
      this.abandon()
      onDone()
    }
    if (this.own === NO_ADDRESS) return void this.options.timers.after(0, 'nwk left', gone)
    const command: NwkCommand = { name: 'Leave', rejoin: false, request: false, removeChildren: false }
    this.command(command, NWK_BROADCAST.rxOnWhenIdle, { sourceEui64: true, radius: 1 }, gone)
  }

  /** Parent: takes a child off the network. A sleeper is told when it next polls. */
  dismiss(device: Eui64): void {
    const child = this.children.of(device)
    if (!child) return
    if (!child.dismissed) this.mac.dropIndirect(child.address)
    child.dismissed = true
    const command: NwkCommand = { name: 'Leave', rejoin: false, request: true, removeChildren: false }
    const options = { sourceEui64: true, destinationEui64: device, radius: 1 }
    this.command(command, child.address, options, outcome => {
      if (outcome === 'sent' && child.dismissed) this.children.remove(device)
    })
  }

  /** A child has found another parent. */
  disown(device: Eui64): void {
    const child = this.children.remove(device)
    if (!child) return
    this.mac.dropIndirect(child.address)
    this.neighbours.delete(child.address)
  }

  /** Forgets the network: keys, addresses, children. */
  abandon(): void {
    this.own = NO_ADDRESS
    this.parent = undefined
    this.network = undefined
    this.linkStatusOn = false
    this.keys.forget()
    this.children.clear()
    this.addresses.clear()
    this.routing.clear()
    this.neighbours.clear()
    this.mac.configure({ address: NO_ADDRESS, panId: 0xffff })
  }

  poll(onDone?: (result: { acked: boolean; received: boolean }) => void): void {
    if (this.parent === undefined) {
      this.options.timers.after(0, 'nwk poll', () => onDone?.({ acked: false, received: false }))
    } else this.mac.poll(this.parent, onDone)
  }

  send(
    to: number,
    apdu: Uint8Array,
    options: { unsecured?: boolean } = {},
    onDone: (outcome: NwkOutcome) => void = () => {},
  ): void {
    if (this.own === NO_ADDRESS) return void this.options.timers.after(0, 'nwk send', () => onDone('not-joined'))
    const header = this.header('data', to, {})
    const unsecured = options.unsecured ?? false
    this.routing.nextHop(to, hop => {
      if (hop === undefined) return onDone('no-route')
      this.transmit(hop, header, apdu.slice(), !unsecured, onDone)
    })
  }

  broadcast(to: number, apdu: Uint8Array): void {
    if (this.own === NO_ADDRESS) return
    const header = this.header('data', to, {})
    this.floodOwn(header, apdu)
  }

  addressOf(device: Eui64): number | undefined {
    return device === this.eui64 ? this.own : this.addresses.addressOf(device)
  }
  eui64Of(address: number): Eui64 | undefined {
    return address === this.own ? this.eui64 : this.addresses.eui64Of(address)
  }
  learn(device: Eui64, address: number): void {
    this.addresses.learn(device, address)
  }

  private settle(network: NetworkSettings, address: number): void {
    this.network = network
    this.own = address
    this.mac.configure({
      channel: network.channel,
      panId: network.panId,
      address,
      rxOnWhenIdle: this.options.sleepy !== true,
    })
    if (this.options.role !== 'end-device' && !this.linkStatusOn) {
      this.linkStatusOn = true
      this.planLinkStatus()
    }
  }

  private header(
    type: 'data' | 'command',
    destination: number,
    extra: { sourceEui64?: boolean; destinationEui64?: Eui64; radius?: number },
  ): NwkHeader {
    this.sequence = (this.sequence + 1) & 0xff
    return {
      type,
      protocolVersion: PROTOCOL_VERSION,
      discoverRoute: type === 'data' && !isBroadcast(destination) ? 'enable' : 'suppress',
      endDeviceInitiator: false,
      destination,
      source: this.own,
      radius: extra.radius ?? RADIUS,
      sequence: this.sequence,
      ...(extra.sourceEui64 && { sourceEui64: this.eui64 }),
      ...(extra.destinationEui64 !== undefined && { destinationEui64: extra.destinationEui64 }),
    }
  }

  private command(
    command: NwkCommand,
    to: number,
    options: { unsecured?: boolean; sourceEui64?: boolean; destinationEui64?: Eui64; radius?: number } = {},
    onDone: (outcome: NwkOutcome) => void = () => {},
  ): void {
    const header = this.header('command', to, options)
    const payload = encodeNwkCommand(command)
    if (isBroadcast(to)) {
      this.floodOwn(header, payload, onDone)
    } else this.transmit(to, header, payload, options.unsecured !== true, onDone)
  }

  /** A broadcast of this node's: an end device leaves the flooding to its parent. */
  private floodOwn(header: NwkHeader, payload: Uint8Array, onDone: (outcome: NwkOutcome) => void = () => {}): void {
    this.broadcasting.isNew(header)
    if (this.options.role === 'end-device' && this.parent !== undefined) {
      this.transmit(this.parent, header, payload, true, onDone)
    } else this.broadcasting.flood(header, payload, onDone)
  }

  /** One hop, under the network key: with this node's counter, whoever sent the frame first. */
  private transmit(
    hop: number,
    header: NwkHeader,
    payload: Uint8Array,
    secured: boolean,
    onDone: (outcome: NwkOutcome) => void,
  ): void {
    const npdu = this.encode(header, payload, secured)
    if (!npdu) return void this.options.timers.after(0, 'nwk no key', () => onDone('not-joined'))
    const done = (outcome: MacOutcome) => this.confirm(hop, outcome, onDone)
    if (this.children.at(hop)?.sleepy) this.mac.sendIndirect(hop, npdu, done)
    else this.mac.send(hop, npdu, done)
  }

  private confirm(hop: number, outcome: MacOutcome, onDone: (outcome: NwkOutcome) => void): void {
    if (outcome === 'no-ack') {
      this.routing.lost(hop)
      if (hop !== this.parent) this.neighbours.delete(hop)
    }
    onDone(outcome === 'sent' ? 'sent' : outcome === 'expired' || outcome === 'refused' ? 'expired' : 'no-ack')
  }

  private encode(header: NwkHeader, payload: Uint8Array, secured: boolean): Uint8Array | undefined {
    return secured ? this.security.seal(header, payload) : encodeNwk(header, payload)
  }

  private receive(npdu: Uint8Array, from: { source: number; broadcast: boolean; lqi: number }): void {
    try {
      const frame = decodeNwk(npdu)
      const opened = this.security.open(frame)
      if (opened) this.take(frame.header, opened, from)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.refuse(error.code)
    }
  }

  private take(header: NwkHeader, { payload, sender, secured }: Opened, from: { source: number }): void {
    if (header.source === this.own && this.own !== NO_ADDRESS) return
    if (sender !== undefined) {
      const child = this.children.of(sender)
      if (child?.dismissed || this.options.manager.mayCommunicate?.(sender) === false) {
        this.dismiss(sender)
        return void this.refuse('nwk.not-admitted')
      }
      this.learn(sender, from.source)
      if (child) child.authenticated = true
      this.options.manager.onHeard?.(sender)
    }
    if (secured && header.sourceEui64 !== undefined) this.learn(header.sourceEui64, header.source)
    if (secured && this.options.role !== 'end-device' && !this.children.at(from.source)?.sleepy) {
      this.neighbours.add(from.source)
    }
    if (isBroadcast(header.destination)) return this.takeBroadcast(header, payload, secured, from.source)
    if (header.destination !== this.own) return this.forward(header, payload, secured)
    this.deliver(header, payload, secured, from.source, false)
  }

  private takeBroadcast(header: NwkHeader, payload: Uint8Array, secured: boolean, hop: number): void {
    if (!secured || !this.broadcasting.isNew(header)) return
    const { role, sleepy } = this.options
    const forMe =
      header.destination === NWK_BROADCAST.all ||
      (header.destination === NWK_BROADCAST.rxOnWhenIdle && !sleepy) ||
      (header.destination === NWK_BROADCAST.routers && role !== 'end-device')
    if (header.type === 'data') this.broadcasting.passOn(strip(header), payload)
    if (forMe) this.deliver(header, payload, secured, hop, true)
  }

  private forward(header: NwkHeader, payload: Uint8Array, secured: boolean): void {
    if (this.options.role === 'end-device' || header.radius <= 1 || !secured) return
    const onward = strip({ ...header, radius: header.radius - 1 })
    this.routing.nextHop(header.destination, hop => {
      if (hop === undefined) return this.refuse('nwk.no-route')
      this.transmit(hop, onward, payload, true, () => {})
    })
  }

  private deliver(header: NwkHeader, payload: Uint8Array, secured: boolean, hop: number, broadcast: boolean): void {
    const origin = secured && header.source !== hop ? this.eui64Of(header.source) : undefined
    if (origin !== undefined) {
      if (this.options.manager.mayCommunicate?.(origin) === false) return void this.refuse('nwk.not-admitted')
      this.options.manager.onHeard?.(origin)
    }
    if (header.type === 'command') return this.commands.obey(decodeNwkCommand(payload), { header, secured, hop })
    this.listener.onData(payload, {
      source: header.source,
      eui64: this.eui64Of(header.source),
      broadcast,
      secured,
    })
  }

  private beacon() {
    const { network } = this
    if (!network || this.own === NO_ADDRESS || this.options.role === 'end-device') return undefined
    return this.parenthood.beacon(network.extendedPanId, this.options.role === 'coordinator' ? 0 : 1)
  }

  private onPolled(child: number | Eui64): void {
    const device = typeof child === 'number' ? this.children.at(child)?.device : child
    const known = device === undefined ? undefined : this.children.of(device)
    if (known?.dismissed) this.dismiss(known.device)
    else if (known?.authenticated) this.options.manager.onHeard?.(known.device)
  }

  private planLinkStatus(): void {
    const { timers, random } = this.options
    timers.after(LINK_STATUS_US + random.int(LINK_STATUS_JITTER_US), 'nwk link status', () => {
      if (!this.linkStatusOn) return
      const links = [...this.neighbours].slice(0, 26).map(address => ({ address, cost: { incoming: 1, outgoing: 1 } }))
      const command: NwkCommand = { name: 'LinkStatus', firstFrame: true, lastFrame: true, links }
      this.command(command, NWK_BROADCAST.routers, { radius: 1 })
      this.planLinkStatus()
    })
  }

  /** What this node says of itself when it joins and announces itself. */
  capability(): Capability {
    const router = this.options.role !== 'end-device'
    return {
      alternatePanCoordinator: false,
      fullFunctionDevice: router,
      mainsPowered: router,
      rxOnWhenIdle: this.options.sleepy !== true,
      security: false,
      allocateAddress: true,
    }
  }

  private hasRoom({ network }: HeardBeacon): boolean {
    const { routerCapacity, endDeviceCapacity } = network.network
    return this.options.role === 'end-device' ? endDeviceCapacity : routerCapacity
  }

  private refuse(reason: string): undefined {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

/** The header without the security of the hop before. */
const strip = ({ auxiliary: _, ...header }: NwkHeader): NwkHeader => header
