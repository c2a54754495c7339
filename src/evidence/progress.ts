/** A run as people watch it: one line per verdict and, on a terminal, what is going on under them. */
import { formatSpan } from '../base/time.ts'
import type { StepStart, StepVerdict, Verdict } from '../ports/verdict.ts'
import { visibleLine } from './visible-text.ts'

/** Where progress is written, e.g. `process.stderr`. */
export interface ProgressOut {
  write(text: string): unknown
  /** A terminal: lines may be refreshed and coloured. */
  isTTY?: boolean
  /** Width of the terminal in characters; 80 when unknown. */
  columns?: number
}

export interface ProgressOptions {
  installations?: readonly string[]
  steps?: readonly { step: string; party: string; title: string }[]
  /** NO_COLOR (not empty) takes colours away; TERM=dumb is no terminal. Default: the process's. */
  env?: Record<string, string | undefined>
}

const COLOURS: Record<Verdict, number> = { PASS: 32, FAIL: 31, TOLERATED: 36, BLOCKED: 33, SKIPPED: 90 }
const LONGEST_VERDICT: Verdict = 'TOLERATED'
const LONGEST_ABOUT = 'PPMID 0123456789abcdef'
const CLEAR_LINE = '\r\x1b[2K'

/**
 * `PASS  CB-030  CSP  …` per verdict: verdict, step, party, device, title, simulated time; with more than one
 * installation its id comes first. FAIL and BLOCKED add what was expected and what was observed. Control characters in
 * what devices say are shown, not obeyed.
 */
export class Progress {
  private readonly out: ProgressOut
  private readonly live: boolean
  private readonly coloured: boolean
  private readonly many: boolean
  /** Widest text seen in each column, so that columns settle. */
  private readonly widths: number[] = []
  private readonly underWay = new Map<string, StepStart>()
  private latest: StepStart | undefined
  private ended = 0
  private meanwhile = ''
  private status = ''

  /**
   * @param options.installations ids of those that take part; with more than one, lines begin with the installation
   * @param options.steps steps to come, so that columns stand still from the first line
   */
  constructor(out: ProgressOut, options: ProgressOptions = {}) {
    const { installations = [], steps = [], env = process.env } = options
    this.out = out
    this.live = out.isTTY === true && env.TERM !== 'dumb'
    this.coloured = this.live && !env.NO_COLOR
    this.many = installations.length > 1
    for (const { step, party, title } of steps) {
      for (const id of this.many ? installations : ['']) {
        const lead = this.many ? [id] : []
        const cells = [LONGEST_VERDICT, ...lead, step, party, LONGEST_ABOUT, title]
        for (const [column, cell] of cells.entries()) this.pad(cell, column)
      }
    }
  }

  /** A step began; on a terminal it becomes the status line. */
  stepStarted(start: StepStart): void {
    this.underWay.set(keyOf(start), start)
    this.latest = start
    this.refresh()
  }

  /** A step that is under way has come so far; `start.atUs`: when. */
  stepProgressed(start: StepStart, text: string): void {
    this.stepStarted({ ...start, title: `${start.title}: ${text}` })
  }

  /** A step was judged. */
  stepEnded(verdict: StepVerdict): void {
    const key = keyOf(verdict)
    this.underWay.delete(key)
    if (this.latest && keyOf(this.latest) === key) this.latest = this.underWay.values().next().value
    this.ended += 1
    this.print(this.verdictLines(verdict))
  }

  /** What goes on between steps; on a terminal it is the status line while no step is under way. '' for nothing. */
  between(text: string): void {
    this.meanwhile = text
    this.refresh()
  }

  /** A line of its own, e.g. the seed. */
  note(text: string): void {
    this.print(`${visibleLine(text)}\n`)
  }

  /** Takes the status line away; what was printed stays. */
  finish(): void {
    this.underWay.clear()
    this.latest = undefined
    this.meanwhile = ''
    this.refresh()
  }

  private verdictLines(verdict: StepVerdict): string {
    const { installation, step, party, device, deviceType, title, endedUs, reason } = verdict
    const about = [deviceType, device].filter(Boolean).join(' ')
    const lead = this.many ? [installation] : []
    const cells = [verdict.verdict.padEnd(LONGEST_VERDICT.length), ...lead, step, party, about, title].map(visibleLine)
    const padded = cells.map((cell, column) => this.pad(cell, column))
    const rows = [[this.colour(verdict.verdict, padded[0] ?? ''), ...padded.slice(1), formatSpan(endedUs)].join('  ')]
    if (verdict.verdict === 'FAIL' || verdict.verdict === 'BLOCKED') {
      rows.push(`    expected ${visibleLine(verdict.expected)}`, `    observed ${visibleLine(verdict.observed)}`)
    }
    if (reason) rows.push(`    because ${visibleLine(reason)}`)
    return `${rows.join('\n')}\n`
  }

  private pad(cell: string, column: number): string {
    const width = Math.max(this.widths[column] ?? 0, cell.length)
    this.widths[column] = width
    return cell.padEnd(width)
  }

  private colour(verdict: Verdict, text: string): string {
    return this.coloured ? `\x1b[${COLOURS[verdict]}m${text}\x1b[0m` : text
  }

  /** Text above the status line. */
  private print(text: string): void {
    const cleared = this.status === '' ? '' : CLEAR_LINE
    this.status = ''
    this.out.write(cleared + text)
    this.refresh()
  }

  private refresh(): void {
    if (!this.live) return
    const status = this.statusText()
    if (status === this.status) return
    this.out.write(CLEAR_LINE + status)
    this.status = status
  }

  /** The step that began last, the number judged and, when several are under way, how many. */
  private statusText(): string {
    if (!this.latest) return this.meanwhile && this.fitted(`… ${this.meanwhile}`)
    const { installation, step, title, party, device, atUs } = this.latest
    const others = this.underWay.size > 1 ? `, ${this.underWay.size} under way` : ''
    const parts = [this.many ? installation : '', step, party, device ?? '', title, formatSpan(atUs)]
    return this.fitted(`… ${parts.filter(Boolean).join('  ')}  (${this.ended} done${others})`)
  }

  private fitted(line: string): string {
    const text = visibleLine(line)
    const room = Math.max(1, (this.out.columns || 80) - 1)
    return text.length > room ? `${text.slice(0, room - 1)}…` : text
  }
}

/** A step of an installation: one at a time, whichever device it is about. */
const keyOf = ({ installation, step }: { installation: string; step: string }): string =>
  JSON.stringify([installation, step])
