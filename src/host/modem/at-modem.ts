/**
 * Drives a modem that speaks standard AT commands, real over a serial line or emulated, and offers it as a CellularLink: access
 * points, sessions, addresses, coverage. A bare AT modem carries no IP payload: `send` takes nothing, and nothing is received.
 * @source ITU-T V.250; 3GPP TS 27.007
 */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import type { Apn, AttachRefusal, CellularLink, Standing, WanListener } from '../../ports/wan.ts'
import type { RegistrationState } from '../../wire/at/network.ts'
import { textOf } from '../../wire/at/parameters.ts'
import { type Answer, AtChannel, type AtChannelCounts } from './at-channel.ts'
import {
  activate,
  address,
  addressOf,
  attachToPackets,
  define,
  identify,
  identifySim,
  isActive,
  isUnasked,
  type ModemIdentity,
  order,
  question,
  REGISTRATION_COMMANDS,
  type RegistrationCommand,
  refusalOf,
  registrationOf,
  registrationQuestion,
  signalOf,
  valuesOf,
} from './commands.ts'
import { type Procedure, Procedures } from './procedure.ts'

export interface AtModemOptions {
  link: ByteLink
  timers: Timers
  /** What the SIM is opened with. It is tried once: a SIM that is told a wrong one three times is locked. */
  pin?: string
  /** Context that is ours. */
  cid?: number
  /** Between two looks at it. @source assumed: 10 s */
  pollUs?: Micros
}

/** Whether it can be used. */
export type ModemState =
  /** Nobody on the line, or somebody who does not answer as a modem. */
  | { is: 'absent' }
  | { is: 'starting' }
  | { is: 'ready' }
  /** It is there, but its SIM will not do: why, for people. */
  | { is: 'locked'; why: string }

const POLL_US = seconds(10)
/** Looks without an answer after which the modem counts as gone. Assumed. */
const MOST_SILENT = 2

export class AtModem implements CellularLink {
  /** Nothing but the attachment: see above. */
  readonly carriesPayload = false
  private readonly options: AtModemOptions
  private readonly channel: AtChannel
  private readonly procedures: Procedures
  private readonly cid: number
  private known: ModemIdentity = {}
  /** Those that it was told to tell of. */
  private readonly telling = new Set<RegistrationCommand>()
  private readonly registrations = new Map<RegistrationCommand, RegistrationState>()
  private current: ModemState = { is: 'absent' }
  private listener: WanListener | undefined
  private onStanding: () => void = () => {}
  private told: Standing = 'no-coverage'
  private signal: number | undefined
  private active: { apn: Apn; ip: string } | undefined
  private attaching: { apn: Apn; procedure?: Procedure } | undefined
  private poll: Timer | undefined
  private silentLooks = 0
  /** Why the PIN is not tried again. */
  private pinRefused: string | undefined

  constructor(options: AtModemOptions) {
    const { link, timers } = options
    this.options = options
    this.cid = options.cid ?? 1
    this.channel = new AtChannel({
      ...{ link, timers, isUnasked },
      onUnasked: line => this.heard(line),
      onUp: () => this.begin(),
      onDown: reason => this.gone(reason),
    })
    this.procedures = new Procedures(this.channel)
  }

  get counts(): Readonly<AtChannelCounts> {
    return this.channel.counts
  }
  get state(): ModemState {
    return this.current
  }
  /** What it has told of itself. */
  get identity(): Readonly<ModemIdentity> {
    return this.known
  }
  /** The session there is. */
  get session(): { apn: Apn; ip: string } | undefined {
    return this.active
  }
  get standing(): Standing {
    if (this.current.is === 'locked') return 'denied'
    if (this.current.is !== 'ready') return 'no-coverage'
    const states = [...this.registrations.values()]
    if (states.some(one => one === 'home' || one === 'roaming')) return 'welcome'
    return states.includes('denied') ? 'denied' : 'no-coverage'
  }
  get signalDbm(): number | undefined {
    return this.current.is === 'ready' ? this.signal : undefined
  }

