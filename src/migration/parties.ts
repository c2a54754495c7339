/**
 * The parties of a migration as they stand at the broker: each with its own login, its own access point and its own keys.
 * Nothing here knows the rig: an outside core could take any party's place.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { InvariantError, WireError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { Broker, BrokerClient, BrokerLogin, BrokerMessage } from '../ports/broker.ts'
import { MessageLostError, type RigControl } from '../ports/rig-control.ts'
import type { Apn } from '../ports/wan.ts'
import { decodeMessage, encodeMessage, type Message, verifyMessage } from '../wan/messages/codec.ts'
import type { Alert, Request, Response } from '../wan/messages/wan-types.generated.ts'
import type { CspReply, CspVerb } from '../wan/sim-platform.ts'
import {
  cspRequestTopic,
  dccAlertTopic,
  downTopic,
  parseWanTopic,
  type S1spAlert,
  type SessionNotice,
} from '../wan/topics.ts'

/** Parties that hold a login at the broker. */
export type Role = 'smso' | 's1sp' | 'dcc' | 'supplier'

/** What a party knows of one installation. */
export interface Contract {
  installation: string
  hub: Eui64
  /** Keys by originator; replaced when they are rotated. */
  keys: Map<string, Uint8Array>
}

export interface PartiesOptions {
  broker: Broker
  logins?: Partial<Record<Role, BrokerLogin>>
  control: RigControl
  apns: { before: Apn; after: Apn }
  contracts: readonly Contract[]
  /** Keeps client ids of two drivers on one broker apart. */
  name: string
}

export interface HubAddressee {
  installation: string
  role: 'smso' | 's1sp'
  apn: Apn
  ip: string
}

/** What came of a request: an answer, or silence. */
export type Answer = { is: 'answered'; response: Response } | { is: 'silent'; withinUs: Micros }

/** Times a request is sent again when the broker lost it. */
const RESENDS = 3
/** Wall time a broker has to acknowledge what it was sent, once nothing else is waited for. */
const ACKNOWLEDGE_MS = 2_000

interface Pending {
  installation: string
  accepts: (message: Message) => boolean
  message?: Message
}

export class Parties {
  private readonly options: PartiesOptions
  private readonly clients = new Map<Role, BrokerClient>()
  private readonly contracts: Map<string, Contract>
  private readonly counters = new Map<string, number>()
  private readonly pending = new Map<string, Pending>()
  /** Orders to the operator that await their reply, by transaction id. */
  private readonly orders = new Map<string, { reply?: CspReply }>()
  private readonly sessions = new Map<string, SessionNotice>()
  private readonly files = new Map<string, string>()
  private readonly fileInstallations = new Map<string, string>()
  private readonly supplierAlerts: S1spAlert[] = []
  /** Alerts of hubs, as they came. */
  readonly alerts: { installation: string; role: Role; alert: Alert }[] = []
  /** Messages that did not decode or verify, by reason. */
  readonly refused = new Map<string, number>()
  /** Last message number used for each installation: shared, it would show how installations took turns. */
  private readonly sequences = new Map<string, number>()

  constructor(options: PartiesOptions) {
    this.options = options
    this.contracts = new Map(options.contracts.map(contract => [contract.installation, contract]))
  }

  async connect(): Promise<void> {
    const { before, after } = this.options.apns
    await this.join('smso', [`wan/${before}/+/up`, `wan/${before}/+/session`, 'csp/file/smso/#'])
    await this.join('s1sp', [`wan/${after}/+/up`, `wan/${after}/+/session`])
    await this.join('dcc', ['csp/response/+'])
    await this.join('supplier', ['dcc/alert/#'])
  }

  async end(): Promise<void> {
    await Promise.allSettled([...this.clients.values()].map(client => client.end()))
  }

  /** The last notice seen at an address, undefined when there was none. */
  session(apn: Apn, ip: string): SessionNotice | undefined {
    return this.sessions.get(`${apn} ${ip}`)
  }

  /** The IMSI and IP file the SMSO got for a SIM. */
  imsiFile(imsi: string): string | undefined {
    return this.files.get(`imsi-ip-${imsi}.csv`)
  }

