/** Which images lead from one firmware to another, in the order in which a device takes them, or why none do. */
import type { Profile } from '../../profiles/profile.ts'
import { hex } from '../ota-elements.ts'
import type { ImagePart } from './index-file.ts'
import type { FirmwareImage, ImageFacts } from './repository.ts'

/** The images in their order, none when the device runs it already; or why there is no way, for people. */
export type UpgradePath = { images: readonly FirmwareImage[] } | { none: string }

/** A firmware, as its profile has it. */
export type Firmware = Pick<Profile, 'id' | 'device'> & { readonly ota: ImageFacts }

export interface UpgradeWish {
  from: Firmware
  /** Id of the profile to be behaved by. */
  to: string
  images: readonly FirmwareImage[]
  /** Of the parts of a device; the fact `ota.upgradeOrder` of the hub. */
  order: readonly ImagePart[]
}

/** The images of one version, all to be taken before the next. */
interface Release {
  profile: string
  ota: ImageFacts
  images: readonly FirmwareImage[]
}

/** The way with the fewest versions in between; of those, the one over the newest. */
export function upgradePath({ from, to, images, order }: UpgradeWish): UpgradePath {
  if (from.id === to) return { images: [] }
  const releases = releasesOf(images, from.device, order)
  const target = releases.find(release => release.profile === to)
  if (!target) return { none: noImage(to, releases) }
  const unfit = whyUnfit(from.ota, target)
  if (unfit !== undefined) return { none: `${to} ${unfit}` }
  const queue: { at: ImageFacts; path: readonly Release[] }[] = [{ at: from.ota, path: [] }]
  const reached = new Set([from.id])
  for (let step = queue.shift(); step; step = queue.shift()) {
    const { at, path } = step
    const next = releases.filter(release => !reached.has(release.profile) && follows(at, release))
    for (const release of next) {
      reached.add(release.profile)
      const longer = [...path, release]
      if (release.profile === to) return { images: longer.flatMap(one => one.images) }
      queue.push({ at: release.ota, path: longer })
    }
  }
  return { none: whyUnreached(from, target) }
}

/** A device of a home and the images that it is to take. */
export interface DeviceUpgrade<D> {
  device: D
  images: readonly FirmwareImage[]
}

/** The upgrades of a home one after another: the hub's before or after those of its devices, as the order has it. */
export function inUpgradeOrder<D>(
  upgrades: readonly DeviceUpgrade<D>[],
  order: readonly ImagePart[],
): DeviceUpgrade<D>[] {
  const place = ({ images }: DeviceUpgrade<D>) => Math.min(...images.map(({ part }) => order.indexOf(part)))
  return upgrades.filter(({ images }) => images.length > 0).toSorted((a, b) => place(a) - place(b))
}

/** Newest first. */
function releasesOf(images: readonly FirmwareImage[], device: string, order: readonly ImagePart[]): Release[] {
  const byProfile = Map.groupBy(
    images.filter(image => image.device === device),
    image => image.profile,
  )
  return [...byProfile]
    .map(([profile, parts]) => ({
      profile,
      ota: parts[0]!.ota,
      images: parts.toSorted((a, b) => order.indexOf(a.part) - order.indexOf(b.part)),
    }))
    .toSorted((a, b) => b.ota.fileVersion - a.ota.fileVersion)
}

/** Whether a device that runs `at` takes every image of the release. */
function follows(at: ImageFacts, release: Release): boolean {
  const { upgradesFrom, fileVersion } = release.ota
  return (
    whyUnfit(at, release) === undefined &&
    (upgradesFrom.length === 0 || upgradesFrom.includes(at.fileVersion)) &&
    (fileVersion > at.fileVersion || at.allowDowngrade)
  )
}

/** Why a device can never take a release, whatever it runs in between. */
function whyUnfit(at: ImageFacts, { ota, images }: Release): string | undefined {
  if (ota.manufacturerCode !== at.manufacturerCode || ota.imageType !== at.imageType) {
    return `is for ${kind(ota)}, the device is ${kind(at)}`
  }
  for (const { hardwareVersions, octets } of images) {
    const { minimum = 0, maximum = 0xffff } = hardwareVersions ?? {}
    if (at.hardwareVersion < minimum || at.hardwareVersion > maximum) {
      return `is for hardware versions ${minimum} to ${maximum}, the device has ${at.hardwareVersion}`
    }
    if (octets > at.maxImageOctets) return `has ${octets} octets, the device has room for ${at.maxImageOctets}`
  }
  return undefined
}

function whyUnreached({ id, ota }: Firmware, { profile, ota: wanted }: Release): string {
  if (wanted.fileVersion <= ota.fileVersion && !ota.allowDowngrade) {
    return `${profile} (${hex(wanted.fileVersion, 8)}) is no newer than ${id} (${hex(ota.fileVersion, 8)}), which takes no older image`
  }
  const before = wanted.upgradesFrom.map(version => hex(version, 8)).join(' or ')
  return `${profile} is installed on ${before || 'any version'}, which no images here make of ${id} (${hex(ota.fileVersion, 8)})`
}

function noImage(to: string, releases: readonly Release[]): string {
  const model = to.slice(0, to.lastIndexOf('/') + 1)
  const near = releases.map(({ profile }) => profile).filter(profile => profile.startsWith(model))
  return `no image of ${to}; ${near.length > 0 ? `there are ${near.join(', ')}` : 'none of this model at all'}`
}

const kind = ({ manufacturerCode, imageType }: ImageFacts): string =>
  `manufacturer ${hex(manufacturerCode, 4)}, image type ${hex(imageType, 4)}`
