/** One migration run from files to verdicts: the run folder, what is kept of it, and what came of it. */
import { resolve } from 'node:path'
import { Captures } from '../evidence/capture-file.ts'
import { InletFile } from '../evidence/inlet-file.ts'
import type { LeftState, RunEnd, RunFacts } from '../evidence/run-facts.ts'
import { RunFolder } from '../evidence/run-folder.ts'
import { exitCode, summaryLine } from '../evidence/summary.ts'
import type { Condition } from '../migration/condition.ts'
import type { MigrationResult } from '../migration/driver.ts'
import type { TraceRecord } from '../ports/trace.ts'
import type { StepVerdict } from '../ports/verdict.ts'
import { carryOut, type MigrationRun } from './carry-out.ts'
import { RecordingRunClock } from './clocks/recording-run-clock.ts'
import type { RunClock } from './clocks/run-clock.ts'
import { runFacts } from './run-facts.ts'
import { type RunInputs, runInputs } from './run-inputs.ts'
import { type EndedRun, KeptRun } from './state/kept-run.ts'

export interface MigrationReport {
  verdicts: StepVerdict[]
  conditions: Condition[]
  outcome: RunEnd['outcome']
  /** 0 all passed, 1 a step failed or was blocked, 2 interrupted, 5 nothing ran. */
  exitCode: 0 | 1 | 2 | 5
  summary: string
  traceHash: string
  directory: string
  /** It had ended before, at this wall time, ISO 8601 UTC: nothing was done now. */
  endedBefore?: string
}

export async function runMigration(run: MigrationRun): Promise<MigrationReport> {
  const inputs = runInputs(run.prepared)
  const facts = runFacts(run, inputs)
  if (run.state === undefined) return runIn(run, { inputs, facts })
  const kept = new KeptRun(run.state, { prepared: run.prepared, facts })
  try {
    const { ended } = kept
    if (ended) return endedBefore(ended)
    return await runIn(run, { inputs, facts: { ...facts, lives: kept.state.lives }, kept })
  } finally {
    kept.state.close()
  }
}

/** A run that has ended is not made again. */
function endedBefore({ endedAt, verdicts, ...rest }: EndedRun): MigrationReport {
  const [code, summary] = [exitCode(verdicts), summaryLine(verdicts)]
  return { ...rest, verdicts, outcome: 'finished', exitCode: code, summary, endedBefore: endedAt }
}

interface Given {
  inputs: RunInputs
  facts: RunFacts
  kept?: KeptRun
}

async function runIn(run: MigrationRun, { inputs, facts, kept }: Given): Promise<MigrationReport> {
  const { copies } = inputs
  const where = kept?.folder(run.out) ?? (run.out === undefined ? {} : { directory: run.out })
  const folder = RunFolder.open({ facts, copies, ...where })
  kept?.useFolder(folder.directory)
  const homes = run.prepared.rig.installations.map(({ id }) => id)
  const verdicts: StepVerdict[] = homes.flatMap(id => kept?.concluded(id) ?? [])
  const conditions: Condition[] = []
  const captures = new Captures(name => folder.path(name))
  const recorder = recorderOf(run.clock, folder)
  const finish = (end: Pick<RunEnd, 'outcome' | 'reason'>, spanUs: number) => {
    captures.close()
    recorder?.file.close()
    const left = conditions.flatMap(leftBy)
    folder.close({ verdicts, end: { ...end, endedAt: new Date().toISOString(), spanUs, left } })
  }
  let reached = 0
  const sink = (record: TraceRecord) => {
    reached = Math.max(reached, record.atUs)
    folder.append(record)
  }
  let outcome: MigrationResult['ended']
  try {
    outcome = await carryOut(
      { ...run, clock: recorder?.clock ?? run.clock },
      {
        sink,
        captures,
        verdicts,
        conditions,
        facts: { ...facts, directory: folder.directory },
        kept,
      },
    )
  } catch (error) {
    finish({ outcome: 'error', reason: error instanceof Error ? error.message : String(error) }, reached)
    throw error
  }
  finish(
    {
      outcome,
      ...(outcome === 'interrupted' && { reason: run.signal?.aborted ? 'stopped by a signal' : 'time was stopped' }),
    },
    reached,
  )
  const [traceHash, directory] = [folder.hash.run(), folder.directory]
  if (outcome === 'finished') {
    kept?.end({ endedAt: new Date().toISOString(), verdicts, conditions, traceHash, directory: resolve(directory) })
  }
  return {
    verdicts,
    conditions,
    outcome,
    exitCode: outcome === 'interrupted' ? 2 : exitCode(verdicts),
    summary: summaryLine(verdicts),
    traceHash,
    directory,
  }
}

/** Only a run by the wall clock needs a record: of any other the seed tells all. */
function recorderOf(clock: RunClock, folder: RunFolder) {
  if (clock.mode === 'virtual' || clock.replays) return undefined
  const file = new InletFile(folder.path('inlet.jsonl'))
  return { file, clock: new RecordingRunClock(clock, record => file.append(record)) }
}

function leftBy({ installation, ...condition }: Condition): LeftState[] {
  const { id, means, next, attached, plan } = condition
  return [
    { installation, part: 'installation', name: 'condition', value: `${id}: ${means}` },
    { installation, part: 'installation', name: 'next', value: next },
    { installation, part: 'hub', name: 'attached to', value: attached },
    { installation, part: 'sim', name: 'plan', value: plan },
  ]
}
