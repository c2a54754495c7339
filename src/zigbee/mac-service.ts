/** What the NWK layer asks of the MAC layer, and hears from it. Outcomes arrive later, never inside the call. */
import type { Eui64, Micros } from '../base/ids.ts'
import type { ZigbeeBeacon } from '../radio/beacon.ts'
import type { Capability } from './frames/capability.ts'

export type MacOutcome =
  /** Acknowledged, or sent where nothing is to be acknowledged. */
  | 'sent'
  | 'no-ack'
  | 'channel-busy'
  /** A sleeping child did not collect it in time. */
  | 'expired'
  /** Not sent: too much is held or queued already, or this node is on no network (or scans). */
  | 'refused'

/** A network that answered a scan. */
export interface HeardBeacon {
  channel: number
  panId: number
  /** The node that answered. */
  address: number
  associationPermitted: boolean
  lqi: number
  network: ZigbeeBeacon
}

export type AssociationOutcome =
  | { is: 'associated'; address: number }
  /** Refused by the parent (1 PAN at capacity, 2 access denied), or no answer in time. */
  | { is: 'refused'; status: number }
  | { is: 'no-answer' }

export interface MacListener {
  /** An NPDU. Must not be kept. `source`: MAC short address of the hop. */
  onData(npdu: Uint8Array, from: { source: number; broadcast: boolean; lqi: number; rssiDbm: number }): void
  /** Parent: a device asks to associate; a short address lets it in. Asked again whenever the device asks again. */
  onAssociation?(device: Eui64, capability: Capability): { address: number } | { status: 1 | 2 }
  /** Parent: the association response was collected. */
  onAssociated?(device: Eui64, address: number): void
  /** Parent: the association response was not collected in time; the address is free again. */
  onNotAssociated?(device: Eui64, address: number): void
  /** Parent: a node polled, be it a child of this one or not. What is held for it now, it gets at its next poll. */
  onPolled?(child: number | Eui64): void
  /** What a beacon of this node says; undefined: it does not answer scans. */
  beacon?(): { associationPermitted: boolean; network: ZigbeeBeacon } | undefined
}

export interface MacService {
  readonly eui64: Eui64
  listen(listener: MacListener): void
  /** Address, PAN and channel from now on. `rxOnWhenIdle` false: hears only what it polls for. */
  configure(settings: { channel?: number; panId?: number; address?: number; rxOnWhenIdle?: boolean }): void
  /** To a node that listens. */
  send(to: number, npdu: Uint8Array, onDone?: (outcome: MacOutcome) => void): void
  broadcast(npdu: Uint8Array, onDone?: (outcome: MacOutcome) => void): void
  /** Held until the child polls, 7.68 s at most. The child may be named by the address it has not got yet. */
  sendIndirect(to: number | Eui64, npdu: Uint8Array, onDone?: (outcome: MacOutcome) => void): void
  /** Drops what is held for a child; each is told `expired`. */
  dropIndirect(child: number | Eui64): void
  /** Beacon request on each channel; what answered, best link first. */
  scan(options: { channels: readonly number[]; perChannelUs?: Micros }, onDone: (heard: HeardBeacon[]) => void): void
  associate(
    at: { channel: number; panId: number; parent: number; capability: Capability },
    onDone: (outcome: AssociationOutcome) => void,
  ): void
  /** Data request to the parent; `received`: a frame came of it. Goes on while the parent says that more is held. */
  poll(parent: number, onDone?: (result: { acked: boolean; received: boolean }) => void): void
}
