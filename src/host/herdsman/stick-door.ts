/** Who may join a stick's network, with which key, and until when. A stick opens for minutes at most, and loses keys meanwhile. */
import { toHex } from '../../base/bytes.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts'
import type { StickOrder } from './stick-messages.ts'

/** The stick opens for 254 s at most; the door is opened again before that. */
const LONGEST_PERMIT_S = 254
const PERMIT_RENEWAL_S = 240

export interface StickDoorOptions {
  clock: Pick<Clock, 'nowUs'>
  timers: Timers
  random: Random
  order: (order: StickOrder) => void
  /** The stick runs its network; what it is not told now, it is told by `open`. */
  isUp: () => boolean
}

export class StickDoor {
  private readonly options: StickDoorOptions
  /** Devices that may be here, and the keys they join with, as hex. */
  private readonly keys = new Map<Eui64, string>()
  private closesAtUs: Micros = 0
  private renewal: Timer | undefined

  constructor(options: StickDoorOptions) {
    this.options = options
  }

  get devices(): Eui64[] {
    return [...this.keys.keys()]
  }
  admits(device: Eui64): boolean {
    return this.keys.has(device)
  }
  list(device: Eui64, key: Uint8Array): void {
    this.keys.set(device, toHex(key))
    this.tell(device, toHex(key))
  }
  /** A stick can be told another key, not to forget one: a key that nobody has. */
  strike(device: Eui64): void {
    if (!this.keys.delete(device)) return
    this.tell(device, toHex(this.options.random.stream('nobody').bytes(16)))
  }
  private tell(device: Eui64, key: string): void {
    if (this.options.isUp()) this.options.order({ do: 'list', device, key })
  }

  permit(forUs: Micros): void {
    this.closesAtUs = this.options.clock.nowUs() + forUs
    if (this.options.isUp()) this.open()
  }
  /** The stick is away. */
  onDown(): void {
    this.renewal?.cancel()
  }

  /** For what is left of the time, in pieces that the stick can take. */
  open(): void {
    const { clock, order, timers } = this.options
    this.renewal?.cancel()
    const leftS = Math.max(0, Math.ceil((this.closesAtUs - clock.nowUs()) / 1_000_000))
    // Sticks forget keys when the door closes.
    if (leftS > 0) for (const [device, key] of this.keys) order({ do: 'list', device, key })
    order({ do: 'permit', forS: Math.min(leftS, LONGEST_PERMIT_S) })
    if (leftS > LONGEST_PERMIT_S) {
      this.renewal = timers.after(seconds(PERMIT_RENEWAL_S), 'stick permit', () => this.open())
    }
  }
}
