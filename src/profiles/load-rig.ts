/** Rig files to checked, frozen rigs. */
import { dirname, join } from 'node:path/posix'
import { FileError, InvariantError } from '../base/errors.ts'
import { type FileAccess, readYamlFile, type UsedFile } from './files.ts'
import { deepFreeze } from './freeze.ts'
import { ProfileLibrary } from './load-profile.ts'
import { checkYaml, inFileOrder } from './located-yaml.ts'
import type { Profile } from './profile.ts'
import type { Installation, InstallationDevices, Rig } from './rig.ts'
import { type DeviceFile, type InstallationFile, rigFile } from './rig-file.ts'
import { toLinks } from './rig-links.ts'
import { groupPath, ruleProblems } from './rig-rules.ts'

/** What loading a rig needs from outside. */
export interface RigDeps extends FileAccess {
  /** Folders of firmware-profiles; `<folder of the rig>/../firmware-profiles` is always looked in first. */
  roots: readonly string[]
  /** Names of the Groups that exist, e.g. `['CB']`. */
  groups: readonly string[]
  /** The Group file, when it is not the one the rig names but, say, its copy. */
  groupFile?: string
}

/**
 * Reads a rig file with every profile it names.
 * @throws FileError with every problem of the rig and of its profiles
 */
export function loadRig(file: string, deps: RigDeps): Rig {
  const yaml = readYamlFile(file, deps.read)
  const roots = [...new Set([join(dirname(file), '..', 'firmware-profiles'), ...deps.roots])]
  const files = { read: deps.read, list: deps.list, roots }
  const library = new ProfileLibrary(files)
  const checked = checkYaml(yaml, rigFile)
  const broken = ruleProblems(yaml, { library, files, groups: deps.groups, groupFile: deps.groupFile })
  if (!checked.ok) throw new FileError(inFileOrder([...checked.problems, ...broken]))
  if (broken.length > 0) throw new FileError(inFileOrder(broken))

  const { schema: _, installations, firmware, ...rig } = checked.value
  const becoming = firmware.map(id => profileOf(id, library))
  const profiles = [...installations.flatMap(one => one.devices).flatMap(one => profilesOf(one, library)), ...becoming]
  const used = [{ path: file, text: yaml.text }, ...profiles.flatMap(profile => profile.files)]
  const loaded: Rig = {
    ...rig,
    file,
    group: rig.group.endsWith('.yaml') ? groupPath(file, rig.group) : rig.group,
    startsAtUnixMs: Date.parse(rig.startsAt),
    installations: installations.map(one => ({ ...toInstallation(one, library), firmware: becoming })),
    files: [...new Map(used.map((one): [string, UsedFile] => [one.path, one])).values()],
  }
  return deepFreeze(loaded)
}

function profilesOf(device: DeviceFile, library: ProfileLibrary): Profile[] {
  return device.profile === undefined ? [] : [profileOf(device.profile, library)]
}

function profileOf(id: string, library: ProfileLibrary): Profile {
  const found = library.find(id)
  if (!found?.ok) throw new InvariantError(`profile ${id} passed the rules of the rig but is not there`)
  return found.value
}

function toInstallation(written: InstallationFile, library: ProfileLibrary): Omit<Installation, 'firmware'> {
  const { devices, mprn, sim, han, sticks, modem, raw, ...rest } = written
  const { links, rssiDbm, ...air } = han
  return {
    ...rest,
    ...(mprn !== undefined && { mprn }),
    han: { ...air, ...(rssiDbm !== undefined && { rssiDbm }), links: toLinks(links) },
    sim: { ...sim, staticAddress: sim.staticAddress ?? {} },
    devices: toDevices(devices, library),
    sticks: sticks.map(({ kind: _, ...stick }) => stick),
    ...(modem && { modem: { link: modem.link } }),
    raw: raw.map(({ name, to }) => ({ name, to })),
  }
}

/** The rules have seen to it that each type is there as often as it may be, with a profile of its own type. */
function toDevices(devices: readonly DeviceFile[], library: ProfileLibrary): InstallationDevices {
  const entries = devices.map(device => {
    const key = device.type.toLowerCase()
    const { profile, installCode, kind, power, ...rest } = device
    return [
      key,
      {
        ...rest,
        id: device.id ?? key,
        ...(kind !== undefined && { kind }),
        ...(power !== undefined && { power }),
        ...(profile !== undefined && { profile: profileOf(profile, library) }),
        ...(installCode !== undefined && { installCode }),
      },
    ]
  })
  return Object.fromEntries(entries) as InstallationDevices
}
