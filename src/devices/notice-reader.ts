/** A device's Price and Messaging clients: they ask the hub, keep what it last gave, and confirm what is to be confirmed. */
import type { Clock } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { ZclEndpoint } from '../zcl/node.ts'
import { Status } from '../zcl/status.ts'
import type { Failure, Peer } from '../zcl/transactions.ts'
import {
  CONFIRM,
  type DisplayMessage,
  type Fuel,
  fromDisplayMessage,
  fromPublishPrice,
  type Message,
  type Price,
  type PublishPrice,
} from './notices.ts'
import type { PriceCommands } from './tariff/han/tariff-intake.ts'
import { utcOf } from './zigbee-time.ts'

const PRICE_CLUSTER = 0x0700
const MESSAGING_CLUSTER = 0x0703
/** Command Options: the receiver of who asks is on when idle. @source ZigBee Smart Energy 1.1, Get Current Price */
const LISTENS = 0x01

/** What of the hub's notices a device shows. It goes by the hub: what the hub gives no more goes. @source assumed */
export interface ShownNotices {
  price?: Partial<Record<Fuel, Price>>
  message?: Message
}

export interface NoticeReaderOptions {
  endpoint: ZclEndpoint
  esi: Peer
  /** Dates its confirmations. */
  clock: Clock
  trace: Trace
  /** Its receiver is on when idle. */
  listens: boolean
  /** Whether it has a screen for messages. */
  messages: boolean
  /** Where it is shown. */
  shown: ShownNotices
  /** What else it takes of the hub's Price: a meter its tariff. */
  priceCommands?: PriceCommands
}

export class NoticeReader {
  private readonly options: NoticeReaderOptions
  private confirmedId: number | undefined

  constructor(options: NoticeReaderOptions) {
    this.options = options
    const { endpoint, messages, shown } = options
    endpoint.use('Price', {
      commands: {
        ...options.priceCommands,
        PublishPrice: (payload, from) => this.fromHub(from, () => this.takePrice(payload, from)),
      },
    })
    if (!messages) return
    endpoint.use('Messaging', {
      commands: {
        DisplayMessage: (payload, from) => this.fromHub(from, () => this.takeMessage(payload, from)),
        CancelMessage: ({ messageId }, from) =>
          this.fromHub(from, () => {
            if (shown.message?.id !== messageId) return Status.NOT_FOUND
            delete shown.message
            return Status.SUCCESS
          }),
      },
    })
  }

  /** Asks for the price, then for the last message where there is a screen for it: one frame after the other. */
  ask(): void {
    const { endpoint, esi, listens, messages, shown } = this.options
    const next = messages ? () => this.askMessage() : () => {}
    endpoint.request(esi, 'Price', 'GetCurrentPrice', { commandOptions: listens ? LISTENS : 0 }, outcome => {
      // A second fuel follows unasked: the first answer clears the board.
      if (outcome.ok || isNothing(outcome)) delete shown.price
      if (outcome.ok) this.takePrice(outcome.response.payload, esi)
      next()
    })
  }

  private askMessage(): void {
    const { endpoint, esi, shown } = this.options
    endpoint.request(esi, 'Messaging', 'GetLastMessage', {}, outcome => {
      if (outcome.ok) this.takeMessage(outcome.response.payload, esi)
      else if (isNothing(outcome)) delete shown.message
    })
  }

  /** Nobody but the hub says what energy costs or what is on the screen. @source assumed */
  private fromHub({ device, endpoint }: Peer, take: () => number): number {
    const { esi } = this.options
    return device === esi.device && endpoint === esi.endpoint ? take() : Status.NOT_AUTHORIZED
  }

  private takePrice(payload: PublishPrice, from: Peer): number {
    const { shown } = this.options
    const published = fromPublishPrice(payload)
    if (typeof published === 'string') return this.refuse(from, PRICE_CLUSTER, published)
    shown.price = { ...shown.price, [published.fuel]: published.price }
    return Status.SUCCESS
  }

  private takeMessage(payload: DisplayMessage, from: Peer): number {
    const message = fromDisplayMessage(payload)
    if (typeof message === 'string') return this.refuse(from, MESSAGING_CLUSTER, message)
    this.options.shown.message = message
    if (payload.messageControl & CONFIRM && this.confirmedId !== message.id) this.confirm(message.id)
    return Status.SUCCESS
  }

  /** At once: nobody is there to press a button. Not heard, it confirms when the message comes again. @source assumed */
  private confirm(messageId: number): void {
    const { endpoint, esi, clock } = this.options
    const confirmation = { messageId, confirmationTime: utcOf(clock.unixMs()) }
    endpoint.request(esi, 'Messaging', 'MessageConfirmation', confirmation, outcome => {
      if (outcome.ok || outcome.reason === 'default-response') this.confirmedId = messageId
    })
  }

  private refuse(from: Peer, clusterId: number, detail: string): number {
    this.options.trace.emit({ kind: 'zcl.malformed', from: from.device, clusterId, code: 'se.notice', detail })
    return Status.INVALID_VALUE
  }
}

/** The hub says that it has none. */
const isNothing = (failure: Failure): boolean =>
  failure.reason === 'default-response' && failure.status === Status.NOT_FOUND
