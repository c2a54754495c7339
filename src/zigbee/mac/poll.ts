/** A child collects what its parent holds: one data request after the other, as long as there is more. */
import type { ReceiveInfo } from '../../ports/radio.ts'
import { BROADCAST_ADDRESS, BROADCAST_PAN, type MacFrame } from '../../radio/mac-frame.ts'
import { DataRequest, type DataRequestOutcome } from './data-request.ts'
import { COLLECTED_PER_POLL, MISSED_PER_POLL } from './limits.ts'
import type { MacLink } from './link.ts'
import type { Procedure } from './procedure.ts'

export interface PollResult {
  acked: boolean
  received: boolean
}

export class Poll implements Procedure {
  readonly parent: number
  private readonly link: MacLink
  private readonly tell: ((result: PollResult) => void)[] = []
  private readonly result: PollResult = { acked: false, received: false }
  private request: DataRequest | undefined
  private onEnd = (): void => {}
  private collected = 0
  private missed = 0

  constructor(link: MacLink, parent: number) {
    this.link = link
    this.parent = parent
  }

  /** Another who wants to know what comes of it. */
  join(onDone: ((result: PollResult) => void) | undefined): void {
    if (onDone) this.tell.push(onDone)
  }

  start(onEnd: () => void): void {
    this.onEnd = onEnd
    if (this.link.place.panId === BROADCAST_PAN) this.link.later('mac poll of nobody', () => this.end())
    else this.ask()
  }

  heard(frame: MacFrame, _info: ReceiveInfo, repeated: boolean): void {
    const { destination, source } = frame
    if (destination?.short === BROADCAST_ADDRESS || source?.short !== this.parent) return
    // A parent that has nothing after all sends an empty frame.
    const isEmpty = frame.type === 'data' && frame.payload.length === 0
    if (!isEmpty && !repeated) this.result.received = true
    this.request?.came(frame.framePending ?? false)
  }

  private ask(): void {
    const { parent, link } = this
    this.request = new DataRequest(link, { parent, source: link.source }, outcome => this.answered(outcome))
  }

  private answered(outcome: DataRequestOutcome): void {
    if (outcome.is !== 'no-ack') this.result.acked = true
    if (outcome.is === 'came' && outcome.more && ++this.collected < COLLECTED_PER_POLL) return this.ask()
    // The frame met another on the air: the parent still has it.
    if (outcome.is === 'missed' && ++this.missed <= MISSED_PER_POLL) return this.ask()
    this.end()
  }

  private end(): void {
    this.request = undefined
    this.onEnd()
    for (const tell of this.tell) tell({ ...this.result })
  }
}
