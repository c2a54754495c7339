/**
 * A client's standing with a broker across connections. Nothing acknowledged is lost: what we publish stays in the
 * outbox until its PUBACK and is sent again on the next connection; what others publish while we are away is kept by
 * the broker, because the MQTT session is not clean. A clean session with subscribing again would lose whatever is
 * published between the broker's return and our SUBACK. Delivery is therefore at least once; the message counter
 * tells repeats apart.
 */
import type { MqttClient } from 'mqtt'
import type { BrokerClient, BrokerConnectOptions } from '../../ports/broker.ts'
import { isFilter, isTopic } from '../topic-filter.ts'
import type { BrokerNodes } from './broker-nodes.ts'

/** Octets of the longest payload, either way. */
export const MAX_PAYLOAD_OCTETS = 65_536
/** Publishes that may await their PUBACK. */
export const MAX_OUTBOX = 10_000

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 5_000
const END_PATIENCE_MS = 5_000

interface Outgoing {
  topic: string
  payload: Uint8Array
  retain: boolean
  resolve: () => void
  reject: (error: Error) => void
}

export interface SessionOptions extends BrokerConnectOptions {
  nodes: BrokerNodes
  /** A payload longer than `MAX_PAYLOAD_OCTETS` came in and was dropped. */
  onOversized?: (topic: string, octets: number) => void
  /** How long `end()` waits for what is pending to be acknowledged, milliseconds. Default 5000. */
  endPatienceMs?: number
}

/** Connects, unless it is to last without what the broker kept for the client id from an earlier run. Rejects as `BrokerNodes.open`. */
export async function startSession(options: SessionOptions): Promise<BrokerClient> {
  const { nodes } = options
  if (!options.lasting) await nodes.insist(() => forget(options))
  const session = new MqttSession(options)
  await nodes.insist(() => session.open())
  return session
}

/** A clean connection, closed again: the broker drops subscriptions and queued messages of this client id. */
async function forget({ nodes, clientId, login }: SessionOptions): Promise<void> {
  const { client } = await nodes.open({ clientId, clean: true, ...(login && { login }) })
  await client.endAsync()
}

class MqttSession implements BrokerClient {
  private readonly options: SessionOptions
  /** In the order of publishing. */
  private readonly outbox = new Set<Outgoing>()
  private readonly filters = new Map<string, 0 | 1>()
  private connection: MqttClient | undefined
  private retry: NodeJS.Timeout | undefined
  private ending: Promise<void> | undefined
  private ended = false
  private onDrained: (() => void) | undefined

  constructor(options: SessionOptions) {
    this.options = options
  }

  get connected(): boolean {
    return this.connection?.connected ?? false
  }

  publish(topic: string, payload: Uint8Array, options: { retain?: boolean } = {}): Promise<void> {
    if (this.ending) return Promise.reject(new Error(`${topic}: not published, the client has ended`))
    if (!isTopic(topic))
      return Promise.reject(new Error(`${JSON.stringify(topic)}: a topic without wildcards expected`))
    if (payload.length > MAX_PAYLOAD_OCTETS) {
      return Promise.reject(
        new Error(`${topic}: at most ${MAX_PAYLOAD_OCTETS} octets can be published, not ${payload.length}`),
      )
    }
    if (this.outbox.size >= MAX_OUTBOX) {
      return Promise.reject(
        new Error(`${topic}: not published, ${MAX_OUTBOX} messages already wait for ${this.options.nodes.url}`),
      )
    }
    return new Promise((resolve, reject) => {
      // The caller may reuse its buffer; a repeat must send the same octets.
      const copy = Uint8Array.from(payload)
      const outgoing = { topic, payload: copy, retain: options.retain ?? false, resolve, reject }
      this.outbox.add(outgoing)
      if (this.connection) this.send(this.connection, outgoing)
    })
  }

  async subscribe(filter: string, { qos }: { qos: 0 | 1 } = { qos: 1 }): Promise<void> {
    const { nodes } = this.options
    if (!isFilter(filter)) throw new Error(`${JSON.stringify(filter)} is not a topic filter`)
    await nodes.insist(async () => {
      if (this.ending) throw new Error(`${filter}: not subscribed, the client has ended`)
      if (!this.connection) throw nodes.refusal(`${filter}: not subscribed, no connection to ${nodes.url} now`)
      await this.ask(this.connection, filter, qos)
    })
    this.filters.set(filter, qos)
  }

