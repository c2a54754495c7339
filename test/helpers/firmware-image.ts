/** Images for tests: signed like those of emulated devices, small, and their SHA-256. */
import { createHash } from 'node:crypto'
import { emulatedImage, leastEmulatedOctets } from '../../src/firmware/emulated-image.ts'
import { TEST_SIGNER, testSigner } from '../../src/firmware/test-signing.ts'
import type { UpdateFirmwareAnnounce } from '../../src/wan/messages/wan-types.generated.ts'

export interface TestImage {
  version: string
  manufacturerCode: number
  imageType: number
  fileVersion: number
  hardware?: { minimum: number; maximum: number }
  sha256: Uint8Array
  octets: Uint8Array
}

export interface ImageWish {
  version?: string
  manufacturerCode?: number
  imageType?: number
  fileVersion?: number
  hardware?: { minimum: number; maximum: number }
  /** Octets of the file, as many as it takes at least. */
  octets?: number
  signer?: string
  /** What its octets are made from. */
  name?: string
  headerString?: string
}

export function testImage(wish: ImageWish = {}): TestImage {
  const { version = '9.0.0', manufacturerCode = 0x1234, imageType = 1, fileVersion = 0x0900_0000, hardware } = wish
  const header = {
    ...{ manufacturerCode, imageType, fileVersion, stackVersion: 2, headerString: wish.headerString ?? 'test image' },
    ...(hardware && { hardwareVersions: hardware }),
    signer: testSigner(1, wish.signer ?? TEST_SIGNER),
  }
  const least = leastEmulatedOctets(header)
  const octets = Buffer.concat([
    ...emulatedImage({ ...header, name: wish.name ?? version, octets: wish.octets ?? least }),
  ])
  return {
    ...{ version, manufacturerCode, imageType, fileVersion },
    ...(hardware && { hardware }),
    ...hashed(new Uint8Array(octets)),
  }
}

/** The same image with other octets. */
export const altered = (image: TestImage, octets: Uint8Array): TestImage => ({ ...image, ...hashed(octets) })

export const announcementOf = (
  { octets, hardware, ...image }: TestImage,
  devices: readonly string[],
): UpdateFirmwareAnnounce => ({
  ...{ sha256: image.sha256, imageOctets: octets.length, manufacturerCode: image.manufacturerCode },
  ...{ imageType: image.imageType, fileVersion: image.fileVersion, version: image.version, devices },
  ...(hardware && { hardware }),
})

const hashed = (octets: Uint8Array): Pick<TestImage, 'octets' | 'sha256'> => ({
  octets,
  sha256: new Uint8Array(createHash('sha256').update(octets).digest()),
})
