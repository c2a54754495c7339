/** Frames that a stick has and has not told the outcome of: each gets one, in good time, and there are never too many. */
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { DeliveryOutcome } from '../../ports/han.ts'
import type { Timer, Timers } from '../../ports/time.ts'

/** A stick that never says what became of a frame. @source assumed */
const OUTCOME_US = seconds(30)
/** Frames under way, in all and to one device; more are refused. */
const MOST = 256
const MOST_FOR_ONE = 32

interface UnderWay {
  to: Eui64
  deadline: Timer
  onConfirm: (outcome: DeliveryOutcome) => void
}

export class FramesUnderWay {
  private readonly timers: Timers
  /** A device has acknowledged a frame. */
  private readonly onDelivered: (device: Eui64) => void
  private readonly frames = new Map<number, UnderWay>()
  private nextId = 0

  constructor(timers: Timers, onDelivered: (device: Eui64) => void) {
    this.timers = timers
    this.onDelivered = onDelivered
  }

  hasRoomFor(device: Eui64): boolean {
    const frames = [...this.frames.values()]
    return frames.length < MOST && frames.filter(({ to }) => to === device).length < MOST_FOR_ONE
  }
  /** The number by which the frame is confirmed. */
  begin(to: Eui64, onConfirm: (outcome: DeliveryOutcome) => void): number {
    const id = this.nextId++
    const deadline = this.timers.after(OUTCOME_US, 'stick outcome', () => this.confirm(id, 'no-ack'))
    this.frames.set(id, { to, deadline, onConfirm })
    return id
  }
  confirm(id: number, outcome: DeliveryOutcome): void {
    const frame = this.frames.get(id)
    if (!frame) return
    this.frames.delete(id)
    frame.deadline.cancel()
    if (outcome === 'delivered') this.onDelivered(frame.to)
    frame.onConfirm(outcome)
  }
  /** Nothing more will be heard of them: all, or those to one device. */
  end(device?: Eui64): void {
    for (const [id, { to }] of [...this.frames]) if (device === undefined || to === device) this.confirm(id, 'no-ack')
  }
}
