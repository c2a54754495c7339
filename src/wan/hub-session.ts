/**
 * The hub's end of the SM WAN: who may speak, in which order, and what is answered.
 * Requests that pass reach the hub's services once each. A message sent again, octet for octet, gets the answer it got
 * before, even when its originator's key was renewed meanwhile (by itself, perhaps).
 */
import { WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import type { Clock, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, SmsLink, WanLink } from '../ports/wan.ts'
import { type Exchange, Exchanges, fingerprint, REQUESTS_IN_WORK } from './exchanges.ts'
import { type AttachmentMemory, type AttachmentSettings, HubAttachment } from './hub-attachment.ts'
import { HubSleep, type SleepSettings } from './hub-sleep.ts'
import {
  type DecodedMessage,
  decodeMessage,
  encodeMessage,
  type Message,
  UnknownRequestError,
  verifyMessage,
} from './messages/codec.ts'
import type { ResponseCode } from './messages/response-codes.ts'
import type { Alert, Request, Response } from './messages/wan-types.generated.ts'

/** Alerts kept while they cannot be sent; the oldest goes first. Assumed. */
const ALERTS_KEPT = 100
/** Originators that may hold a key at once. Assumed. */
const MOST_ORIGINATORS = 8
/** What an answer echoes has an end, so that every answer fits a message. Assumed. */
const LONGEST_ID = 64
const LONGEST_VARIANT = 32

/** What survives a restart of the hub. */
export interface HubWanMemory extends AttachmentMemory {
  /** Key of each originator that may speak to this hub. */
  keys: Map<string, Uint8Array>
  /** Last counter accepted from each originator. */
  counters: Map<string, number>
  /** Last counter this hub used. */
  ownCounter: number
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
  onRequest: (request: AcceptedRequest, answer: (response: Response) => void) => void
}

export interface AcceptedRequest {
  id: string
  originator: string
  targetDevice: Eui64
  request: Request
}

export class HubSession {
  readonly memory: HubWanMemory
  /** Messages refused and alerts dropped, by reason. */
  readonly refused = new Map<string, number>()
  private readonly options: HubSessionOptions
  private readonly attachment: HubAttachment
  private readonly sleep: HubSleep | undefined
  private readonly exchanges = new Exchanges()
  private readonly alerts: Alert[] = []

  constructor(options: HubSessionOptions) {
    const { link, timers, trace, memory, settings } = options
    this.options = options
    this.memory = memory
    this.attachment = new HubAttachment({
      link,
      timers,
      trace,
      memory,
      settings,
      onAttached: () => {
        this.sleep?.stir()
        this.flushAlerts()
      },
      onReady: () => this.flushAlerts(),
      onMessage: octets => {
        this.sleep?.stir()
        this.onMessage(octets)
      },
    })
    this.sleep = this.sleepOf(options)
    // A modem takes what comes, whether it means anything to the hub or not.
    options.sms?.listen(() => {
      this.sleep?.hear()
      return true
    })
  }

  /** Attaches to the access point in memory. */
  start(): void {
    this.attachment.start()
  }

  /** A change of access point was ordered and has not begun yet. */
  get switchingApn(): boolean {
    return this.attachment.moving
  }
  /** Moves to another access point once the answer to the request has left. Returns the one before. */
  switchApn(apn: Apn): Apn {
    return this.attachment.moveTo(apn)
  }

  /** Those that hold a key, in alphabetical order. */
  get originators(): string[] {
    return [...this.memory.keys.keys()].sort()
  }
  /** Gives an originator its key. A new one starts its counter anew; renewing a key does not reopen old messages. */
  setKey(originator: string, key: Uint8Array): 'set' | 'full' {
    const { keys } = this.memory
    if (!keys.has(originator) && keys.size >= MOST_ORIGINATORS) return 'full'
    keys.set(originator, key)
    this.flushAlerts()
    return 'set'
  }
  /** From now on nothing it sends is accepted, and nothing is answered to it. False when it holds no key. */
  removeKey(originator: string): boolean {
    this.memory.counters.delete(originator)
    this.exchanges.forget(originator)
    return this.memory.keys.delete(originator)
  }

  /** Alerts that wait until they can be sent. */
  get alertsKept(): number {
    return this.alerts.length
  }

  /** Sends an alert to the party in control, or keeps it until the hub is attached and that party holds a key. */
  alert(alert: Alert): void {
    this.alerts.push(alert)
    const dropped = this.alerts.length > ALERTS_KEPT ? this.alerts.shift() : undefined
    if (dropped) {
      this.count('alert-dropped')
      this.options.trace.emit({
        kind: 'device.event',
        code: 'ALERT_DROPPED',
        text: `${dropped.code} ${dropped.device}`,
      })
    }
    this.sleep?.rouse()
    this.flushAlerts()
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
        this.finish(this.exchanges.begin(message, octets), response(request, 'E11', 'unknown request'))
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
    this.send(message, response(request, 'S1RIG_REFUSED', detail))
  }

  /** In work: its answer will come. */
  private again(exchange: Exchange): void {
    if (exchange.answer) this.send(exchange, exchange.answer)
  }

  private begin(message: Message, request: Request, octets: Uint8Array): void {
    const { id, originator, targetDevice } = message
    const { full } = this.exchanges
    const exchange = this.exchanges.begin(message, octets)
    if (full) {
      const detail = `${REQUESTS_IN_WORK} requests are in work already`
      this.refuse('wan.busy', detail, originator)
      return this.finish(exchange, response(request, 'S1RIG_REFUSED', detail))
    }
    this.options.onRequest({ id, originator, targetDevice, request }, answer => this.finish(exchange, answer))
  }

  private finish(exchange: Exchange, answer: Response): void {
    if (this.exchanges.finish(exchange, answer)) this.send(exchange, answer)
  }

  /** A stranger gets no answer: only the holder of a key learns why it was refused. */
  private isAuthentic(decoded: DecodedMessage): boolean {
    const { originator } = decoded.message
    const key = this.memory.keys.get(originator)
    if (key && verifyMessage(decoded, key)) return true
    const detail = key ? 'the authentication code does not match' : 'no key for this originator'
    this.refuse('wan.not-authentic', detail, originator)
    return false
  }

  private takeCounter(message: Message, request: Request): boolean {
    const { originator, counter } = message
    const last = this.memory.counters.get(originator) ?? 0
    if (counter > last) {
      this.memory.counters.set(originator, counter)
      return true
    }
    const detail = `counter ${counter} is not above ${last}`
    this.refuse('wan.replay', detail, originator)
    this.send(message, response(request, 'S1RIG_REPLAY', detail))
    return false
  }

  /** Under the key shared with the originator; silent when it has been removed meanwhile. */
  private send(to: Pick<Exchange, 'id' | 'originator' | 'targetDevice'>, answer: Response): void {
    const key = this.memory.keys.get(to.originator)
    if (key) this.transmit({ correlationId: to.id, targetDevice: to.targetDevice, response: answer }, key)
  }

  private flushAlerts(): void {
    const { apn } = this.attachment
    const key = apn === undefined ? undefined : this.memory.keys.get(this.options.operators[apn] ?? '')
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
    if (this.attachment.apn === undefined) return false
    const counter = ++this.memory.ownCounter
    const { hub, clock } = this.options
    this.sleep?.stir()
    const message = { id: `${hub}-${counter}`, originator: hub, counter, sentAtMs: clock.unixMs(), ...body }
    return this.attachment.send(encodeMessage(message, key), body.alert !== undefined)
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
