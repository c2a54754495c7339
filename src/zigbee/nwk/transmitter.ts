/** Frames of this node's on their way out: header, route, network key, and the MAC of the next hop. */
import type { Eui64 } from '../../base/ids.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import { isBroadcast } from '../frames/addresses.ts'
import { encodeNwkCommand, NetworkStatus, type NwkCommand } from '../frames/nwk-commands.ts'
import { encodeNwk, type NwkHeader } from '../frames/nwk-frame.ts'
import { MAX_NPDU } from '../mac/limits.ts'
import type { MacOutcome, MacService } from '../mac-service.ts'
import type { NwkOutcome } from '../nwk-service.ts'
import type { Broadcasting } from './broadcasting.ts'
import type { Child, Children } from './children.ts'
import type { NwkRole } from './nwk-options.ts'
import type { NwkSecurity } from './nwk-security.ts'
import type { Place } from './place.ts'
import type { Routing } from './routing.ts'

/** How a command goes out, where it is not the usual way. */
export interface CommandOptions {
  unsecured?: boolean
  sourceEui64?: boolean
  destinationEui64?: Eui64 | undefined
  radius?: number
  /** For a node that polls without being a child: held until it does so again. */
  held?: boolean
}

export interface TransmitterOptions {
  mac: MacService
  timers: Timers
  random: RandomStream
  role: NwkRole
  place: Place
  security: NwkSecurity
  children: Children
  routing: Routing
  broadcasting: Broadcasting
  /** A hop did not acknowledge. */
  onLost: (hop: number) => void
  /** A sleeper did not collect a frame in time. */
  onUncollected: (child: Child) => void
}

const PROTOCOL_VERSION = 2
const RADIUS = 30
/** NWK and auxiliary header, integrity code, and a source route without relays. */
const HEADERS = 8 + 14 + 4 + 2

type OnDone = (outcome: NwkOutcome) => void

export class Transmitter {
  private readonly options: TransmitterOptions
  private sequence: number

  constructor(options: TransmitterOptions) {
    this.options = options
    this.sequence = options.random.int(256)
  }

  /** Data to one node, however far. */
  data(to: number, apdu: Uint8Array, secured: boolean, onDone: OnDone): void {
    const header = this.header('data', to, {})
    const payload = apdu.slice()
    const { routing, timers, role } = this.options
    // A key on its way to somebody who cannot read the network's frames: nobody passes that on.
    if (!secured && role !== 'end-device') {
      return void timers.after(0, 'nwk route', () => this.hop(to, header, payload, false, onDone))
    }
    const relays = routing.relaysTo(to)
    const first = relays?.at(-1)
    if (!relays || first === undefined || HEADERS + 2 * relays.length + payload.length > MAX_NPDU) {
      return this.route(header, payload, secured, onDone)
    }
    const sourceRoute = { relayIndex: relays.length - 1, relays }
    timers.after(0, 'nwk route', () => this.hop(first, { ...header, sourceRoute }, payload, true, onDone))
  }

  /** Tells a node, however far, that the way of its frames to a destination came to nothing. */
  tellStatus(to: number, status: number, destination: number): void {
    const command: NwkCommand = { name: 'NetworkStatus', status, destination }
    this.route(this.header('command', to, {}), encodeNwkCommand(command), true, () => {})
  }

  /**
   * A frame of another's could not be handed on: who sent it looks for another way then, and a concentrator makes itself known
   * again. A child of this node has no other way than this node, which looks itself.
   */
  reportFailure({ source, destination, type }: NwkHeader, outcome: 'no-route' | 'no-ack'): void {
    const { children, routing } = this.options
    if (type !== 'data') return
    const { NO_ROUTE_AVAILABLE, NON_TREE_LINK_FAILURE, MANY_TO_ONE_ROUTE_FAILURE } = NetworkStatus
    const status = outcome === 'no-route' ? NO_ROUTE_AVAILABLE : NON_TREE_LINK_FAILURE
    if (!children.at(source)) this.tellStatus(source, status, destination)
    if (outcome === 'no-ack' && routing.concentrators.get(destination)) {
      this.tellStatus(destination, MANY_TO_ONE_ROUTE_FAILURE, source)
    }
  }

