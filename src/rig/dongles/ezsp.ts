/** A coordinator that a host drives over EZSP: network, trust centre and keys are in the stick. */
import { toHex } from '../../base/bytes.ts'
import { keyLoadKey } from '../../crypto/link-keys.ts'
import { EzspDongle } from '../../dongle/ezsp/ezsp-dongle.ts'
import type { NcpMemory } from '../../dongle/ezsp/ncp-memory.ts'
import { SECURITY } from '../../wire/ezsp/fields.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../zigbee/zigbee-network-processor.ts'
import type { DongleKind } from './dongle.ts'

interface Memory {
  processor: NetworkProcessorMemory
  ncp: NcpMemory
}

/**
 * How hosts of today secure a network: with a link key for each device, made of one of the trust centre's own.
 * @source zigbee-herdsman 10.9.5, ember adapter; that key: assumed
 */
const SECURED = SECURITY.hashedLinkKey | SECURITY.havePreconfiguredKey | SECURITY.haveNetworkKey

export const ezsp: DongleKind = {
  adapter: 'ember',
  make({ link, eui64, radio, clock, timers, random, trace, memory }) {
    const known = memory as Memory | undefined
    const processor = new ZigbeeNetworkProcessor({
      ...{ eui64, radio, clock, timers, random, trace },
      ...(known && { memory: known.processor }),
    })
    const dongle = new EzspDongle({
      ...{ link, processor, clock, timers, trace, random: random.stream('ezsp') },
      ...(known && { memory: known.ncp }),
    })
    return {
      processor,
      get counts() {
        return { ...dongle.counts, ...dongle.lineCounts }
      },
      powerCycle: () => dongle.powerCycle(),
      memory: (): Memory => ({ processor: processor.memory(), ncp: dongle.memory() }),
    }
  },
  commissioned(memory, { network: { networkKey } }): Memory {
    const { processor, ncp } = memory as Memory
    const trustCentreLinkKey = toHex(keyLoadKey(networkKey.key))
    return { processor, ncp: { ...ncp, security: { bitmask: SECURED, trustCentreLinkKey } } }
  },
}
