/** What has to outlive the process, written as it changes: everything that belongs together in one commit. */
import { createHash } from 'node:crypto'
import type { Store } from '../../ports/store.ts'

/** What is to be kept of one installation, or of `''`, which is what they share: values by key, as JSON has them. */
export type Source = (installation: string) => Readonly<Record<string, unknown>>

export class Keeper {
  private readonly store: Store
  private readonly sources: Source[] = []
  /** Digest of what was last written under a key. */
  private readonly written = new Map<string, string>()
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
    const entries: Record<string, unknown> = this.waiting
    const digests = new Map<string, string>()
    for (const installation of this.due) {
      for (const source of this.sources) {
        for (const [key, value] of Object.entries(source(installation))) {
          const digest = createHash('sha1')
            .update(JSON.stringify(value) ?? '')
            .digest('base64')
          if (this.written.get(key) === digest) continue
          digests.set(key, digest)
          entries[key] = value
        }
      }
    }
    this.due.clear()
    this.waiting = {}
    if (Object.keys(entries).length === 0) return
    try {
      this.store.put(entries)
    } catch (error) {
      this.failure = error
      this.onFailure(error)
      throw error
    }
    for (const [key, digest] of digests) this.written.set(key, digest)
  }
}
