/**
 * The mobile operator's SIM platform: customer accounts, communications plans, static addresses.
 * Verbs arrive as JSON with a transaction id that is echoed; what they do is this file's one question.
 * @source SMETS1 TMAD 14.3 and 14.14 for what must be possible; names and shapes of the verbs are assumed
 */
import { z } from 'zod'
import { InvariantError } from '../base/errors.ts'
import type { Apn, AttachRefusal } from '../ports/wan.ts'

export interface Sim {
  /** International mobile subscriber identity, 15 digits. */
  imsi: string
  iccid: string
  msisdn: string
  account: string
  /** Plan as ordered. */
  plan: string
  /** Static address per access point. */
  addresses: Record<Apn, string>
  /** The network does not let it on. */
  suspended?: boolean
}

export interface SimPlatformOptions {
  /** Access points each plan allows. */
  plans: Readonly<Record<string, readonly Apn[]>>
  /** The address a SIM gets on an access point where it has none yet. */
  allocate: (sim: Sim, apn: Apn) => string | undefined
}

export type CspCode =
  | 'ok'
  | 'unknown-verb'
  | 'malformed'
  | 'unknown-sim'
  | 'unknown-plan'
  | 'unknown-apn'
  | 'no-address'

export interface CspReply {
  code: CspCode
  detail?: string
  sim?: SimRecord
  /** IMSI and addresses of every SIM of an account, as the file the SMSO gets. */
  file?: { name: string; csv: string }
}

/** What the operator tells a customer about a SIM. */
export interface SimRecord {
  imsi: string
  iccid: string
  account: string
  plan: string
  state: 'active' | 'suspended'
  allowedApns: readonly Apn[]
  addresses: Record<Apn, string>
}

const bySim = { imsi: z.string().regex(/^\d{15}$/) }
const verbs = {
  'sim.query': z.strictObject({ ...bySim }),
  'sim.suspend': z.strictObject({ ...bySim }),
  'sim.resume': z.strictObject({ ...bySim }),
  'account.transfer': z.strictObject({ ...bySim, account: z.string().min(1).max(64) }),
  'plan.set': z.strictObject({ ...bySim, plan: z.string().min(1).max(64) }),
  'address.allocate': z.strictObject({ ...bySim, apn: z.string().min(1).max(64) }),
  'file.imsi-ip': z.strictObject({ ...bySim, apn: z.string().min(1).max(64) }),
}
export type CspVerb = keyof typeof verbs
export const cspVerbs = Object.keys(verbs) as CspVerb[]

export class SimPlatform {
  private readonly options: SimPlatformOptions
  private readonly sims = new Map<string, Sim>()
  private readonly holders = new Map<string, Sim>()
  private readonly pinned = new Map<string, string>()
  private onChanged: (imsi: string) => void = () => {}

  constructor(options: SimPlatformOptions) {
    this.options = options
  }

  /** @throws InvariantError for an IMSI or an address that another SIM has */
  add(sim: Sim): void {
    if (this.sims.has(sim.imsi)) throw new InvariantError(`SIM platform: there is a SIM with IMSI ${sim.imsi} already`)
    for (const [apn, ip] of Object.entries(sim.addresses)) {
      const holder = this.holderOf(apn, ip)
      if (holder) throw new InvariantError(`SIM platform: ${ip} on "${apn}" is the address of ${holder.imsi} already`)
    }
    const held: Sim = { ...sim, addresses: {} }
    for (const [apn, ip] of Object.entries(sim.addresses)) this.give(held, apn, ip)
    this.sims.set(sim.imsi, held)
  }
  sim(imsi: string): Sim | undefined {
    return this.sims.get(imsi)
  }
  /** The SIM that an address was given to. */
  holderOf(apn: Apn, ip: string): Sim | undefined {
    return this.holders.get(`${apn} ${ip}`)
  }
  /** Called after a plan took effect or a SIM was suspended or resumed, so the gateway can end a session it no longer allows. */
  watch(listener: (imsi: string) => void): void {
    this.onChanged = listener
  }

  /** Fault: orders are taken, but from now on the network enforces `plan` for this SIM. @throws InvariantError for an unknown plan */
  pinPlan(imsi: string, plan: string): void {
    if (!this.apnsOf(plan)) throw new InvariantError(`SIM platform: no plan "${plan}"; there are ${this.planNames()}`)
    this.pinned.set(imsi, plan)
    this.onChanged(imsi)
  }

