/**
 * The packet gateway: which hub is attached where, and what passes. A hub is reached at (APN, IP);
 * what the SIM's plan does not allow never gets through.
 */
import { toHex } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, AttachRefusal, CellularLink, Standing, WanListener } from '../ports/wan.ts'
import type { HeadEnd } from './head-end.ts'
import { type Admission, NetworkFaults } from './network-faults.ts'
import type { SimPlatform } from './sim-platform.ts'
import { type UplinkLimits, UplinkShare } from './uplink-share.ts'

/** What leaves the gateway towards the broker. */
export interface GatewayOutlet {
  up(from: HubAddress, octets: Uint8Array): void
  session(at: HubAddress, state: 'up' | 'down', reason?: string): void
}

export interface HubAddress {
  installation: string
  hub: Eui64
  apn: Apn
  ip: string
}

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
}

export class PacketGateway {
  private readonly sims: SimPlatform
  private readonly outlet: GatewayOutlet
  /** How much each hub may say unasked; undefined: as much as it will. */
  readonly uplink: UplinkLimits | undefined
  private readonly links = new Map<string, HubLink>()
  private readonly sessions = new Map<string, HubLink>()

  constructor(options: { sims: SimPlatform; outlet: GatewayOutlet; uplink?: UplinkLimits }) {
    this.sims = options.sims
    this.uplink = options.uplink
    this.outlet = options.outlet
    this.sims.watch(imsi => this.enforce(imsi))
  }

  /** The modem side of one hub's SIM. @throws InvariantError when that SIM is in a modem already */
  link(options: HubLinkOptions): HubLink {
    if (this.links.has(options.imsi)) throw new InvariantError(`gateway: SIM ${options.imsi} is in a modem already`)
    const link = new HubLink(this, options)
    this.links.set(options.imsi, link)
    return link
  }

  /** The installation whose SIM owns the address, attached or not. */
  ownerOf(apn: Apn, ip: string): HubLink | undefined {
    return this.sessions.get(key(apn, ip)) ?? this.links.get(this.sims.holderOf(apn, ip)?.imsi ?? '')
  }

  /** One message for an address. Call it inside the owner's simulated time. */
  down(apn: Apn, ip: string, octets: Uint8Array): void {
    const link = this.sessions.get(key(apn, ip))
    if (link) link.receive(octets)
    else this.ownerOf(apn, ip)?.refuseDown(apn, ip)
  }

  // What follows is for the links.

  /** @internal */
  admit(link: HubLink, apn: Apn): { ip: string } | { refused: AttachRefusal } {
    const verdict = link.network.bend(apn, this.sims.admit(link.imsi, apn))
    if ('ip' in verdict) {
      this.sessions.set(key(apn, verdict.ip), link)
      this.outlet.session({ ...link.identity, apn, ip: verdict.ip }, 'up')
    }
    return verdict
  }
  /** @internal */
  release(link: HubLink, session: { apn: Apn; ip: string }, reason: string): void {
    this.sessions.delete(key(session.apn, session.ip))
    this.outlet.session({ ...link.identity, ...session }, 'down', reason)
  }
  /** @internal */
  up(link: HubLink, session: { apn: Apn; ip: string }, octets: Uint8Array): void {
    this.outlet.up({ ...link.identity, ...session }, octets)
  }

  /** @internal */
  welcomes(link: HubLink): boolean {
    return this.sims.welcomes(link.imsi)
  }

  /** @internal */
  review(link: HubLink): void {
    this.enforce(link.imsi)
  }

  private enforce(imsi: string): void {
    const link = this.links.get(imsi)
    if (!link) return
    link.comply(apn => this.sims.admit(imsi, apn))
    link.changed()
  }
}

/** One hub's attachment. The fault hooks stand in for the radio network. */
export class HubLink implements CellularLink {
  readonly imsi: string
  readonly installation: string
  /** What is wrong with the network where this hub is. */
  readonly network: NetworkFaults
  private readonly gateway: PacketGateway
  private readonly options: HubLinkOptions
  private listener: WanListener | undefined
  private current: { apn: Apn; ip: string } | undefined
  private attaching: Timer | undefined
  private covered = true
  private told: Standing
  private readonly share: UplinkShare | undefined
  private onStanding: () => void = () => {}

  constructor(gateway: PacketGateway, options: HubLinkOptions) {
    this.gateway = gateway
    this.options = options
    this.imsi = options.imsi
    this.installation = options.installation
    this.network = new NetworkFaults({ trace: options.trace, onChange: () => gateway.review(this) })
    this.share = gateway.uplink && this.shareOf(gateway.uplink)
    this.told = this.standing
    options.headEnd?.watch(() => this.listener?.onReady?.())
  }

  get identity(): { installation: string; hub: Eui64 } {
    return { installation: this.options.installation, hub: this.options.hub }
  }
  get session(): { apn: Apn; ip: string } | undefined {
    return this.current
  }

  get standing(): Standing {
    if (!this.covered) return 'no-coverage'
    return this.gateway.welcomes(this) ? 'welcome' : 'denied'
  }
  get signalDbm(): number | undefined {
    return this.covered ? (this.options.signalDbm ?? SIGNAL_DBM) : undefined
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
    this.attaching = this.options.timers.after(this.options.attachUs, 'wan attach', () => {
      this.attaching = undefined
      const verdict = this.covered ? this.gateway.admit(this, apn) : { refused: 'no-coverage' as const }
      if ('refused' in verdict) {
        this.options.trace.emit({ kind: 'wan.attach-refused', apn, reason: verdict.refused })
        this.listener?.onAttachRefused(apn, verdict.refused)
        return
      }
      this.current = { apn, ip: verdict.ip }
      this.options.trace.emit({ kind: 'wan.attached', apn, ip: verdict.ip })
      this.listener?.onAttached({ apn, ip: verdict.ip })
    })
  }

  detach(): void {
    this.attaching?.cancel()
    this.attaching = undefined
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
    if (this.end(reason)) this.listener?.onDetached(reason)
  }

  /** Fault: radio coverage comes and goes. */
  setCoverage(covered: boolean): void {
    this.covered = covered
    if (!covered) this.drop('no-coverage')
    this.changed()
  }

  /** @internal Ends a session that is no longer as the network has it. */
  comply(admit: (apn: Apn) => Admission): void {
    const { current } = this
    const verdict = current && this.network.bend(current.apn, admit(current.apn))
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

const key = (apn: Apn, ip: string): string => `${apn} ${ip}`
