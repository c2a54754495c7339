/** Puts ASH frames together from whatever pieces the line delivers. */
import { crcCcitt } from './crc.ts'
import { type AshFrame, CRC_LENGTH, decodeAsh, FLIPPED, LONGEST_BODY, OCTET } from './frame.ts'

/** What came over the line so far. */
export interface AshLineCounts {
  frames: number
  /** Frames of a wrong CRC, too short or too long for any, or in which an octet was not received well. */
  damaged: number
  /** Frames of good CRC that are none of ASH. */
  invalid: number
  /** Octets and frames under way that a cancel octet made void. */
  cancelled: number
}

export interface AshLineListener {
  onFrame(frame: AshFrame): void
  /** Something came that is no frame; `mayBeData`: it began as a data frame does. */
  onBad(mayBeData: boolean): void
}

/** A control octet and the longest data field. */
const LONGEST = 1 + LONGEST_BODY + CRC_LENGTH
/** @source UG101: between frames it wakes a sleeping host */
const WAKE = 0xff

export class AshReader {
  readonly counts: AshLineCounts = { frames: 0, damaged: 0, invalid: 0, cancelled: 0 }
  private readonly listener: AshLineListener
  private readonly octets = new Uint8Array(LONGEST)
  private length = 0
  private escaping = false
  /** An octet was replaced by the one that says it was not received well. */
  private substituted = false

  constructor(listener: AshLineListener) {
    this.listener = listener
  }

  push(chunk: Uint8Array): void {
    for (const octet of chunk) {
      switch (octet) {
        case OCTET.flag:
          this.end()
          break
        case OCTET.cancel:
          if (this.length > 0 || this.substituted) this.counts.cancelled++
          this.restart()
          break
        case OCTET.substitute:
          this.substituted = true
          break
        case OCTET.escape:
          this.escaping = true
          break
        // Flow control of the line, not of ASH.
        case OCTET.xon:
        case OCTET.xoff:
          break
        default:
          this.take(octet)
      }
    }
  }

  /** What was half read is forgotten. */
  restart(): void {
    this.length = 0
    this.escaping = this.substituted = false
  }

  private take(octet: number): void {
    if (octet === WAKE && this.length === 0 && !this.escaping) return
    // What is longer than the bound is counted on, but not kept.
    if (this.length < LONGEST) this.octets[this.length] = this.escaping ? octet ^ FLIPPED : octet
    this.length = Math.min(this.length + 1, LONGEST + 1)
    this.escaping = false
  }

  private end(): void {
    const { length, substituted } = this
    this.restart()
    // Flags may stand side by side.
    if (length === 0 && !substituted) return
    if (substituted || !this.isIntact(length)) {
      this.counts.damaged++
      return this.listener.onBad(this.mayBeData(length))
    }
    const frame = decodeAsh(this.octets.subarray(0, length - CRC_LENGTH))
    if (typeof frame === 'string') {
      this.counts.invalid++
      return this.listener.onBad(this.mayBeData(length))
    }
    this.counts.frames++
    this.listener.onFrame(frame)
  }

  private mayBeData(length: number): boolean {
    return length > 0 && (this.octets[0] ?? 0) < 0x80
  }
  private isIntact(length: number): boolean {
    if (length <= CRC_LENGTH || length > LONGEST) return false
    const at = length - CRC_LENGTH
    return crcCcitt(this.octets, at) === ((this.octets[at] ?? 0) << 8) + (this.octets[at + 1] ?? 0)
  }
}
