/** A home whose devices have joined already, without having waited for it: what they and their stick keep in flash since then. */

import { InvariantError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { minutes, seconds } from '../../base/time.ts'
import { WELL_KNOWN_LINK_KEY } from '../../crypto/link-keys.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { NetworkFacts, NetworkProcessor } from '../../ports/network-processor.ts'
import type { Installation as InstallationRecord } from '../../profiles/rig.ts'
import type { NodeMemory } from '../../zigbee/node-memory.ts'
import { ZigbeeNetworkProcessor } from '../../zigbee/zigbee-network-processor.ts'
import { Home, type HomeMemory, kernelOf } from '../home.ts'
import { HOME_PARTS } from '../home-record.ts'
import type { DongleKind, DongleParts } from './dongle.ts'
import type { DongleMemory } from './dongle-home.ts'

export interface JoinedHomeOptions {
  record: InstallationRecord
  kind: DongleKind
  seed: string
  startUnixMs: number
}

/** Long enough for every device to join, and to have said all it says when it does. */
const JOINED_BY_US = minutes(10)
const SETTLED_US = seconds(60)
const BUTTON_US = seconds(2)
const OPEN_S = 254

/** Nobody is at the other end. */
const DEAF: ByteLink = { name: 'nobody', up: false, listen: () => {}, write: () => false, close: () => {} }

/** Lives through the joining in simulated time. @throws InvariantError when a device does not make it */
export function joinedHome({ record, kind, seed, startUnixMs }: JoinedHomeOptions): DongleMemory {
  const home = new Home({
    ...{ record, startUnixMs },
    seed: `${seed}/joined`,
    sink: () => {},
    foreignCoordinator: true,
  })
  const { kernel } = home
  const eui64 = kind.coordinator ?? record.devices.chf.deviceId
  const parts: Omit<DongleParts, 'memory'> = {
    ...{ link: DEAF, eui64, clock: kernel, timers: kernel, trace: home.tracer.part('dongle') },
    radio: home.han.stick(eui64),
    random: { stream: label => kernel.random.stream(`dongle/${label}`) },
    yield: () => {},
  }
  const dongle = kind.coordinator === undefined ? kind.make(parts) : undefined
  const processor = dongle?.processor ?? new ZigbeeNetworkProcessor(parts)
  const network = joinedNetwork({ record, seed })
  processor.form(network)
  processor.allowKey({ device: 'any', key: WELL_KNOWN_LINK_KEY.slice() })
  home.furnish({ joinEveryUs: BUTTON_US })
  home.powerOn()
  joinAll(home, processor)
  // A coordinator that the host brings, or forms anew, counts its frames from 0: none of it was heard yet.
  const nodes = Object.entries(nodesOf(home)).map(([device, memory]) => [device, unheard(memory)] as const)
  const stick = dongle?.memory()
  const kept: HomeMemory = { ...home.homeMemory(), han: { kind: 'radio', nodes: Object.fromEntries(nodes) } }
  return { home: kept, stick: kind.commissioned?.(stick, { network, eui64 }) ?? stick }
}

function nodesOf({ han }: Home): Readonly<Record<Eui64, NodeMemory>> {
  const memory = han.memory()
  return memory.kind === 'radio' ? memory.nodes : {}
}

function joinAll(home: Home, processor: NetworkProcessor): void {
  const { record, kernel } = home
  const devices = HOME_PARTS.flatMap(part => record.devices[part]?.deviceId ?? [])
  const missing = () => devices.filter(device => !nodesOf(home)[device])
  const endUs = kernel.nowUs() + JOINED_BY_US
  while (missing().length > 0) {
    if (kernel.nowUs() >= endUs) throw new InvariantError(`joined home: ${missing().join(', ')} did not join`)
    processor.permitJoining(OPEN_S)
    kernel.runUntil(kernel.nowUs() + seconds(10))
  }
  kernel.runUntil(kernel.nowUs() + SETTLED_US)
  processor.permitJoining(0)
  kernel.runUntil(kernel.nowUs() + seconds(1))
}

/**
 * What a host has to be configured with to go on with the network of a home that has joined: the rig's PAN and channel, keys by the
 * dice. The extended PAN id reads the same in whatever order a host writes it.
 */
export function joinedNetwork({ record, seed }: Pick<JoinedHomeOptions, 'record' | 'seed'>): NetworkFacts {
  const { han } = record
  const { random } = kernelOf({ record, seed: `${seed}/joined`, startUnixMs: 0 })
  const half = [...random.stream('extended PAN id').bytes(4)].map(octet => octet.toString(16).padStart(2, '0'))
  const extendedPanId: Eui64 = [...half, ...half.toReversed()].join('')
  const key = random.stream('network key').bytes(16)
  return { panId: han.panId, channel: han.channel, extendedPanId, networkKey: { key, sequence: 0 }, updateId: 0 }
}

const unheard = (memory: NodeMemory): NodeMemory => ({
  ...memory,
  nwk: { ...memory.nwk, keys: { ...memory.nwk.keys, incoming: [] } },
  linkKeys: { ...memory.linkKeys, keys: memory.linkKeys.keys.map(key => ({ ...key, incoming: 0 })) },
})