  end({ forget = !this.options.lasting } = {}): Promise<void> {
    this.ending ??= this.finish(forget)
    return this.ending
  }

  async open(): Promise<void> {
    const { nodes, clientId, login, will } = this.options
    const { client, sessionPresent } = await nodes.open({
      clientId,
      clean: false,
      onMessage: (topic, payload, retain) => this.receive(topic, payload, retain),
      ...(login && { login }),
      ...(will && { will }),
    })
    try {
      // A broker that lost the session learns the subscriptions before it gets messages that may be answered.
      if (!sessionPresent) await Promise.all([...this.filters].map(([filter, qos]) => this.ask(client, filter, qos)))
    } catch (error) {
      client.end(true)
      throw error
    }
    if (this.ended) return client.endAsync()
    this.connection = client
    client.once('close', () => this.lost())
    for (const outgoing of this.outbox) this.send(client, outgoing)
  }

  private async ask(connection: MqttClient, filter: string, qos: 0 | 1): Promise<void> {
    const { nodes } = this.options
    const granted = await connection.subscribeAsync(filter, { qos }).catch((error: Error) => {
      throw nodes.refusal(`${filter}: ${nodes.url} refused the subscription (${error.message})`)
    })
    if (granted.some(grant => grant.qos > 2)) {
      throw nodes.refusal(`${filter}: ${nodes.url} refused the subscription; the login may not read all of it`)
    }
  }

  private send(connection: MqttClient, outgoing: Outgoing): void {
    const { topic, payload, retain } = outgoing
    connection.publish(topic, Buffer.from(payload), { qos: 1, retain }, error => {
      // Without a PUBACK it stays in the outbox for the next connection.
      if (error || !this.outbox.delete(outgoing)) return
      outgoing.resolve()
      if (this.outbox.size === 0) this.onDrained?.()
    })
  }

  private receive(topic: string, payload: Uint8Array, retain: boolean): void {
    if (payload.length > MAX_PAYLOAD_OCTETS) this.options.onOversized?.(topic, payload.length)
    else this.options.onMessage?.({ topic, payload, retain })
  }

  private lost(): void {
    if (this.ended) return
    this.connection = undefined
    this.options.onLost?.()
    this.reopen(FIRST_RETRY_MS)
  }

  private reopen(delayMs: number): void {
    this.retry = setTimeout(async () => {
      try {
        await this.open()
      } catch {
        if (!this.ended) this.reopen(Math.min(delayMs * 2, LAST_RETRY_MS))
        return
      }
      if (!this.ended) this.options.onReconnected?.()
    }, delayMs)
  }

  private async finish(isOver: boolean): Promise<void> {
    await this.drained()
    this.ended = true
    clearTimeout(this.retry)
    const connection = this.connection
    this.connection = undefined
    for (const outgoing of this.outbox)
      outgoing.reject(new Error(`${outgoing.topic}: the client ended before its PUBACK`))
    this.outbox.clear()
    if (!connection || !(await this.disconnected(connection)) || !isOver) return
    // Nobody will come back for this session; without it the broker would queue messages for ever.
    await forget(this.options).catch(() => {})
  }

  /** False when the broker does not let go: the connection is cut, and the broker tells of it by the will. */
  private async disconnected(connection: MqttClient): Promise<boolean> {
    let patience: NodeJS.Timeout | undefined
    const cut = new Promise<boolean>(resolve => {
      patience = setTimeout(() => {
        connection.end(true)
        resolve(false)
      }, this.options.endPatienceMs ?? END_PATIENCE_MS)
    })
    const clean = await Promise.race([connection.endAsync().then(() => true), cut])
    clearTimeout(patience)
    return clean
  }

  private drained(): Promise<void> {
    if (this.outbox.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const patience = setTimeout(resolve, this.options.endPatienceMs ?? END_PATIENCE_MS)
      this.onDrained = () => {
        clearTimeout(patience)
        resolve()
      }
    })
  }
}
