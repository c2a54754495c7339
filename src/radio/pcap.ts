/**
 * Captures in pcap format, as octets; writing them somewhere is the caller's.
 * @source draft-ietf-opsawg-pcap; tcpdump.org link types 195 and 283; IEEE 802.15.4 TAP link type specification
 */
import { ByteWriter } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import type { Clock } from '../ports/time.ts'
import type { CapturedFrame } from './air.ts'

/**
 * `tap`: IEEE 802.15.4 with a header that holds signal strength, channel and link quality.
 * `with-fcs`: bare frames with FCS.
 */
export type PcapFormat = 'tap' | 'with-fcs'
const LINK_TYPE = { tap: 283, 'with-fcs': 195 } as const

/** Types of TAP fields. */
const TAP = { fcsType: 0, rss: 1, channelAssignment: 3, lqi: 10 } as const
const FCS_16_BIT = 1
const TAP_HEADER_LENGTH = 4 + 4 * 8

const RECORD_HEADER_LENGTH = 16
/** Longest record that a reader must expect. */
const SNAP_LENGTH = 256

/** Civil time when a clock stood at 0, Unix ms: what captures of it are dated from. */
export const originUnixMs = (clock: Clock): number => clock.unixMs() - Math.floor(clock.nowUs() / 1_000)

/** A capture of one air, from the start of its run. */
export class Pcap {
  private readonly format: PcapFormat
  private readonly startUnixMs: number

  /** @param options `startUnixMs`: civil time at the start of the run, Unix milliseconds */
  constructor({ format, startUnixMs }: { format: PcapFormat; startUnixMs: number }) {
    if (!Number.isSafeInteger(startUnixMs) || startUnixMs < 0 || startUnixMs >= 2 ** 32 * 1_000) {
      throw new InvariantError(`pcap: startUnixMs is ${startUnixMs}, whole Unix milliseconds before 2106 expected`)
    }
    this.format = format
    this.startUnixMs = startUnixMs
  }

  /** What the file begins with: little-endian, microseconds. */
  header(): Uint8Array {
    return new ByteWriter(24)
      .uint(4, 0xa1b2c3d4)
      .uint(2, 2)
      .uint(2, 4)
      .uint(4, 0)
      .uint(4, 0)
      .uint(4, SNAP_LENGTH)
      .uint(4, LINK_TYPE[this.format])
      .finish()
  }

  /** One frame, dated with its first moment on the air. */
  record(frame: CapturedFrame): Uint8Array {
    const tap = this.format === 'tap'
    const length = frame.octets.length + (tap ? TAP_HEADER_LENGTH : 0)
    const unixUs = this.startUnixMs * 1_000 + frame.startUs
    const writer = new ByteWriter(RECORD_HEADER_LENGTH + length)
      .uint(4, Math.floor(unixUs / 1_000_000))
      .uint(4, unixUs % 1_000_000)
      .uint(4, length)
      .uint(4, length)
    if (tap) writeTapHeader(writer, frame)
    return writer.bytes(frame.octets).finish()
  }
}

function writeTapHeader(writer: ByteWriter, { rssiDbm, channel, lqi }: CapturedFrame): void {
  writer.uint(1, 0).uint(1, 0).uint(2, TAP_HEADER_LENGTH)
  writer.uint(2, TAP.fcsType).uint(2, 1).uint(4, FCS_16_BIT)
  writer.uint(2, TAP.rss).uint(2, 4).bytes(float32(rssiDbm))
  // Channel page 0, which is the 2.4 GHz band.
  writer.uint(2, TAP.channelAssignment).uint(2, 3).uint(4, channel)
  writer.uint(2, TAP.lqi).uint(2, 1).uint(4, lqi)
}

function float32(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  new DataView(octets.buffer).setFloat32(0, value, true)
  return octets
}
