/** How simulated time passes: as fast as it computes, or paced by the wall clock. */
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import type { Micros } from '../base/ids.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { InterruptedError } from '../ports/rig-control.ts'
import type { Flights } from './flights.ts'

/** One installation's time and what it waits for. */
export interface Timeline {
  kernel: Kernel
  flights: Flights
}

export interface RunClock {
  /** `virtual`, `real` or `xN`, for reports. */
  readonly mode: string
  add(timeline: Timeline): void
  /**
   * Lets time pass until `until` holds (true) or `withinUs` have passed (false).
   * Rejects with InterruptedError after `stop`, with MessageLostError when the broker does not deliver.
   */
  waitFor(timeline: Timeline, until: () => boolean, withinUs: Micros): Promise<boolean>
  /** Runs `fire` inside simulated time, now: the way in for everything that comes from outside. */
  inject(timeline: Timeline, name: string, fire: () => void): void
  /** Something changed that a waiter may wait for. */
  nudge(): void
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

interface Waiter {
  timeline: Timeline
  until: () => boolean
  deadline: Micros
  settle: (held: boolean) => void
  fail: (error: Error) => void
}

/** Longest sleep: a timer of the machine takes no more. */
const LONGEST_SLEEP_MS = 60_000

/** Simulated time follows the wall clock, `factor` times as fast. */
export class PacedRunClock implements RunClock {
  readonly mode: string
  private readonly factor: number
  private readonly timelines: { timeline: Timeline; wallStartMs: number }[] = []
  private waiters: Waiter[] = []
  private sleeping: NodeJS.Timeout | undefined
  private stopped = false

  constructor(factor: number) {
    this.factor = factor
    this.mode = factor === 1 ? 'real' : `x${factor}`
  }

  add(timeline: Timeline): void {
    this.timelines.push({ timeline, wallStartMs: performance.now() })
    this.nudge()
  }

  waitFor(timeline: Timeline, until: () => boolean, withinUs: Micros): Promise<boolean> {
    if (this.stopped) return Promise.reject(new InterruptedError())
    return new Promise((settle, fail) => {
      this.waiters.push({ timeline, until, deadline: timeline.kernel.nowUs() + withinUs, settle, fail })
      this.nudge()
    })
  }

  inject(timeline: Timeline, name: string, fire: () => void): void {
    this.catchUp()
    timeline.kernel.after(0, name, fire)
    this.nudge()
  }

  nudge(): void {
    if (this.stopped) return
    clearTimeout(this.sleeping)
    this.sleeping = setTimeout(() => this.tick(), 0)
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.sleeping)
    for (const waiter of this.waiters.splice(0)) waiter.fail(new InterruptedError())
  }

  private tick(): void {
    this.catchUp()
    const done = this.waiters.filter(waiter => waiter.until() || waiter.timeline.kernel.nowUs() >= waiter.deadline)
    this.waiters = this.waiters.filter(waiter => !done.includes(waiter))
    for (const waiter of done) waiter.settle(waiter.until())
    if (!this.stopped) this.sleeping = setTimeout(() => this.tick(), this.sleepMs())
  }

  private catchUp(): void {
    const wall = performance.now()
    for (const { timeline, wallStartMs } of this.timelines) {
      timeline.kernel.runUntil(Math.floor((wall - wallStartMs) * 1_000 * this.factor))
    }
  }

  private sleepMs(): number {
    const wall = performance.now()
    let least = LONGEST_SLEEP_MS
    for (const { timeline, wallStartMs } of this.timelines) {
      const due = [timeline.kernel.nextAtUs, ...this.waiters.map(waiter => waiter.deadline)]
      for (const atUs of due) {
        if (atUs !== undefined) least = Math.min(least, wallStartMs + atUs / 1_000 / this.factor - wall)
      }
    }
    return Math.max(0, Math.ceil(least))
  }
}

/** Reads `virtual`, `real` or `xN`; undefined for anything else. */
export function parseClock(text: string): RunClock | undefined {
  if (text === 'virtual') return new VirtualRunClock()
  const factor = text === 'real' ? 1 : Number(/^x(\d+(?:\.\d+)?)$/.exec(text)?.[1])
  return factor > 0 && factor <= 1_000_000 ? new PacedRunClock(factor) : undefined
}
