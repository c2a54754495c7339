/** How a device takes turns with its hub: one question at a time, pauses between them, ever more patience without an answer. */
import type { Micros } from '../../base/ids.ts'
import { minutes, seconds } from '../../base/time.ts'
import type { Clock, Timer, Timers } from '../../ports/time.ts'

/** Questions in a row that came to nothing, before it rests. @source assumed */
const MOST_TRIES = 8
/** Before the second try; each pause is twice the one before. @source assumed */
export const FIRST_PAUSE_US = seconds(1)
/** After this it tries again where nobody answered. @source assumed */
const REST_US = minutes(15)

export interface OtaTurnsOptions {
  clock: Clock
  timers: Timers
  /** It has asked something, and has to listen for the answer. */
  onAsked: () => void
  /** Whether it tries again after a rest. */
  rests: () => boolean
}

export class OtaTurns {
  private readonly options: OtaTurnsOptions
  private next: Timer | undefined
  private underWay = false
  private pausing = false
  private tries = 0
  private lastAskedAtUs: Micros = 0

  constructor(options: OtaTurnsOptions) {
    this.options = options
  }

  /** A question is under way. */
  get asking(): boolean {
    return this.underWay
  }
  /** Nothing is under way, nor planned for later. */
  get idle(): boolean {
    return !this.underWay && !this.pausing
  }
  /** The last question came to something. */
  get fresh(): boolean {
    return this.tries === 0
  }
  get askedAtUs(): Micros {
    return this.lastAskedAtUs
  }

  ask(question: () => void): void {
    const { clock, onAsked } = this.options
    this.next?.cancel()
    this.underWay = true
    this.pausing = false
    this.lastAskedAtUs = clock.nowUs()
    onAsked()
    question()
  }
  /** The question under way has its answer, or will have none. */
  answered(): void {
    this.underWay = false
  }
  /** What was answered was of use. */
  cameToSomething(): void {
    this.tries = 0
  }

  /** The question came to nothing: again, ever more patiently; in the end after a rest, if at all. */
  again(act: () => void, most = MOST_TRIES): void {
    this.tries++
    if (this.tries < most) return this.after(FIRST_PAUSE_US * 2 ** (this.tries - 1), act)
    this.tries = 0
    if (this.options.rests()) this.after(REST_US, act)
  }

  after(inUs: Micros, act: () => void): void {
    this.next?.cancel()
    this.pausing = true
    this.next = this.options.timers.after(inUs, 'ota', () => {
      this.pausing = false
      act()
    })
  }

  /** Nothing is to follow. */
  stop(): void {
    this.next?.cancel()
  }
  /** As if nothing had been asked yet. */
  reset(): void {
    this.next?.cancel()
    this.underWay = false
    this.pausing = false
    this.tries = 0
  }
}
