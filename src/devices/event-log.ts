/** A log of bounded length: the newest entries, oldest first. */
export interface LogEntry {
  atMs: number
  /** GBCS alert code where one fits, else a name of ours. */
  code: string
  text: string
}

export class EventLog {
  private readonly entries: LogEntry[] = []
  private readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }
  add(entry: LogEntry): void {
    this.entries.push(entry)
    if (this.entries.length > this.capacity) this.entries.shift()
  }
  /** The newest `count`, oldest first. */
  newest(count: number): LogEntry[] {
    return this.entries.slice(-count)
  }
}
