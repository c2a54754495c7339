/** The NCP's serial line: responses and callbacks reach the host in order and once, or the host has to reset the NCP. */
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Clock, Timer, Timers } from '../../ports/time.ts'
import { ASH_CODE, encodeAsh } from '../../wire/ash/frame.ts'
import {
  ASH_OFF,
  type AshEffect,
  type AshEvent,
  type AshState,
  type AshTrouble,
  ashStep,
  mayBegin,
} from '../../wire/ash/machine.ts'
import { AshReader } from '../../wire/ash/reader.ts'

export interface NcpLineOptions {
  link: ByteLink
  clock: Clock
  timers: Timers
}

export interface NcpLineListener {
  /** May be kept. */
  onCommand(body: Uint8Array): void
  /** The host has asked for a new start. */
  onRestart(): void
}

export interface NcpLineCounts extends Record<AshTrouble, number> {
  /** Frames the line did not take; data among them is sent again. */
  unsent: number
  /** Resets the host has asked for. */
  resets: number
  /** Connections given up because the host acknowledged nothing. */
  failures: number
  /** Responses and callbacks that were lost with a connection, or for which there was no room. */
  lost: number
}

/** Callbacks that wait for the host. @source assumed: packet buffers of an NCP */
const CALLBACKS_KEPT = 64
/** Answers that wait for the host, which has to send further commands again. */
const RESPONSES_KEPT = 8

export class NcpLine {
  readonly counts: NcpLineCounts = {
    ...{ rejected: 0, duplicate: 0, retransmitted: 0, 'bad-acknowledgement': 0, unexpected: 0 },
    ...{ unsent: 0, resets: 0, failures: 0, lost: 0 },
  }
  private readonly options: NcpLineOptions
  private readonly listener: NcpLineListener
  private readonly reader: AshReader
  private state: AshState = ASH_OFF
  private readonly responses: Uint8Array[] = []
  private readonly callbacks: Uint8Array[] = []
  private waiting: Timer | undefined
  private holding: Timer | undefined
  /** Octets are being taken in: what is to be sent goes out once they all are. */
  private busy = false

  constructor(options: NcpLineOptions, listener: NcpLineListener) {
    this.options = options
    this.listener = listener
    this.reader = new AshReader({
      onFrame: frame => {
        const full = this.responses.length >= RESPONSES_KEPT
        this.step({ on: 'frame', frame, atUs: options.clock.nowUs(), full })
      },
      onBad: mayBeData => {
        if (mayBeData) this.step({ on: 'bad' })
      },
    })
    options.link.listen({
      onOctets: octets => this.take(octets),
      // A host that is gone acknowledges nothing, and one that comes begins with a reset: the connection needs no more.
      onUp: () => this.reader.restart(),
      onDown: () => this.reader.restart(),
    })
  }

  /** What came over the line. */
  get line() {
    return this.reader.counts
  }
  /** Whether the host can be told anything. */
  get connected(): boolean {
    return this.state.is === 'connected'
  }
  /** Callbacks the host does not have yet. */
  get waitingCallbacks(): number {
    return this.callbacks.length
  }

  /** The NCP has started, and says why; nothing of before is sent any more. */
  start(code: number): void {
    this.forget()
    this.reader.restart()
    this.step({ on: 'start', code })
  }
  /** The answer to a command. */
  respond(body: Uint8Array): void {
    this.keep(this.responses, RESPONSES_KEPT, body)
  }
  /** False when it is lost: there is no room, or no connection. */
  callBack(body: Uint8Array): boolean {
    return this.keep(this.callbacks, CALLBACKS_KEPT, body)
  }

  private keep(queue: Uint8Array[], most: number, body: Uint8Array): boolean {
    if (!this.connected || queue.length >= most) {
      this.counts.lost++
      return false
    }
    queue.push(body)
    if (!this.busy) this.pump()
    return true
  }

  private take(octets: Uint8Array): void {
    this.busy = true
    try {
      this.reader.push(octets)
    } finally {
      this.busy = false
    }
    this.pump()
    this.step({ on: 'settled' })
  }

  /** Sends what may be sent, answers first. */
  private pump(): void {
    const atUs = this.options.clock.nowUs()
    for (;;) {
      const body =
        (mayBegin(this.state, 'response') && this.responses.shift()) ||
        (mayBegin(this.state, 'callback') && this.callbacks.shift())
      if (!body) return
      this.step({ on: 'send', body, atUs })
    }
  }

  private step(event: AshEvent): void {
    const { state, effects } = ashStep(this.state, event)
    this.state = state
    for (const effect of effects) this.apply(effect)
  }

  private apply(effect: AshEffect): void {
    switch (effect.do) {
      case 'write':
        if (!this.options.link.write(encodeAsh(effect.frame))) this.counts.unsent++
        return
      case 'deliver':
        return this.listener.onCommand(effect.body)
      case 'wait':
        return this.wait(effect.forUs)
      case 'stop-waiting':
        return this.waiting?.cancel()
      case 'hold-back':
        return this.holdBack(effect.forUs)
      case 'restart':
        this.counts.resets++
        this.listener.onRestart()
        return this.start(ASH_CODE.software)
      case 'fail':
        this.counts.failures++
        this.counts.lost += effect.unacknowledged
        return this.forget()
      case 'count':
        this.counts[effect.what]++
        return
      default:
        return effect satisfies never
    }
  }

  private wait(forUs: number): void {
    this.waiting?.cancel()
    this.waiting = this.options.timers.after(forUs, 'ncp: acknowledgement', () => this.later({ on: 'overdue' }))
  }
  private holdBack(forUs: number): void {
    this.holding?.cancel()
    this.holding = this.options.timers.after(forUs, 'ncp: callbacks held back', () => this.later({ on: 'held-long' }))
  }
  private later(event: AshEvent): void {
    this.step(event)
    this.pump()
  }

  private forget(): void {
    this.counts.lost += this.responses.length + this.callbacks.length
    this.responses.length = this.callbacks.length = 0
    this.waiting?.cancel()
    this.holding?.cancel()
  }
}
