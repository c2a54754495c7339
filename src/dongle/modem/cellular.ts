/** The radio side of a modem: its power, whether the network knows it, and the one packet session it can have. */
import { seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import type { Apn, CellularLink } from '../../ports/wan.ts'
import { REFUSALS, type RegistrationState } from '../../wire/at/network.ts'
import type { CmeError } from '../../wire/at/result-codes.ts'
import type { SimCard } from './sim-card.ts'

/** From power or a change until the network has answered. Assumed. */
const SEARCH_US = seconds(2)
/** How long a terminal is kept waiting for the network; longer than any gateway takes. Assumed. */
const PATIENCE_US = seconds(150)
/** Contexts that can be defined. Assumed. */
export const MOST_CONTEXTS = 5

/** Minimum, full, radio off. @source 3GPP TS 27.007, 8.2 */
export const FUNCTIONALITY = [0, 1, 4] as const
export type Functionality = (typeof FUNCTIONALITY)[number]
/** Whichever operator, a certain one, none. @source 3GPP TS 27.007, 7.3 */
export type Selection = 0 | 1 | 2

export interface Context {
  apn: Apn
  /** None, PAP or CHAP; the SM WAN asks nobody for a password. */
  auth: { type: number; user: string; password: string } | undefined
}

export interface CellularOptions {
  wan: CellularLink
  sim: SimCard
  timers: Timers
  onRegistration: () => void
  /** The network ended the session of this context. */
  onSessionLost: (cid: number, ip: string) => void
}

export class Cellular {
  /** What the terminal defined, by `<cid>`; kept over a restart, as in the flash of most modems. */
  readonly contexts = new Map<number, Context>()
  private readonly options: CellularOptions
  private power: Functionality = 1
  private chosen: Selection = 0
  /** Whether the terminal wants to be on the packet side of the network. */
  private wantsPackets = true
  private state: RegistrationState = 'idle'
  private search: Timer | undefined
  private current: { cid: number; ip: string } | undefined
  private activating: { cid: number; end: (outcome: CmeError | { ip: string }) => void } | undefined
  private readonly waiting = new Set<() => void>()

  constructor(options: CellularOptions) {
    const { wan } = options
    this.options = options
    wan.listen({
      onAttached: ({ ip }) => this.activating?.end({ ip }),
      onAttachRefused: (_apn, reason) => this.activating?.end(REFUSALS[reason]),
      onDetached: () => this.lost(),
      onMessage: () => {},
    })
    wan.watchStanding(() => this.look())
  }

  get functionality(): Functionality {
    return this.power
  }
  get registration(): RegistrationState {
    return this.state
  }
  /** As +CGREG or +CEREG tell it. */
  get packetRegistration(): RegistrationState {
    return this.state === 'home' && !this.wantsPackets ? 'idle' : this.state
  }
  get packetAttached(): boolean {
    return this.state === 'home' && this.wantsPackets
  }
  /** The session there is. */
  get session(): { cid: number; ip: string } | undefined {
    return this.current
  }
  /** dBm; undefined without coverage or power. */
  get signalDbm(): number | undefined {
    return this.power === 1 ? this.options.wan.signalDbm : undefined
  }
  get selection(): Selection {
    return this.chosen
  }

  /** Loses power for a moment. */
  restart(): void {
    this.search?.cancel()
    this.search = undefined
    this.deactivate()
    this.power = 1
    this.chosen = 0
    this.wantsPackets = true
    this.become('idle')
  }
  setFunctionality(power: Functionality): void {
    this.power = power
    this.look()
  }
  /** Onto the network, or off it. There is one operator. */
  select(selection: Selection): void {
    this.chosen = selection
    this.look()
  }

  /** Looks what the network makes of us now: after power, a PIN, another standing. */
  look(): void {
    const { wan, sim } = this.options
    this.search?.cancel()
    this.search = undefined
    if (this.power !== 1 || this.chosen === 2 || sim.lock !== undefined) return this.become('idle')
    if (this.state === 'home' && wan.standing === 'welcome') return
    this.become(wan.standing === 'denied' && this.state === 'denied' ? 'denied' : 'searching')
    if (wan.standing === 'no-coverage' || this.state === 'denied') return
    this.search = this.options.timers.after(SEARCH_US, 'modem network search', () => {
      this.search = undefined
      this.become(wan.standing === 'welcome' ? 'home' : 'denied')
    })
  }

  /** Onto the packet domain; why not, or undefined. */
  attach(finish: (error?: CmeError) => void): void {
    this.wantsPackets = true
    this.whenSettled(() => {
      if (this.packetAttached) return finish()
      finish(this.state === 'denied' ? REFUSALS.sim : REFUSALS['no-coverage'])
    })
    this.options.onRegistration()
  }
  detach(): void {
    this.deactivate()
    this.wantsPackets = false
    this.options.onRegistration()
  }

  /** A session for a context; why not, or undefined. @source assumed: a modem like this has one at a time */
  activate(cid: number, finish: (error?: CmeError) => void): void {
    const context = this.contexts.get(cid)
    if (!context) return finish(3)
    if (this.current?.cid === cid) return finish()
    if (this.current) return finish(3)
    this.attach(error => {
      if (error !== undefined) return finish(error)
      const patience = this.options.timers.after(PATIENCE_US, 'modem activation', () => this.activating?.end(31))
      const end = (outcome: CmeError | { ip: string }) => {
        patience.cancel()
        this.activating = undefined
        if (typeof outcome === 'number') return finish(outcome)
        this.current = { cid, ip: outcome.ip }
        finish()
      }
      this.activating = { cid, end }
      this.options.wan.attach(context.apn)
    })
  }

  deactivate(): void {
    this.current = undefined
    const { activating } = this
    this.options.wan.detach()
    activating?.end(REFUSALS['no-coverage'])
  }

  private lost(): void {
    const { current } = this
    this.current = undefined
    if (current) this.options.onSessionLost(current.cid, current.ip)
  }

  /** Calls back once the network has answered, or cannot. */
  whenSettled(then: () => void): void {
    if (!this.isSettling) return then()
    this.waiting.add(then)
  }
  /** The network has not answered yet, and will. */
  private get isSettling(): boolean {
    return this.state === 'searching' && this.options.wan.standing !== 'no-coverage'
  }

  private become(state: RegistrationState): void {
    const changed = state !== this.state
    this.state = state
    if (state !== 'home' && (this.current || this.activating)) this.deactivate()
    if (changed) this.options.onRegistration()
    if (this.isSettling) return
    const waiting = [...this.waiting]
    this.waiting.clear()
    for (const then of waiting) then()
  }
}
