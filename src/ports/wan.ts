/** The SM WAN as the hub's session sees it: a modem that attaches to an access point and carries messages. */

/** Access point name, e.g. `newcastle`. */
export type Apn = string

export type AttachRefusal =
  /** The SIM's communications plan does not list the access point. */
  | 'plan'
  /** No static address is allocated to this SIM on the access point, or another SIM is on it. */
  | 'no-address'
  /** The access point is out of order. */
  | 'apn-down'
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
  /** What `send` refused while attached may be tried again. */
  onReady?(): void
  /** The network is within reach again: an attempt to attach may succeed now. */
  onReachable?(): void
}

export interface WanLink {
  listen(listener: WanListener): void
  attach(apn: Apn): void
  detach(): void
  /** False when not attached, or while the network takes no more: nothing was sent. `unasked`: it answers nothing, and may wait. */
  send(octets: Uint8Array, unasked?: boolean): boolean
}

/** What the network makes of a modem's SIM, whether it is attached to an access point or not. */
export type Standing =
  /** It is let on. */
  | 'welcome'
  /** The SIM is suspended or unknown. */
  | 'denied'
  /** No radio coverage. */
  | 'no-coverage'

/** A WanLink whose radio network can be seen: what a modem stands on. */
export interface CellularLink extends WanLink {
  readonly standing: Standing
  /** dBm; undefined without coverage. */
  readonly signalDbm: number | undefined
  /** `changed`: after the standing changed. One listener; a second replaces the first. */
  watchStanding(changed: () => void): void
}

/** One short message as it arrives. */
export interface ShortMessage {
  /** International number, digits only. */
  from: string
  text: string
  /** When the network took it, Unix milliseconds. */
  atUnixMs: number
}

/** Why a short message was not taken. */
export type SmsRefusal =
  /** Nobody has the number. */
  | 'no-number'
  /** The addressee's SIM is suspended. */
  | 'barred'
  /** Too many wait for the addressee already. */
  | 'congestion'
  /** It does not fit into one message. */
  | 'too-long'
  /** The network is out of reach of the sender. */
  | 'no-service'

/** Short messages of one subscriber. */
export interface SmsLink {
  /** `take` returns false when there is no room: the message waits until `ready`. */
  listen(take: (message: ShortMessage) => boolean): void
  /** Digits only. Undefined when the network has taken it. */
  send(to: string, text: string): SmsRefusal | undefined
  /** What waits may come now. */
  ready(): void
}
