/** What a chip does one after the other: frames to send and channels to measure; and what becomes of a frame. */
import type { Micros } from '../base/ids.ts'
import type { TransmitOutcome } from '../ports/radio.ts'

export interface Send {
  readonly do: 'send'
  /** With FCS. */
  readonly octets: Uint8Array
  readonly channel: number
  readonly csma: boolean
  readonly onDone: ((outcome: TransmitOutcome) => void) | undefined
  attemptsLeft: number
  /** How often the channel was busy in this attempt. */
  backoffs: number
}

export interface Scan {
  readonly do: 'scan'
  readonly channel: number
  readonly forUs: Micros
  readonly onDone: (maxRssiDbm: number) => void
  strongestDbm: number
}

/** Frames and scans a chip holds beside the one at work. @source assumed */
export const QUEUE_LENGTH = 16

/** Outcomes, made once: there is one for every frame. */
export const OUTCOME = {
  acked: { is: 'acked', framePending: false },
  ackedMore: { is: 'acked', framePending: true },
  sent: { is: 'sent' },
  noAck: { is: 'no-ack' },
  channelBusy: { is: 'channel-busy' },
  queueFull: { is: 'queue-full' },
} as const satisfies Record<string, TransmitOutcome>
