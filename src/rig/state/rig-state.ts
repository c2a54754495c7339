/** The state of a rig in a folder: whose it is, how often it has lived, what it kept, and the messages it owes. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Store } from '../../ports/store.ts'
import { openSqliteStore } from '../../store/sqlite-store.ts'
import { type Identity, refuseOther } from './identity.ts'
import { Keeper } from './keeper.ts'
import { Mail } from './mail.ts'

/** One time the rig was up. */
export interface Life {
  /** Wall time, ISO 8601 UTC. */
  startedAt: string
}

/** Between two looks at what has changed by itself, ms: what time alone brings about may be lost for so long. */
const KEEP_MS = 1_000
/** Looking takes no more than this part of the time. */
const MOST_OF_TIME = 0.1

export class RigState {
  /** Folder, as it was given. */
  readonly directory: string
  /** All that there were, this one last. */
  readonly lives: readonly Life[]
  readonly keeper: Keeper
  readonly mail: Mail
  private readonly store: Store
  private readonly failed = Promise.withResolvers<never>()
  private timer: NodeJS.Timeout | undefined
  private watched: readonly string[] = []

  /**
   * Opens the state in the folder, or begins one. `now`: wall time, ISO 8601 UTC.
   * @throws UsageError when it is of something else, newer, damaged, in use, or cannot be written
   */
  constructor(directory: string, identity: Identity, now: string) {
    this.directory = directory
    this.store = openSqliteStore(join(directory, 'state.db'))
    try {
      const known = this.store.get('identity')
      if (known !== undefined) refuseOther(directory, known, identity)
      this.lives = [...((this.store.get('lives') as Life[] | undefined) ?? []), { startedAt: now }]
      this.store.put({ identity, lives: this.lives })
      this.keeper = new Keeper(this.store, error => this.failed.reject(error))
      this.mail = new Mail(this.store, this.keeper)
    } catch (error) {
      this.store.close()
      throw error
    }
    this.failed.promise.catch(() => {})
  }

  /** How often it was up before. */
  get earlier(): number {
    return this.lives.length - 1
  }

  /** Tells this rig from others at a broker, the same in every life. */
  get name(): string {
    const known = this.get<string>('name')
    if (known !== undefined) return known
    const name = randomBytes(3).toString('hex')
    this.store.put({ name })
    return name
  }

  /** What was kept under a key; undefined where there is nothing. */
  get<T>(key: string): T | undefined {
    return this.store.get(key) as T | undefined
  }

  /** Rejects when nothing more can be kept; else it stays open. */
  get failure(): Promise<never> {
    return this.failed.promise
  }

  /** Rejects when something could not be kept; resolves at once else. */
  get sound(): Promise<void> {
    return Promise.race([this.failed.promise, Promise.resolve()])
  }

  /** From now on, looks time and again at what has changed by itself. */
  watch(installations: readonly string[]): void {
    this.watched = installations
    const look = () => {
      const began = performance.now()
      try {
        this.keeper.commit(...installations, '')
      } catch {
        // The failure has been told.
        return
      }
      const tookMs = performance.now() - began
      this.timer = setTimeout(look, Math.max(KEEP_MS, tookMs / MOST_OF_TIME)).unref()
    }
    this.timer = setTimeout(look, KEEP_MS).unref()
  }

  /** Keeps everything as it stands, and lets go of the folder. */
  close(): void {
    clearTimeout(this.timer)
    try {
      this.keeper.commit(...this.watched, '')
    } catch {
      // The failure has been told.
    } finally {
      this.store.close()
    }
  }
}
