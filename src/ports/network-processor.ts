/**
 * A ZigBee coordinator cut where a network co-processor (an EZSP NCP, a TI ZNP) cuts it: above APS, with short addresses
 * and the device object's messages in the open. What a foreign host drives through a coordinator stick. Calls return at
 * once; outcomes arrive at the listener or callback, later in simulated time, never inside the call.
 */
import type { Eui64 } from '../base/ids.ts'
import type { DeliveryOutcome, SimpleDescriptor } from './han.ts'

/** A network as a host forms it, and as it stands. */
export interface NetworkFacts {
  panId: number
  extendedPanId: Eui64
  /** 11..26 */
  channel: number
  networkKey: { key: Uint8Array; sequence: number }
  updateId: number
}

/** Data between endpoints, the device object (profile 0, endpoint 0) included. */
export interface ApsMessage {
  profileId: number
  clusterId: number
  sourceEndpoint: number
  destinationEndpoint: number
  asdu: Uint8Array
}

/** How a message came in. Must not keep `asdu`. */
export interface ReceivedMessage extends ApsMessage {
  from: number
  /** Undefined when no frame of it ever said so. */
  device: Eui64 | undefined
  delivery: 'unicast' | 'broadcast' | { group: number }
  /** APS counter of the frame. */
  counter: number
  /** Of the last hop. */
  lqi: number
  rssiDbm: number
}

export interface DeviceArrival {
  device: Eui64
  address: number
  /** Short address of its parent; 0 is the coordinator itself. */
  parent: number
  how: 'joined' | 'secured-rejoin' | 'trust-centre-rejoin'
}

export interface NetworkProcessorListener {
  /** Formed, or back on the network it remembers. */
  onUp(): void
  /** Off the network. */
  onDown(): void
  onMessage(message: ReceivedMessage): void
  /** A device has an address here; it may still lack the network key. */
  onArrival(arrival: DeviceArrival): void
  onDeparture(device: Eui64, address: number): void
}

/** Which preconfigured link key a joiner may come with. */
export type JoiningKey = { device: Eui64 | 'any'; key: Uint8Array }

export interface NetworkProcessor {
  readonly eui64: Eui64
  /** Undefined while it is on no network. */
  readonly network: NetworkFacts | undefined
  /** Outgoing NWK frame counter, for backups. */
  readonly frameCounter: number
  listen(listener: NetworkProcessorListener): void
  /** Adds or replaces the endpoint of that number: what its device object says of it. */
  addEndpoint(descriptor: SimpleDescriptor): void
  removeEndpoint(endpoint: number): void
  /** `frameCounter`: where the outgoing NWK counter begins at least, for a network that comes from a backup. */
  form(network: NetworkFacts, frameCounter?: number): void
  /** Goes on with the network it remembers; false when there is none. */
  resume(): boolean
  /** Off the network, which is forgotten. */
  leave(): void
  /** 0 closes, 255 is without end. Routers are told by a host that wants it, with a Mgmt_Permit_Joining_req of its own. */
  permitJoining(forS: number): void
  /** Keys that joiners may come with, beside those set before; `any`: the one key of all devices not named. */
  allowKey(joining: JoiningKey): void
  /** Takes back keys of `allowKey`, all when no device is named. Devices on the network stay. */
  forgetKeys(device?: Eui64 | 'any'): void
  addressOf(device: Eui64): number | undefined
  deviceAt(address: number): Eui64 | undefined
  /** To one node by its short address; to this node itself (address 0) too. Returns the APS counter of the frame. */
  unicast(
    to: number,
    message: ApsMessage,
    options: { ackRequest: boolean },
    onDone: (outcome: DeliveryOutcome) => void,
  ): number
  /**
   * To one of 0xffff, 0xfffd (awake nodes), 0xfffc (routers). Requests to device objects reach that of this node too, but for
   * Mgmt_Permit_Joining_req. Returns the APS counter of the frame.
   * @throws InvariantError when it does not fit a frame
   */
  broadcast(to: number, message: ApsMessage): number
  /** To a group. Returns the APS counter of the frame. @throws InvariantError when it does not fit a frame */
  multicast(group: number, message: Omit<ApsMessage, 'destinationEndpoint'>): number
  /** Sends a device off the network. */
  remove(device: Eui64): void
}
