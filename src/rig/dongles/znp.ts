/** A coordinator that a host drives over ZNP: network, trust centre and keys are in the stick. */
import { ZnpDongle, type ZnpMemory } from '../../dongle/znp/znp-dongle.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../zigbee/zigbee-network-processor.ts'
import type { DongleKind } from './dongle.ts'

interface Memory {
  processor: NetworkProcessorMemory
  znp: ZnpMemory
}

export const znp: DongleKind = {
  adapter: 'zstack',
  make({ link, eui64, radio, clock, timers, random, trace, memory }) {
    const known = memory as Memory | undefined
    const network = new ZigbeeNetworkProcessor({
      ...{ eui64, radio, clock, timers, random, trace },
      ...(known && { memory: known.processor }),
    })
    const dongle = new ZnpDongle({
      ...{ link, network, clock, timers, dice: random.stream('znp') },
      ...(known && { memory: known.znp }),
    })
    return {
      processor: network,
      get counts() {
        return { ...dongle.counts, ...dongle.line }
      },
      powerCycle: () => dongle.powerCycle(),
      memory: (): Memory => ({ processor: network.memory(), znp: dongle.memory() }),
    }
  },
}
