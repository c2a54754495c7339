/** CRC-CCITT, the highest bit first: polynomial x16 + x12 + x5 + 1, initial value 0xffff. @source Silicon Labs UG101 */

const table = Uint16Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet << 8
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 0x8000 ? (remainder << 1) ^ 0x1021 : remainder << 1
  return remainder & 0xffff
})

/** The remainder after the first `length` octets. */
export function crcCcitt(octets: Uint8Array, length = octets.length): number {
  let remainder = 0xffff
  for (let at = 0; at < length; at++) {
    remainder = ((remainder << 8) & 0xffff) ^ (table[(remainder >>> 8) ^ (octets[at] ?? 0)] ?? 0)
  }
  return remainder
}
