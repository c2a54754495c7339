/** A home of ZigBee nodes on a simulated air: hub, three routers, two sleepers, one of them behind a router. */
import { expect } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TestAuthority } from '../../src/crypto/test-authority.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import type { HanNode } from '../../src/ports/han.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import type { Air } from '../../src/radio/air.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'
import { Ledger } from './ledger.ts'

export const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')
export const HUB = '00db123456780000'
export const ROUTERS = [1, 2, 3].map(n => `00db12345678010${n}`)
export const SLEEPERS = [1, 2].map(n => `00db12345678020${n}`)
export const CHANNEL = 15
export const PAN = 0x1a62
/** A sleeper's polls when it waits for nothing. */
export const POLL_EVERY = seconds(2)

/** Joining, key establishment included, takes less. */
const JOINED_WITHIN = minutes(5)

export class AirHouse {
  readonly kernel: Kernel
  readonly air: Air
  readonly hub: ZigbeeCoordinator
  /** The hub first. */
  readonly nodes: readonly ZigbeeNode[]
  readonly ledger: Ledger
  readonly events: TraceEvent[] = []
  /** What the owner of a node was told besides data, `EUI-64 what`. */
  readonly told: string[] = []

  /** Everyone has joined. `onAir` is given every frame, with its FCS. */
  constructor(seed: string, onAir?: (octets: Uint8Array) => void) {
    const { kernel, air, of } = zigbeeWorld(seed, { emit: event => void this.events.push(event) })
    if (onAir) air.tap(({ octets }) => onAir(octets))
    const authority = new TestAuthority({ curve: curveOf(1), random: kernel.random.stream('test authority') })
    const world = (eui64: Eui64) => ({
      ...of(eui64),
      channels: [CHANNEL],
      credentials: { 1: { ...authority.issue({ subject: eui64 }), authority } },
    })
    this.kernel = kernel
    this.air = air
    this.hub = new ZigbeeCoordinator(world(HUB))
    const others = [
      ...ROUTERS.map(eui64 => new ZigbeeNode({ ...world(eui64), role: 'router' })),
      ...SLEEPERS.map(eui64 => new ZigbeeNode({ ...world(eui64), role: 'sleepy-end-device' })),
    ]
    this.nodes = [this.hub, ...others]
    // The last sleeper hears the last router only.
    const [far, near] = [SLEEPERS[1] as Eui64, ROUTERS[2] as Eui64]
    for (const { eui64 } of this.nodes) if (eui64 !== far && eui64 !== near) air.links.setBoth(far, eui64, OUT_OF_RANGE)
    this.ledger = new Ledger(kernel, this.nodes)
    for (const node of this.nodes) this.open(node)
    this.join(others)
  }

  node(eui64: Eui64): ZigbeeNode {
    return this.nodes.find(node => node.eui64 === eui64) as ZigbeeNode
  }

  run(forUs: Micros): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }

  private open(node: ZigbeeNode): void {
    const tell = (what: string) => void this.told.push(`${node.eui64} ${what}`)
    node.addEndpoint({ endpoint: 1, profileId: 0x0109, deviceId: 0x0500, inputClusters: [0x0702], outputClusters: [] })
    node.listen({
      onData: (from, payload) => this.ledger.took(node, from, payload),
      onJoined: () => tell('joined'),
      // As devices do: a beacon request collides now and then.
      onJoinFailed: () => void this.kernel.after(seconds(5), 'join again', () => node.join(code)),
      onLeft: () => tell('left'),
      onDeviceJoined: device => tell(`sees ${device} join`),
      onDeviceLeft: device => tell(`sees ${device} leave`),
    })
  }

  private join(others: readonly HanNode[]): void {
    const { kernel, hub } = this
    hub.form({ panId: PAN, extendedPanId: '00db1234567800aa', channel: CHANNEL })
    kernel.runUntil(seconds(1))
    for (const node of others) {
      // Again for each: a router that has only just joined has not heard it.
      hub.permitJoining(JOINED_WITHIN)
      hub.authorise(node.eui64, code)
      if (node.role === 'sleepy-end-device') this.pollForEver(node)
      node.join(code)
      kernel.runUntil(kernel.nowUs() + seconds(60), () => node.joined)
      expect([node.eui64, node.joined]).toEqual([node.eui64, true])
    }
    hub.permitJoining(0)
    kernel.runUntil(kernel.nowUs() + seconds(30))
  }

  private pollForEver(node: HanNode): void {
    node.poll()
    this.kernel.after(POLL_EVERY, 'poll', () => this.pollForEver(node))
  }
}