  listen(listener: WanListener): void {
    this.listener = listener
  }
  watchStanding(changed: () => void): void {
    this.onStanding = changed
  }

  attach(apn: Apn): void {
    this.detach()
    this.attaching = { apn }
    const { is } = this.current
    // A modem that is starting is waited for.
    if (is === 'ready') this.attachNow()
    else if (is !== 'starting') {
      const { attaching } = this
      this.options.timers.after(0, 'modem attach', () => {
        if (attaching === this.attaching) this.refused(is === 'locked' ? 'sim' : 'no-coverage')
      })
    }
  }

  detach(): void {
    const { attaching, active } = this
    this.attaching = undefined
    this.active = undefined
    if (attaching?.procedure) this.procedures.cancel(attaching.procedure)
    if (this.current.is === 'ready' && (active || attaching?.procedure)) this.procedures.add(this.release())
  }

  /** Nothing is sent: a bare AT modem carries no payload. */
  send(): boolean {
    return false
  }

  private begin(): void {
    this.procedures.forget()
    this.poll?.cancel()
    this.silentLooks = 0
    this.registrations.clear()
    this.become({ is: 'starting' })
    this.procedures.add(this.start())
  }

  private gone(reason: string): void {
    this.procedures.forget()
    this.poll?.cancel()
    this.become({ is: 'absent' })
    this.lost(reason)
  }

  private become(state: ModemState): void {
    this.current = state
    this.standingChanged()
    if (state.is === 'ready' && this.attaching) this.attachNow()
    else if (state.is === 'locked') this.refused('sim')
    else if (state.is === 'absent') this.refused('no-coverage')
  }

  private *start(): Procedure {
    // Whatever an earlier host left on its line or in its text entry, the second AT is one.
    yield order('\x1b')
    const there = yield order('')
    // Results in words, errors by number.
    const set = yield order('E0Q0V1')
    if (there.is !== 'ok' || set.is !== 'ok') return this.again('it does not answer as a modem')
    yield order('+CMEE=1')
    this.known = yield* identify()
    const why = yield* this.openSim()
    if (why !== undefined) {
      this.become({ is: 'locked', why })
      return this.lookLater()
    }
    this.known = { ...this.known, ...(yield* identifySim()) }
    const [power] = valuesOf(yield question('+CFUN'))
    if (power && power.text !== '1') yield order('+CFUN=1', seconds(20))
    this.telling.clear()
    for (const name of REGISTRATION_COMMANDS) {
      const told = yield order(`${name}=1`)
      if (told.is === 'ok') this.telling.add(name)
    }
    // Not every modem tells when the network ends a session; we look as well.
    yield order('+CGEREP=1,0')
    yield* this.look()
    // A session that is not ours is in the way.
    yield activate(this.cid, false)
    this.become({ is: 'ready' })
    this.lookLater()
  }

  /** Why the SIM will not do. */
  private *openSim(): Procedure<string | undefined> {
    const asked = yield question('+CPIN')
    const state = textOf(valuesOf(asked)[0])
    if (state === 'READY') return undefined
    // Makers of modems without a SIM lock leave the command out.
    if (asked.is === 'error' && asked.of === undefined) return undefined
    if (state !== 'SIM PIN')
      return state === undefined ? `the SIM cannot be read (${wordsOf(asked)})` : `it wants ${state}`
    const { pin } = this.options
    if (pin === undefined) return 'the SIM wants a PIN, and none is known'
    if (this.pinRefused !== undefined) return this.pinRefused
    this.pinRefused = 'the PIN was sent and not taken; it is not tried again'
    const tried = yield order(`+CPIN="${pin}"`, seconds(20))
    if (tried.is === 'ok') this.pinRefused = undefined
    return this.pinRefused
  }

