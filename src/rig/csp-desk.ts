/** Where orders to the mobile operator come in: each is carried out once, in the time of the installation it is about. */
import { createHash } from 'node:crypto'
import type { BrokerMessage } from '../ports/broker.ts'
import type { Trace } from '../ports/trace.ts'
import type { CspReply, SimPlatform } from '../wan/sim-platform.ts'
import { isReturnVerb, type ReturnVerb, type SimClosure, type SimReturns } from '../wan/sim-returns.ts'
import { cspFileTopic, cspResponseTopic } from '../wan/topics.ts'

export interface CspDeskOptions {
  sims: SimPlatform
  returns: SimReturns
  /** The installation a SIM is in; undefined for a SIM of no installation here. */
  installationOf: (imsi: unknown) => { id: string; trace: Trace } | undefined
  /** Runs `act`, which the message (of an earlier life: none) brought about, in the simulated time of an installation. */
  inject: (installation: string, message: BrokerMessage | undefined, act: () => void) => void
  arrived: (installation: string, message: BrokerMessage) => void
  /** Publishes for an installation; '' when it is about none. */
  publish: (installation: string, topic: string, payload: Uint8Array) => void
}

interface Order {
  transactionId: string
  order: { imsi?: unknown; [name: string]: unknown }
}

/** What is kept when the process dies, oldest first: plain values. */
export interface DeskMemory {
  answers: readonly (readonly [order: string, answer: Answer])[]
  /** Effects of files that have not happened yet. */
  closures: readonly Closing[]
}

/** What a file makes of one SIM. */
interface Closing extends SimClosure {
  verb: ReturnVerb
}

interface Answer {
  file?: { name: string; csv: string }
  text: string
}

/** Answers remembered for orders that come again; the oldest go first. */
const REMEMBERED = 1_000

export class CspDesk {
  private readonly options: CspDeskOptions
  /** By verb and octets of the order, or what stands for them. */
  private readonly answers: Map<string, Answer>
  private readonly closures = new Set<Closing>()

  constructor(options: CspDeskOptions, memory?: DeskMemory) {
    this.options = options
    this.answers = new Map(memory?.answers)
    for (const closing of memory?.closures ?? []) this.closures.add(closing)
  }

  /** What is to be kept when the process dies. */
  memory(): DeskMemory {
    return { answers: [...this.answers], closures: [...this.closures] }
  }
  /** Does what files of an earlier life still have to bring about. */
  resume(): void {
    for (const closing of [...this.closures]) this.close(closing, undefined)
  }

  onRequest(verb: string, message: BrokerMessage): void {
    const { installationOf, inject, arrived } = this.options
    const text = Buffer.from(message.payload).toString('utf8')
    const order = parseOrder(text)
    if (order && isReturnVerb(verb)) return this.onReturn(verb, order, message)
    const installation = installationOf(order?.order.imsi)
    if (!order || !installation) return this.refuse(verb, order)
    const name = `${verb} ${text}`
    inject(installation.id, message, () => {
      // The broker delivers at least once, and a customer without an answer asks again.
      const answer = this.answers.get(name) ?? this.carryOut(verb, order, installation.trace)
      this.remember(name, answer)
      this.answer(installation.id, verb, answer)
    })
    arrived(installation.id, message)
  }

  /** A file is judged at once, for it concerns many; what follows from it happens in the time of each SIM's installation. */
  private onReturn(verb: ReturnVerb, { transactionId, order }: Order, message: BrokerMessage): void {
    const { returns } = this.options
    // A file is long: its digest is kept in its place.
    const name = `${verb} ${createHash('sha256').update(message.payload).digest('base64')}`
    const known = this.answers.get(name)
    const { reply, closures } = known ? { closures: [] } : returns.take(verb, order)
    for (const closure of closures) {
      const closing = { ...closure, verb }
      this.closures.add(closing)
      this.close(closing, message)
    }
    const answer = known ?? { text: JSON.stringify({ transactionId, ...reply }) }
    this.remember(name, answer)
    this.answer('', verb, answer)
  }

  private close(closing: Closing, message: BrokerMessage | undefined): void {
    const { sims, installationOf, inject } = this.options
    const { imsi, group, verb } = closing
    const installation = installationOf(imsi)
    const act = () => {
      this.closures.delete(closing)
      installation?.trace.emit({ kind: 'csp.request', verb, party: 'dcc', body: JSON.stringify({ imsi }) })
      const effect: CspReply = { code: 'ok', ...optional(sims.close(imsi, group)) }
      installation?.trace.emit({ kind: 'csp.response', verb, code: effect.code, body: JSON.stringify(effect) })
    }
    if (installation) inject(installation.id, message, act)
    else act()
  }

  private carryOut(verb: string, { transactionId, order }: Order, trace: Trace): Answer {
    trace.emit({ kind: 'csp.request', verb, party: 'dcc', body: JSON.stringify(order) })
    const { file, ...reply } = this.options.sims.handle(verb, order)
    trace.emit({ kind: 'csp.response', verb, code: reply.code, body: JSON.stringify(reply) })
    return { text: JSON.stringify({ transactionId, ...reply }), ...(file && { file }) }
  }

  private answer(installation: string, verb: string, { file, text }: Answer): void {
    const { publish } = this.options
    if (file) publish(installation, cspFileTopic('smso', file.name), Buffer.from(file.csv))
    publish(installation, cspResponseTopic(verb), Buffer.from(text))
  }

  /** Nobody's simulation is concerned: answered at once, so the customer learns what is wrong. */
  private refuse(verb: string, order: Order | undefined): void {
    const reply = order
      ? this.options.sims.handle(verb, order.order)
      : { code: 'malformed', detail: 'a JSON object with a transactionId of 1 to 64 characters expected' }
    this.answer('', verb, { text: JSON.stringify({ transactionId: order?.transactionId ?? '', ...reply }) })
  }

  private remember(name: string, answer: Answer): void {
    this.answers.set(name, answer)
    const [oldest] = this.answers.keys()
    if (this.answers.size > REMEMBERED && oldest !== undefined) this.answers.delete(oldest)
  }
}

const optional = (sim: CspReply['sim']) => sim && { sim }

function parseOrder(text: string): Order | undefined {
  try {
    const { transactionId, ...order } = JSON.parse(text)
    return typeof transactionId === 'string' && /^.{1,64}$/.test(transactionId) ? { transactionId, order } : undefined
  } catch {
    return undefined
  }
}
