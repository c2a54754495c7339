/**
 * The MQTT side of the packet gateway. Downward messages and operator requests come in through one connection;
 * each attached hub has a connection of its own, which carries its birth, its death (the will) and what it sends.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Broker, BrokerClient, BrokerConnectOptions, BrokerLogin, BrokerMessage } from '../ports/broker.ts'
import type { GatewayOutlet, HubAddress } from '../wan/packet-gateway.ts'
import { parseWanTopic, type SessionNotice, sessionTopic, upTopic } from '../wan/topics.ts'

export interface BridgeOptions {
  broker: Broker
  login?: BrokerLogin
  /** Short name that keeps client ids of two rigs on one broker apart. */
  name: string
  /** The broker keeps what comes for us while we are away, from one life of the gateway to the next. */
  lasting?: boolean
  /** Of the last notice in an earlier life. */
  epoch?: number | undefined
  /** What leaves waits for this; resolves to what is called when the broker has it. `kept`: it is sent again if we die before. */
  post?: (letter: { installation: string; topic: string; payload: Uint8Array }, kept: boolean) => Promise<() => void>
  /** Called for each message for a hub. */
  onDown: (apn: string, ip: string, message: BrokerMessage) => void
  /** Called for each request to the operator; `verb` is the last level of the topic. */
  onCspRequest: (verb: string, message: BrokerMessage) => void
  /** Called for each short message; `msisdn` is the last level of the topic. */
  onSms: (msisdn: string, message: BrokerMessage) => void
  /** A message is about to be published; `published` at PUBACK. */
  onSending: (installation: string, topic: string, payload: Uint8Array) => void
  onPublished: (installation: string, topic: string, payload: Uint8Array) => void
  /** Civil time in an installation, Unix milliseconds. */
  unixMs: (installation: string) => number
  onProblem: (text: string) => void
}

interface HubConnection {
  client: Promise<BrokerClient>
  address: HubAddress
  epoch: number
  /** Told again whenever the connection was lost. */
  birth: Uint8Array
}

const DOWN_FILTER = 'wan/+/+/down'
const CSP_FILTER = 'csp/request/+'
const SMS_FILTER = 'sms/+'
/** Between two attempts of a hub to connect while the broker is away. */
const HUB_RETRY_MS = 100

export class Bridge implements GatewayOutlet {
  private readonly options: BridgeOptions
  private main: BrokerClient | undefined
  private readonly hubs = new Map<string, HubConnection>()
  private readonly closing = new Set<Promise<void>>()
  private connections = 0
  private epoch: number
  private stopping = false

  constructor(options: BridgeOptions) {
    this.options = options
    this.epoch = options.epoch ?? 0
  }

  /** Of the last notice: what is to be kept when the process dies. */
  get lastEpoch(): number {
    return this.epoch
  }
  /** Whether the broker is within reach. */
  get connected(): boolean {
    return this.main?.connected ?? false
  }

  async start(): Promise<void> {
    const { lasting } = this.options
    const onMessage = (message: BrokerMessage) => this.onMessage(message)
    this.main = await this.connect('gateway', { onMessage, ...(lasting !== undefined && { lasting }) })
    await this.main.subscribe(DOWN_FILTER)
    await this.main.subscribe(CSP_FILTER)
    await this.main.subscribe(SMS_FILTER)
  }

  /** Sends again what may not have arrived in an earlier life; resolves when the broker has it. */
  async resend(letters: readonly { topic: string; payload: Uint8Array; delivered: () => void }[]): Promise<void> {
    const main = this.main as BrokerClient
    await Promise.all(letters.map(({ topic, payload, delivered }) => main.publish(topic, payload).then(delivered)))
  }

  /** Says goodbye for every hub, then leaves. `forget`: nobody will come back for what the broker keeps for us. */
  async stop(forget = false): Promise<void> {
    this.stopping = true
    for (const { address } of [...this.hubs.values()]) this.session(address, 'down', 'stopped')
    await Promise.allSettled([...this.closing, this.main?.end({ forget })])
  }

  /** Publishes something of the operator's. */
  publish(installation: string, topic: string, payload: Uint8Array): void {
    this.options.onSending(installation, topic, payload)
    this.send(installation, Promise.resolve(this.main as BrokerClient), { topic, payload })
  }

  up(from: HubAddress, octets: Uint8Array): void {
    const hub = this.hubs.get(keyOf(from))
    if (!hub) return
    const topic = upTopic(from.apn, from.ip)
    this.options.onSending(from.installation, topic, octets)
    this.send(from.installation, hub.client, { topic, payload: octets })
  }

  session(at: HubAddress, state: 'up' | 'down', reason?: string): void {
    if (state === 'up') this.attached(at)
    else this.detached(at, reason)
  }

