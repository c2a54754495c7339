/** An MQTT 3.1.1 broker inside the process, for benches that bring none. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes'
import { matches, within } from '../topic-filter.ts'
import type { TopicRules } from './access.ts'
import { boundQueues } from './bound-queues.ts'
import { Door, type DoorAddress } from './door.ts'

/** Something a client was not let do. */
export interface Refusal {
  clientId: string
  /** '' when none was given. */
  username: string
  action: 'connect' | 'publish' | 'subscribe' | 'will'
  /** '' for a connect. */
  topic: string
}

export interface EmbeddedBrokerOptions {
  /** On loopback, for this machine. Default 0: any free port. */
  port?: number
  /** Where else it listens. */
  outside?: DoorAddress
  /** Password of each user. */
  logins: Readonly<Record<string, string>>
  /** What each user may do; a user without rules may do nothing. */
  rules: Readonly<Record<string, TopicRules>>
  onRefused?: (refusal: Refusal) => void
  /** A publish is about to be acknowledged; when it throws, it is not, and the client sends it again. */
  onAccepting?: (topic: string, payload: Uint8Array) => void
  /** Messages kept for one absent client; later ones are counted and dropped. Default 100000. */
  maxQueued?: number
}

export interface EmbeddedBroker {
  /** `mqtt://127.0.0.1:port`; stays the same across a restart. */
  readonly url: string
  /** Where others find it. */
  readonly outsideUrl: string | undefined
  /** Refusals since the start. */
  readonly refusedCount: number
  /** Messages not kept because the queue of an absent client was full, since the start. */
  readonly overflowedCount: number
  /** Drops every connection and listens again; sessions, queued and retained messages are kept. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Messages kept for one absent client unless told otherwise. */
const MAX_QUEUED = 100_000
/** Where a refused publish goes: nobody can subscribe to it. */
const NOWHERE = '$SYS/refused'

const LOOPBACK = '127.0.0.1'

/** Starts listening. Rejects with a UsageError when the port cannot be had. */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = new AedesBroker(options)
  try {
    await broker.start()
  } catch (error) {
    await broker.close()
    throw error
  }
  return broker
}

class AedesBroker implements EmbeddedBroker {
  private readonly options: EmbeddedBrokerOptions
  private readonly aedes: Aedes
  private readonly inside: Door
  private readonly outside: Door | undefined
  private readonly users = new WeakMap<Client, string>()
  private readonly wills = new WeakMap<Client, string>()
  private refused = 0
  private overflowed = 0

  constructor(options: EmbeddedBrokerOptions) {
    this.options = options
    this.aedes = new Aedes(this.hooks())
    const door = (address: DoorAddress) => new Door(address, socket => void this.aedes.handle(socket))
    this.inside = door({ host: LOOPBACK, port: options.port ?? 0 })
    this.outside = options.outside && door(options.outside)
  }

  get url(): string {
    return this.inside.url
  }
  get outsideUrl(): string | undefined {
    return this.outside?.url
  }
  get refusedCount(): number {
    return this.refused
  }
  get overflowedCount(): number {
    return this.overflowed
  }

  async start(): Promise<void> {
    await this.aedes.listen()
    boundQueues(this.aedes, this.options.maxQueued ?? MAX_QUEUED, () => {
      this.overflowed += 1
    })
    await this.listen()
  }

  async restart(): Promise<void> {
    await this.stopListening()
    await this.listen()
  }

  async close(): Promise<void> {
    await this.stopListening()
    await new Promise<void>(resolve => this.aedes.close(() => resolve()))
  }

  private async listen(): Promise<void> {
    await this.inside.open()
    await this.outside?.open()
  }

  private async stopListening(): Promise<void> {
    await Promise.all([this.inside.close(), this.outside?.close()])
  }

  private hooks(): AedesOptions {
    return {
      drainTimeout: 10_000,
      preConnect: (client, packet, callback) => {
        if (packet.will) this.wills.set(client, packet.will.topic)
        callback(null, true)
      },
      authenticate: (client, username = '', password, callback) => {
        const will = this.wills.get(client)
        if (!this.knows(username, password)) {
          this.refuse(client, username, 'connect', '')
          callback(Object.assign(new Error('bad user name or password'), { returnCode: 4 }), false)
        } else if (will !== undefined && !this.mayPublish(username, will)) {
          this.refuse(client, username, 'will', will)
          callback(Object.assign(new Error('will not authorised'), { returnCode: 5 }), false)
        } else {
          this.users.set(client, username)
          callback(null, true)
        }
      },
      authorizePublish: (client, packet, callback) => {
        const username = client ? (this.users.get(client) ?? '') : ''
        if (client && !this.mayPublish(username, packet.topic)) {
          this.refuse(client, username, 'publish', packet.topic)
          discard(packet)
        } else if (client && packet.qos > 0) {
          try {
            this.options.onAccepting?.(packet.topic, Buffer.from(packet.payload))
          } catch (error) {
            return callback(error instanceof Error ? error : new Error(String(error)))
          }
        }
        callback(null)
      },
      authorizeSubscribe: (client, subscription, callback) => {
        const username = this.users.get(client) ?? ''
        const allowed = this.options.rules[username]?.subscribe.some(rule => within(rule, subscription.topic)) ?? false
        if (!allowed) this.refuse(client, username, 'subscribe', subscription.topic)
        callback(null, allowed ? subscription : null)
      },
    }
  }

  /** Takes the same time whether the user or the password is wrong. */
  private knows(username: string, password: Uint8Array | undefined): boolean {
    const known = Object.hasOwn(this.options.logins, username) ? this.options.logins[username] : undefined
    const same = timingSafeEqual(sha256(known ?? ''), sha256(password ?? ''))
    return same && known !== undefined && known !== ''
  }

  private mayPublish(username: string, topic: string): boolean {
    return this.options.rules[username]?.publish.some(rule => matches(rule, topic)) ?? false
  }

  private refuse(client: Client, username: string, action: Refusal['action'], topic: string): void {
    this.refused += 1
    this.options.onRefused?.({ clientId: client.id, username, action, topic })
  }
}

/**
 * MQTT 3.1.1 has no way to refuse a publish. Like mosquitto, acknowledge it and let it go nowhere: closing the
 * connection would make a client that repeats what was not acknowledged try for ever.
 */
function discard(packet: PublishPacket): void {
  packet.topic = NOWHERE
  packet.payload = Buffer.alloc(0)
  packet.retain = false
}

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest()
