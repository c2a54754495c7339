/** Whether two runs were the same, as one hash that does not depend on how installations took turns. */
import { createHash, type Hash } from 'node:crypto'
import { InvariantError } from '../base/errors.ts'
import type { TraceRecord } from '../ports/trace.ts'

/**
 * The canonical line of a trace record: JSON without white space and without a line feed. Keys in this order: `atUs`,
 * `installation`, `part`, `event`; within the event `kind`, then the rest by code unit. Absent and undefined are the same.
 * @throws InvariantError for what JSON cannot carry (NaN, infinities, other types) or an `atUs` that is not an integer
 */
export function traceLine(record: TraceRecord): string {
  const { atUs, installation, part, event } = record
  if (!Number.isSafeInteger(atUs))
    throw new InvariantError(`trace record of ${part} at ${atUs}: integer microseconds expected`)
  const { kind, ...rest } = event
  // Holds every kind of event to what a line can carry.
  const values: Readonly<Record<string, string | number | boolean | undefined>> = rest
  let line = `{"atUs":${atUs},"installation":${JSON.stringify(installation)},"part":${JSON.stringify(part)},"event":{"kind":"${kind}"`
  for (const key of Object.keys(values).sort()) {
    const value: unknown = values[key]
    if (value !== undefined) line += `,"${key}":${scalar(value, kind, key)}`
  }
  return `${line}}}`
}

function scalar(value: unknown, kind: string, key: string): string {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return JSON.stringify(value)
  throw new InvariantError(
    `trace event ${kind}: ${key} is ${String(value)}; text, a finite number or a boolean expected`,
  )
}

/**
 * One SHA-256 per installation over its own lines in their order, each ended by a line feed: what `sha256sum` says of
 * that installation's lines in `trace.jsonl`.
 */
export class TraceHash {
  private readonly running = new Map<string, Hash>()

  /** Takes the next record of its installation. */
  add(record: TraceRecord): void {
    this.addLine(record.installation, traceLine(record))
  }

  /** Takes the next canonical line of an installation, for those who have it already. */
  addLine(installation: string, line: string): void {
    let hash = this.running.get(installation)
    if (!hash) {
      hash = createHash('sha256')
      this.running.set(installation, hash)
    }
    hash.update(`${line}\n`)
  }

  /** Hash of each installation so far, lower-case hex, ordered by the code units of its id. More lines may follow. */
  installations(): Map<string, string> {
    const byId = [...this.running].sort(([a], [b]) => (a < b ? -1 : 1))
    return new Map(byId.map(([id, hash]) => [id, hash.copy().digest('hex')]))
  }

  /** Hash of the run so far: SHA-256 over one `id:hash` line per installation, in that order. Lower-case hex. */
  run(): string {
    const hash = createHash('sha256')
    for (const [id, digest] of this.installations()) hash.update(`${id}:${digest}\n`)
    return hash.digest('hex')
  }
}
