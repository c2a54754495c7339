/**
 * Install codes: 6, 8, 12 or 16 octets printed on a device, followed by a CRC so that a slip in typing shows.
 * @source ZigBee Smart Energy profile, "Out of band pre-configured link key process": CRC-16/X-25, low octet first
 */
import { crc16X25 } from '../base/crc16.ts'

export const INSTALL_CODE_OCTETS: readonly number[] = [6, 8, 12, 16]

/** The code followed by its CRC. */
export function withCrc(code: Uint8Array): Uint8Array {
  const crc = crc16X25(code)
  return Uint8Array.from([...code, crc & 0xff, crc >> 8])
}

/** Whether `codeAndCrc` is a code of a legal length with the right CRC. */
export function isInstallCode(codeAndCrc: Uint8Array): boolean {
  const length = codeAndCrc.length - 2
  if (!INSTALL_CODE_OCTETS.includes(length)) return false
  const crc = crc16X25(codeAndCrc.subarray(0, length))
  return codeAndCrc[length] === (crc & 0xff) && codeAndCrc[length + 1] === crc >> 8
}
