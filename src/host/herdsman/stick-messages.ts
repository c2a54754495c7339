/**
 * What is said between our side of a coordinator stick, which lives in simulated time, and the stick, which does not: orders
 * out, reports in. Plain values, so that reports can be recorded and played back. Octets are hex.
 */
import type { Eui64 } from '../../base/ids.ts'
import type { DeliveryOutcome, SimpleDescriptor } from '../../ports/han.ts'

export interface StickNetwork {
  panId: number
  extendedPanId: Eui64
  channel: number
  /** 32 hex digits. */
  networkKey: string
}

export interface StickFrame {
  device: Eui64
  /** Short address. */
  address: number
  profileId: number
  clusterId: number
  sourceEndpoint: number
  destinationEndpoint: number
  asdu: string
}

export type StickOrder =
  /** Forms the network, or goes on with it when the stick has it already. */
  | { do: 'form'; network: StickNetwork }
  /** 0 closes, 254 s at most. */
  | { do: 'permit'; forS: number }
  /** The key that a device comes with; it takes the place of an earlier one. */
  | { do: 'list'; device: Eui64; key: string }
  /** Answered by `sent` with the same id. */
  | { do: 'send'; id: number; frame: StickFrame }
  /** Asks all where a device is; `located` tells. */
  | { do: 'locate'; device: Eui64 }
  /** Asks who is at a short address; `located` tells. */
  | { do: 'identify'; address: number }
  /** Asks all who serve a cluster; `matched` tells, one for each node. */
  | { do: 'match'; profileId: number; clusterId: number }
  /** Asks for one endpoint; `described` tells with the same id. */
  | { do: 'describe'; id: number; address: number; endpoint: number }
  | { do: 'remove'; device: Eui64; address: number }

export type StickReport =
  /** The stick runs its network. */
  | { is: 'up'; eui64: Eui64 }
  /** The stick is away, or will not do; it is tried again. */
  | { is: 'down'; reason: string }
  /** A device has an address; whether it has the network key is not known yet. */
  | { is: 'arrived'; device: Eui64; address: number }
  /** A device announced itself: it holds the network key. */
  | { is: 'announced'; device: Eui64; address: number }
  | { is: 'left'; device?: Eui64; address?: number }
  /** `endpoint` here, `sourceEndpoint` there. The stick does not tell the profile. */
  | { is: 'data'; address: number; clusterId: number; sourceEndpoint: number; endpoint: number; asdu: string }
  | { is: 'sent'; id: number; outcome: DeliveryOutcome }
  | { is: 'located'; device: Eui64; address: number }
  | { is: 'matched'; address: number; endpoints: readonly number[] }
  /** Without `descriptor`: no answer. */
  | { is: 'described'; id: number; descriptor?: SimpleDescriptor }
