/** The SM WAN as the hub's session sees it: a modem that attaches to an access point and carries messages. */

/** Access point name, e.g. `newcastle`. */
export type Apn = string

export type AttachRefusal =
  /** The SIM's communications plan does not list the access point. */
  | 'plan'
  /** No static address is allocated to this SIM on the access point. */
  | 'no-address'
  /** The SIM is suspended or unknown. */
  | 'sim'
  /** No radio coverage. */
  | 'no-coverage'

export interface WanListener {
  onAttached(session: { apn: Apn; ip: string }): void
  onAttachRefused(apn: Apn, reason: AttachRefusal): void
  /** The session ended without our asking (coverage, network). */
  onDetached(reason: string): void
  /** One octet string sent to this hub's address. Must not be kept; copy it. */
  onMessage(octets: Uint8Array): void
}

export interface WanLink {
  listen(listener: WanListener): void
  attach(apn: Apn): void
  detach(): void
  /** False when not attached: nothing was sent. */
  send(octets: Uint8Array): boolean
}
