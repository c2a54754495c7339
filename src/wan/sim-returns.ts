/**
 * The files that come back to the mobile operator when a batch of SIMs is through: which were migrated, which the SMSO retains. A file
 * is judged as a whole and held until its other half is there; then all of both takes effect, or nothing does.
 * @source SMETS1 TMAD 14.14 for the two files and what follows from them; their columns and checks are assumed
 */
import { z } from 'zod'
import { readCsv } from '../base/csv.ts'
import type { FileProblem } from '../base/errors.ts'
import type { CspReply, ReturnRules, SimPlatform } from './sim-platform.ts'
import { type ReturnFile, type ReturnGroup, readReturnFile } from './sim-return-file.ts'

/** What one SIM becomes. */
export interface SimClosure {
  imsi: string
  group: ReturnGroup
}

export interface Taken {
  reply: CspReply
  /** What takes effect now; each in the time of its SIM. */
  closures: readonly SimClosure[]
}

const GROUP_OF = { 'file.migrated': 'migrated', 'file.retained': 'retained' } as const
export type ReturnVerb = keyof typeof GROUP_OF
export const isReturnVerb = (verb: string): verb is ReturnVerb => Object.hasOwn(GROUP_OF, verb)

const order = z.strictObject({ csv: z.string(), name: z.string().min(1).max(128).optional() })

/** Problems told of one pair of files; what lies beyond shows once these are mended. */
const MAX_PROBLEMS = 100

interface HeldFile {
  name: string
  csv: string
}
/** Files that wait for their other half: plain values. */
export type ReturnsMemory = readonly (readonly [group: ReturnGroup, file: HeldFile])[]

export class SimReturns {
  private readonly sims: SimPlatform
  private readonly rules: ReturnRules | undefined
  private readonly held: Map<ReturnGroup, HeldFile>

  /** Without `rules` no such file is taken. `memory`: from before a restart. */
  constructor(sims: SimPlatform, rules: ReturnRules | undefined, memory?: ReturnsMemory) {
    this.sims = sims
    this.rules = rules
    this.held = new Map(memory)
  }

  /** What is to be kept over a restart. */
  memory(): ReturnsMemory {
    return [...this.held]
  }

  /** Takes one file. `body` is the parsed JSON of the request without its transaction id. */
  take(verb: ReturnVerb, body: unknown): Taken {
    if (!this.rules) return refused({ code: 'not-offered', detail: 'the Group file says nothing of such files' })
    const parsed = order.safeParse(body)
    if (!parsed.success) return refused({ code: 'malformed', detail: z.prettifyError(parsed.error) })
    const group = GROUP_OF[verb]
    const { csv, name = `${group}.csv` } = parsed.data
    const file = this.read(group, { name, csv }, this.rules)
    const other = group === 'migrated' ? 'retained' : 'migrated'
    const heldOther = this.held.get(other)
    // Much may have happened to its SIMs since it came.
    const otherFile = heldOther && this.read(other, heldOther, this.rules)
    const problems = [...file.problems, ...(otherFile ? [...otherFile.problems, ...this.split(file, otherFile)] : [])]
    if (problems.length > 0) return badFile(problems)
    if (!otherFile) {
      this.held.set(group, { name, csv })
      const waitsFor = other === 'migrated' ? 'file.migrated' : 'file.retained'
      return refused({
        code: 'ok',
        detail: `${file.rows.size} ${file.rows.size === 1 ? 'SIM' : 'SIMs'}; held until ${waitsFor} is there`,
      })
    }
    this.held.clear()
    const closures = [file, otherFile].flatMap(({ group, rows }) => [...rows.keys()].map(imsi => ({ imsi, group })))
    for (const { imsi, group } of closures) this.sims.mark(imsi, group)
    const count = (of: ReturnGroup) => closures.filter(({ group }) => group === of).length
    return { reply: { code: 'ok', detail: `${count('migrated')} migrated, ${count('retained')} retained` }, closures }
  }

  private read(group: ReturnGroup, { name, csv }: { name: string; csv: string }, rules: ReturnRules): ReturnFile {
    return readReturnFile({ file: name, group, csv: readCsv(name, csv) }, { sims: this.sims, rules })
  }

  /** Every SIM whose data was sent is in one of the two, and in one only. */
  private split(file: ReturnFile, other: ReturnFile): FileProblem[] {
    const problems: FileProblem[] = []
    for (const [imsi, { line, column }] of file.rows) {
      const there = other.rows.get(imsi)
      if (!there) continue
      const message = `expected an IMSI of one file, found ${imsi}, which line ${there.line} of ${other.file} has too`
      problems.push({ code: 'sim.in-both', file: file.file, line, column, pointer: '/imsi', message })
    }
    // A file that cannot be read says nothing of who is missing.
    if (file.problems.length > 0 || other.problems.length > 0) return problems
    for (const { imsi } of this.sims.all()) {
      if (this.sims.stageOf(imsi) !== 'data-sent' || file.rows.has(imsi) || other.rows.has(imsi)) continue
      const message = `expected every SIM whose data was sent, found neither here nor in ${other.file}: ${imsi}`
      problems.push({ code: 'sim.in-none', file: file.file, ...file.end, pointer: '', message })
    }
    return problems
  }
}

const refused = (reply: CspReply): Taken => ({ reply, closures: [] })

function badFile(problems: readonly FileProblem[]): Taken {
  const detail = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}; nothing is applied`
  return refused({ code: 'bad-file', detail, problems: problems.slice(0, MAX_PROBLEMS) })
}
