/** Where a hub is attached to the SM WAN: it comes back when the network drops it, moves when told, and may fall back. */
import type { Micros } from '../base/ids.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn, AttachRefusal, WanLink } from '../ports/wan.ts'

/** What survives a restart of the hub. */
export interface AttachmentMemory {
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
  private current: Apn | undefined
  private attempts = 0
  private retry: Timer | undefined
  private move: Timer | undefined

  constructor(options: HubAttachmentOptions) {
    this.options = options
    options.link.listen({
      onAttached: ({ apn }) => this.onAttached(apn),
      onAttachRefused: (apn, reason) => this.onAttachRefused(apn, reason),
      onDetached: () => this.onDetached(),
      onMessage: options.onMessage,
      onReady: () => options.onReady?.(),
    })
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
    this.retry?.cancel()
    this.attempts = 0
    this.options.link.attach(this.options.memory.apn)
  }

  /** Lets the session go, and asks for none until it is started again. */
  rest(): void {
    this.retry?.cancel()
    this.options.link.detach()
    this.current = undefined
  }

  /** Moves to another access point, after time enough for an answer to leave. Returns the one before. */
  moveTo(apn: Apn): Apn {
    const { memory, settings, timers, link } = this.options
    const before = memory.apn
    memory.previousApn = before
    memory.apn = apn
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
    this.retry?.cancel()
    this.current = apn
    this.attempts = 0
    delete this.options.memory.previousApn
    this.options.onAttached()
  }

  private onAttachRefused(apn: Apn, reason: AttachRefusal): void {
    const { memory, settings, trace } = this.options
    const { previousApn } = memory
    this.attempts++
    if (!settings.apnFallback || !previousApn || this.attempts < settings.attachAttempts) {
      return this.later(() => this.options.link.attach(memory.apn))
    }
    const text = `${apn} refused ${this.attempts} times (${reason}); back to ${previousApn}`
    trace.emit({ kind: 'device.event', code: 'APN_FALLBACK', text })
    memory.apn = previousApn
    delete memory.previousApn
    this.start()
  }

  private onDetached(): void {
    this.current = undefined
    this.later(() => this.start())
  }

  private later(act: () => void): void {
    const { settings, timers } = this.options
    this.retry?.cancel()
    this.retry = timers.after(settings.attachRetryUs, 'wan attach again', act)
  }
}
