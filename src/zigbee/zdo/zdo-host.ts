/** The node a device object stands for, and those who ask it. */
import type { ValueOf } from '../../base/frame.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { Capability } from '../frames/capability.ts'
import type { NodeDescriptor, neighbour, route } from '../frames/zdo-fields.ts'

export type Neighbour = ValueOf<typeof neighbour>
export type Route = ValueOf<typeof route>

/** Who asks. */
export interface ZdoAsker {
  address: number
  /** Undefined when no frame of it ever said so. */
  eui64: Eui64 | undefined
  broadcast: boolean
}

/** What the device object asks of the node it stands for. What is absent is answered NOT_SUPPORTED. */
export interface ZdoHost {
  nodeDescriptor(): NodeDescriptor
  /** Nodes that sleep under this one: it answers for their addresses. */
  children?(): readonly { device: Eui64; address: number }[]
  neighbours?(): readonly Neighbour[]
  routes?(): readonly Route[]
  /** Opens for `durationS`, 0 closes. Returns a ZdoStatus. */
  permitJoining?(durationS: number): number
  /** Asked to leave, or to send a child away. Returns a ZdoStatus; what it does must wait until that is sent. */
  leave?(request: { device: Eui64; rejoin: boolean; removeChildren: boolean }, from: ZdoAsker): number
  /** Another parent says that these are its children. Returns those that are children here instead. */
  claimed?(devices: readonly Eui64[]): readonly Eui64[]
  /** Another parent says that these, announced from here, are its children. */
  contested?(devices: readonly Eui64[]): void
  /** Somebody above APS asks in this node's name too: an answer that nobody here waits for is theirs. */
  othersAsk?: boolean
  /** A node says which address it has now. */
  onAnnounce?(device: Eui64, address: number, capability: Capability): void
}
