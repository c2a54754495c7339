/**
 * Plays a hub's modem on a line: standard AT commands before a cellular link. One terminal at a time; it may vanish and another
 * begin at any moment. There is no data mode: what goes over the SM WAN does not go through here.
 * @source ITU-T V.250; 3GPP TS 27.007; TS 27.005
 */
import { WireError } from '../../base/errors.ts'
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Clock, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { CellularLink, ShortMessage, SmsLink } from '../../ports/wan.ts'
import { type AtCommand, parseCommandLine } from '../../wire/at/command-line.ts'
import { AtLineReader } from '../../wire/at/line-reader.ts'
import type { RegistrationState } from '../../wire/at/network.ts'
import { CME_ERRORS, CMS_ERRORS, RESULT_CODES, type ResultCode } from '../../wire/at/result-codes.ts'
import { Cellular } from './cellular.ts'
import {
  REGISTRATION_COMMANDS,
  type RegistrationCommand,
  registrationOf,
  registrationWords,
} from './commands/network.ts'
import { arrivalWords } from './commands/sms.ts'
import { rowOf } from './commands/table.ts'
import { MessageStore } from './message-store.ts'
import { cme, type Reply, result } from './reply.ts'
import { Settings } from './settings.ts'
import { SimCard, type SimCardOptions } from './sim-card.ts'
import { CTRL_Z, TextEntry } from './text-entry.ts'
import { type ModemFacts, type OperatorFacts, simTrouble, type Works } from './works.ts'

export interface ModemOptions {
  link: ByteLink
  wan: CellularLink
  sms: SmsLink
  clock: Clock
  timers: Timers
  trace: Trace
  facts: ModemFacts
  operator: OperatorFacts
  sim: SimCardOptions
}

/** What a terminal did that made no sense, and what did not reach it. */
export interface ModemCounts {
  /** Command lines that cannot be read, or are too long. */
  malformed: number
  /** Commands answered with an error. */
  refused: number
  /** Octets that came while there was no room for them. */
  dropped: number
  /** Answers that the line did not take. */
  unsent: number
}

/** From power to the first command it hears. Assumed. */
const BOOT_US: Micros = seconds(3)
/** Octets kept while a command takes its time. Assumed. */
const INPUT_ROOM = 2_048
/** What is told unasked, and waits for a command to end. */
const MOST_HELD = 32

export class Modem {
  readonly counts: ModemCounts = { malformed: 0, refused: 0, dropped: 0, unsent: 0 }
  private readonly link: ByteLink
  private readonly timers: Timers
  private readonly trace: Trace
  private readonly works: Works
  private readonly reader = new AtLineReader()
  private readonly told = new Map<RegistrationCommand, RegistrationState>()
  private input: Uint8Array = new Uint8Array()
  private inputAt = 0
  private isWorking = false
  private output = ''
  private held: string[][] = []
  private entry: TextEntry | undefined
  private lastLine = ''
  private state: 'ready' | 'busy' | 'booting' = 'booting'
  /** Counts restarts and terminals: what began in an earlier life ends in none. */
  private life = 0

  constructor(options: ModemOptions) {
    const { link, wan, sms, clock, timers, trace, facts, operator } = options
    this.link = link
    this.timers = timers
    this.trace = trace
    const sim = new SimCard(options.sim)
    const cellular = new Cellular({
      ...{ wan, sim, timers },
      onRegistration: () => this.registrationChanged(),
      onSessionLost: (cid, ip) => {
        if (this.works.settings.get('+CGEREP') === 1) this.tell(`+CGEV: NW DEACT "IP","${ip}",${cid}`)
      },
    })
    this.works = {
      ...{ facts, operator, sim, cellular, sms, clock },
      settings: new Settings(),
      profile: new Settings(),
      store: new MessageStore(),
      after: (delayUs, then) => this.later(delayUs, 'modem command', then),
      clockAheadMs: 0,
      smsCentre: operator.smsCentre,
      lastTrouble: 'none',
      messagesSent: 0,
    }
    sms.listen(message => this.arrived(message))
    link.listen({
      onOctets: octets => this.heard(octets),
      onUp: () => this.newTerminal(),
      onDown: () => this.newTerminal(),
    })
    this.boot()
  }

