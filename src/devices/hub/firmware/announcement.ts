/** What a party says of an image before it sends it, and which devices of the home it is handed on to. */
import type { Eui64 } from '../../../base/ids.ts'
import type {
  FirmwareWarning,
  FirmwareWarningReason,
  UpdateFirmwareAnnounce,
} from '../../../wan/messages/wan-types.generated.ts'
import type { ImageFacts } from '../ota/image-shelf.ts'

/** @source DUIS schema v5.4: a firmware image decodes to at most 10240000 octets */
const MAX_IMAGE_OCTETS = 10_240_000
/** More than a home has. Assumed. */
const MAX_DEVICES = 16
/** @source DUIS schema v5.4: 1 to 8 characters; which ones: assumed */
const VERSION = /^[A-Za-z0-9._-]{1,8}$/

/** An image that was announced. */
export interface Announcement {
  /** SHA-256 of the file, hex: its name for the parties. */
  sha256: string
  /** What devices report that execute it. */
  version: string
  facts: ImageFacts
}

/** What is wrong with an announcement, for people; undefined when it will do. */
export function announcementProblem(said: UpdateFirmwareAnnounce): string | undefined {
  const { sha256, imageOctets, version, devices, hardware } = said
  if (sha256.length !== 32) return `sha256: 32 octets expected, found ${sha256.length}`
  if (imageOctets < 1 || imageOctets > MAX_IMAGE_OCTETS) {
    return `image_octets: 1 to ${MAX_IMAGE_OCTETS} expected, found ${imageOctets}`
  }
  if (said.manufacturerCode > 0xffff) return 'manufacturer_code: at most 65535 expected'
  if (said.imageType > 0xffff) return 'image_type: at most 65535 expected'
  if (!VERSION.test(version)) return `version: 1 to 8 of letters, digits, ., - and _ expected, found "${version}"`
  if (devices.length < 1 || devices.length > MAX_DEVICES) return `devices: 1 to ${MAX_DEVICES} expected`
  if (new Set(devices).size !== devices.length) return 'devices: each once expected'
  if (hardware && (hardware.minimum > hardware.maximum || hardware.maximum > 0xffff)) {
    return 'hardware: minimum up to maximum, at most 65535, expected'
  }
  return undefined
}

export function announcementOf(said: UpdateFirmwareAnnounce): Announcement {
  const { sha256, version, imageOctets, manufacturerCode, imageType, fileVersion, hardware } = said
  return {
    sha256: Buffer.from(sha256).toString('hex'),
    version,
    facts: {
      ...{ manufacturerCode, imageType, fileVersion, totalImageSize: imageOctets },
      ...(hardware && { hardwareVersions: { minimum: hardware.minimum, maximum: hardware.maximum } }),
    },
  }
}

/** Parts the devices of an announcement by whether they get it. */
export function sortOut(
  devices: readonly Eui64[],
  warningOf: (device: Eui64) => FirmwareWarningReason | undefined,
): { takers: Eui64[]; warnings: FirmwareWarning[] } {
  const takers: Eui64[] = []
  const warnings: FirmwareWarning[] = []
  for (const deviceId of devices) {
    const reason = warningOf(deviceId)
    if (reason) warnings.push({ deviceId, reason })
    else takers.push(deviceId)
  }
  return { takers, warnings }
}
