/** Where a hub is attached to the SM WAN: it comes back when the network drops it, moves when told, and may fall back. */
import type { Micros } from '../base/ids.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, AttachRefusal, WanLink } from '../ports/wan.ts'

/**
 * What survives a restart of the hub. A move that was ordered is not lost with the power: the hub comes back on the new access
 * point. @source assumed: a modem's settings are in its flash before the answer leaves
 */
export interface AttachmentMemory {
  /** Where it attaches, or moves to. */
  apn: Apn
  /** There while the move from it is not complete. */
  previousApn?: Apn
}

export interface AttachmentSettings {
  /** Attempts on a new access point before falling back. */
  attachAttempts: number
  attachRetryUs: Micros
  /** Returns to the previous access point when the new one refuses. */
  apnFallback: boolean
  /** Between the answer to a change of access point and the detach. */
  detachUs: Micros
}

export interface HubAttachmentOptions {
  link: WanLink
  timers: Timers
  trace: Trace
  memory: AttachmentMemory
  settings: AttachmentSettings
  onAttached: () => void
  /** What could not be sent while attached may be tried again. */
  onReady?: () => void
  onMessage: (octets: Uint8Array) => void
}

export class HubAttachment {
  private readonly options: HubAttachmentOptions
  private readonly place: AttachmentMemory
  private current: Apn | undefined
  private attempts = 0
  /** What will be tried again. */
  private retry: { act: () => void; timer: Timer } | undefined
  private move: Timer | undefined

  constructor(options: HubAttachmentOptions) {
    this.options = options
    const { apn, previousApn } = options.memory
    this.place = { apn, ...(previousApn !== undefined && { previousApn }) }
    options.link.listen({
      onAttached: ({ apn }) => this.onAttached(apn),
      onAttachRefused: (apn, reason) => this.onAttachRefused(apn, reason),
      onDetached: () => this.onDetached(),
      onMessage: options.onMessage,
      onReady: () => options.onReady?.(),
      onReachable: () => this.tryNow(),
    })
  }

  memory(): AttachmentMemory {
    return { ...this.place }
  }

  /** Access point the hub is on, or is to be on. */
  get chosenApn(): Apn {
    return this.place.apn
  }
  /** Access point the hub is attached to now. */
  get apn(): Apn | undefined {
    return this.current
  }
  /** A move was ordered and has not begun yet. */
  get moving(): boolean {
    return this.move !== undefined
  }

  /** Attaches to the access point in memory. */
  start(): void {
    this.stopWaiting()
    this.attempts = 0
    this.options.link.attach(this.place.apn)
  }

  /** Lets the session go, and asks for none until it is started again. */
  rest(): void {
    this.stopWaiting()
    this.options.link.detach()
    this.current = undefined
  }

  /** Power goes: a move that was to begin does not, and nothing is tried, until it is started again. */
  powerFails(): void {
    this.move?.cancel()
    this.move = undefined
    this.rest()
  }

  /** Moves to another access point, after time enough for an answer to leave. Returns the one before. */
  moveTo(apn: Apn): Apn {
    const { settings, timers, link } = this.options
    const before = this.place.apn
    this.place.previousApn = before
    this.place.apn = apn
    this.move?.cancel()
    this.move = timers.after(settings.detachUs, 'wan switch', () => {
      this.move = undefined
      link.detach()
      this.current = undefined
      this.start()
    })
    return before
  }

  /** False when not attached, or while the network takes no more: nothing was sent. */
  send(octets: Uint8Array, unasked = false): boolean {
    return this.current !== undefined && this.options.link.send(octets, unasked)
  }

  private onAttached(apn: Apn): void {
    this.stopWaiting()
    this.current = apn
    this.attempts = 0
    delete this.place.previousApn
    this.options.onAttached()
  }

  private onAttachRefused(apn: Apn, reason: AttachRefusal): void {
    const { settings, trace } = this.options
    const { previousApn } = this.place
    this.attempts++
    if (!settings.apnFallback || !previousApn || this.attempts < settings.attachAttempts) {
      return this.later(() => this.options.link.attach(this.place.apn))
    }
    const text = `${apn} refused ${this.attempts} times (${reason}); back to ${previousApn}`
    trace.emit({ kind: 'device.event', code: 'APN_FALLBACK', text })
    this.place.apn = previousApn
    delete this.place.previousApn
    this.start()
  }

  private onDetached(): void {
    this.current = undefined
    this.later(() => this.start())
  }

  private later(act: () => void): void {
    const { settings, timers } = this.options
    this.stopWaiting()
    this.retry = { act, timer: timers.after(settings.attachRetryUs, 'wan attach again', () => this.tryNow()) }
  }
  private tryNow(): void {
    const { retry } = this
    this.stopWaiting()
    retry?.act()
  }
  private stopWaiting(): void {
    this.retry?.timer.cancel()
    this.retry = undefined
  }
}
