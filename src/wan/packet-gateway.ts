/**
 * The packet gateway: which hub is attached where, and what passes. A hub is reached at (APN, IP);
 * what the SIM's plan does not allow never gets through.
 */
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import type { Apn } from '../ports/wan.ts'
import { HubLink, type HubLinkOptions, type LinkGateway } from './hub-link.ts'
import type { Admission } from './network-faults.ts'
import type { SimPlatform } from './sim-platform.ts'
import type { UplinkLimits } from './uplink-share.ts'

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

export class PacketGateway implements LinkGateway {
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
  admit(link: HubLink, apn: Apn, givenIp?: string): Admission {
    const verdict = this.verdictOn(link, apn, givenIp)
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

  private verdictOn(link: HubLink, apn: Apn, givenIp: string | undefined): Admission {
    return link.network.bend(apn, this.booked(link.imsi, apn, givenIp))
  }
  /** What a network of its own has given is what it is, unless it is somebody else's. */
  private booked(imsi: string, apn: Apn, givenIp: string | undefined): Admission {
    const verdict = this.sims.admit(imsi, apn)
    if ('refused' in verdict || givenIp === undefined) return verdict
    const holder = this.sims.holderOf(apn, givenIp)?.imsi ?? this.sessions.get(key(apn, givenIp))?.imsi ?? imsi
    return holder === imsi ? { ip: givenIp } : { refused: 'no-address' }
  }

  private enforce(imsi: string): void {
    const link = this.links.get(imsi)
    if (!link) return
    link.comply((apn, givenIp) => this.verdictOn(link, apn, givenIp))
    link.changed()
  }
}

const key = (apn: Apn, ip: string): string => `${apn} ${ip}`
