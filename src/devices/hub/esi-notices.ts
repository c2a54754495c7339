/** The ESI's Price and Messaging: at most one price for each fuel and one message, given out to whoever asks. */
import { InvariantError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { minutes } from '../../base/time.ts'
import type { Clock } from '../../ports/time.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'
import {
  CONFIRM,
  type Fuel,
  LABEL_OCTETS,
  MESSAGE_OCTETS,
  type Message,
  type Price,
  type PublishPrice,
  toPublishPrice,
  UNTIL_CHANGED,
} from '../notices.ts'
import { utcOf } from '../zigbee-time.ts'

/** More than a home has devices. */
const MOST_DEVICES = 32
/** Command Options: who asks has its receiver on when idle. @source ZigBee Smart Energy 1.1, Get Current Price */
const LISTENS = 0x01

interface Validity {
  /** Holds from when it is given on, so long; absent: until something else is. 1 to 65,534. */
  forMin?: number
}
export type PriceNotice = Price & Validity
export type MessageNotice = Message & Validity & { confirm?: boolean }

/** What survives a restart. */
export interface NoticesMemory {
  prices: readonly (readonly [Fuel, Kept<PriceNotice>])[]
  message?: Kept<MessageNotice>
  confirmedBy: readonly (readonly [Eui64, number])[]
  lastEventId: number
  /** Of the latest message that was given one; absent: none was. */
  lastMessageId?: number
  /** Who has asked for prices and may be told unasked. */
  listeners?: readonly Peer[]
}

interface Kept<T> {
  notice: T
  atMs: number
  eventId: number
}

export class EsiNotices {
  private readonly clock: Clock
  private readonly prices: Map<Fuel, Kept<PriceNotice>>
  private message: Kept<MessageNotice> | undefined
  private readonly confirmedBy: Map<Eui64, number>
  private lastEventId: number
  private lastMessageId: number
  private readonly asked: Map<Eui64, Peer>

  /** `clock`: the hub's. */
  constructor(clock: Clock, memory?: NoticesMemory) {
    this.clock = clock
    this.prices = new Map(memory?.prices)
    this.message = memory?.message
    this.confirmedBy = new Map(memory?.confirmedBy)
    this.lastEventId = memory?.lastEventId ?? 0
    this.lastMessageId = memory?.lastMessageId ?? 0
    this.asked = new Map(memory?.listeners?.map(peer => [peer.device, peer]))
  }

  /** What it would keep if it lost power now. */
  memory(): NoticesMemory {
    const { prices, message, confirmedBy, lastEventId, lastMessageId } = this
    return {
      ...{ prices: [...prices], confirmedBy: [...confirmedBy], lastEventId, listeners: [...this.listeners] },
      ...(message && { message }),
      ...(lastMessageId > 0 && { lastMessageId }),
    }
  }

  /** What a fuel costs from now on; undefined: nothing is known of it any more. @throws InvariantError for what no frame can say */
  setPrice(fuel: Fuel, notice: PriceNotice | undefined): void {
    if (!notice) return void this.prices.delete(fuel)
    const flaw = priceFlaw(notice)
    if (flaw) throw new InvariantError(flaw)
    this.prices.set(fuel, this.keep(notice))
  }

  /** Whether a fuel costs this now. */
  isPrice(fuel: Fuel, { label, price, digits, currency }: Price): boolean {
    const now = this.present(this.prices.get(fuel))?.notice
    return now?.label === label && now.price === price && now.digits === digits && now.currency === currency
  }
  /** What a fuel costs, as it is published; undefined where that is not known. */
  publishPrice(fuel: Fuel): PublishPrice | undefined {
    const kept = this.present(this.prices.get(fuel))
    if (!kept) return
    const { notice, atMs, eventId } = kept
    const nowUtc = utcOf(this.clock.unixMs())
    // A clock that was set back leaves no price that does not hold yet.
    const startUtc = Math.min(utcOf(atMs), nowUtc)
    return toPublishPrice(fuel, notice, { nowUtc, startUtc, minutes: notice.forMin ?? UNTIL_CHANGED, eventId })
  }

  /** The message from now on, in the place of the one before; undefined: none. @throws InvariantError for what no frame can say */
  setMessage(notice: MessageNotice | undefined): void {
    if (notice) {
      within('id', notice.id, 0, 0xffff_ffff)
      within('text', Buffer.byteLength(notice.text), 0, MESSAGE_OCTETS)
    }
    this.message = notice && this.keep(notice)
    this.confirmedBy.clear()
  }

  /** Who has asked for prices and listens all the time: may be told when they change. */
  get listeners(): Iterable<Peer> {
    return this.asked.values()
  }

  /** Number of the next message: the second it is given, or later where others came in that second. */
  nextMessageId(): number {
    this.lastMessageId = Math.max(utcOf(this.clock.unixMs()), this.lastMessageId + 1)
    return this.lastMessageId
  }

  /** Number of the next thing the hub tells or orders. */
  nextEventId(): number {
    return ++this.lastEventId
  }

  /** Who confirmed the present message, and when by the hub's clock, Unix ms. */
  get confirmations(): ReadonlyMap<Eui64, number> {
    return this.confirmedBy
  }

  /**
   * Serves both clusters. `fuelsFor`: what a device is told of. With nothing to give the answer is NOT_FOUND.
   * @source ZigBee Smart Energy 1.1, Get Current Price, Get Last Message, Message Confirmation
   */
  serve(esi: ZclEndpoint, fuelsFor: (device: Eui64) => readonly Fuel[]): void {
    esi.serve('Price', {
      commands: {
        GetCurrentPrice: ({ commandOptions }, from, reply) => {
          this.listen(from, (commandOptions & LISTENS) !== 0)
          const published = fuelsFor(from.device).flatMap(fuel => this.publishPrice(fuel) ?? [])
          for (const price of published) reply('PublishPrice', price)
          return published.length > 0 ? 'later' : Status.NOT_FOUND
        },
      },
    })
    esi.serve('Messaging', {
      commands: {
        GetLastMessage: (_nothing, _from, reply) => {
          const kept = this.present(this.message)
          if (!kept) return Status.NOT_FOUND
          const { id, text, confirm, forMin = UNTIL_CHANGED } = kept.notice
          reply('DisplayMessage', {
            messageId: id,
            messageControl: confirm ? CONFIRM : 0,
            startTime: utcOf(kept.atMs),
            durationInMinutes: forMin,
            message: text,
          })
          return 'later'
        },
        MessageConfirmation: ({ messageId }, from) => {
          const kept = this.present(this.message)
          if (kept?.notice.id !== messageId) return Status.NOT_FOUND
          const { size } = this.confirmedBy
          if (size < MOST_DEVICES && !this.confirmedBy.has(from.device)) {
            this.confirmedBy.set(from.device, this.clock.unixMs())
          }
          return Status.SUCCESS
        },
      },
    })
  }

  private listen(peer: Peer, listens: boolean): void {
    if (!listens) this.asked.delete(peer.device)
    else if (this.asked.size < MOST_DEVICES || this.asked.has(peer.device)) this.asked.set(peer.device, peer)
  }

  private keep<T extends Validity>(notice: T): Kept<T> {
    if (notice.forMin !== undefined) within('forMin', notice.forMin, 1, UNTIL_CHANGED - 1)
    return { notice, atMs: this.clock.unixMs(), eventId: this.nextEventId() }
  }

  /** Undefined when its time is over. */
  private present<T extends Validity>(kept: Kept<T> | undefined): Kept<T> | undefined {
    if (!kept) return
    const { forMin } = kept.notice
    const overMs = forMin === undefined ? Number.POSITIVE_INFINITY : kept.atMs + minutes(forMin) / 1_000
    return this.clock.unixMs() < overMs ? kept : undefined
  }
}

/** What no frame can say of a price; undefined: nothing. */
export const priceFlaw = ({ label, price, digits, currency }: Price): string | undefined =>
  outside('label', Buffer.byteLength(label), 0, LABEL_OCTETS) ??
  outside('price', price, 0, 0xffff_fffe) ??
  outside('digits', digits, 0, 15) ??
  outside('currency', currency, 0, 999)

const outside = (what: string, value: number, least: number, most: number): string | undefined =>
  Number.isInteger(value) && value >= least && value <= most
    ? undefined
    : `${what} of a notice: ${least} to ${most} expected, ${value} found`

function within(what: string, value: number, least: number, most: number): void {
  const flaw = outside(what, value, least, most)
  if (flaw) throw new InvariantError(flaw)
}
