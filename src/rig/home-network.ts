/** The HAN of one home: in memory at APS level, or ZigBee nodes on a simulated air or, through sticks, on real air. */
import { fromHex } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import { WELL_KNOWN_LINK_KEY } from '../crypto/link-keys.ts'
import { curveOf } from '../crypto/suites.ts'
import { TestAuthority } from '../crypto/test-authority.ts'
import { MemoryHan, type MemoryHanMemory } from '../han/memory-han.ts'
import type { HanCoordinator, HanNode } from '../ports/han.ts'
import type { Radio } from '../ports/radio.ts'
import type { Clock, Random, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Part } from '../profiles/parts.ts'
import type { RigHan } from '../profiles/rig.ts'
import { Air } from '../radio/air.ts'
import type { AirFault } from '../radio/air-fault.ts'
import type { InjectedFault } from '../radio/air-faults.ts'
import { DEFAULT_LINK, type Link, type Links, OUT_OF_RANGE } from '../radio/links.ts'
import { originUnixMs, Pcap } from '../radio/pcap.ts'
import type { CaptureKey } from '../radio/zigbee-pc-keys.ts'
import type { NodeMemory } from '../zigbee/node-memory.ts'
import { ZigbeeNode, type ZigbeeNodeOptions } from '../zigbee/zigbee-node.ts'
import type { Bench } from './bench/bench.ts'
import { Outage } from './faults/outage.ts'
import { PoweredCoordinator, PoweredNode } from './powered-node.ts'

const WELL_KNOWN: CaptureKey = { key: WELL_KNOWN_LINK_KEY.slice(), label: 'well-known link key' }

/** What can go wrong on a HAN on the air. */
export type HanFault =
  | AirFault
  /** The node's NWK frame counter goes back to `to`. */
  | { kind: 'counter-reset'; node: Eui64; to: number }

/** What the nodes of a HAN keep while they have no power: plain values, keys among them. */
export type HanMemory =
  | { kind: 'radio'; nodes: Readonly<Record<Eui64, NodeMemory>> }
  | ({ kind: 'aps' } & MemoryHanMemory)

export interface HomeNetwork {
  coordinator(eui64: Eui64): HanCoordinator
  node(eui64: Eui64, role: 'router' | 'sleepy-end-device'): HanNode
  /** The radio of a stick that a foreign host drives. @throws InvariantError where nothing is on the air */
  stick(eui64: Eui64): Radio
  /** What its nodes would keep if they lost power now. */
  memory(): HanMemory
  /** Who a node takes for the trust centre of its network; undefined until it has been on one, and while it is off. */
  trustCentreOf(eui64: Eui64): Eui64 | undefined
  /** Fault: the node neither hears nor is heard, until `hear`. */
  silence(eui64: Eui64): void
  hear(eui64: Eui64): void
  /**
   * Takes the power of a node away, for one more reason; what is returned ends that. It keeps what is in its flash, and comes back by
   * itself. A real part goes by its relay.
   */
  cutPower(eui64: Eui64): () => void
  /** Makes something go wrong until it is lifted. @throws InvariantError where nothing is on the air */
  inject(fault: HanFault): InjectedFault
  /** Test keys that open what was captured; none where nothing is on the air. */
  captureKeys(): CaptureKey[]
}

export interface HomeNetworkOptions {
  han: RigHan
  /** The coordinator is not of this rig: it may choose any channel. */
  foreignCoordinator?: boolean | undefined
  /** Who the links of `han` are between. */
  deviceOf: (part: Part) => Eui64 | undefined
  clock: Clock
  timers: Timers
  random: Random
  /** Dice of what leaves the factory: the same in every life. */
  innate: Random
  trace: Trace
  /** What its nodes kept from before this process. */
  memory?: HanMemory | undefined
  /** Takes the octets of a capture, the file header first. */
  onCapture?: ((octets: Uint8Array) => void) | undefined
  /** Sticks and real parts: then nothing is on a simulated air, and the bench captures. */
  bench?: Bench | undefined
}

