/**
 * Load on the SM WAN: an SMSO outside the rig's process that asks many hubs at the same time, and a ledger of what it asked
 * and what came back.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Eui64 } from '../../src/base/ids.ts'
import type { Broker, BrokerClient, BrokerLogin, BrokerMessage } from '../../src/ports/broker.ts'
import { decodeMessage, encodeMessage, type Message, verifyMessage } from '../../src/wan/messages/codec.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { downTopic, parseWanTopic, type SessionNotice } from '../../src/wan/topics.ts'
import type { Fleet, HomeInBooks } from './fleet.ts'

const APN = 'newcastle'

/** One request, and the answers to it. */
export interface Entry {
  home: HomeInBooks
  request: Request
  sentAtMs: number
  /** Milliseconds until the first answer. */
  tookMs?: number
  answers: Response[]
}

export interface WanLoadOptions {
  /** Requests go over one connection to each; the first one hears the answers. */
  brokers: readonly Broker[]
  login?: BrokerLogin
  fleet: Fleet
  /** How long one answer is waited for; 30000 unless given. */
  patienceMs?: number
}

/** What is asked of a home: the device, and the request to it. */
export type Turn = (home: HomeInBooks) => readonly [Eui64, Request]

/** The hub's device log, then its meter's registers. */
const READS: readonly Turn[] = [
  ({ hub }) => [hub, requestOf('readDeviceLog', {})],
  ({ esme }) => [esme, requestOf('readImportRegisters', {})],
]

const PATIENCE_MS = 30_000

/** What an answer says, for comparing two. */
const said = (response: Response) => createHash('sha1').update(JSON.stringify(response)).digest('base64')

export class WanLoad {
  /** By request id. */
  readonly entries = new Map<string, Entry>()
  /** Messages that answer nothing of ours, or that no hub of ours can have made. */
  readonly strange: string[] = []
  /** The latest that was told of each address. */
  readonly sessions = new Map<string, SessionNotice>()
  private readonly options: WanLoadOptions
  private readonly byIp: ReadonlyMap<string, HomeInBooks>
  private readonly waiting = new Map<string, () => void>()
  private clients: BrokerClient[] = []
  private counter = 0

  private constructor(options: WanLoadOptions) {
    this.options = options
    this.byIp = new Map(options.fleet.homes.map(home => [home.ip, home]))
  }