  /** Sends a request to a device behind a hub and waits for its answer in simulated time. */
  async request(to: HubAddressee, device: Eui64, request: Request, withinUs: Micros): Promise<Answer> {
    return this.requestAs(
      to,
      { originator: to.role, key: this.keyOf(to.installation, to.role) },
      device,
      request,
      withinUs,
    )
  }

  /** As `request`, under another originator's name and key: for proving that it is refused. */
  async requestAs(
    to: HubAddressee,
    as: { originator: string; key: Uint8Array },
    device: Eui64,
    request: Request,
    withinUs: Micros,
  ): Promise<Answer> {
    const { control } = this.options
    const id = `${as.originator}-${to.installation}-${this.nextNumber(to.installation)}`
    const message: Message = {
      id,
      correlationId: '',
      originator: as.originator,
      targetDevice: device,
      counter: this.nextCounter(to.installation, as.originator),
      sentAtMs: control.unixMs(to.installation),
      request,
    }
    const octets = encodeMessage(message, as.key)
    const pending: Pending = { installation: to.installation, accepts: m => m.correlationId === id }
    this.pending.set(id, pending)
    try {
      const answered = await this.exchange(to, octets, () => pending.message !== undefined, withinUs)
      const { message: answer } = pending
      return answered && answer?.response ? { is: 'answered', response: answer.response } : { is: 'silent', withinUs }
    } finally {
      this.pending.delete(id)
    }
  }

  /** One order to the mobile operator. */
  async csp(
    installation: string,
    verb: CspVerb,
    order: Record<string, string>,
    withinUs: Micros,
  ): Promise<CspReply | undefined> {
    const transactionId = `${installation}-${this.nextNumber(installation)}`
    const pending: { reply?: CspReply } = {}
    this.orders.set(transactionId, pending)
    const payload = Buffer.from(JSON.stringify({ transactionId, ...order }))
    const answered = () => pending.reply !== undefined
    try {
      await this.publishUntil(installation, 'dcc', cspRequestTopic(verb), payload, answered, withinUs)
      return pending.reply
    } finally {
      this.orders.delete(transactionId)
    }
  }

  /** The S1SP tells the supplier; resolves to whether the supplier has it. */
  async tellSupplier(alert: S1spAlert, withinUs: Micros): Promise<boolean> {
    const payload = Buffer.from(JSON.stringify(alert))
    const told = () =>
      this.supplierAlerts.some(a => a.installation === alert.installation && a.deviceId === alert.deviceId)
    return this.publishUntil(alert.installation, 's1sp', dccAlertTopic(alert.installation), payload, told, withinUs)
  }

  keyOf(installation: string, originator: string): Uint8Array {
    const key = this.contracts.get(installation)?.keys.get(originator)
    if (!key) throw new InvariantError(`${originator} holds no key for ${installation}`)
    return key
  }
  setKey(installation: string, originator: string, key: Uint8Array): void {
    this.contracts.get(installation)?.keys.set(originator, key)
  }

  private exchange(to: HubAddressee, octets: Uint8Array, until: () => boolean, withinUs: Micros): Promise<boolean> {
    return this.publishUntil(to.installation, to.role, downTopic(to.apn, to.ip), octets, until, withinUs)
  }

  /** What the broker lost is sent again, the same octets: a hub answers a request it has had as it did before. */
  private async publishUntil(
    installation: string,
    role: Role,
    topic: string,
    payload: Uint8Array,
    until: () => boolean,
    withinUs: Micros,
  ): Promise<boolean> {
    const { control } = this.options
    for (let attempt = 0; ; attempt++) {
      let taken = false
      control.sending(installation, topic, payload)
      const publishing = this.client(role).publish(topic, payload)
      publishing.then(
        () => {
          taken = true
        },
        () => {},
      )
      try {
        if (await control.waitFor(installation, until, withinUs)) return true
        // A broker may deliver before it acknowledges, and virtual time runs out in between.
        if (!taken && this.client(role).connected)
          await Promise.race([publishing.catch(() => {}), pause(ACKNOWLEDGE_MS, undefined, { ref: false })])
        if (!taken) throw new MessageLostError(`the broker did not take what ${role} published to ${topic}`)
        if (!this.client(role).connected) throw new MessageLostError(`the broker is out of reach for ${role}`)
        return false
      } catch (error) {
        // What the broker has not taken is still being sent: sending it twice would help nobody.
        const resend = error instanceof MessageLostError && taken && this.client(role).connected && attempt < RESENDS
        if (!resend) throw error
        control.forgetUnderWay(installation)
      }
    }
  }

