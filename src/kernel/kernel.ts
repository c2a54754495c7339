/** The virtual clock of one installation and its queue of events. Nothing here knows the wall clock. */
import { InvariantError } from '../base/errors.ts'
import type { Micros } from '../base/ids.ts'
import { formatSpan } from '../base/time.ts'
import type { Clock, Random, Timer, Timers } from '../ports/time.ts'
import { EventQueue, ScheduledEvent } from './event-queue.ts'
import { SeededRandom } from './random.ts'

export interface KernelOptions {
  /** Seed of every dice stream. */
  seed: string
  /** Civil time at the start of the run, whole Unix milliseconds. */
  startUnixMs: number
  /** Where its time goes on from; 0 unless given. */
  startUs?: Micros
  /** How often it was switched on before: no two lives throw the same dice. */
  life?: number
}

export class Kernel implements Clock, Timers {
  readonly random: Random
  /** Dice that throw the same in every life: for what leaves the factory once. */
  readonly innate: Random
  readonly seed: string
  private readonly startUnixMs: number
  private readonly startUs: Micros
  private readonly queue = new EventQueue()
  private now: Micros
  private scheduled = 0
  private executed = 0
  private isRunning = false

  constructor(options: KernelOptions) {
    if (!Number.isSafeInteger(options.startUnixMs)) {
      throw new InvariantError(`kernel: startUnixMs is ${options.startUnixMs}, whole Unix milliseconds expected`)
    }
    this.seed = options.seed
    const { startUs = 0, life = 0 } = options
    const innate = new SeededRandom(options.seed)
    this.startUnixMs = options.startUnixMs
    this.startUs = startUs
    this.now = startUs
    this.innate = innate
    this.random = life === 0 ? innate : { stream: label => innate.stream(`life ${life}/${label}`) }
  }

  nowUs(): Micros {
    return this.now
  }
  unixMs(): number {
    return this.startUnixMs + Math.floor((this.now - this.startUs) / 1_000)
  }
  /** An event is under way: what it does is half done. */
  get busy(): boolean {
    return this.isRunning
  }
  /** Events run since the start. */
  get eventsRun(): number {
    return this.executed
  }
  /** When the next event is due; undefined when nothing is scheduled. */
  get nextAtUs(): Micros | undefined {
    return this.queue.peek()?.atUs
  }

  after(delayUs: Micros, name: string, fire: () => void): Timer {
    const atUs = this.now + delayUs
    if (!Number.isSafeInteger(delayUs) || delayUs < 0 || !Number.isSafeInteger(atUs)) {
      throw new InvariantError(
        `timer "${name}" asked for ${delayUs} us at ${this.whenAndSeed()}: whole microseconds, 0 or more, expected`,
      )
    }
    const event = new ScheduledEvent({ atUs, order: this.scheduled++, name }, fire)
    this.queue.push(event)
    return event
  }

  /**
   * Runs events up to and including `untilUs`, or until `stop` says so after an event, and moves the clock.
   * Returns true when the end was reached, false when `stop` ended it earlier. A time already past runs nothing.
   * An event that throws, or that calls this, ends the run with an InvariantError that carries time and seed.
   */
  runUntil(untilUs: Micros, stop?: () => boolean): boolean {
    if (!Number.isSafeInteger(untilUs)) {
      throw new InvariantError(
        `run until ${untilUs} us asked for at ${this.whenAndSeed()}: whole microseconds expected`,
      )
    }
    if (this.isRunning) {
      throw new InvariantError(`run until ${untilUs} us asked for from inside an event at ${this.whenAndSeed()}`)
    }
    this.isRunning = true
    try {
      return this.runEvents(untilUs, stop)
    } finally {
      this.isRunning = false
    }
  }

  private runEvents(untilUs: Micros, stop?: () => boolean): boolean {
    for (;;) {
      const next = this.queue.peek()
      if (!next || next.atUs > untilUs) break
      this.queue.pop()
      this.now = next.atUs
      this.executed++
      this.run(next)
      if (stop?.()) return false
    }
    if (untilUs > this.now) this.now = untilUs
    return true
  }

  private run(event: ScheduledEvent): void {
    try {
      event.run()
    } catch (cause) {
      throw new InvariantError(`event "${event.name}" failed at ${this.whenAndSeed()}: ${String(cause)}`, { cause })
    }
  }

  private whenAndSeed(): string {
    return `${formatSpan(this.now)} (${this.now} us), seed ${this.seed}`
  }
}