  static async start(options: WanLoadOptions): Promise<WanLoad> {
    const load = new WanLoad(options)
    const { brokers, login } = options
    for (const [n, broker] of brokers.entries()) {
      const client = await broker.connect({
        clientId: `smso-${process.pid}-${n}`,
        ...(login && { login }),
        onMessage: message => load.onMessage(message),
      })
      load.clients.push(client)
    }
    const [first] = load.clients
    await first?.subscribe(`wan/${APN}/+/session`)
    await first?.subscribe(`wan/${APN}/+/up`)
    return load
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.clients.map(client => client.end()))
  }

  /** Homes whose hub was last said to be attached. */
  get attached(): number {
    let count = 0
    for (const { state } of this.sessions.values()) if (state === 'up') count++
    return count
  }

  /** Asks a hub or its meter; resolves with the first answer, undefined when none comes in time. */
  async ask(home: HomeInBooks, device: Eui64, request: Request): Promise<Response | undefined> {
    const counter = ++this.counter
    const id = `load-${counter}`
    const header = { id, correlationId: '', originator: 'smso', targetDevice: device, counter }
    const octets = encodeMessage({ ...header, sentAtMs: Date.now(), request }, this.options.fleet.smsoKey)
    const entry: Entry = {
      home,
      request,
      sentAtMs: performance.now(),
      answers: [],
    }
    this.entries.set(id, entry)
    const answered = new Promise<void>(resolve => {
      const giveUp = setTimeout(resolve, this.options.patienceMs ?? PATIENCE_MS)
      this.waiting.set(id, () => {
        clearTimeout(giveUp)
        resolve()
      })
    })
    // The same way for each hub: what overtakes on another one has an old counter.
    const client = this.clients[this.options.fleet.homes.indexOf(home) % this.clients.length]
    client?.publish(downTopic(APN, home.ip), octets).catch(() => {})
    await answered
    return entry.answers[0]
  }

  /** Waits until every hub is attached and its meter can be asked; rejects when that takes too long. */
  async assembled(withinS = 120): Promise<void> {
    const { homes } = this.options.fleet
    const deadline = performance.now() + withinS * 1_000
    const patience = async (missing: string) => {
      if (performance.now() > deadline) throw new Error(`after ${withinS} s ${missing}`)
      await sleep(200)
    }
    while (this.attached < homes.length) await patience(`${this.attached} of ${homes.length} hubs are attached`)
    await each(homes, 64, async home => {
      for (;;) {
        const answer = await this.ask(home, home.hub, requestOf('readDeviceLog', {}))
        if (answer?.readDeviceLog?.entries.some(({ deviceId, joined }) => deviceId === home.esme && joined)) return
        await patience(`the meter of ${home.id} has not joined`)
      }
    })
  }

  /**
   * Keeps `atOnce` requests under way until it is over: the first of `turns` to each hub, then the second, and so on. Resolves when
   * the last one is answered, with the milliseconds that all of it took.
   */
  async run({ until, atOnce, turns = READS }: { until: () => boolean; atOnce: number; turns?: readonly Turn[] }) {
    const from = performance.now()
    await each(this.asked(turns, until), atOnce, ([home, [device, request]]) => this.ask(home, device, request))
    return performance.now() - from
  }

  /** Forgets what was asked so far. */
  clear(): void {
    this.entries.clear()
  }

  /** Milliseconds each took that was answered. */
  times(): number[] {
    return [...this.entries.values()].flatMap(({ tookMs }) => tookMs ?? [])
  }

  /** What was not answered exactly once, with success: the ids, by what is wrong. */
  imbalance() {
    const found = { lost: [] as string[], again: [] as string[], differently: [] as string[], failed: [] as string[] }
    for (const [id, { answers }] of this.entries) {
      const [first] = answers
      if (!first) found.lost.push(id)
      else if (first.code !== 'I0') found.failed.push(`${id} ${first.code} ${first.detail}`)
      if (answers.length > 1) found.again.push(id)
      if (new Set(answers.map(said)).size > 1) found.differently.push(id)
    }
    return { ...found, strange: this.strange }
  }

  private *asked(turns: readonly Turn[], isOver: () => boolean): Generator<[HomeInBooks, ReturnType<Turn>]> {
    for (;;) {
      for (const turn of turns) {
        for (const home of this.options.fleet.homes) {
          if (isOver()) return
          yield [home, turn(home)]
        }
      }
    }
  }

  private onMessage({ topic, payload }: BrokerMessage): void {
    const address = parseWanTopic(topic)
    const home = address && this.byIp.get(address.ip)
    if (!home) this.strange.push(topic)
    else if (address.leaf === 'session') this.onSession(home, payload)
    else this.onAnswer(home, payload)
  }

  private onSession({ ip }: HomeInBooks, payload: Uint8Array): void {
    const notice: SessionNotice = JSON.parse(Buffer.from(payload).toString())
    // A will that comes late tells of a connection before.
    if (notice.epoch >= (this.sessions.get(ip)?.epoch ?? 0)) this.sessions.set(ip, notice)
  }

  private onAnswer(home: HomeInBooks, payload: Uint8Array): void {
    const decoded = decodeMessage(payload)
    const { correlationId, originator, response, alert }: Message = decoded.message
    if (alert) return
    const entry = this.entries.get(correlationId)
    const isSound = originator === home.hub && verifyMessage(decoded, this.options.fleet.smsoKey)
    if (!entry || !response || entry.home !== home || !isSound) {
      this.strange.push(`${correlationId} from ${originator}`)
      return
    }
    entry.tookMs ??= performance.now() - entry.sentAtMs
    entry.answers.push(response)
    this.waiting.get(correlationId)?.()
    this.waiting.delete(correlationId)
  }
}

/** Works on all, at most `limit` at the same time; the first error ends it. */
async function each<T>(all: Iterable<T>, limit: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = all[Symbol.iterator]()
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
