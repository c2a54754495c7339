/**
 * The line to a stick as simulated time sees it. What the line brings enters through the inlet of the run, so that a record of
 * it makes the same run again; what is written leaves at once.
 */
import type { ByteLink, ByteLinkListener } from '../../ports/byte-link.ts'
import { type LineEvent, lineInlet } from '../clocks/inlet.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'

export interface StickLineOptions {
  /** Name of the stick, under which the record keeps what came. */
  part: string
  /** As it is written in the rig. */
  address: string
  clock: RunClock
  timeline: Timeline
}

export class StickLine implements ByteLink {
  readonly name: string
  private readonly timeline: Timeline
  private readonly enter: ((event: LineEvent) => void) | undefined
  private listener: ByteLinkListener | undefined
  private link: ByteLink | undefined
  private isUp = false
  private reason = ''
  /** What was told last of a line that is down. */
  private trouble = ''

  constructor({ part, address, clock, timeline }: StickLineOptions) {
    this.name = address
    this.timeline = timeline
    this.enter = lineInlet({ clock, timeline, part }, event => this.take(event))
  }

  /** Whether the record of the run stands for the line: then it is not to be opened. */
  get isReplayed(): boolean {
    return this.enter === undefined
  }
  get up(): boolean {
    return this.isUp
  }
  /** Why it is down, for people; empty while nothing has been heard of it. */
  get why(): string {
    return this.reason
  }

  listen(listener: ByteLinkListener): void {
    this.listener = listener
    if (this.isUp) this.timeline.kernel.after(0, `line ${this.name} up`, () => this.isUp && listener.onUp?.())
  }
  write(octets: Uint8Array): boolean {
    this.link?.write(octets)
    // What the machine says of it is no part of simulated time.
    return this.isUp
  }
  close(): void {
    this.link?.close()
    this.link = undefined
    this.listener = undefined
  }

  /** For who opens it: the line itself. */
  attach(link: ByteLink): void {
    this.link = link
    link.listen({
      onOctets: octets => this.enter?.({ on: 'octets', octets: octets.slice() }),
      onUp: () => this.enter?.({ on: 'up' }),
      onDown: reason => this.wentDown(reason),
    })
  }
  /** For who opens it: why it is not up yet. */
  wentDown(reason: string): void {
    if (this.link?.up || reason === this.trouble) return
    this.trouble = reason
    this.enter?.({ on: 'down', reason })
  }

  private take(event: LineEvent): void {
    const { listener } = this
    switch (event.on) {
      case 'octets':
        return listener?.onOctets(event.octets)
      case 'up':
        this.isUp = true
        this.trouble = ''
        return listener?.onUp?.()
      case 'down': {
        this.isUp = false
        this.reason = event.reason
        return listener?.onDown?.(event.reason)
      }
      default:
        return event satisfies never
    }
  }
}
