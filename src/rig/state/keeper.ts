/** What has to outlive the process, written as it changes: everything that belongs together in one commit. */
import { createHash } from 'node:crypto'
import type { Store } from '../../ports/store.ts'

/**
 * What is to be kept of one installation, or of `''`, which is what they share: values by key, as JSON has them. What has changed is
 * another value; undefined is there no more.
 */
export type Source = (installation: string) => Readonly<Record<string, unknown>>

export class Keeper {
  private readonly store: Store
  private readonly sources: Source[] = []
  /** What was last written under a key, and its digest. */
  private readonly written = new Map<string, { value: unknown; digest: string }>()
  /** Goes with the next commit. */
  private waiting: Record<string, unknown> = {}
  private readonly due = new Set<string>()
  private turn: Promise<void> | undefined
  private failure: unknown
  private readonly onFailure: (error: unknown) => void

  /** `onFailure`: nothing more can be kept, so nothing more may leave. */
  constructor(store: Store, onFailure: (error: unknown) => void) {
    this.store = store
    this.onFailure = onFailure
  }

  /** Is asked at each commit from now on. */
  add(source: Source): void {
    this.sources.push(source)
  }

  /** Goes with the next commit, whenever that is, together with what became of these installations. */
  leave(entries: Readonly<Record<string, unknown>>, ...installations: readonly string[]): void {
    Object.assign(this.waiting, entries)
    this.touch(...installations)
  }

  /** The next commit, whenever that is, is to hold what became of these installations. */
  touch(...installations: readonly string[]): void {
    for (const installation of installations) this.due.add(installation)
  }

  /** Resolves once what became of these installations in this turn is kept. Rejects when it cannot be. */
  settled(...installations: readonly string[]): Promise<void> {
    this.touch(...installations)
    this.turn ??= Promise.resolve().then(() => {
      this.turn = undefined
      this.commit()
    })
    return this.turn
  }

  /** Keeps what became of these installations, and of those that are due, now. @throws UsageError when it cannot be */
  commit(...installations: readonly string[]): void {
    if (this.failure !== undefined) throw this.failure
    this.touch(...installations)
    try {
      this.write()
    } catch (error) {
      this.failure = error
      this.onFailure(error)
      throw error
    }
  }

  private write(): void {
    const entries: Record<string, unknown> = this.waiting
    const written = new Map<string, { value: unknown; digest: string }>()
    for (const installation of this.due) {
      for (const source of this.sources) {
        for (const [key, value] of Object.entries(source(installation))) {
          const before = this.written.get(key)
          if (before && before.value === value) continue
          const digest = createHash('sha1')
            .update(JSON.stringify(value) ?? '')
            .digest('base64')
          if (before?.digest === digest) continue
          written.set(key, { value, digest })
          entries[key] = value
        }
      }
    }
    this.due.clear()
    this.waiting = {}
    if (Object.keys(entries).length === 0) return
    this.store.put(entries)
    for (const [key, one] of written) this.written.set(key, one)
  }
}
