/** Bounds the MQTT packets a peer may announce, before anything is kept of them. */

/** Longest header of a packet: its type, and four octets of remaining length. @source MQTT 3.1.1, 2.2.3 */
const MAX_LENGTH_OCTETS = 4

/**
 * Follows the packet boundaries in an octet stream. The function returned takes the next octets and tells whether all
 * packets begun so far have at most `maxOctets` after their header; once false, drop the connection.
 */
export function packetLimit(maxOctets: number): (chunk: Uint8Array) => boolean {
  let lengthOctets = -1
  let remaining = 0
  return chunk => {
    let at = 0
    while (at < chunk.length) {
      if (lengthOctets < 0) {
        const skipped = Math.min(remaining, chunk.length - at)
        remaining -= skipped
        at += skipped
        if (at === chunk.length) return true
        // The packet type.
        at += 1
        lengthOctets = 0
      } else {
        const octet = chunk[at] ?? 0
        at += 1
        remaining += (octet & 0x7f) * 128 ** lengthOctets
        lengthOctets += 1
        if (remaining > maxOctets || lengthOctets > MAX_LENGTH_OCTETS) return false
        if (octet < 0x80) lengthOctets = -1
      }
    }
    return true
  }
}
