/** The rules for what devices of a rig may become: profiles that are there, and no image that makes two things of one device. */
import type { FileProblem } from '../base/errors.ts'
import type { ProfileLibrary } from './load-profile.ts'
import { valueAt } from './pointer.ts'
import type { Profile } from './profile.ts'
import { profileId } from './profile-file.ts'
import { nearProfiles, type ProfileFiles } from './profile-layers.ts'
import type { InstallationOutline, Report, Spot } from './rig-outline.ts'

interface Context {
  library: ProfileLibrary
  files: ProfileFiles
}

/** Checks `firmware`. What is wrong inside the profiles themselves is returned. */
export function checkFirmware(
  root: unknown,
  installations: readonly InstallationOutline[],
  { library, files }: Context,
  report: Report,
): FileProblem[] {
  const listed = listedIn(root)
  const begun = installations.flatMap(({ devices }) => devices ?? []).flatMap(({ profile }) => profile ?? [])
  const makers = new Map<string, string>()
  const problems: FileProblem[] = []
  for (const { value: id, pointer } of [...begun, ...listed]) {
    const found = library.find(id)
    const isListed = pointer.startsWith('/firmware')
    if (!found && isListed) {
      report(
        pointer,
        'profile.missing',
        `expected a firmware-profile, found none called "${id}"`,
        nearProfiles(id, files),
      )
    }
    if (found && !found.ok && isListed) problems.push(...found.problems)
    if (!found?.ok) continue
    const image = imageOf(found.value)
    const other = makers.get(image)
    // Devices that begin with the same image are as they were found.
    if (other !== undefined && other !== id && isListed) {
      const message = `expected one profile for each image, found ${other} and ${id} for ${image}`
      report(pointer, 'firmware-image', message, 'state ota.fileVersion in one of them')
    }
    makers.set(image, id)
  }
  return problems
}

function listedIn(root: unknown): Spot<string>[] {
  const list = valueAt(root, '/firmware')
  if (!Array.isArray(list)) return []
  return list.flatMap((_, index) => {
    const read = profileId.safeParse(valueAt(root, `/firmware/${index}`))
    return read.success ? [{ value: read.data, pointer: `/firmware/${index}` }] : []
  })
}

/** The image that makes a profile, for people; the device type tells images of a maker apart that number them alike. */
const imageOf = ({ device, ota }: Profile): string =>
  `${device} image of manufacturer ${ota.manufacturerCode}, type ${ota.imageType}, version ${ota.fileVersion}`
