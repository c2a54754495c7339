/** A log of bounded length: the newest entries, oldest first. */
export interface LogEntry {
  atMs: number
  /** GBCS alert code where one fits, else a name of ours. */
  code: string
  text: string
}

export class EventLog<E extends LogEntry = LogEntry> {
  private readonly entries: E[]
  private readonly capacity: number

  /** `entries`: from before a restart, oldest first. */
  constructor(capacity: number, entries: readonly E[] = []) {
    this.capacity = capacity
    this.entries = [...entries]
  }
  add(entry: E): void {
    this.entries.push(entry)
    if (this.entries.length > this.capacity) this.entries.shift()
  }
  clear(): void {
    this.entries.length = 0
  }
  /** The newest `count`, oldest first. */
  newest(count: number): E[] {
    return this.entries.slice(-count)
  }
  /** All, oldest first: to be kept over a restart. */
  memory(): readonly E[] {
    return this.entries.slice()
  }
}
