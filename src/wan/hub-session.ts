/**
 * The hub's end of the SM WAN: who may speak, in which order, and what is answered.
 * Requests that pass reach the hub's services once each. A message sent again, octet for octet, gets the answer it got
 * before, even when its originator's key was renewed meanwhile (by itself, perhaps).
 */
import { fromHex } from '../base/bytes.ts'
import type { Eui64 } from '../base/ids.ts'
import type { Clock, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, SmsLink, WanLink } from '../ports/wan.ts'
import { Admission, type StrangerListener } from './admission.ts'
import {
  type Exchange,
  Exchanges,
  type ExchangesMemory,
  fingerprint,
  orderNumberOf,
  REQUESTS_IN_WORK,
  type RequestInWork,
  type Taken,
} from './exchanges.ts'
import { type AttachmentMemory, type AttachmentSettings, HubAttachment } from './hub-attachment.ts'
import { HubOutbox, type OutboxMemory } from './hub-outbox.ts'
import { HubSleep, type SleepSettings } from './hub-sleep.ts'
import { type DecodedMessage, type Message, UnknownRequestError, verifyCountersignature } from './messages/codec.ts'
import type { ResponseCode } from './messages/response-codes.ts'
import type { Alert, Request, Response } from './messages/wan-types.generated.ts'
import { Originators, type OriginatorsMemory } from './originators.ts'
import { whyNotServed } from './service-catalogue.ts'

/** What survives a restart of the hub. */
export interface HubWanMemory extends AttachmentMemory, OriginatorsMemory, OutboxMemory {
  /** None in a new hub. */
  exchanges?: ExchangesMemory
}

export interface HubSessionOptions {
  hub: Eui64
  link: WanLink
  /** The hub's own clock, which drifts. */
  clock: Clock
  timers: Timers
  trace: Trace
  memory: HubWanMemory
  settings: AttachmentSettings
  /** Absent: it never sleeps. */
  sleep?: SleepSettings | undefined
  /** What wakes it. */
  sms?: Pick<SmsLink, 'listen'> | undefined
  /** Party in control on each access point: alerts go under its key. */
  operators: Readonly<Record<Apn, string>>
  onRequest: (request: AcceptedRequest, answer: (response: Response) => void) => void
  onStranger?: StrangerListener
}

export interface AcceptedRequest {
  id: string
  originator: string
  targetDevice: Eui64
  request: Request
  taken: Taken
  /** For what it orders: the same when it is carried out anew after a loss of power. 1 to 2^32 - 1. */
  orderNumber: number
  countersigned: Countersigned
}

/** Whether the DCO has authenticated a request: it has not, or not with its key, or it has. */
export type Countersigned = 'absent' | 'wrong' | 'right'

/** The name the DCO's key goes by. */
const DCO = 'dco'

export class HubSession {
  /** Who may speak to this hub. */
  readonly originators: Originators
  private readonly options: HubSessionOptions
  private readonly attachment: HubAttachment
  private readonly sleep: HubSleep | undefined
  private readonly exchanges: Exchanges
  private readonly admission: Admission
  private readonly outbox: HubOutbox
  /** Takes up what was in work when power went, in the order in which it came. */
  private readonly takeUp: (() => void)[]

  constructor(options: HubSessionOptions) {
    const { hub, clock, link, timers, trace, memory, settings, operators } = options
    const { exchanges } = memory
    this.options = options
    this.originators = new Originators(memory)
    this.admission = new Admission({ originators: this.originators, trace, onStranger: options.onStranger })
    this.exchanges = new Exchanges(exchanges?.answered)
    this.takeUp = (exchanges?.inWork ?? []).flatMap(request => this.recall(request))
    this.attachment = new HubAttachment({
      link,
      timers,
      trace,
      memory,
      settings,
      onAttached: () => {
        this.sleep?.stir()
        this.outbox.flush()
        for (const carryOut of this.takeUp.splice(0)) carryOut()
      },
      onReady: () => this.outbox.flush(),
      onMessage: octets => {
        this.sleep?.stir()
        this.onMessage(octets)
      },
    })
    this.outbox = new HubOutbox({
      ...{ hub, clock, memory, operators, attachment: this.attachment, originators: this.originators },
      onSending: () => this.sleep?.stir(),
    })
    this.sleep = this.sleepOf(options)
    // A modem takes what comes, whether it means anything to the hub or not.
    options.sms?.listen(() => {
      this.sleep?.hear()
      return true
    })
  }

  /** Attaches to the access point in memory; what was in work is taken up when it can be answered. */
  start(): void {
    this.attachment.start()
  }

  /** Power goes: nothing it was about to do at the WAN happens. It comes back by `start`, with what it keeps. */
  powerFails(): void {
    this.attachment.powerFails()
  }

  /** What it would keep if it lost power now. */
  memory(): HubWanMemory {
    const { attachment, originators, outbox, exchanges } = this
    return {
      ...{ ...attachment.memory(), ...originators.memory(), ...outbox.memory() },
      exchanges: exchanges.memory(),
    }
  }

  /** Messages refused and alerts dropped, by reason. */
  get refused(): ReadonlyMap<string, number> {
    return this.admission.refused
  }

  /** Access point the hub is on, or is to be on. */
  get apn(): Apn {
    return this.attachment.chosenApn
  }

  /** A change of access point was ordered and has not begun yet. */
  get switchingApn(): boolean {
    return this.attachment.moving
  }
  /** Moves to another access point once the answer to the request has left. Returns the one before. */
  switchApn(apn: Apn): Apn {
    return this.attachment.moveTo(apn)
  }

