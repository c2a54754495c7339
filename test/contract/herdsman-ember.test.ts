import { EzspDongle } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import { ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'
import { type MakeDongle, stickBench } from './stick-bench.ts'

const dongle: MakeDongle = (link, { kernel, of }) => {
  const processor = new ZigbeeNetworkProcessor(of(ids.hub))
  new EzspDongle({ link, processor, clock: kernel, timers: kernel, random: kernel.random.stream('dongle') })
}

hanNodeContract('on an EZSP stick through zigbee-herdsman', () => stickBench('ember', dongle), {
  coordinatorUnseen: 'the host shows endpoints of its own',
  pollsUnheard: 'the stick does not tell',
  leavesLate: 'the host asks the node to leave, and nobody else',
  oneFailure: 'the stick tells one failure of all',
})
