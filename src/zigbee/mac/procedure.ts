/** What takes the MAC layer a while and is done one at a time: scan, association, poll. */
import type { ReceiveInfo } from '../../ports/radio.ts'
import type { MacFrame } from '../../radio/mac-frame.ts'
import { PROCEDURES_WAITING } from './limits.ts'

export interface Procedure {
  /** Begins; `onEnd` once, later. Whatever it tells the layer above it tells after `onEnd`. */
  start(onEnd: () => void): void
  /** A frame for this node was heard; `repeated`: not for the first time. */
  heard(frame: MacFrame, info: ReceiveInfo, repeated: boolean): void
}

/** One after the other, in the order they came. */
export class Procedures {
  private readonly waiting: Procedure[] = []
  running: Procedure | undefined

  /** False when too many wait already: it will not be done. */
  add(procedure: Procedure): boolean {
    if (this.waiting.length >= PROCEDURES_WAITING) return false
    this.waiting.push(procedure)
    if (!this.running) this.next()
    return true
  }
  /** The first that is running or waiting and fits. */
  find<P extends Procedure>(fits: (procedure: Procedure) => procedure is P): P | undefined {
    if (this.running && fits(this.running)) return this.running
    return this.waiting.find(fits)
  }

  private next(): void {
    this.running = this.waiting.shift()
    this.running?.start(() => this.next())
  }
}
