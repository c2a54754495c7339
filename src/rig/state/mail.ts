/**
 * Messages that may not be lost when the process dies: those taken from the broker and not carried out yet, and those on their way
 * to it. What is taken is kept before it is acknowledged; what leaves is kept, with all that led to it, before it leaves.
 */
import type { BrokerMessage } from '../../ports/broker.ts'
import type { Store } from '../../ports/store.ts'
import type { Keeper } from './keeper.ts'

/** A message on its way out. */
export interface Letter {
  /** Of which installation; '' for what they share. */
  installation: string
  topic: string
  payload: Uint8Array
}

/** A message that was taken, until everything it asked for has been done. */
interface Taken {
  key: string
  topic: string
  payload: Uint8Array
  /** What of it is not done yet. */
  parts: number
}

interface Kept {
  topic: string
  /** Base64. */
  payload: string
  installation?: string
}

/** What the gateway takes from the broker. */
const FOR_THE_RIG = /^wan\/[^/]+\/[^/]+\/down$|^csp\/request\/|^sms\//
const [IN, OUT] = ['in/', 'out/']

export class Mail {
  private readonly store: Store
  private readonly keeper: Keeper
  private readonly taken = new Map<BrokerMessage, Taken>()
  /** Kept for a broker of ours before it acknowledged them; the gateway has not seen them yet. */
  private readonly announced: Taken[] = []
  private number: number
  /** Not carried out when the process died, in the order in which they came. */
  readonly unfinished: readonly BrokerMessage[]
  /** Perhaps not delivered when the process died, in the order in which they were sent. */
  readonly unacknowledged: readonly (Letter & { delivered: () => void })[]

  constructor(store: Store, keeper: Keeper) {
    this.store = store
    this.keeper = keeper
    const [inbox, outbox] = [store.list(IN), store.list(OUT)]
    this.number = Math.max(0, ...[...inbox, ...outbox].map(([key]) => Number(key.replace(/^\w+\//, ''))))
    this.unfinished = inbox.map(([key, value]) => {
      const message = { ...read(value), retain: false }
      this.taken.set(message, { key, ...message, parts: 1 })
      return message
    })
    this.unacknowledged = outbox.map(([key, value]) => ({
      ...{ installation: '', ...read(value) },
      delivered: () => keeper.leave({ [key]: undefined }),
    }))
  }

  /** A broker of ours is about to acknowledge this: kept when it returns. @throws UsageError when it cannot be */
  announce(topic: string, payload: Uint8Array): void {
    if (FOR_THE_RIG.test(topic)) this.announced.push(this.keep(topic, Uint8Array.from(payload)))
  }

  /** The gateway has got this: kept when it returns, and to be carried out. @throws UsageError when it cannot be */
  take(message: BrokerMessage): void {
    if (this.taken.has(message)) return
    const at = this.announced.findIndex(
      ({ topic, payload }) => topic === message.topic && Buffer.compare(payload, message.payload) === 0,
    )
    const [known] = at < 0 ? [] : this.announced.splice(at, 1)
    this.taken.set(message, known ?? this.keep(message.topic, message.payload))
  }

  /** `act` is part of what the message asks for, and happens later, to this installation. */
  later(message: BrokerMessage, installation: string, act: () => void): () => void {
    const taken = this.taken.get(message)
    if (!taken) return act
    taken.parts++
    return () => {
      act()
      this.done(message, installation)
    }
  }

  /** A part of it, done to this installation, is over; with the last it is forgotten, in the same commit as what it led to. */
  done(message: BrokerMessage, installation = ''): void {
    this.keeper.touch(...concerned(installation, message.topic))
    const taken = this.taken.get(message)
    if (!taken || --taken.parts > 0) return
    this.taken.delete(message)
    this.keeper.leave({ [taken.key]: undefined })
  }

  /** Resolves, once the letter may leave, to what is to be called when it has been delivered. */
  async post({ installation, topic, payload }: Letter): Promise<() => void> {
    const key = this.nextKey(OUT)
    const kept: Kept = { topic, payload: Buffer.from(payload).toString('base64'), installation }
    this.keeper.leave({ [key]: kept })
    await this.keeper.settled(...concerned(installation, topic))
    return () => this.keeper.leave({ [key]: undefined })
  }

  private keep(topic: string, payload: Uint8Array): Taken {
    const key = this.nextKey(IN)
    const kept: Kept = { topic, payload: Buffer.from(payload).toString('base64') }
    this.store.put({ [key]: kept })
    return { key, topic, payload, parts: 1 }
  }

  private nextKey(box: string): string {
    return `${box}${String(++this.number).padStart(15, '0')}`
  }
}

/** What the operator does rests on its books, which are nobody's in particular. */
const concerned = (installation: string, topic: string): string[] =>
  topic.startsWith('csp/') ? [installation, ''] : [installation]

function read(value: unknown): { topic: string; payload: Uint8Array; installation?: string } {
  const { payload, ...rest } = value as Kept
  return { ...rest, payload: Uint8Array.from(Buffer.from(payload, 'base64')) }
}
