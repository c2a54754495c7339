/** What the index of a folder of images may hold. */
import { z } from 'zod'
import { profileId } from '../../profiles/profile-file.ts'
import { text, whole } from '../../profiles/scalars.ts'

export const FIRMWARE_IMAGES_KIND = 's1rig/firmware-images/1'

/**
 * What of a device an image is for: the hub; the application of another device; or the legally relevant part of a meter,
 * which some makers keep apart.
 */
export const IMAGE_PARTS = ['hub', 'metrology', 'application'] as const
export type ImagePart = (typeof IMAGE_PARTS)[number]

/** @source DUIS schema v5.4: a firmware image decodes to at most 10240000 octets */
export const MAX_IMAGE_OCTETS = 10_240_000
/** Room for header, integrity code, signature and certificate of an emulated image. */
const LEAST_EMULATED_OCTETS = 256
/** Images of one folder. @source assumed */
const MAX_IMAGES = 1_000

const u16 = whole(0, 0xffff)

export const imageEntry = z.strictObject({
  /** The firmware-profile that a device behaves by once it runs the image. */
  profile: profileId,
  /** Left out: the hub of a CHF, the application of any other device. */
  part: z.enum(IMAGE_PARTS).optional(),
  /** Beside the index. */
  file: text('a path below the folder of the index', /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\\]{1,255}$/).optional(),
  /** Made anew whenever it is needed, and always the same. */
  emulated: z.strictObject({ octets: whole(LEAST_EMULATED_OCTETS, MAX_IMAGE_OCTETS) }).optional(),
  manufacturerCode: u16,
  imageType: u16,
  fileVersion: whole(0, 0xffff_ffff),
  /** Both included. */
  hardwareVersions: z.strictObject({ minimum: u16, maximum: u16 }).optional(),
  sha256: text('a SHA-256 as 64 lower-case hex digits', /^[0-9a-f]{64}$/),
})
export type ImageEntry = z.infer<typeof imageEntry>

export const imagesFile = z.strictObject({
  schema: z.literal(FIRMWARE_IMAGES_KIND),
  images: z.array(imageEntry).max(MAX_IMAGES),
})
