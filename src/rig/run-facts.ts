/** What exactly was tested, as the manifest and the report say it. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inputFile, type RunFacts } from '../evidence/run-facts.ts'
import { type Prepared, packageVersion } from './prepare.ts'
import type { RunClock } from './run-clock.ts'

export function runFacts(run: { prepared: Prepared; seed: string; clock: RunClock }): RunFacts {
  const { prepared, seed, clock } = run
  const { rig, groupFile, group, settings, faults } = prepared
  const [rigFile, ...profiles] = rig.files.map(({ path, text }) =>
    inputFile(nameOf(path), shown(path), Buffer.from(text)),
  )
  const built = commit()
  return {
    tool: { name: 's1rig', version: packageVersion() },
    ...(built !== undefined && { commit: built }),
    rig: { name: rig.name, file: rig.file, sha256: rigFile?.sha256 ?? '' },
    profiles,
    group: inputFile(group.id, shown(groupFile.path), Buffer.from(groupFile.text)),
    seed,
    clock: clock.mode,
    faults: faults.map(({ text }) => text),
    settings,
    startedAt: new Date().toISOString(),
  }
}

/** `<maker>/<model>/<version>` of a profile's path, else the path. */
const nameOf = (path: string): string => /firmware-profiles\/(.+)\.yaml$/.exec(path)?.[1] ?? path

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** What comes with the package is shown relative to it: a machine's own paths say nothing to a reader. */
const shown = (path: string): string => (path.startsWith(packageRoot) ? path.slice(packageRoot.length) : path)

/** Of the checkout this runs from; undefined for an installed package. */
function commit(): string | undefined {
  if (!existsSync(`${packageRoot}.git`)) return undefined
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '-uno') ? ' and changes' : '')
  } catch {
    return undefined
  }
}
