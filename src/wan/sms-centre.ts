/**
 * The operator's short message service centre of one home: takes messages, keeps those whose addressee is out of reach, and
 * delivers each once.
 * @source assumed: delays and bounds
 */
import type { Micros } from '../base/ids.ts'
import { seconds } from '../base/time.ts'
import type { Clock, Timers } from '../ports/time.ts'
import type { ShortMessage, SmsLink, SmsRefusal } from '../ports/wan.ts'

/** From a message taken to its delivery. */
const DELIVERY_US: Micros = seconds(2)
/** Messages kept for one subscriber. */
const MOST_WAITING = 100

interface Subscriber {
  /** Whether the network hears the modem now. */
  isReachable: () => boolean
  take: (message: ShortMessage) => boolean
  waiting: ShortMessage[]
  isUnderWay: boolean
}

export class SmsCentre {
  private readonly clock: Clock
  private readonly timers: Timers
  private readonly subscribers = new Map<string, Subscriber>()

  constructor(options: { clock: Clock; timers: Timers }) {
    this.clock = options.clock
    this.timers = options.timers
  }

  /** The line of one subscriber; `msisdn`: digits only. */
  link(msisdn: string, isReachable: () => boolean): SmsLink {
    const own: Subscriber = { isReachable, take: () => false, waiting: [], isUnderWay: false }
    this.subscribers.set(msisdn, own)
    return {
      listen: take => {
        own.take = take
      },
      send: (to, text) => (isReachable() ? this.submit({ from: msisdn, to, text }) : 'no-service'),
      ready: () => this.deliver(own),
    }
  }

  /** Takes a message for delivery; undefined: it will be delivered. */
  submit({ from, to, text }: { from: string; to: string; text: string }): SmsRefusal | undefined {
    const subscriber = this.subscribers.get(to)
    if (!subscriber) return 'no-number'
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
      const [message] = to.waiting
      // What is not taken stays: the modem says when it is ready.
      if (!message || !to.isReachable() || !to.take(message)) return
      to.waiting.shift()
      this.deliver(to)
    })
  }
}
