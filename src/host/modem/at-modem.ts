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
import { AtChannel, type AtChannelCounts } from './at-channel.ts'
import {
  identify,
  identifySim,
  isActive,
  isUnasked,
  type ModemIdentity,
  order,
  question,
  signalOf,
  valuesOf,
} from './commands.ts'
import { ModemMessages } from './messages.ts'
import { closeSession, endsSession, openSession } from './packet-session.ts'
import { type Procedure, Procedures } from './procedure.ts'
import { Registrations } from './registrations.ts'
import { greet, SimPin } from './start-up.ts'

export interface AtModemOptions {
  link: ByteLink
  timers: Timers
  /** What the SIM is opened with. It is tried once: a SIM that is told a wrong one three times is locked. */
  pin?: string
  /** Context that is ours. */
  cid?: number
  /** Between two looks at it. @source assumed: 10 s */
  pollUs?: Micros
  /** It can be used, or not any more. */
  onState?: () => void
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
  private readonly registrations = new Registrations(() => this.standingChanged())
  private readonly pin: SimPin
  /** Those that arrive at its SIM. */
  readonly messages = new ModemMessages()
  private known: ModemIdentity = {}
  private current: ModemState = { is: 'absent' }
  private listener: WanListener | undefined
  private onStanding: () => void = () => {}
  private told: Standing = 'no-coverage'
  private signal: number | undefined
  private active: { apn: Apn; ip: string } | undefined
  private attaching: { apn: Apn; procedure?: Procedure } | undefined
  private poll: Timer | undefined
  private silentLooks = 0

  constructor(options: AtModemOptions) {
    const { link, timers } = options
    this.options = options
    this.pin = new SimPin(options.pin)
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
    return this.current.is === 'ready' ? this.registrations.standing : 'no-coverage'
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
    if (this.current.is === 'ready' && (active || attaching?.procedure)) this.procedures.add(closeSession(this.cid))
  }

  /** Nothing is sent: a bare AT modem carries no payload. */
  send(): boolean {
    return false
  }

  private begin(): void {
    this.procedures.forget()
    this.poll?.cancel()
    this.silentLooks = 0
    this.registrations.forget()
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
    this.options.onState?.()
    this.standingChanged()
    if (state.is === 'ready' && this.attaching) this.attachNow()
    else if (state.is === 'locked') this.refused('sim')
    else if (state.is === 'absent') this.refused('no-coverage')
  }

  private *start(): Procedure {
    if (!(yield* greet())) return this.again('it does not answer as a modem')
    this.known = yield* identify()
    const why = yield* this.pin.open()
    if (why !== undefined) {
      this.become({ is: 'locked', why })
      return this.lookLater()
    }
    this.known = { ...this.known, ...(yield* identifySim()) }
    const [power] = valuesOf(yield question('+CFUN'))
    if (power && power.text !== '1') yield order('+CFUN=1', seconds(20))
    yield* this.registrations.subscribe()
    yield* this.messages.subscribe()
    // Not every modem tells when the network ends a session; we look as well.
    yield order('+CGEREP=1,0')
    yield* this.look()
    // A session that is not ours is in the way.
    yield* closeSession(this.cid)
    this.become({ is: 'ready' })
    this.lookLater()
  }

  private *attachTo(apn: Apn): Procedure {
    const opened = yield* openSession(this.cid, apn)
    if ('ip' in opened) {
      this.attaching = undefined
      this.active = { apn, ip: opened.ip }
      return this.listener?.onAttached({ apn, ip: opened.ip })
    }
    // What does not say why is judged by whether the network knows us.
    yield* this.look()
    this.refused(opened.refused ?? this.guess())
  }

  /** What there is to see; true when the modem is as it was left. */
  private *look(): Procedure<boolean> {
    const found = yield* this.registrations.look()
    this.silentLooks = found === 'silent' ? this.silentLooks + 1 : 0
    this.signal = signalOf(yield question('+CSQ', ''))
    return found !== 'restarted'
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
    if (!this.attaching || this.attaching.procedure) return
    const procedure = this.attachTo(this.attaching.apn)
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
    if (this.registrations.heard(line)) return
    if (this.messages.tellsOf(line) && this.current.is === 'ready') this.procedures.add(this.messages.collect())
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
