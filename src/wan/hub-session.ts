/**
 * The hub's end of the SM WAN: who may speak, in which order, and what is answered.
 * Requests that pass reach the hub's services once each. A message sent again, octet for octet, gets the answer it got
 * before, even when its originator's key was renewed meanwhile (by itself, perhaps).
 */
import { fromHex } from '../base/bytes.ts'
import { WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import type { Clock, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, SmsLink, WanLink } from '../ports/wan.ts'
import {
  type Exchange,
  Exchanges,
  type ExchangesMemory,
  fingerprint,
  REQUESTS_IN_WORK,
  type RequestInWork,
  type Taken,
} from './exchanges.ts'
import { type AttachmentMemory, type AttachmentSettings, HubAttachment } from './hub-attachment.ts'
import { HubOutbox, type OutboxMemory } from './hub-outbox.ts'
import { HubSleep, type SleepSettings } from './hub-sleep.ts'
import {
  type DecodedMessage,
  decodeMessage,
  type Message,
  UnknownRequestError,
  verifyMessage,
} from './messages/codec.ts'
import type { ResponseCode } from './messages/response-codes.ts'
import type { Alert, Request, Response } from './messages/wan-types.generated.ts'
import { Originators, type OriginatorsMemory } from './originators.ts'

/** What an answer echoes has an end, so that every answer fits a message. Assumed. */
const LONGEST_ID = 64
const LONGEST_VARIANT = 32

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
  sms?: SmsLink | undefined
  /** Party in control on each access point: alerts go under its key. */
  operators: Readonly<Record<Apn, string>>
  /** `again`: it was in work when the hub lost power. */
  onRequest: (request: AcceptedRequest, answer: (response: Response) => void, again: boolean) => void
}

export interface AcceptedRequest {
  id: string
  originator: string
  targetDevice: Eui64
  request: Request
  taken: Taken
}

export class HubSession {
  /** Who may speak to this hub. */
  readonly originators: Originators
  /** Messages refused and alerts dropped, by reason. */
  readonly refused = new Map<string, number>()
  private readonly options: HubSessionOptions
  private readonly attachment: HubAttachment
  private readonly sleep: HubSleep | undefined
  private readonly exchanges: Exchanges
  private readonly outbox: HubOutbox
  /** Takes up what was in work when power went, in the order in which it came. */
  private readonly takeUp: (() => void)[]

