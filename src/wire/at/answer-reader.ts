/** What a modem sends to a terminal, cut into lines wherever it came in pieces. Lines are bounded; empty ones are left out. */

/** Longest line that is kept whole; what goes beyond is dropped. Assumed: a PDU in hex, twice. */
const LONGEST = 1_024

export class AnswerReader {
  private readonly onLine: (line: string) => void
  private line = ''

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine
  }

  push(octets: Uint8Array): void {
    for (const octet of octets) {
      if (octet === 0x0d || octet === 0x0a) this.end()
      // Noise of other kinds is no character of an answer.
      else if (octet >= 0x20 && octet < 0x7f && this.line.length < LONGEST) this.line += String.fromCharCode(octet)
    }
  }

  /** Forgets what there is of a line. */
  restart(): void {
    this.line = ''
  }

  private end(): void {
    const line = this.line.trim()
    this.line = ''
    if (line !== '') this.onLine(line)
  }
}
