/** Simulated time that follows the wall clock, as fast or `factor` times as fast. */
import type { Micros } from '../../base/ids.ts'
import { EventQueue, ScheduledEvent } from '../../kernel/event-queue.ts'
import { InterruptedError } from '../../ports/rig-control.ts'
import type { RunClock, Timeline } from './run-clock.ts'

/** The wall clock and its one timer, so that tests may bring their own. */
export interface WallClock {
  nowMs(): number
  /** Calls `wake` after `delayMs`; the function returned takes that back. */
  sleep(delayMs: number, wake: () => void): () => void
}

/** The clock of this machine. */
export const machineClock: WallClock = {
  nowMs: () => performance.now(),
  sleep: (delayMs, wake) => {
    const timer = setTimeout(wake, delayMs)
    return () => clearTimeout(timer)
  },
}

export interface Waiter {
  until: () => boolean
  deadline: Micros
  settle: (held: boolean) => void
  fail: (error: Error) => void
}

/** What is known of one timeline: when it began by the wall clock, who waits, when it is next due. */
export interface Paced {
  timeline: Timeline
  startMs: number
  waiters: Waiter[]
  due: ScheduledEvent | undefined
}

/** A timer of the machine takes no longer span. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1

export class PacedRunClock implements RunClock {
  readonly mode: string
  protected readonly wall: WallClock
  private readonly factor: number
  private readonly paced = new Map<Timeline, Paced>()
  private readonly queue = new EventQueue()
  private order = 0
  private wakeAtMs = Number.POSITIVE_INFINITY
  private cancelSleep: () => void = () => {}
  private stopped = false

  constructor(factor: number, wall: WallClock = machineClock, mode = factor === 1 ? 'real' : `x${factor}`) {
    this.factor = factor
    this.wall = wall
    this.mode = mode
  }

  add(timeline: Timeline): void {
    // What has passed already is not waited for.
    const startMs = this.wall.nowMs() - timeline.kernel.nowUs() / 1_000 / this.factor
    const one: Paced = { timeline, startMs, waiters: [], due: undefined }
    this.paced.set(timeline, one)
    this.plan(one)
  }

  waitFor(timeline: Timeline, until: () => boolean, withinUs: Micros): Promise<boolean> {
    if (this.stopped) return Promise.reject(new InterruptedError())
    const one = this.of(timeline)
    this.catchUp(one)
    return new Promise((settle, fail) => {
      one.waiters.push({ until, deadline: timeline.kernel.nowUs() + withinUs, settle, fail })
      this.attend(one)
    })
  }

  inject(timeline: Timeline, name: string, fire: () => void): void {
    const one = this.of(timeline)
    this.catchUp(one)
    timeline.kernel.after(0, name, fire)
    this.catchUp(one)
    this.attend(one)
  }

  nudge(timeline: Timeline): void {
    const one = this.paced.get(timeline)
    if (one && !this.stopped) this.attend(one)
  }

  stop(): void {
    this.stopped = true
    this.cancelSleep()
    for (const { waiters } of this.paced.values()) {
      for (const waiter of waiters.splice(0)) waiter.fail(new InterruptedError())
    }
  }

  protected of(timeline: Timeline): Paced {
    if (!this.paced.has(timeline)) this.add(timeline)
    return this.paced.get(timeline) as Paced
  }

  protected catchUp(one: Paced): void {
    const dueUs = Math.floor((this.wall.nowMs() - one.startMs) * 1_000 * this.factor)
    if (!this.stopped) this.advance(one, Math.max(dueUs, one.timeline.kernel.nowUs()))
  }

  /** Lets happen what is due by the wall clock. */
  protected advance({ timeline }: Paced, dueUs: Micros): void {
    timeline.kernel.runUntil(dueUs)
  }

  /** Settles who waited for what has come true or has come too late, and plans the next look. */
  protected attend(one: Paced): void {
    const nowUs = one.timeline.kernel.nowUs()
    const waiting = one.waiters.splice(0)
    for (const waiter of waiting) {
      const held = waiter.until()
      if (held || nowUs >= waiter.deadline) waiter.settle(held)
      else one.waiters.push(waiter)
    }
    this.plan(one)
  }

  protected plan(one: Paced): void {
    const { timeline, startMs, waiters } = one
    one.due?.cancel()
    const nextUs = Math.min(timeline.kernel.nextAtUs ?? Number.POSITIVE_INFINITY, ...waiters.map(w => w.deadline))
    if (Number.isFinite(nextUs)) {
      const atUs = Math.ceil(startMs * 1_000 + nextUs / this.factor)
      one.due = new ScheduledEvent({ atUs, order: this.order++, name: 'timeline due' }, () => {
        this.catchUp(one)
        this.attend(one)
      })
      this.queue.push(one.due)
    }
    this.sleep()
  }

  private sleep(): void {
    const next = this.queue.peek()
    const wakeAtMs = next ? next.atUs / 1_000 : Number.POSITIVE_INFINITY
    if (this.stopped || wakeAtMs >= this.wakeAtMs) return
    this.cancelSleep()
    this.wakeAtMs = wakeAtMs
    const delayMs = Math.min(LONGEST_SLEEP_MS, Math.max(0, Math.ceil(wakeAtMs - this.wall.nowMs())))
    this.cancelSleep = this.wall.sleep(delayMs, () => this.wake())
  }

  private wake(): void {
    this.wakeAtMs = Number.POSITIVE_INFINITY
    const nowUs = this.wall.nowMs() * 1_000
    for (let due = this.queue.peek(); due && due.atUs <= nowUs && !this.stopped; due = this.queue.peek()) {
      this.queue.pop()?.run()
    }
    this.sleep()
  }
}
