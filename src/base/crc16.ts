/** ITU CRC-16, polynomial x16 + x12 + x5 + 1, bits reflected: frame check sequences and install codes. */

const table = Uint16Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x8408 : remainder >>> 1
  return remainder
})

/** The remainder after the first `length` octets, from that initial value; not inverted. */
export function crc16(octets: Uint8Array, length: number, initial: number): number {
  let remainder = initial
  for (let i = 0; i < length; i++) {
    remainder = (remainder >>> 8) ^ (table[(remainder ^ (octets[i] ?? 0)) & 0xff] ?? 0)
  }
  return remainder
}

/** CRC-16/X-25 of the first `length` octets: initial and final 0xffff. @source ITU-T X.25 */
export const crc16X25 = (octets: Uint8Array, length = octets.length): number => crc16(octets, length, 0xffff) ^ 0xffff
