/** Firmware-profile ids to checked, frozen profiles. */
import { basename, dirname, join } from 'node:path/posix'
import { FileError, type FileProblem } from '../base/errors.ts'
import { suggestion, withoutEchoes } from './explain-issues.ts'
import { chfFacts, displayFacts, esmeFacts, gsmeFacts, type ProfiledDevice } from './facts.ts'
import type { Outcome, UsedFile } from './files.ts'
import { deepFreeze } from './freeze.ts'
import { inFileOrder, type LocatedYaml, problemAt } from './located-yaml.ts'
import { parsePointer, valueAt } from './pointer.ts'
import type { Profile, ProfileOrigin, ShapeWeights } from './profile.ts'
import { factGroups, factPointers, idSegment } from './profile-file.ts'
import { findProfile, nearProfiles, type ProfileFiles, readLayers } from './profile-layers.ts'
import { loadShapes, type Shapes } from './shapes.ts'

/**
 * Reads one firmware-profile with all it extends.
 * @param id `<maker>/<model>/<version>`
 * @throws FileError with every problem of every file involved
 */
export function loadProfile(id: string, files: ProfileFiles): Profile {
  const found = new ProfileLibrary(files).find(id)
  if (found === undefined) {
    const message = `expected a firmware-profile, found none called "${id}"`
    const file = join(files.roots[0] ?? '', `${id}.yaml`)
    const hint = nearProfiles(id, files)
    throw new FileError([{ code: 'profile.missing', file, line: 1, column: 1, pointer: '', message, hint }])
  }
  if (!found.ok) throw new FileError(found.problems)
  return found.value
}

/** Every problem of one firmware-profile file, wherever it lies; what it extends is looked for beside it first. */
export function checkProfileFile(file: string, text: string, files: ProfileFiles): FileProblem[] {
  const own = join(dirname(file), '../..')
  const outcome = resolve({ file, text }, { ...files, roots: [own, ...files.roots] })
  return outcome.ok ? [] : outcome.problems
}

/** Profiles by id, each read once. */
export class ProfileLibrary {
  private readonly files: ProfileFiles
  private readonly known = new Map<string, Outcome<Profile> | undefined>()

  constructor(files: ProfileFiles) {
    this.files = files
  }

  /** The profile or its problems; undefined when no root has it. */
  find(id: string): Outcome<Profile> | undefined {
    if (!this.known.has(id)) {
      const start = findProfile(id, this.files)
      this.known.set(id, start && resolve(start, this.files))
    }
    return this.known.get(id)
  }
}

interface StatedFact {
  value: unknown
  source: string
  /** The file that states it. */
  yaml: LocatedYaml
}

function resolve(start: { file: string; text: string }, files: ProfileFiles): Outcome<Profile> {
  const layers = readLayers(start, files)
  const [own] = layers.files
  const { device } = layers
  if (own === undefined || device === undefined) return { ok: false, problems: layers.problems }
  const facts = gather(device, layers.files)
  const shapes: Shapes =
    device === 'ESME' || device === 'GSME' ? loadShapes(files) : { byName: new Map(), problems: [] }
  const shapeFact = facts.get(device === 'ESME' ? '/load/shape' : '/flow/shape')
  const roofFact = device === 'ESME' ? facts.get('/generation/shape') : undefined
  const problems = [
    ...layers.problems,
    ...(layers.complete ? missingFacts(device, own, facts) : []),
    ...disagreements(own, facts),
    ...versionProblems(own, facts),
    ...shapes.problems,
    ...shapeProblems(shapeFact, shapes, device === 'ESME' ? '/load/shape/value' : '/flow/shape/value'),
    ...shapeProblems(roofFact, shapes, '/generation/shape/value'),
  ]
  if (problems.length > 0) return { ok: false, problems: inFileOrder(withoutEchoes(problems)) }

  const named = [shapeFact, roofFact].flatMap(fact => shapes.byName.get(String(fact?.value)) ?? [])
  const used: UsedFile[] = layers.files.map(({ file, text }) => ({ path: file, text }))
  const origin: ProfileOrigin = {
    id: pathSegments(start.file).join('/'),
    provenance: Object.fromEntries([...facts].map(([pointer, stated]) => [pointer, stated.source])),
    files: [...used, ...new Set(named.map(({ file }) => file))],
  }
  return { ok: true, value: deepFreeze(build(device, plain(device, facts), origin, shapes)) as Profile }
}

/** Each fact from the nearest file that states it. */
function gather(device: ProfiledDevice, layers: readonly LocatedYaml[]): Map<string, StatedFact> {
  const facts = new Map<string, StatedFact>()
  for (const { pointer } of factPointers(device)) {
    const yaml = layers.find(layer => valueAt(layer.value, pointer) !== undefined)
    if (!yaml) continue
    const value = valueAt(yaml.value, `${pointer}/value`)
    facts.set(pointer, { value, source: String(valueAt(yaml.value, `${pointer}/source`)), yaml })
  }
  return facts
}

