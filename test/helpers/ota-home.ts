/** A home whose devices may be upgraded, and signed images for them. */
import { joined } from '../../src/crypto/octets.ts'
import type { Activation } from '../../src/devices/hub/ota/image-shelf.ts'
import { imageName } from '../../src/devices/ota/image-identity.ts'
import { emulatedImage } from '../../src/firmware/emulated-image.ts'
import type { OtaHeaderFields } from '../../src/firmware/ota-header.ts'
import { testSigner } from '../../src/firmware/test-signing.ts'
import type { Installation } from '../../src/rig/installation.ts'
import { type HomeOptions, home, ID } from '../unit/device-home.ts'

/** What makes the later firmware of each device of the rigs. */
export const LATER = {
  hub: { manufacturerCode: 0x1234, imageType: 0x0100, fileVersion: 0x0202_0000 },
  esme: { manufacturerCode: 0x1234, imageType: 0x0101, fileVersion: 0x0105_0000 },
  gsme: { manufacturerCode: 0x1234, imageType: 0x0102, fileVersion: 0x0301_0000 },
  ppmid: { manufacturerCode: 0x1236, imageType: 0x0103, fileVersion: 0x0102_0417 },
} as const
/** Firmware-profiles that come of them. */
export const BECOMES = [
  'honeywell-elster/s1ch/2.2.0',
  'honeywell-elster/as300p/1.5.0',
  'honeywell-elster/bk-g4e/3.1.0',
  'generic/ppmid/v1.2-build-0417',
]

export interface ImageWish extends Partial<OtaHeaderFields> {
  manufacturerCode: number
  imageType: number
  fileVersion: number
  octets?: number
  signer?: ReturnType<typeof testSigner>
}

/** A signed image of so many octets. */
export function otaImage({ octets = 6_000, signer = testSigner(1), ...wish }: ImageWish): Uint8Array {
  const header = { stackVersion: 2, headerString: 'test', ...wish }
  return joined(...emulatedImage({ ...header, name: 'test', octets, signer }))
}

/** Puts octets on the shelf of a hub, all or the first `here` of them, and offers them. */
export function shelve(
  { hub }: Pick<Installation, 'hub'>,
  image: ImageWish,
  {
    to,
    octets = otaImage(image),
    here = octets.length,
    activation = { when: 'at-once' },
  }: { to: readonly string[]; octets?: Uint8Array; here?: number; activation?: Activation },
): string {
  const { shelf } = hub.ota
  shelf.put({ ...image, totalImageSize: octets.length })
  const name = imageName(image)
  shelf.append(name, octets.subarray(0, here))
  hub.ota.offer(name, to, activation)
  return name
}

/** A home of the rigs whose meters and PPMID may become what `BECOMES` says. */
export const otaHome = ({ edits = [], ...options }: HomeOptions = {}): ReturnType<typeof home> =>
  home({ ...options, edits: [['installations:\n', `firmware: [${BECOMES}]\ninstallations:\n`], ...edits] })

export { ID }
