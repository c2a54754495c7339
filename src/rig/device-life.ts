/**
 * One life of a device, from when it is switched on until it starts anew or loses its power: what it had under way ends with it, and
 * its place on the HAN is handed to the life after. Without power its time stands still as well: it measures nothing.
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
  SimpleDescriptor,
} from '../ports/han.ts'
import type { Clock, Timers } from '../ports/time.ts'

export class DeviceLife<N extends HanNode = HanNode> {
  readonly timers: TimerScope
  readonly clock: LifeClock
  readonly han: N
  private readonly lease: { end(): void }

  constructor({ clock, timers, lease }: { clock: Clock; timers: Timers; lease: N & { end(): void } }) {
    this.timers = new TimerScope(timers)
    this.clock = new LifeClock(clock)
    this.han = lease
    this.lease = lease
  }

  end(): void {
    this.timers.end()
    this.lease.end()
  }
}

/** The time of a life; it can stand still. */
class LifeClock implements Clock {
  private readonly clock: Clock
  private stoppedAt: { us: Micros; ms: number } | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  nowUs(): Micros {
    return this.stoppedAt?.us ?? this.clock.nowUs()
  }
  unixMs(): number {
    return this.stoppedAt?.ms ?? this.clock.unixMs()
  }
  /** For good. */
  stop(): void {
    this.stoppedAt ??= { us: this.clock.nowUs(), ms: this.clock.unixMs() }
  }
}

/** A node on loan: when that ends, its holder neither hears nor is heard. */
export class LeasedNode<N extends HanNode = HanNode> implements HanNode {
  protected readonly node: N
  private ended = false

  constructor(node: N) {
    this.node = node
  }

  get eui64(): Eui64 {
    return this.node.eui64
  }
  get role(): HanNode['role'] {
    return this.node.role
  }
  get joined(): boolean {
    return this.held && this.node.joined
  }
  /** It is not given back yet. */
  protected get held(): boolean {
    return !this.ended
  }

  listen(listener: HanListener): void {
    this.node.listen(listener)
  }
  addEndpoint(descriptor: SimpleDescriptor): void {
    if (this.held) this.node.addEndpoint(descriptor)
  }
  removeEndpoint(endpoint: number): void {
    if (this.held) this.node.removeEndpoint(endpoint)
  }
  join(installCode: Uint8Array): void {
    if (this.held) this.node.join(installCode)
  }
  leave(): void {
    if (this.held) this.node.leave()
  }
  send(to: Eui64, payload: ApsPayload, onConfirm?: (outcome: DeliveryOutcome) => void): void {
    if (this.held) this.node.send(to, payload, onConfirm && this.whileHeld(onConfirm))
  }
  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void {
    if (this.held) this.node.discover(query, this.whileHeld(onFound))
  }
  poll(onDone?: (received: boolean) => void): void {
    if (this.held) this.node.poll(onDone && this.whileHeld(onDone))
  }

  end(): void {
    if (this.held) this.node.listen({ onData: () => {} })
    this.ended = true
  }

  private whileHeld<T>(act: (value: T) => void): (value: T) => void {
    return value => {
      if (this.held) act(value)
    }
  }
}

/** A hub's. */
export class LeasedCoordinator extends LeasedNode<HanCoordinator> implements HanCoordinator {
  get capabilities(): NonNullable<HanCoordinator['capabilities']> | undefined {
    return this.node.capabilities
  }
  form(network: { panId: number; extendedPanId: Eui64; channel: number }): void {
    if (this.held) this.node.form(network)
  }
  permitJoining(forUs: Micros): void {
    if (this.held) this.node.permitJoining(forUs)
  }
  authorise(device: Eui64, installCode: Uint8Array, formerForUs?: Micros): void {
    if (this.held) this.node.authorise(device, installCode, formerForUs)
  }
  remove(device: Eui64): void {
    if (this.held) this.node.remove(device)
  }
  updateNetworkKey(): boolean {
    return this.held && this.node.updateNetworkKey()
  }
}
