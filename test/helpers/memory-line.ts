/** A line in memory between a host and a device, on which anything may happen to the octets. */
import { memoryLinks } from '../../src/links/memory.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { Timers } from '../../src/ports/time.ts'

/** Tests say thousands of frames at once. */
const ROOM_OCTETS = 2 ** 20

export class MemoryLine {
  readonly host: ByteLink
  readonly device: ByteLink
  readonly cut: (reason: string) => void
  readonly mend: () => void
  /** What the line makes of octets under way: pieces, which may be changed, fewer or more. */
  disturb: (octets: Uint8Array) => Uint8Array[] = octets => [octets]

  constructor(timers: Timers) {
    const { ends, cut, mend } = memoryLinks(timers, { roomOctets: ROOM_OCTETS })
    this.host = this.disturbed(ends[0])
    this.device = this.disturbed(ends[1])
    this.cut = cut
    this.mend = mend
  }

  private disturbed(end: ByteLink): ByteLink {
    return {
      name: end.name,
      get up() {
        return end.up
      },
      listen: listener => end.listen(listener),
      write: octets => end.up && this.disturb(octets.slice()).every(piece => end.write(piece)),
      close: () => end.close(),
    }
  }
}
