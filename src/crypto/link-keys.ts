/**
 * Keys made from link keys. Key ids 0 (data) and 1 (network) use a key as it is; the others use one derived from it.
 * @source ZigBee specification 05-3474, 4.5.3 (key-transport, key-load), 4.4.10 (verify key)
 */
import { WireError } from '../base/errors.ts'
import { isInstallCode } from './install-code.ts'
import { mmoHash, mmoKeyedHash } from './mmo.ts'

/**
 * The global trust centre link key of home automation: "ZigBeeAlliance09". Everybody knows it; a device that came with no other
 * key joins with it.
 * @source ZigBee Home Automation profile 05-3520, 5.3.3; Base Device Behavior, 6.3.1
 */
export const WELL_KNOWN_LINK_KEY: Readonly<Uint8Array> = Uint8Array.from(
  [...'ZigBeeAlliance09'].map(letter => letter.charCodeAt(0)),
)

/** Protects a network key on its way to a joiner (key id 2). */
export const keyTransportKey = (linkKey: Uint8Array): Uint8Array => mmoKeyedHash(linkKey, Uint8Array.of(0x00))

/** Protects a link key on its way (key id 3). */
export const keyLoadKey = (linkKey: Uint8Array): Uint8Array => mmoKeyedHash(linkKey, Uint8Array.of(0x02))

/** What a joiner shows in Verify Key to prove that it holds the key. */
export const verifyKeyHash = (linkKey: Uint8Array): Uint8Array => mmoKeyedHash(linkKey, Uint8Array.of(0x03))

/**
 * The preconfigured link key of a device, from its install code with the CRC. A code of another length or with a wrong
 * CRC is a WireError `crypto.install-code`.
 * @source ZigBee Smart Energy profile 07-5356, 5.4.8.1
 */
export function linkKeyOfInstallCode(codeAndCrc: Uint8Array): Uint8Array {
  if (!isInstallCode(codeAndCrc)) {
    const message = `${codeAndCrc.length} octets found; 6, 8, 12 or 16 and their CRC, low octet first, expected`
    throw new WireError('crypto.install-code', { offset: 0, field: 'install code', message })
  }
  return mmoHash(codeAndCrc)
}

/**
 * What a backup of a trust centre keeps of a link key: a replacement uses it as the device's preconfigured link key.
 * @source ZigBee Smart Energy profile 07-5356, trust centre swap-out
 */
export const swapOutKey = (linkKey: Uint8Array): Uint8Array => mmoHash(linkKey)
