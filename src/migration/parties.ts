/**
 * The parties of a migration as they stand at the broker: each with its own login, its own access point and its own keys.
 * Nothing here knows the rig: an outside core could take any party's place.
 */
import { randomUUID } from 'node:crypto'
import { fromHex } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { Broker, BrokerClient, BrokerLogin, BrokerMessage } from '../ports/broker.ts'
import type { RigControl } from '../ports/rig-control.ts'
import type { Apn } from '../ports/wan.ts'
import { decodeMessage, encodeMessage, type Message } from '../wan/messages/codec.ts'
import { kindOf } from '../wan/messages/requests.ts'
import type { Request, Response } from '../wan/messages/wan-types.generated.ts'
import { passesDco } from '../wan/originator-roles.ts'
import type { CspReply, CspVerb } from '../wan/sim-platform.ts'
import { matches } from '../wan/topic-filter.ts'
import { cspRequestTopic, dccAlertTopic, downTopic, type S1spAlert, smsTopic } from '../wan/topics.ts'
import { Book, type BookMemory, CSP } from './book.ts'
import { Delivery } from './delivery.ts'
import { type Contract, Inbox, type Role, type WakeCall } from './inbox.ts'

export type { Contract, Role } from './inbox.ts'

export interface PartiesOptions {
  broker: Broker
  logins?: Partial<Record<Role, BrokerLogin>>
  control: RigControl
  apns: { before: Apn; after: Apn }
  contracts: readonly Contract[]
  /** The DCO authenticates critical requests; it does not unless given. */
  asksDco?: boolean
  /** Keeps client ids of two drivers on one broker apart. */
  name: string
  /** There may be a later life, which goes by the same names at the broker. */
  lives?: boolean
  /** What is there of an installation from an earlier life. */
  memory?: (installation: string) => BookMemory | undefined
  /** Keeps what they know of an installation, before they send. */
  keep?: (installation: string) => void
}

export interface HubAddressee {
  installation: string
  role: 'smso' | 's1sp'
  apn: Apn
  ip: string
}

/** What came of a request: an answer, and the civil time when it came, Unix ms, or silence. */
export type Answer = { is: 'answered'; response: Response; atMs: number } | { is: 'silent'; withinUs: Micros }

/** Times a request is sent again when its hub fell asleep over it. */
const RESENDS = 3

export class Parties {
  private readonly options: PartiesOptions
  private readonly clients = new Map<Role, BrokerClient>()
  private readonly delivery: Delivery
  /** What each party hears. */
  private readonly filters = new Map<Role, readonly string[]>()
  private readonly contracts: Map<string, Contract>
  /** What has come. */
  readonly inbox: Inbox
  /** One for each installation: shared numbers would show how installations took turns. */
  private readonly books: ReadonlyMap<string, Book>

  constructor(options: PartiesOptions) {
    this.options = options
    this.delivery = new Delivery(options.control, this.clients)
    this.contracts = new Map(options.contracts.map(contract => [contract.installation, contract]))
    this.inbox = new Inbox(this.contracts)
    this.books = new Map(options.contracts.map(contract => [contract.installation, this.open(contract)]))
  }

  /** A step begins: what is sent from now on is sent again when it has to be carried out again. */
  stepBegins(installation: string): void {
    this.book(installation).stepBegins()
  }
  /** It is over. */
  stepEnds(installation: string): void {
    this.book(installation).stepEnds()
  }