  /** Another's frame on its way by the best route there is, which does not lead back to the neighbour it came from. */
  forward(header: NwkHeader, payload: Uint8Array, from: number, onDone: OnDone): void {
    this.options.routing.cameBy(from, header.destination)
    this.route(header, payload, true, onDone)
  }

  /** On its way by the best route there is. */
  route(header: NwkHeader, payload: Uint8Array, secured: boolean, onDone: OnDone): void {
    this.options.routing.nextHop(header.destination, hop => {
      if (hop === undefined) return onDone('no-route')
      if (header.type === 'data' && secured) this.record(header, hop)
      this.hop(hop, header, payload, secured, onDone)
    })
  }

  /** The way of the frame behind it, where a concentrator is to know it. */
  private record(frame: NwkHeader, hop: number): void {
    const relays = this.options.routing.recordDue(frame, hop)
    if (!relays) return
    const header = { ...this.header('command', frame.destination, {}), source: frame.source }
    this.hop(hop, header, encodeNwkCommand({ name: 'RouteRecord', relays }), true, () => {})
  }

  /** Data to many. */
  broadcast(to: number, apdu: Uint8Array): void {
    this.flood(this.header('data', to, {}), apdu)
  }

  /** A command to a neighbour or to many. */
  command(command: NwkCommand, to: number, options: CommandOptions = {}, onDone: OnDone = () => {}): void {
    const header = this.header('command', to, options)
    const payload = encodeNwkCommand(command)
    if (isBroadcast(to)) this.flood(header, payload, onDone)
    else this.hop(to, header, payload, options.unsecured !== true, onDone, options.held)
  }

  /** One hop, under the network key: with this node's counter, whoever sent the frame first. */
  hop(hop: number, header: NwkHeader, payload: Uint8Array, secured: boolean, onDone: OnDone, held = false): void {
    const { security, timers, children, mac } = this.options
    const npdu = secured ? security.seal(header, payload) : encodeNwk(header, payload)
    if (!npdu) return void timers.after(0, 'nwk no key', () => onDone('not-joined'))
    const done = (outcome: MacOutcome) => {
      if (outcome === 'no-ack') this.options.onLost(hop)
      const child = outcome === 'expired' ? children.at(hop) : undefined
      if (child) this.options.onUncollected(child)
      onDone(outcome === 'sent' ? 'sent' : outcome === 'expired' || outcome === 'refused' ? 'expired' : 'no-ack')
    }
    if (held || children.at(hop)?.sleepy) mac.sendIndirect(hop, npdu, done)
    else mac.send(hop, npdu, done)
  }

  /** A broadcast of this node's: an end device leaves the flooding to its parent. */
  private flood(header: NwkHeader, payload: Uint8Array, onDone: OnDone = () => {}): void {
    const { broadcasting, role, place } = this.options
    broadcasting.isNew(header)
    if (role === 'end-device' && place.parent !== undefined) this.hop(place.parent, header, payload, true, onDone)
    else broadcasting.flood(header, payload, onDone)
  }

  private header(type: 'data' | 'command', destination: number, extra: CommandOptions): NwkHeader {
    const { place } = this.options
    this.sequence = (this.sequence + 1) & 0xff
    return {
      type,
      protocolVersion: PROTOCOL_VERSION,
      discoverRoute: type === 'data' && !isBroadcast(destination) ? 'enable' : 'suppress',
      endDeviceInitiator: this.options.role === 'end-device',
      destination,
      source: place.address,
      radius: extra.radius ?? RADIUS,
      sequence: this.sequence,
      ...(extra.sourceEui64 && { sourceEui64: place.eui64 }),
      ...(extra.destinationEui64 !== undefined && { destinationEui64: extra.destinationEui64 }),
    }
  }
}
