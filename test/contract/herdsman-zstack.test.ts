import { ZnpDongle } from '../../src/dongle/znp/znp-dongle.ts'
import { ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'
import { type MakeDongle, stickBench } from './stick-bench.ts'

const dongle: MakeDongle = (link, { kernel, of }) => {
  const network = new ZigbeeNetworkProcessor(of(ids.hub))
  new ZnpDongle({ link, network, clock: kernel, timers: kernel, dice: kernel.random.stream('dongle') })
}

hanNodeContract('on a ZNP stick through zigbee-herdsman', () => stickBench('zstack', dongle), {
  coordinatorUnseen: 'the host shows endpoints of its own',
  pollsUnheard: 'the stick does not tell',
  oneAtATime: 'the host hands over one frame to each node',
  leavesLate: 'the host asks the node to leave, and nobody else',
  triedOnce: 'the host asks for no acknowledgement',
})
