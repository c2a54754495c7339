/**
 * Somebody at the broker who has a key at a hub and orders changes of it all the time: each request is sent until it is answered, the
 * same octets, and what was answered is written down. Watches, as a stranger, everything that the hub says.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { withCrc } from '../../src/crypto/install-code.ts'
import type { BrokerClient, BrokerLogin } from '../../src/ports/broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { decodeMessage, encodeMessage, type Message } from '../../src/wan/messages/codec.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { downTopic, parseWanTopic } from '../../src/wan/topics.ts'

export interface OutsiderOptions {
  url: string
  login?: BrokerLogin
  originator: string
  key: Uint8Array
  hub: Eui64
  /** Where the hub may be. */
  at: readonly { apn: string; ip: string }[]
}

interface Asked {
  id: string
  octets: Uint8Array
  /** As they came: an answer that comes again says the same. */
  answers: Response[]
}

/** Between two times that a request without an answer is sent. */
const AGAIN_MS = 400
/** Devices it has on the whitelist at once. */
const LISTED = 4

export class Outsider {
  /** What the hub said, by its counter; hex. */
  readonly said = new Map<number, string>()
  /** What a stranger would call wrong. */
  readonly complaints: string[] = []
  /** Requests answered. */
  answered = 0
  /** Sent once more, for want of an answer. */
  sentAgain = 0
  /** Devices that the hub has said it listed, and did not say it took off. */
  readonly listed = new Set<Eui64>()
  /** Changes it was told of, by device: on the list, off the list. */
  private readonly changes = new Map<Eui64, number>()
  private readonly alerts = new Map<Eui64, number>()
  private readonly options: OutsiderOptions
  private readonly client: BrokerClient
  private readonly asked = new Map<string, Asked>()
  private counter = 0
  private device = 0
  private last: Asked | undefined
  private stopping = false
  private abandoned = false
  /** Changes that were ordered and never answered. */
  private readonly unsure = new Set<Eui64>()

  private constructor(options: OutsiderOptions, client: BrokerClient) {
    this.options = options
    this.client = client
  }

  static async at(options: OutsiderOptions): Promise<Outsider> {
    const { url, login, originator, at } = options
    const received: ((topic: string, octets: Uint8Array) => void)[] = []
    const client = await mqttBroker(url).connect({
      clientId: `outsider-${originator}`,
      ...(login && { login }),
      onMessage: ({ topic, payload }) => received.forEach(take => void take(topic, Uint8Array.from(payload))),
    })
    const outsider = new Outsider(options, client)
    received.push((topic, octets) => outsider.onMessage(topic, octets))
    for (const apn of new Set(at.map(({ apn }) => apn))) await client.subscribe(`wan/${apn}/+/up`)
    return outsider
  }

  /** Orders changes until it is stopped. */
  async work(): Promise<void> {
    for (let round = 1; !this.stopping; round++) {
      await this.list()
      const back = await this.readBack()
      if (back && !this.agrees(back)) this.complaints.push(`read back ${back}, not ${[...this.listed]}`)
      const [oldest] = this.listed
      if (this.listed.size >= LISTED && oldest !== undefined) await this.unlist(oldest)
      if (round % REPLAY_EVERY === 0) {
        const code = await this.replay()
        if (code !== undefined && code !== 'S1RIG_REPLAY') this.complaints.push(`an old request was answered ${code}`)
      }
    }
  }
  /** There will be no more answers. */
  abandon(): void {
    this.stopping = true
    this.abandoned = true
  }
  /** Whether these are the devices that were told to be on the list; those never answered may be or not. */
  agrees(devices: readonly Eui64[]): boolean {
    const sure = (list: Iterable<Eui64>) => [...list].filter(id => !this.unsure.has(id)).sort()
    return sure(devices).join() === sure(this.listed).join()
  }
  /** Last counter of an answered request. */
  get lastCounter(): number {
    return this.last ? decodeMessage(this.last.octets).message.counter : 0
  }
  stop(): void {
    this.stopping = true
  }
  end(): Promise<void> {
    this.abandon()
    return this.client.end()
  }

  /** Sends until it is answered; undefined when it was stopped before. */
  async request(request: Request): Promise<Response | undefined> {
    const { originator, hub, key } = this.options
    const counter = ++this.counter
    const id = `${originator}-${counter}`
    const message: Message = { id, correlationId: '', originator, targetDevice: hub, counter, sentAtMs: 0, request }
    const asked: Asked = { id, octets: encodeMessage(message, key), answers: [] }
    this.asked.set(id, asked)
    for (let times = 0; asked.answers.length === 0; times++) {
      if (this.abandoned) return undefined
      if (times > 0) this.sentAgain++
      this.publish(asked)
      for (let waited = 0; waited < AGAIN_MS && asked.answers.length === 0; waited += 5) await pause(5)
    }
    this.answered++
    this.last = asked
    return asked.answers[0]
  }

