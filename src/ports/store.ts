/** What has to outlive the process: plain values by key, as JSON has them. */
export interface Store {
  /** Undefined where there is none. */
  get(key: string): unknown
  /** Keeps all of them or, when the machine fails meanwhile, none; undefined takes one out. */
  put(entries: Readonly<Record<string, unknown>>): void
  close(): void
}
