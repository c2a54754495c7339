/** What the APS layer asks of the NWK layer, and hears from it. Outcomes arrive later, never inside the call. */
import type { Eui64 } from '../base/ids.ts'

export type NwkOutcome =
  /** The next hop has it (or a sleeping child collected it). */
  'sent' | 'no-ack' | 'expired' | 'no-route' | 'not-joined'

/** Broadcast addresses. @source ZigBee PRO, 3.6.5 */
export const NWK_BROADCAST = { all: 0xffff, rxOnWhenIdle: 0xfffd, routers: 0xfffc } as const

/** How a frame came in. */
export interface NwkSource {
  source: number
  eui64: Eui64 | undefined
  broadcast: boolean
  /** With the network key. */
  secured: boolean
  /** Of the last hop. */
  lqi: number
  rssiDbm: number
}

export interface NwkListener {
  /** An APS frame that passed NWK security. Must not be kept. */
  onData(apdu: Uint8Array, from: NwkSource): void
}

export interface NwkService {
  readonly eui64: Eui64
  /** Own short address; 0xffff while not joined. */
  readonly address: number
  listen(listener: NwkListener): void
  /** Unicast, with the network key unless `unsecured` (a key on its way to a joiner). */
  send(to: number, apdu: Uint8Array, options?: { unsecured?: boolean }, onDone?: (outcome: NwkOutcome) => void): void
  /** To one of NWK_BROADCAST; what was sent is not heard back. */
  broadcast(to: number, apdu: Uint8Array): void
  /** Address map of this node. */
  addressOf(device: Eui64): number | undefined
  eui64Of(address: number): Eui64 | undefined
  learn(device: Eui64, address: number): void
}
