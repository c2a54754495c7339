/** What names an image over the air, and how it is written. */

/** @source ZigBee OTA Upgrade 095264r23, OTA header: manufacturer code, image type, file version */
export interface ImageIdentity {
  /** u16 */
  manufacturerCode: number
  /** u16 */
  imageType: number
  /** u32 */
  fileVersion: number
}

export const isSameImage = (one: ImageIdentity, other: ImageIdentity): boolean =>
  one.fileVersion === other.fileVersion && isSameKind(one, other)

/** Whether one may replace the other: same maker, same type. */
export const isSameKind = (
  one: Omit<ImageIdentity, 'fileVersion'>,
  other: Omit<ImageIdentity, 'fileVersion'>,
): boolean => one.manufacturerCode === other.manufacturerCode && one.imageType === other.imageType

/** `1246-0001-01020003`: manufacturer, type and version in hex. */
export const imageName = ({ manufacturerCode, imageType, fileVersion }: ImageIdentity): string =>
  `${hex(manufacturerCode, 4)}-${hex(imageType, 4)}-${hex(fileVersion, 8)}`

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** The image alone, of something that says more. */
export const identityOf = ({ manufacturerCode, imageType, fileVersion }: ImageIdentity): ImageIdentity => ({
  manufacturerCode,
  imageType,
  fileVersion,
})
