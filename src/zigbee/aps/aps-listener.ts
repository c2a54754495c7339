/** What the APS layer tells those above it. */
import type { Eui64 } from '../../base/ids.ts'
import type { ApsPayload } from '../../ports/han.ts'
import type { ApsCommand } from '../frames/aps-commands.ts'
import type { ApsRefusal } from './aps-refusal.ts'
import type { ApsProtection } from './aps-security.ts'
import type { LinkKeyState } from './link-keys.ts'

/** Who sent what came in. */
export interface ApsSource {
  /** Short address. */
  address: number
  /** Undefined when no frame of it ever said so. */
  eui64: Eui64 | undefined
}
/** How data came in. */
export interface ApsArrival extends ApsSource {
  delivery: 'unicast' | 'broadcast' | { group: number }
  /** APS counter of the frame. */
  counter: number
  /** Of the last hop. */
  lqi: number
  rssiDbm: number
}
/** How a command came in. */
export interface CommandProtection {
  protectedBy: ApsProtection
  /** State of the link key it was under; undefined when under none. */
  keyState: LinkKeyState | undefined
  nwkSecured: boolean
}

export interface ApsListener {
  /**
   * All data that is taken, before anybody it is for. Where this is listened for, data for any group is taken (at endpoint 0xff)
   * and nobody else's. Must not keep `payload.asdu`.
   */
  onReceived?(from: ApsArrival, payload: ApsPayload): void
  /** Data for an endpoint. Must not keep `payload.asdu`. */
  onData?(from: ApsSource & { broadcast: boolean }, payload: ApsPayload): void
  /** Data for endpoint 0, the device object. Must not keep `payload.asdu`. */
  onZdo?(from: ApsSource & { broadcast: boolean }, payload: ApsPayload): void
  onCommand?(from: ApsSource, command: ApsCommand, how: CommandProtection): void
  /** Asks the node at a short address who it is. `onKnown` is called once, later. */
  identify?(address: number, onKnown: (device: Eui64 | undefined) => void): void
  /** Something was not taken: `stale-key` asks for key establishment, the rest is noise or an attack. */
  onRefused?(reason: ApsRefusal, from: ApsSource): void
}