  /** Loses power for a moment: all but its flash is gone. */
  powerCycle(): void {
    this.life++
    this.state = 'booting'
    const { works } = this
    works.cellular.restart()
    works.sim.powerCycle()
    works.settings.assign(works.profile)
    works.clockAheadMs = 0
    works.lastTrouble = 'none'
    this.forgetLine()
    this.boot()
  }

  private boot(): void {
    this.state = 'booting'
    this.later(BOOT_US, 'modem boot', () => {
      this.state = 'ready'
      this.works.cellular.look()
    })
  }

  /** The modem goes on as it was set. */
  private newTerminal(): void {
    this.forgetLine()
    if (this.state === 'booting') return
    this.life++
    this.state = 'ready'
  }
  private forgetLine(): void {
    this.reader.restart()
    this.input = new Uint8Array()
    this.inputAt = 0
    this.held = []
    this.entry = undefined
  }

  private heard(octets: Uint8Array): void {
    if (this.state === 'booting') return
    this.input = Buffer.concat([this.input.subarray(this.inputAt), octets])
    this.inputAt = 0
    this.work()
  }

  /** Takes input until a command takes its time. */
  private work(): void {
    if (this.isWorking) return
    this.isWorking = true
    while (this.state === 'ready' && this.inputAt < this.input.length) this.takeOctet(this.input[this.inputAt++] ?? 0)
    const left = this.input.length - this.inputAt
    this.counts.dropped += Math.max(0, left - INPUT_ROOM)
    this.input = this.input.slice(this.inputAt, this.inputAt + INPUT_ROOM)
    this.inputAt = 0
    this.isWorking = false
    this.flush()
  }

  private takeOctet(octet: number): void {
    const { settings } = this.works
    const echo = settings.get('E') === 1
    if (this.entry) {
      if (echo && octet !== CTRL_Z) this.write(String.fromCharCode(octet))
      return this.entry.take(octet)
    }
    if (echo) this.write(String.fromCharCode(octet))
    const event = this.reader.take(octet, { end: settings.get('S3'), erase: settings.get('S5') })
    if (!event) return
    if (event.is === 'overlong') return this.malformed()
    if (event.is === 'line') this.lastLine = event.text
    this.obey(this.lastLine)
  }

  private obey(line: string): void {
    let commands: AtCommand[]
    try {
      commands = parseCommandLine(line)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return this.malformed()
    }
    this.state = 'busy'
    this.carryOut(commands)
  }

  private malformed(): void {
    this.counts.malformed++
    this.end('ERROR')
  }

  /** One command after the other, until one does not end well. */
  private carryOut([command, ...more]: readonly AtCommand[]): void {
    if (!command) return this.end('OK')
    this.takeReply(this.replyTo(command), more)
  }

  private takeReply(reply: Reply, more: readonly AtCommand[]): void {
    switch (reply.is) {
      case 'done':
        this.inform(reply.lines)
        return this.carryOut(more)
      case 'result':
        if (reply.code === 'ERROR') this.counts.refused++
        return this.end(reply.code)
      case 'refused':
        this.counts.refused++
        return this.end(this.errorWords(reply))
      case 'later': {
        const { life } = this
        let finished = false
        return reply.begin(final => {
          if (finished || life !== this.life) return
          finished = true
          this.takeReply(final, more)
          this.work()
        })
      }
      case 'prompt':
        return this.prompt(reply.take, more)
      case 'restart':
        this.end('OK')
        return this.powerCycle()
      default:
        return reply satisfies never
    }
  }

  private replyTo(command: AtCommand): Reply {
    const { works } = this
    const row = rowOf(command.name)
    // What is no command at all is an error of the line for basic ones, an operation that is not there for the others.
    if (!row) return /^[A-Z&\\]/.test(command.name) ? result('ERROR') : cme(4)
    if (command.form === 'test') return row.test?.(works) ?? { is: 'done', lines: [] }
    const trouble = row.needsSim && simTrouble(works, row.needsSim)
    if (trouble) return trouble
    if (command.form === 'set') return row.set?.(works, command.parameters) ?? cme(4)
    return row[command.form]?.(works) ?? cme(4)
  }

