/** Events in time order, equal times in order of scheduling: a binary heap. */
import type { Micros } from '../base/ids.ts'
import type { Timer } from '../ports/time.ts'

/** One thing that will happen, once, unless it is cancelled first. Cancelling it later, or twice, does nothing. */
export class ScheduledEvent implements Timer {
  readonly atUs: Micros
  /** Place among all events ever scheduled; decides between equal times. */
  readonly order: number
  /** For people reading the queue or an error. */
  readonly name: string
  private fire: (() => void) | undefined

  constructor(at: { atUs: Micros; order: number; name: string }, fire: () => void) {
    this.atUs = at.atUs
    this.order = at.order
    this.name = at.name
    this.fire = fire
  }
  /** It will not happen (any more): cancelled, or run. */
  get cancelled(): boolean {
    return this.fire === undefined
  }
  cancel(): void {
    this.fire = undefined
  }
  run(): void {
    const fire = this.fire
    this.fire = undefined
    fire?.()
  }
}

/** Below this many entries sweeping is not worth it. */
const SMALLEST_SWEEP = 64

export class EventQueue {
  private heap: ScheduledEvent[] = []
  private sweepAt = SMALLEST_SWEEP

  /** Entries held, cancelled ones that were not swept yet included. */
  get size(): number {
    return this.heap.length
  }

  push(event: ScheduledEvent): void {
    if (this.heap.length >= this.sweepAt) this.sweep()
    const heap = this.heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as ScheduledEvent
      if (!before(event, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  /** The earliest event that has not been cancelled. */
  peek(): ScheduledEvent | undefined {
    while (this.heap[0]?.cancelled) this.removeTop()
    return this.heap[0]
  }

  /** Takes out the earliest event that has not been cancelled. */
  pop(): ScheduledEvent | undefined {
    const top = this.peek()
    if (top) this.removeTop()
    return top
  }

  /** Drops cancelled events, so that a far deadline set anew at every frame does not pile up. Order is total: none changes. */
  private sweep(): void {
    this.heap = this.heap.filter(event => !event.cancelled).sort((a, b) => (before(a, b) ? -1 : 1))
    this.sweepAt = Math.max(SMALLEST_SWEEP, 2 * this.heap.length)
  }

  private removeTop(): void {
    const heap = this.heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)) child++
      if (!before(heap[child] as ScheduledEvent, last)) break
      heap[at] = heap[child] as ScheduledEvent
      at = child
    }
    heap[at] = last
  }
}

const before = (a: ScheduledEvent, b: ScheduledEvent): boolean =>
  a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)
