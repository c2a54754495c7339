/** From what the user named to what a run needs: the rig, its Group, faults and settings, all checked before anything starts. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { didYouMean, FileError, UsageError } from '../base/errors.ts'
import { diskPieces } from '../firmware/disk-pieces.ts'
import { repositoryOf } from '../firmware/repository/load-repository.ts'
import type { FirmwareRepository } from '../firmware/repository/repository.ts'
import { type Group, type ParameterName, type Parameters, parametersOf, parseSetting } from '../migration/group.ts'
import type { GroupFiles } from '../migration/group-layers.ts'
import { type ResolvedGroup, resolveGroup } from '../migration/load-group.ts'
import { readYamlFile, type UsedFile } from '../profiles/files.ts'
import { loadRig } from '../profiles/load-rig.ts'
import { problemAt } from '../profiles/located-yaml.ts'
import { diskFiles, packageProfiles } from '../profiles/read-text.ts'
import type { Rig } from '../profiles/rig.ts'
import { loadDisaster } from './disasters/disaster.ts'
import { type PreparedDisaster, prepareDisaster } from './disasters/disasters.ts'
import type { FaultContext } from './faults/fault-kind.ts'
import { checkFaults, type Fault, faultProblem, parseFault, readFault } from './faults/faults.ts'

/** Groups that come with the package, by id. */
const GROUP_FILES: Readonly<Record<string, string>> = Object.fromEntries(
  ['AA', 'CB', 'DA', 'EA'].map(id => {
    const file = new URL(`../migration/groups/${id.toLowerCase()}.yaml`, import.meta.url)
    return [id, fileURLToPath(file)]
  }),
)
/** The Group whose phases and access points disaster files name, where no rig says another. */
const DISASTERS_OF = 'CB'
export const groupIds: readonly string[] = Object.keys(GROUP_FILES)

/** Where Group files are looked for on this machine. */
export const groupFiles: GroupFiles = {
  read: diskFiles.read,
  packaged: {
    folder: fileURLToPath(new URL('../migration/groups', import.meta.url)),
    names: groupIds.map(id => `${id.toLowerCase()}.yaml`),
  },
}
/** A Group file with what it extends. @throws FileError */
export const readGroup = (path: string): ResolvedGroup & { text: string } => {
  const { text } = readYamlFile(path, diskFiles.read)
  return { ...resolveGroup(path, text, groupFiles), text }
}

export interface Prepared {
  rig: Rig
  group: Group
  groupFile: UsedFile
  /** Those it extends, the nearest first. */
  groupBases: readonly UsedFile[]
  parameters: Parameters
  /** Settings that differ from the Group file. */
  settings: Record<string, string | number | boolean>
  /** Those of the rig file, then those of the command line, then those of disasters. */
  faults: Fault[]
  disasters: readonly PreparedDisaster[]
  /** The images that the SMSO has: those beside the rig, else those of the package. Read when they are wanted. @throws FileError */
  repository: () => FirmwareRepository
}

export interface PrepareOptions {
  rigFile: string
  /** `[INSTALLATION/]PART.ASPECT=VALUE` */
  faults?: readonly string[]
  /** `NAME|FILE[,only:INSTALLATION]…` */
  disasters?: readonly string[]
  /** `name=value` */
  settings?: readonly string[]
  /** The Group file to use in place of the one the rig names. */
  groupFile?: string
  /** Folders of firmware-profiles besides the one beside the rig; those of the package unless given. */
  profiles?: readonly string[]
}

/** What loading files needs on this machine. */
export const fileDeps = { ...diskFiles, roots: [packageProfiles], groups: groupIds }

