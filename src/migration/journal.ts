/**
 * What the parties have sent for the step under way, and what came back: a step that is carried out again, because the process died in
 * the middle of it, sends the same octets under the same ids and counters. Whoever has had them answers again and does nothing twice.
 */

/** One request, order or notice. */
export interface Sent {
  /** To whom, and what: a step that takes another way the second time sends something else. */
  what: string
  /** What the answer refers to. */
  id: string
  /** Hex. */
  octets: string
  /** The answer as it came, hex, and the civil time then, Unix ms. */
  came?: string
  cameAtMs?: number
}

export class Journal {
  private readonly sent: Sent[]
  private next = 0
  /** The first step that is begun is the one in which the process died. */
  private isAgain: boolean

  constructor(sent: readonly Sent[] = []) {
    this.sent = sent.map(one => ({ ...one }))
    this.isAgain = sent.length > 0
  }

  begin(): void {
    this.next = 0
    if (!this.isAgain) this.sent.length = 0
    this.isAgain = false
  }

  end(): void {
    this.sent.length = 0
    this.isAgain = false
  }

  /** What was sent at this place before, where it was the same. */
  peek(what: string): Sent | undefined {
    const found = this.sent[this.next]
    return found?.what === what ? found : undefined
  }

  /** What is to be sent at this place: as before, else as `make` has it now. */
  take(what: string, make: () => Omit<Sent, 'what'>): { sent: Sent; isNew: boolean } {
    const before = this.peek(what)
    const sent = before ?? { what, ...make() }
    if (!before) this.sent.splice(this.next, Number.POSITIVE_INFINITY, sent)
    this.next++
    return { sent, isNew: before === undefined }
  }

  get all(): readonly Sent[] {
    return this.sent
  }

  /** What is to be kept when the process dies. */
  memory(): readonly Sent[] {
    return this.sent.map(one => ({ ...one }))
  }
}
