/** A store in one SQLite file: written atomically, told apart from other files, versioned, for one process at a time. */
import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UsageError } from '../base/errors.ts'
import type { Store } from '../ports/store.ts'

/** "S1RG", so that the file says whose it is. */
const APPLICATION_ID = 0x53315247
/**
 * What each version of the file did to the one before. A file is of the version of the last it has seen: an older one is brought
 * up to date when it is opened, a newer one is not read by an older program. Appended to, never changed.
 */
const VERSIONS: readonly string[] = [
  'CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
]

/**
 * Opens the file, or makes it. `versions` are those there are, for tests of what comes after.
 * @throws UsageError for a file that is newer, damaged, somebody else's, in use, or cannot be written
 */
export function openSqliteStore(file: string, versions = VERSIONS): Store {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    database = new DatabaseSync(file)
    chmodSync(file, 0o600)
    prepare(database, file, versions)
    return new SqliteStore(database, file)
  } catch (error) {
    database?.close()
    throw error instanceof UsageError ? error : new UsageError(`${file}: ${reasonOf(error)}`)
  }
}

function prepare(database: DatabaseSync, file: string, versions: readonly string[]): void {
  // The lock is taken at the first look and kept: two daemons would send under the same keys and counters. Each commit is on the
  // disk when it is over: what is acknowledged after it outlives a power cut of the machine too.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const [application, version] = [numberOf(database, 'application_id'), numberOf(database, 'user_version')]
  const isNew = application === 0 && version === 0 && isEmpty(database)
  if (application !== APPLICATION_ID && !isNew)
    throw new UsageError(`${file}: a file of another program; a state of s1rig expected`)
  if (version > versions.length) {
    throw new UsageError(
      `${file}: of version ${version}, written by a newer s1rig; at most version ${versions.length} expected`,
    )
  }
  const check = database.prepare('PRAGMA quick_check').get()?.quick_check
  if (check !== 'ok') throw new UsageError(`${file}: damaged: ${String(check)}`)
  const missing = versions.slice(version)
  if (missing.length === 0) return
  const marks = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${versions.length}`
  database.exec(`BEGIN IMMEDIATE; ${missing.join(';\n')}; ${marks}; COMMIT`)
}

const numberOf = (database: DatabaseSync, pragma: string): number =>
  Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
const isEmpty = (database: DatabaseSync): boolean =>
  database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0

/** @source SQLite result codes */
const [BUSY, READ_ONLY, IO_ERROR, CORRUPT, FULL, CANNOT_OPEN, NOT_A_DATABASE] = [5, 8, 10, 11, 13, 14, 26]

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === BUSY) return 'in use by another process; each state serves one at a time'
  if (code === CORRUPT) return 'damaged; put back a copy, or choose another folder'
  if (code === FULL) return 'the disk is full; make room, then start again: what was kept is there'
  if (code === READ_ONLY || code === CANNOT_OPEN) return 'cannot be written; choose a folder that you may write in'
  if (code === IO_ERROR) return `the disk refuses: ${error instanceof Error ? error.message : error}`
  if (code === NOT_A_DATABASE) return 'no state of s1rig, or a damaged one; choose another folder'
  return error instanceof Error ? error.message : String(error)
}

class SqliteStore implements Store {
  private readonly database: DatabaseSync
  private readonly file: string

  constructor(database: DatabaseSync, file: string) {
    this.database = database
    this.file = file
  }

  get(key: string): unknown {
    const value = this.database.prepare('SELECT value FROM entries WHERE key = ?').get(key)?.value
    return typeof value === 'string' ? JSON.parse(value) : undefined
  }

  list(prefix: string): [string, unknown][] {
    // No key has a character beyond this one.
    const rows = this.database.prepare('SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key')
    return rows.all(prefix, `${prefix}\u{10ffff}`).map(({ key, value }) => [String(key), JSON.parse(String(value))])
  }

  put(entries: Readonly<Record<string, unknown>>): void {
    const { database } = this
    const [set, remove] = [
      database.prepare(
        'INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      ),
      database.prepare('DELETE FROM entries WHERE key = ?'),
    ]
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const [key, value] of Object.entries(entries)) {
        if (value === undefined) remove.run(key)
        else set.run(key, JSON.stringify(value))
      }
      database.exec('COMMIT')
    } catch (error) {
      // After some errors SQLite has rolled back already.
      if (database.isTransaction) database.exec('ROLLBACK')
      if (error instanceof Error && 'errcode' in error) throw new UsageError(`${this.file}: ${reasonOf(error)}`)
      throw error
    }
  }

  close(): void {
    this.database.close()
  }
}