export function homeNetwork(options: HomeNetworkOptions): HomeNetwork {
  return options.han.kind === 'radio' ? new RadioNetwork(options) : memoryNetwork(options)
}

function memoryNetwork({ han, clock, timers, random, trace, memory: before }: HomeNetworkOptions): HomeNetwork {
  let centre: Eui64 | undefined
  const outages = new Map<Eui64, Outage>()
  const silent = new Map<Eui64, () => void>()
  const unheard = (eui64: Eui64) => {
    const begins = () => memory.silence(eui64)
    const outage = outages.get(eui64) ?? new Outage({ begins, ends: () => memory.hear(eui64) })
    outages.set(eui64, outage)
    return outage
  }
  const memory = new MemoryHan({
    ...{ clock, timers, trace, random: random.stream('han'), loss: han.loss },
    ...(before?.kind === 'aps' && { memory: before }),
  })
  return {
    coordinator(eui64) {
      centre = eui64
      return memory.coordinator(eui64)
    },
    node: (eui64, role) => memory.node(eui64, role),
    stick(eui64) {
      throw new InvariantError(`stick ${eui64}: this HAN is in memory, nothing is on the air`)
    },
    memory: () => ({ kind: 'aps', ...memory.memory() }),
    trustCentreOf: () => centre,
    silence(eui64) {
      if (!silent.has(eui64)) silent.set(eui64, unheard(eui64).add())
    },
    hear(eui64) {
      silent.get(eui64)?.()
      silent.delete(eui64)
    },
    cutPower: eui64 => unheard(eui64).add(),
    inject({ kind }) {
      throw new InvariantError(`fault ${kind}: this HAN is in memory, nothing is on the air`)
    },
    captureKeys: () => [],
  }
}

/** Brings the links of a rig into the table of the air. */
function setLinks(table: Links, { han, deviceOf }: HomeNetworkOptions): void {
  const usual: Link = { rssiDbm: han.rssiDbm ?? DEFAULT_LINK.rssiDbm, loss: han.loss }
  table.setDefault(usual)
  for (const { from, to, inRange, ...quality } of han.links) {
    const ends = { from: deviceOf(from), to: deviceOf(to) }
    if (ends.from === undefined || ends.to === undefined) throw new InvariantError(`link ${from} > ${to}: no such part`)
    table.set({ from: ends.from, to: ends.to }, inRange ? { ...usual, ...quality } : OUT_OF_RANGE)
  }
}

/** Where the radios of a home are. */
type Ether = Pick<Air, 'inject'> & { radio(eui64: Eui64): Radio }

function simulatedAir(options: HomeNetworkOptions): Ether {
  const { clock, onCapture } = options
  const air = new Air(options)
  setLinks(air.links, options)
  if (onCapture) {
    const pcap = new Pcap({ format: 'tap', startUnixMs: originUnixMs(clock) })
    onCapture(pcap.header())
    air.tap(frame => onCapture(pcap.record(frame)))
  }
  return { radio: eui64 => air.radio(eui64, eui64), inject: fault => air.inject(fault) }
}

const realAir = (bench: Bench): Ether => ({
  radio: eui64 => bench.radio(eui64),
  inject({ kind }) {
    throw new InvariantError(`fault ${kind}: this HAN is on real air`)
  },
})

class RadioNetwork implements HomeNetwork {
  private readonly options: HomeNetworkOptions
  private readonly ether: Ether
  private readonly silent = new Map<Eui64, InjectedFault>()
  private readonly authorities: readonly (readonly [CryptoSuite, TestAuthority])[]
  private readonly nodes = new Map<Eui64, PoweredNode>()
  private centre: PoweredCoordinator | undefined

  constructor(options: HomeNetworkOptions) {
    const { innate, han, bench } = options
    this.options = options
    this.ether = bench ? realAir(bench) : simulatedAir(options)
    this.authorities = han.suites.map(suite => {
      const label = suite === 1 ? 'test authority' : `test authority ${suite}`
      return [suite, new TestAuthority({ curve: curveOf(suite), random: innate.stream(label) })] as const
    })
  }

