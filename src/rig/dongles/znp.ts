/** A coordinator that a host drives over ZNP: network, trust centre and keys are in the stick. */
import { keepCounter, keepNetwork } from '../../dongle/znp/network-nv.ts'
import { NvMemory } from '../../dongle/znp/nv-memory.ts'
import { ZnpDongle, type ZnpMemory } from '../../dongle/znp/znp-dongle.ts'
import { NV } from '../../wire/znp/nv.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../zigbee/zigbee-network-processor.ts'
import type { DongleKind } from './dongle.ts'

interface Memory {
  processor: NetworkProcessorMemory
  znp: ZnpMemory
}

/** @source zigbee-herdsman 10.9.5, z-stack adapter */
const CONFIGURED = Uint8Array.of(0x55)

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
  commissioned(memory, { network, eui64 }): Memory {
    const { processor, znp } = memory as Memory
    const nv = new NvMemory(znp.nv)
    keepNetwork(nv, network, eui64)
    keepCounter(nv, network, processor.frameCounter)
    nv.put(NV.PRECFGKEY, network.networkKey.key)
    nv.put(NV.ZNP_HAS_CONFIGURED, CONFIGURED)
    return { processor, znp: { nv: nv.image() } }
  },
}
