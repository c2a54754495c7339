/**
 * Requests a hub has taken, in work or answered, so that one sent again is carried out once and answered as before.
 *
 * What a loss of power makes of them, where what is kept is that of a moment between two events: an answered one is answered
 * again from what was kept. One in work is carried out anew, from its beginning and as of when it was taken. That does nothing
 * twice: a request that cannot be repeated (device log, keys, access point) is carried out and answered in one event, so it is
 * never in work then; the others read, or set something to a value that the request says, or bear a number by which a device knows
 * an order that it has carried out (`orderNumberOf`).
 */
import { createHash } from 'node:crypto'
import { toHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { Message } from './messages/codec.ts'
import type { Response } from './messages/wan-types.generated.ts'

/** Requests worked on at once. Assumed. */
export const REQUESTS_IN_WORK = 32
/** Answers remembered; the oldest go first. Assumed. */
export const REMEMBERED_ANSWERS = 32

/** When a request was taken. */
export interface Taken {
  atUs: Micros
  /** By the hub's clock, Unix ms. */
  atMs: number
}

/** One request and what became of it. */
export interface Exchange {
  readonly id: string
  readonly originator: string
  readonly targetDevice: Eui64
  /** Of all its octets: what differs anywhere is another message. */
  readonly fingerprint: string
  /** Absent while it is in work. */
  answer?: Response
}

/** What survives a restart, oldest first. */
export interface ExchangesMemory {
  inWork: readonly RequestInWork[]
  answered: readonly Exchange[]
}
/** `octets`: the request as it came, hex. */
export type RequestInWork = Taken & { octets: string }

export class Exchanges {
  private readonly inWork = new Map<string, { exchange: Exchange; octets: Uint8Array; taken: Taken }>()
  private readonly answered = new Map<string, Exchange>()

  /** `answered`: from before a restart. */
  constructor(answered: readonly Exchange[] = []) {
    for (const exchange of answered) this.answered.set(nameOf(exchange), exchange)
  }

  get full(): boolean {
    return this.inWork.size >= REQUESTS_IN_WORK
  }

  get idle(): boolean {
    return this.inWork.size === 0
  }

  /** The request of that originator under that id. */
  find(message: { originator: string; id: string }): Exchange | undefined {
    const name = nameOf(message)
    return this.inWork.get(name)?.exchange ?? this.answered.get(name)
  }

  begin({ id, originator, targetDevice }: Message, octets: Uint8Array, taken: Taken): Exchange {
    const exchange: Exchange = { id, originator, targetDevice, fingerprint: fingerprint(octets) }
    this.inWork.set(nameOf(exchange), { exchange, octets: octets.slice(), taken })
    return exchange
  }

  /** False when it was answered already, or its originator is gone. */
  finish(exchange: Exchange, answer: Response): boolean {
    const name = nameOf(exchange)
    if (this.inWork.get(name)?.exchange !== exchange) return false
    this.inWork.delete(name)
    this.answered.set(name, { ...exchange, answer })
    const [oldest] = this.answered.keys()
    if (this.answered.size > REMEMBERED_ANSWERS && oldest !== undefined) this.answered.delete(oldest)
    return true
  }

  /** Forgets all of an originator's requests: whoever bears its name next has nothing to do with them. */
  forget(originator: string): void {
    for (const table of [this.inWork, this.answered]) {
      for (const name of table.keys()) if (originatorIn(name) === originator) table.delete(name)
    }
  }

  memory(): ExchangesMemory {
    const inWork = [...this.inWork.values()].map(({ octets, taken }) => ({ ...taken, octets: toHex(octets) }))
    return { inWork, answered: [...this.answered.values()] }
  }
}

/** SHA-256, hex. */
export const fingerprint = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

/** A number for what an exchange orders, of its fingerprint: no two that a device remembers are the same, but by a rare chance. */
export const orderNumberOf = ({ fingerprint: hex }: Exchange): number => Number.parseInt(hex.slice(0, 8), 16) || 1

const nameOf = ({ originator, id }: { originator: string; id: string }): string => JSON.stringify([originator, id])
const originatorIn = (name: string): string => (JSON.parse(name) as [string, string])[0]
