/** The images of a repository as a migration asks for them: by the models and versions that devices report. */

import type { FirmwareImage, FirmwareRepository } from '../firmware/repository/repository.ts'
import { type Firmware, upgradePath } from '../firmware/repository/upgrade-path.ts'
import type { FirmwareImages } from '../migration/firmware-images.ts'
import type { DeclaredDevice } from '../migration/step-context.ts'
import type { Installation } from '../profiles/rig.ts'
import { HOME_PARTS } from './home-record.ts'
import { type ImageMistake, spoilt } from './spoilt-images.ts'

/** `repository` is asked for when an image is wanted. */
export function firmwareImages(
  { devices }: Pick<Installation, 'devices'>,
  repository: () => FirmwareRepository,
  mistake: () => ImageMistake | undefined = () => undefined,
): FirmwareImages {
  const profiles = [devices.chf, ...HOME_PARTS.flatMap(part => devices[part] ?? [])]
  return {
    path({ deviceId }: DeclaredDevice, from: string, to: string) {
      const declared = profiles.find(device => device.deviceId === deviceId)?.profile
      if (!declared) return { none: 'no firmware-profile says what it is' }
      const { images } = repository()
      const model = declared.id.slice(0, declared.id.lastIndexOf('/') + 1)
      const named = (version: string): FirmwareImage | undefined =>
        images.find(image => image.version === version && image.profile.startsWith(model))
      const begins: Firmware | undefined = declared.firmware.version === from ? declared : asFirmware(named(from))
      if (!begins) return { none: `nobody knows a ${model}${from}` }
      const target = named(to)?.profile ?? `${model}${to}`
      const path = upgradePath({ from: begins, to: target, images, order: devices.chf.profile.ota.upgradeOrder })
      const wrong = mistake()
      return 'none' in path || !wrong ? path : { images: path.images.map(image => spoilt(image, wrong)) }
    },
  }
}

const asFirmware = (image: FirmwareImage | undefined): Firmware | undefined =>
  image && { id: image.profile, device: image.device, ota: image.ota }
