/** A home automation network under a network processor, for tests: who came, what the host heard, what became of its messages. */
import { expect } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import { TimerScope } from '../../src/kernel/timer-scope.ts'
import type { ApsPayload, DeliveryOutcome } from '../../src/ports/han.ts'
import type { ApsMessage, DeviceArrival, NetworkFacts, ReceivedMessage } from '../../src/ports/network-processor.ts'
import type { Random } from '../../src/ports/time.ts'
import { type CaptureKey, zigbeePcKeys } from '../../src/radio/zigbee-pc-keys.ts'
import type { CommandProtection } from '../../src/zigbee/aps/aps.ts'
import type { ApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import type { NodeMemory } from '../../src/zigbee/node-memory.ts'
import { type NetworkProcessorMemory, ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { AirHome } from './air-home.ts'
import { OpenNode } from './zigbee-home.ts'
import type { ZigbeeWorld } from './zigbee-world.ts'

export const STICK: Eui64 = '00124b00000000aa'
export const PLUG: Eui64 = '00124b00000000b1'
export const LAMP: Eui64 = '00124b00000000b2'
export const SENSOR: Eui64 = '00124b00000000c1'
export const NETWORK: NetworkFacts = {
  panId: 0x1a62,
  extendedPanId: 'dddddddddddddddd',
  channel: 15,
  networkKey: { key: Uint8Array.from({ length: 16 }, (_, i) => 2 * i + 1), sequence: 0 },
  updateId: 3,
}
const HOME_AUTOMATION = 0x0104
const ON_OFF = 0x0006
const SCANS = 3
export const TOGGLE: ApsMessage = {
  profileId: HOME_AUTOMATION,
  clusterId: ON_OFF,
  sourceEndpoint: 1,
  destinationEndpoint: 1,
  asdu: Uint8Array.of(0x01, 0x07, 0x02),
}
export const REPORT: ApsPayload = {
  ...TOGGLE,
  security: 'network',
  asdu: Uint8Array.of(0x18, 0x08, 0x0a, 0, 0, 0x10, 1),
}

/** The processor and what its host was told. */
export interface Stick {
  /** Takes its power away; what a file would bring back. */
  cut: () => NetworkProcessorMemory
  processor: ZigbeeNetworkProcessor
  told: string[]
  arrivals: DeviceArrival[]
  messages: ReceivedMessage[]
}
/** A command that a device heard. */
export type HeardCommand = ApsCommand & { how: CommandProtection }
/** A node that writes down the APS commands it hears. */
class ListeningNode extends OpenNode {
  readonly heard: HeardCommand[] = []

  protected override obey(
    from: { address: number; eui64: Eui64 | undefined },
    command: ApsCommand,
    how: CommandProtection,
  ): void {
    this.heard.push({ ...command, how })
    super.obey(from, command, how)
  }
}
/** A device of the home. */
export interface Resident {
  /** Takes its power away; what a file would bring back. */
  cut: () => NodeMemory
  node: ListeningNode
  told: string[]
  /** Payloads in hex. */
  data: string[]
}

interface DeviceWish {
  role?: 'router' | 'sleepy-end-device'
  key?: Readonly<Uint8Array>
  memory?: NodeMemory
}

export class ProcessorHome extends AirHome {
  private readonly known = new Map<Eui64, ReturnType<ZigbeeWorld['of']>>()
  private lives = 0

  constructor(seed = 'home automation') {
    super(seed)
  }

  /** What a node is made of; its radio outlives it. */
  private parts(eui64: Eui64): ReturnType<ZigbeeWorld['of']> {
    const parts = this.known.get(eui64) ?? this.world.of(eui64)
    this.known.set(eui64, parts)
    return parts
  }

  /** A processor that is on no network yet. */
  unformed(memory?: NetworkProcessorMemory): Stick {
    const common = this.parts(STICK)
    const { radio, random } = common
    const [timers, life] = [new TimerScope(this.kernel), this.lives++]
    const dice: Random = { stream: label => random.stream(`life ${life}/${label}`) }
    const parts = { ...common, timers, random: dice }
    const processor = new ZigbeeNetworkProcessor({ ...parts, ...(memory && { memory }) })
    const cut = () => {
      timers.end()
      radio.reset()
      return JSON.parse(JSON.stringify(processor.memory()))
    }
    const stick: Stick = { cut, processor, told: [], arrivals: [], messages: [] }
    processor.listen({
      onUp: () => stick.told.push('up'),
      onDown: () => stick.told.push('down'),
      onMessage: message => stick.messages.push({ ...message, asdu: message.asdu.slice() }),
      onArrival: arrival => {
        stick.arrivals.push(arrival)
        stick.told.push(`${arrival.how}: ${arrival.device}`)
      },
      onDeparture: device => stick.told.push(`gone: ${device}`),
    })
    processor.addEndpoint({
      ...{ endpoint: 1, profileId: HOME_AUTOMATION, deviceId: 5 },
      ...{ inputClusters: [0], outputClusters: [ON_OFF] },
    })
    return stick
  }
  /** A processor whose network is open to all that have the well-known key. */
  stick(): Stick {
    const stick = this.unformed()
    const { processor } = stick
    processor.form(NETWORK)
    this.run(seconds(1))
    processor.allowKey({ device: 'any', key: Uint8Array.from(WELL_KNOWN_LINK_KEY) })
    processor.permitJoining(254)
    return stick
  }

  /** `memory`: what it kept when it was cut off. */
  device(eui64: Eui64, wish: DeviceWish = {}): Resident {
    const { role = 'router', key = WELL_KNOWN_LINK_KEY, memory } = wish
    const parts = this.parts(eui64)
    const timers = new TimerScope(this.kernel)
    const node = new ListeningNode({
      ...{ ...parts, timers, role, channels: [NETWORK.channel], preconfiguredKey: Uint8Array.from(key) },
      ...(memory && { memory }),
    })
    const cut = () => {
      timers.end()
      parts.radio.reset()
      return JSON.parse(JSON.stringify(node.memory()))
    }
    const resident: Resident = { cut, node, told: [], data: [] }
    node.listen({
      onData: (_, { asdu }) => resident.data.push(toHex(asdu)),
      onJoined: () => resident.told.push('joined'),
      onJoinFailed: reason => resident.told.push(reason),
      onLeft: () => resident.told.push('left'),
    })
    node.addEndpoint({
      ...{ endpoint: 1, profileId: HOME_AUTOMATION, deviceId: 0x51 },
      ...{ inputClusters: [0, ON_OFF], outputClusters: [] },
    })
    return resident
  }
  /** A device that has joined. It scans again where it heard no beacon, for those of many routers collide now and then. */
  joined(eui64: Eui64, wish: Parameters<ProcessorHome['device']>[1] = {}): Resident {
    const resident = this.device(eui64, wish)
    for (let tries = 0; tries < SCANS && (resident.told.at(-1) ?? 'no-network') === 'no-network'; tries++) {
      this.join(resident)
    }
    expect(resident.told.at(-1)).toBe('joined')
    resident.told.splice(0, resident.told.length - 1)
    return resident
  }
  /** Asks to join, and lets time pass until it has an answer. */
  join({ node, told }: Resident): void {
    const before = told.length
    node.join(Uint8Array.of())
    this.until(() => told.length > before)
  }
  /** Opens the doors of the routers too, as hosts do. */
  openRouters({ processor }: Stick, forS = 254): void {
    const asdu = Uint8Array.of(0x77, forS, 1)
    processor.broadcast(0xfffc, { ...OF_DEVICE_OBJECT, clusterId: 0x0036, asdu })
    this.run(seconds(1))
  }

  /** Everything that was on the air, and the keys that open it. */
  pcap({ processor }: Stick, ...others: readonly CaptureKey[]): { octets: Uint8Array; keys: string } {
    return { octets: this.captured(), keys: zigbeePcKeys([...processor.testKeys(), ...others]) }
  }

  /** Sends from the host, and lets time pass until the outcome is known. `meanwhile` happens every tenth of a second. */
  send(
    { processor }: Stick,
    to: number,
    { ackRequest = true, meanwhile = () => {}, ...message }: Partial<ApsMessage> & SendWish = {},
  ): DeliveryOutcome | undefined {
    const outcomes: DeliveryOutcome[] = []
    processor.unicast(to, { ...TOGGLE, ...message }, { ackRequest }, outcome => outcomes.push(outcome))
    for (let passed = 0; passed < 600 && outcomes.length === 0; passed++) {
      meanwhile()
      this.run(milliseconds(100))
    }
    return outcomes[0]
  }
  /** Asks a device object; the answer without the sequence number, in hex. */
  ask(stick: Stick, to: number, clusterId: number, ...fields: number[]): string | undefined {
    const before = stick.messages.length
    this.send(stick, to, { ...OF_DEVICE_OBJECT, clusterId, asdu: Uint8Array.of(0x55, ...fields) })
    this.run(seconds(1))
    const answer = stick.messages.slice(before).find(message => message.clusterId === (clusterId | 0x8000))
    return answer && `${answer.from.toString(16)}: ${toHex(answer.asdu.subarray(1))}`
  }
}

interface SendWish {
  ackRequest?: boolean
  meanwhile?: () => void
}
export const OF_DEVICE_OBJECT = { profileId: 0, sourceEndpoint: 0, destinationEndpoint: 0 }
