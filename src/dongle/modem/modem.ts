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
import type { CellularLink, SmsLink } from '../../ports/wan.ts'
import { type AtCommand, parseCommandLine } from '../../wire/at/command-line.ts'
import { AtLineReader } from '../../wire/at/line-reader.ts'
import type { ResultCode } from '../../wire/at/result-codes.ts'
import { Announcements } from './announcements.ts'
import { Cellular } from './cellular.ts'
import { rowOf } from './commands/table.ts'
import { Input } from './input.ts'
import { MessageStore } from './message-store.ts'
import { cme, type Reply, result } from './reply.ts'
import { Settings } from './settings.ts'
import { SimCard, type SimCardOptions } from './sim-card.ts'
import { Terminal } from './terminal.ts'
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
  /** Answers that the line did not take, and what was told unasked while too much waited. */
  unsent: number
}

/** From power to the first command it hears. Assumed. */
const BOOT_US: Micros = seconds(3)

export class Modem {
  private readonly counted = { malformed: 0, refused: 0 }
  private readonly terminal: Terminal
  private readonly timers: Timers
  private readonly works: Works
  private readonly reader = new AtLineReader()
  private readonly announcements: Announcements
  private readonly input = new Input()
  private isWorking = false
  private entry: TextEntry | undefined
  private lastLine = ''
  private state: 'ready' | 'busy' | 'booting' = 'booting'
  /** Counts restarts and terminals: what began in an earlier life ends in none. */
  private life = 0

  constructor(options: ModemOptions) {
    const { link, wan, sms, clock, timers, trace, facts, operator } = options
    this.timers = timers
    const sim = new SimCard(options.sim)
    const cellular = new Cellular({
      ...{ wan, sim, timers },
      onRegistration: () => this.announcements.registrationChanged(),
      onSessionLost: (cid, ip) => this.announcements.sessionLost(cid, ip),
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
    this.terminal = new Terminal({ link, settings: this.works.settings })
    this.announcements = new Announcements({
      ...{ works: this.works, trace },
      isHeard: () => this.terminal.up,
      tell: (...lines) => this.tell(...lines),
    })
    sms.listen(message => this.state !== 'booting' && this.announcements.arrived(message))
    link.listen({
      onOctets: octets => this.heard(octets),
      onUp: () => this.newTerminal(),
      onDown: () => this.newTerminal(),
    })
    this.boot()
  }

  get counts(): Readonly<ModemCounts> {
    return { ...this.counted, dropped: this.input.dropped, unsent: this.terminal.unsent }
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
    this.input.forget()
    this.terminal.forget()
    this.entry = undefined
  }

  private heard(octets: Uint8Array): void {
    if (this.state === 'booting') return
    this.input.push(octets)
    this.work()
  }

  /** Takes input until a command takes its time. */
  private work(): void {
    if (this.isWorking) return
    this.isWorking = true
    this.terminal.gather(() => {
      for (let octet = this.nextOctet(); octet !== undefined; octet = this.nextOctet()) this.takeOctet(octet)
    })
    this.input.keep()
    this.isWorking = false
  }

  private nextOctet(): number | undefined {
    return this.state === 'ready' ? this.input.next() : undefined
  }

  private takeOctet(octet: number): void {
    const { settings } = this.works
    if (!this.entry || octet !== CTRL_Z) this.terminal.echo(octet)
    if (this.entry) return this.entry.take(octet)
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
    this.counted.malformed++
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
        this.terminal.inform(reply.lines)
        return this.carryOut(more)
      case 'result':
        if (reply.code === 'ERROR') this.counted.refused++
        return this.end(reply.code)
      case 'refused':
        this.counted.refused++
        return this.end(reply)
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
    this.terminal.prompt()
    this.entry = new TextEntry({
      onNewLine: () => this.terminal.prompt(),
      onEnd: text => {
        this.entry = undefined
        this.state = 'busy'
        this.takeReply(text === 'too long' ? cms305 : take(text), more)
      },
    })
  }

  /** Tells something unasked, between commands. */
  private tell(...lines: string[]): void {
    if (this.state === 'booting') return
    if (this.state === 'ready' && !this.entry) this.terminal.inform(lines)
    else this.terminal.hold(lines)
  }

  private end(code: ResultCode | Extract<Reply, { is: 'refused' }>): void {
    this.terminal.end(code)
    this.state = 'ready'
    this.terminal.release()
  }

  private later(delayUs: Micros, name: string, then: () => void): void {
    const { life } = this
    this.timers.after(delayUs, name, () => {
      if (life === this.life) then()
    })
  }
}

const cms305: Reply = { is: 'refused', by: 'messages', error: 305 }
