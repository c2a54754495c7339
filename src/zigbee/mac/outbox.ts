/** Frames on their way to the chip, which holds only a few: the rest wait here, in order. */
import type { Radio, TransmitOptions, TransmitOutcome } from '../../ports/radio.ts'
import type { Timers } from '../../ports/time.ts'

/** Frames handed to the chip and not yet over. */
const AT_THE_CHIP = 4
/** Frames that may wait here; one more is refused. Assumed. */
const WAITING = 128

interface Waiting {
  psdu: Uint8Array
  options: TransmitOptions
  onDone: (outcome: TransmitOutcome) => void
}

export class Outbox {
  private readonly radio: Radio
  private readonly timers: Timers
  private readonly waiting: Waiting[] = []
  private atTheChip = 0

  constructor(parts: { radio: Radio; timers: Timers }) {
    this.radio = parts.radio
    this.timers = parts.timers
  }

  /** `psdu` is kept until it is sent. */
  send(psdu: Uint8Array, options: TransmitOptions, onDone: (outcome: TransmitOutcome) => void = () => {}): void {
    if (this.waiting.length >= WAITING) {
      this.timers.after(0, 'mac outbox full', () => onDone({ is: 'queue-full' }))
      return
    }
    this.waiting.push({ psdu, options, onDone })
    this.pump()
  }

  private pump(): void {
    while (this.atTheChip < AT_THE_CHIP) {
      const next = this.waiting.shift()
      if (!next) return
      this.atTheChip++
      this.radio.transmit(next.psdu, next.options, outcome => {
        this.atTheChip--
        next.onDone(outcome)
        this.pump()
      })
    }
  }
}
