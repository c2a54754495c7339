/**
 * One hub's attachment to the packet gateway: over an emulated radio network, or by a real modem, whose network has to let it on as
 * well. The fault hooks stand in for the radio network.
 */
import { toHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, AttachRefusal, CellularLink, Standing, WanListener } from '../ports/wan.ts'
import type { HeadEnd } from './head-end.ts'
import { type Admission, NetworkFaults } from './network-faults.ts'
import { type UplinkLimits, UplinkShare } from './uplink-share.ts'

export interface HubLinkOptions {
  installation: string
  hub: Eui64
  imsi: string
  timers: Timers
  trace: Trace
  attachUs: Micros
  /** What lies behind one of the access points; what is behind the others always answers. */
  headEnd?: HeadEnd
  /** How strongly it hears the network where it has coverage, dBm. @source assumed: -83 */
  signalDbm?: number
  /** A real one, and its network; absent: the radio network is emulated. */
  modem?: CellularLink | undefined
}

/** @internal What a link asks of its gateway. */
export interface LinkGateway {
  /** How much each hub may say unasked; undefined: as much as it will. */
  readonly uplink: UplinkLimits | undefined
  /** `givenIp`: the address that a network of its own has given. */
  admit(link: HubLink, apn: Apn, givenIp?: string): Admission
  release(link: HubLink, session: { apn: Apn; ip: string }, reason: string): void
  up(link: HubLink, session: { apn: Apn; ip: string }, octets: Uint8Array): void
  welcomes(link: HubLink): boolean
  /** The network treats it otherwise than before. */
  review(link: HubLink): void
}

export class HubLink implements CellularLink {
  readonly imsi: string
  readonly installation: string
  /** What is wrong with the network where this hub is. */
  readonly network: NetworkFaults
  private readonly gateway: LinkGateway
  private readonly options: HubLinkOptions
  private listener: WanListener | undefined
  private current: { apn: Apn; ip: string } | undefined
  private attaching: Timer | undefined
  private covered = true
  private told: Standing
  private readonly share: UplinkShare | undefined
  private onStanding: () => void = () => {}

  constructor(gateway: LinkGateway, options: HubLinkOptions) {
    this.gateway = gateway
    this.options = options
    this.imsi = options.imsi
    this.installation = options.installation
    this.network = new NetworkFaults({ trace: options.trace, onChange: () => gateway.review(this) })
    this.share = gateway.uplink && this.shareOf(gateway.uplink)
    this.told = this.standing
    options.headEnd?.watch(() => this.listener?.onReady?.())
    this.follow(options.modem)
  }

  get identity(): { installation: string; hub: Eui64 } {
    return { installation: this.options.installation, hub: this.options.hub }
  }
  get session(): { apn: Apn; ip: string } | undefined {
    return this.current
  }

  get standing(): Standing {
    const { modem } = this.options
    if (!this.covered) return 'no-coverage'
    if (modem && modem.standing !== 'welcome') return modem.standing
    return this.gateway.welcomes(this) ? 'welcome' : 'denied'
  }
  get signalDbm(): number | undefined {
    const { modem, signalDbm = SIGNAL_DBM } = this.options
    if (!this.covered) return undefined
    return modem ? modem.signalDbm : signalDbm
  }
  watchStanding(changed: () => void): void {
    this.onStanding = changed
  }

  listen(listener: WanListener): void {
    this.listener = listener
  }

  /** A modem holds one session: it lets go of the one it has before it asks for another. */
  attach(apn: Apn): void {
    this.detach()
    const { modem, timers, attachUs } = this.options
    if (modem && this.covered) return modem.attach(apn)
    this.attaching = timers.after(attachUs, 'wan attach', () => {
      this.attaching = undefined
      this.enter(apn)
    })
  }

  detach(): void {
    this.attaching?.cancel()
    this.attaching = undefined
    this.options.modem?.detach()
    this.end('detached')
  }

  send(octets: Uint8Array, unasked = false): boolean {
    if (!this.current || !this.covered || !this.passes(this.current, 'up')) return false
    if (this.share?.take(unasked) === false) return false
    this.options.trace.emit({ kind: 'wan.up', ...this.current, octets: toHex(octets) })
    this.gateway.up(this, this.current, octets)
    return true
  }

