/** A router tells its neighbours, again and again, how well it hears each of them. @source ZigBee PRO, 3.6.3.4 link status */
import { seconds } from '../../base/time.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import type { NwkCommand } from '../frames/nwk-commands.ts'
import type { Neighbours } from './neighbours.ts'

export interface LinkStatusOptions {
  timers: Timers
  random: RandomStream
  neighbours: Neighbours
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
    const { timers, random, neighbours } = this.options
    timers.after(PERIOD_US + random.int(JITTER_US), 'nwk link status', () => {
      if (!this.on) return
      neighbours.age()
      this.tell()
      this.plan()
    })
  }

  /** In ascending order; each frame begins with the last entry of the one before. */
  private tell(): void {
    const { neighbours, send } = this.options
    const links = neighbours
      .list()
      .sort((a, b) => a.address - b.address)
      .map(({ address, incoming, outgoing = 0 }) => ({ address, cost: { incoming, outgoing } }))
    let from = 0
    do {
      const lastFrame = from + LINKS >= links.length
      send({ name: 'LinkStatus', firstFrame: from === 0, lastFrame, links: links.slice(from, from + LINKS) })
      if (lastFrame) return
      from += LINKS - 1
    } while (from < links.length)
  }
}
