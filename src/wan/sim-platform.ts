/**
 * The mobile operator's SIM platform: customer accounts, communications plans, static addresses.
 * Verbs arrive as JSON with a transaction id that is echoed; what they do is this file's one question.
 * @source SMETS1 TMAD 14.3 and 14.14 for what must be possible; names and shapes of the verbs are assumed
 */
import { z } from 'zod'
import { csvText } from '../base/csv.ts'
import { type FileProblem, InvariantError } from '../base/errors.ts'
import type { Apn, AttachRefusal } from '../ports/wan.ts'
import { type ReturnGroup, SIM_FILE_COLUMNS } from './sim-return-file.ts'

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
  /** How far it has come in a batch: its data went to the SMSO, or a file that came back closed it off. */
  mark?: 'data-sent' | ReturnGroup
}

/** What the platform keeps of a SIM: all there is. */
export interface SimMemory extends Sim {
  /** Fault: the plan that the network enforces whatever is ordered. */
  pinnedPlan?: string
}

/** Where a SIM stands, as the operator can tell. @source SMETS1 TMAD 14.3 and 14.14; the words are assumed */
export const SIM_STAGES = ['original', 'transferred', 'data-sent', 'migrated', 'retained'] as const
export type SimStage = (typeof SIM_STAGES)[number]

/** What becomes of SIMs that are moved to the account of a migration. */
export interface ReturnRules {
  /** Customer account they are moved to first. */
  account: string
  apns: { before: Apn; after: Apn }
  migrated: { plan: string }
  retained: { account: string; plan: string }
}

export interface SimPlatformOptions {
  /** Access points each plan allows. */
  plans: Readonly<Record<string, readonly Apn[]>>
  /** The address a SIM gets on an access point where it has none yet. */
  allocate: (sim: Sim, apn: Apn) => string | undefined
  /** Without them SIMs have no stages, and no files come back. */
  returns?: ReturnRules
}

export type CspCode =
  | 'ok'
  | 'unknown-verb'
  | 'malformed'
  | 'unknown-sim'
  | 'unknown-plan'
  | 'unknown-apn'
  | 'no-address'
  /** The SIM is not as far as this file supposes. */
  | 'not-ready'
  | 'not-offered'
  | 'bad-file'

export interface CspReply {
  code: CspCode
  detail?: string
  sim?: SimRecord
  /** IMSI and addresses of every SIM of an account, as the file the SMSO gets. */
  file?: { name: string; csv: string }
  /** What is wrong in a file that came. */
  problems?: readonly FileProblem[]
}

/** What the operator tells a customer about a SIM. */
export interface SimRecord {
  imsi: string
  iccid: string
  account: string
  plan: string
  state: 'active' | 'suspended'
  stage?: SimStage
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
/** All there are; those of files that come back are for `SimReturns`. */
export const cspVerbs: readonly string[] = [...Object.keys(verbs), 'file.migrated', 'file.retained']

export class SimPlatform {
  private readonly options: SimPlatformOptions
  private readonly sims = new Map<string, Sim>()
  private readonly holders = new Map<string, Sim>()
  private readonly pinned = new Map<string, string>()
  private readonly misprinted = new Map<string, 'imsi' | 'ip'>()
  private onChanged: (imsi: string) => void = () => {}

  constructor(options: SimPlatformOptions) {
    this.options = options
  }

  /** A new SIM, or one as `memory` gave it. @throws InvariantError for an IMSI or an address that another SIM has */
  add({ pinnedPlan, ...sim }: SimMemory): void {
    if (this.sims.has(sim.imsi)) throw new InvariantError(`SIM platform: there is a SIM with IMSI ${sim.imsi} already`)
    for (const [apn, ip] of Object.entries(sim.addresses)) {
      const holder = this.holderOf(apn, ip)
      if (holder) throw new InvariantError(`SIM platform: ${ip} on "${apn}" is the address of ${holder.imsi} already`)
    }
    const held: Sim = { ...sim, addresses: {} }
    for (const [apn, ip] of Object.entries(sim.addresses)) this.give(held, apn, ip)
    this.sims.set(sim.imsi, held)
    if (pinnedPlan !== undefined) this.pinned.set(sim.imsi, pinnedPlan)
  }
  /** What is to be kept over a restart: plain values. */
  memory(): SimMemory[] {
    return [...this.sims.values()].map(sim => {
      const pinnedPlan = this.pinned.get(sim.imsi)
      return { ...sim, addresses: { ...sim.addresses }, ...(pinnedPlan !== undefined && { pinnedPlan }) }
    })
  }
  sim(imsi: string): Sim | undefined {
    return this.sims.get(imsi)
  }
  all(): Iterable<Sim> {
    return this.sims.values()
  }
  /** Undefined for a SIM there is none of. */
  stageOf(imsi: string): SimStage | undefined {
    const sim = this.sims.get(imsi)
    return sim && (sim.mark ?? (sim.account === this.options.returns?.account ? 'transferred' : 'original'))
  }
  /** Access points that a plan allows; undefined for a plan there is none of. */
  apnsOf(plan: string): readonly Apn[] | undefined {
    // Names come from outside: only the plans' own count.
    return Object.hasOwn(this.options.plans, plan) ? this.options.plans[plan] : undefined
  }
  /** The SIM that an address was given to. */
  holderOf(apn: Apn, ip: string): Sim | undefined {
    return this.holders.get(`${apn} ${ip}`)
  }
  /** Called after a plan took effect or a SIM was suspended or resumed, so the gateway can end a session it no longer allows. */
  watch(listener: (imsi: string) => void): void {
    this.onChanged = listener
  }

