/** zigbee-herdsman, unmodified, runs its network through our EZSP coordinator stick. */
import { expect, test } from 'vitest'
import { EzspDongle } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import type { NcpMemory } from '../../src/dongle/ezsp/ncp-memory.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { EzspVersion } from '../../src/wire/ezsp/status.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { HerdsmanHome, STICK } from './herdsman-home.ts'

interface Memory {
  processor: NetworkProcessorMemory
  ncp: NcpMemory
}

class Stick {
  readonly processor: ZigbeeNetworkProcessor
  readonly dongle: EzspDongle

  constructor(home: HerdsmanHome, link: ByteLink, how: { memory?: Memory; protocolVersion?: EzspVersion } = {}) {
    const { memory, protocolVersion = 14 } = how
    const { kernel } = home.time
    this.processor = new ZigbeeNetworkProcessor({ ...home.parts(STICK), ...(memory && { memory: memory.processor }) })
    this.dongle = new EzspDongle({
      ...{ link, processor: this.processor, clock: kernel, timers: kernel, protocolVersion },
      random: kernel.random.stream('stick'),
      ...(memory && { memory: memory.ncp }),
    })
  }

  /** Nothing was said that the other side did not understand. */
  expectHarmony(): void {
    expect(this.dongle.refusals).toEqual([])
    expect(this.dongle.lineCounts).toMatchObject({ damaged: 0, invalid: 0, rejected: 0, failures: 0, lost: 0 })
  }
}

test('it starts, forms its network, and takes a meter in', { timeout: 60_000 }, async () => {
  const home = new HerdsmanHome('ember', 'first start')
  const link = await home.line()
  const stick = new Stick(home, link)
  const host = await home.start(link)
  expect(host.started).toBe('reset')
  home.esme().start()
  await host.takeIn(home.devices.esme.deviceId)
  stick.expectHarmony()
  expect(home.complaints).toEqual([])
})
