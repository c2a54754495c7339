/**
 * The three kinds of error, each with a stable code:
 * bad octets from outside (`WireError`), a bad file or option (`FileError`), a broken invariant (`InvariantError`).
 */

/** Octets from outside that do not decode. Counted, traced, answered as the standard says; never ends a run. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly code: string
  /** Octet offset at which decoding stopped. */
  readonly offset: number
  /** Field being read, in the specification's words. */
  readonly field: string

  constructor(code: string, detail: { offset: number; field: string; message: string }) {
    super(`${code} at octet ${detail.offset} (${detail.field}): ${detail.message}`)
    this.code = code
    this.offset = detail.offset
    this.field = detail.field
  }
}

/** One thing wrong in a file, located. Lines and columns count from 1. */
export interface FileProblem {
  code: string
  file: string
  line: number
  column: number
  /** JSON pointer to the offending node, '' for the document. */
  pointer: string
  /** What was found and what was expected, one sentence. */
  message: string
  /** What to do, e.g. `did you mean "esme"?`. */
  hint?: string
}

/** One or more problems in files labs write; all of them together. Exit code 4. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly problems: readonly FileProblem[]

  constructor(problems: readonly FileProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** `file:line:column pointer: message (hint)` */
export function formatProblem(p: FileProblem): string {
  const where = `${p.file}:${p.line}:${p.column}`
  return `${where} ${p.pointer || '/'}: ${p.message}${p.hint ? ` (${p.hint})` : ''} [${p.code}]`
}

/** A command line that cannot be carried out as written. Exit code 4. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A promise of our own code is broken: the run stops. Exit code 3. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** The nearest of `known` to `word` by edit distance, when near enough to be a likely slip. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substituted))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}

/** What `read` makes of octets from outside; undefined, and counted, when they do not decode. */
export function readable<T>(read: () => T, counts?: { malformed: number }): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    if (counts) counts.malformed++
    return undefined
  }
}
