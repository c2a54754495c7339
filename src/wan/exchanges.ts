/** Requests a hub has taken, in work or answered, so that one sent again is carried out once and answered as before. */
import { createHash } from 'node:crypto'
import type { Eui64 } from '../base/ids.ts'
import type { Message } from './messages/codec.ts'
import type { Response } from './messages/wan-types.generated.ts'

/** Requests worked on at once. Assumed. */
export const REQUESTS_IN_WORK = 32
/** Answers remembered; the oldest go first. Assumed. */
export const REMEMBERED_ANSWERS = 32

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

export class Exchanges {
  private readonly inWork = new Map<string, Exchange>()
  private readonly answered = new Map<string, Exchange>()

  get full(): boolean {
    return this.inWork.size >= REQUESTS_IN_WORK
  }

  get idle(): boolean {
    return this.inWork.size === 0
  }

  /** The request of that originator under that id. */
  find({ originator, id }: { originator: string; id: string }): Exchange | undefined {
    const name = nameOf(originator, id)
    return this.inWork.get(name) ?? this.answered.get(name)
  }

  begin({ id, originator, targetDevice }: Message, octets: Uint8Array): Exchange {
    const exchange: Exchange = { id, originator, targetDevice, fingerprint: fingerprint(octets) }
    this.inWork.set(nameOf(originator, id), exchange)
    return exchange
  }

  /** False when it was answered already, or its originator is gone. */
  finish(exchange: Exchange, answer: Response): boolean {
    const name = nameOf(exchange.originator, exchange.id)
    if (this.inWork.get(name) !== exchange) return false
    this.inWork.delete(name)
    exchange.answer = answer
    this.answered.set(name, exchange)
    const [oldest] = this.answered.keys()
    if (this.answered.size > REMEMBERED_ANSWERS && oldest !== undefined) this.answered.delete(oldest)
    return true
  }

  /** Forgets all of an originator's requests: whoever bears its name next has nothing to do with them. */
  forget(originator: string): void {
    for (const table of [this.inWork, this.answered]) {
      for (const [name, exchange] of table) if (exchange.originator === originator) table.delete(name)
    }
  }
}

/** SHA-256, hex. */
export const fingerprint = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

const nameOf = (originator: string, id: string): string => JSON.stringify([originator, id])
