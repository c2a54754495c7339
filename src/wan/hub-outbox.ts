/** What a hub says: answers at once or not at all, alerts in order as soon as they can leave. Each under its next counter. */
import type { Eui64 } from '../base/ids.ts'
import type { Clock } from '../ports/time.ts'
import type { Apn } from '../ports/wan.ts'
import type { Exchange } from './exchanges.ts'
import type { HubAttachment } from './hub-attachment.ts'
import { encodeMessage, type Message } from './messages/codec.ts'
import type { Alert, Response } from './messages/wan-types.generated.ts'
import type { Originators } from './originators.ts'

/** Alerts kept while they cannot be sent; the oldest goes first. Assumed. */
const ALERTS_KEPT = 100

/** What survives a restart. */
export interface OutboxMemory {
  /** Last counter this hub used. */
  ownCounter: number
  /** That wait, oldest first; none in a new hub. */
  alerts?: readonly Alert[]
}

export interface HubOutboxOptions {
  hub: Eui64
  /** The hub's own clock. */
  clock: Clock
  memory: OutboxMemory
  attachment: HubAttachment
  originators: Originators
  /** Party in control on each access point: alerts go under its key. */
  operators: Readonly<Record<Apn, string>>
  /** Something is about to leave. */
  onSending: () => void
}

export class HubOutbox {
  private readonly options: HubOutboxOptions
  private readonly alerts: Alert[]
  private ownCounter: number

  constructor(options: HubOutboxOptions) {
    const { ownCounter, alerts = [] } = options.memory
    this.options = options
    this.alerts = [...alerts]
    this.ownCounter = ownCounter
  }

  /** Alerts that wait. */
  get alertsKept(): number {
    return this.alerts.length
  }
  memory(): OutboxMemory {
    return { ownCounter: this.ownCounter, alerts: this.alerts.slice() }
  }

  /** Under the key shared with the originator; silent when it has been removed meanwhile. */
  answer(to: Pick<Exchange, 'id' | 'originator' | 'targetDevice'>, answer: Response): void {
    const key = this.options.originators.keyOf(to.originator)
    if (key) this.transmit({ correlationId: to.id, targetDevice: to.targetDevice, response: answer }, key)
  }

  /** An alert that waits its turn. Returns the one that there is no room for any more. */
  add(alert: Alert): Alert | undefined {
    this.alerts.push(alert)
    return this.alerts.length > ALERTS_KEPT ? this.alerts.shift() : undefined
  }
  /** Sends what waits, as far as it can leave: the hub is attached, and the party in control there holds a key. */
  flush(): void {
    const { attachment, originators, operators } = this.options
    const { apn } = attachment
    const key = apn === undefined ? undefined : originators.keyOf(operators[apn] ?? '')
    while (key) {
      const [alert] = this.alerts
      if (!alert || !this.transmit({ correlationId: '', targetDevice: alert.device, alert }, key)) return
      this.alerts.shift()
    }
  }

  private transmit(
    body: Pick<Message, 'correlationId' | 'targetDevice' | 'response' | 'alert'>,
    key: Uint8Array,
  ): boolean {
    const { hub, clock, attachment, onSending } = this.options
    if (attachment.apn === undefined) return false
    const counter = ++this.ownCounter
    onSending()
    const message = { id: `${hub}-${counter}`, originator: hub, counter, sentAtMs: clock.unixMs(), ...body }
    return attachment.send(encodeMessage(message, key), body.alert !== undefined)
  }
}
