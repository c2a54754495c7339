/** What is live on a replay, and waits for its recorded moment. */
import { InvariantError } from '../../base/errors.ts'
import type { Micros } from '../../base/ids.ts'
import type { InletRecord } from '../../evidence/inlet-file.ts'
import type { Arrival } from './inlet.ts'
import { described, textOf } from './inlet-words.ts'
import type { Question } from './run-clock.ts'

/** Something to be put into simulated time. */
export interface HeldInjection {
  name: string
  fire: () => void
  /** As a record would have it, in one text. */
  text: string
}

/** The driver waits. */
export interface HeldWait {
  number: number
  until: () => boolean
  withinUs: Micros
  settle: (held: boolean) => void
  fail: (error: Error) => void
}

/** The driver has asked something of the world outside. */
export interface HeldQuestion {
  name: string
  settle: (answer: string) => void
  fail: (error: Error) => void
}

/** Injections remembered once they have happened. */
const REMEMBERED = 100

export class HeldBack {
  readonly injections: HeldInjection[] = []
  private readonly happened: HeldInjection[] = []
  /** Topics of messages for the driver. */
  private readonly topics: string[] = []
  private readonly waits: HeldWait[] = []
  private readonly questions: HeldQuestion[] = []
  private begun = 0

  /** Whether the driver does nothing of its own before something happens. */
  get driverWaits(): boolean {
    return this.waits.length > 0 || this.questions.length > 0
  }

  wait(until: () => boolean, withinUs: Micros): Promise<boolean> {
    const number = ++this.begun
    return new Promise((settle, fail) => this.waits.push({ number, until, withinUs, settle, fail }))
  }
  inject(name: string, fire: () => void, arrival: Arrival | undefined): void {
    this.injections.push({ name, fire, text: textOf(described(name, arrival)) })
  }
  message(topic: string): void {
    this.topics.push(topic)
  }
  ask<A extends string>({ name, answers }: Question<A>): Promise<A> {
    return new Promise((resolve, fail) => {
      const settle = (answer: string) => {
        const known = answers.find(one => one === answer)
        if (known !== undefined) resolve(known)
        else fail(new InvariantError(`${name}: "${answer}" is recorded, which is no answer to that`))
      }
      this.questions.push({ name, settle, fail })
    })
  }

  /** Tells everybody who waits that nothing more will come. */
  fail(error: Error): void {
    for (const one of [...this.waits.splice(0), ...this.questions.splice(0)]) one.fail(error)
  }

  /** The injection of a record, once it is there. */
  injectionOf(record: InletRecord): HeldInjection | undefined {
    const text = textOf(record)
    const found = taken(this.injections, one => one.text === text)
    if (found) this.happened.push(found)
    if (this.happened.length > REMEMBERED) this.happened.shift()
    return found
  }
  /** The injection of a record, when it has happened before: a broker may deliver a message again. */
  againOf(record: InletRecord): HeldInjection | undefined {
    const text = textOf(record)
    return this.happened.findLast(one => one.text === text)
  }
  /** Whether a message on that topic has come for the driver; it counts once. */
  messageOn(topic: string): boolean {
    return taken(this.topics, one => one === topic) !== undefined
  }
  /** Stays until it is settled. */
  waitOf(number: number): HeldWait | undefined {
    return this.waits.find(wait => wait.number === number)
  }
  questionOf(name: string): HeldQuestion | undefined {
    return this.questions.find(question => question.name === name)
  }
  /** It is about to be settled. */
  settled(one: HeldWait | HeldQuestion): void {
    for (const list of [this.waits, this.questions]) taken<unknown>(list, other => other === one)
  }
}

function taken<T>(list: T[], isIt: (one: T) => boolean): T | undefined {
  const at = list.findIndex(isIt)
  return at < 0 ? undefined : list.splice(at, 1)[0]
}
