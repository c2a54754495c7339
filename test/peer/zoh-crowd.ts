/** Rooms around our Spinel stick, each with a router that the stick hears well and devices that hear this router best. */
import { onTestFinished } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import { WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import { HA_PROFILE } from '../../src/devices/device.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { tcpListener } from '../../src/links/tcp.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { Air } from '../../src/radio/air.ts'
import { BROKER_PATIENCE, Flights } from '../../src/rig/clocks/flights.ts'
import { PromptRunClock } from '../../src/rig/clocks/prompt-run-clock.ts'
import type { Timeline } from '../../src/rig/clocks/run-clock.ts'
import type { Dongle } from '../../src/rig/dongles/dongle.ts'
import { HostLine } from '../../src/rig/dongles/host-line.ts'
import { spinel } from '../../src/rig/dongles/spinel.ts'
import { ZclNode } from '../../src/zcl/node.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { type Herdsman, NETWORK, openHerdsman } from './herdsman.ts'

const STICK: Eui64 = '00db1234567800aa'
/** In the same room, and through a wall: loud enough for nobody to speak into what another says. */
const [NEAR, FAR] = [{ rssiDbm: -50 }, { rssiDbm: -70 }]
/** Somebody presses the button of a device that has not joined. */
const BUTTON_US = seconds(5)
/** A sleeper asks its parent that often, and never all of them at the same moment. */
const POLL_US = seconds(1)
/** A door is opened for 254 s of the time of its network, which goes faster than that of the host. */
const OPEN_US = seconds(200)
const trace = { emit: () => {} }

export class ZohCrowd {
  readonly dongle: Dongle
  readonly host: Herdsman
  private readonly kernel: Kernel
  private readonly air: Air
  private readonly clock: PromptRunClock
  private readonly timeline: Timeline
  private readonly nodes = new Map<Eui64, ZigbeeNode>()
  private named = 0

  private constructor(host: Herdsman, parts: Pick<ZohCrowd, 'dongle'> & World) {
    this.host = host
    this.dongle = parts.dongle
    this.kernel = parts.kernel
    this.air = parts.air
    this.clock = parts.clock
    this.timeline = parts.timeline
  }

  /** A street with a stick, and zigbee-herdsman that has formed its network. All is gone at the end of the test. */
  static async formed(seed: string): Promise<ZohCrowd> {
    const link = await tcpListener({ host: '127.0.0.1', port: 0 })
    const world = street(seed)
    onTestFinished(() => {
      world.clock.stop()
      link.close()
    })
    const dongle = plugIn(world, link)
    const path = link.name.replace('tcp-listen:', 'tcp:')
    const host = await openHerdsman({ adapter: 'zoh', path, folder: temporaryFolder() })
    return new ZohCrowd(host, { ...world, dongle })
  }

  names(count: number): Eui64[] {
    return Array.from({ length: count }, () => `00db12345678${(0xe000 + this.named++).toString(16)}`)
  }

  /** Routers beside the stick, one after the other. */
  async placeRouters(routers: readonly Eui64[]): Promise<void> {
    await this.host.controller.permitJoin(254)
    for (const router of routers) {
      this.air.links.setBoth(router, STICK, NEAR)
      await this.takeIn(router, 'router')
    }
  }

  /** Sleepers in the room of a router, whose door alone is opened: each joins when the one before has been interviewed. */
  async fillRoom(router: Eui64, devices: readonly Eui64[]): Promise<void> {
    const { host, kernel, air } = this
    let openUntilUs = 0
    for (const device of devices) {
      if (kernel.nowUs() >= openUntilUs) {
        openUntilUs = kernel.nowUs() + OPEN_US
        await host.controller.permitJoin(254, host.device(router))
      }
      air.links.setBoth(device, router, NEAR)
      await this.takeIn(device, 'sleepy-end-device')
    }
  }

  /** The address of a node, and that of the node it joined through. */
  placeOf(device: Eui64): { address: number | undefined; parent: number | undefined } {
    const { address, parent } = this.nodes.get(device)?.memory()?.nwk ?? {}
    return { address, parent }
  }

  private async takeIn(device: Eui64, role: Role): Promise<void> {
    const { clock, timeline, host } = this
    clock.inject(timeline, 'power on', () => this.switchOn(device, role))
    const isKnown = () => host.interviewed.has(device) || host.failed.includes(device)
    await host.until(isKnown, `interview of ${device}`)
  }

  private switchOn(eui64: Eui64, role: Role): void {
    const { kernel, air } = this
    const han = new ZigbeeNode({
      ...{ eui64, role, radio: air.radio(eui64, eui64), channels: NETWORK.channelList },
      ...{ clock: kernel, timers: kernel, trace, preconfiguredKey: WELL_KNOWN_LINK_KEY.slice() },
      random: { stream: label => kernel.random.stream(`${eui64}/${label}`) },
    })
    this.nodes.set(eui64, han)
    const press = () => han.join(new Uint8Array())
    const onJoinFailed = () => void kernel.after(BUTTON_US, 'button', press)
    const zcl = new ZclNode({ han, timers: kernel, trace, requireLinkKey: false, listener: { onJoinFailed } })
    const endpoint = zcl.endpoint({ endpoint: 1, profileId: HA_PROFILE, deviceId: 0x0051 })
    const attributes = { ZCLVersion: 1, ManufacturerName: 's1rig', ModelIdentifier: eui64, PowerSource: 1 } as const
    endpoint.serve('Basic', { attributes })
    if (role === 'sleepy-end-device') this.poll(han)
    press()
  }

  private poll(han: ZigbeeNode): void {
    const { kernel } = this
    const delayUs = POLL_US + kernel.random.stream(`poll ${han.eui64}`).int(POLL_US)
    kernel.after(delayUs, 'poll', () => {
      if (han.joined) han.poll()
      this.poll(han)
    })
  }
}

type Role = 'router' | 'sleepy-end-device'

interface World {
  kernel: Kernel
  air: Air
  clock: PromptRunClock
  timeline: Timeline
}

function street(seed: string): World {
  const kernel = new Kernel({ seed, startUnixMs: Date.now() })
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace })
  air.links.setDefault(FAR)
  const clock = new PromptRunClock()
  const flights = new Flights({ patience: BROKER_PATIENCE })
  const timeline: Timeline = { id: 'street', kernel, flights, lines: new Map() }
  clock.add(timeline)
  return { kernel, air, clock, timeline }
}

/** A stick as `s1rig dongle` makes it. */
function plugIn({ kernel, air, clock, timeline }: World, link: ByteLink): Dongle {
  const line = new HostLine({ link, clock, timeline, part: 'hub', onHost: () => {} })
  return spinel.make({
    ...{ link: line, eui64: STICK, radio: air.radio(STICK, STICK), trace },
    ...{ clock: kernel, timers: kernel, random: kernel.random },
    yield: (forMs, how) => clock.hold(timeline, forMs, how),
  })
}
