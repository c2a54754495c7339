/**
 * UNPI, the frames between a host and a TI network processor: SOF, length, command (2 octets), data, XOR of all but the SOF.
 * @source TI, Unified Network Processor Interface; Z-Stack Monitor and Test API, 2.1
 */
import { InvariantError } from '../../base/errors.ts'

const SOF = 0xfe
/** Start, length and two octets of command; behind the data comes the check octet. */
const HEADER_LENGTH = 4
/** Longest data of a frame. @source Z-Stack, MT_RPC_DATA_MAX */
export const LONGEST_DATA = 250

/** What a command is: asked and answered at once, or told without an answer. @source Monitor and Test API, 2.1.1 */
export const MT_TYPE = { POLL: 0, SREQ: 1, AREQ: 2, SRSP: 3 } as const

/** Which part of the stack a command is for. @source Monitor and Test API, 2.1.1 */
export const SUBSYSTEM = { RPC_ERROR: 0, SYS: 1, AF: 4, ZDO: 5, UTIL: 7, APP_CNF: 15 } as const

export interface UnpiFrame {
  /** One of MT_TYPE, 0..7. */
  type: number
  /** One of SUBSYSTEM, 0..31. */
  subsystem: number
  /** 0..255 */
  command: number
  data: Uint8Array
}

const checkOf = (octets: Uint8Array): number => octets.reduce((check, octet) => check ^ octet, 0)

/** A frame as it goes on the line. @throws InvariantError when its data is too long */
export function encodeUnpi({ type, subsystem, command, data }: UnpiFrame): Uint8Array {
  if (data.length > LONGEST_DATA) {
    throw new InvariantError(`unpi: ${data.length} octets of data found, at most ${LONGEST_DATA} expected`)
  }
  const octets = new Uint8Array(HEADER_LENGTH + data.length + 1)
  octets.set([SOF, data.length, (type << 5) | subsystem, command])
  octets.set(data, HEADER_LENGTH)
  octets[octets.length - 1] = checkOf(octets.subarray(1, -1))
  return octets
}

/** What came over the line so far. */
export interface UnpiCounts {
  frames: number
  /** Frames of a wrong check octet, or longer than any may be. */
  damaged: number
  /** Octets outside of any frame. */
  stray: number
}

/**
 * Puts frames together from whatever pieces the line delivers. What turns out to be no frame is looked through again for
 * the start of one, so noise costs the octets it hits and no good frame behind them, once enough has come to see it.
 */
export class UnpiReader {
  readonly counts: UnpiCounts = { frames: 0, damaged: 0, stray: 0 }
  private readonly onFrame: (frame: UnpiFrame) => void
  /** What has come and is not used up yet: less than one longest frame between two calls of `push`. */
  private held = new Uint8Array()

  /** `onFrame` gets each intact frame; its data is a view, to be copied before it is kept. */
  constructor(onFrame: (frame: UnpiFrame) => void) {
    this.onFrame = onFrame
  }

  push(chunk: Uint8Array): void {
    let octets: Uint8Array = chunk
    if (this.held.length > 0) {
      octets = new Uint8Array(this.held.length + chunk.length)
      octets.set(this.held)
      octets.set(chunk, this.held.length)
    }
    // The frames in it may make their reader start anew, which must not bring back what is being read here.
    this.held = new Uint8Array()
    this.held = octets.slice(this.read(octets))
  }

  /** Another line begins: what was half read is forgotten. */
  restart(): void {
    this.counts.stray += this.held.length
    this.held = new Uint8Array()
  }

  /** Whether a frame has begun that is not whole yet. */
  get isAmid(): boolean {
    return this.held.length > 0
  }
  /** The frame that has begun does not go on: it was none, and what came behind its start is read anew. */
  giveUp(): void {
    if (!this.isAmid) return
    const behind = this.held.subarray(1)
    this.held = new Uint8Array()
    this.counts.damaged++
    this.push(behind)
  }

  /** Reads as far as it can; where it stopped. */
  private read(octets: Uint8Array): number {
    let at = 0
    while (at < octets.length) {
      if (octets[at] !== SOF) {
        this.counts.stray++
        at++
        continue
      }
      const length = octets[at + 1]
      if (length === undefined) break
      if (length > LONGEST_DATA) {
        this.counts.damaged++
        at++
        continue
      }
      const end = at + HEADER_LENGTH + length + 1
      if (end > octets.length) break
      if (checkOf(octets.subarray(at + 1, end)) !== 0) {
        this.counts.damaged++
        at++
        continue
      }
      const [, , command0 = 0, command = 0] = octets.subarray(at)
      const data = octets.subarray(at + HEADER_LENGTH, end - 1)
      at = end
      this.counts.frames++
      this.onFrame({ type: command0 >> 5, subsystem: command0 & 0x1f, command, data })
    }
    return at
  }
}
