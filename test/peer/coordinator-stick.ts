/** A coordinator stick of ours on the air of a home: our stack, and before it what plays the stick's protocol. */
import { TimerScope } from '../../src/kernel/timer-scope.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { HerdsmanHome, STICK } from './herdsman-home.ts'

/** zigbee-herdsman's names of the protocols. */
export type StickAdapter = 'zstack' | 'ember'

/** As a file would bring it back. */
export interface StickMemory<M> {
  processor: NetworkProcessorMemory
  dongle: M
}

export abstract class CoordinatorStick<M> {
  readonly processor: ZigbeeNetworkProcessor
  protected abstract readonly dongle: { memory(): M }
  protected readonly timers: TimerScope
  private readonly parts: ReturnType<HerdsmanHome['parts']>

  constructor(home: HerdsmanHome, memory: StickMemory<M> | undefined) {
    this.timers = new TimerScope(home.time.kernel)
    this.parts = home.parts(STICK, this.timers)
    this.processor = new ZigbeeNetworkProcessor({ ...this.parts, ...(memory && { memory: memory.processor }) })
  }

  /** Its power is taken away, or its process ends; what it has kept. */
  end(): StickMemory<M> {
    this.timers.end()
    this.parts.radio.reset()
    return JSON.parse(JSON.stringify({ processor: this.processor.memory(), dongle: this.dongle.memory() }))
  }

  /** Nothing the host said was refused, nothing it should have heard was lost. */
  abstract expectHarmony(): void
}

/** A home, its stick, and a host that has brought up the network. */
export async function homeBehind<S>(
  adapter: StickAdapter,
  seed: string,
  plug: (home: HerdsmanHome, link: ByteLink) => S,
) {
  const home = new HerdsmanHome(adapter, seed)
  const link = await home.line()
  const stick = plug(home, link)
  return { home, link, stick, host: await home.start(link) }
}
