/** The rules between the parts of a rig: device set, identities, whitelist. Each finding names its rule. */
import { dirname, join } from 'node:path/posix'
import type { FileProblem } from '../base/errors.ts'
import { suggestion } from './explain-issues.ts'
import type { ProfileLibrary } from './load-profile.ts'
import { type LocatedYaml, problemAt } from './located-yaml.ts'
import { PARTS, type Part } from './parts.ts'
import { valueAt } from './pointer.ts'
import type { ChfProfile } from './profile.ts'
import { nearProfiles, type ProfileFiles } from './profile-layers.ts'
import { DEVICE_TYPES, type DeviceType } from './rig-file.ts'
import { checkFirmware } from './rig-firmware.ts'
import { checkLinks } from './rig-links.ts'
import { checkModem } from './rig-modem.ts'
import { type DeviceOutline, type InstallationOutline, outline, type Report, type Spot } from './rig-outline.ts'
import { checkPrepayment } from './rig-prepayment.ts'
import { checkRaw } from './rig-raw.ts'
import { checkLines, checkSticks } from './rig-sticks.ts'

/** What the rules lean on. */
export interface RuleContext {
  library: ProfileLibrary
  files: ProfileFiles
  /** Names of the Groups that exist. */
  groups: readonly string[]
  groupFile?: string | undefined
}

/** Every breach of a rule between the parts of a rig, and every problem of the profiles it names. */
export function ruleProblems(yaml: LocatedYaml, context: RuleContext): FileProblem[] {
  const problems: FileProblem[] = []
  const report: Report = (pointer, code, message, hint) =>
    problems.push(problemAt(yaml, pointer, { code, message, hint }))
  const installations = outline(yaml.value)
  checkGroup(yaml, context, report)
  checkTestKeys(yaml.value, report)
  checkIdentities(installations, report)
  checkLines(yaml.value, installations, report)
  for (const installation of installations) {
    checkSim(installation, report)
    const han = `${installation.pointer}/han`
    checkLinks({ root: yaml.value, pointer: han, installed: partsOf(installation.devices) }, report)
    checkSticks(yaml.value, installation, report)
    checkModem(yaml.value, installation, report)
    checkRaw(yaml.value, installation, report)
    checkPrepayment(yaml.value, installation, report)
    if (!installation.devices) continue
    checkNames(installation.devices, report)
    if (installation.devices.every(device => device.type)) {
      checkDeviceSet(installation, installation.devices, report)
      checkMprn(installation, installation.devices, report)
    }
    checkWhitelist(installation.devices, context.library, report)
    for (const device of installation.devices) checkProfile(device, context, report)
  }
  const listed = checkFirmware(yaml.value, installations, context, report)
  return [...problems, ...profileProblems(installations, context.library), ...listed]
}

function checkGroup(yaml: LocatedYaml, { files, groups, groupFile }: RuleContext, report: Report): void {
  const group = valueAt(yaml.value, '/group')
  if (typeof group !== 'string' || group === '' || groupFile !== undefined) return
  if (group.endsWith('.yaml')) {
    const path = groupPath(yaml.file, group)
    if (files.read(path) === undefined) report('/group', 'group', `expected a Group file, found none at ${path}`)
  } else if (!groups.includes(group)) {
    const known = `Groups: ${groups.join(', ')}; or the path of a .yaml file`
    report('/group', 'group', `expected the name of a Group, found "${group}"`, suggestion(group, groups) ?? known)
  }
}

/** The path of a Group file that a rig names, from where the rig file is named from. */
export function groupPath(rigFile: string, group: string): string {
  return group.startsWith('/') ? group : join(dirname(rigFile), group)
}

/** A hub holds eight keys; two are the SMSO's and the S1SP's. Assumed. */
const MOST_OTHERS = 6

function checkTestKeys(root: unknown, report: Report): void {
  const [smso, s1sp] = ['/testKeys/smso', '/testKeys/s1sp'].map(pointer => valueAt(root, pointer))
  if (typeof smso === 'string' && typeof s1sp === 'string' && smso.toLowerCase() === s1sp.toLowerCase()) {
    report('/testKeys/s1sp', 'test-keys', 'expected a key of its own, found that of smso')
  }
  const others = Object.keys(Object(valueAt(root, '/testKeys/others')))
  const taken = others.find(name => name === 'smso' || name === 's1sp')
  if (taken !== undefined) report(`/testKeys/others/${taken}`, 'test-keys', `expected another name, found ${taken}`)
  if (others.length > MOST_OTHERS) {
    const found = `found ${others.length}`
    report('/testKeys/others', 'test-keys', `expected at most ${MOST_OTHERS}, for a hub has room for no more, ${found}`)
  }
}

function checkIdentities(installations: readonly InstallationOutline[], report: Report): void {
  const distinct = (spots: Spot<string>[]) => [...new Map(spots.map(spot => [spot.value, spot])).values()]
  const identities: Record<string, readonly (Spot<string> | undefined)[]> = {
    'installation id': installations.map(i => i.id),
    deviceId: installations.flatMap(i => i.devices ?? []).map(d => d.deviceId),
    IMSI: installations.map(i => i.imsi),
    ICCID: installations.map(i => i.iccid),
    MSISDN: installations.map(i => i.msisdn),
    address: installations.flatMap(i => distinct(i.addresses)),
  }
  for (const [what, spots] of Object.entries(identities)) unique(what, spots, report)
}

