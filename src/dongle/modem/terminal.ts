/**
 * What a modem says to its terminal, and how: echo, information, result codes, and what is told unasked, between commands.
 * @source ITU-T V.250, 5.7 and 6.2
 */
import type { ByteLink } from '../../ports/byte-link.ts'
import { CME_ERRORS, CMS_ERRORS, RESULT_CODES, type ResultCode } from '../../wire/at/result-codes.ts'
import type { Reply } from './reply.ts'
import type { Settings } from './settings.ts'

/** What is told unasked, and waits for a command to end. */
const MOST_HELD = 32

export interface TerminalOptions {
  link: ByteLink
  settings: Settings
}

export class Terminal {
  /** Answers that the line did not take, and what was told unasked while too much waited. */
  unsent = 0
  private readonly link: ByteLink
  private readonly settings: Settings
  private output = ''
  private isGathering = false
  private held: string[][] = []

  constructor({ link, settings }: TerminalOptions) {
    this.link = link
    this.settings = settings
  }

  get up(): boolean {
    return this.link.up
  }

  /** Another one, or none: what waited was for the one before. */
  forget(): void {
    this.held = []
  }

  /** Writes what `work` says in one piece. */
  gather(work: () => void): void {
    this.isGathering = true
    work()
    this.isGathering = false
    this.flush()
  }

  /** As it was typed. */
  echo(octet: number): void {
    if (this.settings.get('E') === 1) this.write(String.fromCharCode(octet))
  }
  /** Asks for a text. */
  prompt(): void {
    this.write(`${this.cr}${this.lf}> `)
  }

  inform(lines: readonly string[]): void {
    if (lines.length === 0) return
    const { cr, lf } = this
    const text = lines.map(line => `${line}${cr}${lf}`).join('')
    this.write(this.settings.get('V') === 1 ? `${cr}${lf}${text}` : text)
  }
  /** Tells something once the command in hand has ended. */
  hold(lines: string[]): void {
    if (this.held.length < MOST_HELD) this.held.push(lines)
    else this.unsent++
  }

  /** The command line has ended: with a result code, or an error. */
  end(code: ResultCode | Extract<Reply, { is: 'refused' }>): void {
    const { settings, cr, lf } = this
    const result = typeof code === 'string' ? code : this.errorWords(code)
    if (settings.get('Q') === 0) {
      const short = typeof result === 'string' && settings.get('V') === 0
      const words = typeof result === 'string' ? result : result.words
      this.write(short ? `${RESULT_CODES[result]}${cr}` : `${cr}${lf}${words}${cr}${lf}`)
    }
  }
  /** Nothing is in hand: what waited is told. */
  release(): void {
    for (const lines of this.held.splice(0)) this.inform(lines)
  }

  private errorWords({ by, error }: Extract<Reply, { is: 'refused' }>): ResultCode | { words: string } {
    const mode = this.settings.get('+CMEE')
    if (by === 'messages') return { words: `+CMS ERROR: ${mode === 2 ? CMS_ERRORS[error] : error}` }
    if (mode === 0) return 'ERROR'
    return { words: `+CME ERROR: ${mode === 2 ? CME_ERRORS[error] : error}` }
  }

  private get cr(): string {
    return String.fromCharCode(this.settings.get('S3'))
  }
  private get lf(): string {
    return String.fromCharCode(this.settings.get('S4'))
  }

  private write(text: string): void {
    this.output += text
    if (!this.isGathering) this.flush()
  }
  private flush(): void {
    const { link, output } = this
    this.output = ''
    if (output !== '' && link.up && !link.write(Buffer.from(output, 'latin1'))) this.unsent++
  }
}
