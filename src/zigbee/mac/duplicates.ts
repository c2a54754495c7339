/** Which frames were heard already: retransmissions after a lost acknowledgement. */
import type { Eui64, Micros } from '../../base/ids.ts'
import { FCF } from '../../radio/mac-frame.ts'
import { DUPLICATE_US, NEIGHBOURS_REMEMBERED } from './limits.ts'

/**
 * Remembers the last frame of each neighbour. A sender does not go on before it is done with a frame, so that a
 * retransmission always follows the first transmission. The whole frame counts, not its sequence number alone: some
 * hosts use a number twice in a row. Frame pending may differ.
 */
export class Duplicates {
  private readonly last = new Map<number | Eui64, { print: number; atUs: Micros }>()

  /** Notes a frame; true when it is the one noted before. */
  isRepeated(source: number | Eui64, psdu: Uint8Array, atUs: Micros): boolean {
    const print = fingerprint(psdu)
    const before = this.last.get(source)
    // The neighbour heard longest ago comes first in the map, and is forgotten first.
    this.last.delete(source)
    const isRepeated = before?.print === print && atUs - before.atUs <= DUPLICATE_US
    this.last.set(source, isRepeated ? before : { print, atUs })
    if (this.last.size > NEIGHBOURS_REMEMBERED) {
      for (const longestAgo of this.last.keys()) {
        this.last.delete(longestAgo)
        break
      }
    }
    return isRepeated
  }
}

/** FNV-1a of 32 bits. */
function fingerprint(psdu: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < psdu.length; at++) {
    const octet = psdu[at] ?? 0
    hash = Math.imul(hash ^ (at === 0 ? octet & ~FCF.framePending : octet), 0x01000193)
  }
  return hash
}
