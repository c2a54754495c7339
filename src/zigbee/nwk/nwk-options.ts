/** What a NWK layer is given, and what its owner hears from it besides data. */
import type { Eui64 } from '../../base/ids.ts'
import type { Clock, RandomStream, Timers } from '../../ports/time.ts'
import type { Capability } from '../frames/capability.ts'
import type { Ccm } from '../frames/security.ts'
import type { MacService } from '../mac-service.ts'
import type { ChildAgeing } from './child-care.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { Arrival } from './parenthood.ts'

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
  /** Parent: a child said that it leaves for good, or collected the order to. */
  onChildLeft?(device: Eui64, address: number): void
  /** A frame of the node proved authentic, or it polled. */
  onHeard?(device: Eui64): void
  /** Parent: these children are to be announced to the other parents. */
  onParentAnnounce?(children: readonly Eui64[]): void
  /** The network key of that sequence is in use now. */
  onKeySwitched?(sequence: number): void
}

export interface NwkOptions {
  mac: MacService
  clock: Pick<Clock, 'nowUs'>
  timers: Timers
  random: RandomStream
  ccm: Ccm
  role: NwkRole
  /** Listens only after polling. */
  sleepy?: boolean
  /** Many send to it: makes itself known to routers and sends along the ways they record. A coordinator unless said otherwise. */
  concentrator?: boolean
  /** Whether children that are not heard of are given up; a coordinator's never unless said otherwise, a router's in time. */
  childAgeing?: ChildAgeing
  /** Children a parent cares for; 32 unless said otherwise. */
  maxChildren?: number
  /** How a parent's children may show that they are there; both ways unless said otherwise. */
  keepAlive?: KeepAlive
  /** End device: for how long its parent is to keep it, 0 (10 s) to 14 (2^14 min). Default 8: 256 min. */
  endDeviceTimeout?: number
  manager: NwkManager
}
