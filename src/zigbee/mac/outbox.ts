/** Frames on their way to the chip, which is given one at a time: the rest wait here. */
import type { Radio, TransmitOptions, TransmitOutcome } from '../../ports/radio.ts'
import type { Timers } from '../../ports/time.ts'
import { FRAMES_WAITING } from './limits.ts'

/** Times a frame is given to the chip again when the channel was never clear. @source assumed */
const BUSY_RETRIES = 6

interface Waiting {
  psdu: Uint8Array
  options: TransmitOptions
  onDone: (outcome: TransmitOutcome) => void
}

export class Outbox {
  private readonly radio: Radio
  private readonly timers: Timers
  private readonly waiting: Waiting[] = []
  /** For somebody who listens only for a moment: sent before all that waits. */
  private readonly urgent: Waiting[] = []
  private sending = false

  constructor(parts: { radio: Radio; timers: Timers }) {
    this.radio = parts.radio
    this.timers = parts.timers
  }

  /** `psdu` is kept until it is sent. `urgent`: before those that are not. */
  send(
    psdu: Uint8Array,
    { urgent = false, ...options }: TransmitOptions & { urgent?: boolean },
    onDone: (outcome: TransmitOutcome) => void = () => {},
  ): void {
    const queue = urgent ? this.urgent : this.waiting
    if (queue.length >= FRAMES_WAITING) {
      this.timers.after(0, 'mac outbox full', () => onDone({ is: 'queue-full' }))
      return
    }
    queue.push({ psdu, options, onDone })
    this.next()
  }

  private next(): void {
    if (this.sending) return
    const next = this.urgent.shift() ?? this.waiting.shift()
    if (!next) return
    this.sending = true
    this.attempt(next, BUSY_RETRIES)
  }

  /** The frame after it must not overtake it only because the channel was never clear. */
  private attempt(frame: Waiting, retries: number): void {
    this.radio.transmit(frame.psdu, frame.options, outcome => {
      if (outcome.is === 'channel-busy' && retries > 0) return this.attempt(frame, retries - 1)
      this.sending = false
      frame.onDone(outcome)
      this.next()
    })
  }
}
