/** Frames that come in: believed or refused, taken, passed on, or sent further on their way. */
import { WireError } from '../../base/errors.ts'
import { isBroadcast } from '../frames/addresses.ts'
import { decodeNwkCommand, encodeNwkCommand, NetworkStatus } from '../frames/nwk-commands.ts'
import { decodeNwk, type NwkHeader } from '../frames/nwk-frame.ts'
import { NWK_BROADCAST, type NwkListener } from '../nwk-service.ts'
import type { Broadcasting } from './broadcasting.ts'
import type { ChildCare } from './child-care.ts'
import type { Neighbours } from './neighbours.ts'
import type { NwkCommands } from './nwk-command-handler.ts'
import type { NwkManager, NwkRole } from './nwk-options.ts'
import type { NwkSecurity, Opened } from './nwk-security.ts'
import type { Place } from './place.ts'
import type { Routing } from './routing.ts'
import { MOST_RELAYS, relayed, type SourceRoute } from './source-routes.ts'
import type { Transmitter } from './transmitter.ts'

export interface ReceiverOptions {
  role: NwkRole
  sleepy: boolean
  manager: NwkManager
  place: Place
  neighbours: Neighbours
  security: NwkSecurity
  care: ChildCare
  broadcasting: Broadcasting
  routing: Pick<Routing, 'cameAlong'>
  transmitter: Transmitter
  commands: NwkCommands
  listener: () => NwkListener
  onRefused: (reason: string) => void
}

/** How a frame came: which neighbour sent it on, and how well it was heard. */
export interface Hop {
  source: number
  broadcast: boolean
  lqi: number
  rssiDbm: number
}

/** Command ids. @source ZigBee PRO, 3.4.1, 3.4.4, 3.4.5 */
const ROUTE_REQUEST = 0x01
const LEAVE = 0x04
const ROUTE_RECORD = 0x05

