/**
 * What waits for users to fetch: documents by number, the oldest first. Whoever says which was the last it has gets the next, so that
 * nothing is lost when an answer is; what all have is forgotten, and so is the oldest when the box is full.
 */

export interface BoxedMessage {
  /** From 1. */
  number: number
  document: string
}

/** Documents kept. */
const MOST_KEPT = 1_000
/** Who waits for the next at once. */
export const MOST_WAITERS = 16

export class MessageBox {
  private readonly kept: BoxedMessage[] = []
  private readonly waiters = new Set<() => void>()
  private last = 0
  /** Forgotten before anybody fetched what came after them. */
  dropped = 0

  put(document: string): void {
    this.kept.push({ number: ++this.last, document })
    if (this.kept.length > MOST_KEPT) {
      this.kept.shift()
      this.dropped++
    }
    for (const wake of this.waiters) wake()
  }

  /** The first one after `number`, which with all before it is forgotten; undefined when there is none. */
  after(number: number): BoxedMessage | undefined {
    while (this.kept[0] && this.kept[0].number <= number) this.kept.shift()
    return this.kept[0]
  }

  /** The same, once there is one; undefined after `withinMs`, at once when too many wait, and when `signal` says so. */
  async next(number: number, withinMs: number, signal: AbortSignal): Promise<BoxedMessage | undefined> {
    const found = this.after(number)
    if (found || withinMs <= 0 || signal.aborted || this.waiters.size >= MOST_WAITERS) return found
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, withinMs)
    signal.addEventListener('abort', () => resolve(), { once: true })
    this.waiters.add(resolve)
    await promise
    this.waiters.delete(resolve)
    clearTimeout(timer)
    return this.after(number)
  }
}