  /** Asks for a text. The terminal goes on typing, so the line is not busy meanwhile. */
  private prompt(take: (text: string | undefined) => Reply, more: readonly AtCommand[]): void {
    this.state = 'ready'
    this.write(`${this.cr}${this.lf}> `)
    this.entry = new TextEntry({
      onNewLine: () => this.write(`${this.cr}${this.lf}> `),
      onEnd: text => {
        this.entry = undefined
        this.state = 'busy'
        this.takeReply(text === 'too long' ? cms305 : take(text), more)
      },
    })
  }

  private arrived(message: ShortMessage): boolean {
    const { works, state } = this
    if (state === 'booting' || works.cellular.registration !== 'home') return false
    const direct = works.settings.get('+CNMI') === 2 && this.link.up
    const stored = direct ? message : works.store.add(message)
    if (!stored) return false
    this.trace.emit({ kind: 'device.event', code: 'SMS_RECEIVED', text: `from ${message.from}` })
    const words = arrivalWords(works, stored)
    if (words.length > 0) this.tell(...words)
    return true
  }

  private registrationChanged(): void {
    const { works } = this
    for (const command of REGISTRATION_COMMANDS) {
      const now = registrationOf(works, command)
      if (now === (this.told.get(command) ?? 'idle')) continue
      this.told.set(command, now)
      if (command === '+CREG') {
        this.trace.emit({ kind: 'device.state', name: 'registration', value: now })
        if (now === 'home') works.sms.ready()
      }
      if (works.settings.get(command) > 0) this.tell(`${command}: ${registrationWords(works, command)}`)
    }
  }

  /** Tells something unasked, between commands. */
  private tell(...lines: string[]): void {
    if (this.state === 'booting') return
    if (this.state === 'ready' && !this.entry) return this.inform(lines)
    if (this.held.length < MOST_HELD) this.held.push(lines)
    else this.counts.unsent++
  }

  private inform(lines: readonly string[]): void {
    if (lines.length === 0) return
    const { cr, lf } = this
    const text = lines.map(line => `${line}${cr}${lf}`).join('')
    this.write(this.works.settings.get('V') === 1 ? `${cr}${lf}${text}` : text)
  }

  /** The command line has ended: with a result code, or other words. */
  private end(code: ResultCode | { words: string }): void {
    const { settings } = this.works
    const { cr, lf } = this
    const words = typeof code === 'string' ? code : code.words
    if (settings.get('Q') === 0) {
      const short = typeof code === 'string' && settings.get('V') === 0
      this.write(short ? `${RESULT_CODES[code]}${cr}` : `${cr}${lf}${words}${cr}${lf}`)
    }
    this.state = 'ready'
    for (const lines of this.held.splice(0)) this.inform(lines)
  }

  private errorWords({ by, error }: Extract<Reply, { is: 'refused' }>): ResultCode | { words: string } {
    const mode = this.works.settings.get('+CMEE')
    if (by === 'messages') return { words: `+CMS ERROR: ${mode === 2 ? CMS_ERRORS[error] : error}` }
    if (mode === 0) return 'ERROR'
    return { words: `+CME ERROR: ${mode === 2 ? CME_ERRORS[error] : error}` }
  }

  private get cr(): string {
    return String.fromCharCode(this.works.settings.get('S3'))
  }
  private get lf(): string {
    return String.fromCharCode(this.works.settings.get('S4'))
  }

  private write(text: string): void {
    this.output += text
    if (!this.isWorking) this.flush()
  }
  private flush(): void {
    const { link, output } = this
    this.output = ''
    if (output !== '' && link.up && !link.write(Buffer.from(output, 'latin1'))) this.counts.unsent++
  }

  private later(delayUs: Micros, name: string, then: () => void): void {
    const { life } = this
    this.timers.after(delayUs, name, () => {
      if (life === this.life) then()
    })
  }
}

const cms305: Reply = { is: 'refused', by: 'messages', error: 305 }
