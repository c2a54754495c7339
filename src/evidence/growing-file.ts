/** A file that is written as the run goes: in chunks of whole records, so that who is killed leaves whole records. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { guarded } from './writing.ts'

/** Octets kept in memory at most. */
const CHUNK = 262_144
/** How long a record waits at most for the next one, wall time. */
const WAITS_AT_MOST_MS = 1_000

/** Methods throw a UsageError naming the path when the file system refuses. */
export class GrowingFile {
  private readonly path: string
  private readonly file: number
  private pending: Uint8Array[] = []
  private octets = 0
  private readonly nowMs: () => number
  private readonly waitsAtMostMs: number
  private writtenAtMs: number

  /** Makes the file; there must be none. `nowMs`: wall time that only goes forward. `waitsAtMostMs`: 0 writes each record at once. */
  constructor(path: string, nowMs: () => number = () => performance.now(), waitsAtMostMs = WAITS_AT_MOST_MS) {
    this.path = path
    this.waitsAtMostMs = waitsAtMostMs
    this.nowMs = nowMs
    this.writtenAtMs = nowMs()
    this.file = guarded(path, () => openSync(path, 'wx'))
  }

  /** Takes the next record. Whether what has come by now is on the disk. */
  append(record: Uint8Array | string): boolean {
    const octets = typeof record === 'string' ? Buffer.from(record) : record
    this.pending.push(octets)
    this.octets += octets.length
    if (this.octets < CHUNK && this.nowMs() - this.writtenAtMs < this.waitsAtMostMs) return false
    this.flush()
    return true
  }

  close(): void {
    try {
      this.flush()
    } finally {
      closeSync(this.file)
    }
  }

  private flush(): void {
    const chunk = Buffer.concat(this.pending)
    this.pending = []
    this.octets = 0
    this.writtenAtMs = this.nowMs()
    guarded(this.path, () => {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.file, chunk, at)
    })
  }
}
