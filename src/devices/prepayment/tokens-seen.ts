/** Which tokens a meter has taken: none is taken twice, and none older than all it remembers. */

/** As many as a meter remembers. @source assumed */
const REMEMBERED = 100

export interface TokensMemory {
  /** Counters of tokens taken, in the order of their numbers. */
  counters: readonly number[]
}

export class TokensSeen {
  private readonly counters: number[]

  constructor(memory: TokensMemory = { counters: [] }) {
    this.counters = [...memory.counters]
  }

  memory(): TokensMemory {
    return { counters: this.counters.slice() }
  }

  /** Taken before, or so old that nobody can say. */
  has(counter: number): boolean {
    const [oldest = -1] = this.counters
    return this.counters.includes(counter) || (this.counters.length >= REMEMBERED && counter < oldest)
  }

  add(counter: number): void {
    this.counters.push(counter)
    this.counters.sort((a, b) => a - b)
    if (this.counters.length > REMEMBERED) this.counters.shift()
  }
}