  /** What the hub says is on its list, of the devices that are this outsider's. */
  async readBack(): Promise<Eui64[] | undefined> {
    const answer = await this.request(requestOf('readDeviceLog', {}))
    const entries = answer?.readDeviceLog?.entries
    return entries?.map(({ deviceId }) => deviceId).filter(isOwn)
  }

  /** Sends an old request under a new id: its counter has been accepted, and is refused. */
  async replay(): Promise<string | undefined> {
    if (!this.last) return undefined
    const { message } = decodeMessage(this.last.octets)
    const id = `${message.id}-replayed`
    const asked: Asked = { id, octets: encodeMessage({ ...message, id }, this.options.key), answers: [] }
    this.asked.set(id, asked)
    while (asked.answers.length === 0 && !this.abandoned) {
      this.publish(asked)
      await pause(AGAIN_MS)
    }
    return asked.answers[0]?.code
  }

  /** Nothing acknowledged is lost of what is on the list, nothing was done twice, no counter was used for two messages. */
  check(list: readonly Eui64[]): void {
    expect(this.complaints).toEqual([])
    expect(this.agrees(list.filter(isOwn)), `${list} is not ${[...this.listed]}`).toBe(true)
    for (const { id, answers } of this.asked.values()) {
      // A refusal is not remembered: it says each time what it refuses.
      const said = answers.map(answer => (answer.code === 'S1RIG_REPLAY' ? answer.code : JSON.stringify(answer)))
      const [first, ...others] = said
      for (const other of others) expect(other, `answers to ${id}`).toBe(first)
    }
    for (const [device, count] of this.alerts) {
      expect(count, `alerts about ${device}`).toBeLessThanOrEqual(this.changes.get(device) ?? 0)
    }
  }

  private async list(): Promise<void> {
    const deviceId = `${OWN}${String(++this.device).padStart(8, '0')}`
    const add = { deviceId, installCode: withCrc(new Uint8Array(6).fill(7)), joinWindowS: 1 }
    this.changes.set(deviceId, 1)
    const answer = await this.request(requestOf('updateDeviceLog', { add }))
    if (answer?.code === 'I0') this.listed.add(deviceId)
    else if (!answer) this.unsure.add(deviceId)
    else this.complaints.push(`listing ${deviceId}: ${answer.code} ${answer.detail}`)
  }

  private async unlist(deviceId: Eui64): Promise<void> {
    this.changes.set(deviceId, 2)
    const answer = await this.request(requestOf('updateDeviceLog', { remove: { deviceId } }))
    if (answer?.code === 'I0') this.listed.delete(deviceId)
    else if (!answer) this.unsure.add(deviceId)
    else this.complaints.push(`unlisting ${deviceId}: ${answer.code} ${answer.detail}`)
  }

  private publish({ octets }: Asked): void {
    for (const { apn, ip } of this.options.at) this.client.publish(downTopic(apn, ip), octets).catch(() => {})
  }

  private onMessage(topic: string, octets: Uint8Array): void {
    if (parseWanTopic(topic)?.leaf !== 'up') return
    const { message } = decodeMessage(octets)
    if (message.originator !== this.options.hub) return
    const [text, known] = [toHex(octets), this.said.get(message.counter)]
    if (known !== undefined && known !== text) this.complaints.push(`counter ${message.counter} of the hub used twice`)
    if (known !== undefined) return
    const latest = Math.max(0, ...this.said.keys())
    if (message.counter < latest && latest - message.counter > LATE) {
      this.complaints.push(`counter ${message.counter} of the hub after ${latest}`)
    }
    this.said.set(message.counter, text)
    if (message.alert && isOwn(message.alert.device)) {
      this.alerts.set(message.alert.device, (this.alerts.get(message.alert.device) ?? 0) + 1)
    }
    if (message.response) this.asked.get(message.correlationId)?.answers.push(message.response)
  }
}

/** Its devices begin so. */
const OWN = '0afefefe'
const isOwn = (device: Eui64) => device.startsWith(OWN)
/** Rounds between two attempts with an old request. */
const REPLAY_EVERY = 5
/** Two connections of a hub that moves may overtake each other by so many messages. */
const LATE = 20
