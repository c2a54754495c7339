/**
 * A ZigBee node with a switch. Switched off, it forgets all but what a real one keeps in its flash: keys, counters, addresses,
 * children, the whitelist. Switched on, it goes back to its network. Its owner sees one node throughout.
 */
import type { Eui64, Micros } from '../base/ids.ts'
import { TimerScope } from '../kernel/timer-scope.ts'
import type {
  ApsPayload,
  DeliveryOutcome,
  DiscoveredEndpoint,
  HanCoordinator,
  HanListener,
  HanNode,
  HanRole,
  SimpleDescriptor,
} from '../ports/han.ts'
import type { Random } from '../ports/time.ts'
import type { NodeMemory } from '../zigbee/node-memory.ts'
import { ZigbeeCoordinator } from '../zigbee/zigbee-coordinator.ts'
import type { ZigbeeNode, ZigbeeNodeOptions } from '../zigbee/zigbee-node.ts'
import { Outage } from './faults/outage.ts'

/** What a node of one role is made of, each time it is switched on. */
type Make<N extends ZigbeeNode> = (options: Omit<ZigbeeNodeOptions, 'role'>) => N

export class PoweredNode<N extends ZigbeeNode = ZigbeeNode> implements HanNode {
  readonly eui64: Eui64
  readonly role: HanRole
  protected readonly options: Omit<ZigbeeNodeOptions, 'role' | 'memory'>
  private readonly make: Make<N>
  private readonly endpoints = new Map<number, SimpleDescriptor>()
  private listener: HanListener = { onData: () => {} }
  private memory: NodeMemory | undefined
  private running: { node: N; timers: TimerScope } | undefined
  /** It has no power. */
  readonly powerCut = new Outage({ begins: () => this.switchOff(), ends: () => this.switchOn() })
  /** What is under way, and what its end by loss of power is. */
  private readonly underWay = new Set<() => void>()
  private starts = 0

  /** `memory`: what was in its flash when it had no power, before this process. */
  constructor(
    options: Omit<ZigbeeNodeOptions, 'role' | 'memory'>,
    role: HanRole,
    make: Make<N>,
    memory?: NodeMemory | undefined,
  ) {
    this.options = options
    this.memory = memory
    this.eui64 = options.eui64
    this.role = role
    this.make = make
    this.start()
  }

  /** The node as it runs now; undefined while it is off. */
  get node(): N | undefined {
    return this.running?.node
  }
  get joined(): boolean {
    return this.node?.joined ?? false
  }

  /** What it would keep if it lost power now; undefined where there is nothing to come back to. */
  get kept(): NodeMemory | undefined {
    return this.node ? this.node.memory() : this.memory
  }

  /** Keys of its network, hex: for opening captures where no hub of ours can tell them. */
  networkKeys(): { key: string; label: string }[] {
    const { active, alternate } = this.kept?.nwk.keys ?? {}
    return [active, alternate].flatMap(one => (one ? [{ key: one.key, label: `network key ${one.sequence}` }] : []))
  }

  /** It was on a network before it lost power the last time, or has power now. */
  protected get hasBegun(): boolean {
    return this.running !== undefined || this.memory !== undefined
  }

  /** Power is gone, this instant. */
  protected switchOff(): void {
    if (!this.running) return
    const { node, timers } = this.running
    this.memory = node.memory() ?? this.memory
    timers.end()
    this.options.radio.reset()
    this.running = undefined
    for (const lost of this.underWay) lost()
    this.underWay.clear()
  }
  /** Power is back. */
  private switchOn(): void {
    if (this.running) return
    const node = this.start()
    if (this.memory) this.resume(node)
    else this.begin(node)
  }

