/** What has to outlive the process: plain values by key, as JSON has them. */
export interface Store {
  /** Undefined where there is none. */
  get(key: string): unknown
  /** Everything whose key begins so, in the order of the keys. */
  list(prefix: string): [key: string, value: unknown][]
  /** Keeps all of them or, when the machine fails meanwhile, none; undefined takes one out. */
  put(entries: Readonly<Record<string, unknown>>): void
  close(): void
}
