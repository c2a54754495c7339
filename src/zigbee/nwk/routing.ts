/**
 * The way to nodes: an end device hands everything to its parent, a router hands a frame to a good neighbour or over the
 * cheapest route, and looks for those it lacks.
 * @source ZigBee PRO, 3.6.3 routing
 */
import { milliseconds } from '../../base/time.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import { type NwkCommand, NetworkStatus as Status } from '../frames/nwk-commands.ts'
import type { NwkHeader } from '../frames/nwk-frame.ts'
import { NWK_BROADCAST } from '../nwk-service.ts'
import { Concentrators } from './concentrators.ts'
import { type Neighbours, WORST_COST } from './neighbours.ts'
import type { Place } from './place.ts'
import { CHEAP } from './route-machine.ts'
import { RouteRequests } from './route-requests.ts'
import { type OnHop, Routes } from './routes.ts'
import { SourceRoutes } from './source-routes.ts'

type RouteRequest = Extract<NwkCommand, { name: 'RouteRequest' }>
type RouteReply = Extract<NwkCommand, { name: 'RouteReply' }>
type NetworkStatus = Extract<NwkCommand, { name: 'NetworkStatus' }>

export interface RoutingOptions {
  timers: Timers
  random: RandomStream
  place: Place
  neighbours: Neighbours
  /** False for an end device: everything goes to its parent. */
  routes: boolean
  /** Devices record their ways to this node, and it sends along them. */
  concentrates: boolean
  /** Frames for this child go to it and nobody else: it routes nothing, or is not known to do so yet. */
  isInCare: (address: number) => boolean
  request: (command: RouteRequest) => void
  /** One hop. */
  reply: (command: RouteReply, hop: number) => void
  /** Floods a request of another node's on. */
  passOn: (header: NwkHeader, command: RouteRequest) => void
  /** Concentrator: a way to or from it came to nothing. */
  onFailure: () => void
}

/** @source ZigBee PRO, 3.5.1: nwkcMaxRREQJitter 64 ms */
const JITTER_US = milliseconds(64)

export class Routing {
  readonly routes: Routes
  readonly concentrators = new Concentrators()
  private readonly sourceRoutes = new SourceRoutes()
  private readonly options: RoutingOptions
  private readonly seen: RouteRequests
  private requests = 0

  constructor(options: RoutingOptions) {
    this.options = options
    this.seen = new RouteRequests(options.timers)
    this.routes = new Routes({ timers: options.timers, request: destination => this.ask('no', destination) })
  }

  /** Calls back later with the next hop; undefined when there is no way. */
  nextHop(to: number, onHop: OnHop): void {
    const { timers, routes, place, neighbours } = this.options
    const later = (hop: number | undefined) => void timers.after(0, 'nwk route', () => onHop(hop))
    if (!routes) return later(place.parent)
    if (this.isDirect(to)) return later(to)
    // A poor link to the destination itself is better than none.
    this.routes.find(to, hop => onHop(hop ?? (neighbours.cost(to) === undefined ? undefined : to)))
  }

  /** Relays to a node whose way was recorded, the last of them in earshot; undefined where that is not the way to take. */
  relaysTo(to: number): readonly number[] | undefined {
    const relays = this.sourceRoutes.get(to)
    const first = relays?.at(-1)
    if (first === undefined || this.isDirect(to)) return undefined
    return this.options.neighbours.cost(first) === undefined ? undefined : relays
  }

  /** A hop did not acknowledge or fell silent. */
  lost(hop: number): void {
    this.routes.lost(hop)
    this.sourceRoutes.lost(hop)
  }

  /** A neighbour sent on a frame for that destination: a way back over the neighbour itself leads in a circle. */
  cameBy(neighbour: number, to: number): void {
    if (this.routes.known(to) === neighbour) this.routes.failed(to)
  }

  /** A node may be elsewhere now. */
  moved(address: number): void {
    this.routes.failed(address)
    this.sourceRoutes.forget(address)
    this.concentrators.moved(address)
  }

  clear(): void {
    this.routes.clear()
    this.sourceRoutes.clear()
    this.concentrators.clear()
  }

  /** The way to a node came to nothing at another node: it is looked for anew. */
  onStatus({ status, destination }: NetworkStatus): void {
    switch (status) {
      case Status.NO_ROUTE_AVAILABLE:
      case Status.TREE_LINK_FAILURE:
      case Status.NON_TREE_LINK_FAILURE:
        return this.routes.failed(destination)
      case Status.SOURCE_ROUTE_FAILURE:
        this.sourceRoutes.forget(destination)
        return this.options.onFailure()
      case Status.MANY_TO_ONE_ROUTE_FAILURE:
        this.routes.failed(destination)
        return this.options.onFailure()
    }
  }

