/** The index of a folder of images to checked images. */
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { FileError, type FileProblem, UsageError } from '../../base/errors.ts'
import { type FileAccess, readYamlFile, type UsedFile } from '../../profiles/files.ts'
import { ProfileLibrary } from '../../profiles/load-profile.ts'
import { checkYaml, inFileOrder, type LocatedYaml, problemAt } from '../../profiles/located-yaml.ts'
import type { Profile } from '../../profiles/profile.ts'
import { nearProfiles } from '../../profiles/profile-layers.ts'
import type { ReadPieces } from '../disk-pieces.ts'
import { EMULATED_SUITE, emulatedImage } from '../emulated-image.ts'
import type { FirmwareSigner } from '../ota-builder.ts'
import { hex } from '../ota-elements.ts'
import { HEADER_STRING_OCTETS } from '../ota-header.ts'
import { testSigner } from '../test-signing.ts'
import { octetProblems } from './check-image.ts'
import { type ImageEntry, imagesFile } from './index-file.ts'
import type { FirmwareImage, FirmwareRepository } from './repository.ts'

/** The index that comes with the package. */
export const packageImages = fileURLToPath(new URL('../../../firmware-images/index.yaml', import.meta.url))

/** What loading an index needs from outside. */
export interface RepositoryDeps extends FileAccess {
  /** Folders of firmware-profiles; `<folder of the index>/../firmware-profiles` is always looked in first. */
  roots: readonly string[]
  pieces: ReadPieces
}

export interface LoadOptions {
  /** Whether every octet of every image is looked at; else only that what is there fits its profile. */
  examine?: boolean
}

/** The index beside a rig (`../firmware-images/index.yaml`), else that of the package. @throws FileError */
export function repositoryOf(rigFile: string, deps: RepositoryDeps, options?: LoadOptions): FirmwareRepository {
  const beside = join(dirname(rigFile), '..', 'firmware-images', 'index.yaml')
  return loadRepository(deps.read(beside) === undefined ? packageImages : beside, deps, options)
}

/**
 * Reads an index with every profile it names.
 * @throws FileError with every problem: of the index, of profiles, and wherever it disagrees with an image
 */
export function loadRepository(
  file: string,
  deps: RepositoryDeps,
  { examine = false }: LoadOptions = {},
): FirmwareRepository {
  const yaml = readYamlFile(file, deps.read)
  const roots = [...new Set([join(dirname(file), '..', 'firmware-profiles'), ...deps.roots])]
  const checked = checkYaml(yaml, imagesFile)
  if (!checked.ok) throw new FileError(checked.problems)
  const library = new ProfileLibrary({ ...deps, roots })
  const signer = testSigner(EMULATED_SUITE)
  const problems: FileProblem[] = [...repeated(yaml, checked.value.images)]
  const images: FirmwareImage[] = []
  const used: UsedFile[] = [{ path: file, text: yaml.text }]
  for (const [index, entry] of checked.value.images.entries()) {
    const at = `/images/${index}`
    const found = library.find(entry.profile)
    if (!found?.ok) {
      problems.push(...(found?.problems ?? [missing(yaml, at, nearProfiles(entry.profile, { ...deps, roots }))]))
      continue
    }
    used.push(...found.value.files)
    const image = toImage(entry, found.value, { signer, folder: dirname(file), pieces: deps.pieces })
    const wrong = [
      ...('problem' in image ? [problemAt(yaml, `${at}${image.pointer}`, image.problem)] : []),
      ...factProblems(yaml, at, entry, found.value),
    ]
    problems.push(...wrong)
    if ('problem' in image) continue
    if (examine && wrong.length === 0) problems.push(...octetProblems(yaml, at, image))
    images.push(image)
  }
  if (problems.length > 0) throw new FileError(inFileOrder(problems))
  return { images, files: [...new Map(used.map((one): [string, UsedFile] => [one.path, one])).values()] }
}

interface Sources {
  signer: FirmwareSigner
  folder: string
  pieces: ReadPieces
}

type Refused = { pointer: string; problem: { code: string; message: string; hint?: string } }