  private *attachProcedure(apn: Apn): Procedure {
    yield activate(this.cid, false)
    const defined = yield define(this.cid, apn)
    const attached = defined.is === 'ok' ? yield attachToPackets() : defined
    const activated = attached.is === 'ok' ? yield activate(this.cid, true) : attached
    if (activated.is !== 'ok') {
      // What does not say why is judged by whether the network knows us.
      yield* this.look()
      return this.refused(activated.is === 'silent' ? 'no-coverage' : (refusalOf(activated) ?? this.guess()))
    }
    const ip = addressOf(yield address(this.cid), this.cid)
    if (ip === undefined) {
      yield activate(this.cid, false)
      return this.refused('no-address')
    }
    this.attaching = undefined
    this.active = { apn, ip }
    this.listener?.onAttached({ apn, ip })
  }

  private *release(): Procedure {
    yield activate(this.cid, false)
  }

  /** What there is to see; true when the modem is as it was left. */
  private *look(): Procedure<boolean> {
    let restarted = false
    let answered = false
    for (const name of REGISTRATION_COMMANDS) {
      const answer = yield registrationQuestion(name)
      answered ||= answer.is !== 'silent'
      const found = answer.lines.map(registrationOf).find(one => one?.mode !== undefined)
      if (found) this.registrations.set(name, found.state)
      // It was told to tell, and has forgotten.
      if (found?.mode === 0 && this.telling.has(name)) restarted = true
    }
    if (!answered) this.silentLooks++
    else this.silentLooks = 0
    this.signal = signalOf(yield question('+CSQ', ''))
    this.standingChanged()
    return !restarted
  }

  private *watch(): Procedure {
    const asItWas = yield* this.look()
    if (this.silentLooks >= MOST_SILENT) return this.again('it does not answer any more')
    if (!asItWas) return this.again('it has restarted')
    if (this.active && isActive(yield question('+CGACT'), this.cid) === false) this.lost('the session has ended')
    this.lookLater()
  }

  /** From the beginning, after a while. */
  private again(why: string): void {
    this.procedures.forget()
    this.channel.abandon()
    this.poll?.cancel()
    this.become({ is: 'absent' })
    this.lost(why)
    this.poll = this.options.timers.after(this.options.pollUs ?? POLL_US, 'modem again', () => this.begin())
  }

  private lookLater(): void {
    this.poll = this.options.timers.after(this.options.pollUs ?? POLL_US, 'modem look', () => {
      this.procedures.add(this.current.is === 'locked' ? this.start() : this.watch())
    })
  }

  private attachNow(): void {
    if (!this.attaching) return
    const procedure = this.attachProcedure(this.attaching.apn)
    this.attaching.procedure = procedure
    this.procedures.add(procedure)
  }

  private guess(): AttachRefusal {
    const { standing } = this
    return standing === 'denied' ? 'sim' : standing === 'welcome' ? 'plan' : 'no-coverage'
  }

  private refused(reason: AttachRefusal): void {
    const { attaching } = this
    this.attaching = undefined
    if (attaching) this.listener?.onAttachRefused(attaching.apn, reason)
  }

  private lost(reason: string): void {
    if (!this.active) return
    this.active = undefined
    this.listener?.onDetached(reason)
  }

  private heard(line: string): void {
    const registration = registrationOf(line)
    if (registration) {
      this.registrations.set(registration.name, registration.state)
      return this.standingChanged()
    }
    if (endsSession(line, this.cid)) this.lost('the network has ended the session')
    if (line.startsWith('RDY') && this.current.is === 'ready') this.again('it has restarted')
  }

  private standingChanged(): void {
    const { standing } = this
    if (standing === this.told) return
    this.told = standing
    this.onStanding()
  }
}

/** A packet domain event that ends the session of a context, or all of them. @source 3GPP TS 27.007, 10.1.19 */
function endsSession(line: string, cid: number): boolean {
  if (/^\+CGEV: (NW|ME) DETACH/.test(line)) return true
  const named = /^\+CGEV: NW (?:PDN )?DEACT .*?(\d+)$/.exec(line)?.[1]
  return named !== undefined && Number(named) === cid
}

const wordsOf = (answer: Answer): string => (answer.is === 'error' ? answer.words : 'no answer')