  /** Whether the network lets the SIM on, whatever the access point. */
  welcomes(imsi: string): boolean {
    const sim = this.sims.get(imsi)
    return sim !== undefined && !sim.suspended
  }

  /** Whether the network lets the SIM on, and at which address. */
  admit(imsi: string, apn: Apn): { ip: string } | { refused: AttachRefusal } {
    const sim = this.sims.get(imsi)
    if (!sim || sim.suspended) return { refused: 'sim' }
    if (!this.allowedApns(sim).includes(apn)) return { refused: 'plan' }
    const ip = addressOn(sim, apn)
    return ip ? { ip } : { refused: 'no-address' }
  }

  /** Carries out one verb. `body` is the parsed JSON of the request without its transaction id. */
  handle(verb: string, body: unknown): CspReply {
    if (!isVerb(verb)) return { code: 'unknown-verb', detail: `known verbs: ${cspVerbs.join(', ')}` }
    const parsed = verbs[verb].safeParse(body)
    if (!parsed.success) return { code: 'malformed', detail: z.prettifyError(parsed.error) }
    const order = parsed.data as { imsi: string; account?: string; plan?: string; apn?: string }
    const sim = this.sims.get(order.imsi)
    if (!sim) return { code: 'unknown-sim', detail: `no SIM with IMSI ${order.imsi}` }
    return this.carryOut(verb, sim, order)
  }

  private carryOut(verb: CspVerb, sim: Sim, order: { account?: string; plan?: string; apn?: string }): CspReply {
    const { account = '', plan = '', apn = '' } = order
    switch (verb) {
      case 'sim.query':
        break
      case 'sim.suspend':
      case 'sim.resume':
        sim.suspended = verb === 'sim.suspend'
        this.onChanged(sim.imsi)
        break
      case 'account.transfer':
        sim.account = account
        break
      case 'plan.set':
        if (!this.apnsOf(plan)) return { code: 'unknown-plan', detail: `known plans: ${this.planNames()}` }
        sim.plan = plan
        this.onChanged(sim.imsi)
        break
      case 'address.allocate': {
        if (!this.knownApns().includes(apn)) return { code: 'unknown-apn', detail: `no plan names "${apn}"` }
        const ip = addressOn(sim, apn) ?? this.options.allocate(sim, apn)
        if (!ip) return { code: 'no-address', detail: `no address left on "${apn}"` }
        const holder = this.holderOf(apn, ip)
        if (holder && holder !== sim)
          return { code: 'no-address', detail: `${ip} on "${apn}" is another SIM's already` }
        this.give(sim, apn, ip)
        break
      }
      case 'file.imsi-ip': {
        const ip = addressOn(sim, apn)
        if (!ip) return { code: 'no-address', detail: `no address on "${apn}"` }
        const csv = `imsi,iccid,apn,ip\r\n${sim.imsi},${sim.iccid},${apn},${ip}\r\n`
        return { code: 'ok', sim: this.record(sim), file: { name: `imsi-ip-${sim.imsi}.csv`, csv } }
      }
      default:
        verb satisfies never
    }
    return { code: 'ok', sim: this.record(sim) }
  }

  private give(sim: Sim, apn: Apn, ip: string): void {
    sim.addresses[apn] = ip
    this.holders.set(`${apn} ${ip}`, sim)
  }
  private record(sim: Sim): SimRecord {
    const { imsi, iccid, account, plan } = sim
    const state = sim.suspended ? 'suspended' : 'active'
    // As ordered: what the network really enforces shows only when the hub attaches.
    return { imsi, iccid, account, plan, state, allowedApns: this.apnsOf(plan) ?? [], addresses: { ...sim.addresses } }
  }
  private allowedApns(sim: Sim): readonly Apn[] {
    return this.apnsOf(this.pinned.get(sim.imsi) ?? sim.plan) ?? []
  }
  /** Names come from outside: only the plans' own count. */
  private apnsOf(plan: string): readonly Apn[] | undefined {
    return Object.hasOwn(this.options.plans, plan) ? this.options.plans[plan] : undefined
  }
  private knownApns(): Apn[] {
    return [...new Set(Object.values(this.options.plans).flat())]
  }
  private planNames(): string {
    return Object.keys(this.options.plans).join(', ')
  }
}

const addressOn = (sim: Sim, apn: Apn): string | undefined =>
  Object.hasOwn(sim.addresses, apn) ? sim.addresses[apn] : undefined
const isVerb = (verb: string): verb is CspVerb => Object.hasOwn(verbs, verb)
