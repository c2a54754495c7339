/** Images as the other rooms see them: what each is for, and its octets whenever they are wanted. */
import type { ProfiledDevice } from '../../profiles/facts.ts'
import type { UsedFile } from '../../profiles/files.ts'
import type { Profile } from '../../profiles/profile.ts'
import type { ImagePart } from './index-file.ts'

/** What a firmware-profile says of images: which makes it, and which it takes. */
export type ImageFacts = Pick<
  Profile['ota'],
  | 'manufacturerCode'
  | 'imageType'
  | 'fileVersion'
  | 'hardwareVersion'
  | 'maxImageOctets'
  | 'upgradesFrom'
  | 'allowDowngrade'
>

export interface FirmwareImage {
  /** Id of the firmware-profile that a device behaves by once it runs the image. */
  readonly profile: string
  readonly device: ProfiledDevice
  readonly part: ImagePart
  readonly manufacturerCode: number
  readonly imageType: number
  readonly fileVersion: number
  /** Both included; any when absent. */
  readonly hardwareVersions?: { readonly minimum: number; readonly maximum: number }
  /** Of the whole file. */
  readonly octets: number
  /** Beside the index; absent where it is made when it is wanted. */
  readonly file?: string
  /** Of the whole file, 64 hexadecimal digits. */
  readonly sha256: string
  /** What that profile says. */
  readonly ota: ImageFacts
  /** As devices report the firmware. */
  readonly version: string
  /** The file, from its first octet on; as often as wanted. @throws UsageError when it is there no more */
  open(): Iterable<Uint8Array>
}

export interface FirmwareRepository {
  readonly images: readonly FirmwareImage[]
  /** The index, and the profiles it names, for a run's manifest. */
  readonly files: readonly UsedFile[]
}

/** The whole file. */
export function wholeFile({ octets, open }: Pick<FirmwareImage, 'octets' | 'open'>): Uint8Array {
  const whole = new Uint8Array(octets)
  let at = 0
  // Each piece is good until the next is asked for.
  for (const piece of open()) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** The image that a header names; undefined when there is none. */
export const findImage = (
  { images }: FirmwareRepository,
  wanted: Pick<FirmwareImage, 'manufacturerCode' | 'imageType' | 'fileVersion'>,
): FirmwareImage | undefined =>
  images.find(
    image =>
      image.manufacturerCode === wanted.manufacturerCode &&
      image.imageType === wanted.imageType &&
      image.fileVersion === wanted.fileVersion,
  )
