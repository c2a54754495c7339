/** Our EZSP coordinator stick in a home of zigbee-herdsman's. */
import { expect } from 'vitest'
import { EzspDongle } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import type { NcpMemory } from '../../src/dongle/ezsp/ncp-memory.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { EzspVersion } from '../../src/wire/ezsp/status.ts'
import { CoordinatorStick, type StickMemory } from './coordinator-stick.ts'
import type { HerdsmanHome } from './herdsman-home.ts'

export class EmberStick extends CoordinatorStick<NcpMemory> {
  readonly dongle: EzspDongle

  constructor(
    home: HerdsmanHome,
    link: ByteLink,
    { memory, protocolVersion = 14 }: { memory?: StickMemory<NcpMemory>; protocolVersion?: EzspVersion } = {},
  ) {
    super(home, memory)
    const { kernel } = home.time
    this.dongle = new EzspDongle({
      ...{ link, processor: this.processor, clock: kernel, timers: this.timers, protocolVersion },
      random: kernel.random.stream('stick'),
      ...(memory && { memory: memory.dongle }),
    })
  }

  expectHarmony(): void {
    expect(this.dongle.refusals).toEqual([])
    const wrong = { damaged: 0, invalid: 0, rejected: 0, failures: 0, lost: 0 }
    expect(this.dongle.lineCounts).toMatchObject(wrong)
  }
}