function toImage(entry: ImageEntry, profile: Profile, sources: Sources): FirmwareImage | Refused {
  const { manufacturerCode, imageType, fileVersion, hardwareVersions, sha256, file, emulated } = entry
  const identity = { manufacturerCode, imageType, fileVersion, ...(hardwareVersions && { hardwareVersions }) }
  const { device, ota, firmware } = profile
  const part = entry.part ?? (device === 'CHF' ? 'hub' : 'application')
  const common = { profile: profile.id, device, part, ...identity, sha256, ota, version: firmware.version }
  if ((file === undefined) === (emulated === undefined)) {
    const message = `expected either \`file\` or \`emulated\`, found ${file === undefined ? 'neither' : 'both'}`
    return { pointer: '', problem: { code: 'image.content', message } }
  }
  if (emulated) {
    const { octets } = emulated
    const headerString = `${profile.identity.modelId} ${firmware.version}`.slice(0, HEADER_STRING_OCTETS)
    const name = `${profile.id} ${part}`
    const open = () =>
      emulatedImage({ ...identity, stackVersion: 2, headerString, name, octets, signer: sources.signer })
    return { ...common, octets, open }
  }
  const path = join(sources.folder, file ?? '')
  const open = () => {
    const found = sources.pieces(path)
    if (!found) throw new UsageError(`${path}: expected a firmware image, found none`)
    return found.pieces
  }
  const length = sources.pieces(path)?.length
  if (length !== undefined) return { ...common, octets: length, open, ...(file !== undefined && { file }) }
  const message = `expected an image at ${path}, found none`
  return { pointer: '/file', problem: { code: 'image.file', message } }
}

function missing(yaml: LocatedYaml, at: string, hint: string): FileProblem {
  const message = 'expected a firmware-profile, found none of that id'
  return problemAt(yaml, `${at}/profile`, { code: 'profile.missing', message, hint })
}

/** What an entry says must be what its profile says. */
function factProblems(yaml: LocatedYaml, at: string, entry: ImageEntry, { id, ota, device }: Profile): FileProblem[] {
  const problems: FileProblem[] = []
  const differs = (pointer: string, message: string, hint?: string) =>
    problems.push(problemAt(yaml, `${at}${pointer}`, { code: 'image.disagrees', message, hint }))
  const { part, hardwareVersions, emulated } = entry
  if (part !== undefined && (part === 'hub') !== (device === 'CHF')) {
    differs('/part', `expected ${device === 'CHF' ? 'hub' : 'metrology or application'} for a ${device}, found ${part}`)
  }
  // The legally relevant part has an image type and versions of its own.
  const facts = part === 'metrology' ? (['manufacturerCode'] as const) : IDENTITY
  for (const key of facts) {
    const digits = key === 'fileVersion' ? 8 : 4
    if (entry[key] === ota[key]) continue
    const message = `expected ${hex(ota[key], digits)} as ${id} has it, found ${hex(entry[key], digits)}`
    differs(`/${key}`, message, `the fact is ota.${key}`)
  }
  if (hardwareVersions) {
    const { minimum, maximum } = hardwareVersions
    if (minimum > maximum) differs('/hardwareVersions/minimum', `expected at most ${maximum}, found ${minimum}`)
    else if (ota.hardwareVersion < minimum || ota.hardwareVersion > maximum) {
      const message = `expected a range with ${ota.hardwareVersion}, which ${id} is, found ${minimum} to ${maximum}`
      differs('/hardwareVersions', message, 'the fact is ota.hardwareVersion')
    }
  }
  if (emulated && emulated.octets > ota.maxImageOctets) {
    const message = `expected at most ${ota.maxImageOctets}, for which ${id} has room, found ${emulated.octets}`
    differs('/emulated/octets', message, 'the fact is ota.maxImageOctets')
  }
  return problems
}

const IDENTITY = ['manufacturerCode', 'imageType', 'fileVersion'] as const

/** No two entries may answer the same question. */
function repeated(yaml: LocatedYaml, entries: readonly ImageEntry[]): FileProblem[] {
  const seen = new Map<string, number>()
  return entries.flatMap((entry, index) => {
    const { manufacturerCode, imageType, fileVersion } = entry
    const name = `${hex(manufacturerCode, 4)} ${hex(imageType, 4)} ${hex(fileVersion, 8)}`
    const first = seen.get(name)
    seen.set(name, first ?? index)
    if (first === undefined) return []
    const message = `expected each manufacturer, type and version once, found ${name} in entry ${first + 1} too`
    return [problemAt(yaml, `/images/${index}/fileVersion`, { code: 'image.unique', message })]
  })
}
