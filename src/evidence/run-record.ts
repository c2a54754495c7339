/** A run folder read back: what was run, what came of it, and whether its files are as the run left them. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { FileError, type FileProblem } from '../base/errors.ts'
import type { StepVerdict } from '../ports/verdict.ts'
import type { RunEnd, RunFacts } from './run-facts.ts'
import { hashFile } from './run-folder.ts'

/** A verdict as far as a folder has it: one of a killed run is known from its trace only. */
export type RecordedVerdict = Pick<StepVerdict, 'installation' | 'step' | 'verdict' | 'observed'> & Partial<StepVerdict>

export interface RunRecord {
  directory: string
  facts: RunFacts
  /** `killed`: nobody wrote down how the run ended. */
  outcome: RunEnd['outcome'] | 'killed'
  /** Why it was interrupted or broke off, for people. */
  reason?: string
  verdicts: readonly RecordedVerdict[]
  /** Undefined when the run did not come to writing it down. */
  traceHash?: string
  /** Path of the inlet file; undefined when the run kept none. */
  inlet?: string
  /** Files that differ from what the run left, none of which is needed to run it again. */
  altered: readonly string[]
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const input = z.object({ name: z.string(), file: z.string(), sha256, copy: z.string().optional() })
const manifestForm = z.object({
  format: z.literal(1),
  complete: z.boolean(),
  tool: z.object({ name: z.string(), version: z.string() }),
  commit: z.string().optional(),
  rig: input,
  profiles: z.array(input),
  group: input.optional(),
  disasters: z.array(input.extend({ only: z.array(z.string()).optional() })).optional(),
  groupBases: z.array(input).optional(),
  images: z.array(input).optional(),
  seed: z.union([z.string(), z.number()]),
  clock: z.string(),
  faults: z.array(z.string()),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  startedAt: z.string(),
  lives: z.array(z.object({ startedAt: z.string() })).optional(),
  outcome: z.enum(['finished', 'interrupted', 'error']).optional(),
  reason: z.string().optional(),
  traceHash: sha256.optional(),
  files: z.record(z.string(), sha256).optional(),
})
const verdictsForm = z.object({
  verdicts: z.array(
    z.looseObject({
      installation: z.string(),
      step: z.string(),
      verdict: z.enum(['PASS', 'FAIL', 'TOLERATED', 'BLOCKED', 'SKIPPED']),
      observed: z.string(),
    }),
  ),
})
const stepEnded = z.object({
  installation: z.string(),
  event: z.object({
    kind: z.literal('step.ended'),
    step: z.string(),
    verdict: verdictsForm.shape.verdicts.element.shape.verdict,
    observed: z.string(),
  }),
})

type Manifest = z.infer<typeof manifestForm>

/** @throws FileError when it is no run folder, or a file that is needed to run it again is missing or altered */
export function readRun(directory: string): RunRecord {
  const manifest = readManifest(directory)
  const { outcome = 'killed', reason, traceHash, files = {}, complete: _, format: _format, ...facts } = manifest
  const inputs = [
    manifest.rig,
    ...manifest.profiles,
    ...(manifest.group ? [manifest.group] : []),
    ...(manifest.groupBases ?? []),
    ...(manifest.disasters ?? []),
    ...(manifest.images ?? []),
  ]
  const needed = new Map(inputs.map(({ name, copy, sha256 }) => [copy ?? `inputs: a copy of ${name}`, sha256]))
  for (const name of ['inlet.jsonl', 'verdicts.json']) {
    const hash = files[name]
    if (hash !== undefined) needed.set(name, hash)
  }
  const problems = [...needed].flatMap(([name, hash]) => fileProblem(directory, name, hash) ?? [])
  if (problems.length > 0) throw new FileError(problems)
  const inlet = join(directory, 'inlet.jsonl')
  return {
    directory,
    facts: facts as RunFacts,
    outcome,
    ...(reason !== undefined && { reason }),
    verdicts: files['verdicts.json'] === undefined ? verdictsOfTrace(directory) : readVerdicts(directory),
    ...(traceHash !== undefined && { traceHash }),
    ...(existsSync(inlet) && { inlet }),
    altered: Object.entries(files)
      .filter(([name, hash]) => !needed.has(name) && fileProblem(directory, name, hash))
      .map(([name]) => name),
  }
}

function readManifest(directory: string): Manifest {
  const path = join(directory, 'manifest.json')
  if (!existsSync(path))
    throw new FileError([problem(path, 'run.missing', 'expected a run folder, found no manifest.json')])
  const read = manifestForm.safeParse(parseJson(path))
  if (read.success) return read.data
  const [issue] = read.error.issues
  const what = `${issue?.path.join('.') || 'manifest'}: ${issue?.message}`
  throw new FileError([problem(path, 'run.manifest', `expected the manifest of a run, format 1, found ${what}`)])
}

function readVerdicts(directory: string): readonly RecordedVerdict[] {
  const path = join(directory, 'verdicts.json')
  const read = verdictsForm.safeParse(parseJson(path))
  if (read.success) return read.data.verdicts
  throw new FileError([problem(path, 'run.verdicts', 'expected the verdicts of a run, found something else')])
}

/** A run that was killed left its verdicts in the trace alone. */
function verdictsOfTrace(directory: string): readonly RecordedVerdict[] {
  const path = join(directory, 'trace.jsonl')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines
    .filter(line => line.includes('"kind":"step.ended"'))
    .flatMap(line => {
      const read = stepEnded.safeParse(JSON.parse(line))
      if (!read.success) return []
      const { installation, event } = read.data
      const { step, verdict, observed } = event
      return [{ installation, step, verdict, observed }]
    })
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new FileError([problem(path, 'run.json', 'expected JSON, found something else')])
  }
}

function fileProblem(directory: string, name: string, hash: string): FileProblem | undefined {
  const path = join(directory, name)
  if (!existsSync(path) || !statSync(path).isFile()) {
    return problem(path, 'run.missing', `expected the file the run left with SHA-256 ${hash}, found none`)
  }
  const found = hashFile(path)
  if (found === hash) return undefined
  return problem(path, 'run.altered', `expected SHA-256 ${hash}, as the run left it, found ${found}`)
}

const problem = (file: string, code: string, message: string): FileProblem => ({
  code,
  file,
  line: 1,
  column: 1,
  pointer: '',
  message,
})
