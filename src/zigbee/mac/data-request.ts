/** One data request, and listening for what it brings. @source IEEE 802.15.4-2006, 7.5.6.3 */
import type { Timer } from '../../ports/time.ts'
import type { MacAddress } from '../../radio/mac-frame.ts'
import { FRAME_WAIT_US } from './limits.ts'
import type { MacLink } from './link.ts'

export type DataRequestOutcome =
  | { is: 'no-ack' }
  /** The parent holds nothing. */
  | { is: 'nothing' }
  /** The parent promised a frame, which did not come. */
  | { is: 'missed' }
  | { is: 'came'; more: boolean }

export class DataRequest {
  private readonly link: MacLink
  private readonly onDone: (outcome: DataRequestOutcome) => void
  private acked = false
  private arrived: DataRequestOutcome | undefined
  private over = false
  private wait: Timer | undefined

  /** Sends it; the receiver is on until `onDone`. */
  constructor(
    link: MacLink,
    at: { parent: number; source: MacAddress },
    onDone: (outcome: DataRequestOutcome) => void,
  ) {
    this.link = link
    this.onDone = onDone
    link.borrow({ rxOnWhenIdle: true })
    link.transmit(
      {
        type: 'command',
        command: { name: 'dataRequest' },
        sequence: link.nextSequence(),
        ackRequest: true,
        destination: { panId: link.place.panId, short: at.parent },
        source: at.source,
      },
      {},
      outcome => {
        if (outcome.is !== 'acked') return this.end(this.arrived ?? { is: 'no-ack' })
        if (this.arrived) return this.end(this.arrived)
        if (!outcome.framePending) return this.end({ is: 'nothing' })
        this.acked = true
        this.wait = link.timers.after(FRAME_WAIT_US, 'mac frame wait', () => this.end({ is: 'missed' }))
      },
    )
  }

  /** A frame of the parent to this node alone came; before the acknowledgement, when that was lost the first time. */
  came(more: boolean): void {
    this.arrived = { is: 'came', more }
    if (this.acked) this.end(this.arrived)
  }
  /** Stops listening, without an outcome. */
  cancel(): void {
    this.over = true
    this.wait?.cancel()
    this.link.giveBack('rxOnWhenIdle')
  }

  private end(outcome: DataRequestOutcome): void {
    if (this.over) return
    this.cancel()
    this.onDone(outcome)
  }
}
