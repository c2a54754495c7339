/** What exactly was tested, as the manifest and the report say it. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { RunFacts } from '../evidence/run-facts.ts'
import type { RunClock } from './clocks/run-clock.ts'
import { type Prepared, packageVersion } from './prepare.ts'
import type { RunInputs } from './run-inputs.ts'

export function runFacts(run: { prepared: Prepared; seed: string; clock: RunClock }, inputs: RunInputs): RunFacts {
  const { prepared, seed, clock } = run
  const { rig, profiles, group, groupBases, disasters, images } = inputs
  const { settings, faults } = prepared
  const built = builtFrom()
  return {
    tool: { name: 's1rig', version: packageVersion() },
    ...(built !== undefined && { commit: built }),
    rig,
    profiles,
    group,
    ...(groupBases.length > 0 && { groupBases }),
    seed,
    clock: clock.mode,
    ...(disasters.length > 0 && { disasters }),
    ...(images.length > 0 && { images }),
    faults: faults.map(({ text }) => text),
    settings,
    startedAt: new Date().toISOString(),
  }
}

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The commit of the checkout this runs from; undefined for an installed package. */
export function builtFrom(): string | undefined {
  if (!existsSync(`${packageRoot}.git`)) return undefined
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '-uno') ? ' and changes' : '')
  } catch {
    return undefined
  }
}
