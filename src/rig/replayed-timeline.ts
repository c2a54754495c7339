/** One installation's time as its record has it. */
import { setImmediate as breath } from 'node:timers/promises'
import { fromHex } from '../base/bytes.ts'
import type { Micros } from '../base/ids.ts'
import { formatSpan } from '../base/time.ts'
import type { InletEvent, InletRecord } from '../evidence/inlet-file.ts'
import { InterruptedError, MessageLostError } from '../ports/rig-control.ts'
import type { Arrival, LineEvent } from './inlet.ts'
import { described } from './recording-run-clock.ts'
import type { Timeline } from './run-clock.ts'

/** Something live that waits for its moment. */
interface Held {
  /** As a record would have it, in one text. */
  text: string
  act: () => void
}

interface Wait {
  number: number
  until: () => boolean
  withinUs: Micros
  settle: (held: boolean) => void
  fail: (error: Error) => void
}

/** Events run between two looks at the outside world. */
const SLICE = 20_000
/** Characters shown of what differs. */
const SHOWN = 160

/** This run goes another way than the recorded one. */
class Divergence extends Error {
  override readonly name = 'Divergence'
}

export class ReplayedTimeline {
  readonly timeline: Timeline
  /** Where this run went another way, for people. */
  divergence: string | undefined
  /** The record ends without saying that time stood still. */
  brokeOff = false
  /** What is to be put into simulated time. */
  private readonly injections: Held[] = []
  /** What is to be given to the driver. */
  private readonly messages: Held[] = []
  private readonly waits: Wait[] = []
  private begun = 0
  private driverIsDone = false
  private followed = Promise.resolve()
  private over: Error | undefined
  private following: Iterator<InletRecord> = [].values()
  private head: InletRecord | undefined
  private changed: () => void = () => {}

  constructor(timeline: Timeline) {
    this.timeline = timeline
  }

  waitFor(until: () => boolean, withinUs: Micros): Promise<boolean> {
    if (this.over) return Promise.reject(this.over)
    return new Promise((settle, fail) => {
      this.waits.push({ number: ++this.begun, until, withinUs, settle, fail })
      this.stir()
    })
  }

  inject(name: string, fire: () => void, arrival: Arrival | undefined): void {
    if (this.over) return
    this.injections.push({ text: textOf(described(name, arrival)), act: () => this.fire(name, fire) })
    this.stir()
  }

  receive(topic: string, take: () => void): void {
    if (this.over) return take()
    this.messages.push({ text: textOf({ what: 'received', topic }), act: take })
    this.stir()
  }

  /** Something live has changed. */
  stir(): void {
    this.changed()
  }

  /** Makes everything happen as recorded. */
  follow(records: Iterable<InletRecord>): void {
    this.followed = this.walk(records)
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

  /** The driver is done: resolves once all that is recorded has happened. */
  finish(): Promise<void> {
    this.driverIsDone = true
    this.stir()
    return this.followed
  }

  stop(): void {
    this.end(new InterruptedError())
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
    for (const wait of this.waits.splice(0)) wait.fail(this.over)
    this.stir()
  }

  /** Returns what is left to be done once the record is behind us. */
  private async happen(record: InletRecord): Promise<(() => void) | undefined> {
    switch (record.what) {
      // The driver brought it about: time goes on once it is there.
      case 'injected': {
        const live = await this.come(record, () => taken(this.injections, record))
        await this.runTo(record)
        if (!this.over) live.act()
        return
      }
      case 'received': {
        await this.runTo(record)
        const live = await this.come(record, () => taken(this.messages, record) ?? this.told(record))
        live.act()
        return
      }
      case 'line':
        await this.runTo(record)
        if (!this.over) this.bring(record)
        return
      case 'stopped':
        await this.runTo(record)
        return
      case 'waited': {
        const wait = await this.come(record, () => this.waits.find(({ number }) => number === record.wait))
        if (wait.withinUs !== record.withinUs) {
          throw new Divergence(
            `${when(record)}: the driver waits ${formatSpan(wait.withinUs)}, recorded are ${formatSpan(record.withinUs)}`,
          )
        }
        await this.runTo(record)
        if (this.over) return
        if (record.held) await this.come(record, () => (wait.until() ? wait : undefined))
        this.waits.splice(this.waits.indexOf(wait), 1)
        return () => wait.settle(record.held)
      }
      default:
        return record satisfies never
    }
  }

  /** What nobody says again is told from the record; a message of ours may still come. */
  private told({ topic, octets }: InletRecord & { what: 'received' }): Held | undefined {
    const { tell, flights } = this.timeline
    if (!tell || octets === undefined || flights.size > 0) return undefined
    tell({ topic, payload: fromHex(octets) })
    return taken(this.messages, { what: 'received', topic })
  }

  /** Waits for what is live: nothing more will come once the driver waits and no message is under way. */
  private async come<T>(record: InletRecord, find: () => T | undefined): Promise<T> {
    for (;;) {
      await this.timeline.flights.idle()
      await breath()
      if (this.over) throw this.over
      const found = find()
      if (found !== undefined) return found
      if (this.timeline.flights.size > 0) continue
      if (this.waits.length > 0 || this.driverIsDone) throw new Divergence(this.missing(record))
      await new Promise<void>(resolve => {
        this.changed = resolve
      })
    }
  }

  private missing(record: InletRecord): string {
    const [instead] = record.what === 'received' ? this.messages : this.injections
    const now = instead ? `${shown(instead.text)} came instead` : 'nothing of the kind came'
    return `${when(record)}: ${shown(textOf(record))} is recorded; ${now}`
  }

  private async runTo({ atUs }: InletRecord): Promise<void> {
    const { kernel, flights } = this.timeline
    for (let reached = false; !reached && !this.over; ) {
      const sliceEnd = kernel.eventsRun + SLICE
      reached = kernel.runUntil(atUs, () => flights.size > 0 || kernel.eventsRun >= sliceEnd)
      await flights.idle()
      if (!reached) await breath()
    }
  }

  private bring(record: InletRecord & { what: 'line' }): void {
    const take = this.timeline.lines.get(record.part)
    if (!take) throw new Divergence(`${when(record)}: a line to ${record.part} is recorded; this run has none`)
    this.fire(`line ${record.part}`, () => take(lineEvent(record)))
  }

  private fire(name: string, fire: () => void): void {
    const { kernel } = this.timeline
    kernel.after(0, name, fire)
    kernel.runUntil(kernel.nowUs())
  }
}

function lineEvent({ on, octets = '', reason = '' }: InletRecord & { what: 'line' }): LineEvent {
  switch (on) {
    case 'octets':
      return { on, octets: fromHex(octets) }
    case 'down':
      return { on, reason }
    case 'up':
      return { on }
    default:
      return on satisfies never
  }
}

function taken(held: Held[], record: InletEvent | InletRecord): Held | undefined {
  const text = textOf(record)
  const at = held.findIndex(one => one.text === text)
  return at < 0 ? undefined : held.splice(at, 1)[0]
}

const when = ({ atUs, installation }: InletRecord): string => `${installation} at ${formatSpan(atUs)}`

/** What is compared: everything but when and where. */
function textOf(event: InletEvent | InletRecord): string {
  switch (event.what) {
    case 'injected':
      return [event.name, event.topic, event.octets].filter(Boolean).join(' ')
    case 'received':
      return `${event.topic} received`
    case 'line':
      return ['line', event.part, event.on].join(' ')
    case 'waited':
      return `wait ${event.wait} over`
    case 'stopped':
      return 'the end'
    default:
      return event satisfies never
  }
}

const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
