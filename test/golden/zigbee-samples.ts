/** ZigBee frames we did not make, and the cipher of node:crypto to open them with. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fromHex } from '../../src/base/bytes.ts'
import type { Ccm } from '../../src/zigbee/frames/security.ts'

export interface Sample {
  name: string
  /** A MAC data frame with short addresses, without FCS. */
  mpdu: string
  networkKey?: string
  nwkNonce?: string
  nwkAad?: string
  nwkPlaintext?: string
  apsKey?: string
  apsNonce?: string
  apsAad?: string
  apsPlaintext?: string
}

interface Data {
  constructed: { keys: { network: string }; frames: Sample[] }
  sniffed: { frames: Sample[] }
}

const { constructed, sniffed } = JSON.parse(
  readFileSync(new URL('./data/zigbee-frames.json', import.meta.url), 'utf8'),
) as Data

/** Every frame, each with the keys that open it. */
export const samples: readonly Sample[] = [
  ...constructed.frames.map(frame => ({ networkKey: constructed.keys.network, ...frame })),
  ...sniffed.frames,
]

const MAC_HEADER = 9
/** The NWK frame within. */
export const nwkOctets = ({ mpdu }: Sample): Uint8Array => fromHex(mpdu).subarray(MAC_HEADER)

/** Foreign AES-CCM*: OpenSSL's. */
export const opensslCcm: Ccm = {
  encrypt(key, nonce, aad, plaintext) {
    const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 4 })
    cipher.setAAD(aad, { plaintextLength: plaintext.length })
    return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
  },
  decrypt(key, nonce, aad, octets) {
    const decipher = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: 4 })
    decipher.setAuthTag(octets.subarray(-4))
    decipher.setAAD(aad, { plaintextLength: octets.length - 4 })
    try {
      return new Uint8Array(Buffer.concat([decipher.update(octets.subarray(0, -4)), decipher.final()]))
    } catch {
      return undefined
    }
  },
}
