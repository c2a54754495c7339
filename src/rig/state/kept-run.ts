/** What of a migration is kept: what was tested, which steps are concluded, what the parties know, how it ended. */
import { resolve } from 'node:path'
import { fromHex, toHex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import type { RunFacts } from '../../evidence/run-facts.ts'
import type { BookMemory } from '../../migration/book.ts'
import type { Condition } from '../../migration/condition.ts'
import type { Parties } from '../../migration/parties.ts'
import type { Findings } from '../../migration/step-context.ts'
import type { Party } from '../../ports/rig-control.ts'
import type { StepVerdict } from '../../ports/verdict.ts'
import type { Prepared } from '../prepare.ts'
import { type Identity, identityOf } from './identity.ts'
import { RigState } from './rig-state.ts'

/** How a run ended, for whoever starts it once more. */
export interface EndedRun {
  /** Wall time, ISO 8601 UTC. */
  endedAt: string
  verdicts: StepVerdict[]
  conditions: Condition[]
  traceHash: string
  directory: string
}

/** What steps found out, as JSON has it. */
type FindingsMemory = Omit<Findings, 'smsoKey' | 'givenUp' | 'passFiles'> & { smsoKey?: string; givenUp?: Party[] }

/** How far one installation has come. */
interface Progress {
  verdicts: readonly StepVerdict[]
  found: FindingsMemory
}

export class KeptRun {
  readonly state: RigState
  private readonly progress = new Map<string, Progress>()
  private readonly installations: readonly string[]

  /** @throws UsageError when the state is of another run, newer, damaged, in use, or cannot be written */
  constructor(directory: string, { prepared, facts }: { prepared: Prepared; facts: RunFacts }) {
    if (prepared.disasters.length > 0) {
      throw new UsageError(
        '--state with --disaster: what is expected of a disaster is judged within one life; take one of them',
      )
    }
    this.installations = prepared.rig.installations.map(({ id }) => id)
    this.state = new RigState(directory, identityOfRun(prepared, facts), facts.startedAt)
    for (const id of this.installations) {
      const known = this.state.get<Progress>(`run/${id}`)
      if (known) this.progress.set(id, known)
    }
  }

  /** How it ended, if it has. */
  get ended(): EndedRun | undefined {
    return this.state.get<EndedRun>('ended')
  }
  end(ended: EndedRun): void {
    this.state.keeper.leave({ ended })
    this.state.keeper.commit()
  }

  /** The run folder: that of the earlier lives unless another is named now. `earlier`: lives that have written into it. */
  folder(named: string | undefined): { directory?: string; earlier: number } {
    const before = this.state.get<string>('folder')
    const isSame = before !== undefined && (named === undefined || resolve(named) === before)
    if (isSame) return { directory: before, earlier: this.state.earlier }
    return { ...(named !== undefined && { directory: named }), earlier: 0 }
  }
  useFolder(directory: string): void {
    this.state.keeper.leave({ folder: resolve(directory) })
    this.state.keeper.commit()
  }

  /** Verdicts of earlier lives, which stand. */
  concluded(installation: string): readonly StepVerdict[] {
    return this.progress.get(installation)?.verdicts ?? []
  }
  /** What earlier steps found out. */
  found(installation: string): Findings {
    const { smsoKey, givenUp, ...found } = this.progress.get(installation)?.found ?? {}
    return {
      ...found,
      ...(smsoKey !== undefined && { smsoKey: fromHex(smsoKey) }),
      ...(givenUp && { givenUp: new Set(givenUp) }),
    }
  }
  partiesMemory(installation: string): BookMemory | undefined {
    return this.state.get<BookMemory>(`parties/${installation}`)
  }

  /** From now on each commit holds how far the installations have come, and what the parties know. */
  keep(parties: Parties): void {
    this.state.keeper.add(installation =>
      this.installations.includes(installation)
        ? {
            [`run/${installation}`]: this.progress.get(installation),
            [`parties/${installation}`]: parties.memory(installation),
          }
        : {},
    )
    this.state.watch(this.installations)
  }

  /** A step is concluded: kept when it returns. */
  conclude(verdict: StepVerdict, { smsoKey, givenUp, passFiles: _, ...found }: Findings): void {
    const { installation } = verdict
    const verdicts = [...this.concluded(installation), verdict]
    const plain: FindingsMemory = {
      ...found,
      ...(smsoKey && { smsoKey: toHex(smsoKey) }),
      ...(givenUp && { givenUp: [...givenUp] }),
    }
    this.progress.set(installation, { verdicts, found: plain })
    this.state.keeper.commit(installation)
  }
}

/** Verdicts are of exactly these files, faults and settings: with others it is another run. */
function identityOfRun(
  { rig }: Prepared,
  { seed, rig: rigFile, group, groupBases = [], profiles, faults, settings }: RunFacts,
): Identity {
  const files = [rigFile, ...(group ? [group] : []), ...groupBases, ...profiles]
  return {
    ...identityOf('migrate', { rig, seed: String(seed) }),
    ...Object.fromEntries(files.map(({ name, sha256 }) => [`file ${name}`, `SHA-256 ${sha256}`])),
    faults: faults.join(', '),
    settings: Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
  }
}
