/** The frame check sequence: ITU CRC-16, polynomial x16 + x12 + x5 + 1, bits reflected, initial value 0. */
import { crc16 } from '../base/crc16.ts'

/** Octets of a frame check sequence. */
export const FCS_LENGTH = 2

/** FCS over the first `length` octets. @source IEEE 802.15.4-2006, 7.2.1.9 */
export const fcs = (octets: Uint8Array, length = octets.length): number => crc16(octets, length, 0)

/** A copy of the frame with its FCS behind it, as it goes on the air. */
export function withFcs(psdu: Uint8Array): Uint8Array {
  const octets = new Uint8Array(psdu.length + FCS_LENGTH)
  octets.set(psdu)
  writeFcs(octets)
  return octets
}

/** Writes the last two octets anew. */
export function writeFcs(octets: Uint8Array): void {
  const at = octets.length - FCS_LENGTH
  const value = fcs(octets, at)
  octets[at] = value & 0xff
  octets[at + 1] = value >>> 8
}

/** Whether the last two octets are the FCS of those before them. */
export function hasGoodFcs(octets: Uint8Array): boolean {
  const at = octets.length - FCS_LENGTH
  return at >= 0 && fcs(octets, at) === ((octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8))
}
