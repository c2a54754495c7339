/** Messages that were published and have not arrived yet. While there are any, virtual time stands still. */
import { createHash } from 'node:crypto'
import { MessageLostError } from '../ports/rig-control.ts'

interface Waiting {
  resolve: () => void
  reject: (error: Error) => void
  deadline: NodeJS.Timeout
}

export class Flights {
  private readonly underWay = new Map<string, { count: number; topic: string }>()
  private waiting: Waiting[] = []
  private readonly patienceMs: number
  private readonly onChange: () => void

  /** `patienceMs`: wall time a broker may take to deliver. */
  constructor(options: { patienceMs: number; onChange?: () => void }) {
    this.patienceMs = options.patienceMs
    this.onChange = options.onChange ?? (() => {})
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
    this.onChange()
  }

  forget(): void {
    this.underWay.clear()
    this.settle()
  }

  /** Resolves once nothing is under way; rejects with MessageLostError when that takes longer than the patience. */
  idle(): Promise<void> {
    if (this.underWay.size === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        const topics = [...this.underWay.values()].map(flight => flight.topic).join(', ')
        reject(new MessageLostError(`the broker did not deliver within ${this.patienceMs / 1_000} s: ${topics}`))
        this.waiting = this.waiting.filter(waiting => waiting.resolve !== resolve)
      }, this.patienceMs)
      this.waiting.push({ resolve, reject, deadline })
    })
  }

  private settle(): void {
    if (this.underWay.size > 0) return
    for (const { resolve, deadline } of this.waiting.splice(0)) {
      clearTimeout(deadline)
      resolve()
    }
  }
}

const keyOf = (topic: string, payload: Uint8Array): string =>
  `${topic} ${createHash('sha1').update(payload).digest('base64')}`