  coordinator(eui64: Eui64): HanCoordinator {
    const { clock, timers, trace } = this.options
    const onStick = this.options.bench?.coordinator({
      // The network it forms is the same in every life: the stick keeps it.
      ...{ eui64, clock, timers, trace, random: this.diceOf(eui64, this.options.innate) },
      ...this.joiningKey(),
    })
    if (onStick) return onStick
    this.centre = new PoweredCoordinator(this.world(eui64), this.before(eui64))
    this.nodes.set(eui64, this.centre)
    return this.centre
  }
  node(eui64: Eui64, role: 'router' | 'sleepy-end-device'): HanNode {
    const make = (options: Omit<ZigbeeNodeOptions, 'role'>) => new ZigbeeNode({ ...options, role })
    const node = new PoweredNode(this.world(eui64), role, make, this.before(eui64))
    this.nodes.set(eui64, node)
    return node
  }
  stick(eui64: Eui64): Radio {
    return this.ether.radio(eui64)
  }
  memory(): HanMemory {
    const kept = [...this.nodes].flatMap(([eui64, node]) => {
      const memory = node.kept
      return memory ? [[eui64, memory] as const] : []
    })
    return { kind: 'radio', nodes: Object.fromEntries(kept) }
  }
  trustCentreOf(eui64: Eui64): Eui64 | undefined {
    return this.nodes.get(eui64)?.node?.trustCentre
  }
  silence(eui64: Eui64): void {
    if (!this.silent.has(eui64)) this.silent.set(eui64, this.ether.inject({ kind: 'node-off', node: eui64 }))
  }
  hear(eui64: Eui64): void {
    this.silent.get(eui64)?.lift()
    this.silent.delete(eui64)
  }
  cutPower(eui64: Eui64): () => void {
    const power = this.options.bench?.powerOf(eui64) ?? this.nodes.get(eui64)?.powerCut
    return power?.add() ?? (() => {})
  }
  inject(fault: HanFault): InjectedFault {
    if (fault.kind !== 'counter-reset') return this.ether.inject(fault)
    const node = this.nodes.get(fault.node)
    if (!node) throw new InvariantError(`fault ${fault.kind}: there is no node ${fault.node}`)
    return { lift: node.node?.setBackCounter(fault.to) ?? (() => {}) }
  }
  captureKeys(): CaptureKey[] {
    const told = this.centre?.testKeys() ?? [...this.nodes.values()].flatMap(node => node.networkKeys())
    const unique = new Map(told.map(one => [one.key, one]))
    const joining = this.options.han.application === 'home-automation' ? [WELL_KNOWN] : []
    return [...joining, ...[...unique.values()].map(({ key, label }) => ({ key: fromHex(key), label }))]
  }

  /** The key with which every device joins, where no install codes are used. */
  private joiningKey(): { preconfiguredKey?: Uint8Array } {
    const { application } = this.options.han
    return application === 'home-automation' ? { preconfiguredKey: WELL_KNOWN_LINK_KEY.slice() } : {}
  }
  /** What a node proves itself with. */
  private keysOf(eui64: Eui64): Pick<ZigbeeNodeOptions, 'credentials' | 'preconfiguredKey'> {
    const joining = this.joiningKey()
    if (joining.preconfiguredKey) return joining
    const issued = this.authorities.map(([suite, authority]) => {
      return [suite, { ...authority.issue({ subject: eui64 }), authority }]
    })
    return { credentials: Object.fromEntries(issued) }
  }

  private before(eui64: Eui64): NodeMemory | undefined {
    const { memory } = this.options
    return memory?.kind === 'radio' ? memory.nodes[eui64] : undefined
  }
  private diceOf(eui64: Eui64, random = this.options.random): Random {
    return { stream: label => random.stream(`zigbee/${eui64}/${label}`) }
  }

  private world(eui64: Eui64) {
    const { clock, timers, trace, han, foreignCoordinator } = this.options
    return {
      eui64,
      radio: this.ether.radio(eui64),
      clock,
      timers,
      random: this.diceOf(eui64),
      trace,
      ...(!foreignCoordinator && { channels: [han.channel] }),
      ...this.keysOf(eui64),
    }
  }
}
