/** A run made again from its folder: in virtual time, from the record of what came in or, without one, from the seed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileError, UsageError } from '../base/errors.ts'
import { inletIsEmpty, readInlet } from '../evidence/inlet-file.ts'
import { type RecordedVerdict, type RunRecord, readRun } from '../evidence/run-record.ts'
import { exitCode } from '../evidence/summary.ts'
import { BrokerError } from '../ports/broker.ts'
import type { MigrationRun } from './carry-out.ts'
import { ReplayRunClock } from './clocks/replay-run-clock.ts'
import { type RunClock, VirtualRunClock } from './clocks/run-clock.ts'
import { packageVersion } from './prepare.ts'
import { builtFrom } from './run-facts.ts'
import { prepareAgain } from './run-inputs.ts'
import { type MigrationReport, runMigration } from './run-migration.ts'

export interface ReplayOptions {
  /** Folder of the run. */
  directory: string
  /** Where to leave the run folder of the replay; it leaves none when absent. */
  out?: string
  listener?: MigrationRun['listener']
  signal?: AbortSignal
}

/** One verdict that came out otherwise. */
export interface Difference {
  installation: string
  step: string
  device?: string
  /** Undefined: there is none. */
  recorded: Pick<RecordedVerdict, 'verdict' | 'observed'> | undefined
  replayed: Pick<RecordedVerdict, 'verdict' | 'observed'> | undefined
}

export interface ReplayReport {
  recorded: RunRecord
  /** `inlet`: what came in was given again; `seed`: nothing came in, the seed is enough. */
  from: 'inlet' | 'seed'
  /** Undefined when it ended by an error, which `error` says. */
  replayed: MigrationReport | undefined
  error: Error | undefined
  /** Where it went another way than the record. */
  divergences: readonly string[]
  differences: readonly Difference[]
  /** Undefined when the recorded run left none. */
  sameTrace: boolean | undefined
  /** What a reader should know besides: another version, files altered, a record that breaks off. */
  notes: readonly string[]
  /** That of the recorded run when its verdicts came out again and it went the same way, else 1; 2 when it was stopped, 3 when it broke. */
  exitCode: 0 | 1 | 2 | 3 | 5
}

/** The folder has nothing that could be run again. */
export class NothingToReplayError extends Error {
  override readonly name = 'NothingToReplayError'
}

/** @throws FileError for a bad folder, NothingToReplayError */
export async function replayRun({ directory, out, listener, signal }: ReplayOptions): Promise<ReplayReport> {
  const recorded = readRun(directory)
  const { facts } = recorded
  const clock = clockFor(recorded)
  const kept = out ?? mkdtempSync(join(tmpdir(), 's1rig-replay-'))
  try {
    const run: MigrationRun = {
      prepared: prepareAgain(directory, facts),
      seed: String(facts.seed),
      startedAt: facts.startedAt,
      clock,
      broker: {},
      out: kept,
      ...(listener && { listener }),
      ...(signal && { signal }),
    }
    const ended = await runMigration(run).catch(ownError)
    return compare(recorded, clock, ended, signal?.aborted ?? false)
  } finally {
    if (out === undefined) rmSync(kept, { recursive: true, force: true })
  }
}

/** A run may end by an error of ours, and does so again; anything else stands in the way of the replay. */
function ownError(error: unknown): Error {
  if (error instanceof FileError || error instanceof UsageError || error instanceof BrokerError) throw error
  return error instanceof Error ? error : new Error(String(error))
}

function clockFor({ directory, facts, inlet }: RunRecord): RunClock {
  if (facts.lives && facts.lives.length > 1) {
    throw new NothingToReplayError(
      `${directory} has ${facts.lives.length} lives: one that began in the middle has no replay`,
    )
  }
  if (facts.clock === 'virtual') return new VirtualRunClock()
  if (facts.clock === 'replay') {
    throw new NothingToReplayError(`${directory} is itself a replay: give the folder of the run that it replayed`)
  }
  if (inlet === undefined) throw new NothingToReplayError(`${directory} has no inlet.jsonl: nothing was recorded`)
  if (inletIsEmpty(inlet)) throw new NothingToReplayError(`${inlet} is empty: the run ended before anything came in`)
  return new ReplayRunClock(installation => readInlet(inlet, installation))
}

