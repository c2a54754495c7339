/** zigbee-herdsman, unmodified, runs its network through our ZNP. */
import { expect, test } from 'vitest'
import { ZnpDongle, type ZnpMemory } from '../../src/dongle/znp/znp-dongle.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { HerdsmanHome, STICK } from './herdsman-home.ts'

interface Memory {
  processor: NetworkProcessorMemory
  znp: ZnpMemory
}

class Stick {
  readonly link: ByteLink
  readonly processor: ZigbeeNetworkProcessor
  readonly dongle: ZnpDongle

  constructor(home: HerdsmanHome, link: ByteLink, memory?: Memory) {
    const { kernel } = home.time
    this.link = link
    this.processor = new ZigbeeNetworkProcessor({ ...home.parts(STICK), ...(memory && { memory: memory.processor }) })
    this.dongle = new ZnpDongle({
      link,
      network: this.processor,
      clock: kernel,
      timers: kernel,
      dice: kernel.random.stream('stick'),
      ...(memory && { memory: memory.znp }),
    })
  }
}

/** Nothing the host said was refused, nothing it should have heard was lost. */
const NO_TROUBLE = { malformed: 0, refused: 0, unsent: 0, unfetched: 0 }
const TIME_OUT = { timeout: 60_000 }

test('it commissions a stick, takes a meter in, and goes on with both after its own restart', TIME_OUT, async () => {
  const home = new HerdsmanHome('zstack', 'restart of the host')
  const link = await home.line()
  const stick = new Stick(home, link)
  const first = await home.start(link)
  expect(first.started).toBe('reset')
  expect(stick.processor.network).toMatchObject({ panId: 0x1a62, channel: 15, extendedPanId: '0102030405060708' })
  const meter = home.devices.esme.deviceId
  home.esme().start()
  await first.takeIn(meter)
  await first.stop()
  const second = await home.start(link)
  expect(second.started).toBe('resumed')
  const { modelId } = home.devices.esme.profile.identity
  expect(second.device(meter).modelID).toBe(modelId)
  expect(await second.device(meter).getEndpoint(1)?.read('genBasic', ['modelId'])).toEqual({ modelId })
  expect([stick.dongle.counts, home.complaints]).toEqual([NO_TROUBLE, []])
})
