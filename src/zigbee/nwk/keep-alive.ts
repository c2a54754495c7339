/**
 * An end device agrees with its parent how long it is kept unheard, and shows that it is there where its polls do not.
 * @source ZigBee PRO, 3.6.10 end device timeout and keepalive
 */
import type { Timer, Timers } from '../../ports/time.ts'
import { timeoutUs } from './child-care.ts'

/** What shows a parent that a child is there. */
export interface KeepAlive {
  /** A MAC data request. */
  poll: boolean
  /** An End Device Timeout Request. */
  request: boolean
}

export interface KeepingAliveOptions {
  timers: Timers
  /** For how long the parent is to keep it, 0 to 14. */
  requestedTimeout: number
  /** Sends an End Device Timeout Request to the parent. */
  request: (requestedTimeout: number) => void
}

/** Requests within one timeout, so that one may be lost. @source ZigBee PRO, 3.6.10.2: three times in a timeout */
const REQUESTS_PER_TIMEOUT = 3

export class KeepingAlive {
  private readonly options: KeepingAliveOptions
  private timer: Timer | undefined

  constructor(options: KeepingAliveOptions) {
    this.options = options
  }

  /** The node has a parent, and the network key. Later, for the node is still settling. */
  begin(): void {
    this.plan(0)
  }
  stop(): void {
    this.timer?.cancel()
  }

  /** The parent's answer. One that knows no such request has its own rules, and polls are all there is to do. */
  answered(status: number, { poll, request }: KeepAlive): void {
    this.stop()
    const keptUs = timeoutUs(this.options.requestedTimeout)
    if (status === 0 && !poll && request && keptUs !== undefined) this.plan(Math.floor(keptUs / REQUESTS_PER_TIMEOUT))
  }

  private plan(afterUs: number): void {
    const { timers, request, requestedTimeout } = this.options
    this.stop()
    this.timer = timers.after(afterUs, 'nwk keep alive', () => request(requestedTimeout))
  }
}
