/** The door of a node: whether scans find it open to joiners, and until when. */
import { seconds } from '../base/time.ts'
import type { Timer, Timers } from '../ports/time.ts'

export class Door {
  private readonly timers: Timers
  private readonly onChange: (open: boolean) => void
  private closing: Timer | undefined
  private open = false

  constructor(timers: Timers, onChange: (open: boolean) => void) {
    this.timers = timers
    this.onChange = onChange
  }

  get isOpen(): boolean {
    return this.open
  }
  /** 0 closes it; Infinity leaves it open until that. What was said before counts no more. */
  openFor(durationS: number): void {
    this.closing?.cancel()
    this.closing = undefined
    this.turn(durationS > 0)
    if (!this.open || durationS === Number.POSITIVE_INFINITY) return
    this.closing = this.timers.after(seconds(durationS), 'zigbee join window', () => this.turn(false))
  }

  private turn(open: boolean): void {
    this.open = open
    this.onChange(open)
  }
}
