/**
 * Link keys between two devices neither of which is the trust centre: one asks the trust centre, which hands the same key to both.
 * @source ZigBee PRO, 4.4.6 request key, 4.4.2 transport key (application link key)
 */
import type { Eui64 } from '../base/ids.ts'
import { seconds } from '../base/time.ts'
import type { Timer, Timers } from '../ports/time.ts'

/** @source EmberZNet partner link key exchange, as published: about 5 s */
const PATIENCE_US = seconds(5)
/** Frames that may wait for one key. Assumed. */
const WAITING = 16

interface Request {
  deadline: Timer
  waiting: ((done: boolean) => void)[]
}

export class PartnerKeys {
  private readonly timers: Timers
  private readonly ask: (partner: Eui64) => void
  private readonly requests = new Map<Eui64, Request>()

  /** `ask`: sends Request Key for the partner to the trust centre. */
  constructor(options: { timers: Timers; ask: (partner: Eui64) => void }) {
    this.timers = options.timers
    this.ask = options.ask
  }

  /** Calls back once there is a key, or none came in time. */
  obtain(partner: Eui64, onDone: (done: boolean) => void): void {
    const under = this.requests.get(partner)
    if (under) {
      if (under.waiting.length < WAITING) under.waiting.push(onDone)
      else this.timers.after(0, 'partner key', () => onDone(false))
      return
    }
    const deadline = this.timers.after(PATIENCE_US, 'partner key', () => this.settle(partner, false))
    this.requests.set(partner, { deadline, waiting: [onDone] })
    this.ask(partner)
  }

  /** The trust centre sent a key for the partner. */
  arrived(partner: Eui64): void {
    this.settle(partner, true)
  }

  private settle(partner: Eui64, done: boolean): void {
    const request = this.requests.get(partner)
    if (!request) return
    this.requests.delete(partner)
    request.deadline.cancel()
    for (const onDone of request.waiting) this.timers.after(0, 'partner key', () => onDone(done))
  }
}