/** Groups of which nothing is stated are there too, for what is usual. */
function plain(device: ProfiledDevice, facts: ReadonlyMap<string, StatedFact>): Record<string, unknown> {
  const groups: Record<string, unknown> = Object.fromEntries(factGroups(device).map(name => [name, {}]))
  for (const [pointer, { value }] of facts) {
    const [group = '', name] = parsePointer(pointer)
    groups[group] = name === undefined ? value : { ...(groups[group] as object | undefined), [name]: value }
  }
  return groups
}

function build(device: ProfiledDevice, facts: unknown, origin: ProfileOrigin, shapes: Shapes) {
  const shaped = <T extends { shape: string }>(of: T): T & ShapeWeights => {
    const { weights = [], months = [] } = shapes.byName.get(of.shape) ?? {}
    return { ...of, shapeWeights: weights, shapeMonths: months }
  }
  switch (device) {
    case 'CHF':
      return { ...origin, device, ...chfFacts.parse(facts) }
    case 'ESME': {
      const esme = esmeFacts.parse(facts)
      return { ...origin, device, ...esme, load: shaped(esme.load), generation: shaped(esme.generation) }
    }
    case 'GSME': {
      const gsme = gsmeFacts.parse(facts)
      return { ...origin, device, ...gsme, flow: shaped(gsme.flow) }
    }
    case 'PPMID':
    case 'IHD':
    case 'CAD':
      return { ...origin, device, ...displayFacts.parse(facts) }
    default:
      return device satisfies never
  }
}

function missingFacts(device: ProfiledDevice, own: LocatedYaml, facts: ReadonlyMap<string, StatedFact>): FileProblem[] {
  return factPointers(device)
    .filter(({ pointer, required }) => required && !facts.has(pointer))
    .map(({ pointer }) => {
      const name = parsePointer(pointer).join('.')
      const message = `expected the fact ${name} of device type ${device}, found it neither here nor in what is extended`
      const hint = 'state it as { value: ..., source: ... }; without a document, source: assumed'
      return problemAt(own, pointer, { code: 'profile.fact', message, hint })
    })
}

const SEGMENT_FACTS = ['/identity/manufacturerName', '/identity/modelId', '/firmware/version'] as const

/** Last three segments of a profile's path, fewer when the path is shorter. */
function pathSegments(file: string): string[] {
  const segments = [...dirname(file).split('/'), basename(file, '.yaml')]
  return segments.filter(segment => segment !== '' && segment !== '.').slice(-3)
}

/** The path must say what the contents say. */
function disagreements(own: LocatedYaml, facts: ReadonlyMap<string, StatedFact>): FileProblem[] {
  const segments = pathSegments(own.file)
  const home = SEGMENT_FACTS.map(pointer => idSegment(String(facts.get(pointer)?.value))).join('/')
  return segments.flatMap((segment, index) => {
    const pointer = SEGMENT_FACTS[index + 3 - segments.length]
    const fact = pointer && facts.get(pointer)
    if (!fact || typeof fact.value !== 'string' || idSegment(fact.value) === segment) return []
    const at = fact.yaml === own ? `${pointer}/value` : '/extends'
    const message = `expected "${idSegment(fact.value)}" in the file's path for ${pointer} "${fact.value}", found "${segment}"`
    return [problemAt(own, at, { code: 'profile.id', message, hint: `its place is firmware-profiles/${home}.yaml` })]
  })
}

/** @source DUIS schema v5.4: firmware version 1..8 characters */
function versionProblems(own: LocatedYaml, facts: ReadonlyMap<string, StatedFact>): FileProblem[] {
  const version = facts.get('/firmware/version')
  if (typeof version?.value !== 'string' || version.value.length <= 8) return []
  if (facts.get('/firmware/versionRecognised')?.value === false) return []
  const at = version.yaml === own ? '/firmware/version/value' : '/extends'
  const message = `expected a firmware version of 1 to 8 characters, found "${version.value}"`
  const hint = 'if the device really reports this, state firmware.versionRecognised as false'
  return [problemAt(own, at, { code: 'profile.version', message, hint })]
}

function shapeProblems(fact: StatedFact | undefined, shapes: Shapes, pointer: string): FileProblem[] {
  if (typeof fact?.value !== 'string' || shapes.byName.has(fact.value) || shapes.problems.length > 0) return []
  const known = [...shapes.byName.keys()]
  const message = `expected the name of a consumption shape, found "${fact.value}"`
  const hint = suggestion(fact.value, known) ?? `shapes.yaml has: ${known.join(', ') || 'none'}`
  return [problemAt(fact.yaml, pointer, { code: 'profile.shape', message, hint })]
}
