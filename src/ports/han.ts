/**
 * A node of the home area network, seen from just above APS: what our own stack, the in-memory HAN and a real
 * coordinator stick have in common. Calls return at once; outcomes arrive at the listener or callback, later in
 * simulated time, never inside the call.
 */
import type { Eui64, Micros } from '../base/ids.ts'

export type HanRole = 'coordinator' | 'router' | 'sleepy-end-device'

/** What an endpoint is. @source ZigBee PRO, Simple_Desc_rsp */
export interface SimpleDescriptor {
  endpoint: number
  profileId: number
  deviceId: number
  /** Cluster ids served here (server side). */
  inputClusters: readonly number[]
  /** Cluster ids used from here (client side). */
  outputClusters: readonly number[]
}

export interface ApsPayload {
  profileId: number
  clusterId: number
  sourceEndpoint: number
  destinationEndpoint: number
  /** Which key protects the payload beyond the network key. */
  security: 'network' | 'link'
  asdu: Uint8Array
}

/** Outcome of one acknowledged APS transmission. */
export type DeliveryOutcome =
  | 'delivered'
  /** Nobody acknowledged it. */
  | 'no-ack'
  /** A sleeping child did not collect it in time. */
  | 'expired'
  /** This node is not on a network. */
  | 'not-joined'
  /** The receiver is not on this network. */
  | 'unknown-destination'

export type JoinFailure =
  /** No open network answered. */
  | 'no-network'
  /** The trust centre never sent the network key: not listed there, or another install code. */
  | 'no-key'
  /** Key establishment: the two sides know no common certificate authority, so this node left again. */
  | 'unknown-issuer'
  /** The network sent this node away before it was a member. */
  | 'removed'

export interface HanListener {
  /** Must not keep `payload.asdu`; copy it. */
  onData(from: Eui64, payload: ApsPayload): void
  onJoined?(): void
  onJoinFailed?(reason: JoinFailure): void
  /** This node is off the network: it left or was removed. */
  onLeft?(): void
  /** Coordinator: a node holds the network key. */
  onDeviceJoined?(device: Eui64): void
  /** Coordinator: a node left or was removed. */
  onDeviceLeft?(device: Eui64): void
  /** Coordinator: anything at all was heard from the node (data, poll, acknowledgement). */
  onHeard?(device: Eui64): void
}

export interface DiscoveredEndpoint extends SimpleDescriptor {
  device: Eui64
}

export interface HanNode {
  readonly eui64: Eui64
  readonly role: HanRole
  readonly joined: boolean
  listen(listener: HanListener): void
  /** Adds or replaces the endpoint of that number. */
  addEndpoint(descriptor: SimpleDescriptor): void
  removeEndpoint(endpoint: number): void
  /** Looks for an open network whose trust centre knows this node by this install code (6, 8, 12 or 16 octets and CRC). */
  join(installCode: Uint8Array): void
  leave(): void
  send(to: Eui64, payload: ApsPayload, onConfirm?: (outcome: DeliveryOutcome) => void): void
  /** Asks awake nodes for endpoints that serve the cluster (Match_Desc). Called once, with all that answered. */
  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void
  /** Sleepy end device: collects what its parent holds. `onDone` tells whether anything came. */
  poll(onDone?: (received: boolean) => void): void
}

/** What a part of a home lets a run do, by its stack and by how it is reached. */
export interface HanCapabilities {
  /** Its state can be kept, and set back. */
  readonly snapshot: boolean
  /** Its time can pass faster than ours. */
  readonly fastForward: boolean
  /** Its power can be cut. */
  readonly powerCut: boolean
  /** Its frames are seen as they are on the air. */
  readonly macFrames: boolean
  /** Data can be protected with link keys, as Smart Energy wants. */
  readonly linkKeys: boolean
  /** Application profiles whose data come through; any when absent. */
  readonly profileIds?: readonly number[]
}

/** The node that forms the network and is its trust centre. */
export interface HanCoordinator extends HanNode {
  /** All when absent. */
  readonly capabilities?: HanCapabilities
  form(network: { panId: number; extendedPanId: Eui64; channel: number }): void
  /** Opens the network for joiners, 0 closes it. */
  permitJoining(forUs: Micros): void
  /**
   * Lists a device and the install code it will prove itself with. Replaces an earlier entry. `formerForUs`: for so long one that was
   * here before may come back with what it had then; not at all unless given.
   */
  authorise(device: Eui64, installCode: Uint8Array, formerForUs?: Micros): void
  /** Takes a device off the list and off the network. */
  remove(device: Eui64): void
  /** Hands every device a new network key and then uses it; false while that is under way, or there is none. */
  updateNetworkKey(): boolean
}
