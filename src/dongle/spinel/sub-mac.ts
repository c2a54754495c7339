/**
 * Sends frames one after the other, each as often as its host allows: an attempt that found the channel busy, or was not
 * acknowledged, is made again, the latter after a while that grows with each, for who spoke into it once would do so again.
 * @source OpenThread, SubMac::HandleTransmitDone; OPENTHREAD_CONFIG_MAC_ADD_DELAY_ON_NO_ACK_ERROR_BEFORE_RETRY 1
 */
import type { Radio, TransmitOptions, TransmitOutcome } from '../../ports/radio.ts'
import type { RandomStream, Timer, Timers } from '../../ports/time.ts'
import { UNIT_BACKOFF_US } from '../../radio/phy.ts'
import { QUEUE_LENGTH } from '../../radio/radio-jobs.ts'
import { checkTransmission } from '../../radio/radio-settings.ts'

/** A frame without FCS. */
interface Send extends TransmitOptions {
  readonly octets: Uint8Array
  readonly onDone: (outcome: TransmitOutcome) => void
  attemptsLeft: number
  /** Of the wait after the next missed acknowledgement: up to 2 ^ n backoff periods. */
  exponent: number
}

export interface SubMacOptions {
  radio: Radio
  timers: Timers
  /** A stream of its own. */
  random: RandomStream
}

/** @source OpenThread, OPENTHREAD_CONFIG_MAC_RETX_DELAY_MIN_BACKOFF_EXPONENT, ..._MAX_BACKOFF_EXPONENT */
const [LEAST_EXPONENT, GREATEST_EXPONENT] = [0, 5]

export class SubMac {
  private readonly options: SubMacOptions
  private readonly waiting: Send[] = []
  private sending: Send | undefined
  private pause: Timer | undefined

  constructor(options: SubMacOptions) {
    this.options = options
  }

  /** What waits is forgotten without an outcome. */
  reset(): void {
    this.pause?.cancel()
    this.waiting.length = 0
    this.sending = undefined
  }

  /** `attempts`: in all, 1 when absent. @throws InvariantError for what no radio sends */
  send(octets: Uint8Array, how: TransmitOptions, onDone: (outcome: TransmitOutcome) => void): void {
    const { timers } = this.options
    checkTransmission('co-processor', octets, how)
    if (this.waiting.length >= QUEUE_LENGTH) {
      return void timers.after(0, 'queue full', () => onDone({ is: 'queue-full' }))
    }
    const { attempts = 1, ...rest } = how
    this.waiting.push({ ...rest, octets: octets.slice(), onDone, attemptsLeft: attempts, exponent: LEAST_EXPONENT })
    if (!this.sending) this.next()
  }

  private next(): void {
    this.sending = this.waiting.shift()
    if (this.sending) this.attempt(this.sending)
  }

  private attempt(send: Send): void {
    const { octets, channel, csma } = send
    send.attemptsLeft--
    const how = { ...(channel !== undefined && { channel }), ...(csma !== undefined && { csma }), attempts: 1 }
    this.options.radio.transmit(octets, how, outcome => {
      if (this.sending === send) this.attempted(send, outcome)
    })
  }

  private attempted(send: Send, outcome: TransmitOutcome): void {
    const { timers, random } = this.options
    const failed = outcome.is === 'no-ack' || outcome.is === 'channel-busy'
    if (!failed || send.attemptsLeft === 0) {
      this.next()
      return send.onDone(outcome)
    }
    if (outcome.is === 'channel-busy') return this.attempt(send)
    const waitUs = random.int(2 ** send.exponent) * UNIT_BACKOFF_US
    send.exponent = Math.min(send.exponent + 1, GREATEST_EXPONENT)
    this.pause = timers.after(waitUs, 'retry', () => this.attempt(send))
  }
}
