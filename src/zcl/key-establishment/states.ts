/** The words of the key establishment machine: where an exchange stands, what happens, what is to be done. */
import type { Micros } from '../../base/ids.ts'
import type { KeyPair } from '../../crypto/key-pair.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import type { Direction } from '../header.ts'
import type { Peer } from '../transactions.ts'
import type { Message, MessageCommand } from './messages.ts'
import type { Partner } from './rules.ts'
import type { TerminateStatusName } from './terminate-status.ts'

export type Role = 'initiator' | 'responder'

/** A message that was taken in, so that another copy of it is known. */
export interface Seen {
  device: Peer['device']
  direction: Direction
  command: MessageCommand
  sequence: number
}

/** An exchange under way. */
export interface Exchange {
  role: Role
  peer: Peer
  suite: CryptoSuite
  /** The messages of the peer, the latest last. */
  seen: readonly Seen[]
}
interface Known extends Exchange {
  partner: Partner
}
interface Offered extends Known {
  ephemeral: KeyPair
}
/** An exchange of which both ephemeral keys are known: all that the keys are made from. */
export interface Answered extends Offered {
  peerEphemeral: Uint8Array
}

/** No exchange under way. `seen`: what the peer said in the one before. */
export interface Idle {
  is: 'idle'
  seen: readonly Seen[]
}

/** Initiator: five states; responder: four. `generates-` is at work, `awaits-` waits for the other side. */
export type State =
  | Idle
  | (Exchange & { is: 'awaits-initiate-response' })
  | (Known & { is: 'generates-ephemeral-request' })
  | (Offered & { is: 'awaits-ephemeral-response' })
  | (Answered & { is: 'generates-confirm-request' })
  | (Answered & { is: 'awaits-confirm-response'; keys: AgreedKeys })
  | (Known & { is: 'awaits-ephemeral-request' })
  | (Known & { is: 'generates-ephemeral-response'; peerEphemeral: Uint8Array })
  | (Answered & { is: 'awaits-confirm-request' })
  | (Answered & { is: 'generates-confirm-response'; macU: Uint8Array })
export type StateName = State['is']
/** Any state but idle. */
export type Busy = Exclude<State, Idle>

/** 16 octets each. */
export interface AgreedKeys {
  keyData: Uint8Array
  macU: Uint8Array
  macV: Uint8Array
}

/** Arithmetic to be done; it comes back as an event of the same name, or as `no-keys`. */
export type Work = { make: 'ephemeral'; suite: CryptoSuite } | { make: 'keys'; exchange: Answered }

export interface Received {
  on: 'message'
  peer: Peer
  /** ZCL transaction sequence number. */
  sequence: number
  message: Message
}

export type Event =
  | { on: 'start'; peer: Peer; suite: CryptoSuite }
  | Received
  /** A frame of the cluster that is no message: unknown command, or it ends too early. */
  | { on: 'unreadable'; peer: Peer; sequence: number; direction: Direction; detail: string }
  /** The peer answered our latest message with a Default Response other than SUCCESS. */
  | { on: 'not-understood'; peer: Peer; status: number }
  /** Our latest message was not acknowledged. */
  | { on: 'undelivered' }
  | { on: 'ephemeral'; ephemeral: KeyPair }
  | { on: 'keys'; keys: AgreedKeys }
  /** What the peer sent leads to no keys. */
  | { on: 'no-keys'; detail: string }
  | { on: 'timeout' }
  /** This node is off the network or without power. */
  | { on: 'abandon' }

/** Why an exchange came to nothing. */
export type FailureReason =
  | TerminateStatusName
  /** The peer ended it with a reserved status. */
  | 'unknown-status'
  | 'timeout'
  | 'not-delivered'
  | 'not-understood'
  /** Another exchange is under way here: this one was not begun. */
  | 'busy'

export interface Failure {
  role: Role
  reason: FailureReason
  /** Whose finding it is; for a timeout, ours. */
  by: 'us' | 'peer'
  /** Seconds the peer asks us to stay away; 0 when it does not say. */
  waitS: number
  /** Bitmap of the suites the peer has, when it said so. */
  suites?: number
  detail: string
}

/** Ways in which something received is not taken; each is counted. */
export const REFUSALS = [
  /** Another copy of a message of this exchange or the one before: ignored. */
  'duplicate',
  /** Another device wants to begin while an exchange is under way. */
  'busy',
  /** A device that may not begin an exchange here. */
  'unwelcome',
  /** A message of a device, or to a role, with which no exchange is under way. */
  'stranger',
  /** The partner's message, but not the one due. */
  'out-of-order',
  /** The partner begins anew: the exchange under way is dropped for the new one. */
  'restarted',
  /** Not a message at all. */
  'unreadable',
  /** Suite, certificate, point or MAC do not serve. */
  'unsuitable',
] as const
export type RefusalCode = (typeof REFUSALS)[number]

export type Effect =
  /** `sequence`: of the message this answers; a new one when absent. */
  | { do: 'send'; to: Peer; message: Message; sequence?: number }
  /** Replaces a timer or work under way. */
  | { do: 'arm-timer'; forUs: Micros }
  /** Replaces a timer or work under way. */
  | { do: 'calculate'; work: Work }
  /** Forgets timer and work. */
  | { do: 'cancel' }
  | { do: 'install-key'; peer: Peer; role: Role; suite: CryptoSuite; keyData: Uint8Array }
  | { do: 'report-failure'; peer: Peer; failure: Failure }
  | { do: 'count'; refusal: RefusalCode; peer: Peer; detail: string }

export interface Step {
  state: State
  effects: Effect[]
}
