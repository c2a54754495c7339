/** The files a run goes by: copied into its folder, so that the folder alone is enough to run it again. */
import { basename, dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { type InputFile, inputFile, type RunFacts } from '../evidence/run-facts.ts'
import { packageProfiles } from '../profiles/read-text.ts'
import { type Prepared, prepare } from './prepare.ts'

/** What comes with the package, in a run folder; what lies beside the rig has its usual place there. */
const PACKAGE_PROFILES = 'inputs/package-profiles'

export interface RunInputs extends Required<Pick<RunFacts, 'rig' | 'profiles' | 'group' | 'disasters'>> {
  /** Texts by their path in the run folder. */
  copies: ReadonlyMap<string, string>
}

export function runInputs({ rig, group, groupFile, disasters }: Prepared): RunInputs {
  const copies = new Map<string, string>()
  const input = (name: string, path: string, text: string, copy: string): InputFile => {
    copies.set(copy, text)
    return { ...inputFile(name, shown(path), Buffer.from(text)), copy }
  }
  const [own, ...profiles] = rig.files
  const beside = `${join(dirname(rig.file), '../firmware-profiles')}/`
  const profileCopy = (path: string) =>
    path.startsWith(beside)
      ? join('inputs/firmware-profiles', path.slice(beside.length))
      : join(PACKAGE_PROFILES, path.slice(packageProfiles.length + 1))
  return {
    rig: { ...input(rig.name, rig.file, own?.text ?? '', `inputs/rigs/${basename(rig.file)}`), file: rig.file },
    profiles: profiles.map(({ path, text }) => input(nameOf(path), path, text, profileCopy(path))),
    group: input(group.id, groupFile.path, groupFile.text, `inputs/groups/${basename(groupFile.path)}`),
    disasters: disasters.map(({ disaster, file, only }) => ({
      ...input(disaster.id, file.path, file.text, `inputs/disasters/${disaster.id}.yaml`),
      only,
    })),
    copies,
  }
}

/** The same from the copies in a run folder. @throws FileError when they do not fit together */
export function prepareAgain(directory: string, facts: RunFacts): Prepared {
  const copy = (input: InputFile | undefined) => join(directory, input?.copy ?? '')
  const again = {
    rigFile: copy(facts.rig),
    groupFile: copy(facts.group),
    profiles: [join(directory, PACKAGE_PROFILES)],
    settings: Object.entries(facts.settings).map(([name, value]) => `${name}=${value}`),
  }
  const disasters = (facts.disasters ?? []).map(one =>
    [copy(one), ...(one.only ?? []).map(id => `only:${id}`)].join(','),
  )
  const own = prepare(again).faults.length
  const ofDisasters = prepare({ ...again, disasters }).faults.length - own
  return prepare({ ...again, disasters, faults: facts.faults.slice(own, facts.faults.length - ofDisasters) })
}

/** `<maker>/<model>/<version>` of a profile's path, else the path. */
const nameOf = (path: string): string => /firmware-profiles\/(.+)\.yaml$/.exec(path)?.[1] ?? path

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** What comes with the package is shown relative to it: a machine's own paths say nothing to a reader. */
const shown = (path: string): string => (path.startsWith(packageRoot) ? path.slice(packageRoot.length) : path)
