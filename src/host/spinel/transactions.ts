/** Questions to a co-processor and their answers, told apart by transaction ids; an answer that does not come is lost. */
import type { Micros } from '../../base/ids.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import { COMMAND, LAST_TRANSACTION, type SpinelFrame } from '../../wire/spinel/frame.ts'
import { PROPERTY, type PropertyValue, readProperty } from '../../wire/spinel/properties.ts'

export type Answer =
  /** It holds this, or has done that. */
  | { readonly is: 'value'; readonly property: number; readonly value: Uint8Array }
  /** A status instead, or what became of a frame. */
  | { readonly is: 'status'; readonly told: PropertyValue<'LAST_STATUS'> }
  /** None came in time. */
  | { readonly is: 'lost' }

export type Question = Pick<SpinelFrame, 'command' | 'property' | 'value'>

interface Waiting {
  readonly onAnswer: (answer: Answer) => void
  readonly timer: Timer
}

export class Transactions {
  private readonly timers: Timers
  private readonly send: (frame: SpinelFrame) => void
  private readonly waiting = new Map<number, Waiting>()
  private latest = 0

  constructor(timers: Timers, send: (frame: SpinelFrame) => void) {
    this.timers = timers
    this.send = send
  }

  /** How many more questions may be asked. */
  get room(): number {
    return LAST_TRANSACTION - this.waiting.size
  }

  /** Asks; the answer, or its loss, is told once and never inside the call. Only while there is `room`. */
  ask(question: Question, waitUs: Micros, onAnswer: (answer: Answer) => void): void {
    const transaction = this.next()
    const timer = this.timers.after(waitUs, 'spinel answer', () => {
      this.waiting.delete(transaction)
      onAnswer({ is: 'lost' })
    })
    this.waiting.set(transaction, { onAnswer, timer })
    this.send({ interfaceId: 0, transaction, ...question })
  }

  /** Hands an answer to who waits for it. False: nobody does. */
  take(transaction: number, answer: Answer): boolean {
    const waiting = this.waiting.get(transaction)
    if (!waiting) return false
    waiting.timer.cancel()
    this.waiting.delete(transaction)
    waiting.onAnswer(answer)
    return true
  }

  /** Nothing is waited for any more, and nobody told. */
  forget(): void {
    for (const { timer } of this.waiting.values()) timer.cancel()
    this.waiting.clear()
  }

  /** Ids go round, so that a late answer meets no new question for as long as may be. */
  private next(): number {
    do this.latest = (this.latest % LAST_TRANSACTION) + 1
    while (this.waiting.has(this.latest))
    return this.latest
  }
}

/** What a frame of a co-processor answers; undefined when it is no answer. @throws WireError */
export function answerOf({ command, property, value }: SpinelFrame): Answer | undefined {
  if (property === undefined || command < COMMAND.PROP_VALUE_IS) return undefined
  if (property !== PROPERTY.LAST_STATUS.key) return { is: 'value', property, value }
  return { is: 'status', told: readProperty('LAST_STATUS', value) }
}
