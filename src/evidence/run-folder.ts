/** The folder a run leaves behind. docs/run-folder.md describes each file. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { InvariantError, UsageError } from '../base/errors.ts'
import type { TraceRecord } from '../ports/trace.ts'
import type { StepVerdict } from '../ports/verdict.ts'
import { GrowingFile } from './growing-file.ts'
import { junitXml } from './junit.ts'
import { reportHtml } from './report.ts'
import type { RunEnd, RunFacts } from './run-facts.ts'
import { countVerdicts, summaryLine } from './summary.ts'
import { TraceHash, traceLine } from './trace-hash.ts'
import { cannotWrite, codeOf, guarded } from './writing.ts'

/** Octets read at once. */
const CHUNK = 65_536

export interface RunFolderOptions {
  /** Where to write; made if need be, and must be empty. Default: a new folder `<root>/<utc>-<rig>`. */
  directory?: string
  /** How many earlier lives of the same run have written into `directory`: what they left is put aside under `lives`. */
  earlier?: number
  /** Where default folders are made. Default `runs`. */
  root?: string
  facts: RunFacts
  /** Texts of the files that went into the run, by their path in the folder. */
  copies?: ReadonlyMap<string, string | Uint8Array>
}

/** Writes as the run goes. Every method throws a UsageError naming the path when the file system refuses. */
export class RunFolder {
  readonly directory: string
  /** Hash of what was appended so far. */
  readonly hash = new TraceHash()
  private readonly facts: RunFacts
  private readonly trace: GrowingFile
  private records = 0
  private closed = false

  private constructor(directory: string, facts: RunFacts, copies: ReadonlyMap<string, string | Uint8Array>) {
    this.directory = directory
    this.facts = facts
    for (const [name, content] of copies) {
      guarded(dirname(this.path(name)), path => mkdirSync(path, { recursive: true }))
      this.write(name, content)
    }
    this.writeManifest({ complete: false, ...facts })
    this.trace = new GrowingFile(this.path('trace.jsonl'))
  }

  /** Makes the folder, with a manifest that says the run is not complete. */
  static open({ directory, earlier = 0, root = 'runs', facts, copies = new Map() }: RunFolderOptions): RunFolder {
    if (directory !== undefined && earlier > 0) putAside(directory, earlier)
    return new RunFolder(
      directory === undefined ? makeDefault(root, facts) : makeGiven(directory, earlier),
      facts,
      copies,
    )
  }

  /** Path of a file in the folder. What others write there before `close` gets its hash into the manifest. */
  path(name: string): string {
    return join(this.directory, name)
  }

  /** Takes the next trace record; it reaches the disk within a second or so, in chunks, and at `close`. */
  append(record: TraceRecord): void {
    if (this.closed) throw new InvariantError(`${this.directory}: trace record after the run folder was closed`)
    const line = traceLine(record)
    this.hash.addLine(record.installation, line)
    this.records += 1
    this.trace.append(`${line}\n`)
  }

  /** Writes everything else, the manifest last. Also for runs that were stopped or broke: `end.outcome` tells. */
  close({ verdicts, end }: { verdicts: readonly StepVerdict[]; end: RunEnd }): void {
    if (this.closed) throw new InvariantError(`${this.directory}: run folder closed twice`)
    this.closed = true
    this.trace.close()
    const counts = countVerdicts(verdicts)
    const traceHash = this.hash.run()
    this.write('verdicts.json', verdictsJson(verdicts, end))
    this.write('junit.xml', junitXml(verdicts, this.facts))
    this.write('report.html', reportHtml({ facts: this.facts, end, verdicts, traceHash }))
    const { left: _, ...ended } = end
    this.writeManifest({
      complete: end.outcome === 'finished',
      ...this.facts,
      ...ended,
      summary: summaryLine(verdicts),
      counts,
      traceHash,
      traceHashes: Object.fromEntries(this.hash.installations()),
      traceRecords: this.records,
      files: guarded(this.directory, hashFiles),
    })
  }

  private write(name: string, content: string | Uint8Array): void {
    guarded(this.path(name), path => writeFileSync(path, content))
  }

  /** A reader sees the old manifest or the new one, never half of one. */
  private writeManifest(manifest: object): void {
    guarded(this.path('manifest.json'), path => {
      writeFileSync(`${path}.new`, `${JSON.stringify({ format: 1, ...manifest }, undefined, 2)}\n`)
      renameSync(`${path}.new`, path)
    })
  }
}

/** One verdict a line, so that two runs can be compared line by line. */
function verdictsJson(verdicts: readonly StepVerdict[], end: RunEnd): string {
  const lines = (items: readonly object[]) => items.map(item => `    ${JSON.stringify(item)}`).join(',\n')
  const list = (items: readonly object[]) => (items.length > 0 ? `[\n${lines(items)}\n  ]` : '[]')
  return `{\n  "format": 1,\n  "verdicts": ${list(verdicts)},\n  "left": ${list(end.left)}\n}\n`
}

function makeGiven(directory: string, earlier: number): string {
  const found = guarded(directory, path => {
    mkdirSync(path, { recursive: true })
    return readdirSync(path)
  })
  const present = found.filter(name => earlier === 0 || name !== 'lives')
  if (present.length === 0) return directory
  const some = `${present.slice(0, 3).join(', ')}${present.length > 3 ? ', …' : ''}`
  const what = present.includes('manifest.json') ? 'holds an earlier run' : `is not empty (${some})`
  throw new UsageError(`${directory} ${what}; choose another directory or remove this one`)
}

/** What the life before left, into a folder of its own. */
function putAside(directory: string, life: number): void {
  const aside = join(directory, 'lives', String(life))
  guarded(directory, path => {
    if (!existsSync(path)) return
    const left = readdirSync(path).filter(name => name !== 'lives')
    if (left.length > 0) mkdirSync(aside, { recursive: true })
    for (const name of left) renameSync(join(path, name), join(aside, name))
  })
}

function makeDefault(root: string, facts: RunFacts): string {
  const utc = facts.startedAt.replace(/\.\d+|[-:]/g, '')
  const base = join(root, `${utc}-${facts.rig.name.replace(/[^\w.-]+/g, '-')}`)
  guarded(root, path => mkdirSync(path, { recursive: true }))
  for (let n = 1; ; n++) {
    const directory = n === 1 ? base : `${base}-${n}`
    try {
      mkdirSync(directory)
      return directory
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw cannotWrite(directory, error)
    }
  }
}

/** SHA-256 of every file in the folder but the manifest, by its path there. */
function hashFiles(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const names = files.map(entry => relative(directory, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  const hashed = names.filter(name => name !== 'manifest.json').sort()
  return Object.fromEntries(hashed.map(name => [name, hashFile(join(directory, name))]))
}

/** SHA-256 of a file, lower-case hex. Throws what the file system says. */
export function hashFile(path: string): string {
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(CHUNK)
  const file = openSync(path, 'r')
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) hash.update(chunk.subarray(0, read))
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}
