/**
 * Commands to a modem, one at a time, each with a time limit. What comes in between unasked is told apart; an echo is passed over.
 * A command that is not answered in time leaves the line in doubt: it is let fall silent before the next one.
 */
import type { Micros } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import { type Ending, endingOf } from '../../wire/at/answer.ts'
import { AnswerReader } from '../../wire/at/answer-reader.ts'

export interface AtRequest {
  /** With its prefix AT. */
  line: string
  /** What lines of its answer begin with; absent: any line that is not told unasked is its answer. */
  tells?: string
  /** Tells an answer of this name from a line told unasked. */
  isOwn?: (line: string) => boolean
  limitUs: Micros
}

export type Answer = { lines: readonly string[] } & (Ending | { is: 'silent' })

export interface AtChannelOptions {
  link: ByteLink
  timers: Timers
  /** Whether lines that begin so are told unasked. */
  isUnasked: (line: string) => boolean
  onUnasked: (line: string) => void
  onUp: () => void
  onDown: (reason: string) => void
}

/** What a line tells that is nobody's answer. */
export interface AtChannelCounts {
  /** Lines that are no answer and nothing that is told unasked. */
  strange: number
  /** Commands that were not answered in time. */
  silent: number
}

/** So long nothing may come before the line counts as silent again; so long a line that is never silent is waited for. Assumed. */
const QUIET_US = milliseconds(500)
const MOST_QUIETING_US = milliseconds(5_000)
/** Lines of one answer that are kept. */
const MOST_LINES = 64

interface Pending {
  request: AtRequest
  lines: string[]
  timer: Timer
  finish: (answer: Answer) => void
}

export class AtChannel {
  readonly counts: AtChannelCounts = { strange: 0, silent: 0 }
  private readonly options: AtChannelOptions
  private readonly reader = new AnswerReader(line => this.take(line))
  private pending: Pending | undefined
  private waiting: (() => void) | undefined
  private quiet: Timer | undefined
  /** Until the line has been silent; whatever comes is of no command. */
  private inDoubt: { sinceQuiet: number; left: number } | undefined

  constructor(options: AtChannelOptions) {
    this.options = options
    options.link.listen({
      onOctets: octets => {
        if (this.inDoubt) this.inDoubt.sinceQuiet = 0
        this.reader.push(octets)
      },
      onUp: () => {
        this.forget()
        options.onUp()
      },
      onDown: reason => {
        this.forget()
        options.onDown(reason)
      },
    })
  }

  /** One at a time: the next one after `finish`. Never finishes when the line goes down meanwhile. */
  ask(request: AtRequest, finish: (answer: Answer) => void): void {
    if (this.inDoubt) {
      this.waiting = () => this.send(request, finish)
      return
    }
    this.send(request, finish)
  }

  /** What is under way is given up: its answer may still come, and is nobody's. */
  abandon(): void {
    if (!this.pending) return
    this.pending.timer.cancel()
    this.pending = undefined
    this.doubt()
  }

  private send(request: AtRequest, finish: (answer: Answer) => void): void {
    const { timers, link } = this.options
    const timer = timers.after(request.limitUs, `modem ${request.line}`, () => this.tooLate())
    this.pending = { request, lines: [], timer, finish }
    link.write(Buffer.from(`${request.line}\r`, 'latin1'))
  }

  private take(line: string): void {
    const { pending, inDoubt } = this
    const { isUnasked, onUnasked } = this.options
    if (inDoubt) {
      if (isUnasked(line)) onUnasked(line)
      return
    }
    if (!pending) return isUnasked(line) ? onUnasked(line) : void this.counts.strange++
    const { request, lines } = pending
    const ending = endingOf(line)
    if (ending) return this.end({ ...ending, lines })
    if (line === request.line) return
    const isAnswer = request.tells === undefined ? !isUnasked(line) : line.startsWith(request.tells)
    if (isAnswer && (request.isOwn?.(line) ?? true)) {
      if (lines.length < MOST_LINES) lines.push(line)
    } else if (isUnasked(line)) onUnasked(line)
    else this.counts.strange++
  }

  private end(answer: Answer): void {
    const { pending } = this
    this.pending = undefined
    pending?.timer.cancel()
    pending?.finish(answer)
  }

  private tooLate(): void {
    const lines = this.pending?.lines ?? []
    this.counts.silent++
    this.doubt()
    this.end({ is: 'silent', lines })
  }

  private doubt(): void {
    this.quiet?.cancel()
    this.inDoubt = { sinceQuiet: 0, left: MOST_QUIETING_US / QUIET_US }
    this.listenForSilence()
  }

  /** Counts how often nothing came in the time of one look. */
  private listenForSilence(): void {
    this.quiet = this.options.timers.after(QUIET_US, 'modem line silent', () => {
      const { inDoubt, waiting } = this
      if (!inDoubt) return
      inDoubt.left--
      if (++inDoubt.sinceQuiet < 2 && inDoubt.left > 0) return this.listenForSilence()
      this.inDoubt = undefined
      this.waiting = undefined
      this.reader.restart()
      waiting?.()
    })
  }

  private forget(): void {
    this.pending?.timer.cancel()
    this.pending = undefined
    this.quiet?.cancel()
    this.inDoubt = undefined
    this.waiting = undefined
    this.reader.restart()
  }
}
