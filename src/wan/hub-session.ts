/**
 * The hub's end of the SM WAN: attaching, who may speak, in which order, and what is answered.
 * Requests that pass reach the hub's services once each; a request sent again gets the answer it got before.
 */
import { WireError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { Clock, Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, AttachRefusal, WanLink } from '../ports/wan.ts'
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

/** Answers remembered for requests that are sent again. Assumed. */
const REMEMBERED_ANSWERS = 32
/** Requests worked on at once; one more is refused. Assumed. */
const REQUESTS_IN_WORK = 32
/** Alerts kept while detached; the oldest goes first. Assumed. */
const ALERTS_KEPT = 100

/** What survives a restart of the hub. */
export interface HubWanMemory {
  apn: Apn
  previousApn?: Apn
  /** Key of each originator that may speak to this hub. */
  keys: Map<string, Uint8Array>
  /** Last counter accepted from each originator. */
  counters: Map<string, number>
  /** Last counter this hub used. */
  ownCounter: number
}

export interface HubSessionSettings {
  /** Attempts on a new access point before falling back. */
  attachAttempts: number
  attachRetryUs: Micros
  /** Returns to the previous access point when the new one refuses. */
  apnFallback: boolean
  /** Between the answer to a change of access point and the detach. */
  detachUs: Micros
}

export interface HubSessionOptions {
  hub: Eui64
  link: WanLink
  /** The hub's own clock, which drifts. */
  clock: Clock
  timers: Timers
  trace: Trace
  memory: HubWanMemory
  settings: HubSessionSettings
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
  /** Messages refused, by reason. */
  readonly refused = new Map<string, number>()
  private readonly options: HubSessionOptions
  private attached: Apn | undefined
  private attempts = 0
  private retry: Timer | undefined
  private readonly inWork = new Set<string>()
  private readonly answers = new Map<string, Response>()
  private readonly alerts: Alert[] = []

  constructor(options: HubSessionOptions) {
    this.options = options
    this.memory = options.memory
    options.link.listen({
      onAttached: ({ apn }) => this.onAttached(apn),
      onAttachRefused: (apn, reason) => this.onAttachRefused(apn, reason),
      onDetached: () => this.onDetached(),
      onMessage: octets => this.onMessage(octets),
    })
  }

  /** Attaches to the access point in memory. */
  start(): void {
    this.attempts = 0
    this.options.link.attach(this.memory.apn)
  }

  /** Moves to another access point once the answer to the request has left. Returns the one before. */
  switchApn(apn: Apn): Apn {
    const before = this.memory.apn
    this.memory.previousApn = before
    this.memory.apn = apn
    this.options.timers.after(this.options.settings.detachUs, 'wan switch', () => {
      this.options.link.detach()
      this.attached = undefined
      this.start()
    })
    return before
  }

  /** Sends an alert to the party in control, or keeps it until the hub is attached again. */
  alert(alert: Alert): void {
    this.alerts.push(alert)
    if (this.alerts.length > ALERTS_KEPT) {
      this.alerts.shift()
      this.count('alert-dropped')
    }
    this.flushAlerts()
  }

  private onAttached(apn: Apn): void {
    this.attached = apn
    this.attempts = 0
    delete this.memory.previousApn
    this.flushAlerts()
  }

  private onAttachRefused(apn: Apn, reason: AttachRefusal): void {
    const { settings, timers, link } = this.options
    this.attempts++
    const { previousApn } = this.memory
    if (settings.apnFallback && previousApn && this.attempts >= settings.attachAttempts) {
      this.options.trace.emit({
        kind: 'device.event',
        code: 'APN_FALLBACK',
        text: `${apn} refused ${this.attempts} times (${reason}); back to ${previousApn}`,
      })
      this.memory.apn = previousApn
      delete this.memory.previousApn
      this.start()
      return
    }
    this.retry?.cancel()
    this.retry = timers.after(settings.attachRetryUs, 'wan attach again', () => link.attach(this.memory.apn))
  }

  private onDetached(): void {
    this.attached = undefined
    const { settings, timers } = this.options
    this.retry?.cancel()
    this.retry = timers.after(settings.attachRetryUs, 'wan attach again', () => this.start())
  }

  private onMessage(octets: Uint8Array): void {
    let decoded: DecodedMessage
    try {
      decoded = decodeMessage(octets)
    } catch (error) {
      if (error instanceof UnknownRequestError) this.refuseUnknown(error)
      else if (error instanceof WireError) this.refuse(error.code, error.message)
      else throw error
      return
    }
    this.onDecoded(decoded)
  }

  private onDecoded(decoded: DecodedMessage) {
    const { message } = decoded
    const { request } = message
    if (!this.isAuthentic(decoded)) return
    if (!request) return this.refuse('wan.unexpected', 'a hub takes requests only', message.originator)
    const name = nameOf(message)
    if (this.inWork.has(name)) return
    const before = this.answers.get(name)
    if (before) return this.send(message, before)
    if (!this.takeCounter(message, request)) return
    if (this.inWork.size >= REQUESTS_IN_WORK) {
      return this.answer(
        message,
        response(request, 'S1RIG_REFUSED', `${REQUESTS_IN_WORK} requests are in work already`),
      )
    }
    this.inWork.add(name)
    const { id, originator, targetDevice } = message
    this.options.onRequest({ id, originator, targetDevice, request }, result => {
      if (this.inWork.delete(name)) this.answer(message, result)
    })
  }

  private refuseUnknown(error: UnknownRequestError): void {
    const { message } = error.decoded
    if (!this.isAuthentic(error.decoded) || !message.request) return
    if (!this.takeCounter(message, message.request)) return
    this.refuse(error.code, error.message, message.originator)
    this.answer(message, response(message.request, 'E11', 'unknown request'))
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

  private answer(to: Message, answer: Response): void {
    this.answers.set(nameOf(to), answer)
    const oldest = this.answers.keys().next()
    if (this.answers.size > REMEMBERED_ANSWERS && !oldest.done) this.answers.delete(oldest.value)
    this.send(to, answer)
  }

  /** Under the key shared with the originator; silent when it has been removed meanwhile. */
  private send(to: Message, answer: Response): void {
    const key = this.memory.keys.get(to.originator)
    if (!key) return
    this.transmit({ correlationId: to.id, targetDevice: to.targetDevice, response: answer }, key)
  }

  private flushAlerts(): void {
    if (!this.attached) return
    const key = this.memory.keys.get(this.options.operators[this.attached] ?? '')
    while (key && this.alerts.length > 0) {
      const alert = this.alerts[0] as Alert
      if (!this.transmit({ correlationId: '', targetDevice: alert.device, alert }, key)) return
      this.alerts.shift()
    }
  }

  private transmit(
    body: Pick<Message, 'correlationId' | 'targetDevice' | 'response' | 'alert'>,
    key: Uint8Array,
  ): boolean {
    if (!this.attached) return false
    const counter = ++this.memory.ownCounter
    const { hub, clock, link } = this.options
    const message = { id: `${hub}-${counter}`, originator: hub, counter, sentAtMs: clock.unixMs(), ...body }
    return link.send(encodeMessage(message, key))
  }

  private refuse(reason: string, detail: string, originator?: string): void {
    this.count(reason)
    this.options.trace.emit({ kind: 'wan.refused', reason, detail, ...(originator ? { originator } : {}) })
  }
  private count(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

const nameOf = (message: Message): string => `${message.originator} ${message.id}`

/** A response without a result. */
export function response(request: Request, code: ResponseCode, detail = ''): Response {
  return { serviceReferenceVariant: request.serviceReferenceVariant, code, detail }
}
