/** Our EZSP coordinator stick in a home of zigbee-herdsman's. */
import { expect } from 'vitest'
import { EzspDongle } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import type { NcpMemory } from '../../src/dongle/ezsp/ncp-memory.ts'
import { TimerScope } from '../../src/kernel/timer-scope.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { EzspVersion } from '../../src/wire/ezsp/status.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { type HerdsmanHome, STICK } from './herdsman-home.ts'

/** As a file would bring it back. */
export interface StickMemory {
  processor: NetworkProcessorMemory
  ncp: NcpMemory
}

export class EmberStick {
  readonly processor: ZigbeeNetworkProcessor
  readonly dongle: EzspDongle
  private readonly off: () => void

  constructor(home: HerdsmanHome, link: ByteLink, how: { memory?: StickMemory; protocolVersion?: EzspVersion } = {}) {
    const { memory, protocolVersion = 14 } = how
    const { kernel } = home.time
    const timers = new TimerScope(kernel)
    const parts = { ...home.parts(STICK), timers }
    this.off = () => {
      timers.end()
      parts.radio.reset()
    }
    this.processor = new ZigbeeNetworkProcessor({ ...parts, ...(memory && { memory: memory.processor }) })
    this.dongle = new EzspDongle({
      ...{ link, processor: this.processor, clock: kernel, timers, protocolVersion },
      random: kernel.random.stream('stick'),
      ...(memory && { memory: memory.ncp }),
    })
  }

  /** Its process ends; what it has saved. */
  end(): StickMemory {
    this.off()
    return JSON.parse(JSON.stringify({ processor: this.processor.memory(), ncp: this.dongle.memory() }))
  }

  /** Nothing was said that the other side did not understand. */
  expectHarmony(): void {
    expect(this.dongle.refusals).toEqual([])
    const wrong = { damaged: 0, invalid: 0, rejected: 0, failures: 0, lost: 0 }
    expect(this.dongle.lineCounts).toMatchObject(wrong)
  }
}
