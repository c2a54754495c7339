/** Images as an SMSO must not send them: fault. Each is one mistake away from a good one. */
import { createHash } from 'node:crypto'
import { emulatedImage, leastEmulatedOctets } from '../firmware/emulated-image.ts'
import type { OtaHeaderFields } from '../firmware/ota-header.ts'
import { wholeFile } from '../firmware/repository/repository.ts'
import { testSigner } from '../firmware/test-signing.ts'
import type { FirmwareImage } from '../migration/firmware-images.ts'

/** What is wrong with it. */
export const IMAGE_MISTAKES = [
  'maker',
  'type',
  'older',
  'hardware',
  'hash',
  'signature',
  'signer',
  'truncated',
  'longversion',
  'badversion',
] as const
export type ImageMistake = (typeof IMAGE_MISTAKES)[number]

/** `S1RIGBAD`: nobody lets it sign. */
const UNKNOWN_SIGNER = '5331524947424144'
/** Octets of the certificate element, which comes last. */
const CERTIFICATE_ELEMENT_OCTETS = 54
/** No device is that. */
const OTHER_HARDWARE = { minimum: 0xfff0, maximum: 0xfff1 }

/** The image with a mistake; the file is made anew, for what is signed cannot be changed. */
export function spoilt(image: FirmwareImage, mistake: ImageMistake): FirmwareImage {
  switch (mistake) {
    case 'maker':
      return rebuilt({ ...image, manufacturerCode: image.manufacturerCode ^ 1 })
    case 'type':
      return rebuilt({ ...image, imageType: image.imageType ^ 1 })
    case 'older':
      return rebuilt({ ...image, fileVersion: 1 })
    case 'hardware':
      return rebuilt({ ...image, hardwareVersions: OTHER_HARDWARE })
    case 'signer':
      return rebuilt(image, UNKNOWN_SIGNER)
    case 'hash':
      return { ...image, sha256: createHash('sha256').update(image.sha256).digest('hex') }
    case 'signature': {
      const octets = wholeFile(rebuilt(image))
      const last = octets.length - CERTIFICATE_ELEMENT_OCTETS - 1
      octets[last] = (octets[last] ?? 0) ^ 1
      return holding(image, octets)
    }
    case 'truncated':
      return holding(image, wholeFile(image).subarray(0, Math.floor(image.octets / 2)))
    case 'longversion':
      return { ...image, version: `${image.version}-rc42` }
    case 'badversion':
      return { ...image, version: image.version.replaceAll('.', ' ') }
    default:
      return mistake satisfies never
  }
}

function rebuilt(image: FirmwareImage, subject?: string): FirmwareImage {
  const { manufacturerCode, imageType, fileVersion, hardwareVersions } = image
  const header: OtaHeaderFields = {
    ...{ manufacturerCode, imageType, fileVersion, stackVersion: 2, headerString: 'fault' },
    ...(hardwareVersions && { hardwareVersions }),
  }
  const signed = { ...header, signer: testSigner(1, subject) }
  const octets = Math.max(image.octets, leastEmulatedOctets(signed))
  return holding(image, wholeFile({ open: () => emulatedImage({ ...signed, name: 'fault', octets }), octets }))
}

function holding(image: FirmwareImage, octets: Uint8Array): FirmwareImage {
  const sha256 = createHash('sha256').update(octets).digest('hex')
  return { ...image, octets: octets.length, sha256, open: () => [octets] }
}
