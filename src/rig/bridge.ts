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
  /** Called for each message for a hub. */
  onDown: (apn: string, ip: string, message: BrokerMessage) => void
  /** Called for each request to the operator; `verb` is the last level of the topic. */
  onCspRequest: (verb: string, message: BrokerMessage) => void
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
}

const DOWN_FILTER = 'wan/+/+/down'
const CSP_FILTER = 'csp/request/+'
/** Between two attempts of a hub to connect while the broker is away. */
const HUB_RETRY_MS = 100

export class Bridge implements GatewayOutlet {
  private readonly options: BridgeOptions
  private main: BrokerClient | undefined
  private readonly hubs = new Map<string, HubConnection>()
  private readonly closing = new Set<Promise<void>>()
  private connections = 0
  private stopping = false

  constructor(options: BridgeOptions) {
    this.options = options
  }

  /** Whether the broker is within reach. */
  get connected(): boolean {
    return this.main?.connected ?? false
  }

  async start(): Promise<void> {
    this.main = await this.connect('gateway', { onMessage: message => this.onMessage(message) })
    await this.main.subscribe(DOWN_FILTER)
    await this.main.subscribe(CSP_FILTER)
  }

  /** Says goodbye for every hub, then leaves. */
  async stop(): Promise<void> {
    this.stopping = true
    for (const { address } of [...this.hubs.values()]) this.session(address, 'down', 'stopped')
    await Promise.allSettled([...this.closing, this.main?.end()])
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
    const topic = sessionTopic(at.apn, at.ip)
    const payload = this.notice(at, state, reason)
    if (state === 'up') {
      this.options.onSending(at.installation, topic, payload)
      const hub: HubConnection = { client: this.connectHub(at, payload), address: at }
      this.hubs.set(keyOf(at), hub)
      this.send(at.installation, hub.client, { topic, payload, retain: true })
      return
    }
    const hub = this.hubs.get(keyOf(at))
    if (!hub) return
    this.hubs.delete(keyOf(at))
    this.options.onSending(at.installation, topic, payload)
    this.send(at.installation, hub.client, { topic, payload, retain: true })
    // The end waits for what is pending, but not for ever.
    const farewell = hub.client
      .then(client => client.end())
      .catch(error => this.options.onProblem(`session of ${at.hub} at ${at.apn} ${at.ip} did not close: ${error}`))
    this.closing.add(farewell)
    farewell.finally(() => this.closing.delete(farewell))
  }

  private async send(
    installation: string,
    client: Promise<BrokerClient>,
    message: { topic: string; payload: Uint8Array; retain?: boolean },
  ): Promise<void> {
    const { topic, payload, retain = false } = message
    try {
      await (await client).publish(topic, payload, { retain })
      this.options.onPublished(installation, topic, payload)
    } catch (error) {
      this.options.onProblem(`could not publish to ${topic}: ${error instanceof Error ? error.message : error}`)
    }
  }

  private onMessage(message: BrokerMessage): void {
    const address = parseWanTopic(message.topic)
    if (address?.leaf === 'down') this.options.onDown(address.apn, address.ip, message)
    else if (message.topic.startsWith('csp/request/')) {
      this.options.onCspRequest(message.topic.slice('csp/request/'.length), message)
    }
  }

  private connect(name: string, more: Omit<BrokerConnectOptions, 'clientId'>): Promise<BrokerClient> {
    const { broker, login } = this.options
    return broker.connect({ clientId: `s1rig-${this.options.name}-${name}`, ...(login && { login }), ...more })
  }

  private connectHub(at: HubAddress, birth: Uint8Array): Promise<BrokerClient> {
    // A number of its own: the same hub may attach again before the broker has forgotten its last connection.
    const name = `hub-${at.hub}-${++this.connections}`
    const topic = sessionTopic(at.apn, at.ip)
    // The broker tells that the connection was lost; until the hub is announced again, nobody may conclude from that.
    const onLost = () => {
      if (this.hubs.has(keyOf(at))) this.options.onSending(at.installation, topic, birth)
    }
    const onReconnected = () => {
      const hub = this.hubs.get(keyOf(at))
      if (hub) this.send(at.installation, hub.client, { topic, payload: birth, retain: true })
    }
    const will = { topic, payload: this.notice(at, 'down', 'connection lost') }
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

  private notice(at: HubAddress, state: 'up' | 'down', reason?: string): Uint8Array {
    const notice: SessionNotice = {
      state,
      hub: at.hub,
      atMs: this.options.unixMs(at.installation),
      ...(reason && { reason }),
    }
    return Buffer.from(JSON.stringify(notice))
  }
}

const keyOf = (at: HubAddress): string => `${at.apn} ${at.ip}`