  listen(listener: HanListener): void {
    this.listener = listener
    this.node?.listen(listener)
  }
  addEndpoint(descriptor: SimpleDescriptor): void {
    this.endpoints.set(descriptor.endpoint, descriptor)
    this.node?.addEndpoint(descriptor)
  }
  removeEndpoint(endpoint: number): void {
    this.endpoints.delete(endpoint)
    this.node?.removeEndpoint(endpoint)
  }
  join(installCode: Uint8Array): void {
    this.node?.join(installCode)
  }
  leave(): void {
    this.node?.leave()
  }
  send(to: Eui64, payload: ApsPayload, onConfirm: (outcome: DeliveryOutcome) => void = () => {}): void {
    this.ask<DeliveryOutcome>('not-joined', onConfirm, (node, onDone) => node.send(to, payload, onDone))
  }
  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void {
    this.ask<DiscoveredEndpoint[]>([], onFound, (node, onDone) => node.discover(query, onDone))
  }
  poll(onDone: (received: boolean) => void = () => {}): void {
    this.ask<boolean>(false, onDone, (node, onPolled) => node.poll(onPolled))
  }

  /** Has the node do something; `without` is the answer where it has no power, or loses it. */
  private ask<T>(
    without: T,
    onAnswer: (answer: T) => void,
    of: (node: N, onAnswer: (answer: T) => void) => void,
  ): void {
    const lost = () => void this.options.timers.after(0, 'node off', () => onAnswer(without))
    if (!this.node) return lost()
    this.underWay.add(lost)
    of(this.node, answer => {
      this.underWay.delete(lost)
      onAnswer(answer)
    })
  }

  /** Back to the network it remembers. */
  protected resume(node: N): void {
    node.join(new Uint8Array())
  }

  /** Power for the first time: its owner learns that it is on no network. */
  protected begin(_node: N): void {
    this.options.timers.after(0, 'node on', () => this.listener.onJoinFailed?.('no-network'))
  }

  private start(): N {
    const { options, endpoints, memory } = this
    const timers = new TimerScope(options.timers)
    const node = this.make({ ...options, timers, random: this.dice(), ...(memory && { memory }) })
    node.listen(this.listener)
    for (const endpoint of endpoints.values()) node.addEndpoint(endpoint)
    this.running = { node, timers }
    return node
  }

  /** Other dice after each start: no two lives throw the same. */
  private dice(): Random {
    const { random } = this.options
    const life = this.starts++
    return life === 0 ? random : { stream: label => random.stream(`life ${life}/${label}`) }
  }
}

type TestKeys = ReturnType<ZigbeeCoordinator['testKeys']>

/** A hub's radio side with a switch. */
export class PoweredCoordinator extends PoweredNode<ZigbeeCoordinator> implements HanCoordinator {
  /** What it was told while it was off. */
  private told: ((node: ZigbeeCoordinator) => void)[] = []
  private keysBefore: TestKeys = []

  constructor(options: Omit<ZigbeeNodeOptions, 'role' | 'memory'>, memory?: NodeMemory | undefined) {
    super(options, 'coordinator', made => new ZigbeeCoordinator(made), memory)
  }

  /** Forms the network, or goes on with the one it remembers. */
  form(network: { panId: number; extendedPanId: Eui64; channel: number }): void {
    this.tell(node => (node.remembers ? node.resume() : node.form(network)))
  }
  permitJoining(forUs: Micros): void {
    if (this.hasBegun) this.node?.permitJoining(forUs)
    else this.tell(node => node.permitJoining(forUs))
  }
  authorise(device: Eui64, installCode: Uint8Array, formerForUs?: Micros): void {
    this.tell(node => node.authorise(device, installCode, formerForUs))
  }
  remove(device: Eui64): void {
    this.tell(node => node.remove(device))
  }
  updateNetworkKey(): boolean {
    return this.node?.updateNetworkKey() ?? false
  }

  protected override switchOff(): void {
    this.keysBefore = this.testKeys()
    super.switchOff()
  }
  /** Every key there was, each once, for opening captures. */
  testKeys(): TestKeys {
    const all = [...this.keysBefore, ...(this.node?.testKeys() ?? [])]
    return [...new Map(all.map(one => [one.key, one])).values()]
  }

  protected override resume(node: ZigbeeCoordinator): void {
    node.resume()
    this.begin(node)
  }
  /** Power for the first time: it does what it was told, forms its network and opens the door to it. */
  protected override begin(node: ZigbeeCoordinator): void {
    for (const tell of this.told.splice(0)) tell(node)
  }

  private tell(order: (node: ZigbeeCoordinator) => void): void {
    if (this.node) order(this.node)
    else this.told.push(order)
  }
}
