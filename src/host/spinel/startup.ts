/**
 * Brings a co-processor from a line that is up to being ready: it is reset, says so, and is asked what it is. Whatever goes
 * wrong with it, this begins again.
 */
import { seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import { COMMAND, RESET, type SpinelFrame } from '../../wire/spinel/frame.ts'
import { type Identity, identify } from './identify.ts'
import type { Transactions } from './transactions.ts'

/** For the notice that a reset has been done. @source OpenThread, RadioSpinel; zigbee-on-host waits as long */
const RESET_WAIT_US = seconds(5)
/** Before one that cannot be driven is asked again. */
const UNUSABLE_WAIT_US = seconds(10)
/** Answers lost, one after the other, before the RCP is reset. */
const LOST_BEFORE_RESET = 3

export type SpinelRadioState =
  /** The line is down. */
  | { readonly is: 'down'; readonly why: string }
  /** Being reset and asked what it is. */
  | { readonly is: 'starting' }
  | { readonly is: 'ready'; readonly identity: Identity }
  /** No RCP that can be driven; asked again after a while, in case it was misheard. */
  | { readonly is: 'unusable'; readonly why: string }

export interface StartupOptions {
  timers: Timers
  transactions: Transactions
  write: (frame: SpinelFrame) => void
  /** Counted here: answers that did not come in time, and restarts of a co-processor that was ready. */
  counts: { lost: number; restarts: number }
  /** Told at each change, before what follows from it. */
  onState: (state: SpinelRadioState) => void
  /** The co-processor knows nothing any more, and what it was about to do is lost. */
  onRestart: () => void
  /** It does not say that it was reset. Nobody may be there for long. */
  onSilent: () => void
  /** It is away, or cannot be driven. */
  onGone: () => void
}

const RESET_STACK: SpinelFrame = {
  ...{ interfaceId: 0, transaction: 0, command: COMMAND.RESET, property: undefined },
  value: Uint8Array.of(RESET.stack),
}

export class Startup {
  private readonly options: StartupOptions
  private now: SpinelRadioState
  private timer: Timer | undefined
  private lostInRow = 0

  constructor(options: StartupOptions, first: SpinelRadioState) {
    this.options = options
    this.now = first
  }

  get state(): SpinelRadioState {
    return this.now
  }
  /** There is no co-processor that could do anything. */
  get absent(): boolean {
    return this.now.is === 'down' || this.now.is === 'unusable'
  }

  /** Resets the co-processor, until it tells that it has been. */
  start(): void {
    this.restarted()
    this.options.write(RESET_STACK)
    this.timer = this.options.timers.after(RESET_WAIT_US, 'spinel reset', () => {
      this.options.counts.lost++
      this.options.onSilent()
      this.start()
    })
  }
  /** It has told that it was reset. */
  identify(): void {
    this.restarted()
    const { transactions, timers, counts } = this.options
    identify(transactions, found => {
      if (found.is === 'lost') {
        counts.lost++
        this.start()
      } else if (found.is === 'unusable') {
        this.gone(found)
        this.timer = timers.after(UNUSABLE_WAIT_US, 'spinel again', () => this.start())
      } else this.become({ is: 'ready', identity: found.identity })
    })
  }
  /** It is there. */
  answered(): void {
    this.lostInRow = 0
  }
  /** An answer of one that was ready did not come in time. */
  answerLost(): void {
    this.options.counts.lost++
    if (++this.lostInRow >= LOST_BEFORE_RESET) this.start()
  }
  gone(state: SpinelRadioState & { is: 'down' | 'unusable' }): void {
    this.timer?.cancel()
    this.options.transactions.forget()
    this.become(state)
    this.options.onGone()
  }

  private restarted(): void {
    this.timer?.cancel()
    this.options.transactions.forget()
    this.lostInRow = 0
    if (this.now.is === 'ready') this.options.counts.restarts++
    this.become({ is: 'starting' })
    this.options.onRestart()
  }
  private become(state: SpinelRadioState): void {
    if (this.now.is === state.is) return
    this.now = state
    this.options.onState(state)
  }
}