/** @throws FileError for bad files, UsageError for a bad fault or setting */
export function prepare(options: PrepareOptions): Prepared {
  const { groupFile, profiles: roots = fileDeps.roots } = options
  const rig = loadRig(options.rigFile, { ...fileDeps, roots, ...(groupFile !== undefined && { groupFile }) })
  const path = groupFile ?? GROUP_FILES[rig.group] ?? rig.group
  const { group, text, bases: groupBases } = readGroup(path)
  const context = faultContext(group)
  const own = checkAgainstGroup(rig, group, context)
  const { parameters, settings } = applySettings(parametersOf(group), options.settings ?? [])
  const disasters = (options.disasters ?? []).map(disaster => prepareDisaster(disaster, context))
  const given = (options.faults ?? []).map(fault => parseFault(fault, context))
  const faults = [...own, ...given, ...disasters.flatMap(({ faults }) => faults)]
  checkFaults(faults, rig.installations)
  const repository = once(() => repositoryOf(options.rigFile, { ...diskFiles, roots, pieces: diskPieces }))
  return { rig, group, groupFile: { path, text }, groupBases, parameters, settings, faults, disasters, repository }
}

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** What faults may name of a Group. */
export const faultContext = ({ plans, phases, apns }: Group): FaultContext => ({
  plans: Object.keys(plans),
  phases: phases.map(({ id }) => id),
  apns: [apns.before, apns.after],
})

/** Checks a disaster file against a Group that comes with the package. @throws FileError */
export function checkDisaster(file: string, text: string): void {
  const path = GROUP_FILES[DISASTERS_OF] ?? ''
  loadDisaster(file, text, faultContext(readGroup(path).group))
}

/** What a rig says of its SIMs and faults must fit the Group it names. Returns its faults. @throws FileError */
function checkAgainstGroup(rig: Rig, group: Group, context: FaultContext): Fault[] {
  const yaml = readYamlFile(rig.file, diskFiles.read)
  const problems = rig.installations.flatMap(({ sim }, index) => {
    const found = []
    const { plans } = context
    const { before } = group.apns
    if (!plans.includes(sim.plan)) {
      const near = didYouMean(sim.plan, plans)
      const message = `expected a plan of Group ${group.id} (${plans.join(', ')}), found "${sim.plan}"`
      const hint = near && `did you mean "${near}"?`
      found.push(problemAt(yaml, `/installations/${index}/sim/plan`, { code: 'rig.plan', message, hint }))
    }
    if (!sim.addresses[before]) {
      const message = `expected an address on ${before}, where Group ${group.id} finds its hubs`
      found.push(problemAt(yaml, `/installations/${index}/sim/addresses`, { code: 'rig.address', message }))
    }
    return found
  })
  const faults: Fault[] = []
  for (const [index, text] of rig.faults.entries()) {
    const fault = readFault(text, context)
    const why = 'problem' in fault ? fault : { problem: faultProblem(fault, faults, rig.installations) }
    if (!('problem' in fault)) faults.push(fault)
    if (why.problem === undefined) continue
    const hint = 'hint' in why ? why.hint : undefined
    problems.push(problemAt(yaml, `/faults/${index}`, { code: 'rig.fault', message: why.problem, hint }))
  }
  if (problems.length > 0) throw new FileError(problems)
  return faults
}

function applySettings(defaults: Parameters, written: readonly string[]): Pick<Prepared, 'parameters' | 'settings'> {
  const settings: Prepared['settings'] = {}
  for (const setting of written) {
    const at = setting.indexOf('=')
    if (at < 1) throw new UsageError(`setting "${setting}": NAME=VALUE expected`)
    const name = setting.slice(0, at)
    const parsed = parseSetting(name, setting.slice(at + 1))
    if ('problem' in parsed) throw new UsageError(unknownSetting(name, parsed))
    if (name in settings) throw new UsageError(`setting ${name}: given twice; once expected`)
    settings[name as ParameterName] = parsed.value
  }
  return { parameters: { ...defaults, ...settings }, settings }
}

function unknownSetting(name: string, { problem, known }: { problem: string; known?: readonly string[] }): string {
  if (!known) return `setting ${problem}`
  const near = didYouMean(name, known)
  return `${problem}${near ? `; did you mean "${near}"?` : ''}\nsettings: ${known.join(', ')}`
}

/** This package's own version. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return String(version)
}
