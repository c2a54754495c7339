/** The frame check sequence: ITU CRC-16, polynomial x16 + x12 + x5 + 1, bits reflected, initial value 0. */

/** Octets of a frame check sequence. */
export const FCS_LENGTH = 2

const table = Uint16Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x8408 : remainder >>> 1
  return remainder
})

/** FCS over the first `length` octets. @source IEEE 802.15.4-2006, 7.2.1.9 */
export function fcs(octets: Uint8Array, length = octets.length): number {
  let remainder = 0
  for (let i = 0; i < length; i++) {
    remainder = (remainder >>> 8) ^ (table[(remainder ^ (octets[i] ?? 0)) & 0xff] ?? 0)
  }
  return remainder
}

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
