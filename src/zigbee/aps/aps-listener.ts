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
/** How a command came in. */
export interface CommandProtection {
  protectedBy: ApsProtection
  /** State of the link key it was under; undefined when under none. */
  keyState: LinkKeyState | undefined
  nwkSecured: boolean
}

export interface ApsListener {
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
