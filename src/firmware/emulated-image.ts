/** Images of emulated devices: signed, of any size, and made anew whenever they are needed, each time the same. */

import { AesKey } from '../crypto/aes.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import { mmoHash } from '../crypto/mmo.ts'
import { buildOta, type FirmwareSigner, type OtaPlan, plannedOctets } from './ota-builder.ts'
import { TAG } from './ota-elements.ts'
import type { OtaHeaderFields } from './ota-header.ts'

export interface EmulatedImage extends OtaHeaderFields {
  /** What its octets are made from, e.g. the id of the firmware-profile that runs after it. */
  name: string
  /** Of the whole file; as many as header and proofs take, at least. */
  octets: number
  signer: FirmwareSigner
}

const PIECE = 4_096

/** Octets of an emulated image without any code in it. */
export const leastEmulatedOctets = (image: Omit<EmulatedImage, 'octets' | 'name'>): number =>
  plannedOctets(plan({ ...image, octets: 0, name: '' }, 0))

/** The file, piece by piece. */
export function emulatedImage(image: EmulatedImage): Iterable<Uint8Array> {
  return buildOta(plan(image, Math.max(0, image.octets - leastEmulatedOctets(image))))
}

/** Which certificates sign emulated images: the suite every Smart Energy device has. */
export const EMULATED_SUITE: CryptoSuite = 1

function plan({ name, octets: _, signer, ...header }: EmulatedImage, length: number): OtaPlan {
  const elements = [{ tag: TAG.upgradeImage, length, pieces: code(name, length) }]
  return { ...header, elements, integrityCode: true, signers: [signer] }
}

/** What looks like code: AES-128 in counter mode, the key made from the name. */
function* code(name: string, length: number): Generator<Uint8Array, void> {
  const cipher = new AesKey(mmoHash(Buffer.from(name, 'utf8')))
  const block = new Int32Array(4)
  for (let at = 0; at < length; at += PIECE) {
    const piece = new DataView(new ArrayBuffer(PIECE))
    for (let word = 0; word < PIECE; word += 16) {
      block.set([0, 0, 0, (at + word) / 16])
      cipher.encrypt(block)
      for (let i = 0; i < 4; i++) piece.setInt32(word + 4 * i, block[i]!)
    }
    yield new Uint8Array(piece.buffer, 0, Math.min(PIECE, length - at))
  }
}
