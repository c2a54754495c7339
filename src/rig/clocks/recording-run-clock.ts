/** A run clock that keeps a record of everything that depends on the wall clock: what came in, and when waits were over. */

import { toHex } from '../../base/bytes.ts'
import type { Micros } from '../../base/ids.ts'
import type { InletRecord } from '../../evidence/inlet-file.ts'
import type { Arrival } from './inlet.ts'
import { described } from './inlet-words.ts'
import type { Came, Question, RunClock, Timeline } from './run-clock.ts'

export class RecordingRunClock implements RunClock {
  private readonly inner: RunClock
  private readonly record: (record: InletRecord) => void
  /** Waits begun on each timeline. */
  private readonly waits = new Map<Timeline, number>()
  private stopped = false

  constructor(inner: RunClock, record: (record: InletRecord) => void) {
    this.inner = inner
    this.record = record
  }

  get mode(): string {
    return this.inner.mode
  }

  add(timeline: Timeline): void {
    this.know(timeline)
    this.inner.add(timeline)
  }

  /** Recorded where the waiter goes on, so that what it does then comes at the same place again. */
  async waitFor(timeline: Timeline, until: () => boolean, withinUs: Micros): Promise<boolean> {
    const wait = this.know(timeline) + 1
    this.waits.set(timeline, wait)
    const held = await this.inner.waitFor(timeline, until, withinUs)
    this.record({ what: 'waited', ...now(timeline), wait, withinUs, held })
    return held
  }

  inject(timeline: Timeline, name: string, fire: () => void, arrival?: Arrival): void {
    this.know(timeline)
    const event = described(name, arrival)
    const recorded = () => {
      this.record({ ...event, ...now(timeline) })
      fire()
    }
    this.inner.inject(timeline, name, recorded, arrival)
  }

  receive(timeline: Timeline, { topic, payload }: Came, take: () => void): void {
    if (!this.stopped) this.record({ what: 'received', ...now(timeline), topic, octets: toHex(payload) })
    take()
  }

  async ask<A extends string>(timeline: Timeline, { name: question, ask }: Question<A>): Promise<A> {
    const answer = await ask()
    if (!this.stopped) this.record({ what: 'answered', ...now(timeline), question, answer })
    return answer
  }

  nudge(timeline: Timeline): void {
    this.inner.nudge(timeline)
  }

  stop(): void {
    this.inner.stop()
    if (this.stopped) return
    this.stopped = true
    for (const timeline of this.waits.keys()) this.record({ what: 'stopped', ...now(timeline) })
  }

  /** How many waits there were. */
  private know(timeline: Timeline): number {
    const known = this.waits.get(timeline) ?? 0
    this.waits.set(timeline, known)
    return known
  }
}

const now = ({ id, kernel }: Timeline) => ({ atUs: kernel.nowUs(), installation: id })