  private attached(at: HubAddress): void {
    const epoch = this.nextEpoch()
    const birth = this.notice(at, { state: 'up', epoch })
    const hub = { address: at, epoch, birth } as HubConnection
    this.options.onSending(at.installation, sessionTopic(at.apn, at.ip), birth)
    hub.client = this.connectHub(hub)
    this.hubs.set(keyOf(at), hub)
    this.announce(hub)
  }

  private detached(at: HubAddress, reason: string | undefined): void {
    const hub = this.hubs.get(keyOf(at))
    if (!hub) return
    this.hubs.delete(keyOf(at))
    const topic = sessionTopic(at.apn, at.ip)
    const payload = this.notice(at, { state: 'down', epoch: hub.epoch, ...(reason !== undefined && { reason }) })
    this.options.onSending(at.installation, topic, payload)
    const farewell = this.send(at.installation, hub.client, { topic, payload, retain: true, last: true })
    this.closing.add(farewell)
    farewell.finally(() => this.closing.delete(farewell))
  }

  private announce({ address, client, birth }: HubConnection): void {
    const topic = sessionTopic(address.apn, address.ip)
    this.send(address.installation, client, { topic, payload: birth, retain: true })
  }

  private async send(
    installation: string,
    client: Promise<BrokerClient>,
    message: { topic: string; payload: Uint8Array; retain?: boolean; last?: boolean },
  ): Promise<void> {
    const { topic, payload, retain = false, last = false } = message
    try {
      // A notice of presence is not kept: who comes back tells anew where it is.
      const delivered = await this.options.post?.({ installation, topic, payload }, !retain)
      const to = await client
      const published = to.publish(topic, payload, { retain })
      // The end waits for what is pending, but not for ever.
      if (last) await Promise.all([published, to.end()])
      else await published
      delivered?.()
      this.options.onPublished(installation, topic, payload)
    } catch (error) {
      this.options.onProblem(`could not publish to ${topic}: ${error instanceof Error ? error.message : error}`)
    }
  }

  /** Hands a message to whom it is for. */
  onMessage(message: BrokerMessage): void {
    const address = parseWanTopic(message.topic)
    if (address?.leaf === 'down') this.options.onDown(address.apn, address.ip, message)
    else if (message.topic.startsWith('csp/request/')) {
      this.options.onCspRequest(message.topic.slice('csp/request/'.length), message)
    } else if (message.topic.startsWith('sms/')) this.options.onSms(message.topic.slice('sms/'.length), message)
  }

  private connect(name: string, more: Omit<BrokerConnectOptions, 'clientId'>): Promise<BrokerClient> {
    const { broker, login } = this.options
    return broker.connect({ clientId: `s1rig-${this.options.name}-${name}`, ...(login && { login }), ...more })
  }

  private connectHub(hub: HubConnection): Promise<BrokerClient> {
    const { address } = hub
    // A number of its own: the same hub may attach again before the broker has forgotten its last connection.
    const name = `hub-${address.hub}-${++this.connections}`
    const topic = sessionTopic(address.apn, address.ip)
    const isThere = () => this.hubs.get(keyOf(address)) === hub
    const death = (epoch: number) => this.notice(address, { state: 'down', epoch, reason: 'connection lost' })
    const will = { topic, payload: death(hub.epoch) }
    // The broker tells that the connection was lost; until the hub is announced again, nobody may conclude from that.
    const onLost = () => {
      if (!isThere()) return
      hub.epoch = this.nextEpoch()
      hub.birth = this.notice(address, { state: 'up', epoch: hub.epoch })
      will.payload = death(hub.epoch)
      this.options.onSending(address.installation, topic, hub.birth)
    }
    const onReconnected = () => {
      if (isThere()) this.announce(hub)
    }
    return this.insist(name, () => this.connect(name, { will, onLost, onReconnected }))
  }

  /** A hub may attach while the broker is away. */
  private async insist(name: string, connect: () => Promise<BrokerClient>): Promise<BrokerClient> {
    let told = false
    for (;;) {
      try {
        return await connect()
      } catch (error) {
        if (this.stopping) throw error
        if (!told) this.options.onProblem(`${name}: ${error instanceof Error ? error.message : error}; trying again`)
        told = true
        await pause(HUB_RETRY_MS)
      }
    }
  }

  /** By the wall clock, so that it grows from one run of the gateway to the next as well. */
  private nextEpoch(): number {
    this.epoch = Math.max(this.epoch + 1, Date.now())
    return this.epoch
  }

  private notice(at: HubAddress, { state, ...rest }: Pick<SessionNotice, 'state' | 'epoch' | 'reason'>): Uint8Array {
    const notice: SessionNotice = { state, hub: at.hub, atMs: this.options.unixMs(at.installation), ...rest }
    return Buffer.from(JSON.stringify(notice))
  }
}

const keyOf = (at: HubAddress): string => `${at.apn} ${at.ip}`