export class Receiver {
  private readonly options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.options = options
  }

  /** Octets from outside never throw. */
  receive(npdu: Uint8Array, from: Hop): void {
    // A sleeper that happens to be awake. What concerns it, its parent holds for it: under an older frame counter, perhaps.
    if (this.options.sleepy && from.broadcast) return
    try {
      const frame = decodeNwk(npdu)
      const opened = this.options.security.open(frame)
      if (opened) this.take(frame.header, opened, from)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.options.onRefused(error.code)
    }
  }

  private take(header: NwkHeader, { payload, sender, secured }: Opened, from: Hop): void {
    const { place, care, manager, routing, onRefused } = this.options
    if (header.source === place.address && place.isOnNetwork) return
    if (sender !== undefined) {
      if (manager.mayCommunicate?.(sender) === false) {
        care.happened(sender, 'dismiss')
        return onRefused('nwk.not-admitted')
      }
      care.happened(sender, 'proved')
      if (care.children.of(sender)?.life === 'dismissed') return onRefused('nwk.not-admitted')
      place.learn(sender, from.source)
      if (!isFarewell(header, payload)) manager.onHeard?.(sender)
    }
    if (secured && header.sourceEui64 !== undefined) place.learn(header.sourceEui64, header.source)
    if (secured) {
      this.heard(header, from)
      if (this.isStray(header, from)) {
        care.turnAway(from.source)
        return onRefused('nwk.unknown-child')
      }
    }
    if (isBroadcast(header.destination)) return this.takeBroadcast(header, payload, secured, from)
    if (secured && header.sourceRoute) routing.cameAlong(header)
    if (header.destination !== place.address) return this.forward(header, payload, secured, from.source)
    this.deliver(header, payload, secured, from, false)
  }

  /** Routers are neighbours; an end device has none, and is none. */
  private heard(header: NwkHeader, { source, lqi }: Hop): void {
    const { role, care, neighbours } = this.options
    const child = care.children.at(source)
    if (child) child.lqi = lqi
    const isEndDevice = child ? !child.router : header.endDeviceInitiator && header.source === source
    if (role !== 'end-device' && !isEndDevice) neighbours.heard(source, lqi)
  }

  /** Data of an end device that takes this node for its parent, wrongly. */
  private isStray({ type, endDeviceInitiator, source }: NwkHeader, from: Hop): boolean {
    const { role, care } = this.options
    if (role === 'end-device' || type !== 'data' || !endDeviceInitiator || from.broadcast) return false
    return source === from.source && !care.children.at(source)
  }

  private takeBroadcast(header: NwkHeader, payload: Uint8Array, secured: boolean, from: Hop): void {
    const { broadcasting, role, sleepy } = this.options
    if (!secured) return
    // Of a request for a route each copy counts: a later one may have come a cheaper way.
    if (header.type === 'command' && payload[0] === ROUTE_REQUEST)
      return this.deliver(header, payload, true, from, true)
    if (!broadcasting.isNew(header)) return
    const forMe =
      header.destination === NWK_BROADCAST.all ||
      (header.destination === NWK_BROADCAST.rxOnWhenIdle && !sleepy) ||
      (header.destination === NWK_BROADCAST.routers && role !== 'end-device')
    if (header.type === 'data') broadcasting.passOn(strip(header), payload)
    if (forMe) this.deliver(header, payload, secured, from, true)
  }

  private forward(header: NwkHeader, payload: Uint8Array, secured: boolean, hop: number): void {
    const { role, transmitter, onRefused } = this.options
    if (role === 'end-device' || header.radius <= 1 || !secured) return
    const onward = strip({ ...header, radius: header.radius - 1 })
    if (header.sourceRoute) return this.relay(onward, header.sourceRoute, payload)
    if (header.type === 'command' && payload[0] === ROUTE_RECORD) return this.addToRecord(onward, payload)
    transmitter.forward(onward, payload, hop, outcome => {
      if (outcome === 'no-route') onRefused('nwk.no-route')
      if (outcome === 'no-route' || outcome === 'no-ack') transmitter.reportFailure(onward, outcome)
    })
  }

  /** One relay further on a way that its sender knows. */
  private relay(header: NwkHeader, sourceRoute: SourceRoute, payload: Uint8Array): void {
    const { transmitter, place, onRefused } = this.options
    const next = relayed(sourceRoute, place.address, header.destination)
    if (!next) return onRefused('nwk.source-route')
    transmitter.hop(next.hop, { ...header, sourceRoute: next.sourceRoute }, payload, true, outcome => {
      if (outcome !== 'no-ack') return
      transmitter.tellStatus(header.source, NetworkStatus.SOURCE_ROUTE_FAILURE, header.destination)
    })
  }

  /** A record of relays, with this one as the last. */
  private addToRecord(header: NwkHeader, payload: Uint8Array): void {
    const { transmitter, place, onRefused } = this.options
    const command = decodeNwkCommand(payload)
    if (command.name !== 'RouteRecord' || command.relays.length >= MOST_RELAYS) return onRefused('nwk.route-record')
    const relays = [...command.relays, place.address]
    transmitter.route(header, encodeNwkCommand({ name: 'RouteRecord', relays }), true, () => {})
  }

  private deliver(header: NwkHeader, payload: Uint8Array, secured: boolean, from: Hop, broadcast: boolean): void {
    const { place, care, manager, commands, listener, onRefused } = this.options
    const { source: hop, lqi, rssiDbm } = from
    const child = care.children.at(header.source)
    // An end device speaks to its parent only.
    if (secured && child && !child.router && hop !== header.source) care.happened(child.device, 'moved')
    const origin = secured && header.source !== hop ? place.eui64Of(header.source) : undefined
    if (origin !== undefined) {
      if (manager.mayCommunicate?.(origin) === false) return onRefused('nwk.not-admitted')
      manager.onHeard?.(origin)
    }
    if (header.type === 'command') return commands.obey(decodeNwkCommand(payload), { header, secured, hop })
    const { source } = header
    listener().onData(payload, { source, eui64: place.eui64Of(source), broadcast, secured, lqi, rssiDbm })
  }
}

/** The header without the security of the hop before. */
export const strip = ({ auxiliary: _, ...header }: NwkHeader): NwkHeader => header

/** The last word of a node that goes does not show that it is there. */
const isFarewell = ({ type }: NwkHeader, payload: Uint8Array): boolean => type === 'command' && payload[0] === LEAVE
