/** Active scan: a beacon request on each channel, and who answers. @source IEEE 802.15.4-2006, 7.5.2.1.2 */
import { WireError } from '../../base/errors.ts'
import type { Micros } from '../../base/ids.ts'
import type { ReceiveInfo } from '../../ports/radio.ts'
import { readZigbeeBeacon, type ZigbeeBeacon } from '../../radio/beacon.ts'
import { BROADCAST_ADDRESS, BROADCAST_PAN, type MacFrame } from '../../radio/mac-frame.ts'
import type { HeardBeacon } from '../mac-service.ts'
import { NETWORKS_PER_SCAN } from './limits.ts'
import { isNodeAddress, type MacLink } from './link.ts'
import type { Procedure } from './procedure.ts'

export class Scan implements Procedure {
  private readonly link: MacLink
  private readonly channels: readonly number[]
  private readonly perChannelUs: Micros
  private readonly onDone: (heard: HeardBeacon[]) => void
  private heardBest: HeardBeacon[] = []
  private onEnd = (): void => {}

  constructor(
    link: MacLink,
    options: { channels: readonly number[]; perChannelUs: Micros },
    onDone: (heard: HeardBeacon[]) => void,
  ) {
    this.link = link
    this.channels = [...options.channels]
    this.perChannelUs = options.perChannelUs
    this.onDone = onDone
  }

  start(onEnd: () => void): void {
    this.onEnd = onEnd
    this.link.later('mac scan', () => this.channel(0))
  }

  heard(frame: MacFrame, { channel, lqi }: ReceiveInfo): void {
    if (frame.type !== 'beacon') return
    const { source, superframe } = frame
    if (source?.short === undefined || source.panId === BROADCAST_PAN || !isNodeAddress(source.short)) {
      this.link.counters.foreign++
      return
    }
    const network = this.networkOf(frame.payload)
    if (!network) return
    this.note({
      channel,
      panId: source.panId,
      address: source.short,
      associationPermitted: superframe.associationPermit,
      lqi,
      network,
    })
  }

  private channel(index: number): void {
    const channel = this.channels[index]
    if (channel === undefined) {
      this.link.giveBack('channel', 'panId', 'rxOnWhenIdle')
      this.onEnd()
      this.onDone(this.heardBest)
      return
    }
    this.link.borrow({ channel, panId: BROADCAST_PAN, rxOnWhenIdle: true })
    this.link.transmit(
      {
        type: 'command',
        command: { name: 'beaconRequest' },
        sequence: this.link.nextSequence(),
        destination: { panId: BROADCAST_PAN, short: BROADCAST_ADDRESS },
      },
      {},
      // Also when the channel was busy: somebody else's request may be the cause.
      () => this.link.timers.after(this.perChannelUs, 'mac scan channel', () => this.channel(index + 1)),
    )
  }

  /** Undefined when it is no beacon of a ZigBee network. */
  private networkOf(payload: Uint8Array): ZigbeeBeacon | undefined {
    try {
      return readZigbeeBeacon(payload)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.link.counters[error.code === 'zigbee.beacon-protocol' ? 'foreign' : 'malformed']++
      return undefined
    }
  }

  private note(beacon: HeardBeacon): void {
    const others = this.heardBest.filter(
      ({ channel, panId, address }) =>
        channel !== beacon.channel || panId !== beacon.panId || address !== beacon.address,
    )
    this.heardBest = [...others, beacon].sort((a, b) => b.lqi - a.lqi).slice(0, NETWORKS_PER_SCAN)
  }
}