  /** Gives an originator its key. A new one starts its counter anew; renewing a key does not reopen old messages. */
  setKey(originator: string, key: Uint8Array): 'set' | 'full' {
    const outcome = this.originators.setKey(originator, key)
    this.outbox.flush()
    return outcome
  }
  /** From now on nothing it sends is accepted, and nothing is answered to it. False when it holds no key. */
  removeKey(originator: string): boolean {
    this.exchanges.forget(originator)
    return this.originators.remove(originator)
  }

  /** Alerts that wait until they can be sent. */
  get alertsKept(): number {
    return this.outbox.alertsKept
  }

  /** Sends an alert to the party in control, or keeps it until the hub is attached and that party holds a key. */
  alert(alert: Alert): void {
    const dropped = this.outbox.add(alert)
    if (dropped) {
      this.admission.count('alert-dropped')
      this.options.trace.emit({
        kind: 'device.event',
        code: 'ALERT_DROPPED',
        text: `${dropped.code} ${dropped.device}`,
      })
    }
    this.sleep?.rouse()
    this.outbox.flush()
  }

  private sleepOf({ sleep, timers, trace }: HubSessionOptions): HubSleep | undefined {
    return (
      sleep &&
      new HubSleep({
        ...{ settings: sleep, timers, trace },
        isBusy: () => this.attachment.apn === undefined || this.attachment.moving || !this.exchanges.idle,
        onSleep: () => this.attachment.rest(),
        onWake: () => this.attachment.start(),
      })
    )
  }

  private onMessage(octets: Uint8Array): void {
    const decoded = this.admission.decode(octets)
    if (decoded instanceof UnknownRequestError) {
      const { message } = decoded.decoded
      this.take(decoded.decoded, octets, request => {
        this.admission.refuse(decoded.code, decoded.message, message.originator)
        const why = whyNotServed(request.serviceReferenceVariant) ?? 'parameters expected'
        this.finish(this.exchanges.begin(message, octets, this.now()), response(request, 'E11', why))
      })
    } else if (decoded) this.take(decoded, octets, request => this.begin(decoded, request, octets))
  }

  /** Lets through what is authentic, well-formed and new. */
  private take(decoded: DecodedMessage, octets: Uint8Array, accept: (request: Request) => void): void {
    const { message } = decoded
    const before = this.exchanges.find(message)
    if (before?.fingerprint === fingerprint(octets)) return this.again(before)
    const request = this.admission.requestIn(decoded)
    if (!request || !this.takeCounter(message, request)) return
    if (!before) return accept(request)
    const detail = `id "${message.id}" names another message already`
    this.admission.refuse('wan.id-reused', detail, message.originator)
    this.outbox.answer(message, response(request, 'S1RIG_REFUSED', detail))
  }

  /** In work: its answer will come. */
  private again(exchange: Exchange): void {
    if (exchange.answer) this.outbox.answer(exchange, exchange.answer)
  }

  private begin(decoded: DecodedMessage, request: Request, octets: Uint8Array): void {
    const { message } = decoded
    const { id, originator, targetDevice } = message
    const { full } = this.exchanges
    const taken = this.now()
    const exchange = this.exchanges.begin(message, octets, taken)
    if (full) {
      const detail = `${REQUESTS_IN_WORK} requests are in work already`
      this.admission.refuse('wan.busy', detail, originator)
      return this.finish(exchange, response(request, 'S1RIG_REFUSED', detail))
    }
    const orderNumber = orderNumberOf(exchange)
    const countersigned = this.countersigned(decoded)
    const accepted = { id, originator, targetDevice, request, taken, orderNumber, countersigned }
    this.options.onRequest(accepted, answer => this.finish(exchange, answer))
  }

  /** A request that was in work when the hub lost power; it passed every check when it came. */
  private recall({ atUs, atMs, octets: hex }: RequestInWork): (() => void)[] {
    const octets = fromHex(hex)
    const decoded = this.admission.decode(octets)
    if (!decoded || decoded instanceof UnknownRequestError || !decoded.message.request) return []
    const { id, originator, targetDevice, request } = decoded.message
    const taken = { atUs, atMs }
    const exchange = this.exchanges.begin(decoded.message, octets, taken)
    const orderNumber = orderNumberOf(exchange)
    const countersigned = this.countersigned(decoded)
    const accepted = { id, originator, targetDevice, request, taken, orderNumber, countersigned }
    return [() => this.options.onRequest(accepted, answer => this.finish(exchange, answer))]
  }

  private countersigned(decoded: DecodedMessage): Countersigned {
    const key = this.originators.keyOf(DCO)
    if (!decoded.countersigned) return 'absent'
    return key && verifyCountersignature(decoded, key) ? 'right' : 'wrong'
  }

  private now(): Taken {
    const { clock } = this.options
    return { atUs: clock.nowUs(), atMs: clock.unixMs() }
  }

  private finish(exchange: Exchange, answer: Response): void {
    if (this.exchanges.finish(exchange, answer)) this.outbox.answer(exchange, answer)
  }

  private takeCounter(message: Message, request: Request): boolean {
    const { originator, counter } = message
    if (this.originators.takeCounter(originator, counter)) return true
    const detail = `counter ${counter} is not above ${this.originators.lastCounter(originator)}`
    this.admission.refuse('wan.replay', detail, originator)
    this.outbox.answer(message, response(request, 'S1RIG_REPLAY', detail))
    return false
  }
}

/** A response without a result. */
export function response(request: Request, code: ResponseCode, detail = ''): Response {
  return { serviceReferenceVariant: request.serviceReferenceVariant, code, detail }
}
