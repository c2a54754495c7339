/** The neighbour table and the routing table of a node as others may read them. @source ZigBee PRO, 2.4.4.3.2, 2.4.4.3.3 */
import type { ValueOf } from '../../base/frame.ts'
import type { neighbour, route } from '../frames/zdo-fields.ts'
import type { NwkParts } from './assembly.ts'
import type { Child } from './children.ts'

type NeighbourRow = ValueOf<typeof neighbour>
type RouteRow = ValueOf<typeof route>

/** A device of which only the short address is known. @source ZigBee PRO, 2.4.4.3.2 */
const NO_DEVICE = 'ffffffffffffffff'
/** Next hop of a route that is still looked for. */
const NO_HOP = 0xffff
/** A hub and what is heard from it; how deep others are is not told. @source assumed */
const DEPTH = { coordinator: 0, others: 1 } as const

/** Routers in earshot and children in care, by address. */
export function neighbourTable({ place, neighbours, care }: NwkParts): NeighbourRow[] {
  const extendedPanId = place.network?.extendedPanId ?? NO_DEVICE
  const row = (address: number, lqi: number, child: Child | undefined): NeighbourRow => ({
    extendedPanId,
    device: place.eui64Of(address) ?? NO_DEVICE,
    address,
    deviceType: address === 0 ? 'coordinator' : child && !child.router ? 'end device' : 'router',
    rxOnWhenIdle: child?.sleepy ? 'no' : 'yes',
    relationship: address === place.parent ? 'parent' : child ? 'child' : 'sibling',
    permitJoining: 'unknown',
    depth: address === 0 ? DEPTH.coordinator : DEPTH.others,
    lqi: Math.round(lqi),
  })
  const routers = neighbours.list().map(({ address, lqi }) => row(address, lqi, care.children.at(address)))
  const inCare = care.children.list().filter(({ router, life }) => !router && life !== 'arriving')
  const endDevices = inCare.map(child => row(child.address, child.lqi, child))
  return [...routers, ...endDevices].sort((a, b) => a.address - b.address)
}

/** Ways that are known or looked for, by destination. */
export function routeTable({ place, routing }: NwkParts): RouteRow[] {
  return routing.routes
    .list()
    .map(({ destination, state }): RouteRow => {
      const concentrator = routing.concentrators.get(destination)
      return {
        destination,
        status: state.is === 'known' ? 'active' : 'discovery underway',
        memoryConstrained: concentrator?.forgetful === true,
        manyToOne: concentrator !== undefined,
        routeRecordRequired: concentrator?.reached.has(place.address) === false,
        nextHop: 'way' in state ? state.way.nextHop : NO_HOP,
      }
    })
    .sort((a, b) => a.destination - b.destination)
}
