/** Messages that were published and have not arrived yet. While there are any, virtual time stands still. */
import { createHash } from 'node:crypto'
import { MessageLostError } from '../../ports/rig-control.ts'

/** How long a broker is waited for, in milliseconds of wall time. */
export interface BrokerPatience {
  /** To deliver a message while it is there. */
  deliveryMs: number
  /** To come back when it is away. */
  outageMs: number
}

export const BROKER_PATIENCE: BrokerPatience = { deliveryMs: 10_000, outageMs: 30_000 }

export interface FlightsOptions {
  patience: BrokerPatience
  /** Whether the broker is out of reach now. */
  away?: () => boolean
  onChange?: () => void
}

interface Waiting {
  resolve: () => void
  ticking: NodeJS.Timeout
}

/** Between two looks at what is under way. */
const TICK_MS = 50

export class Flights {
  private readonly underWay = new Map<string, { count: number; topic: string }>()
  private waiting: Waiting[] = []
  private readonly options: FlightsOptions

  constructor(options: FlightsOptions) {
    this.options = options
  }

  get size(): number {
    return this.underWay.size
  }

  sent(topic: string, payload: Uint8Array): void {
    const key = keyOf(topic, payload)
    const flight = this.underWay.get(key)
    if (flight) flight.count++
    else this.underWay.set(key, { count: 1, topic })
  }

  /** An arrival nobody declared (a retained message, a stranger's) is no flight of ours. */
  arrived(topic: string, payload: Uint8Array): void {
    const key = keyOf(topic, payload)
    const flight = this.underWay.get(key)
    if (flight && --flight.count === 0) this.underWay.delete(key)
    this.settle()
    this.options.onChange?.()
  }

  forget(): void {
    this.underWay.clear()
    this.settle()
  }

  /** Resolves once nothing is under way; rejects with MessageLostError when patience has run out. */
  idle(): Promise<void> {
    if (this.underWay.size === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      let { deliveryMs, outageMs } = this.options.patience
      const ticking = setInterval(() => {
        if (this.options.away?.()) {
          outageMs -= TICK_MS
          deliveryMs = this.options.patience.deliveryMs
        } else deliveryMs -= TICK_MS
        if (deliveryMs > 0 && outageMs > 0) return
        clearInterval(ticking)
        this.waiting = this.waiting.filter(waiting => waiting.ticking !== ticking)
        reject(new MessageLostError(this.complaint(outageMs <= 0)))
      }, TICK_MS)
      this.waiting.push({ resolve, ticking })
    })
  }

  private complaint(isAway: boolean): string {
    const { deliveryMs, outageMs } = this.options.patience
    const topics = [...new Set([...this.underWay.values()].map(flight => flight.topic))].join(', ')
    if (isAway) return `the broker was out of reach for ${outageMs / 1_000} s; under way: ${topics}`
    return `the broker did not deliver within ${deliveryMs / 1_000} s: ${topics}`
  }

  private settle(): void {
    if (this.underWay.size > 0) return
    for (const { resolve, ticking } of this.waiting.splice(0)) {
      clearInterval(ticking)
      resolve()
    }
  }
}

const keyOf = (topic: string, payload: Uint8Array): string =>
  `${topic} ${createHash('sha1').update(payload).digest('base64')}`
