/** What is wrong with an OTA file: one place, what stands there, what should, and what to do. */

/** Every code a fault can carry, and what it means. `docs/firmware.md` lists them. */
export const OTA_FAULTS = {
  'ota.magic': 'no OTA upgrade file: 1e f1 ee 0b does not occur in it, or not where it has to',
  'ota.header-version': 'a header of another version',
  'ota.header-length': 'a header shorter than its fields, or longer than any',
  'ota.hardware-range': 'a lowest hardware version above the highest',
  'ota.image-size': 'a total image size that ends within the header, or is above what is taken',
  'ota.element-header': 'octets left that are too few for a sub-element',
  'ota.element-length': 'a sub-element that ends outside the image',
  'ota.element-size': 'a sub-element of fixed length with another one',
  'ota.element-repeated': 'a second signature, certificate or integrity code',
  'ota.element-count': 'more sub-elements than are taken',
  'ota.truncated': 'the file ends within the image',
} as const

export type OtaFaultCode = keyof typeof OTA_FAULTS

export interface OtaFault {
  code: OtaFaultCode
  /** Octets from the beginning of the file. */
  offset: number
  /** In the specification's words. */
  field: string
  found: string
  expected: string
  /** What to do. */
  advice: string
}

/** `octet 60, tag: 0x1234 found, … expected; what to do [code]` */
export const formatFault = ({ code, offset, field, found, expected, advice }: OtaFault): string =>
  `octet ${offset}, ${field}: ${found} found, ${expected} expected; ${advice} [${code}]`
