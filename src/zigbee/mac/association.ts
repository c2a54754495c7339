/** A device asks a parent to let it in, and polls for the answer. @source IEEE 802.15.4-2006, 7.5.3.1 */
import type { Timer } from '../../ports/time.ts'
import { ASSOCIATION_STATUS } from '../../radio/mac-commands.ts'
import { BROADCAST_ADDRESS, BROADCAST_PAN, type MacFrame } from '../../radio/mac-frame.ts'
import type { Capability } from '../frames/capability.ts'
import type { AssociationOutcome } from '../mac-service.ts'
import { DataRequest } from './data-request.ts'
import { ASSOCIATION_POLL_US, PERSISTENCE_US, RESPONSE_WAIT_US } from './limits.ts'
import { isNodeAddress, type MacLink } from './link.ts'
import type { Procedure } from './procedure.ts'

/** Where and as what to associate. */
export interface AssociationTarget {
  channel: number
  panId: number
  parent: number
  capability: Capability
}

export class Association implements Procedure {
  private readonly link: MacLink
  private readonly at: AssociationTarget
  private readonly onDone: (outcome: AssociationOutcome) => void
  private request: DataRequest | undefined
  private nextPoll: Timer | undefined
  private limit: Timer | undefined
  private over = false
  private onEnd = (): void => {}

  constructor(link: MacLink, at: AssociationTarget, onDone: (outcome: AssociationOutcome) => void) {
    this.link = link
    this.at = { ...at }
    this.onDone = onDone
  }

  start(onEnd: () => void): void {
    this.onEnd = onEnd
    const { link, at } = this
    link.borrow({ channel: at.channel, panId: at.panId, address: BROADCAST_ADDRESS })
    link.transmit(
      {
        type: 'command',
        command: { name: 'associationRequest', capability: at.capability },
        sequence: link.nextSequence(),
        ackRequest: true,
        destination: { panId: at.panId, short: at.parent },
        source: { panId: BROADCAST_PAN, extended: link.eui64 },
      },
      {},
      outcome => {
        if (this.over) return
        if (outcome.is !== 'acked') return this.end({ is: 'no-answer' })
        this.limit = link.timers.after(PERSISTENCE_US, 'mac association limit', () => this.end({ is: 'no-answer' }))
        this.pollIn(RESPONSE_WAIT_US)
      },
    )
  }

  heard(frame: MacFrame): void {
    if (frame.type !== 'command' || frame.command.name !== 'associationResponse') return
    const { shortAddress, status } = frame.command
    if (status !== ASSOCIATION_STATUS.success) return this.end({ is: 'refused', status })
    if (!isNodeAddress(shortAddress)) {
      this.link.counters.unexpected++
      return
    }
    const { channel, panId } = this.at
    this.link.settle({ channel, panId, address: shortAddress })
    this.end({ is: 'associated', address: shortAddress })
  }

  private pollIn(delayUs: number): void {
    this.nextPoll = this.link.timers.after(delayUs, 'mac association poll', () => {
      const { link, at } = this
      const source = { panId: at.panId, extended: link.eui64 }
      this.request = new DataRequest(link, { parent: at.parent, source }, () => {
        const { from, to } = ASSOCIATION_POLL_US
        this.pollIn(from + link.dice.int(to - from + 1))
      })
    })
  }

  private end(outcome: AssociationOutcome): void {
    this.over = true
    this.nextPoll?.cancel()
    this.limit?.cancel()
    this.request?.cancel()
    this.link.giveBack('channel', 'panId', 'address')
    this.onEnd()
    this.onDone(outcome)
  }
}
