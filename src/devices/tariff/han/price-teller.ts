/**
 * A meter tells its hub what energy costs now: when it has joined, and whenever that changes, by a switch of registers, a new block
 * or another tariff. What the hub has not heard it is told again.
 * @source ZigBee SE 1.2a, Publish Price; that a meter publishes to its hub, and when: assumed
 */
import type { Timer, Timers } from '../../../ports/time.ts'
import type { ZclEndpoint } from '../../../zcl/node.ts'
import type { Peer } from '../../../zcl/transactions.ts'
import type { DeviceClock } from '../../device-clock.ts'
import type { PublishPrice } from '../../notices.ts'

const MINUTE_MS = 60_000

export interface PriceTellerOptions {
  endpoint: ZclEndpoint
  esi: Peer
  clock: DeviceClock
  timers: Timers
  /** What it has to tell now. */
  price: () => PublishPrice
}

export class PriceTeller {
  private readonly options: PriceTellerOptions
  private heard = ''
  private isTelling = false
  private next: Timer | undefined

  constructor(options: PriceTellerOptions) {
    this.options = options
  }

  /** It is on its hub's HAN; what it told before may have been another's. One that listens looks at each minute of its clock. */
  joined(listens: boolean): void {
    this.heard = ''
    if (listens) this.watch()
  }

  /** Tells the price unless the hub has heard of it. */
  tell(): void {
    const { endpoint, esi, price } = this.options
    const now = price()
    const text = `${now.price} ${now.rateLabel} ${now.issuerEventId}`
    if (text === this.heard || this.isTelling) return
    this.isTelling = true
    // A hub that refuses it, or says nothing to it, has heard it.
    const onDelivered = () => {
      this.heard = text
    }
    const done = () => {
      this.isTelling = false
    }
    endpoint.request(esi, 'Price', 'PublishPrice', now, done, { onDelivered })
  }

  private watch(): void {
    const { clock, timers } = this.options
    this.tell()
    this.next?.cancel()
    // Registers switch at whole minutes.
    const nextMs = (Math.floor(clock.unixMs() / MINUTE_MS) + 1) * MINUTE_MS
    this.next = timers.after(clock.atUsOf(nextMs) - clock.nowUs(), 'meter price', () => this.watch())
  }
}
