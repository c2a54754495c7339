/**
 * A log of bounded length, in pages. A full page never changes any more, so that keeping a long log again costs no more than its
 * last page.
 */
const PAGE = 64

/** What survives a restart: pages, oldest first, of which all but the last are full. */
export interface LogMemory<T> {
  /** Number of the first page, counted from the first there ever was. */
  first: number
  pages: readonly (readonly T[])[]
}

export class PagedLog<T> {
  private readonly capacity: number
  private first: number
  /** At least one; the last is being written. */
  private readonly pages: T[][]

  /** `capacity`: entries kept; the oldest go first. `memory`: from before a restart. */
  constructor(capacity: number, memory: LogMemory<T> = { first: 0, pages: [] }) {
    this.capacity = capacity
    this.first = memory.first
    this.pages = memory.pages.map(page => [...page])
    if (this.pages.length === 0) this.pages.push([])
  }

  get last(): T | undefined {
    return this.pages.at(-1)?.at(-1)
  }
  /** Entries kept. */
  get count(): number {
    return Math.min(this.length, this.capacity)
  }
  /** Entry `index` of those kept, the oldest is 0. */
  at(index: number): T | undefined {
    const place = index + this.length - this.count
    return this.pages[Math.floor(place / PAGE)]?.[place % PAGE]
  }
  /** Oldest first. */
  list(): T[] {
    return this.pages.flat().slice(-this.capacity)
  }

  add(entry: T): void {
    const page = this.pages.at(-1)
    if (page && page.length < PAGE) page.push(entry)
    else this.pages.push([entry])
    const beyond = this.length - this.capacity
    if (beyond < (this.pages[0]?.length ?? 0)) return
    this.pages.shift()
    this.first++
  }
  /** In the place of the last entry. */
  amend(entry: T): void {
    const page = this.pages.at(-1)
    if (page && page.length > 0) page[page.length - 1] = entry
  }

  /** Pages that are full are the same each time. */
  memory(): LogMemory<T> {
    const pages = this.pages.map((page, index) => (index < this.pages.length - 1 ? page : page.slice()))
    return { first: this.first, pages }
  }

  private get length(): number {
    return (this.pages.length - 1) * PAGE + (this.pages.at(-1)?.length ?? 0)
  }
}