  constructor(options: HubSessionOptions) {
    const { hub, clock, link, timers, trace, memory, settings, operators } = options
    const { exchanges } = memory
    this.options = options
    this.originators = new Originators(memory)
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

  /** What it would keep if it lost power now. */
  memory(): HubWanMemory {
    const { attachment, originators, outbox, exchanges } = this
    return {
      ...{ ...attachment.memory(), ...originators.memory(), ...outbox.memory() },
      exchanges: exchanges.memory(),
    }
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
      this.count('alert-dropped')
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
    const decoded = this.decode(octets)
    if (decoded instanceof UnknownRequestError) {
      const { message } = decoded.decoded
      this.take(decoded.decoded, octets, request => {
        this.refuse(decoded.code, decoded.message, message.originator)
        this.finish(this.exchanges.begin(message, octets, this.now()), response(request, 'E11', 'unknown request'))
      })
    } else if (decoded) this.take(decoded, octets, request => this.begin(decoded.message, request, octets))
  }

  private decode(octets: Uint8Array): DecodedMessage | UnknownRequestError | undefined {
    try {
      return decodeMessage(octets)
    } catch (error) {
      if (error instanceof UnknownRequestError) return error
      if (!(error instanceof WireError)) throw error
      this.refuse(error.code, error.message)
      return undefined
    }
  }

  /** Lets through what is authentic, well-formed and new. */
  private take(decoded: DecodedMessage, octets: Uint8Array, accept: (request: Request) => void): void {
    const { message } = decoded
    const before = this.exchanges.find(message)
    if (before?.fingerprint === fingerprint(octets)) return this.again(before)
    if (!this.isAuthentic(decoded)) return
    const flaw = flawOf(message)
    if (flaw) return this.refuse('wan.malformed', flaw, message.originator)
    const { request } = message
    if (!request) return this.refuse('wan.unexpected', 'a hub takes requests only', message.originator)
    if (!this.takeCounter(message, request)) return
    if (!before) return accept(request)
    const detail = `id "${message.id}" names another message already`
    this.refuse('wan.id-reused', detail, message.originator)
    this.outbox.answer(message, response(request, 'S1RIG_REFUSED', detail))
  }

  /** In work: its answer will come. */
  private again(exchange: Exchange): void {
    if (exchange.answer) this.outbox.answer(exchange, exchange.answer)
  }

  private begin(message: Message, request: Request, octets: Uint8Array): void {
    const { id, originator, targetDevice } = message
    const { full } = this.exchanges
    const taken = this.now()
    const exchange = this.exchanges.begin(message, octets, taken)
    if (full) {
      const detail = `${REQUESTS_IN_WORK} requests are in work already`
      this.refuse('wan.busy', detail, originator)
      return this.finish(exchange, response(request, 'S1RIG_REFUSED', detail))
    }
    const accepted = { id, originator, targetDevice, request, taken }
    this.options.onRequest(accepted, answer => this.finish(exchange, answer), false)
  }

  /** A request that was in work when the hub lost power; it passed every check when it came. */
  private recall({ atUs, atMs, octets: hex }: RequestInWork): (() => void)[] {
    const octets = fromHex(hex)
    const decoded = this.decode(octets)
    if (!decoded || decoded instanceof UnknownRequestError || !decoded.message.request) return []
    const { id, originator, targetDevice, request } = decoded.message
    const taken = { atUs, atMs }
    const exchange = this.exchanges.begin(decoded.message, octets, taken)
    const accepted = { id, originator, targetDevice, request, taken }
    return [() => this.options.onRequest(accepted, answer => this.finish(exchange, answer), true)]
  }

  private now(): Taken {
    const { clock } = this.options
    return { atUs: clock.nowUs(), atMs: clock.unixMs() }
  }

  private finish(exchange: Exchange, answer: Response): void {
    if (this.exchanges.finish(exchange, answer)) this.outbox.answer(exchange, answer)
  }

  /** A stranger gets no answer: only the holder of a key learns why it was refused. */
  private isAuthentic(decoded: DecodedMessage): boolean {
    const { originator } = decoded.message
    const key = this.originators.keyOf(originator)
    if (key && verifyMessage(decoded, key)) return true
    const detail = key ? 'the authentication code does not match' : 'no key for this originator'
    this.refuse('wan.not-authentic', detail, originator)
    return false
  }

  private takeCounter(message: Message, request: Request): boolean {
    const { originator, counter } = message
    if (this.originators.takeCounter(originator, counter)) return true
    const detail = `counter ${counter} is not above ${this.originators.lastCounter(originator)}`
    this.refuse('wan.replay', detail, originator)
    this.outbox.answer(message, response(request, 'S1RIG_REPLAY', detail))
    return false
  }

  private refuse(reason: string, detail: string, originator?: string): void {
    this.count(reason)
    this.options.trace.emit({ kind: 'wan.refused', reason, detail, ...(originator && { originator }) })
  }
  private count(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

/** A response without a result. */
export function response(request: Request, code: ResponseCode, detail = ''): Response {
  return { serviceReferenceVariant: request.serviceReferenceVariant, code, detail }
}

/** What is wrong with the envelope of an authentic message, for people. */
function flawOf({ id, targetDevice, request }: Message): string | undefined {
  if (id.length < 1 || id.length > LONGEST_ID) return `id: 1 to ${LONGEST_ID} characters expected, found ${id.length}`
  if (!/^[0-9a-f]{16}$/.test(targetDevice)) return 'target_device: 16 lower-case hex digits expected'
  const variant = request?.serviceReferenceVariant.length ?? 0
  if (variant > LONGEST_VARIANT) {
    return `request.service_reference_variant: at most ${LONGEST_VARIANT} characters expected, found ${variant}`
  }
  return undefined
}
