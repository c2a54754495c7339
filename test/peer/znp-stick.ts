/** A ZNP stick of ours on the air of a home, with our stack behind it. */
import { ZnpDongle, type ZnpMemory } from '../../src/dongle/znp/znp-dongle.ts'
import { TimerScope } from '../../src/kernel/timer-scope.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { type HerdsmanHome, STICK } from './herdsman-home.ts'

/** Nothing the host said was refused, nothing it should have heard was lost. */
export const NO_TROUBLE = { malformed: 0, refused: 0, unsent: 0, unfetched: 0 }

/** What a pulled stick keeps. */
interface Memory {
  processor: NetworkProcessorMemory
  znp: ZnpMemory
}

export class ZnpStick {
  readonly link: ByteLink
  readonly processor: ZigbeeNetworkProcessor
  readonly dongle: ZnpDongle
  private readonly timers: TimerScope

  constructor(home: HerdsmanHome, link: ByteLink, memory?: Memory) {
    const { kernel } = home.time
    this.link = link
    this.timers = new TimerScope(kernel)
    const parts = home.parts(STICK, this.timers)
    this.processor = new ZigbeeNetworkProcessor({ ...parts, ...(memory && { memory: memory.processor }) })
    this.dongle = new ZnpDongle({
      link,
      network: this.processor,
      clock: kernel,
      timers: this.timers,
      dice: kernel.random.stream('stick'),
      ...(memory && { memory: memory.znp }),
    })
  }

  /** It is pulled out; what would be in its flash. */
  pull(): Memory {
    const memory = { processor: this.processor.memory(), znp: this.dongle.memory() }
    this.link.close()
    this.timers.end()
    return JSON.parse(JSON.stringify(memory))
  }
}
