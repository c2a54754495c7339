/**
 * What a terminal sends to a modem, octet by octet: what stands before the prefix AT is passed over, a line has an end, and
 * A/ needs none.
 * @source ITU-T V.250, 5.2
 */

/** Most characters after the prefix. @source V.250, 5.2.2: at least 40; assumed */
export const LONGEST_LINE = 512

export type LineEvent =
  /** A whole command line, without its prefix. */
  | { is: 'line'; text: string }
  /** The line before once more. */
  | { is: 'repeat' }
  /** A line that is too long has ended. */
  | { is: 'overlong' }

/** Characters that end a line and take one back: S3 and S5. */
export interface LineCharacters {
  end: number
  erase: number
}

export class AtLineReader {
  /** Characters of a line of which the prefix is there; undefined while it is looked for. */
  private body: string | undefined
  private sawA = false
  private overlong = false

  /** What one octet completes, if anything. */
  take(octet: number, { end, erase }: LineCharacters): LineEvent | undefined {
    const code = octet & 0x7f
    if (this.body === undefined) return this.seek(code)
    if (code === end) return this.finish(this.body)
    if (code === erase) this.body = this.body.slice(0, -1)
    else if (code < 0x20) return undefined
    else if (this.body.length < LONGEST_LINE) this.body += String.fromCharCode(code)
    else this.overlong = true
    return undefined
  }

  /** Forgets what there is of a line. */
  restart(): void {
    this.body = undefined
    this.sawA = false
    this.overlong = false
  }

  private seek(code: number): LineEvent | undefined {
    const letter = String.fromCharCode(code).toUpperCase()
    const { sawA } = this
    this.sawA = letter === 'A'
    if (sawA && letter === 'T') this.body = ''
    return sawA && letter === '/' ? { is: 'repeat' } : undefined
  }

  private finish(text: string): LineEvent {
    const { overlong } = this
    this.restart()
    return overlong ? { is: 'overlong' } : { is: 'line', text }
  }
}