/** A second holder of an identity is told where the first one stands. */
function unique(what: string, spots: readonly (Spot<string> | undefined)[], report: Report): void {
  const first = new Map<string, string>()
  for (const spot of spots) {
    if (!spot) continue
    const holder = first.get(spot.value)
    if (holder === undefined) first.set(spot.value, spot.pointer)
    else report(spot.pointer, 'unique', `expected ${what} ${spot.value} once in a rig, found it at ${holder} too`)
  }
}

function checkSim(installation: InstallationOutline, report: Report): void {
  const first = new Map<string, string>()
  for (const { value, pointer } of installation.addresses) {
    const [apn = '', ip = ''] = value.split(' ')
    const known = first.get(apn)
    if (known === undefined) first.set(apn, ip)
    else report(pointer, 'static-address', `expected one address on ${apn} for this SIM, found ${known} and ${ip}`)
  }
}

function checkNames(devices: readonly DeviceOutline[], report: Report): void {
  const first = new Map<string, DeviceOutline>()
  for (const device of devices) {
    if (!device.name) continue
    const holder = first.get(device.name.value)
    // Two devices of one type without ids are a matter of the device set.
    if (holder && !(holder.type?.value === device.type?.value && device.name.pointer.endsWith('/type'))) {
      report(device.name.pointer, 'unique', `expected one device called "${device.name.value}" in an installation`)
    }
    first.set(device.name.value, device)
  }
}

const RULE = 'a SMETS1 Installation is exactly one CHF, GPF and ESME, and at most one GSME, PPMID, IHD and CAD'
const REQUIRED: readonly DeviceType[] = ['CHF', 'GPF', 'ESME']

/** @source TMAD consultation May 2018, footnote 1 */
function checkDeviceSet(installation: InstallationOutline, devices: readonly DeviceOutline[], report: Report): void {
  for (const type of DEVICE_TYPES) {
    const [first, ...more] = devices.filter(device => device.type?.value === type)
    const limit = REQUIRED.includes(type) ? 'exactly one' : 'at most one'
    if (!first && REQUIRED.includes(type)) {
      report(`${installation.pointer}/devices`, 'smets1-installation', `expected exactly one ${type}, found none`, RULE)
    }
    for (const extra of more) {
      const message = `expected ${limit} ${type}, found another at ${first?.pointer}`
      report(extra.type?.pointer ?? extra.pointer, 'smets1-installation', message, RULE)
    }
  }
}

/** The nodes of the HAN; undefined while a device does not say what it is. */
function partsOf(devices: readonly DeviceOutline[] | undefined): Part[] | undefined {
  const types = devices?.map(device => device.type?.value)
  if (!types || types.includes(undefined)) return undefined
  return PARTS.filter(part => types.some(type => type?.toLowerCase() === (part === 'hub' ? 'chf' : part)))
}

function checkMprn(installation: InstallationOutline, devices: readonly DeviceOutline[], report: Report): void {
  const gsme = devices.find(device => device.type?.value === 'GSME')
  if (gsme && !installation.mprn) {
    const hint = 'an installation with a GSME states `mprn`'
    report(`${installation.pointer}/mprn`, 'mprn', 'expected the key "mprn" (1 to 10 digits), found none', hint)
  }
  if (!gsme && installation.mprn) {
    report(installation.mprn.pointer, 'mprn', 'expected no mprn without a GSME', 'add the GSME or remove `mprn`')
  }
}

function checkWhitelist(devices: readonly DeviceOutline[], library: ProfileLibrary, report: Report): void {
  const onHan = devices.filter(device => device.type && device.type.value !== 'CHF' && device.type.value !== 'GPF')
  for (const chf of devices) {
    const hub = chf.type?.value === 'CHF' ? hubProfile(chf, library) : undefined
    const beyond = hub && onHan[hub.whitelist.capacity]
    if (!hub || !beyond) continue
    const message = `expected at most ${hub.whitelist.capacity} HAN devices beside hub ${hub.id}, found ${onHan.length}`
    report(beyond.pointer, 'whitelist-capacity', message, 'remove a device or choose another hub')
  }
}

function hubProfile(chf: DeviceOutline, library: ProfileLibrary): ChfProfile | undefined {
  const found = chf.profile && library.find(chf.profile.value)
  return found?.ok && found.value.device === 'CHF' ? found.value : undefined
}

function checkProfile(device: DeviceOutline, { library, files }: RuleContext, report: Report): void {
  if (!device.profile || device.type?.value === 'GPF') return
  const { value: id, pointer } = device.profile
  const found = library.find(id)
  if (found === undefined) {
    const message = `expected a firmware-profile, found none called "${id}"`
    report(pointer, 'profile.missing', message, nearProfiles(id, files))
  } else if (found.ok && device.type && found.value.device !== device.type.value) {
    const message = `expected a profile of device type ${device.type.value}, found ${id} of type ${found.value.device}`
    report(pointer, 'profile.device', message)
  }
}

/** What is wrong inside the profiles themselves, each profile once. */
function profileProblems(installations: readonly InstallationOutline[], library: ProfileLibrary): FileProblem[] {
  const devices = installations.flatMap(installation => installation.devices ?? [])
  const ids = new Set(devices.flatMap(device => (device.profile ? [device.profile.value] : [])))
  const outcomes = [...ids].map(id => library.find(id))
  return outcomes.flatMap(outcome => (outcome && !outcome.ok ? outcome.problems : []))
}
