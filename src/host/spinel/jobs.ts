/** What the co-processor is to do one after the other: frames to send and channels to measure. */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { RadioSettings, TransmitOptions, TransmitOutcome } from '../../ports/radio.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import { asksForAck } from '../../radio/address-filter.ts'
import { withFcs } from '../../radio/fcs.ts'
import { MAX_CSMA_BACKOFFS } from '../../radio/phy.ts'
import { OUTCOME, QUEUE_LENGTH } from '../../radio/radio-jobs.ts'
import { COMMAND, RSSI_INVALID, SCAN_STATE, STATUS } from '../../wire/spinel/frame.ts'
import {
  PROPERTY,
  type PropertyName,
  type PropertyValue,
  streamRawRequest,
  write,
  writeProperty,
} from '../../wire/spinel/properties.ts'
import type { Answer, Question } from './transactions.ts'

/** For a frame and its retries, or behind the end of a scan. @source OpenThread, RadioSpinel::kTxWaitUs */
export const JOB_WAIT_US = seconds(5)
/** For anything else. @source OpenThread, RadioSpinel::kMaxWaitTime 2000 ms */
export const ANSWER_WAIT_US = seconds(2)

interface Send {
  readonly do: 'send'
  /** With FCS. */
  readonly psdu: Uint8Array
  readonly options: TransmitOptions
  readonly onDone: ((outcome: TransmitOutcome) => void) | undefined
}
interface Scan {
  readonly do: 'scan'
  readonly channel: number
  readonly periodMs: number
  readonly onDone: (maxRssiDbm: number) => void
}
type Job = Send | Scan

export interface JobsOptions {
  timers: Timers
  ask: (question: Question, waitUs: Micros, onAnswer: (answer: Answer) => void) => void
  /** The co-processor did not tell what became of a job. */
  onLost: () => void
  /** A job has been refused. */
  onRefused: () => void
}

export class Jobs {
  private readonly options: JobsOptions
  private readonly queue: Job[] = []
  private current: Job | undefined
  private timer: Timer | undefined

  constructor(options: JobsOptions) {
    this.options = options
  }

  get full(): boolean {
    return this.queue.length >= QUEUE_LENGTH
  }
  get idle(): boolean {
    return this.current === undefined
  }

  /** Only while not `full`. The octets are copied. */
  send(psdu: Uint8Array, options: TransmitOptions, onDone: Send['onDone']): void {
    this.queue.push({ do: 'send', psdu: withFcs(psdu), options, onDone })
  }
  /** Only while not `full`. */
  scan(channel: number, periodMs: number, onDone: Scan['onDone']): void {
    this.queue.push({ do: 'scan', channel, periodMs, onDone })
  }

  /** Begins the next job. Only while `idle` and the co-processor is ready. */
  next(settings: RadioSettings): void {
    const job = this.queue.shift()
    this.current = job
    if (job?.do === 'send') this.begin(job, settings)
    else if (job) this.measure(job)
  }

  /** The co-processor has measured a channel. */
  measured(channel: number, maxRssiDbm: number): void {
    const job = this.current
    if (job?.do !== 'scan' || job.channel !== channel) return
    this.end()
    job.onDone(maxRssiDbm)
  }

  /** Nobody is told of the jobs there are. */
  forget(): void {
    this.end()
    this.queue.length = 0
  }
  /** What was begun is not known to be done. */
  abandon(): void {
    const job = this.current
    this.end()
    if (job) fail(job, true)
  }
  /** Nothing of what waits will be done. */
  refuse(): void {
    for (const job of this.queue.splice(0)) fail(job, false)
  }

  private begin(job: Send, settings: RadioSettings): void {
    const { channel = settings.channel, csma = true, attempts = 4 } = job.options
    const value = write(streamRawRequest, {
      psdu: job.psdu,
      channel,
      ccaBackoffAttempts: MAX_CSMA_BACKOFFS,
      frameRetries: attempts - 1,
      csmaCa: csma,
      // The co-processor is to send the frame as it is.
      headerUpdated: true,
      isRetransmission: false,
      securityProcessed: true,
      txDelayUs: 0,
      txDelayBaseUs: 0,
      rxChannelAfterTx: settings.channel,
    })
    const question = { command: COMMAND.PROP_VALUE_SET, property: PROPERTY.STREAM_RAW.key, value }
    this.options.ask(question, JOB_WAIT_US, answer => {
      if (this.current !== job) return
      if (answer.is === 'lost') return this.options.onLost()
      this.end()
      job.onDone?.(this.outcomeOf(job, answer))
    })
  }
  private outcomeOf({ psdu }: Send, answer: Exclude<Answer, { is: 'lost' }>): TransmitOutcome {
    const told = answer.is === 'status' ? answer.told : undefined
    switch (told?.status) {
      case STATUS.OK:
        if (!asksForAck(psdu)) return OUTCOME.sent
        return told.framePending ? OUTCOME.ackedMore : OUTCOME.acked
      case STATUS.NO_ACK:
        return OUTCOME.noAck
      case STATUS.CCA_FAILURE:
        return OUTCOME.channelBusy
      default:
        this.options.onRefused()
        return OUTCOME.channelBusy
    }
  }

  private measure(job: Scan): void {
    this.ask(job, 'MAC_SCAN_MASK', [job.channel])
    this.ask(job, 'MAC_SCAN_PERIOD', job.periodMs)
    this.ask(job, 'MAC_SCAN_STATE', SCAN_STATE.energy)
    this.timer = this.options.timers.after(job.periodMs * 1_000 + JOB_WAIT_US, 'spinel scan', () => {
      if (this.current === job) this.options.onLost()
    })
  }
  private ask<N extends PropertyName>(job: Scan, name: N, value: PropertyValue<N>): void {
    const question = {
      command: COMMAND.PROP_VALUE_SET,
      property: PROPERTY[name].key,
      value: writeProperty(name, value),
    }
    this.options.ask(question, ANSWER_WAIT_US, answer => {
      if (answer.is !== 'status' || answer.told.status === STATUS.OK || this.current !== job) return
      this.options.onRefused()
      this.end()
      fail(job, true)
    })
  }

  private end(): void {
    this.timer?.cancel()
    this.timer = this.current = undefined
  }
}

/** There is no outcome for a lost co-processor: a frame that may have been sent was not acknowledged, another not sent. */
function fail(job: Job, begun: boolean): void {
  if (job.do === 'scan') job.onDone(RSSI_INVALID)
  else job.onDone?.(begun && asksForAck(job.psdu) ? OUTCOME.noAck : OUTCOME.channelBusy)
}
