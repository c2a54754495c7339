/** Our ZNP in a home of zigbee-herdsman's. */
import { expect } from 'vitest'
import { ZnpDongle, type ZnpMemory } from '../../src/dongle/znp/znp-dongle.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { CoordinatorStick, type StickMemory } from './coordinator-stick.ts'
import type { HerdsmanHome } from './herdsman-home.ts'

export class ZnpStick extends CoordinatorStick<ZnpMemory> {
  readonly dongle: ZnpDongle

  constructor(home: HerdsmanHome, link: ByteLink, { memory }: { memory?: StickMemory<ZnpMemory> } = {}) {
    super(home, memory)
    const { kernel } = home.time
    this.dongle = new ZnpDongle({
      ...{ link, network: this.processor, clock: kernel, timers: this.timers },
      dice: kernel.random.stream('stick'),
      ...(memory && { memory: memory.dongle }),
    })
  }

  expectHarmony(): void {
    expect(this.dongle.counts).toEqual({ malformed: 0, refused: 0, unsent: 0, unfetched: 0 })
  }
}
