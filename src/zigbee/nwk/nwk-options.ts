/** What a NWK layer is given, and what its owner hears from it besides data. */
import type { Eui64 } from '../../base/ids.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import type { Capability } from '../frames/capability.ts'
import type { Ccm } from '../frames/security.ts'
import type { MacService } from '../mac-service.ts'
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
  /** Many send to it: makes itself known to routers and sends along the ways they record. A coordinator unless said otherwise. */
  concentrator?: boolean
  manager: NwkManager
}
