/** A parent answers those who look for a network and those who ask to be let in. */
import type { Eui64 } from '../../base/ids.ts'
import { writeZigbeeBeacon } from '../../radio/beacon.ts'
import { ASSOCIATION_STATUS } from '../../radio/mac-commands.ts'
import { BROADCAST_ADDRESS } from '../../radio/mac-frame.ts'
import type { Capability } from '../frames/capability.ts'
import type { MacListener } from '../mac-service.ts'
import type { Held, IndirectQueue } from './indirect-queue.ts'
import { BEACON_JITTER_US, HELD_RESPONSES } from './limits.ts'
import type { MacLink } from './link.ts'

export class Admission {
  private readonly link: MacLink
  private readonly indirect: IndirectQueue
  private readonly listener: () => MacListener | undefined
  /** Association responses that wait to be collected. */
  private readonly responses = new Map<Eui64, { address: number | undefined; held: Held }>()
  private beaconDue = false
  private beaconSequence: number

  constructor(link: MacLink, indirect: IndirectQueue, listener: () => MacListener | undefined) {
    this.link = link
    this.indirect = indirect
    this.listener = listener
    this.beaconSequence = link.dice.int(256)
  }

  /** Somebody scans: one beacon answers all requests until it is sent. @source IEEE 802.15.4-2006, 7.5.2.1.2 */
  beaconRequested(): void {
    if (this.beaconDue) return
    this.beaconDue = true
    this.link.timers.after(this.link.dice.int(BEACON_JITTER_US + 1), 'mac beacon', () => {
      this.beaconDue = false
      this.sendBeacon()
    })
  }

  /** A device asks to be let in; a newer answer replaces one that it has not collected. */
  requested(device: Eui64, capability: Capability): void {
    const { place, counters } = this.link
    const before = this.responses.get(device)
    if (!before && this.responses.size >= HELD_RESPONSES) {
      counters.turnedAway++
      return
    }
    const answer = this.listener()?.onAssociation?.(device, capability)
    if (!answer) return
    if (before) this.indirect.withdraw(before.held)
    this.responses.delete(device)
    const address = 'address' in answer ? answer.address : undefined
    const held = this.indirect.hold(
      device,
      {
        type: 'command',
        command: {
          name: 'associationResponse',
          shortAddress: address ?? BROADCAST_ADDRESS,
          status: 'status' in answer ? answer.status : ASSOCIATION_STATUS.success,
        },
        sequence: this.link.nextSequence(),
        ackRequest: true,
        destination: { panId: place.panId, extended: device },
        source: { panId: place.panId, extended: this.link.eui64 },
      },
      outcome => {
        if (this.responses.get(device)?.held === held) this.responses.delete(device)
        if (address === undefined) return
        if (outcome === 'sent') this.listener()?.onAssociated?.(device, address)
        else this.listener()?.onNotAssociated?.(device, address)
      },
    )
    if (held) this.responses.set(device, { address, held })
    else counters.turnedAway++
  }

  /** A node uses this address: it has its response, though the acknowledgement may have been lost. */
  heardFrom(address: number): void {
    for (const response of this.responses.values()) {
      if (response.address === address) this.indirect.settle(response.held, 'sent')
    }
  }

  private sendBeacon(): void {
    const { place, isOnNetwork } = this.link
    const beacon = isOnNetwork ? this.listener()?.beacon?.() : undefined
    if (!beacon) return
    this.beaconSequence = (this.beaconSequence + 1) & 0xff
    this.link.transmit(
      {
        type: 'beacon',
        sequence: this.beaconSequence,
        source: { panId: place.panId, short: place.address },
        superframe: {
          beaconOrder: 15,
          superframeOrder: 15,
          finalCapSlot: 15,
          batteryLifeExtension: false,
          panCoordinator: place.address === 0,
          associationPermit: beacon.associationPermitted,
        },
        payload: writeZigbeeBeacon(beacon.network),
      },
      { urgent: true },
    )
  }
}
