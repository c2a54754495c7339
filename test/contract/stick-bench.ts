/**
 * A HAN whose coordinator is an emulated stick, driven by zigbee-herdsman over TCP. The host's timers follow simulated time;
 * its octets are waited for, so that neither side is ever late.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { vi } from 'vitest'
import type { Micros } from '../../src/base/ids.ts'
import { milliseconds } from '../../src/base/time.ts'
import { type HerdsmanDriver, STICK_TRAITS } from '../../src/host/herdsman/drivers.ts'
import { HerdsmanCoordinator } from '../../src/host/herdsman/herdsman-coordinator.ts'
import { HerdsmanStick } from '../../src/host/herdsman/herdsman-stick.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { openLink } from '../../src/links/open-link.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { type ZigbeeWorld, zigbeeWorld } from '../helpers/zigbee-world.ts'
import { airBench } from './air-bench.ts'
import { type HanBench, ids } from './han-bench.ts'

/** Puts a dongle of one kind on a line, in front of the radio of the hub. */
export type MakeDongle = (link: ByteLink, world: ZigbeeWorld) => void

/** Turns of the event loop without an octet after which both sides wait for the other. */
const QUIET_TURNS = 4
/** The host's timers are looked at so often. */
const STEP_US = milliseconds(10)

/** Simulated time and a host of real octets, side by side. */
class Together {
  private readonly kernel: Kernel
  private spoken = false
  /** Simulated time that the host's timers have not been told yet, for they count whole milliseconds. */
  private untoldUs: Micros = 0

  constructor(kernel: Kernel) {
    this.kernel = kernel
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  }

  /** The line as the dongle sees it: octets arrive inside simulated time. */
  line(link: ByteLink): ByteLink {
    const heard = (does: () => void) => {
      this.spoken = true
      this.kernel.after(0, 'line', does)
    }
    return {
      name: link.name,
      get up() {
        return link.up
      },
      listen: listener =>
        link.listen({
          onOctets: octets => {
            const copy = octets.slice()
            heard(() => listener.onOctets(copy))
          },
          onUp: () => heard(() => listener.onUp?.()),
          onDown: reason => heard(() => listener.onDown?.(reason)),
        }),
      write: octets => {
        this.spoken = true
        return link.write(octets)
      },
      close: () => link.close(),
    }
  }

  /** Something was told to the host, or by it. */
  said(): void {
    this.spoken = true
  }

  async run(forUs: Micros): Promise<void> {
    const { kernel } = this
    const endUs = kernel.nowUs() + forUs
    do {
      const fromUs = kernel.nowUs()
      kernel.runUntil(Math.min(endUs, fromUs + STEP_US), () => this.spoken)
      this.untoldUs += kernel.nowUs() - fromUs
      vi.advanceTimersByTime(Math.floor(this.untoldUs / 1_000))
      this.untoldUs %= 1_000
      await this.quiet()
    } while (kernel.nowUs() < endUs)
  }

  /** Lets the host have its say. */
  private async quiet(): Promise<void> {
    let left = this.spoken ? QUIET_TURNS : 1
    while (left-- > 0) {
      this.spoken = false
      await turn()
      if (this.spoken) left = QUIET_TURNS
    }
  }
}

/** `traits` are those of the driver's sticks. */
export async function stickBench(driver: HerdsmanDriver, makeDongle: MakeDongle): Promise<HanBench> {
  const world = zigbeeWorld('stick')
  const { kernel } = world
  const together = new Together(kernel)
  const link = await openLink('tcp-listen://127.0.0.1:0')
  makeDongle(together.line(link), world)
  const stick = await HerdsmanStick.open({
    driver,
    link: link.name.replace('tcp-listen', 'tcp'),
    onReport: report => {
      together.said()
      kernel.after(0, 'stick', () => coordinator.report(report))
    },
  })
  const coordinator: HerdsmanCoordinator = new HerdsmanCoordinator({
    ...{ eui64: ids.hub, traits: STICK_TRAITS[driver], clock: kernel, timers: kernel, random: kernel.random },
    trace: { emit: () => {} },
    order: order => {
      together.said()
      stick.order(order)
    },
  })
  return {
    ...airBench(world, coordinator),
    run: forUs => together.run(forUs),
    async close() {
      let closed = false
      const closing = stick.close().finally(() => (closed = true))
      while (!closed) await together.run(milliseconds(50))
      await closing
      link.close()
      vi.useRealTimers()
    },
  }
}