  private nextNumber(installation: string): number {
    const number = (this.sequences.get(installation) ?? 0) + 1
    this.sequences.set(installation, number)
    return number
  }

  private nextCounter(installation: string, originator: string): number {
    const name = `${installation} ${originator}`
    const counter = (this.counters.get(name) ?? 0) + 1
    this.counters.set(name, counter)
    return counter
  }

  private client(role: Role): BrokerClient {
    const client = this.clients.get(role)
    if (!client) throw new InvariantError(`${role} is not connected`)
    return client
  }

  private async join(role: Role, filters: readonly string[]): Promise<void> {
    const { broker, logins, name } = this.options
    const login = logins?.[role]
    const client = await broker.connect({
      clientId: `s1rig-${name}-${role}-${randomUUID().slice(0, 8)}`,
      ...(login && { login }),
      onMessage: message => this.onMessage(role, message),
    })
    this.clients.set(role, client)
    for (const filter of filters) await client.subscribe(filter)
  }

  private onMessage(role: Role, message: BrokerMessage): void {
    const address = parseWanTopic(message.topic)
    const installation =
      address?.leaf === 'session'
        ? this.onSession(message, address)
        : address?.leaf === 'up'
          ? this.onUp(role, message)
          : this.onOther(message)
    if (installation) this.options.control.received(installation, message.topic, message.payload)
  }

  private onSession(message: BrokerMessage, at: { apn: string; ip: string }): string | undefined {
    const notice = parseJson(message.payload) as SessionNotice | undefined
    if (!notice) return undefined
    const before = this.session(at.apn, at.ip)
    if (!before || notice.epoch >= before.epoch) this.sessions.set(`${at.apn} ${at.ip}`, notice)
    return this.installationOf(notice.hub)
  }

  private onUp(role: Role, { payload }: BrokerMessage): string | undefined {
    try {
      const decoded = decodeMessage(payload)
      const { message } = decoded
      const installation = this.installationOf(message.originator)
      const contract = installation && this.contracts.get(installation)
      if (!contract) return void this.refuse('unknown hub')
      if (![...contract.keys.values()].some(key => verifyMessage(decoded, key))) this.refuse('not authentic')
      else this.take(contract.installation, role, message)
      return contract.installation
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return void this.refuse(error.code)
    }
  }

  private take(installation: string, role: Role, message: Message): void {
    if (message.alert) this.alerts.push({ installation, role, alert: message.alert })
    const pending = this.pending.get(message.correlationId)
    if (pending?.installation === installation && pending.accepts(message)) pending.message ??= message
  }

  private onOther({ topic, payload }: BrokerMessage): string | undefined {
    const levels = topic.split('/')
    if (topic.startsWith('csp/file/')) {
      const name = levels.at(-1) ?? ''
      this.files.set(name, Buffer.from(payload).toString('utf8'))
      return this.fileInstallations.get(name)
    }
    const body = parseJson(payload)
    if (topic.startsWith('csp/response/')) {
      const reply = body as (CspReply & { transactionId?: string }) | undefined
      if (typeof reply?.transactionId !== 'string') return undefined
      const order = this.orders.get(reply.transactionId)
      if (order) order.reply ??= reply
      // A reply that comes twice has arrived twice.
      return this.contracts.get(reply.transactionId.replace(/-\d+$/, ''))?.installation
    }
    const alert = body as S1spAlert | undefined
    if (topic.startsWith('dcc/alert/') && alert) {
      this.supplierAlerts.push(alert)
      return levels[2]
    }
    return undefined
  }

  /** Declares which installation a file of the operator's will be about. */
  expectFile(installation: string, imsi: string): void {
    this.fileInstallations.set(`imsi-ip-${imsi}.csv`, installation)
  }

  private installationOf(hub: Eui64): string | undefined {
    for (const contract of this.contracts.values()) if (contract.hub === hub) return contract.installation
    return undefined
  }

  private refuse(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
