/** `s1rig replay RUN`: a run made again from its folder, and what differs. */
import { Command } from 'commander'
import { type Difference, NothingToReplayError, type ReplayReport, replayRun } from '../../rig/replay-run.ts'
import { EXIT } from '../exit.ts'
import { jsonOption, option } from '../options.ts'
import { abortOnSignal } from '../signals.ts'

interface ReplayOptions {
  out?: string
  json?: boolean
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('make a run again from its folder, in virtual time and without hardware, and compare')
    .argument('<run>', 'run folder')
    .addOption(option('--out <directory>', 'run folder of the replay; it leaves none unless given'))
    .addOption(jsonOption())
    .action(replay)
}

async function replay(directory: string, { out, json }: ReplayOptions): Promise<void> {
  const problem = (text: string) => console.error(`s1rig: ${text}`)
  const options = { directory, ...(out !== undefined && { out }), listener: { problem }, signal: abortOnSignal() }
  try {
    const report = await replayRun(options)
    if (json) tellJson(report, out)
    else tellText(report, out)
    process.exitCode = report.exitCode
  } catch (error) {
    if (!(error instanceof NothingToReplayError)) throw error
    problem(error.message)
    process.exitCode = EXIT.nothingRan
  }
}

function tellText(report: ReplayReport, out: string | undefined): void {
  const { recorded, from, replayed, error, divergences, differences, notes } = report
  const { directory, facts } = recorded
  console.log(
    `${directory}: ${facts.rig.name}, seed ${facts.seed}, clock ${facts.clock}, replayed from its ${from === 'inlet' ? 'record' : 'seed'}`,
  )
  for (const note of notes) console.log(`note: ${note}`)
  for (const divergence of divergences) console.log(`diverged: ${divergence}`)
  for (const one of differences) for (const line of differenceLines(one)) console.log(line)
  if (error) console.log(`the replay ended by an error: ${error.message}`)
  console.log(verdictsLine(report))
  console.log(traceLine(report))
  if (out !== undefined) console.log(`report ${out}/report.html`)
  if (replayed) console.log(replayed.summary)
}

function differenceLines({ installation, step, device, recorded, replayed }: Difference): string[] {
  const shown = (one: Difference['recorded']) => (one ? `${one.verdict} ${one.observed}` : 'none')
  return [
    ['differs:', installation, step, device].filter(Boolean).join(' '),
    `    recorded ${shown(recorded)}`,
    `    replayed ${shown(replayed)}`,
  ]
}

function verdictsLine({ differences, recorded }: ReplayReport): string {
  if (differences.length > 0) return `${differences.length} verdicts differ`
  return recorded.verdicts.length > 0 ? 'the verdicts are the same' : 'verdicts not compared: none is recorded'
}

function traceLine({ sameTrace, recorded, replayed }: ReplayReport): string {
  if (sameTrace === undefined) return 'trace not compared: the recorded run left no hash of it'
  if (sameTrace) return `trace ${recorded.traceHash}, the same`
  return `trace ${replayed?.traceHash}, another than ${recorded.traceHash}`
}

function tellJson({ recorded, replayed, error, differences, ...report }: ReplayReport, out: string | undefined): void {
  for (const difference of differences) console.log(JSON.stringify({ type: 'difference', ...difference }))
  const ended = {
    type: 'ended',
    run: recorded.directory,
    ...report,
    sameVerdicts: replayed !== undefined && differences.length === 0,
    recordedTraceHash: recorded.traceHash,
    traceHash: replayed?.traceHash,
    summary: replayed?.summary,
    ...(error && { error: error.message }),
    directory: out,
  }
  console.log(JSON.stringify(ended))
}
