/** Nodes on one simulated air, for tests: time, who hears whom, and what was on the air. */
import { expect } from 'vitest'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import type { Air } from '../../src/radio/air.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { Pcap } from '../../src/radio/pcap.ts'
import { type ZigbeeWorld, zigbeeWorld } from './zigbee-world.ts'

export class AirHome {
  readonly kernel: Kernel
  readonly air: Air
  protected readonly world: ZigbeeWorld
  private readonly capture: Uint8Array[] = []

  constructor(seed: string) {
    this.world = zigbeeWorld(seed)
    this.kernel = this.world.kernel
    this.air = this.world.air
    const pcap = new Pcap({ format: 'tap', startUnixMs: 0 })
    this.capture.push(pcap.header())
    this.air.tap(frame => this.capture.push(pcap.record(frame)))
  }

  /** Neither hears the other. */
  apart(one: Eui64, other: Eui64): void {
    this.air.links.setBoth(one, other, OUT_OF_RANGE)
  }

  run(forUs: Micros): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }
  until(fact: () => boolean, withinUs: Micros = seconds(60)): void {
    for (let passed = 0; passed < withinUs && !fact(); passed += milliseconds(10)) this.run(milliseconds(10))
    expect(fact(), `not within ${withinUs / 1_000_000} s: ${fact}`).toBe(true)
  }

  /** What was on the air so far is not captured any more. */
  forgetCapture(): void {
    this.capture.splice(1)
  }
  /** Everything that was on the air, as a capture file. */
  protected captured(): Uint8Array {
    return Buffer.concat(this.capture)
  }
}
