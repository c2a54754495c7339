/**
 * A device that listens makes sure now and then that its trust centre is still there, and looks for its network when not.
 * @source ZigBee Smart Energy, Keep-Alive cluster: 10 min and up to 300 s of jitter, lost after three failures in a row; where the
 * trust centre has no such cluster, any read under the link key, such as the time, will do
 */
import { minutes, seconds } from '../base/time.ts'
import type { RandomStream, Timer, Timers } from '../ports/time.ts'
import type { ZclEndpoint } from '../zcl/node.ts'
import { isHeard, type Peer } from '../zcl/transactions.ts'

const BASE_US = minutes(10)
const JITTER_US = seconds(300)
const LOST_AFTER = 3

export interface KeepAliveOptions {
  endpoint: ZclEndpoint
  /** Where the trust centre serves the time. */
  esi: Peer
  timers: Timers
  random: RandomStream
  onLost: () => void
}

export class KeepAlive {
  private readonly options: KeepAliveOptions
  private failures = 0
  private next: Timer | undefined

  constructor(options: KeepAliveOptions) {
    this.options = options
    options.endpoint.use('Time', {})
  }

  /** On the network. */
  start(): void {
    this.failures = 0
    this.plan()
  }
  /** Off the network. */
  stop(): void {
    this.next?.cancel()
  }

  private plan(): void {
    const { timers, random } = this.options
    this.next?.cancel()
    this.next = timers.after(BASE_US + random.int(JITTER_US), 'keep alive', () => {
      this.plan()
      this.ask()
    })
  }

  private ask(): void {
    const { endpoint, esi, onLost } = this.options
    endpoint.read(esi, 'Time', ['Time'], outcome => {
      this.failures = isHeard(outcome) ? 0 : this.failures + 1
      if (this.failures % LOST_AFTER === 0 && this.failures > 0) onLost()
    })
  }
}
