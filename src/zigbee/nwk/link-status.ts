/** A router tells its neighbours, again and again, which of them it hears. @source ZigBee PRO, 3.6.3.4 link status */
import { seconds } from '../../base/time.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import type { NwkCommand } from '../frames/nwk-commands.ts'

export interface LinkStatusOptions {
  timers: Timers
  random: RandomStream
  neighbours: () => Iterable<number>
  send: (command: NwkCommand) => void
}

/** @source ZigBee PRO, 3.5.2: nwkLinkStatusPeriod 15 s */
const PERIOD_US = seconds(15)
const JITTER_US = seconds(1)
/** So that it fits one frame. */
const LINKS = 26

export class LinkStatus {
  private readonly options: LinkStatusOptions
  private on = false

  constructor(options: LinkStatusOptions) {
    this.options = options
  }

  start(): void {
    if (this.on) return
    this.on = true
    this.plan()
  }
  stop(): void {
    this.on = false
  }

  private plan(): void {
    const { timers, random, neighbours, send } = this.options
    timers.after(PERIOD_US + random.int(JITTER_US), 'nwk link status', () => {
      if (!this.on) return
      const links = [...neighbours()].slice(0, LINKS).map(address => ({ address, cost: { incoming: 1, outgoing: 1 } }))
      send({ name: 'LinkStatus', firstFrame: true, lastFrame: true, links })
      this.plan()
    })
  }
}
