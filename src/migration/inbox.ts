/** What the parties of a migration have received at the broker: answers, replies, notices, files and alerts. */
import { WireError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { BrokerMessage } from '../ports/broker.ts'
import type { Apn } from '../ports/wan.ts'
import { decodeMessage, type Message, verifyMessage } from '../wan/messages/codec.ts'
import type { Alert } from '../wan/messages/wan-types.generated.ts'
import type { CspReply } from '../wan/sim-platform.ts'
import { parseWanTopic, type S1spAlert, type SessionNotice } from '../wan/topics.ts'

/** Parties that hold a login at the broker. */
export type Role = 'smso' | 's1sp' | 'dcc' | 'supplier'

/** What a party knows of one installation. */
export interface Contract {
  installation: string
  hub: Eui64
  /** Keys by originator; replaced when they are rotated. */
  keys: Map<string, Uint8Array>
  /** How its hub is woken; absent: it never sleeps. */
  wake?: WakeCall | undefined
}

/** Short messages that wake a hub. */
export interface WakeCall {
  msisdn: string
  messages: number
  /** How long it may take to have a session then. */
  withinUs: Micros
}

/** Something that is awaited, until it is forgotten. */
export interface Awaited<T> {
  came?: T
  forget: () => void
}
type Noted<T> = Awaited<T> & { onCame: (octets: Uint8Array) => void }

/** What the parties keep of what came about an installation, besides answers: plain values. */
export interface InboxMemory {
  /** Files of the operator that are expected; null: it has not come. */
  files: Readonly<Record<string, string | null>>
  told: readonly S1spAlert[]
  /** Sessions that have ended, by address. */
  ended: readonly (readonly [address: string, notice: SessionNotice])[]
}

/** A message that came for a party. */
export interface Received {
  /** The installation it is about. */
  installation: string
  /** Takes it in. */
  take: () => void
}

export class Inbox {
  /** Alerts of hubs, as they came. */
  readonly alerts: { installation: string; role: Role; alert: Alert }[] = []
  /** Messages that did not decode or verify, by reason. */
  readonly refused = new Map<string, number>()
  private readonly contracts: ReadonlyMap<string, Contract>
  /** Answers of hubs, by the id of the request. */
  private readonly answers = new Map<string, Noted<Message> & { installation: string }>()
  /** Replies of the operator, by transaction id. */
  private readonly replies = new Map<string, Noted<CspReply>>()
  private readonly sessions = new Map<string, SessionNotice>()
  private readonly files = new Map<string, string>()
  private readonly fileInstallations = new Map<string, string>()
  private readonly supplierAlerts: S1spAlert[] = []

  constructor(contracts: ReadonlyMap<string, Contract>) {
    this.contracts = contracts
  }

  /** What is to be kept of an installation when the process dies. */
  memory(installation: string): InboxMemory {
    const expected = [...this.fileInstallations].filter(([, of]) => of === installation)
    const ours = ({ hub, state }: SessionNotice) =>
      state === 'down' && this.contractOf(hub)?.installation === installation
    return {
      files: Object.fromEntries(expected.map(([name]) => [name, this.files.get(name) ?? null])),
      told: this.supplierAlerts.filter(alert => alert.installation === installation),
      ended: [...this.sessions].filter(([, notice]) => ours(notice)),
    }
  }
  /** After an earlier life. */
  recall(installation: string, { files, told, ended }: InboxMemory): void {
    for (const [name, text] of Object.entries(files)) {
      this.fileInstallations.set(name, installation)
      if (text !== null) this.files.set(name, text)
    }
    this.supplierAlerts.push(...told)
    for (const [address, notice] of ended) this.sessions.set(address, notice)
  }

  /** The answer to a request, once it has come; `onCame` is given its octets. */
  awaitAnswer(installation: string, requestId: string, onCame: (octets: Uint8Array) => void): Awaited<Message> {
    const awaited = { installation, onCame, forget: () => void this.answers.delete(requestId) }
    this.answers.set(requestId, awaited)
    return awaited
  }
  /** The operator's reply to an order, once it has come; `onCame` is given its octets. */
  awaitReply(transactionId: string, onCame: (octets: Uint8Array) => void): Awaited<CspReply> {
    const awaited = { onCame, forget: () => void this.replies.delete(transactionId) }
    this.replies.set(transactionId, awaited)
    return awaited
  }
  /** Declares which installation the operator's file on a SIM will be about. */
  expectFile(installation: string, imsi: string): void {
    this.fileInstallations.set(fileOf(imsi), installation)
  }

  /** The last notice seen at an address, undefined when there was none. */
  session(apn: Apn, ip: string): SessionNotice | undefined {
    return this.sessions.get(`${apn} ${ip}`)
  }
  /** Addresses at which a hub has a session, as `APN IP`. */
  sessionsOf(hub: Eui64): string[] {
    return [...this.sessions].flatMap(([at, notice]) => (notice.hub === hub && notice.state === 'up' ? [at] : []))
  }
  /** The IMSI and IP file the SMSO got for a SIM. */
  imsiFile(imsi: string): string | undefined {
    return this.files.get(fileOf(imsi))
  }
  /** Whether the supplier has been told of the device. */
  supplierKnows({ installation, deviceId }: S1spAlert): boolean {
    return this.supplierAlerts.some(alert => alert.installation === installation && alert.deviceId === deviceId)
  }

  /** What came to a party, to be taken in; undefined when it is about no installation of ours. */
  receive(role: Role, message: BrokerMessage): Received | undefined {
    const address = parseWanTopic(message.topic)
    if (address?.leaf === 'session') return this.onSession(message, address)
    if (address?.leaf === 'up') return this.onUp(role, message)
    if (message.topic.startsWith('csp/file/')) return this.onFile(message)
    if (message.topic.startsWith('csp/response/')) return this.onReply(message)
    if (message.topic.startsWith('dcc/alert/')) return this.onSupplierAlert(message)
    return undefined
  }

  private onSession(message: BrokerMessage, at: { apn: string; ip: string }): Received | undefined {
    const notice = parseJson(message.payload) as SessionNotice | undefined
    const contract = notice && this.contractOf(notice.hub)
    if (!contract) return undefined
    const take = () => {
      const before = this.session(at.apn, at.ip)
      if (!before || notice.epoch >= before.epoch) this.sessions.set(`${at.apn} ${at.ip}`, notice)
    }
    return { installation: contract.installation, take }
  }

  private onUp(role: Role, { payload }: BrokerMessage): Received | undefined {
    try {
      const decoded = decodeMessage(payload)
      const { message } = decoded
      const contract = this.contractOf(message.originator)
      if (!contract) return void this.refuse('unknown hub')
      const take = () => {
        if (![...contract.keys.values()].some(key => verifyMessage(decoded, key))) this.refuse('not authentic')
        else this.take(contract.installation, role, { message, payload })
      }
      return { installation: contract.installation, take }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return void this.refuse(error.code)
    }
  }

  private take(
    installation: string,
    role: Role,
    { message, payload }: { message: Message; payload: Uint8Array },
  ): void {
    if (message.alert) this.alerts.push({ installation, role, alert: message.alert })
    const awaited = this.answers.get(message.correlationId)
    if (awaited?.installation === installation) came(awaited, message, payload)
  }

  private onFile({ topic, payload }: BrokerMessage): Received | undefined {
    const name = topic.split('/').at(-1) ?? ''
    const take = () => void this.files.set(name, Buffer.from(payload).toString('utf8'))
    return received(this.fileInstallations.get(name), take)
  }

  private onReply({ payload }: BrokerMessage): Received | undefined {
    const reply = parseJson(payload) as (CspReply & { transactionId?: string }) | undefined
    if (typeof reply?.transactionId !== 'string') return undefined
    const { transactionId } = reply
    const take = () => {
      const awaited = this.replies.get(transactionId)
      if (awaited) came(awaited, reply, payload)
    }
    // A reply that comes twice has arrived twice.
    return received(this.contracts.get(transactionId.replace(/-\d+$/, ''))?.installation, take)
  }

  private onSupplierAlert({ topic, payload }: BrokerMessage): Received | undefined {
    const alert = parseJson(payload) as S1spAlert | undefined
    if (!alert) return undefined
    return received(topic.split('/')[2], () => void this.supplierAlerts.push(alert))
  }

  private contractOf(hub: Eui64): Contract | undefined {
    for (const contract of this.contracts.values()) if (contract.hub === hub) return contract
    return undefined
  }

  private refuse(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

function came<T>(awaited: Noted<T>, what: T, octets: Uint8Array): void {
  if (awaited.came !== undefined) return
  awaited.came = what
  awaited.onCame(octets)
}

const received = (installation: string | undefined, take: () => void): Received | undefined =>
  installation === undefined ? undefined : { installation, take }

/** Name of the operator's file on a SIM. */
const fileOf = (imsi: string): string => `imsi-ip-${imsi}.csv`

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