  /** A file that came back names this SIM: from now on it is in no other. */
  mark(imsi: string, group: ReturnGroup): void {
    const sim = this.sims.get(imsi)
    if (sim) sim.mark = group
  }
  /** What follows from such a file takes effect. */
  close(imsi: string, group: ReturnGroup): SimRecord | undefined {
    const [sim, rules] = [this.sims.get(imsi), this.options.returns]
    if (!sim || !rules) return undefined
    sim.plan = rules[group].plan
    if (group === 'retained') sim.account = rules.retained.account
    this.onChanged(imsi)
    return this.record(sim)
  }

  /** Fault: orders are taken, but from now on the network enforces `plan` for this SIM. @throws InvariantError for an unknown plan */
  pinPlan(imsi: string, plan: string): void {
    if (!this.apnsOf(plan)) throw new InvariantError(`SIM platform: no plan "${plan}"; there are ${this.planNames()}`)
    this.pinned.set(imsi, plan)
    this.onChanged(imsi)
  }

  /** Fault: in the files that tell of this SIM, its IMSI or its address is another. What is returned mends it. */
  misprint(imsi: string, wrong: 'imsi' | 'ip'): () => void {
    this.misprinted.set(imsi, wrong)
    return () => void this.misprinted.delete(imsi)
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
        const lack = this.beforeSending(sim, apn)
        if (lack !== undefined) return { code: 'not-ready', detail: lack }
        const wrong = this.misprinted.get(sim.imsi)
        const row = [wrong === 'imsi' ? another(sim.imsi) : sim.imsi, sim.iccid, apn, wrong === 'ip' ? another(ip) : ip]
        const csv = csvText([SIM_FILE_COLUMNS, row])
        return { code: 'ok', sim: this.record(sim), file: { name: `imsi-ip-${sim.imsi}.csv`, csv } }
      }
      default:
        verb satisfies never
    }
    return { code: 'ok', sim: this.record(sim) }
  }

  /** The file on the access point after begins a batch, which a SIM must be ready for; undefined when it is. */
  private beforeSending(sim: Sim, apn: Apn): string | undefined {
    const { returns } = this.options
    if (!returns || apn !== returns.apns.after) return undefined
    const { account, plan } = sim
    if (sim.mark === 'retained') return 'the SIM is retained by the SMSO'
    if (account !== returns.account) return `the SIM is of account ${account}; ${returns.account} expected`
    if (!this.apnsOf(plan)?.includes(apn)) return `plan ${plan} does not allow ${apn}`
    sim.mark ??= 'data-sent'
    return undefined
  }
  private give(sim: Sim, apn: Apn, ip: string): void {
    sim.addresses[apn] = ip
    this.holders.set(`${apn} ${ip}`, sim)
  }
  private record(sim: Sim): SimRecord {
    const { imsi, iccid, account, plan } = sim
    const state = sim.suspended ? 'suspended' : 'active'
    // As ordered: what the network really enforces shows only when the hub attaches.
    const stage = this.options.returns && this.stageOf(imsi)
    const allowedApns = this.apnsOf(plan) ?? []
    return { imsi, iccid, account, plan, state, ...(stage && { stage }), allowedApns, addresses: { ...sim.addresses } }
  }
  private allowedApns(sim: Sim): readonly Apn[] {
    return this.apnsOf(this.pinned.get(sim.imsi) ?? sim.plan) ?? []
  }
  private knownApns(): Apn[] {
    return [...new Set(Object.values(this.options.plans).flat())]
  }
  private planNames(): string {
    return Object.keys(this.options.plans).join(', ')
  }
}

/** The same with another last digit. */
const another = (digits: string): string => `${digits.slice(0, -1)}${(Number(digits.at(-1)) + 1) % 10}`
const addressOn = (sim: Sim, apn: Apn): string | undefined =>
  Object.hasOwn(sim.addresses, apn) ? sim.addresses[apn] : undefined
const isVerb = (verb: string): verb is CspVerb => Object.hasOwn(verbs, verb)
