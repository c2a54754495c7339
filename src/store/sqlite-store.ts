/** A store in one SQLite file: written atomically, told apart from other files, versioned, for one process at a time. */
import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UsageError } from '../base/errors.ts'
import type { Store } from '../ports/store.ts'

/** "S1RG", so that the file says whose it is. */
const APPLICATION_ID = 0x53315247
/** Of what is in the file; a newer one is not read by an older program. */
const VERSION = 1

/** Opens the file, or makes it. @throws UsageError for a file that is newer, damaged, somebody else's, or in use */
export function openSqliteStore(file: string): Store {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    database = new DatabaseSync(file)
    chmodSync(file, 0o600)
    prepare(database, file)
    return new SqliteStore(database)
  } catch (error) {
    database?.close()
    throw error instanceof UsageError ? error : new UsageError(`${file}: ${reasonOf(error)}`)
  }
}

function prepare(database: DatabaseSync, file: string): void {
  // The lock is taken at the first look and kept: two daemons would send under the same keys and counters.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  const [application, version] = [numberOf(database, 'application_id'), numberOf(database, 'user_version')]
  if (application === 0 && version === 0 && isEmpty(database)) return make(database)
  if (application !== APPLICATION_ID)
    throw new UsageError(`${file}: a file of another program; a state of s1rig expected`)
  if (version > VERSION) {
    throw new UsageError(
      `${file}: of version ${version}, written by a newer s1rig; at most version ${VERSION} expected`,
    )
  }
  const check = database.prepare('PRAGMA quick_check').get()?.quick_check
  if (check !== 'ok') throw new UsageError(`${file}: damaged: ${String(check)}`)
}

function make(database: DatabaseSync): void {
  database.exec(`BEGIN;
    CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${VERSION};
    COMMIT`)
}

const numberOf = (database: DatabaseSync, pragma: string): number =>
  Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
const isEmpty = (database: DatabaseSync): boolean =>
  database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0

/** @source SQLite result codes */
const [BUSY, CORRUPT, NOT_A_DATABASE] = [5, 11, 26]

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === BUSY) return 'in use by another process; each state serves one at a time'
  if (code === CORRUPT) return 'damaged; put back a copy, or choose another folder'
  if (code === NOT_A_DATABASE) return 'no state of s1rig, or a damaged one; choose another folder'
  return error instanceof Error ? error.message : String(error)
}

class SqliteStore implements Store {
  private readonly database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.database = database
  }

  get(key: string): unknown {
    const value = this.database.prepare('SELECT value FROM entries WHERE key = ?').get(key)?.value
    return typeof value === 'string' ? JSON.parse(value) : undefined
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
      database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.database.close()
  }
}
