/** What `s1rig validate FILE…` does: any file labs write, recognised by its `schema:` line. */
import { FileError, type FileProblem } from '../base/errors.ts'
import { describe, suggestion } from './explain-issues.ts'
import { attempt, readYamlFile } from './files.ts'
import { checkProfileFile } from './load-profile.ts'
import { loadRig, type RigDeps } from './load-rig.ts'
import { inFileOrder, loadYaml, problemAt, writtenAt } from './located-yaml.ts'
import { valueAt } from './pointer.ts'
import { FIRMWARE_PROFILE_KIND } from './profile-file.ts'
import { RIG_KIND } from './rig-file.ts'
import { SHAPES_KIND, shapesFile } from './shapes.ts'

/** Checks the text of a file of one kind; may say what came of it. @throws FileError with every problem */
export type KindCheck = (file: string, text: string) => string | undefined

export interface ValidateDeps extends RigDeps {
  /** Further kinds of file by their `schema:` line, e.g. `s1rig/group/1`. */
  kinds?: Readonly<Record<string, KindCheck>>
}

export interface Validation {
  file: string
  /** The `schema:` line; undefined when it names no known kind. */
  kind: string | undefined
  /** Empty when the file is good. */
  problems: FileProblem[]
  /** What came of a good file that is put together from several. */
  says?: string
}

/** Every problem of every file, and of the files they draw on. */
export function validateFiles(files: readonly string[], deps: ValidateDeps): Validation[] {
  const kinds: Readonly<Record<string, KindCheck>> = {
    [FIRMWARE_PROFILE_KIND]: (file, text) => refuse(checkProfileFile(file, text, deps)),
    [SHAPES_KIND]: (file, text) => good(loadYaml(file, text, shapesFile)),
    [RIG_KIND]: file => good(loadRig(file, deps)),
    ...deps.kinds,
  }
  return files.map(file => {
    const read = attempt(() => readYamlFile(file, deps.read))
    if (!read.ok) return { file, kind: undefined, problems: inFileOrder(read.problems) }
    const yaml = read.value
    const named = valueAt(yaml.value, '/schema')
    const check = typeof named === 'string' && Object.hasOwn(kinds, named) ? kinds[named] : undefined
    if (typeof named !== 'string' || !check) {
      const known = Object.keys(kinds)
      const hint = typeof named === 'string' ? suggestion(named, known) : undefined
      const found = named === undefined ? 'none' : describe(named, writtenAt(yaml, '/schema'))
      const message = `expected the line \`schema:\` to name one of ${known.join(', ')}, found ${found}`
      return { file, kind: undefined, problems: [problemAt(yaml, '/schema', { code: 'file.kind', message, hint })] }
    }
    const outcome = attempt(() => check(file, yaml.text))
    if (!outcome.ok) return { file, kind: named, problems: inFileOrder(outcome.problems) }
    return { file, kind: named, problems: [], ...(outcome.value !== undefined && { says: outcome.value }) }
  })
}

function refuse(problems: readonly FileProblem[]): undefined {
  if (problems.length > 0) throw new FileError(problems)
}

/** There is no more to say of it. */
const good = (_value: unknown): undefined => undefined
