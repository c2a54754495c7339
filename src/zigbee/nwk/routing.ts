/**
 * The way to nodes out of earshot: an end device asks its parent, a router keeps routes and looks for those it lacks.
 * @source ZigBee PRO, 3.6.3 routing
 */
import { milliseconds } from '../../base/time.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import type { NwkCommand } from '../frames/nwk-commands.ts'
import type { NwkHeader } from '../frames/nwk-frame.ts'
import { Routes } from './routes.ts'

type RouteRequest = Extract<NwkCommand, { name: 'RouteRequest' }>
type RouteReply = Extract<NwkCommand, { name: 'RouteReply' }>

export interface RoutingOptions {
  timers: Timers
  random: RandomStream
  /** False for an end device: everything goes to its parent. */
  routes: boolean
  parent: () => number | undefined
  own: () => number
  isChild: (address: number) => boolean
  /** In earshot. */
  isNear: (address: number) => boolean
  request: (command: RouteRequest) => void
  reply: (command: RouteReply, hop: number) => void
  /** Floods a request of another node's on. */
  passOn: (header: NwkHeader, command: RouteRequest) => void
}

/** @source ZigBee PRO, 3.5.1: nwkcMaxRREQJitter 64 ms */
const JITTER_US = milliseconds(64)

export class Routing {
  private readonly options: RoutingOptions
  private readonly routes: Routes
  private requests = 0

  constructor(options: RoutingOptions) {
    this.options = options
    this.routes = new Routes(options.timers)
  }

  /** Calls back later with the next hop; undefined when there is no way. */
  nextHop(to: number, onHop: (hop: number | undefined) => void): void {
    const { timers, routes, parent, isNear } = this.options
    const known = routes ? (isNear(to) ? to : this.routes.nextHop(to)) : parent()
    if (known !== undefined || !routes) timers.after(0, 'nwk route', () => onHop(known))
    else if (this.routes.discover(to, onHop)) this.request(to)
  }

  lost(hop: number): void {
    this.routes.lost(hop)
  }
  clear(): void {
    this.routes.clear()
  }

  /** Answered for this node and its children, passed on for others: once for each better way back. */
  onRequest(command: RouteRequest, header: NwkHeader, hop: number): void {
    const { routes, own, isChild, reply, random, timers, passOn } = this.options
    if (!routes) return
    const pathCost = command.pathCost + 1
    if (hop !== header.source && !this.routes.learn(header.source, hop, pathCost)) return
    if (command.destination === own() || isChild(command.destination)) {
      const { routeRequestId, destination: responder } = command
      const originator = header.source
      reply({ name: 'RouteReply', multicast: false, routeRequestId, originator, responder, pathCost: 1 }, hop)
    } else if (header.radius > 1) {
      const onward = { ...header, radius: header.radius - 1 }
      timers.after(random.int(JITTER_US), 'nwk route request', () => passOn(onward, { ...command, pathCost }))
    }
  }

  onReply(command: RouteReply, hop: number): void {
    const { originator, responder, pathCost } = command
    const { own, isNear, reply } = this.options
    this.routes.learn(responder, hop, pathCost)
    if (originator === own()) return
    const back = isNear(originator) ? originator : this.routes.nextHop(originator)
    if (back !== undefined) reply({ ...command, pathCost: pathCost + 1 }, back)
  }

  /** A device behind routers tells which way its frames came. */
  onRecord(source: number, relays: readonly number[], hop: number): void {
    if (relays.length > 0) this.routes.learn(source, hop, relays.length + 1)
  }

  private request(destination: number): void {
    this.requests = (this.requests + 1) & 0xff
    this.options.request({
      name: 'RouteRequest',
      manyToOne: 'no',
      multicast: false,
      routeRequestId: this.requests,
      destination,
      pathCost: 0,
    })
  }
}
