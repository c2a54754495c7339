/**
 * The head-ends of a rig as they stand at the broker: the SMSO on the access point before a migration, the S1SP on the one after
 * it. Whichever has the hub asks. Nothing here knows the rig but by its names, addresses and keys: any outside core could be this.
 */
import { randomUUID } from 'node:crypto'
import { WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import type { Broker, BrokerClient, BrokerLogin, BrokerMessage } from '../ports/broker.ts'
import type { Apn } from '../ports/wan.ts'
import { decodeMessage, encodeMessage, type Message, verifyMessage } from '../wan/messages/codec.ts'
import type { Alert, Request, Response } from '../wan/messages/wan-types.generated.ts'
import { passesDco } from '../wan/originator-roles.ts'
import { downTopic, parseWanTopic, type SessionNotice, smsTopic } from '../wan/topics.ts'

/** Who speaks on an access point. */
export interface Party {
  originator: string
  apn: Apn
  /** 32 octets, shared with every hub. */
  key: Uint8Array
  login?: BrokerLogin | undefined
}

/** A hub as its head-ends know it. */
export interface KnownHub {
  hub: Eui64
  /** Short messages that wake it, and to which number; absent: it never sleeps. */
  wake?: { msisdn: string; messages: number } | undefined
}

export interface HeadEndOptions {
  broker: Broker
  parties: readonly Party[]
  hubs: readonly KnownHub[]
  /** Key the DCO authenticates critical requests with; absent: it does not. */
  dcoKey?: Uint8Array
  /** How long a hub that was woken may take to attach, ms of the wall clock. */
  wakeMs: number
  /** What a hub reports unasked. */
  onAlert: (hub: Eui64, alert: Alert) => void
}

/** What came of a request: an answer; `unreachable`: the hub is not attached; `silent`: nothing came in time. */
export type Asked = { is: 'answered'; response: Response } | { is: 'unreachable' | 'silent'; detail: string }

interface Place {
  party: Party
  ip: string
}
interface Waiting {
  hub: Eui64
  at: Place
  settle: (asked: Asked) => void
}

/** Requests under way at once. */
export const MOST_WAITING = 256

export class HeadEnd {
  private readonly options: HeadEndOptions
  private readonly name = randomUUID().slice(0, 8)
  private readonly clients = new Map<Apn, BrokerClient>()
  private readonly sessions = new Map<string, SessionNotice>()
  /** By the id of the request. */
  private readonly waiting = new Map<string, Waiting>()
  private readonly attached = new Set<() => void>()
  private counter = 0
  /** Messages that did not decode or verify. */
  refused = 0

  constructor(options: HeadEndOptions) {
    this.options = options
  }

  /** @throws BrokerError when a party is not let in */
  async start(): Promise<void> {
    const { broker, parties } = this.options
    for (const { originator, apn, login } of parties) {
      const client = await broker.connect({
        clientId: `s1rig-duis-${this.name}-${originator}`,
        ...(login && { login }),
        onMessage: message => this.onMessage(message),
      })
      this.clients.set(apn, client)
      await client.subscribe(`wan/${apn}/+/up`)
      await client.subscribe(`wan/${apn}/+/session`)
    }
  }

  async end(): Promise<void> {
    for (const { settle } of [...this.waiting.values()]) settle({ is: 'silent', detail: 'the door was closed' })
    await Promise.allSettled([...this.clients.values()].map(client => client.end()))
  }

  /** So many requests are under way that no more are taken. */
  get isBusy(): boolean {
    return this.waiting.size >= MOST_WAITING
  }

  /** Sends a request to a device behind a hub, which is woken first, and waits for its answer. */
  async ask(hub: Eui64, device: Eui64, request: Request, withinMs: number): Promise<Asked> {
    const place = this.placeOf(hub) ?? (await this.wake(hub))
    if (!place) return { is: 'unreachable', detail: `hub ${hub} has no session on the SM WAN` }
    const { originator, apn, key } = place.party
    const client = this.clients.get(apn)
    if (!client?.connected) return { is: 'unreachable', detail: 'the broker is out of reach' }
    const counter = this.nextCounter()
    const id = `duis-${this.name}-${counter}`
    const message: Message = {
      ...{ id, correlationId: '', originator, targetDevice: device, counter, sentAtMs: Date.now(), request },
    }
    const { promise, resolve } = Promise.withResolvers<Asked>()
    const silence = { is: 'silent', detail: `no answer within ${withinMs / 1_000} s` } as const
    const timer = setTimeout(() => resolve(silence), withinMs)
    this.waiting.set(id, { hub, at: place, settle: resolve })
    try {
      // What ends before its PUBACK is told by the silence.
      const dcoKey = passesDco(originator, request.serviceReferenceVariant) ? this.options.dcoKey : undefined
      client.publish(downTopic(apn, place.ip), encodeMessage(message, key, dcoKey)).catch(() => {})
      return await promise
    } finally {
      clearTimeout(timer)
      this.waiting.delete(id)
    }
  }

  /** Above every one before, also of an earlier life of the door. */
  private nextCounter(): number {
    this.counter = Math.max(this.counter + 1, Date.now())
    return this.counter
  }

  private placeOf(hub: Eui64): Place | undefined {
    for (const [at, notice] of this.sessions) {
      const [apn, ip = ''] = at.split(' ')
      const party = this.options.parties.find(one => one.apn === apn)
      if (party && notice.hub === hub && notice.state === 'up') return { party, ip }
    }
    return undefined
  }

  private async wake(hub: Eui64): Promise<Place | undefined> {
    const call = this.options.hubs.find(one => one.hub === hub)?.wake
    const client = [...this.clients.values()].find(({ connected }) => connected)
    if (!call || !client) return undefined
    for (let number = 1; number <= call.messages; number++) {
      const text = Buffer.from(`wake up ${number} of ${call.messages}`)
      await client.publish(smsTopic(call.msisdn), text).catch(() => {})
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (this.placeOf(hub)) resolve()
    }
    this.attached.add(look)
    const timer = setTimeout(resolve, this.options.wakeMs)
    look()
    await promise
    clearTimeout(timer)
    this.attached.delete(look)
    return this.placeOf(hub)
  }

  private onMessage({ topic, payload }: BrokerMessage): void {
    const address = parseWanTopic(topic)
    if (address?.leaf === 'session') this.onSession(`${address.apn} ${address.ip}`, payload)
    else if (address?.leaf === 'up') this.onUp(payload)
  }

  private onSession(at: string, payload: Uint8Array): void {
    const notice = parseNotice(payload)
    if (!notice || !this.knows(notice.hub)) return
    const before = this.sessions.get(at)
    if (before && notice.epoch < before.epoch) return
    this.sessions.set(at, notice)
    if (notice.state === 'up') for (const look of this.attached) look()
    else if (!this.placeOf(notice.hub)) this.lose(notice)
  }

  /** What was asked of a hub that is gone has no answer: what it does when it is back is told by nobody. */
  private lose({ hub, reason }: SessionNotice): void {
    for (const waiting of this.waiting.values()) {
      if (waiting.hub !== hub) continue
      waiting.settle({ is: 'unreachable', detail: `hub ${hub} went off the SM WAN${reason ? `: ${reason}` : ''}` })
    }
  }

  private onUp(payload: Uint8Array): void {
    try {
      const decoded = decodeMessage(payload)
      const { message } = decoded
      const isAuthentic = this.options.parties.some(({ key }) => verifyMessage(decoded, key))
      if (!isAuthentic || !this.knows(message.originator)) return void this.refused++
      if (message.alert) this.options.onAlert(message.originator, message.alert)
      const waiting = this.waiting.get(message.correlationId)
      if (message.response && waiting?.hub === message.originator) {
        waiting.settle({ is: 'answered', response: message.response })
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.refused++
    }
  }

  private knows(hub: Eui64): boolean {
    return this.options.hubs.some(one => one.hub === hub)
  }
}

function parseNotice(payload: Uint8Array): SessionNotice | undefined {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