  /** What is to be kept of an installation when the process dies. */
  memory(installation: string): BookMemory {
    return this.book(installation).memory()
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

  /** Takes a message as if the broker had brought it to those who hear its topic. */
  hear({ topic, payload }: Pick<BrokerMessage, 'topic' | 'payload'>): void {
    for (const [role, filters] of this.filters) {
      if (filters.some(filter => matches(filter, topic))) this.onMessage(role, { topic, payload, retain: false })
    }
  }

  /** A hub that sleeps is woken, and waited for until it has a session at the address; false when it has none in the end. */
  async wake(to: HubAddressee): Promise<boolean> {
    const call = this.contracts.get(to.installation)?.wake
    return call ? this.call(to, call, () => this.hasSession(to)) : this.hasSession(to)
  }
  /** The same, wherever it has its session. */
  async wakeAnywhere(as: Pick<HubAddressee, 'installation' | 'role'>, at: readonly HubAddressee[]): Promise<void> {
    const call = this.contracts.get(as.installation)?.wake
    if (call) await this.call(as, call, () => at.some(one => this.hasSession(one)))
  }

  /** Sends a request to a device behind a hub, which is woken first, and waits for its answer in simulated time. */
  async request(to: HubAddressee, device: Eui64, request: Request, withinUs: Micros): Promise<Answer> {
    const as = { originator: to.role, key: this.keyOf(to.installation, to.role) }
    const before = this.book(to.installation).peek(nameOf(to, as, device, request))
    if (before?.came === undefined) await this.wake(to)
    return this.requestAs(to, as, device, request, withinUs)
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
    const { originator } = as
    const book = this.book(to.installation)
    const sent = book.send(nameOf(to, as, device, request), number => {
      const id = `${originator}-${to.installation}-${number()}`
      const counter = book.nextCounter(originator)
      const sentAtMs = control.unixMs(to.installation)
      const message: Message = {
        ...{ id, correlationId: '', originator, targetDevice: device, counter, sentAtMs, request },
      }
      return { id, octets: encodeMessage(message, as.key, this.dcoKey(to.installation, originator, request)) }
    })
    const before = sent.came === undefined ? undefined : decodeMessage(fromHex(sent.came)).message.response
    if (before) return { is: 'answered', response: before, atMs: sent.cameAtMs ?? 0 }
    const octets = fromHex(sent.octets)
    const answer = book.awaitAnswer(sent)
    try {
      const { installation, role } = to
      const topic = downTopic(to.apn, to.ip)
      const came = () => answer.came !== undefined
      // What a hub was sent as it fell asleep is sent again, the same octets.
      const sleeps = this.contracts.get(to.installation)?.wake !== undefined && this.hasSession(to)
      const lost = () => sleeps && !this.hasSession(to)
      for (let attempt = 0; attempt <= RESENDS; attempt++) {
        await this.delivery.send({ installation, role, topic, payload: octets }, () => came() || lost(), withinUs)
        if (came() || !lost() || !(await this.wake(to))) break
      }
      const response = answer.came?.response
      return response ? { is: 'answered', response, atMs: sent.cameAtMs ?? 0 } : { is: 'silent', withinUs }
    } finally {
      answer.forget()
    }
  }

  /** One order to the mobile operator. */
  async csp(
    installation: string,
    verb: CspVerb,
    order: Record<string, string>,
    withinUs: Micros,
  ): Promise<CspReply | undefined> {
    const book = this.book(installation)
    const sent = book.send(`${CSP}${verb} ${JSON.stringify(order)}`, number => {
      const transactionId = `${installation}-${number()}`
      return { id: transactionId, octets: Buffer.from(JSON.stringify({ transactionId, ...order })) }
    })
    if (sent.came !== undefined) return JSON.parse(Buffer.from(sent.came, 'hex').toString('utf8'))
    const payload = fromHex(sent.octets)
    const reply = book.awaitReply(sent)
    const came = () => reply.came !== undefined
    try {
      const letter = { installation, role: 'dcc', topic: cspRequestTopic(verb), payload } as const
      const answered = await this.delivery.send(letter, came, withinUs)
      return answered ? reply.came : undefined
    } finally {
      reply.forget()
    }
  }

  /** The S1SP tells the supplier; resolves to whether the supplier has it. */
  async tellSupplier(alert: S1spAlert, withinUs: Micros): Promise<boolean> {
    const what = `tell ${alert.deviceId} ${alert.code}`
    const octets = Buffer.from(JSON.stringify(alert))
    const sent = this.book(alert.installation).send(what, () => ({ id: what, octets }))
    const payload = fromHex(sent.octets)
    const told = () => this.inbox.supplierKnows(alert)
    const { installation } = alert
    const letter = { installation, role: 's1sp', topic: dccAlertTopic(installation), payload } as const
    return this.delivery.send(letter, told, withinUs)
  }

  /** Key the DCO countersigns a request with; undefined where nobody asks for that. */
  private dcoKey(installation: string, originator: string, request: Request): Uint8Array | undefined {
    if (!this.options.asksDco || !passesDco(originator, request.serviceReferenceVariant)) return undefined
    return this.contracts.get(installation)?.keys.get('dco')
  }

  keyOf(installation: string, originator: string): Uint8Array {
    const key = this.contracts.get(installation)?.keys.get(originator)
    if (!key) throw new InvariantError(`${originator} holds no key for ${installation}`)
    return key
  }
  setKey(installation: string, originator: string, key: Uint8Array): void {
    this.contracts.get(installation)?.keys.set(originator, key)
  }

  private hasSession({ apn, ip }: HubAddressee): boolean {
    return this.inbox.session(apn, ip)?.state === 'up'
  }

  private async call(
    { installation, role }: Pick<HubAddressee, 'installation' | 'role'>,
    { msisdn, messages, withinUs }: WakeCall,
    isAwake: () => boolean,
  ): Promise<boolean> {
    for (let number = 1; number <= messages && !isAwake(); number++) {
      const payload = Buffer.from(`wake up ${number} of ${messages}`)
      // Only the last one is waited for.
      const until = number < messages ? () => true : isAwake
      await this.delivery.send({ installation, role, topic: smsTopic(msisdn), payload }, until, withinUs)
    }
    return isAwake()
  }

  private book(installation: string): Book {
    const book = this.books.get(installation)
    if (!book) throw new InvariantError(`the parties know no ${installation}`)
    return book
  }

  private open(contract: Contract): Book {
    const { installation } = contract
    const { control, memory, keep } = this.options
    return new Book({
      ...{ contract, inbox: this.inbox, memory: memory?.(installation) },
      unixMs: () => control.unixMs(installation),
      keep: () => keep?.(installation),
    })
  }

  private async join(role: Role, filters: readonly string[]): Promise<void> {
    const { broker, logins, name, lives = false } = this.options
    const login = logins?.[role]
    const client = await broker.connect({
      clientId: `s1rig-${name}-${role}${lives ? '' : `-${randomUUID().slice(0, 8)}`}`,
      ...(login && { login }),
      onMessage: message => this.onMessage(role, message),
    })
    this.clients.set(role, client)
    this.filters.set(role, filters)
    for (const filter of filters) await client.subscribe(filter)
  }

  private onMessage(role: Role, message: BrokerMessage): void {
    const received = this.inbox.receive(role, message)
    if (received) this.options.control.received(received.installation, message, received.take)
    else this.options.control.overheard?.(message)
  }
}

/** What tells a request from the others of its step. */
const nameOf = ({ apn, ip }: HubAddressee, { originator }: { originator: string }, device: Eui64, request: Request) =>
  `${originator} ${apn} ${ip} ${device} ${kindOf(request)}`