  /** The network ends the session. */
  drop(reason: string): void {
    this.options.modem?.detach()
    if (this.end(reason)) this.listener?.onDetached(reason)
  }

  /** Fault: radio coverage comes and goes. */
  setCoverage(covered: boolean): void {
    this.covered = covered
    if (!covered) this.drop('no-coverage')
    this.changed()
  }

  /** @internal Ends a session that is no longer as the network has it. */
  comply(admit: (apn: Apn, givenIp?: string) => Admission): void {
    const { current } = this
    const verdict = current && admit(current.apn, this.options.modem && current.ip)
    if (!verdict) return
    if ('refused' in verdict) this.drop(verdict.refused)
    else if (verdict.ip !== current.ip) this.drop('address')
  }

  /** @internal The network may look at this SIM with other eyes. */
  changed(): void {
    const { standing } = this
    if (standing === this.told) return
    this.told = standing
    this.onStanding()
    if (this.options.modem && standing === 'welcome') this.listener?.onReachable?.()
  }

  /** @internal */
  receive(octets: Uint8Array): void {
    if (!this.current || !this.passes(this.current, 'down')) return
    this.share?.asked()
    this.options.trace.emit({ kind: 'wan.down', ...this.current, octets: toHex(octets) })
    this.listener?.onMessage(octets)
  }

  /** @internal A message for an address of this SIM where it is not attached. */
  refuseDown(apn: Apn, ip: string): void {
    this.options.trace.emit({ kind: 'wan.refused', reason: 'no-session', detail: `nobody is attached at ${apn} ${ip}` })
  }

  /** Whether the party behind the access point and the hub hear each other. */
  private passes({ apn, ip }: { apn: Apn; ip: string }, way: 'up' | 'down'): boolean {
    const { headEnd, trace } = this.options
    if (headEnd?.apn !== apn) return true
    if (way === 'down' ? headEnd.speaks() : headEnd.lack === undefined) return true
    headEnd.unreached++
    trace.emit({ kind: 'wan.refused', reason: 'no-peer', detail: `${apn} ${ip}: ${headEnd.lack}` })
    return false
  }

  /** What a real modem tells. */
  private follow(modem: CellularLink | undefined): void {
    modem?.listen({
      onAttached: ({ apn, ip }) => this.enter(apn, ip),
      onAttachRefused: (apn, reason) => this.refused(apn, reason),
      onDetached: reason => this.drop(reason),
      onMessage: () => {},
    })
    modem?.watchStanding(() => this.changed())
  }

  private enter(apn: Apn, givenIp?: string): void {
    const verdict = this.covered ? this.gateway.admit(this, apn, givenIp) : { refused: 'no-coverage' as const }
    if ('refused' in verdict) {
      this.options.modem?.detach()
      return this.refused(apn, verdict.refused)
    }
    this.current = { apn, ip: verdict.ip }
    this.options.trace.emit({ kind: 'wan.attached', apn, ip: verdict.ip })
    this.listener?.onAttached({ apn, ip: verdict.ip })
  }
  private refused(apn: Apn, reason: AttachRefusal): void {
    this.options.trace.emit({ kind: 'wan.attach-refused', apn, reason })
    this.listener?.onAttachRefused(apn, reason)
  }

  private shareOf(limits: UplinkLimits): UplinkShare {
    const { timers, trace } = this.options
    return new UplinkShare({
      limits,
      timers,
      onFull: () => trace.emit({ kind: 'wan.capped' }),
      onRoom: () => this.listener?.onReady?.(),
      onOver: refused => trace.emit({ kind: 'wan.uncapped', refused }),
    })
  }

  private end(reason: string): boolean {
    const session = this.current
    if (!session) return false
    this.current = undefined
    this.options.trace.emit({ kind: 'wan.detached', ...session, reason })
    this.gateway.release(this, session, reason)
    return true
  }
}

/** A fair signal. Assumed. */
const SIGNAL_DBM = -83