function compare(
  recorded: RunRecord,
  clock: RunClock,
  ended: MigrationReport | Error,
  isStopped: boolean,
): ReplayReport {
  const replayed = ended instanceof Error ? undefined : ended
  const error = ended instanceof Error ? ended : undefined
  const replay = clock instanceof ReplayRunClock ? clock : undefined
  const isWhole = recorded.outcome !== 'killed'
  const differences = replayed ? differencesOf(recorded.verdicts, replayed.verdicts, isWhole) : []
  const divergences = replay?.divergences ?? []
  const isSame = differences.every(({ recorded, replayed }) => recorded?.verdict === replayed?.verdict)
  const exitCodeOf = () => {
    if (error) return 3
    if (isStopped) return 2
    return isSame && divergences.length === 0 ? recordedExitCode(recorded) : 1
  }
  return {
    recorded,
    from: replay ? 'inlet' : 'seed',
    replayed,
    error,
    divergences,
    differences,
    sameTrace: recorded.traceHash && replayed ? recorded.traceHash === replayed.traceHash : undefined,
    notes: [...notesOn(recorded), ...(replay?.brokenOff ?? []).map(id => `the record of ${id} breaks off`)],
    exitCode: exitCodeOf(),
  }
}

function recordedExitCode({ outcome, verdicts }: RunRecord): 0 | 1 | 2 | 3 | 5 {
  switch (outcome) {
    case 'finished':
      return exitCode(verdicts)
    case 'interrupted':
    case 'killed':
      return 2
    case 'error':
      return 3
    default:
      return outcome satisfies never
  }
}

function notesOn({ facts, outcome, reason, altered }: RunRecord): string[] {
  const [was, is] = [facts.tool.version, packageVersion()]
  const [builtThen, builtNow] = [facts.commit, builtFrom()]
  const notes = altered.map(name => `${name} is missing or altered; the replay does not need it`)
  if (was !== is) notes.push(`recorded by version ${was}, replayed by ${is}`)
  else if (builtThen !== builtNow)
    notes.push(`recorded by ${builtThen ?? 'a package'}, replayed by ${builtNow ?? 'a package'}`)
  if (outcome === 'killed') notes.push('the recorded run came to a sudden end: what is there was replayed')
  else if (outcome !== 'finished') notes.push(`the recorded run did not finish: ${reason ?? outcome}`)
  return notes
}

/** Verdicts in the order of each installation; of a run that was killed, as far as both go. */
function differencesOf(
  recorded: readonly RecordedVerdict[],
  replayed: readonly RecordedVerdict[],
  isWhole: boolean,
): Difference[] {
  const [before, after] = [recorded, replayed].map(list => Map.groupBy(list, ({ installation }) => installation))
  const ids = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])
  return [...ids].flatMap(id => {
    const [then, now] = [before?.get(id) ?? [], after?.get(id) ?? []]
    const count = isWhole ? Math.max(then.length, now.length) : Math.min(then.length, now.length)
    return Array.from({ length: count }, (_, index) => difference(then[index], now[index])).filter(
      one => one !== undefined,
    )
  })
}

function difference(then: RecordedVerdict | undefined, now: RecordedVerdict | undefined): Difference | undefined {
  const one = then ?? now
  const sameStep = then?.step === now?.step && (then?.device === undefined || then.device === now?.device)
  if (!one || (sameStep && then?.verdict === now?.verdict && then?.observed === now?.observed)) return undefined
  const { installation, step, device } = one
  return {
    installation,
    step,
    ...(device !== undefined && { device }),
    recorded: then && pick(then),
    replayed: sameStep && now ? pick(now) : undefined,
  }
}

const pick = ({ verdict, observed }: RecordedVerdict) => ({ verdict, observed })
