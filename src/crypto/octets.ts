/** Octet strings as cryptography takes them: compared, joined, and read as integers, most significant octet first. */

/** Whether two octet strings are equal, in a time that depends on their lengths alone: for MACs. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}

/** The parts one after another. */
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Octets as an unsigned integer. */
export function toInteger(octets: Uint8Array): bigint {
  let value = 0n
  for (const octet of octets) value = (value << 8n) | BigInt(octet)
  return value
}

/** An unsigned integer in `length` octets, which must hold it. */
export function toOctets(value: bigint, length: number): Uint8Array {
  const octets = new Uint8Array(length)
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) octets[i] = Number(rest & 0xffn)
  return octets
}
