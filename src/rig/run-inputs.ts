/** The files a run goes by: copied into its folder, so that the folder alone is enough to run it again. */
import { basename, dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { type InputFile, inputFile, type RunFacts } from '../evidence/run-facts.ts'
import { type FirmwareRepository, wholeFile } from '../firmware/repository/repository.ts'
import type { UsedFile } from '../profiles/files.ts'
import { packageProfiles } from '../profiles/read-text.ts'
import { type Prepared, prepare } from './prepare.ts'

/** What comes with the package, in a run folder; what lies beside the rig has its usual place there. */
const PACKAGE_PROFILES = 'inputs/package-profiles'

/** Beside the copy of the rig, where images are looked for. */
const IMAGES = 'inputs/firmware-images'

export interface RunInputs
  extends Required<Pick<RunFacts, 'rig' | 'profiles' | 'group' | 'groupBases' | 'disasters' | 'images'>> {
  /** Texts and octets by their path in the run folder. */
  copies: ReadonlyMap<string, string | Uint8Array>
}

export function runInputs({ rig, group, groupFile, groupBases, disasters, repository }: Prepared): RunInputs {
  const copies = new Map<string, string | Uint8Array>()
  const input = (name: string, path: string, content: string | Uint8Array, copy: string): InputFile => {
    copies.set(copy, content)
    return { ...inputFile(name, shown(path), Buffer.from(content)), copy }
  }
  const [own, ...declared] = rig.files
  // Who may become nothing else is brought no image.
  const images = rig.installations.some(({ firmware }) => firmware.length > 0) ? repository() : undefined
  const [index, ...named] = images?.files ?? []
  const profiles = [...new Map([...declared, ...named].map(file => [file.path, file])).values()]
  const beside = `${join(dirname(rig.file), '../firmware-profiles')}/`
  const profileCopy = (path: string) =>
    path.startsWith(beside)
      ? join('inputs/firmware-profiles', path.slice(beside.length))
      : join(PACKAGE_PROFILES, path.slice(packageProfiles.length + 1))
  return {
    rig: { ...input(rig.name, rig.file, own?.text ?? '', `inputs/rigs/${basename(rig.file)}`), file: rig.file },
    profiles: profiles.map(({ path, text }) => input(nameOf(path), path, text, profileCopy(path))),
    groupBases: groupBases.map(({ path, text }) =>
      input(basename(path), path, text, `inputs/groups/${basename(path)}`),
    ),
    group: input(group.id, groupFile.path, groupFile.text, `inputs/groups/${basename(groupFile.path)}`),
    disasters: disasters.map(({ disaster, file, only }) => ({
      ...input(disaster.id, file.path, file.text, `inputs/disasters/${disaster.id}.yaml`),
      only,
    })),
    images: index && images ? imageInputs(index, images, input) : [],
    copies,
  }
}

function imageInputs(
  index: UsedFile,
  { images }: FirmwareRepository,
  input: (name: string, path: string, content: string | Uint8Array, copy: string) => InputFile,
): InputFile[] {
  const files = images.flatMap(image => {
    const { file, profile } = image
    if (file === undefined) return []
    return [input(`image of ${profile}`, join(dirname(index.path), file), wholeFile(image), join(IMAGES, file))]
  })
  return [input('firmware images', index.path, index.text, join(IMAGES, 'index.yaml')), ...files]
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
