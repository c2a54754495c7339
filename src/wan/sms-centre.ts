/**
 * The operator's short message service centre of one home: takes messages, keeps those whose addressee is out of reach for as long
 * as they are valid, and delivers each once.
 * @source assumed: delays and bounds
 */
import type { Micros } from '../base/ids.ts'
import { hours, milliseconds, seconds } from '../base/time.ts'
import type { Clock, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { ShortMessage, SmsLink, SmsRefusal, Standing } from '../ports/wan.ts'

/** From a message taken to its delivery. */
const DELIVERY_US: Micros = seconds(2)
/** How long a message waits for its addressee. */
const VALIDITY_US: Micros = hours(24)
/** Messages kept for one subscriber. */
const MOST_WAITING = 100
/** Characters of one message; longer ones are not split. */
const LONGEST_TEXT = 160

interface Subscriber {
  msisdn: string
  /** What the network makes of the SIM now. */
  standing: () => Standing
  take: (message: ShortMessage) => boolean
  waiting: ShortMessage[]
  isUnderWay: boolean
}

/** What survives a restart: the messages that wait for each subscriber, oldest first. */
export type SmsMemory = readonly (readonly [msisdn: string, waiting: readonly ShortMessage[]])[]

export class SmsCentre {
  private readonly clock: Clock
  private readonly timers: Timers
  private readonly trace: Trace
  private readonly subscribers = new Map<string, Subscriber>()
  private readonly before: ReadonlyMap<string, readonly ShortMessage[]>

  /** `memory`: from before a restart. */
  constructor(options: { clock: Clock; timers: Timers; trace: Trace; memory?: SmsMemory | undefined }) {
    this.clock = options.clock
    this.timers = options.timers
    this.trace = options.trace
    this.before = new Map(options.memory)
  }

  memory(): SmsMemory {
    return [...this.subscribers.values()].map(({ msisdn, waiting }) => [msisdn, waiting.slice()])
  }

  /** The line of one subscriber; `msisdn`: digits only. */
  link(msisdn: string, standing: () => Standing): SmsLink {
    const own: Subscriber = { msisdn, standing, take: () => false, waiting: [], isUnderWay: false }
    own.waiting.push(...(this.before.get(msisdn) ?? []))
    this.subscribers.set(msisdn, own)
    this.deliver(own)
    return {
      listen: take => {
        own.take = take
      },
      send: (to, text) => (standing() === 'welcome' ? this.submit({ from: msisdn, to, text }) : 'no-service'),
      ready: () => this.deliver(own),
    }
  }

  /** Takes a message for delivery; undefined: it will be delivered while it is valid. */
  submit({ from, to, text }: { from: string; to: string; text: string }): SmsRefusal | undefined {
    const subscriber = this.subscribers.get(to)
    if (!subscriber) return 'no-number'
    if (text.length > LONGEST_TEXT) return 'too-long'
    if (subscriber.standing() === 'denied') return 'barred'
    this.discard(subscriber)
    if (subscriber.waiting.length >= MOST_WAITING) return 'congestion'
    subscriber.waiting.push({ from, text, atUnixMs: this.clock.unixMs() })
    this.deliver(subscriber)
    return undefined
  }

  private deliver(to: Subscriber): void {
    if (to.isUnderWay || to.waiting.length === 0) return
    to.isUnderWay = true
    this.timers.after(DELIVERY_US, 'sms delivery', () => {
      to.isUnderWay = false
      this.discard(to)
      const [message] = to.waiting
      // What is not taken stays: the modem says when it is ready.
      if (!message || to.standing() !== 'welcome' || !to.take(message)) return
      to.waiting.shift()
      this.deliver(to)
    })
  }

  /** What is no longer valid, and everything for a SIM that the network has barred meanwhile. */
  private discard(of: Subscriber): void {
    const barred = of.standing() === 'denied'
    const oldest = this.clock.unixMs() - VALIDITY_US / milliseconds(1)
    const kept = of.waiting.filter(({ atUnixMs }) => !barred && atUnixMs > oldest)
    const lost = of.waiting.length - kept.length
    of.waiting = kept
    if (lost === 0) return
    const reason = barred ? 'sms-barred' : 'sms-expired'
    this.trace.emit({ kind: 'wan.refused', reason, detail: `${lost} short messages to ${of.msisdn} are discarded` })
  }
}
