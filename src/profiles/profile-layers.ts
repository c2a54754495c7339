/** The chain of files behind one profile: the file itself, what it extends, what that extends. */
import { join } from 'node:path/posix'
import type { FileProblem } from '../base/errors.ts'
import { suggestion } from './explain-issues.ts'
import { PROFILED_DEVICES, type ProfiledDevice } from './facts.ts'
import { attempt, type FileAccess } from './files.ts'
import { checkYaml, type LocatedYaml, problemAt, readYaml } from './located-yaml.ts'
import { valueAt } from './pointer.ts'
import { profileFile, profileId } from './profile-file.ts'

/** Where profiles are looked for: the first root that has an id wins. */
export interface ProfileFiles extends FileAccess {
  roots: readonly string[]
}

export interface ProfileListing {
  id: string
  file: string
}

/** All profiles below the roots, by id. Only `<maker>/<model>/<version>.yaml` counts. */
export function listProfiles(roots: readonly string[], list: FileAccess['list']): ProfileListing[] {
  const byId = new Map<string, string>()
  for (const root of roots) {
    for (const path of list(root)) {
      const id = path.endsWith('.yaml') ? path.slice(0, -'.yaml'.length) : ''
      if (profileId.safeParse(id).success && !byId.has(id)) byId.set(id, join(root, path))
    }
  }
  return [...byId].map(([id, file]) => ({ id, file })).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** The file of a profile id; undefined when no root has it. */
export function findProfile(id: string, files: ProfileFiles): { file: string; text: string } | undefined {
  for (const root of files.roots) {
    const file = join(root, `${id}.yaml`)
    const text = files.read(file)
    if (text !== undefined) return { file, text }
  }
  return undefined
}

/** What to say when an id is not found: the near names, or all there are. */
export function nearProfiles(id: string, files: ProfileFiles): string {
  const ids = listProfiles(files.roots, files.list).map(profile => profile.id)
  const [maker, model] = id.split('/')
  const family = ids.filter(known => known.startsWith(`${maker}/${model}/`))
  const near = family.length > 0 ? family : ids
  if (near.length === 0) return `no profiles at all below ${files.roots.join(', ')}`
  return suggestion(id, near) ?? `${family.length > 0 ? 'this model has' : 'there are'}: ${near.join(', ')}`
}

/** The layers of one profile, nearest first, and every problem of their files. */
export interface Layers {
  device: ProfiledDevice | undefined
  files: LocatedYaml[]
  /** Whether the chain was followed to its end. */
  complete: boolean
  problems: FileProblem[]
}

/** Reads a profile's file and all it extends. */
export function readLayers(start: { file: string; text: string }, files: ProfileFiles): Layers {
  const layers: Layers = { device: undefined, files: [], complete: false, problems: [] }
  const seen = [start.file]
  let next: { file: string; text: string } | undefined = start
  while (next) {
    const { file, text } = next
    next = undefined
    const read = attempt(() => readYaml(file, text))
    if (!read.ok) {
      layers.problems.push(...read.problems)
      return layers
    }
    const yaml = read.value
    const checked = checkYaml(yaml, profileFile)
    if (!checked.ok) layers.problems.push(...checked.problems)
    const device = PROFILED_DEVICES.find(known => known === valueAt(yaml.value, '/device'))
    const child = layers.files.at(-1)
    if (child && device && layers.device && device !== layers.device) {
      layers.problems.push(
        problemAt(child, '/extends', {
          code: 'profile.device',
          message: `expected a profile of device type ${layers.device}, found one of type ${device}`,
        }),
      )
      return layers
    }
    layers.device ??= device
    layers.files.push(yaml)
    const wanted = valueAt(yaml.value, '/extends')
    const parentId = profileId.safeParse(wanted)
    if (!parentId.success) return { ...layers, complete: wanted === undefined && device !== undefined }
    const parent = findProfile(parentId.data, files)
    if (parent && !seen.includes(parent.file)) {
      seen.push(parent.file)
      next = parent
    } else {
      layers.problems.push(
        problemAt(yaml, '/extends', parent ? circle(seen, parent.file) : absent(parentId.data, files)),
      )
    }
  }
  return layers
}

function circle(seen: readonly string[], again: string) {
  const path = [...seen.slice(seen.indexOf(again)), again].join(' -> ')
  return { code: 'profile.cycle', message: `expected a chain that ends, found ${path}`, hint: 'remove one `extends`' }
}

function absent(id: string, files: ProfileFiles) {
  return {
    code: 'profile.missing',
    message: `expected a firmware-profile, found none called "${id}"`,
    hint: nearProfiles(id, files),
  }
}
