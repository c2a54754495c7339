/** How simulated time passes: as fast as it computes, or paced by the wall clock. */
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import type { Micros } from '../../base/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { InterruptedError } from '../../ports/rig-control.ts'
import type { Flights } from './flights.ts'
import type { Arrival, LineEvent } from './inlet.ts'
import { PacedRunClock } from './paced-run-clock.ts'

/** One installation's time and what it waits for. */
export interface Timeline {
  /** Of the installation. */
  readonly id: string
  kernel: Kernel
  flights: Flights
  /** Who takes what the line to a real part brings, by part. */
  readonly lines: Map<string, (event: LineEvent) => void>
  /** Takes for the driver what the record of a run has for it. */
  tell?: (message: Came) => void
}

/** A message as it came over the broker. */
export interface Came {
  topic: string
  payload: Uint8Array
}

/** Something asked of the world outside. */
export interface Question<A extends string> {
  /** For people. */
  name: string
  answers: readonly A[]
  ask: () => Promise<A>
}

export interface RunClock {
  /** `virtual`, `real` or `xN`, for reports. */
  readonly mode: string
  /** What lines brought comes from a record: no line is opened. */
  readonly replays?: boolean
  add(timeline: Timeline): void
  /**
   * Lets time pass until `until` holds (true) or `withinUs` have passed (false).
   * Rejects with InterruptedError after `stop`, with MessageLostError when the broker does not deliver.
   */
  waitFor(timeline: Timeline, until: () => boolean, withinUs: Micros): Promise<boolean>
  /**
   * Runs `fire` inside simulated time, now: the way in for everything that comes from outside. `arrival` is what came,
   * for the record of the run.
   */
  inject(timeline: Timeline, name: string, fire: () => void, arrival?: Arrival): void
  /** A message came back to the driver, which `take` gives it; where this is absent it has it at once. */
  receive?(timeline: Timeline, message: Came, take: () => void): void
  /** The driver asks something of the world outside; where this is absent it is asked, and nothing else. */
  ask?<A extends string>(timeline: Timeline, question: Question<A>): Promise<A>
  /** Something changed that a waiter may wait for. */
  nudge(timeline: Timeline): void
  /** The drivers are done: resolves once what a record still has has happened. */
  finish?(): Promise<void>
  stop(): void
}

/** Events run between two looks at the outside world (signals, progress). */
const SLICE = 20_000

/** Time as fast as it computes. It stands still while a message of ours is under way. */
export class VirtualRunClock implements RunClock {
  readonly mode = 'virtual'
  private stopped = false

  add(): void {}

  async waitFor({ kernel, flights }: Timeline, until: () => boolean, withinUs: Micros): Promise<boolean> {
    const deadline = kernel.nowUs() + withinUs
    for (;;) {
      await flights.idle()
      if (this.stopped) throw new InterruptedError()
      if (until()) return true
      if (kernel.nowUs() >= deadline) return false
      const sliceEnd = kernel.eventsRun + SLICE
      kernel.runUntil(deadline, () => flights.size > 0 || kernel.eventsRun >= sliceEnd || until())
      if (flights.size === 0) await yieldToEvents()
    }
  }

  inject({ kernel }: Timeline, name: string, fire: () => void): void {
    kernel.after(0, name, fire)
  }

  nudge(): void {}

  stop(): void {
    this.stopped = true
  }
}

/** Reads `virtual`, `real` or `xN`; undefined for anything else. */
export function parseClock(text: string): RunClock | undefined {
  if (text === 'virtual') return new VirtualRunClock()
  const factor = text === 'real' ? 1 : Number(/^x(\d+(?:\.\d+)?)$/.exec(text)?.[1])
  return factor > 0 && factor <= 1_000_000 ? new PacedRunClock(factor) : undefined
}
