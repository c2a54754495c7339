/** What the parties know of one installation besides what came: numbers, counters, keys, and what they sent for the step under way. */
import { fromHex, toHex } from '../base/bytes.ts'
import type { Message } from '../wan/messages/codec.ts'
import type { CspReply } from '../wan/sim-platform.ts'
import type { Awaited, Contract, Inbox, InboxMemory } from './inbox.ts'
import { Journal, type Sent } from './journal.ts'

/** To be kept when the process dies: plain values, keys among them. */
export interface BookMemory {
  /** Last message number used. */
  number: number
  /** Last counter used, by originator. */
  counters: Readonly<Record<string, number>>
  /** By originator, hex: as they were when the step under way began. */
  keys: Readonly<Record<string, string>>
  sent: readonly Sent[]
  inbox: InboxMemory
}

export interface BookOptions {
  contract: Contract
  inbox: Inbox
  memory: BookMemory | undefined
  /** Civil time, Unix ms. */
  unixMs: () => number
  /** Keeps what is known, before anything is sent. */
  keep: () => void
}

/** How what is sent to the operator is called in the journal. */
export const CSP = 'csp '

export class Book {
  private readonly options: BookOptions
  private readonly journal: Journal
  private readonly counters: Record<string, number>
  private keys: Readonly<Record<string, string>>
  private number: number

  constructor(options: BookOptions) {
    const { contract, inbox, memory } = options
    this.options = options
    this.number = memory?.number ?? 0
    this.counters = { ...memory?.counters }
    for (const [originator, key] of Object.entries(memory?.keys ?? {})) contract.keys.set(originator, fromHex(key))
    this.keys = keysOf(contract)
    this.journal = new Journal(memory?.sent)
    if (memory) inbox.recall(contract.installation, memory.inbox)
    // An answer may be here before the step is carried out again.
    for (const one of this.journal.all) {
      if (one.came !== undefined) continue
      if (one.what.startsWith(CSP)) this.awaitReply(one)
      else this.awaitAnswer(one)
    }
  }

  /** A step begins: what is sent from now on is sent again when it has to be carried out again. */
  stepBegins(): void {
    this.journal.begin()
  }
  /** It is over. */
  stepEnds(): void {
    this.journal.end()
    this.keys = keysOf(this.options.contract)
  }

  /** What was sent at this place in an earlier life. */
  peek(what: string): Sent | undefined {
    return this.journal.peek(what)
  }

  /** What is to be sent: what an earlier life sent at this place, or something new, which is kept first. */
  send(what: string, make: (number: () => number) => { id: string; octets: Uint8Array }): Sent {
    const { sent, isNew } = this.journal.take(what, () => {
      const { id, octets } = make(() => ++this.number)
      return { id, octets: toHex(octets) }
    })
    if (isNew) this.options.keep()
    return sent
  }

  nextCounter(originator: string): number {
    const counter = (this.counters[originator] ?? 0) + 1
    this.counters[originator] = counter
    return counter
  }

  awaitAnswer(sent: Sent): Awaited<Message> {
    const { inbox, contract, unixMs } = this.options
    return inbox.awaitAnswer(contract.installation, sent.id, octets => {
      sent.came = toHex(octets)
      sent.cameAtMs = unixMs()
    })
  }
  awaitReply(sent: Sent): Awaited<CspReply> {
    return this.options.inbox.awaitReply(sent.id, octets => {
      sent.came = toHex(octets)
    })
  }

  memory(): BookMemory {
    const { inbox, contract } = this.options
    const { number, keys, journal } = this
    const counters = { ...this.counters }
    return { number, counters, keys, sent: journal.memory(), inbox: inbox.memory(contract.installation) }
  }
}

const keysOf = ({ keys }: Contract): Record<string, string> =>
  Object.fromEntries([...keys].map(([originator, key]) => [originator, toHex(key)]))
