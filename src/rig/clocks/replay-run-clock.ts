/** Simulated time that follows the record of a run: nothing outside it decides when something happens. */

import type { Micros } from '../../base/ids.ts'
import type { InletRecord } from '../../evidence/inlet-file.ts'
import { InterruptedError } from '../../ports/rig-control.ts'
import type { Arrival } from './inlet.ts'
import { ReplayedTimeline } from './replayed-timeline.ts'
import type { Came, Question, RunClock, Timeline } from './run-clock.ts'

/**
 * Driver and broker are live: what the driver sends is held until the record says it came, what it hears is what it heard, and its
 * waits are over when they were over. What lines brought is in the record alone.
 */
export class ReplayRunClock implements RunClock {
  readonly mode = 'replay'
  readonly replays = true
  private readonly recordsOf: (installation: string) => Iterable<InletRecord>
  private readonly lines = new Map<Timeline, ReplayedTimeline>()
  private stopped = false

  /** `recordsOf`: the records of one installation, in order. */
  constructor(recordsOf: (installation: string) => Iterable<InletRecord>) {
    this.recordsOf = recordsOf
  }

  /** Where this run went another way than the recorded one; empty when it did not. */
  get divergences(): string[] {
    return [...this.lines.values()].flatMap(line => line.divergence ?? [])
  }
  /** Installations whose record breaks off: whoever kept it came to a sudden end. */
  get brokenOff(): string[] {
    return [...this.lines.values()].flatMap(line => (line.brokeOff ? line.timeline.id : []))
  }

  add(timeline: Timeline): void {
    if (this.lines.has(timeline)) return
    const line = new ReplayedTimeline(timeline)
    this.lines.set(timeline, line)
    line.follow(this.recordsOf(timeline.id))
  }

  waitFor(timeline: Timeline, until: () => boolean, withinUs: Micros): Promise<boolean> {
    if (this.stopped) return Promise.reject(new InterruptedError())
    return this.of(timeline).waitFor(until, withinUs)
  }

  inject(timeline: Timeline, name: string, fire: () => void, arrival?: Arrival): void {
    this.of(timeline).inject(name, fire, arrival)
  }

  receive(timeline: Timeline, { topic }: Came, take: () => void): void {
    this.of(timeline).receive(topic, take)
  }

  ask<A extends string>(timeline: Timeline, question: Question<A>): Promise<A> {
    if (this.stopped) return Promise.reject(new InterruptedError())
    return this.of(timeline).ask(question)
  }

  nudge(timeline: Timeline): void {
    this.lines.get(timeline)?.stir()
  }

  async finish(): Promise<void> {
    await Promise.all([...this.lines.values()].map(line => line.finish()))
  }

  stop(): void {
    this.stopped = true
    for (const line of this.lines.values()) line.stop()
  }

  private of(timeline: Timeline): ReplayedTimeline {
    if (!this.lines.has(timeline)) this.add(timeline)
    return this.lines.get(timeline) as ReplayedTimeline
  }
}
