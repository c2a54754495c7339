/** One installation's time as its record has it. */
import { setImmediate as breath } from 'node:timers/promises'
import { fromHex } from '../../base/bytes.ts'
import type { Micros } from '../../base/ids.ts'
import { formatSpan } from '../../base/time.ts'
import type { InletRecord } from '../../evidence/inlet-file.ts'
import { InterruptedError, MessageLostError } from '../../ports/rig-control.ts'
import { HeldBack, type HeldWait } from './held-back.ts'
import type { Arrival } from './inlet.ts'
import { lineEvent, shown, textOf, when } from './inlet-words.ts'
import type { Question, Timeline } from './run-clock.ts'

/** Events run between two looks at the outside world. */
const SLICE = 20_000

/** This run goes another way than the recorded one. */
class Divergence extends Error {
  override readonly name = 'Divergence'
}

type RecordOf<W extends InletRecord['what']> = InletRecord & { what: W }

export class ReplayedTimeline {
  readonly timeline: Timeline
  /** Where this run went another way, for people. */
  divergence: string | undefined
  /** The record ends without saying that time stood still. */
  brokeOff = false
  private readonly held = new HeldBack()
  private driverIsDone = false
  private telling = false
  private followed = Promise.resolve()
  private over: Error | undefined
  private following: Iterator<InletRecord> = [].values()
  private head: InletRecord | undefined
  private changed: () => void = () => {}

  constructor(timeline: Timeline) {
    this.timeline = timeline
  }

  waitFor(until: () => boolean, withinUs: Micros): Promise<boolean> {
    return this.over ? Promise.reject(this.over) : this.stirred(this.held.wait(until, withinUs))
  }
  ask<A extends string>(question: Question<A>): Promise<A> {
    return this.over ? Promise.reject(this.over) : this.stirred(this.held.ask(question))
  }
  inject(name: string, fire: () => void, arrival: Arrival | undefined): void {
    if (!this.over) this.stirred(this.held.inject(name, fire, arrival))
  }
  receive(topic: string, take: () => void): void {
    if (this.over || this.telling) take()
    else this.stirred(this.held.message(topic))
  }
  /** Something live has changed. */
  stir(): void {
    this.changed()
  }

  /** Makes everything happen as recorded. */
  follow(records: Iterable<InletRecord>): void {
    this.followed = this.walk(records)
  }
  /** The driver is done: resolves once all that is recorded has happened. */
  finish(): Promise<void> {
    this.driverIsDone = true
    return this.stirred(this.followed)
  }
  stop(): void {
    this.end(new InterruptedError())
  }

  /** Never rejects: who waits is told. */
  private async walk(records: Iterable<InletRecord>): Promise<void> {
    try {
      this.following = records[Symbol.iterator]()
      for (this.next(); this.head && !this.over; ) {
        const settle = await this.happen(this.head)
        this.next()
        settle?.()
        // The driver acts before time goes on.
        await breath()
      }
      if (!this.over) this.end(new InterruptedError())
    } catch (error) {
      this.end(this.noted(error))
    }
  }

  private next(): void {
    if (this.over) return
    const { done, value } = this.following.next()
    this.brokeOff = done === true && this.head?.what !== 'stopped'
    this.head = done ? undefined : value
  }

  /** What who waits is told. */
  private noted(error: unknown): Error {
    if (!(error instanceof Divergence) && !(error instanceof MessageLostError)) return error as Error
    this.divergence ??= error.message
    return new InterruptedError()
  }

  private end(error: Error): void {
    this.over ??= error
    this.following.return?.()
    this.held.fail(this.over)
    this.stir()
  }

  /** Returns what is left to be done once the record is behind us. */
  private async happen(record: InletRecord): Promise<(() => void) | undefined> {
    const { held } = this
    switch (record.what) {
      case 'injected': {
        // The driver brought it about: time goes on once it is there.
        const { name, fire } = await this.come(record, {
          live: () => held.injectionOf(record),
          otherwise: () => held.againOf(record),
        })
        if (await this.runTo(record)) this.fire(name, fire)
        return
      }
      case 'received':
        // Time brought it about. Not all is said again: sessions are lost with a broker, a real hub is not there.
        if (!(await this.runTo(record))) return
        await this.come(record, { live: () => held.messageOn(record.topic) || undefined, otherwise: () => true })
        return this.tell(record)
      case 'answered': {
        const question = await this.come(record, { live: () => held.questionOf(record.question) })
        if (!(await this.runTo(record))) return
        held.settled(question)
        return () => question.settle(record.answer)
      }
      case 'line':
        if (await this.runTo(record)) this.bring(record)
        return
      case 'waited': {
        const wait = await this.come(record, { live: () => held.waitOf(record.wait) })
        this.compare(wait, record)
        if (!(await this.runTo(record))) return
        if (record.held) await this.come(record, { live: () => wait.until() || undefined })
        held.settled(wait)
        return () => wait.settle(record.held)
      }
      case 'stopped':
        await this.runTo(record)
        return
      default:
        return record satisfies never
    }
  }

  /** Waits for what is live. Once the driver waits and no message is under way nothing more will come. */
  private async come<T>(
    record: InletRecord,
    { live, otherwise }: { live: () => T | undefined; otherwise?: () => T | undefined },
  ): Promise<T> {
    const { flights } = this.timeline
    for (;;) {
      await flights.idle()
      await breath()
      if (this.over) throw this.over
      const found = live()
      if (found !== undefined) return found
      if (flights.size > 0) continue
      if (this.held.driverWaits || this.driverIsDone) {
        const instead = otherwise?.()
        if (instead === undefined) throw this.missing(record)
        return instead
      }
      await new Promise<void>(resolve => {
        this.changed = resolve
      })
    }
  }

  /** Whether time went on that far: nobody stopped it. */
  private async runTo({ atUs }: InletRecord): Promise<boolean> {
    const { kernel, flights } = this.timeline
    for (let reached = false; !reached && !this.over; ) {
      const sliceEnd = kernel.eventsRun + SLICE
      reached = kernel.runUntil(atUs, () => flights.size > 0 || kernel.eventsRun >= sliceEnd)
      await flights.idle()
      if (!reached) await breath()
    }
    return !this.over
  }

  private compare(wait: HeldWait, record: RecordOf<'waited'>): void {
    if (wait.withinUs === record.withinUs) return
    const [now, then] = [wait, record].map(({ withinUs }) => formatSpan(withinUs))
    throw new Divergence(`${when(record)}: the driver waits ${now}, recorded are ${then}`)
  }

  private missing(record: InletRecord): Divergence {
    const [instead] = this.held.injections
    const now = instead ? `${shown(instead.text)} came instead` : 'nothing of the kind came'
    return new Divergence(`${when(record)}: ${shown(textOf(record))} is recorded; ${now}`)
  }

  private tell({ topic, octets }: RecordOf<'received'>): undefined {
    this.telling = true
    try {
      this.timeline.tell?.({ topic, payload: fromHex(octets) })
    } finally {
      this.telling = false
    }
  }

  private bring(record: RecordOf<'line'>): void {
    const take = this.timeline.lines.get(record.part)
    if (!take) throw new Divergence(`${when(record)}: a line to ${record.part} is recorded; this run has none`)
    this.fire(`line ${record.part}`, () => take(lineEvent(record)))
  }

  private fire(name: string, fire: () => void): void {
    const { kernel } = this.timeline
    kernel.after(0, name, fire)
    kernel.runUntil(kernel.nowUs())
  }

  private stirred<T>(result: T): T {
    this.stir()
    return result
  }
}