  /** Answered for this node and the end devices in its care, passed on for others: once for each better way back. */
  onRequest(command: RouteRequest, header: NwkHeader, hop: number): void {
    const { routes, place, isInCare, reply, neighbours } = this.options
    const link = neighbours.cost(hop)
    // What came over a link that does not lead back is of no use.
    if (!routes || link === undefined) return
    const { routeRequestId, destination } = command
    const { source: originator } = header
    const cost = Math.min(command.pathCost + link, 0xff)
    const came = this.seen.came(originator, routeRequestId, { back: hop, cost })
    if (!came) return
    this.routes.offer(originator, { nextHop: hop, cost }, came.isNew)
    if (command.manyToOne !== 'no') {
      if (came.isNew) this.concentrators.asked(originator, { forgetful: command.manyToOne === 'without route record' })
      this.passOn(command, header)
    } else if (destination === place.address || isInCare(destination)) {
      reply(
        { name: 'RouteReply', multicast: false, routeRequestId, originator, responder: destination, pathCost: 0 },
        hop,
      )
    } else this.passOn(command, header)
  }

  /** On its way back to who asked. */
  onReply(command: RouteReply, hop: number): void {
    const { originator, responder, routeRequestId } = command
    const { place, neighbours, reply } = this.options
    const pathCost = Math.min(command.pathCost + (neighbours.cost(hop) ?? WORST_COST), 0xff)
    const way = { nextHop: hop, cost: pathCost }
    if (originator === place.address) return this.routes.offer(responder, way, false)
    const request = this.seen.get(originator, routeRequestId)
    if (!request || request.replied <= pathCost) return
    this.routes.offer(responder, way, request.replied === Number.POSITIVE_INFINITY)
    request.replied = pathCost
    reply({ ...command, pathCost }, request.back)
  }

  /** Relays a record begins with, when one is due before a frame to a concentrator; a parent records for its children. */
  recordDue({ source, destination }: NwkHeader, hop: number): readonly number[] | undefined {
    const { place, isInCare, routes } = this.options
    const isOwn = source === place.address
    if (!routes || (!isOwn && !isInCare(source))) return undefined
    // Whom it hears itself, a concentrator finds without a record.
    if ((isOwn && hop === destination) || !this.concentrators.isDue(destination, source)) return undefined
    return isOwn ? [] : [place.address]
  }

  /** A frame came along a recorded way: whose it is for, here or in the care of this node, need not record it again. */
  cameAlong({ source, destination }: NwkHeader): void {
    const { place, isInCare } = this.options
    if (destination === place.address || isInCare(destination)) this.concentrators.cameAlong(source, destination)
  }

  /** A device behind routers tells which way its frames come. False: not so. */
  onRecord(source: number, relays: readonly number[], hop: number): boolean {
    const { concentrates, place } = this.options
    if (relays.at(-1) !== hop || relays.includes(place.address)) return false
    if (concentrates) this.sourceRoutes.learn(source, relays)
    return true
  }

  /** Concentrator: asks all for routes to this node. */
  requestMany(): void {
    this.ask('with route record', NWK_BROADCAST.routers)
  }

  private isDirect(to: number): boolean {
    return this.options.isInCare(to) || (this.options.neighbours.cost(to) ?? WORST_COST) <= CHEAP
  }

  private ask(manyToOne: RouteRequest['manyToOne'], destination: number): void {
    this.requests = (this.requests + 1) & 0xff
    const routeRequestId = this.requests
    const command = {
      name: 'RouteRequest',
      manyToOne,
      multicast: false,
      routeRequestId,
      destination,
      pathCost: 0,
    } as const
    this.options.request(command)
  }

  /** After a while, with the best cost there is by then. */
  private passOn(command: RouteRequest, header: NwkHeader): void {
    const { random, timers, passOn } = this.options
    const request = this.seen.get(header.source, command.routeRequestId)
    if (header.radius <= 1 || !request || request.passing) return
    request.passing = true
    timers.after(random.int(JITTER_US), 'nwk route request', () => {
      request.passing = false
      passOn({ ...header, radius: header.radius - 1 }, { ...command, pathCost: request.cost })
    })
  }
}
