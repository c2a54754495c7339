/** How one node gets onto its network, back onto it and off it: carries out what `standing` decides. */
import { seconds } from '../base/time.ts'
import type { HanListener, JoinFailure } from '../ports/han.ts'
import type { Clock, Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Nwk } from './nwk/nwk.ts'
import { type Standing, type StandingEffect, type StandingEvent, stand } from './standing.ts'
import type { Zdo } from './zdo/zdo.ts'

export interface CommissioningOptions {
  nwk: Nwk
  zdo: Zdo
  clock: Pick<Clock, 'nowUs'>
  timers: Timers
  trace: Trace
  /** Channels looked at for networks. */
  channels: readonly number[]
  /** Coordinators announce themselves to nobody. */
  isCoordinator: boolean
  /** It holds a network and its keys from before, to which it has to find back. */
  remembers: boolean
  owner: () => HanListener
  /** Asks the trust centre for a sign of life; `onDone` is called once, later. */
  seekCentre: (onDone: (answered: boolean) => void) => void
  /** Makes sure of a link key that may carry data, then says so by `proven`. */
  prove: () => void
  /** What the layers above the network keep of it is void. */
  forget: () => void
  /** Something is awaited: a sleeper has to ask for it. */
  onWaiting: () => void
  /** It asks to be taken back without the network key, perhaps by another trust centre. */
  onReturn: () => void
}

/** A joiner without a network key gives up. @source ZigBee apsSecurityTimeOutPeriod, of the order of 10 s */
const NO_KEY_US = seconds(10)
/** An announcement and its repetitions take this long. @source assumed */
const ANNOUNCED_US = seconds(0.3)
/** A lost node tries again at the sound of its trust centre, so often at most. @source assumed */
const HEARD_AGAIN_US = seconds(60)
/** Unanswered polls in a row after which a parent is lost. @source assumed */
const POLLS_UNANSWERED = 3

/** Standings in which a frame of the parent is awaited. */
const WAITING: ReadonlySet<Standing> = new Set([
  ...(['awaiting-key', 'rejoining', 'seeking-centre', 'returning', 'awaiting-key-again'] as const),
])

export class Commissioning {
  private readonly options: CommissioningOptions
  private standing: Standing
  /** The owner was told that the node is on the network, and nothing else since. */
  private toldJoined = false
  private deadline: Timer | undefined
  private unanswered = 0
  private searches = 0
  private heardAtUs = Number.NEGATIVE_INFINITY

  constructor(options: CommissioningOptions) {
    this.options = options
    this.standing = options.remembers ? 'lost' : 'out'
  }

  /** Holds all the keys it needs. */
  get joined(): boolean {
    return this.standing === 'member'
  }
  /** On the network as far as its owner knows, though it may be looking for a parent or for a key. */
  get belongs(): boolean {
    return this.toldJoined
  }
  /** On a network, as far as it knows. */
  get knowsNetwork(): boolean {
    return this.standing !== 'out' && this.standing !== 'associating'
  }
  /** A frame of the parent is awaited. */
  get waiting(): boolean {
    return WAITING.has(this.standing)
  }
  /** The network key is awaited. */
  get awaitsKey(): boolean {
    return this.standing === 'awaiting-key' || this.standing === 'awaiting-key-again'
  }

  /** A child asked its parent for what is held. */
  polled(answered: boolean): void {
    this.unanswered = answered ? 0 : this.unanswered + 1
    if (this.unanswered < POLLS_UNANSWERED) return
    this.unanswered = 0
    this.take('parent-lost')
  }
  /** The trust centre was heard. */
  centreHeard(): void {
    if (this.standing !== 'lost') return
    const nowUs = this.options.clock.nowUs()
    if (nowUs - this.heardAtUs < HEARD_AGAIN_US) return
    this.heardAtUs = nowUs
    this.take('centre-heard')
  }

  /** Asked for what cannot be: the owner is told. */
  refuse(reason: JoinFailure): void {
    this.tellFailed(reason)
  }

  take(event: StandingEvent): void {
    const { standing, effects } = stand(this.standing, event)
    this.standing = standing
    for (const effect of effects) this.carryOut(effect)
    if (this.waiting) this.options.onWaiting()
  }

  private carryOut(effect: StandingEffect): void {
    const { nwk, zdo, timers, channels } = this.options
    if (typeof effect === 'object') {
      if ('tellFailed' in effect) return this.tellFailed(effect.tellFailed)
      return this.toldJoined ? this.tellLeft() : this.tellFailed(effect.tellGone)
    }
    switch (effect) {
      case 'associate':
        return nwk.join(channels, outcome => this.take(outcome))
      case 'await-key':
        this.deadline = timers.after(NO_KEY_US, 'zigbee no key', () => this.take('no-key'))
        return
      case 'stop-waiting':
        return this.deadline?.cancel()
      case 'rejoin':
        return this.rejoin({ unsecured: false })
      case 'return':
        this.options.onReturn()
        return this.rejoin({ unsecured: true })
      case 'announce':
        return zdo.announce(nwk.capability())
      case 'seek-centre':
        return this.seekCentre()
      case 'prove':
        return this.options.prove()
      case 'say-farewell':
        return nwk.leave(() => this.take('left'))
      case 'forget':
        nwk.abandon()
        return this.options.forget()
      case 'tell-joined':
        return this.tellJoined()
      default:
        return effect satisfies never
    }
  }

  private seekCentre(): void {
    const search = ++this.searches
    this.options.seekCentre(answered => {
      if (search === this.searches) this.take(answered ? 'centre-answered' : 'centre-silent')
    })
  }

  private rejoin(how: { unsecured: boolean }): void {
    const { nwk, channels } = this.options
    nwk.rejoin({ ...how, channels }, done => this.take(done ? 'taken-back' : 'not-taken-back'))
  }

  private tellJoined(): void {
    const { nwk, timers, trace, isCoordinator, owner } = this.options
    this.toldJoined = true
    if (!isCoordinator) trace.emit({ kind: 'han.joined', device: nwk.eui64 })
    // Once the announcement is out, so that those who must know do.
    timers.after(isCoordinator ? 0 : ANNOUNCED_US, 'zigbee joined', () => owner().onJoined?.())
  }
  private tellLeft(): void {
    const { nwk, timers, trace, owner } = this.options
    this.toldJoined = false
    trace.emit({ kind: 'han.left', device: nwk.eui64 })
    timers.after(0, 'zigbee left', () => owner().onLeft?.())
  }
  private tellFailed(reason: JoinFailure): void {
    const { nwk, timers, trace, owner } = this.options
    trace.emit({ kind: 'han.join-failed', device: nwk.eui64, reason })
    timers.after(0, 'zigbee join failed', () => owner().onJoinFailed?.(reason))
  }
}
