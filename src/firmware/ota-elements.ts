/**
 * The sub-elements of a ZigBee OTA upgrade file: tag, length, data.
 * @source ZigBee OTA Upgrade Cluster 095264, 6.3.3 and 6.3.4
 */
import { certificateOctets } from '../crypto/certificate.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'

/** Tag and length. */
export const ELEMENT_HEADER_OCTETS = 6
/** Octets of an integrity code, an MMO hash. */
export const INTEGRITY_CODE_OCTETS = 16
/** Octets of the signer's EUI-64 before r and s. */
export const SIGNER_OCTETS = 8

export const TAG = {
  upgradeImage: 0x0000,
  signatureSuite1: 0x0001,
  certificateSuite1: 0x0002,
  integrityCode: 0x0003,
  pictureData: 0x0004,
  signatureSuite2: 0x0005,
  certificateSuite2: 0x0006,
} as const

/** From here on tags are the maker's own. */
export const FIRST_MANUFACTURER_TAG = 0xf000
/** A maker's tag whose length does not count two octets of flags before the data. @source zigbee-herdsman 10.9.5, parseOtaSubElement; Telink SDK, ota.h */
export const UNCOUNTED_FLAGS_TAG = 0xf000
export const UNCOUNTED_FLAGS_OCTETS = 2

export const signatureTag = (suite: CryptoSuite): number => (suite === 1 ? TAG.signatureSuite1 : TAG.signatureSuite2)
export const certificateTag = (suite: CryptoSuite): number =>
  suite === 1 ? TAG.certificateSuite1 : TAG.certificateSuite2
/** The signer and r and s. */
export const signatureOctets = (suite: CryptoSuite): number => SIGNER_OCTETS + (suite === 1 ? 42 : 72)

/** What a sub-element is. */
export type ElementKind =
  | { is: 'signature' | 'certificate'; suite: CryptoSuite; octets: number }
  | { is: 'integrity code'; octets: number }
  | { is: 'upgrade image' | 'picture data' | 'manufacturer' | 'reserved' }

export function elementKind(tag: number): ElementKind {
  switch (tag) {
    case TAG.upgradeImage:
      return { is: 'upgrade image' }
    case TAG.pictureData:
      return { is: 'picture data' }
    case TAG.integrityCode:
      return { is: 'integrity code', octets: INTEGRITY_CODE_OCTETS }
    case TAG.signatureSuite1:
    case TAG.signatureSuite2: {
      const suite = tag === TAG.signatureSuite1 ? 1 : 2
      return { is: 'signature', suite, octets: signatureOctets(suite) }
    }
    case TAG.certificateSuite1:
    case TAG.certificateSuite2: {
      const suite = tag === TAG.certificateSuite1 ? 1 : 2
      return { is: 'certificate', suite, octets: certificateOctets(suite) }
    }
    default:
      return { is: tag >= FIRST_MANUFACTURER_TAG ? 'manufacturer' : 'reserved' }
  }
}

/** `signature suite 1`, `manufacturer 0xf001` */
export function elementName(tag: number): string {
  const kind = elementKind(tag)
  if ('suite' in kind) return `${kind.is} suite ${kind.suite}`
  return kind.is === 'manufacturer' || kind.is === 'reserved' ? `${kind.is} ${hex(tag, 4)}` : kind.is
}

/** `0x00ff` */
export const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`
