/**
 * An IEEE 802.15.4 radio at 2.4 GHz, cut where hardware cuts it. The chip does what takes microseconds: channel access,
 * address filter, acknowledgements, retries, FCS. The host sees frames (PSDU without FCS) and outcomes. Calls return at
 * once; outcomes and frames arrive later in simulated time, never inside the call.
 */
import type { Eui64, Micros } from '../base/ids.ts'

/** What the address filter and the receiver go by. Power-on values in brackets. */
export interface RadioSettings {
  /** 11..26 [11] */
  channel: number
  /** Own PAN id; 0xffff hears the beacons of every PAN [0xffff]. */
  panId: number
  /** Own short address; 0xffff none yet, 0xfffe none at all [0xffff]. */
  shortAddress: number
  /** Own extended address [the maker's]. */
  extendedAddress: Eui64
  /** Takes frames that name a source but no destination [false]. */
  panCoordinator: boolean
  /**
   * Listens whenever it does not send [true]. Otherwise it hears nothing but the acknowledgements of its own frames: a
   * sleepy host sets this before it polls and clears it when it has what it came for.
   */
  rxOnWhenIdle: boolean
  /** Hands up every intact frame, acknowledgements and other nodes' frames included; acknowledges as without it [false]. */
  promiscuous: boolean
  /** Consults the frame-pending table; otherwise every poll is answered with frame pending set [true]. */
  sourceMatch: boolean
}

export interface TransmitOptions {
  /** Channel of this frame, 11..26; the set channel when absent. */
  channel?: number
  /** Waits for a clear channel (CSMA-CA) before each attempt; true when absent. */
  csma?: boolean
  /** Transmissions in all when no acknowledgement comes, 1..16; 4 when absent (macMaxFrameRetries 3). */
  attempts?: number
}

export type TransmitOutcome =
  /** Acknowledged; `framePending`: the receiver holds something for us. */
  | { readonly is: 'acked'; readonly framePending: boolean }
  /** Sent; no acknowledgement was asked for. */
  | { readonly is: 'sent' }
  /** Sent as often as allowed, never acknowledged. */
  | { readonly is: 'no-ack' }
  /** The channel was never clear: not sent this time. */
  | { readonly is: 'channel-busy' }
  /** The chip holds as many frames as it can: not sent. */
  | { readonly is: 'queue-full' }

/** How a frame was heard. */
export interface ReceiveInfo {
  rssiDbm: number
  /** Link quality, 0 worst to 255 best. */
  lqi: number
  channel: number
  /** When its start-of-frame delimiter had been heard. */
  timestampUs: Micros
}

export interface RadioListener {
  /** An intact frame that the filter lets through, without FCS. Must not be kept; copy it. */
  onReceive(psdu: Uint8Array, info: ReceiveInfo): void
}

export interface Radio {
  readonly settings: Readonly<RadioSettings>
  /** Takes effect at once, for what is on the air too. @throws InvariantError for a value out of range */
  configure(changes: Partial<RadioSettings>): void
  /** One listener; a second replaces the first. */
  listen(listener: RadioListener): void
  /**
   * Sends a frame after those sent before it; asks for the acknowledgement that its frame control field asks for.
   * The octets are copied. @throws InvariantError for a frame of less than 3 or more than 125 octets, or options out of range
   */
  transmit(psdu: Uint8Array, options?: TransmitOptions, onDone?: (outcome: TransmitOutcome) => void): void
  /** Source match: whether polls from this short or extended address are answered with frame pending set. */
  setFramePending(child: number | Eui64, pending: boolean): void
  /**
   * Measures the strongest signal on a channel for a while, deaf to frames meanwhile. Takes its turn among the frames.
   * @throws InvariantError for a value out of range, or when the chip holds as much as it can
   */
  energyScan(channel: number, forUs: Micros, onDone: (maxRssiDbm: number) => void): void
  /** Back to power-on settings: what was queued is forgotten without an outcome, a frame on the air is cut short. */
  reset(): void
}
