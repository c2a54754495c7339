/**
 * HDLC-lite: frames on a serial line. Flag, escaped octets, FCS (low octet first), flag.
 * @source RFC 1662, 4.2 and appendix C; draft-rquattle-spinel-unified, appendix A.1.2 (which octets are escaped)
 */
import { crc16X25 } from '../base/crc16.ts'

const FLAG = 0x7e
const ESCAPE = 0x7d
/** What an escaped octet is changed by. */
const FLIPPED = 0x20
/** Flow control and vendor octets are escaped too. */
const isEscaped = (octet: number): boolean =>
  octet === FLAG || octet === ESCAPE || octet === 0x11 || octet === 0x13 || octet === 0xf8
const FCS_LENGTH = 2

/** Longest body of a frame. @source OpenThread, kMaxFrameSize 2048 without the FCS */
export const LONGEST_BODY = 2_048

/** A frame as it goes on the line, both flags with it. */
export function encodeHdlc(body: Uint8Array): Uint8Array {
  const fcs = crc16X25(body)
  const octets = new Uint8Array(2 * (body.length + FCS_LENGTH) + 2)
  let length = 0
  octets[length++] = FLAG
  const put = (octet: number) => {
    if (isEscaped(octet)) octets[length++] = ESCAPE
    octets[length++] = isEscaped(octet) ? octet ^ FLIPPED : octet
  }
  for (const octet of body) put(octet)
  put(fcs & 0xff)
  put(fcs >>> 8)
  octets[length++] = FLAG
  return octets.subarray(0, length)
}

/** What came over the line so far. */
export interface HdlcCounts {
  frames: number
  /** Frames of a wrong FCS, shorter than one, broken off, or longer than any may be. */
  damaged: number
  /** Octets before the first flag. */
  stray: number
}

/** Puts frames together from whatever pieces the line delivers. Every flag is a new start, so noise costs one frame at most. */
export class HdlcReader {
  readonly counts: HdlcCounts = { frames: 0, damaged: 0, stray: 0 }
  private readonly onFrame: (body: Uint8Array) => void
  private readonly octets = new Uint8Array(LONGEST_BODY + FCS_LENGTH)
  private length = 0
  private started = false
  private escaping = false

  /** `onFrame` gets the body of each intact frame; it is a view, to be copied before it is kept. */
  constructor(onFrame: (body: Uint8Array) => void) {
    this.onFrame = onFrame
  }

  push(chunk: Uint8Array): void {
    for (const octet of chunk) {
      if (octet === FLAG) this.end()
      else if (!this.started) this.counts.stray++
      else if (octet === ESCAPE) this.escaping = true
      else this.take(octet)
    }
  }

  /** Another line begins: what was half read is forgotten. */
  restart(): void {
    this.started = this.escaping = false
    this.length = 0
  }

  private take(octet: number): void {
    // What is longer than the bound is counted on, but not kept.
    if (this.length < this.octets.length) this.octets[this.length] = this.escaping ? octet ^ FLIPPED : octet
    this.length = Math.min(this.length + 1, this.octets.length + 1)
    this.escaping = false
  }

  private end(): void {
    const { length, escaping } = this
    this.started = true
    this.escaping = false
    this.length = 0
    // Flags may stand side by side; one behind an escape breaks the frame off.
    if (length === 0 && !escaping) return
    if (escaping || !this.isIntact(length)) {
      this.counts.damaged++
      return
    }
    this.counts.frames++
    this.onFrame(this.octets.subarray(0, length - FCS_LENGTH))
  }

  private isIntact(length: number): boolean {
    if (length <= FCS_LENGTH || length > this.octets.length) return false
    const at = length - FCS_LENGTH
    return crc16X25(this.octets, at) === ((this.octets[at] ?? 0) | ((this.octets[at + 1] ?? 0) << 8))
  }
}
