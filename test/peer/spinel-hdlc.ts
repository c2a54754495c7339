/** HDLC-lite, as OpenThread puts Spinel frames on a serial line: flag, escaped octets, FCS (CRC-16/X-25, low octet first), flag. */
import { withCrc } from '../../src/crypto/install-code.ts'

const FLAG = 0x7e
const ESCAPE = 0x7d
/** Flow control octets and vendor flag are escaped too. */
const ESCAPED: ReadonlySet<number> = new Set([FLAG, ESCAPE, 0x11, 0x13, 0xf8])
/** Longest frame taken, FCS included. */
const LONGEST = 2_048

export function encodeHdlc(body: Uint8Array): Uint8Array {
  const octets = [...withCrc(body)].flatMap(octet => (ESCAPED.has(octet) ? [ESCAPE, octet ^ 0x20] : [octet]))
  return Uint8Array.of(FLAG, ...octets, FLAG)
}

/** Puts frames together from whatever pieces the line delivers; damaged ones are dropped and counted. */
export class HdlcReader {
  damaged = 0
  private readonly onFrame: (body: Uint8Array) => void
  private octets: number[] = []
  private escaping = false

  constructor(onFrame: (body: Uint8Array) => void) {
    this.onFrame = onFrame
  }

  push(chunk: Uint8Array): void {
    for (const octet of chunk) {
      if (octet === FLAG) this.end()
      else if (octet === ESCAPE) this.escaping = true
      else {
        // Beyond the bound the FCS cannot be right any more: not kept.
        if (this.octets.length <= LONGEST) this.octets.push(this.escaping ? octet ^ 0x20 : octet)
        this.escaping = false
      }
    }
  }

  private end(): void {
    const octets = Uint8Array.from(this.octets)
    this.octets = []
    this.escaping = false
    if (octets.length === 0) return
    const body = octets.subarray(0, -2)
    const expected = withCrc(body)
    if (octets.length < 3 || octets.length > LONGEST || !expected.every((octet, at) => octet === octets[at])) {
      this.damaged++
    } else this.onFrame(body)
  }
}
